import { byId, type Root } from "../ui/dom.ts";
import type { Contrast } from "../wasm/nucleoscope.js";

/** The controls for the picture's brightness; they do not change the data. */
export class ContrastPanel {
  readonly #low: HTMLInputElement;
  readonly #high: HTMLInputElement;
  readonly #gamma: HTMLInputElement;

  /** `changed` is called when the contrast changes to another valid one. */
  constructor(root: Root, changed: () => void) {
    this.#low = byId(root, "contrast-low", HTMLInputElement);
    this.#high = byId(root, "contrast-high", HTMLInputElement);
    this.#gamma = byId(root, "contrast-gamma", HTMLInputElement);
    for (const input of [this.#low, this.#high, this.#gamma]) {
      input.addEventListener("input", () => {
        if (input.validity.valid) changed();
      });
    }
    byId(root, "contrast-auto", HTMLButtonElement).addEventListener("click", () => {
      this.#low.value = "";
      this.#high.value = "";
      this.#gamma.value = "1";
      changed();
    });
  }

  /** The current contrast; null stands for an automatic limit. */
  get contrast(): Contrast {
    const given = (input: HTMLInputElement): number | null =>
      input.validity.valid && Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null;
    return { low: given(this.#low), high: given(this.#high), gamma: given(this.#gamma) ?? 1 };
  }
}
