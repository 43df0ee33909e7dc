/** What the page needs of a browser, and a page for browsers that lack some of it. */
import { text } from "./loader-text.ts";

/** The shortest module with an instruction on vectors of 128 bits: `i32.const 0; i8x16.splat; drop`. */
const simd = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
  ...[10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
]);

/** The names of what this browser lacks; empty where the page works. */
function missing(isSingleFile: boolean): string[] {
  const has = (name: string): boolean => name in window;
  const needed: [string, boolean][] = [
    ["WebAssembly", has("WebAssembly")],
    ["WebAssembly SIMD", !has("WebAssembly") || WebAssembly.validate(simd)],
    ["Web Workers", has("Worker")],
    ["Custom elements", has("customElements") && "attachShadow" in Element.prototype],
    ["Constructable style sheets", "adoptedStyleSheets" in document && "replaceSync" in CSSStyleSheet.prototype],
    ["createImageBitmap", has("createImageBitmap")],
    ["ResizeObserver", has("ResizeObserver")],
    ["<dialog>", has("HTMLDialogElement")],
    ["DecompressionStream", !isSingleFile || has("DecompressionStream")],
    [text.newJavaScript, isNewJavaScript()],
  ];
  return needed.filter(([, isThere]) => !isThere).map(([name]) => name);
}

/** Whether the browser has the newest parts of JavaScript that the page uses. */
function isNewJavaScript(): boolean {
  const [object, array]: [object, object] = [Object, Array.prototype];
  try {
    // A script with such an expression would not start at all.
    /(?<=1)2/;
  } catch {
    return false;
  }
  return "hasOwn" in object && "at" in array && "WeakRef" in window && "DisplayNames" in Intl;
}

/** Whether the page can work here; otherwise, what is missing is shown in its place. */
export function isSupported(isSingleFile: boolean): boolean {
  const names = missing(isSingleFile);
  if (names.length > 0) showUnsupported(names);
  return names.length === 0;
}

/** Shows what this browser lacks in place of the page. */
export function showUnsupported(names: readonly string[]): void {
  const list = document.createElement("ul");
  for (const name of names) list.appendChild(make("li", name));
  show([make("h1", text.unsupportedTitle), make("p", text.unsupported), list, make("p", text.supportedBrowsers)]);
}

/** Shows an alert in place of the page. */
export function show(parts: readonly HTMLElement[]): void {
  const place = document.querySelector("main");
  if (place === null) return;
  const alert = make("div", "");
  alert.className = "alone";
  alert.setAttribute("role", "alert");
  for (const part of parts) alert.appendChild(part);
  place.textContent = "";
  place.appendChild(alert);
}

/** An element with text. */
export function make(tag: string, words: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}
