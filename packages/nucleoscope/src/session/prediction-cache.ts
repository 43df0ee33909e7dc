import type { CachedPrediction } from "../engine/protocol.ts";

/** Something that has a cached prediction. */
export interface PredictionOwner {
  prediction: CachedPrediction | null;
}

/** Keeps the predictions of the images that were segmented last, up to a number of bytes. */
export class PredictionCache {
  readonly #owners = new Set<PredictionOwner>();
  readonly #maximumBytes: number;
  #bytes = 0;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  /** Sets an owner's prediction and drops the oldest ones if there are too many. */
  put(owner: PredictionOwner, prediction: CachedPrediction): void {
    this.#drop(owner);
    owner.prediction = prediction;
    this.#owners.add(owner);
    this.#bytes += prediction.blob.size;
    for (const other of this.#owners) {
      if (this.#bytes <= this.#maximumBytes || other === owner) break;
      this.#drop(other);
    }
  }

  /** Drops an owner's prediction. */
  remove(owner: PredictionOwner): void {
    this.#drop(owner);
  }

  /** Drops all predictions. */
  clear(): void {
    for (const owner of this.#owners) this.#drop(owner);
  }

  #drop(owner: PredictionOwner): void {
    if (!this.#owners.delete(owner)) return;
    this.#bytes -= owner.prediction?.blob.size ?? 0;
    owner.prediction = null;
  }
}
