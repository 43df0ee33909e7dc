/** What happened, and what to do about it. */
export interface Advice {
  readonly message: string;
  readonly help: string;
}

/** Formats numbers in a language, the same way everywhere on the page. */
export class Formats {
  /** The language with the region that the browser prefers, such as `en-GB` for `en`. */
  readonly locale: string;
  /** A point or a comma. */
  readonly decimalSign: "." | ",";
  /** Orders names by their letters, and by the numbers in them. */
  readonly collator: Intl.Collator;
  readonly #whole: Intl.NumberFormat;

  /** @param language The language of the texts, such as `en` */
  constructor(language: string) {
    const preferred: readonly string[] = globalThis.navigator?.languages ?? [];
    this.locale = preferred.find((tag) => tag.split("-")[0] === language) ?? language;
    this.collator = new Intl.Collator(this.locale, { numeric: true, sensitivity: "base" });
    this.#whole = new Intl.NumberFormat(this.locale);
    this.decimalSign = (0.5).toLocaleString(this.locale).includes(",") ? "," : ".";
  }

  /** A number with thousands separators. */
  readonly number = (value: number): string => this.#whole.format(value);

  /** A number with all its digits and without thousands separators, as in a field. */
  readonly ungrouped = (value: number): string => String(value).replace(".", this.decimalSign);

  /** A number with this many digits after the decimal sign. */
  readonly fixed = (value: number, digits: number): string =>
    value.toLocaleString(this.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });

  /** A number with this many significant digits. */
  readonly precise = (value: number, digits: number): string =>
    value.toLocaleString(this.locale, { minimumSignificantDigits: digits, maximumSignificantDigits: digits });

  /** `1 image`, `2 images`, `1,000 images`. */
  readonly counted = (count: number, one: string, many: string): string =>
    `${this.number(count)} ${count === 1 ? one : many}`;
}
