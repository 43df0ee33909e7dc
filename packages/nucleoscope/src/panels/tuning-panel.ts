import { settingHelp } from "./setting-help.ts";
import * as text from "../text.ts";
import { byId, make, setText, type Root } from "../ui/dom.ts";
import { offered, sameTuning, type Tuning } from "../session/tuning.ts";
import type { Setting } from "../wasm/nucleoscope.js";

/** Callbacks of {@link TuningPanel}. */
export interface TuningListener {
  /** A slider is being moved; `isSettled` when it is released. */
  changed(tuning: Tuning, isSettled: boolean): void;
  /** The choice between all images and this one changed. */
  scopeChanged(isOwn: boolean): void;
  /** The user asked for the defaults. */
  reset(): void;
}

/** One setting's slider or check box. */
interface Control {
  readonly setting: Setting;
  readonly input: HTMLInputElement;
  readonly value: HTMLElement | null;
}

/** The sliders and check boxes that update the nuclei while they are moved. */
export class TuningPanel {
  #controls: readonly Control[] = [];
  readonly #fields: HTMLElement;
  readonly #own: HTMLInputElement;
  readonly #reset: HTMLButtonElement;
  readonly #listener: TuningListener;
  #standard: Tuning | null = null;
  /** The tuning shown; a value outside its slider's range stays until the slider is moved. */
  #shown: Tuning = {};

  constructor(root: Root, listener: TuningListener) {
    this.#fields = byId(root, "tune-settings", HTMLElement);
    this.#own = byId(root, "tune-own", HTMLInputElement);
    this.#reset = byId(root, "tune-reset", HTMLButtonElement);
    this.#listener = listener;
    this.#own.addEventListener("change", () => listener.scopeChanged(this.#own.checked));
    this.#reset.addEventListener("click", () => listener.reset());
  }

  /** Creates the controls. `standard` is the tuning that "Reset" restores. */
  offer(list: readonly Setting[], standard: Tuning): void {
    this.#standard = standard;
    this.#controls = offered(list).map((setting) => this.#control(setting));
  }

  #control(setting: Setting): Control {
    const { name, unit, slider } = setting;
    const label = text.settingLabel(setting);
    const input = document.createElement("input");
    input.id = `tune-${name}`;
    let value: HTMLElement | null = null;
    const field = make("label", slider === null ? "toggle" : "slider");
    field.title = text.settingHelp(setting);
    if (slider === null) {
      input.type = "checkbox";
      field.append(input, ` ${label}`);
    } else {
      input.type = "range";
      input.min = String(slider.minimum);
      input.max = String(slider.maximum);
      input.step = String(slider.step);
      value = make("span", "value");
      value.id = `tune-${name}-value`;
      value.ariaHidden = "true";
      field.append(unit === "" ? `${label} ` : `${label}, ${unit} `, value, input);
      input.addEventListener("input", () => this.#change(name, false));
    }
    input.addEventListener("change", () => this.#change(name, true));
    const row = make("div", `setting-row ${field.className}-row`);
    row.append(field, ...settingHelp(setting));
    this.#fields.append(row);
    return { setting, input, value };
  }

  #change(name: string, isSettled: boolean): void {
    const control = this.#controls.find(({ setting }) => setting.name === name);
    if (control === undefined) return;
    const tuning = { ...this.#shown, [name]: settingValue(control) };
    this.#shown = tuning;
    this.#describe(tuning);
    this.#listener.changed(tuning, isSettled);
  }

  /** Shows a tuning, and whether it is the selected image's own. */
  show(tuning: Tuning, isOwn: boolean): void {
    this.#shown = tuning;
    for (const { setting, input } of this.#controls) {
      const value = tuning[setting.name];
      if (typeof value === "boolean") input.checked = value;
      else if (value !== undefined && !input.matches(":focus")) input.value = String(onSlider(value, setting));
    }
    this.#own.checked = isOwn;
    this.#describe(tuning);
  }

  #describe(tuning: Tuning): void {
    for (const { setting, value: shown } of this.#controls) {
      const value = tuning[setting.name];
      if (shown !== null && typeof value === "number") {
        setText(shown, text.fixed(onSlider(value, setting), digitsOf(setting.slider?.step ?? 1)));
      }
    }
    this.#reset.disabled = this.#standard === null || sameTuning(tuning, this.#standard);
  }
}

function settingValue({ setting, input }: Control): number | boolean {
  return setting.slider === null ? input.checked : onSlider(input.valueAsNumber, setting);
}

/** Converts a value to its slider's position or back: a reversed slider has its lowest value at the right end. */
function onSlider(value: number, { slider }: Setting): number {
  if (slider === null || !slider.reversed) return value;
  const digits = digitsOf(slider.step);
  // Rounded to remove binary fractions' errors.
  return Number((slider.minimum + slider.maximum - value).toFixed(digits));
}

/** How many decimal places the steps of a slider need. */
function digitsOf(step: number): number {
  return Math.max(0, Math.ceil(-Math.log10(step)));
}
