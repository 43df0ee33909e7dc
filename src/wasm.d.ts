/** Position of a file in the list given to `openBatch`, and of an entry if that file is an archive. */
export interface Source { file: number; entry: number | null }

/** A file as its user gave it. `explicit`: given itself, not found in a folder. */
export interface BatchFile { path: string; blob: Blob; explicit: boolean }

/** What went wrong, and what to do about it. Thrown ones are `Error` objects with these fields. */
export interface NucleoscopeError { name: "NucleoscopeError"; code: string; message: string; remedy: string }

export type PlannedTruth =
  | { kind: "masks"; sources: Source[] }
  | { kind: "labels"; source: Source }
  | { kind: "runs"; masks: string[] };

export interface PlannedImage {
  imageId: string;
  path: string;
  size: number;
  source: Source;
  truth: PlannedTruth | null;
  ignoredInScoring: boolean;
}

export interface BatchPlan {
  images: PlannedImage[];
  failures: { path: string; error: NucleoscopeError }[];
  notices: { code: string; message: string; remedy: string }[];
  /** The image ids that a sample submission asks for, in its order. */
  wanted: string[] | null;
}

/** How much work to spend on an image: "accurate" (the default) averages two views of it. */
export type Effort = "fast" | "accurate";

/** Every field may be left out. */
export interface Settings {
  /** In pixels; estimated for each image without it. */
  diameter?: number | null;
  effort?: Effort;
  threshold?: number;
  boundaryWeight?: number;
  seedDepth?: number;
  seedMinimum?: number;
  leastCertainty?: number;
  smallestArea?: number;
  fillHoles?: boolean;
}

export interface ModelContract {
  name: string;
  version: string;
  activation: "sigmoid" | "none";
  stride: number;
  halo: number;
  trainingDiameter: number;
  license: string;
  data: string;
}

export interface Counts { hits: number; misses: number; extras: number }

/** Nuclei are numbered from 1; `counts` has one entry a threshold, 0.50 first. */
export interface ImageScore {
  score: number;
  averagePrecision50: number;
  averagePrecision75: number;
  counts: Counts[];
  matches: { truth: number; predicted: number; intersection: number; union: number }[];
  extras: number[];
  misses: number[];
}

export interface ScoreSummary {
  images: number;
  score: number;
  interval: { low: number; high: number };
  averagePrecision50: number;
  averagePrecision75: number;
  counts: Counts;
}

export interface Preview { width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> }

/** Polygon `i` has the points `offsets[i]` up to `offsets[i + 1]`, each two numbers of `points`. */
export interface Outlines { points: Int32Array<ArrayBuffer>; offsets: Uint32Array<ArrayBuffer> }

export interface ExampleImage { name: string; png: Uint8Array<ArrayBuffer> }
