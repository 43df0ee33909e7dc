import type { ValueRange } from "./row-filter.ts";

/** A rule on one column that decides which nuclei count. What it decides is found elsewhere. */
export interface Gate extends ValueRange {
  /** The column's name in exports. */
  readonly key: string;
  /** Whether nuclei inside the range are kept, or those outside. */
  readonly keep: "inside" | "outside";
}

/** Whether a value lies in a range, ends included; no value lies nowhere. */
export function isWithin({ minimum, maximum }: ValueRange, value: number): boolean {
  return !Number.isNaN(value) && (minimum === null || value >= minimum) && (maximum === null || value <= maximum);
}

/** Adds a gate; one of the same kind on the same column gives way to it. */
export function withGate(gates: readonly Gate[], gate: Gate): Gate[] {
  return [...gates.filter(({ key, keep }) => key !== gate.key || keep !== gate.keep), gate];
}

/** Gates with the same change made to them as led from `before` to `after`. */
export function changed(gates: readonly Gate[], before: readonly Gate[], after: readonly Gate[]): Gate[] {
  const isOneOf = (list: readonly Gate[], gate: Gate): boolean => list.some((other) => sameGate(other, gate));
  const kept = gates.filter((gate) => !isOneOf(before, gate) || isOneOf(after, gate));
  return after.filter((gate) => !isOneOf(before, gate)).reduce(withGate, kept);
}

/** Whether two gates say the same. */
export function sameGate(left: Gate, right: Gate): boolean {
  return (
    left.key === right.key &&
    left.minimum === right.minimum &&
    left.maximum === right.maximum &&
    left.keep === right.keep
  );
}
