import { optionsIn } from "./address-options.ts";
import { Page } from "../../packages/nucleoscope/src/page.ts";
import { byId, setText } from "../../packages/nucleoscope/src/ui/dom.ts";
import { sourceOf } from "./embedded-assets.ts";

/** The version of this program, set by the build. */
declare const VERSION: string;

setText(byId("version", HTMLElement), `Nucleoscope ${VERSION}`);

const { workers, sizes, messages } = optionsIn(location.search);

new Page(
  {
    wasm: sourceOf("nucleoscope_bg.wasm"),
    model: sourceOf("nuclei.onnx"),
    worker: sourceOf("worker.js"),
    workers,
    sizes,
  },
  messages,
);
