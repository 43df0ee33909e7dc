/** A range of values, both ends included; an end that is null is open. */
export interface ValueRange {
  readonly minimum: number | null;
  readonly maximum: number | null;
}

/** Whether a column's value is to be shown. */
export type Condition = (value: number) => boolean;

// Digits with thousands parted by commas, or with one decimal sign, a point or a comma.
const figure = String.raw`([-+−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?)`;
const comparison = new RegExp(`^(<=|>=|≤|≥|<|>|=)\\s*${figure}$`, "i");
const between = new RegExp(`^${figure}\\s*(?:to|-|–|\\.\\.+|…)\\s*${figure}$`, "i");
const alone = new RegExp(`^${figure}$`, "i");

/**
 * Reads what was typed under a column: `> 200`, `>= 0.9`, `< 5`, `= 3`, `200 to 400` (both included), or a
 * number alone. A comma parts thousands where it stands before groups of three digits, as the table shows them
 * (`1,000`), and is a decimal sign everywhere else (`0,9`, `0,125`). An empty text has no condition (null); a text that cannot be understood gives undefined.
 *
 * `200` and `= 200` mean the values that are shown as 200, so that what is read in the table can be typed.
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

/** A number as people type it; null for no text, undefined for what is none. */
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
