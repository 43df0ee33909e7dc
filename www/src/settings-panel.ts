import { byId } from "./elements.ts";
import type { Settings } from "./wasm/nucleoscope.js";

/** What the user can choose about how images are segmented. */
export class SettingsPanel {
  readonly #effort = byId("effort", HTMLFieldSetElement);
  readonly #diameter = byId("diameter", HTMLInputElement);

  /** `changed` is called whenever the settings become other valid ones. */
  constructor(changed: () => void) {
    this.#effort.addEventListener("change", changed);
    this.#diameter.addEventListener("input", () => {
      if (this.#diameter.validity.valid) changed();
    });
  }

  /** Takes over settings from elsewhere. */
  take({ effort, diameter }: Pick<Settings, "effort" | "diameter">): void {
    for (const input of this.#effort.querySelectorAll("input")) input.checked = input.value === (effort ?? "accurate");
    this.#diameter.value = diameter == null ? "" : String(diameter);
  }

  /** The settings as they are now; a diameter that is none counts as not given. */
  get settings(): Pick<Settings, "effort" | "diameter"> {
    const diameter = this.#diameter.valueAsNumber;
    const isGiven = this.#diameter.validity.valid && Number.isFinite(diameter);
    const isAccurate = this.#effort.querySelector("input:checked")?.getAttribute("value") === "accurate";
    return { effort: isAccurate ? "accurate" : "fast", diameter: isGiven ? diameter : null };
  }
}

/** Whether the network looks at an image in the same way with both. */
export function sameSettings(left: Settings, right: Settings): boolean {
  return left.effort === right.effort && left.diameter === right.diameter;
}
