import { Page } from "./page.ts";
import { byId, setText } from "./elements.ts";
import { sourceOf } from "./parts.ts";
import type { FieldSizes } from "./wasm/nucleoscope.js";

/** The version of this program, put in by the build. */
declare const VERSION: string;

const maximumWorkers = 16;
/** A block of fewer pixels on a side would be margin only. */
const smallestBlock = 320;

setText(byId("version", HTMLElement), `Nucleoscope ${VERSION}`);

new Page({
  wasm: sourceOf("nucleoscope_bg.wasm"),
  model: sourceOf("nuclei.onnx"),
  worker: sourceOf("worker.js"),
  workers: workersAskedFor(),
  sizes: sizesAskedFor(),
});

/** `?workers=N` in the address says how many images are worked on at the same time. */
function workersAskedFor(): number | undefined {
  const asked = numberAskedFor("workers");
  return asked >= 1 ? Math.min(asked, maximumWorkers) : undefined;
}

/** `?block=N` works on images of more than N × N pixels in blocks of that size, to save memory. */
function sizesAskedFor(): FieldSizes | undefined {
  const side = numberAskedFor("block");
  return side >= smallestBlock ? { largestWhole: side * side, longestBlock: side } : undefined;
}

/** A whole number in the address; NaN where there is none. */
function numberAskedFor(name: string): number {
  const asked = Number(new URLSearchParams(location.search).get(name) ?? Number.NaN);
  return Number.isInteger(asked) ? asked : Number.NaN;
}
