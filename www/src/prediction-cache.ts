import type { CachedMaps } from "./engine/protocol.ts";

/** Something that maps belong to. */
export interface MapsOwner {
  maps: CachedMaps | null;
}

/** Keeps the maps of the images that were worked on last, within a bound on their bytes. */
export class PredictionCache {
  readonly #owners = new Set<MapsOwner>();
  readonly #maximumBytes: number;
  #bytes = 0;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  /** Gives maps to their owner, taking away those that were put here first. */
  put(owner: MapsOwner, maps: CachedMaps): void {
    this.#take(owner);
    owner.maps = maps;
    this.#owners.add(owner);
    this.#bytes += maps.blob.size;
    for (const other of this.#owners) {
      if (this.#bytes <= this.#maximumBytes || other === owner) break;
      this.#take(other);
    }
  }

  /** Takes away what an owner has. */
  remove(owner: MapsOwner): void {
    this.#take(owner);
  }

  /** Takes everything away. */
  clear(): void {
    for (const owner of this.#owners) this.#take(owner);
  }

  #take(owner: MapsOwner): void {
    if (!this.#owners.delete(owner)) return;
    this.#bytes -= owner.maps?.blob.size ?? 0;
    owner.maps = null;
  }
}
