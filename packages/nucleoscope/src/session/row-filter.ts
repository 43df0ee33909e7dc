/** A range of values, both ends included; null is an open end. */
export interface ValueRange {
  readonly minimum: number | null;
  readonly maximum: number | null;
}

/** Whether a row with this value is shown. */
export type Condition = (value: number) => boolean;

// Digits with commas as thousands separators, or with one decimal sign, a point or a comma.
const figure = String.raw`([-+−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?)`;
const comparison = new RegExp(`^(<=|>=|≤|≥|<|>|=)\\s*${figure}$`, "i");
const between = new RegExp(`^${figure}\\s*(?:to|-|–|\\.\\.+|…)\\s*${figure}$`, "i");
const alone = new RegExp(`^${figure}$`, "i");

/**
 * Reads a filter: `> 200`, `>= 0.9`, `< 5`, `= 3`, `200 to 400` (both included), or a number. A comma is a
 * thousands separator before groups of three digits, as the table shows them (`1,000`), and a decimal sign
 * everywhere else (`0,9`, `0,125`). Returns null for an empty text and undefined for an invalid one.
 *
 * `200` and `= 200` match the values that are shown as 200, so that numbers from the table can be typed.
 */
export function readCondition(text: string, shownAs: (value: number) => string): Condition | null | undefined {
  const trimmed = text.trim();
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
export function readNumber(text: string): number | null | undefined {
  const trimmed = text.trim();
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

function numberOf(text: string): number {
  const isGrouped = /^[-+−]?[1-9]\d{0,2}(?:,\d{3})+(?![\d,])/.test(text);
  return Number(text.replaceAll(",", isGrouped ? "" : ".").replace("−", "-"));
}
