import type { Session } from "../session/session.ts";
import { byId, setText, type Root } from "../ui/dom.ts";

/** The fields for the nucleus diameter, the pixel size and the expansion of nuclei into cells. */
export class SettingsPanel {
  readonly #diameter: HTMLInputElement;
  readonly #expansion: HTMLInputElement;
  readonly #expansionUnit: HTMLElement;

  constructor(root: Root, session: Session) {
    this.#diameter = byId(root, "diameter", HTMLInputElement);
    const pixelSize = byId(root, "pixel-size", HTMLInputElement);
    pixelSize.addEventListener("input", () => {
      if (!pixelSize.validity.valid) return;
      const side = numberIn(pixelSize);
      session.setPixelSize(side === null ? null : { x: side, y: side });
    });
    this.#expansion = byId(root, "cell-expansion", HTMLInputElement);
    this.#expansionUnit = byId(root, "cell-expansion-unit", HTMLElement);
    this.#expansion.addEventListener("change", () => {
      if (this.#expansion.validity.valid) session.setCellExpansion(numberIn(this.#expansion) ?? 0);
    });
    this.#diameter.addEventListener("input", () => session.setDiameter(numberIn(this.#diameter)));
  }

  /** Shows a diameter from a link or a record. What the user is typing stays as it is. */
  show(diameter: number | null): void {
    if (diameter !== numberIn(this.#diameter)) this.#diameter.value = diameter === null ? "" : String(diameter);
  }

  /** Shows the expansion of the selected image, in µm if its pixel size is known. */
  showExpansion(distance: number, isInMicrometres: boolean): void {
    setText(this.#expansionUnit, isInMicrometres ? "µm" : "px");
    if (distance !== (numberIn(this.#expansion) ?? 0)) this.#expansion.value = distance === 0 ? "" : String(distance);
  }
}

/** The number in a field; null if it is empty or invalid. */
function numberIn(field: HTMLInputElement): number | null {
  return field.validity.valid && Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : null;
}
