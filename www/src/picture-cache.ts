import type { Picture } from "./engine/protocol.ts";

/** Keeps the pictures that were looked at last, within a bound on their pixels. */
export class PictureCache<Key> {
  readonly #pictures = new Map<Key, Picture>();
  readonly #maximumPixels: number;
  #pixels = 0;

  constructor(maximumPixels: number) {
    this.#maximumPixels = maximumPixels;
  }

  /** A picture that was put here, when it still is. */
  get(key: Key): Picture | undefined {
    const picture = this.#pictures.get(key);
    if (picture !== undefined) {
      // A map keeps the order of insertion: the last one looked at goes last.
      this.#pictures.delete(key);
      this.#pictures.set(key, picture);
    }
    return picture;
  }

  /** Keeps a picture, letting go of those that were not looked at for longest. */
  put(key: Key, picture: Picture): void {
    this.#drop(key);
    this.#pictures.set(key, picture);
    this.#pixels += pixels(picture);
    for (const other of this.#pictures.keys()) {
      if (this.#pixels <= this.#maximumPixels || other === key) break;
      this.#drop(other);
    }
  }

  /** Lets go of everything. */
  clear(): void {
    for (const key of [...this.#pictures.keys()]) this.#drop(key);
  }

  #drop(key: Key): void {
    const picture = this.#pictures.get(key);
    if (picture === undefined) return;
    this.#pictures.delete(key);
    this.#pixels -= pixels(picture);
    picture.bitmap.close();
  }
}

function pixels(picture: Picture): number {
  return picture.bitmap.width * picture.bitmap.height;
}
