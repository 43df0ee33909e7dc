import { plain } from "../plain-text.ts";

/** Where the parts of one instance are found by their ids: a shadow root. */
export type Root = ShadowRoot;

/** The element of an instance with this id and type. */
export function byId<T extends Element>(root: Root, id: string, type: new () => T): T {
  const found = root.getElementById(id);
  if (!(found instanceof type)) throw new Error(`there is no ${type.name} #${id}`);
  return found;
}

/** A new element with a class and an optional text, which becomes plain. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = plain(text);
  return made;
}

/** A new choice for a drop-down list. */
export function makeOption(value: string, text = ""): HTMLOptionElement {
  const made = make("option", "", text);
  made.value = value;
  return made;
}

/** Sets a text, which becomes plain; only if it differs, so that nothing is announced or laid out twice. */
export function setText(element: Element, text: string): void {
  const shown = plain(text);
  if (element.textContent !== shown) element.textContent = shown;
}

const namespace = "http://www.w3.org/2000/svg";

/** A new element of an SVG. */
export function makeSvg<K extends keyof SVGElementTagNameMap>(tag: K, className: string): SVGElementTagNameMap[K] {
  const made = document.createElementNS(namespace, tag);
  made.setAttribute("class", className);
  return made;
}
