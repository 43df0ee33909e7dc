import type { Settings } from "./wasm/nucleoscope.js";

/** The settings that need not run the network again: every field is there. */
export type Tuning = Required<
  Pick<
    Settings,
    "threshold" | "seedDepth" | "leastCertainty" | "smallestArea" | "smoothing" | "fillHoles" | "dropAtEdge"
  >
>;

/** What a number may be. */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

/** The numbers among them, with what they may be. */
export const tuningRanges: Readonly<Record<"threshold" | "seedDepth" | "leastCertainty" | "smallestArea" | "smoothing", Range>> = {
  threshold: { minimum: 0.05, maximum: 0.95 },
  seedDepth: { minimum: 0.02, maximum: 1 },
  leastCertainty: { minimum: 0, maximum: 1 },
  smallestArea: { minimum: 0, maximum: 100_000 },
  smoothing: { minimum: 0, maximum: 8 },
};

/** The tuning within settings that name everything, as it is: a record may go beyond the sliders. */
export function tuningOf(settings: Settings): Tuning {
  const { threshold, seedDepth, leastCertainty, smallestArea, smoothing, fillHoles, dropAtEdge } = settings;
  const given = { threshold, seedDepth, leastCertainty, smallestArea, smoothing, fillHoles, dropAtEdge };
  const missing = Object.entries(given).filter(([, value]) => value === undefined);
  if (missing.length > 0) throw new Error(`the settings lack ${missing.map(([name]) => name).join(", ")}`);
  return given as Tuning;
}

const numberNames = ["threshold", "seedDepth", "leastCertainty", "smallestArea", "smoothing"] as const;
const switchNames = ["fillHoles", "dropAtEdge"] as const;

/** What is a tuning in something unknown; the rest is left out. */
export function parseTuning(unknown: unknown): Partial<Tuning> {
  const record = asRecord(unknown);
  const tuning: { -readonly [Name in keyof Tuning]?: Tuning[Name] } = {};
  for (const name of numberNames) {
    const value = record[name];
    const { minimum, maximum } = tuningRanges[name];
    if (typeof value === "number" && value >= minimum && value <= maximum) tuning[name] = value;
  }
  for (const name of switchNames) {
    const value = record[name];
    if (typeof value === "boolean") tuning[name] = value;
  }
  return tuning;
}

/** Whether two tunings lead to the same nuclei. */
export function sameTuning(left: Tuning, right: Tuning): boolean {
  return [...numberNames, ...switchNames].every((name) => left[name] === right[name]);
}

/** The settings that the network's maps depend on, from something unknown. */
export function parseNetworkSettings(unknown: unknown): Pick<Settings, "diameter"> {
  const { diameter } = asRecord(unknown);
  const isDiameter = typeof diameter === "number" && diameter >= 3 && diameter <= 1000;
  return { diameter: isDiameter ? diameter : null };
}

/** Something unknown as an object; an empty one where it is none. */
export function asRecord(unknown: unknown): Record<string, unknown> {
  return typeof unknown === "object" && unknown !== null ? (unknown as Record<string, unknown>) : {};
}
