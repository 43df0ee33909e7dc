import { answerRequests } from "../../packages/nucleoscope/src/frame/answer.ts";
import { define, NucleoScopeElement } from "../../packages/nucleoscope/src/nucleo-scope.ts";
import { optionsIn } from "./address-options.ts";
import { sourceOf } from "./embedded-assets.ts";
import { followGuideLinks } from "./guide-links.ts";
import { keepFiles } from "./offline.ts";
import { followProgress } from "./page-title.ts";

const { workers, sizes, messages, isEmbedded, origin, image, mode, settings } = optionsIn(location.search);

NucleoScopeElement.defaults = {
  wasm: sourceOf("nucleoscope_bg.wasm"),
  model: sourceOf("nuclei.onnx"),
  worker: sourceOf("worker.js"),
  workers,
  sizes,
  messages,
  settingsHash: location.hash,
  ...(isEmbedded ? {} : { keepAs: "nucleoscope" }),
};

const element = document.querySelector("nucleo-scope");
if (image !== null) element?.setAttribute("src", image);
if (mode !== null) element?.setAttribute("mode", mode);
if (settings !== null) element?.setAttribute("settings", settings);
define();
if (element !== null) followProgress(element);
followGuideLinks();
if (!isEmbedded) keepFiles();

if (isEmbedded && element !== null && window.parent !== window) {
  // Without an origin in the address, that of the page which opened this one.
  const opener = document.referrer === "" ? null : new URL(document.referrer).origin;
  answerRequests(element, window.parent, origin ?? opener);
}
