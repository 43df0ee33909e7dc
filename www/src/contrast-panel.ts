import { byId } from "./dom.ts";
import type { Contrast } from "./wasm/nucleoscope.js";

/** Brightness of the picture; the data stay as they are. */
export class ContrastPanel {
  readonly #low = byId("contrast-low", HTMLInputElement);
  readonly #high = byId("contrast-high", HTMLInputElement);
  readonly #gamma = byId("contrast-gamma", HTMLInputElement);

  /** `changed` is called whenever the contrast becomes another valid one. */
  constructor(changed: () => void) {
    for (const input of [this.#low, this.#high, this.#gamma]) {
      input.addEventListener("input", () => {
        if (input.validity.valid) changed();
      });
    }
    byId("contrast-auto", HTMLButtonElement).addEventListener("click", () => {
      this.#low.value = "";
      this.#high.value = "";
      this.#gamma.value = "1";
      changed();
    });
  }

  /** The contrast as it is now; an empty field is left to the program. */
  get contrast(): Contrast {
    const given = (input: HTMLInputElement): number | null =>
      input.validity.valid && Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null;
    return { low: given(this.#low), high: given(this.#high), gamma: given(this.#gamma) ?? 1 };
  }
}
