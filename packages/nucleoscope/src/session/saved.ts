import type { BatchImage } from "./batch.ts";

/** What an image's files depend on; changed nuclei are another object. */
interface State {
  readonly result: object;
  readonly rest: string;
}

/** Tracks which images' current results have been downloaded. */
export class Saved {
  readonly #states = new WeakMap<BatchImage, State>();

  /** Marks the results of images as downloaded. */
  mark(images: readonly BatchImage[]): void {
    for (const image of images) {
      const state = stateOf(image);
      if (state !== null) this.#states.set(image, state);
    }
  }

  /** Whether leaving the page would lose results of any image. */
  isMissing(images: readonly BatchImage[]): boolean {
    return images.some((image) => {
      const now = stateOf(image);
      const saved = this.#states.get(image);
      return now !== null && (saved?.result !== now.result || saved.rest !== now.rest);
    });
  }
}

function stateOf({ state, regions, gates, pixelSize, group, hasOwnGroup }: BatchImage): State | null {
  if (state.kind !== "done") return null;
  return { result: state.result, rest: JSON.stringify([regions, pixelSize, gates, hasOwnGroup ? group : null]) };
}
