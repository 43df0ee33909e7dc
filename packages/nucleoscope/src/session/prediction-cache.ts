import type { CachedPrediction, TiledPrediction } from "../engine/protocol.ts";

/** Something that has a cached prediction. */
export interface PredictionOwner {
  prediction: CachedPrediction | TiledPrediction | null;
}

/** Keeps the predictions of the images that were segmented last, up to a number of bytes. */
export class PredictionCache {
  readonly #owners = new Set<PredictionOwner>();
  /** The most bytes that are kept; of a single prediction that is not in blocks, more. */
  readonly maximumBytes: number;
  #bytes = 0;

  constructor(maximumBytes: number) {
    this.maximumBytes = maximumBytes;
  }

  /** Sets an owner's prediction and drops the oldest ones if there are too many. */
  put(owner: PredictionOwner, prediction: CachedPrediction | TiledPrediction): void {
    this.#drop(owner);
    owner.prediction = prediction;
    this.#owners.add(owner);
    this.#bytes += bytesOf(prediction);
    for (const other of this.#owners) {
      if (this.#bytes <= this.maximumBytes || other === owner) break;
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
    if (owner.prediction !== null) this.#bytes -= bytesOf(owner.prediction);
    owner.prediction = null;
  }
}

function bytesOf(prediction: CachedPrediction | TiledPrediction): number {
  const blocks = "blocks" in prediction ? prediction.blocks : [prediction];
  return blocks.reduce((sum, { blob }) => sum + blob.size, 0);
}
