import * as text from "../text.ts";
import { make, setText } from "../ui/dom.ts";
import { readNumber, type ValueRange } from "../session/row-filter.ts";

/** A range without limits. */
export const openRange: ValueRange = { minimum: null, maximum: null };

/** Whether a range has no limits. */
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

/** Two fields for the ends of a range: the alternative to a brush for the keyboard. */
export class RangeFields {
  readonly element = make("fieldset", "range-fields");
  readonly #title = make("legend", "");
  readonly #from = numberField();
  readonly #to = numberField();

  /** `changed` is called with the typed range; reversed ends are swapped. */
  constructor(changed: (range: ValueRange) => void) {
    for (const field of [this.#from, this.#to]) {
      field.placeholder = text.openEnd;
      field.addEventListener("change", () => {
        for (const one of [this.#from, this.#to]) markInvalid(one);
        changed(this.range);
      });
    }
    this.element.append(this.#title, labelled(text.rangeFrom, this.#from), labelled(text.rangeTo, this.#to));
  }

  /** Sets the legend, which names the column. */
  set title(words: string) {
    setText(this.#title, words);
  }

  /** Moves the focus to the first field. */
  focus(): void {
    this.#from.focus();
  }

  /** The typed range. */
  get range(): ValueRange {
    const [minimum, maximum] = [numberIn(this.#from), numberIn(this.#to)];
    const isReversed = minimum !== null && maximum !== null && minimum > maximum;
    return isReversed ? { minimum: maximum, maximum: minimum } : { minimum, maximum };
  }

  set range({ minimum, maximum }: ValueRange) {
    this.#from.value = minimum === null ? "" : text.ungrouped(minimum);
    this.#to.value = maximum === null ? "" : text.ungrouped(maximum);
  }
}

/** A field for a number. */
export function numberField(): HTMLInputElement {
  const field = make("input", "");
  field.type = "text";
  field.inputMode = "decimal";
  field.autocomplete = "off";
  return field;
}

/** A field with its label. */
export function labelled(name: string, field: HTMLInputElement): HTMLLabelElement {
  const label = make("label", "", `${name} `);
  label.append(field);
  return label;
}

function numberIn({ value }: HTMLInputElement): number | null {
  return readNumber(value, text.decimalSign) ?? null;
}

/** Marks a field whose text is not a number. */
export function markInvalid(field: HTMLInputElement): void {
  const isInvalid = readNumber(field.value, text.decimalSign) === undefined;
  field.setAttribute("aria-invalid", String(isInvalid));
  field.title = isInvalid ? text.numberHelp : "";
}
