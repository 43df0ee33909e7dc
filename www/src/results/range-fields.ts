import { make, setText } from "../dom.ts";
import { readNumber, type ValueRange } from "./row-filter.ts";

/** A range that holds everything. */
export const openRange: ValueRange = { minimum: null, maximum: null };

/** Whether a range leaves nothing out. */
export function isOpen({ minimum, maximum }: ValueRange): boolean {
  return minimum === null && maximum === null;
}

/** Rounds the ends of a range to about a thousandth of the values' span, so that they can be read and typed. */
export function tidy(minimum: number, maximum: number, span: number, isOfWhole: boolean): ValueRange {
  const digits = span > 0 ? 3 - Math.ceil(Math.log10(span)) : 3;
  const places = isOfWhole ? 0 : Math.min(Math.max(digits, 0), 20);
  const round = (value: number): number => Number(value.toFixed(places));
  return { minimum: round(minimum), maximum: round(maximum) };
}

/** Two fields for the ends of a range: what a brush does, without a mouse. */
export class RangeFields {
  readonly element = make("fieldset", "range-fields");
  readonly #title = make("legend", "");
  readonly #from = make("input", "");
  readonly #to = make("input", "");

  /** `changed` is called with what was typed; ends the wrong way round are exchanged. */
  constructor(changed: (range: ValueRange) => void) {
    for (const field of [this.#from, this.#to]) {
      field.type = "text";
      field.inputMode = "decimal";
      field.autocomplete = "off";
      field.placeholder = "any";
      field.addEventListener("change", () => {
        for (const one of [this.#from, this.#to]) markWhetherNumber(one);
        changed(this.range);
      });
    }
    this.element.append(this.#title, labelled("from", this.#from), labelled("to", this.#to));
  }

  /** Says which column the range is of. */
  set title(text: string) {
    setText(this.#title, text);
  }

  /** Gives the keyboard to the first field. */
  focus(): void {
    this.#from.focus();
  }

  /** The range typed. */
  get range(): ValueRange {
    const [minimum, maximum] = [numberIn(this.#from), numberIn(this.#to)];
    const isTurned = minimum !== null && maximum !== null && minimum > maximum;
    return isTurned ? { minimum: maximum, maximum: minimum } : { minimum, maximum };
  }

  set range({ minimum, maximum }: ValueRange) {
    this.#from.value = minimum === null ? "" : String(minimum);
    this.#to.value = maximum === null ? "" : String(maximum);
  }
}

function labelled(text: string, field: HTMLInputElement): HTMLLabelElement {
  const label = make("label", "", `${text} `);
  label.append(field);
  return label;
}

function numberIn({ value }: HTMLInputElement): number | null {
  return readNumber(value) ?? null;
}

/** What is no number leaves the range open, and is marked. */
function markWhetherNumber(field: HTMLInputElement): void {
  const isNone = readNumber(field.value) === undefined;
  field.setAttribute("aria-invalid", String(isNone));
  field.title = isNone ? "Type a number, such as 200 or 0.9" : "";
}
