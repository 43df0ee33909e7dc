import { define, NucleoScopeElement } from "../../packages/nucleoscope/src/element.ts";
import { optionsIn } from "./address-options.ts";
import { sourceOf } from "./embedded-assets.ts";

const { workers, sizes, messages } = optionsIn(location.search);

NucleoScopeElement.defaults = {
  wasm: sourceOf("nucleoscope_bg.wasm"),
  model: sourceOf("nuclei.onnx"),
  worker: sourceOf("worker.js"),
  workers,
  sizes,
  messages,
  settingsHash: location.hash,
};
define();
