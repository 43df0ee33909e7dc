import type { BatchImage } from "./batch.ts";

/** Nuclei of a smaller typical diameter, in pixels, are rarely real. */
const smallDiameter = 6;
/** So many nuclei of that size look like noise. */
const manyNuclei = 200;

/** What to try with an image whose result is probably wrong; empty if there is nothing to say. */
export function hintFor({ state, truth, edits, regions, gates }: BatchImage): string {
  if (state.kind !== "done" || edits.steps.length > 0) return "";
  const { count, diameter, stack } = state.result;
  if (count === 0) {
    const channel = stack.channels.length > 1 ? "Choose the channel with the nuclei under “Adjust”. " : "";
    const truthHint = truth === null ? "" : " The ground truth is shown as missed nuclei, if it has any.";
    return `No nuclei were found. ${channel}If there are some, lower “Minimum confidence” and “Interior threshold”, or enter the nucleus diameter and segment again.${truthHint}`;
  }
  if (diameter !== null && diameter < smallDiameter && count >= manyNuclei && regions.length + gates.length === 0) {
    return "The nuclei that were found are very small, and may be noise. Raise “Minimum area” or “Minimum confidence”, or enter the nucleus diameter and segment again.";
  }
  return "";
}
