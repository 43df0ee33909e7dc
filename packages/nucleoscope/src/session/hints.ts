import * as text from "../text.ts";
import type { BatchImage } from "./batch.ts";

/** Nuclei of a smaller typical diameter, in pixels, are rarely real. */
const smallDiameter = 6;
/** So many nuclei of that size look like noise. */
const manyNuclei = 200;

/** What to try with an image whose result is probably wrong; empty if there is nothing to say. */
export function hintFor({ state, truth, edits, regions, gates }: BatchImage): string {
  if (state.kind !== "done" || edits.steps.length > 0) return "";
  const { count, diameter, stack } = state.result;
  if (count === 0) return text.noNucleiHint(stack.channels.length > 1, truth !== null);
  if (diameter !== null && diameter < smallDiameter && count >= manyNuclei && regions.length + gates.length === 0) {
    return text.smallNucleiHint;
  }
  return "";
}
