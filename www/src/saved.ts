import type { BatchImage } from "./batch.ts";

/** What of an image goes into a file: other nuclei are another object. */
interface State {
  readonly result: object;
  readonly rest: string;
}

/** Knows which images' results have been downloaded as they are now. */
export class Saved {
  readonly #states = new WeakMap<BatchImage, State>();

  /** Results that have just been downloaded. */
  mark(images: readonly BatchImage[]): void {
    for (const image of images) {
      const state = stateOf(image);
      if (state !== null) this.#states.set(image, state);
    }
  }

  /** Whether any image has results that leaving the page would lose. */
  isMissing(images: readonly BatchImage[]): boolean {
    return images.some((image) => {
      const now = stateOf(image);
      const saved = this.#states.get(image);
      return now !== null && (saved?.result !== now.result || saved.rest !== now.rest);
    });
  }
}

function stateOf({ state, regions, gates, pixelSize }: BatchImage): State | null {
  return state.kind === "done" ? { result: state.result, rest: JSON.stringify([regions, pixelSize, gates]) } : null;
}
