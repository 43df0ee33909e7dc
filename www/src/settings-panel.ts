import { byId } from "./elements.ts";
import type { PixelSize, Settings } from "./wasm/nucleoscope.js";

/** What the user can choose about how images are segmented. */
export class SettingsPanel {
  readonly #effort = byId("effort", HTMLFieldSetElement);
  readonly #diameter = byId("diameter", HTMLInputElement);
  readonly #pixelSize = byId("pixel-size", HTMLInputElement);

  /**
   * `changed` is called whenever the settings become other valid ones, `pixelSizeChanged` with another
   * valid size of a pixel.
   */
  constructor(changed: () => void, pixelSizeChanged: () => void) {
    this.#pixelSize.addEventListener("input", () => {
      if (this.#pixelSize.validity.valid) pixelSizeChanged();
    });
    this.#effort.addEventListener("change", changed);
    this.#diameter.addEventListener("input", () => {
      if (this.#diameter.validity.valid) changed();
    });
  }

  /** The size of a pixel in µm; null leaves it to the files. */
  get pixelSize(): PixelSize | null {
    const side = this.#pixelSize.valueAsNumber;
    return this.#pixelSize.validity.valid && Number.isFinite(side) ? { x: side, y: side } : null;
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
