import type { Session } from "../session/session.ts";
import { byId, type Root } from "../ui/dom.ts";

/** The fields for the nucleus diameter and the pixel size. */
export class SettingsPanel {
  readonly #diameter: HTMLInputElement;

  constructor(root: Root, session: Session) {
    this.#diameter = byId(root, "diameter", HTMLInputElement);
    const pixelSize = byId(root, "pixel-size", HTMLInputElement);
    pixelSize.addEventListener("input", () => {
      if (!pixelSize.validity.valid) return;
      const side = numberIn(pixelSize);
      session.setPixelSize(side === null ? null : { x: side, y: side });
    });
    this.#diameter.addEventListener("input", () => session.setDiameter(numberIn(this.#diameter)));
  }

  /** Shows a diameter from a link or a record. What the user is typing stays as it is. */
  show(diameter: number | null): void {
    if (diameter !== numberIn(this.#diameter)) this.#diameter.value = diameter === null ? "" : String(diameter);
  }
}

/** The number in a field; null if it is empty or invalid. */
function numberIn(field: HTMLInputElement): number | null {
  return field.validity.valid && Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : null;
}
