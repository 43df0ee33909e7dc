import { byId } from "../ui/dom.ts";
import type { PixelSize, Settings } from "../wasm/nucleoscope.js";

/** The fields for the nucleus diameter and the pixel size. */
export class SettingsPanel {
  readonly #diameter = byId("diameter", HTMLInputElement);
  readonly #pixelSize = byId("pixel-size", HTMLInputElement);

  /**
   * `changed` is called when the settings change to other valid ones, `pixelSizeChanged` when the pixel size
   * does.
   */
  constructor(changed: () => void, pixelSizeChanged: () => void) {
    this.#pixelSize.addEventListener("input", () => {
      if (this.#pixelSize.validity.valid) pixelSizeChanged();
    });
    this.#diameter.addEventListener("input", () => {
      if (this.#diameter.validity.valid) changed();
    });
  }

  /** The pixel size in µm; null uses the files' own. */
  get pixelSize(): PixelSize | null {
    const side = this.#pixelSize.valueAsNumber;
    return this.#pixelSize.validity.valid && Number.isFinite(side) ? { x: side, y: side } : null;
  }

  /** Shows settings from a link or a record. */
  take({ diameter }: Pick<Settings, "diameter">): void {
    this.#diameter.value = diameter == null ? "" : String(diameter);
  }

  /** The current settings; an invalid diameter counts as none. */
  get settings(): Pick<Settings, "diameter"> {
    const diameter = this.#diameter.valueAsNumber;
    const isGiven = this.#diameter.validity.valid && Number.isFinite(diameter);
    return { diameter: isGiven ? diameter : null };
  }
}

/** Whether the network's prediction is the same with both. */
export function sameSettings(left: Settings, right: Settings): boolean {
  return left.diameter === right.diameter;
}
