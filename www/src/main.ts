import { Page } from "./page.ts";
import { byId, setText } from "./elements.ts";

/** The version of this program, put in by the build. */
declare const VERSION: string;

const maximumWorkers = 16;

setText(byId("version", HTMLElement), `Nucleoscope ${VERSION}`);

new Page({
  wasm: new URL("nucleoscope_bg.wasm", document.baseURI),
  model: new URL("nuclei.onnx", document.baseURI),
  worker: new URL("worker.js", document.baseURI),
  workers: workersAskedFor(),
});

/** `?workers=N` in the address says how many images are worked on at the same time. */
function workersAskedFor(): number | undefined {
  const asked = Number(new URLSearchParams(location.search).get("workers") ?? Number.NaN);
  return Number.isInteger(asked) && asked >= 1 ? Math.min(asked, maximumWorkers) : undefined;
}
