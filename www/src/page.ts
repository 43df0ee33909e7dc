/** The page in one language. */
import { answerRequests } from "../../packages/nucleoscope/src/frame/answer.ts";
import { define, NucleoScopeElement } from "../../packages/nucleoscope/src/nucleo-scope.ts";
import { optionsIn } from "./address-options.ts";
import { sourceOf } from "./embedded-assets.ts";
import * as text from "../../packages/nucleoscope/src/text.ts";
import { chosenLanguage } from "./language.ts";
import { addLinks } from "./links.ts";
import { followProgress } from "./page-title.ts";

// The single file contains the page in all languages.
if (chosenLanguage() === text.language) start();

function start(): void {
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
  document.documentElement.lang = text.language;
  define();
  if (element !== null) {
    addLinks(element);
    followProgress(element);
  }

  if (isEmbedded && element !== null && window.parent !== window) {
    // Without an origin in the address, that of the page which opened this one.
    const opener = document.referrer === "" ? null : new URL(document.referrer).origin;
    answerRequests(element, window.parent, origin ?? opener);
  }
}
