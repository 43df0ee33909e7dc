import { EngineError } from "../engine/engine-error.ts";
import { columnIndex, columnValues, type MeasurementTable } from "./measurement-table.ts";
import type { ValueRange } from "./row-filter.ts";

/** A rule on one column that decides which nuclei count. */
export interface Gate extends ValueRange {
  /** The column's name in exports. */
  readonly key: string;
  /** Whether nuclei inside the range are kept, or those outside. */
  readonly keep: "inside" | "outside";
}

/** More gates than anybody sets by hand. */
const mostGates = 64;
const longestKey = 200;

/** Whether a value lies in a range, ends included; no value lies nowhere. */
export function isWithin({ minimum, maximum }: ValueRange, value: number): boolean {
  return !Number.isNaN(value) && (minimum === null || value >= minimum) && (maximum === null || value <= maximum);
}

/**
 * By row, 1 for the nuclei that every gate keeps and 0 for the others. A nucleus without a value is not
 * inside any range. Gates on columns that the table lacks (see `unused`) change nothing.
 */
export function included(table: MeasurementTable, gates: readonly Gate[]): Uint8Array {
  const kept = new Uint8Array(table.rows).fill(1);
  for (const gate of gates) {
    const column = columnIndex(table, gate.key);
    if (column < 0) continue;
    columnValues(table, column).forEach((value, row) => {
      if (isWithin(gate, value) !== (gate.keep === "inside")) kept[row] = 0;
    });
  }
  return kept;
}

/** The gates on columns that a table lacks. */
export function unused(table: MeasurementTable, gates: readonly Gate[]): Gate[] {
  return gates.filter(({ key }) => columnIndex(table, key) < 0);
}

/** Adds a gate; one of the same kind on the same column gives way to it. */
export function withGate(gates: readonly Gate[], gate: Gate): Gate[] {
  return [...gates.filter(({ key, keep }) => key !== gate.key || keep !== gate.keep), gate];
}

/** Gates as plain data for links and records: `[{"key":"area_px2","minimum":200,"maximum":null,"keep":"inside"}]`. */
export function gatesToJson(gates: readonly Gate[]): Gate[] {
  return gates.map(({ key, minimum, maximum, keep }) => ({ key, minimum, maximum, keep }));
}

/**
 * Reads gates from parsed JSON of any origin; `minimum`, `maximum` (null) and `keep` (`"inside"`) may be
 * left out.
 *
 * @throws EngineError with code `gates/invalid` that names the gate that is wrong.
 */
export function gatesFromJson(json: unknown): Gate[] {
  if (!Array.isArray(json)) throw invalid("The gates are not a list");
  if (json.length > mostGates) throw invalid(`There are ${json.length} gates; ${mostGates} are the most`);
  return json.map((entry: unknown, index) => readGate(entry, `Gate ${index + 1}`));
}

function readGate(entry: unknown, name: string): Gate {
  if (typeof entry !== "object" || entry === null) throw invalid(`${name} is not an object`);
  const { key, minimum = null, maximum = null, keep = "inside" } = entry as Record<string, unknown>;
  if (typeof key !== "string" || key === "" || key.length > longestKey) throw invalid(`${name} names no column`);
  if (!isBound(minimum) || !isBound(maximum)) throw invalid(`${name} (${key}) has a limit that is not a number`);
  if (minimum !== null && maximum !== null && minimum > maximum) {
    throw invalid(`${name} (${key}) has a minimum above its maximum`);
  }
  if (keep !== "inside" && keep !== "outside") throw invalid(`${name} (${key}) keeps neither "inside" nor "outside"`);
  return { key, minimum, maximum, keep };
}

function isBound(value: unknown): value is number | null {
  return value === null || (typeof value === "number" && Number.isFinite(value));
}

function invalid(message: string): EngineError {
  return new EngineError({
    code: "gates/invalid",
    message,
    remedy: "Set the gates by hand, or use a link or record that was not changed.",
  });
}
