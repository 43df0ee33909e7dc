import type { ValueRange } from "./row-filter.ts";

/** A rule on one column that decides which nuclei count. The engine applies it. */
export interface Gate extends ValueRange {
  /** The column's name in exported files. */
  readonly key: string;
  /** Whether nuclei inside the range are kept, or those outside. */
  readonly keep: "inside" | "outside";
}

/** Whether a value lies in a range, ends included; NaN lies in none. */
export function isWithin({ minimum, maximum }: ValueRange, value: number): boolean {
  return !Number.isNaN(value) && (minimum === null || value >= minimum) && (maximum === null || value <= maximum);
}

/** Adds a gate; it replaces one of the same kind on the same column. */
export function withGate(gates: readonly Gate[], gate: Gate): Gate[] {
  return [...gates.filter(({ key, keep }) => key !== gate.key || keep !== gate.keep), gate];
}

/** Applies the change from `before` to `after` to other gates. */
export function changed(gates: readonly Gate[], before: readonly Gate[], after: readonly Gate[]): Gate[] {
  const isOneOf = (list: readonly Gate[], gate: Gate): boolean => list.some((other) => sameGate(other, gate));
  const kept = gates.filter((gate) => !isOneOf(before, gate) || isOneOf(after, gate));
  return after.filter((gate) => !isOneOf(before, gate)).reduce(withGate, kept);
}

/** Whether two gates are equal. */
function sameGate(left: Gate, right: Gate): boolean {
  return (
    left.key === right.key &&
    left.minimum === right.minimum &&
    left.maximum === right.maximum &&
    left.keep === right.keep
  );
}
