import { byId } from "./dom.ts";
import type { PixelSize, Settings } from "./wasm/nucleoscope.js";

/** What the user can choose about how images are segmented. */
export class SettingsPanel {
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
  take({ diameter }: Pick<Settings, "diameter">): void {
    this.#diameter.value = diameter == null ? "" : String(diameter);
  }

  /** The settings as they are now; a diameter that is none counts as not given. */
  get settings(): Pick<Settings, "diameter"> {
    const diameter = this.#diameter.valueAsNumber;
    const isGiven = this.#diameter.validity.valid && Number.isFinite(diameter);
    return { diameter: isGiven ? diameter : null };
  }
}

/** Whether the network makes the same maps of an image with both. */
export function sameSettings(left: Settings, right: Settings): boolean {
  return left.diameter === right.diameter;
}
