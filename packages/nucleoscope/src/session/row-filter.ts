/** A range of values, both ends included; null is an open end. */
export interface ValueRange {
  readonly minimum: number | null;
  readonly maximum: number | null;
}

/** Whether a row with this value is shown. */
export type Condition = (value: number) => boolean;

/** The sign before decimals in the notation of a language. */
export type DecimalSign = "." | ",";

// Digits with commas as thousands separators, or with one decimal sign, a point or a comma.
const figure = String.raw`([-+−]?(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?|\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?)`;
const comparison = new RegExp(`^(<=|>=|≤|≥|<|>|=)\\s*${figure}$`, "i");
const between = new RegExp(`^${figure}\\s*(?:to|bis|-|–|\\.\\.+|…)\\s*${figure}$`, "i");
const alone = new RegExp(`^${figure}$`, "i");

/**
 * Reads a filter: `> 200`, `>= 0.9`, `< 5`, `= 3`, `200 to 400` (both included), or a number. Where the decimal sign is
 * a point, a comma is a thousands separator before groups of three digits, as the table shows them (`1,000`), and a
 * decimal sign everywhere else (`0,9`, `0,125`); where it is a comma, a point is (`1.000`, `0.9`). Returns null for an
 * empty text and undefined for an invalid one.
 *
 * `200` and `= 200` match the values that are shown as 200, so that numbers from the table can be typed.
 */
export function readCondition(
  text: string,
  decimalSign: DecimalSign,
  shownAs: (value: number) => string,
): Condition | null | undefined {
  const trimmed = withPoint(text, decimalSign);
  if (trimmed === "") return null;
  const [, sign, bound] = comparison.exec(trimmed) ?? [];
  if (sign !== undefined && bound !== undefined) return compare(sign, numberOf(bound), shownAs);
  const [, low, high] = between.exec(trimmed) ?? [];
  if (low !== undefined && high !== undefined) {
    const ends = [numberOf(low), numberOf(high)];
    const [minimum, maximum] = [Math.min(...ends), Math.max(...ends)];
    return (value) => value >= minimum && value <= maximum;
  }
  const [, exact] = alone.exec(trimmed) ?? [];
  return exact === undefined ? undefined : compare("=", numberOf(exact), shownAs);
}

/** Reads a number; returns null for an empty text and undefined for an invalid one. */
export function readNumber(text: string, decimalSign: DecimalSign): number | null | undefined {
  const trimmed = withPoint(text, decimalSign);
  if (trimmed === "") return null;
  return alone.test(trimmed) ? numberOf(trimmed) : undefined;
}

function compare(sign: string, bound: number, shownAs: (value: number) => string): Condition {
  switch (sign) {
    case "<":
      return (value) => value < bound;
    case ">":
      return (value) => value > bound;
    case "<=":
    case "≤":
      return (value) => value <= bound;
    case ">=":
    case "≥":
      return (value) => value >= bound;
    default: {
      const shown = shownAs(bound);
      return (value) => value === bound || (!Number.isNaN(value) && shownAs(value) === shown);
    }
  }
}

/** A text in the notation with a decimal point, and without the thousands separators that are no points or commas. */
function withPoint(text: string, decimalSign: DecimalSign): string {
  const ungrouped = text.trim().replaceAll(/(?<=\d)[\u00a0\u202f'’](?=\d)/g, "");
  if (decimalSign === ".") return ungrouped;
  // Two points are between the ends of a range.
  return ungrouped.replaceAll(/\.\.+|[.,]/g, (sign) => ({ ".": ",", ",": "." })[sign] ?? sign);
}

function numberOf(text: string): number {
  const isGrouped = /^[-+−]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?![\d,])/.test(text);
  return Number(text.replaceAll(",", isGrouped ? "" : ".").replace("−", "-"));
}
