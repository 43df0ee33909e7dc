/** Position of a file in the list given to `openBatch`, and of an entry if that file is an archive. */
export interface Source { file: number; entry: number | null }

/** A file as its user gave it. `explicit`: given itself, not found in a folder. `number` tells it from others. */
export interface BatchFile { path: string; blob: Blob; explicit: boolean; number: number }

/** What went wrong, and what to do about it. Thrown ones are `Error` objects with these fields. */
export interface NucleoscopeError { name: "NucleoscopeError"; code: string; message: string; help: string }

export type PlannedTruth =
  | { kind: "masks"; sources: Source[] }
  | { kind: "labels"; source: Source }
  | { kind: "runs"; masks: string[] };

export interface PlannedImage {
  imageId: string;
  /** The id as it stands in the Bowl's CSV, in quotes where it needs them. */
  csvId: string;
  /** What the names of the image's files begin with. */
  fileStem: string;
  path: string;
  size: number;
  source: Source;
  truth: PlannedTruth | null;
  ignoredInScoring: boolean;
}

export interface BatchPlan {
  images: PlannedImage[];
  failures: { path: string; error: NucleoscopeError }[];
  notices: { code: string; message: string; help: string }[];
  /** The image ids that a sample submission asks for, in its order. */
  wanted: string[] | null;
  /** Records of earlier runs, for `readRecord`. */
  records: { path: string; source: Source }[];
}

/** Every field may be left out. */
export interface Settings {
  /** In pixels; estimated for each image without it. */
  diameter?: number | null;
  interiorThreshold?: number;
  boundaryWeight?: number;
  h?: number;
  peakThreshold?: number;
  minimumConfidence?: number;
  minimumArea?: number;
  fillHoles?: boolean;
  /** Gaussian sigma in pixels. */
  smoothing?: number;
  clearBorder?: boolean;
}

/** One setting of the watershed. A switch is 0 (off) or 1 (on). */
export interface Setting {
  name: string;
  oldName: string | null;
  label: string;
  help: string;
  unit: string;
  kind: "number" | "count" | "switch";
  minimum: number;
  maximum: number;
  default: number;
  slider: { minimum: number; maximum: number; step: number; reversed: boolean } | null;
}

/** Which part of a file's stack is looked at; counted from 0. Without `channel` the nuclear one is guessed. */
export interface Selection {
  channel?: number | string | null;
  slice?: "maximumProjection" | { single: number };
  frame?: number;
}

/** Which images are segmented in blocks, and how large a block is; see `segment::tiled::Sizes`. */
export interface TiledSizes {
  /** In pixels: width times height. */
  largestWhole: number;
  longestBlock: number;
}

/** A rectangle of pixels. */
export interface Rect { left: number; top: number; width: number; height: number }

/** How a large image is segmented; made by `planTiled`, to be passed on as it is. */
export interface TiledPlan {
  width: number;
  height: number;
  scale: number;
  levels: unknown;
  blocks: { core: Rect; window: Rect }[];
}

export interface PixelSize { x: number; y: number }

/** What a file holds. `pixelSize` is in micrometres. */
export interface StackInfo {
  width: number;
  height: number;
  bitDepth: number;
  isColor: boolean;
  channels: { name: string; color: [number, number, number] | null }[];
  slices: number;
  frames: number;
  pixelSize: PixelSize | null;
  segmentedChannel: number;
  warnings: Warning[];
}

/** What was guessed, repaired or left out while a file was opened. */
export interface Warning { code: string; message: string }

/** Values shown as black and as white; by percentiles where left out. */
export interface Contrast { low?: number | null; high?: number | null; gamma?: number }

export type Place = [x: number, y: number];

/** A correction, in image pixels: pixel (0, 0) covers 0..1 in both directions. */
export type Edit =
  | { kind: "delete"; at: Place[] }
  | { kind: "merge"; at: Place[] }
  | { kind: "split"; line: Place[] }
  | { kind: "draw"; path: Place[]; radius: number; to?: Place | null }
  | { kind: "erase"; path: Place[]; radius: number }
  | { kind: "add"; outline: Place[] };

/** A region of interest, in image pixels. */
export type Region =
  | { kind: "rectangle"; x: number; y: number; width: number; height: number }
  | { kind: "polygon"; points: Place[] };

/** Column after column: row r of column c is `values[c * rows + r]` and about nucleus r + 1; NaN: no value. */
export interface MeasurementTable {
  columns: { key: string; label: string; unit: string }[];
  rows: number;
  values: Float64Array<ArrayBuffer>;
}

/** A rule on one column that decides which nuclei count; ends that are null are open, both are included. */
export interface Gate { key: string; minimum: number | null; maximum: number | null; keep: "inside" | "outside" }

/** Number, mean and spread of some values; `squares` is the sum of the squared distances from the mean (NaN of none). */
export interface Moments { count: number; mean: number; squares: number }

/** What the counted nuclei of an image have in common. */
export interface NucleiSummary {
  /** All nuclei. */
  nuclei: number;
  /** Those that count. */
  included: number;
  /** Pixels in which they were counted: those of the regions, or all. */
  pixels: number;
  squareMillimetres: number | null;
  columns: { column: { key: string; label: string; unit: string }; moments: Moments }[];
}

/** `included`: for each nucleus, whether it counts (1) or not (0). */
export interface CountedNuclei { included: Uint8Array<ArrayBuffer>; summary: NucleiSummary }

export interface ExportFile { name: string; bytes: Uint8Array<ArrayBuffer> }

/** The files of one image, and its part of those that a batch shares, for `batchFiles`. */
export interface ImageExport { files: ExportFile[]; part: Uint8Array<ArrayBuffer> }

/** A file that could not be worked on; `imageId` is empty for one that was no image at all. */
export interface FailedFile { imageId: string; path: string; reason: string }

/** How the fields of a table are parted and its numbers written. */
export interface TableDialect { delimiter: "comma" | "semicolon" | "tab"; decimal: "point" | "comma" }

/** Where an image's nuclei come from, and which of them count. The file is added where it is read. */
export interface Provenance {
  model: { name: string; version: string; sha256: string } | null;
  /** What the corrections begin with. */
  start: "network" | "groundTruth";
  settings: Settings | null;
  selection: Selection;
  /** Where the user gave it. */
  pixelSize: PixelSize | null;
  edits: readonly Edit[];
  regions: readonly Region[];
  gates: readonly Gate[];
}

/** What a record says of an image. */
export interface ImageRecord extends Provenance { id: string; input: { name: string; folder: string; sha256: string } }

/** Name of a format of the exports: one of `exportFormats()`. */
export type ExportFormat = string;

/** What a format of the exports says of itself. */
export interface FormatInfo {
  name: ExportFormat;
  label: string;
  /** One sentence on what it holds, without a full stop. */
  description: string;
  /** Where the format is defined, in Markdown. */
  definedBy: string;
  /** The names of its files; `ID` stands for the beginning of the names of an image's own files. */
  file: string;
}

export interface ModelMetadata {
  name: string;
  version: string;
  activation: "sigmoid" | "none";
  stride: number;
  halo: number;
  trainingDiameter: number;
  license: string;
  data: string;
}

export interface Counts { truePositives: number; falseNegatives: number; falsePositives: number }

/** Nuclei are numbered from 1; `counts` has one entry a threshold, 0.50 first. */
export interface ImageScore {
  score: number;
  averagePrecision50: number;
  averagePrecision75: number;
  counts: Counts[];
  matches: { truth: number; predicted: number; intersection: number; union: number }[];
  falsePositives: number[];
  falseNegatives: number[];
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

/** Polygon `i` is of nucleus `labels[i]` and has the points `offsets[i]` up to `offsets[i + 1]`, each two numbers of `points`. */
export interface Outlines {
  points: Int32Array<ArrayBuffer>;
  offsets: Uint32Array<ArrayBuffer>;
  labels: Uint32Array<ArrayBuffer>;
}

export interface ExampleImage { name: string; png: Uint8Array<ArrayBuffer> }
