import * as text from "../text.ts";
import { make, makeSvg } from "../ui/dom.ts";
import type { Setting } from "../wasm/nucleoscope.js";

/**
 * What a low and a high value of a setting give: nuclei as `kind x,y,radius`, with the kinds of the style sheet
 * (f: found, p: pale and found, x: dropped, h: a hole); `m` is two nuclei that were found as one.
 */
const pictures: Readonly<Record<string, readonly [string, string]>> = {
  interiorThreshold: ["f14,14,9 p34,14,8", "f14,14,6 x34,14,7"],
  h: ["m", "f15,14,8 f33,14,8"],
  minimumConfidence: ["f14,14,8 p34,14,8", "f14,14,8 x34,14,8"],
  minimumArea: ["f16,14,9 f34,8,3 f38,20,2", "f16,14,9 x34,8,3 x38,20,2"],
  smoothing: ["f15,14,8 f33,14,8", "m"],
  fillHoles: ["f24,14,10 h24,14,4", "f24,14,10"],
  clearBorder: ["f16,14,8 f48,14,8", "f16,14,8 x48,14,8"],
};

const joined = "M7 14a8 8 0 0 1 14-6q3 2 6 0a8 8 0 1 1 0 12q-3-2-6 0a8 8 0 0 1-14-6z";

/** A button that explains a setting, in one sentence with pictures of a low and a high value, and the explanation. */
export function settingHelp(setting: Setting): readonly [HTMLElement, HTMLElement] {
  const { name, slider } = setting;
  const button = make("button", "help-button quiet", "?");
  button.type = "button";
  button.ariaLabel = text.aboutSetting(text.settingLabel(setting));
  const note = make("div", "setting-help");
  note.append(make("p", "", `${text.settingHelp(setting)}.`));
  const shown = pictures[name];
  if (shown !== undefined) {
    const words = slider === null ? [text.switchedOff, text.switchedOn] : [text.lowValue, text.highValue];
    note.append(...shown.map((shapes, place) => figure(shapes, words[place] ?? "")));
  }
  const show = (isShown: boolean): void => {
    note.hidden = !isShown;
    button.ariaExpanded = String(isShown);
  };
  show(false);
  button.addEventListener("click", () => show(note.hidden !== false));
  for (const part of [button, note] as readonly HTMLElement[]) {
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || note.hidden !== false) return;
      event.stopPropagation();
      show(false);
    });
  }
  return [button, note];
}

function figure(shapes: string, words: string): HTMLElement {
  const picture = makeSvg("svg", "setting-picture");
  picture.setAttribute("viewBox", "0 0 48 28");
  picture.ariaHidden = "true";
  for (const shape of shapes.split(" ")) {
    const [kind, x, y, radius] = [shape[0] ?? "", ...shape.slice(1).split(",")];
    const path = makeSvg("path", `shape-${kind}`);
    const circle = `M${x} ${y}m-${radius} 0a${radius} ${radius} 0 1 0 ${2 * Number(radius)} 0a${radius} ${radius} 0 1 0-${2 * Number(radius)} 0`;
    path.setAttribute("d", kind === "m" ? joined : circle);
    picture.append(path);
  }
  const made = make("figure", "", words);
  made.prepend(picture);
  return made;
}
