import type { Picture } from "../engine/protocol.ts";

/** Keeps the pictures that were used last, up to a number of pixels. */
export class PictureCache<Key, Cached extends Picture> {
  readonly #pictures = new Map<Key, Cached>();
  readonly #maximumPixels: number;
  #pixels = 0;

  constructor(maximumPixels: number) {
    this.#maximumPixels = maximumPixels;
  }

  /** A picture, if it is still cached. */
  get(key: Key): Cached | undefined {
    const picture = this.#pictures.get(key);
    if (picture !== undefined) {
      // A map keeps the order of insertion: the picture used last goes last.
      this.#pictures.delete(key);
      this.#pictures.set(key, picture);
    }
    return picture;
  }

  /** Adds a picture and drops those that have not been used for the longest time. */
  put(key: Key, picture: Cached): void {
    this.#drop(key);
    this.#pictures.set(key, picture);
    this.#pixels += pixels(picture);
    for (const other of this.#pictures.keys()) {
      if (this.#pixels <= this.#maximumPixels || other === key) break;
      this.#drop(other);
    }
  }

  /** Drops all pictures. */
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
