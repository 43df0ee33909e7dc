import type { Setting, Settings } from "../wasm/nucleoscope.js";

/**
 * The watershed's settings that the page offers, by name: changing them does not run the network again. The
 * engine's list defines them.
 */
export type Tuning = Readonly<Record<string, number | boolean>>;

/** The settings that the page offers: those with a slider, and the switches. */
export function offered(list: readonly Setting[]): readonly Setting[] {
  return list.filter(({ slider, kind }) => slider !== null || kind === "switch");
}

/** The tuning in complete settings, unchecked: a record's values may lie outside the sliders' ranges. */
export function tuningOf(settings: Settings, list: readonly Setting[]): Tuning {
  const given = asRecord(settings);
  const names = offered(list).map(({ name }) => name);
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length > 0) throw new Error(`the settings lack ${missing.join(", ")}`);
  return Object.fromEntries(names.map((name) => [name, given[name] as number | boolean]));
}

/** A tuning that was read, and the old names of settings in it. */
export interface ParsedTuning {
  readonly tuning: Tuning;
  readonly oldNames: readonly string[];
}

/** Reads a tuning from unknown data; values outside the sliders' ranges are left out. */
export function parseTuning(unknown: unknown, list: readonly Setting[]): ParsedTuning {
  const record = asRecord(unknown);
  const tuning: Record<string, number | boolean> = {};
  const oldNames: string[] = [];
  for (const setting of offered(list)) {
    const { name, oldName } = setting;
    const isOld = oldName !== null && record[name] === undefined && record[oldName] !== undefined;
    const value = isOld ? record[oldName] : record[name];
    if (!isValue(value, setting)) continue;
    tuning[name] = value;
    if (isOld) oldNames.push(oldName);
  }
  return { tuning, oldNames };
}

/** Whether a value is one that the page offers for a setting. A count may lie outside the slider's range. */
function isValue(value: unknown, { kind, slider, minimum, maximum }: Setting): value is number | boolean {
  if (kind === "switch" || slider === null) return typeof value === "boolean";
  const [low, high] = kind === "count" ? [minimum, maximum] : [slider.minimum, slider.maximum];
  return typeof value === "number" && value >= low && value <= high && (kind === "number" || Number.isInteger(value));
}

/** Whether two tunings have the same values. */
export function sameTuning(left: Tuning, right: Tuning): boolean {
  return Object.keys({ ...left, ...right }).every((name) => left[name] === right[name]);
}

/** Whether settings have the values of a tuning. */
export function hasTuning(settings: Settings, tuning: Tuning): boolean {
  const given = asRecord(settings);
  return Object.entries(tuning).every(([name, value]) => given[name] === value);
}

/** Reads the settings that the network's prediction depends on from unknown data. */
export function parseNetworkSettings(unknown: unknown): Pick<Settings, "diameter"> {
  const { diameter } = asRecord(unknown);
  const isDiameter = typeof diameter === "number" && diameter >= 3 && diameter <= 1000;
  return { diameter: isDiameter ? diameter : null };
}

/** Unknown data as an object; an empty one if it is not an object. */
export function asRecord(unknown: unknown): Record<string, unknown> {
  return typeof unknown === "object" && unknown !== null ? (unknown as Record<string, unknown>) : {};
}

/** Whether the network's prediction is the same with both. */
export function sameNetworkSettings(left: Settings, right: Settings): boolean {
  return left.diameter === right.diameter;
}
