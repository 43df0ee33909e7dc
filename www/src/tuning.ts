import type { Edit, Place, Region, Selection, Settings } from "./wasm/nucleoscope.js";

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

/** The tuning within settings that name everything. */
export function tuningOf(settings: Settings): Tuning {
  const given = parseTuning(settings);
  const names = [...numberNames, ...switchNames];
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length > 0) throw new Error(`the settings lack ${missing.join(", ")}`);
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

/** How the network looks at images, from something unknown. */
export function parseNetworkSettings(unknown: unknown): Pick<Settings, "effort" | "diameter"> {
  const { effort, diameter } = asRecord(unknown);
  const isDiameter = typeof diameter === "number" && diameter >= 3 && diameter <= 1000;
  return {
    effort: effort === "fast" ? "fast" : "accurate",
    diameter: isDiameter ? diameter : null,
  };
}

/** Which part of a stack, from something unknown. */
export function parseSelection(unknown: unknown): Selection {
  const { channel, slice, frame } = asRecord(unknown);
  const { single } = asRecord(slice);
  return {
    ...(isIndex(channel) || typeof channel === "string" ? { channel } : {}),
    ...(isIndex(single) ? { slice: { single } } : {}),
    ...(isIndex(frame) ? { frame } : {}),
  };
}

/** The corrections in something unknown; what is none is left out. */
export function parseEdits(unknown: unknown): Edit[] {
  return asArray(unknown).flatMap((entry): Edit[] => {
    const { kind, at, line, path, outline, radius, to } = asRecord(entry);
    switch (kind) {
      case "delete":
      case "merge":
        return isPath(at) ? [{ kind, at }] : [];
      case "split":
        return isPath(line) ? [{ kind, line }] : [];
      case "draw":
        if (!isPath(path) || !isRadius(radius)) return [];
        return [{ kind, path, radius, to: isPlace(to) ? to : null }];
      case "erase":
        return isPath(path) && isRadius(radius) ? [{ kind, path, radius }] : [];
      case "add":
        return isPath(outline) ? [{ kind, outline }] : [];
      default:
        return [];
    }
  });
}

/** The regions of interest in something unknown. */
export function parseRegions(unknown: unknown): Region[] {
  return asArray(unknown).flatMap((entry): Region[] => {
    const { kind, points, x, y, width, height } = asRecord(entry);
    if (kind === "polygon" && isPath(points)) return [{ kind, points }];
    if (kind === "rectangle" && isFiniteNumber(x) && isFiniteNumber(y) && isFiniteNumber(width) && isFiniteNumber(height)) {
      return [{ kind, x, y, width, height }];
    }
    return [];
  });
}

/** Something unknown as an object; an empty one where it is none. */
export function asRecord(unknown: unknown): Record<string, unknown> {
  return typeof unknown === "object" && unknown !== null ? (unknown as Record<string, unknown>) : {};
}

function asArray(unknown: unknown): readonly unknown[] {
  return Array.isArray(unknown) ? unknown : [];
}

function isFiniteNumber(unknown: unknown): unknown is number {
  return typeof unknown === "number" && Number.isFinite(unknown);
}

function isIndex(unknown: unknown): unknown is number {
  return Number.isInteger(unknown) && (unknown as number) >= 0;
}

function isRadius(unknown: unknown): unknown is number {
  return isFiniteNumber(unknown) && unknown > 0;
}

function isPlace(unknown: unknown): unknown is Place {
  return Array.isArray(unknown) && unknown.length === 2 && unknown.every(isFiniteNumber);
}

function isPath(unknown: unknown): unknown is Place[] {
  return Array.isArray(unknown) && unknown.length > 0 && unknown.every(isPlace);
}
