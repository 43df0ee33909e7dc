/**
 * What the page and its workers say to each other.
 *
 * A worker is set up once, then gets one task at a time. Every task has an id and ends exactly once,
 * with `result`, `error` or `crash`; before its end it may report progress. A task is cancelled by
 * ending its worker: the work inside is synchronous and could not listen.
 */
import type {
  BatchFile as NumberedFile,
  BatchPlan,
  Contrast,
  CountedNuclei,
  CsvImage,
  Edit,
  ErrorReport,
  ExampleImage,
  ExportFormat,
  FailedFile,
  FormatInfo,
  FinishedNuclei,
  Gate,
  GivenProvenance,
  ImageRecord,
  ImageScore,
  Masks,
  MeasurementTable,
  ModelMetadata,
  Outlines,
  PixelSize,
  RefusedEdit,
  Region,
  ScoreSummary,
  Selection,
  Setting,
  Settings,
  StackInfo,
  TableDialect,
  TiledPlan,
  TiledSizes,
} from "../wasm/nucleoscope.js";

export type { ErrorReport, FinishedNuclei, ModelIdentity } from "../wasm/nucleoscope.js";

/** A file as its user gave it. */
export type BatchFile = Readonly<Omit<NumberedFile, "number">>;

/** Where an image's bytes are: a file, or one entry of a ZIP archive. */
export interface ImageSource {
  readonly blob: Blob;
  /** The entry's position in the archive. */
  readonly entry: number | null;
  /** Tells one file from another, so that a worker can keep an archive open; the engine fills it in. */
  readonly number?: number;
}

/** Where an image's ground truth is. */
export type TruthSource =
  | { readonly kind: "masks"; readonly sources: readonly ImageSource[] }
  | { readonly kind: "labels"; readonly source: ImageSource }
  | { readonly kind: "runs"; readonly masks: Masks };

/** Works out which images, ground truth and wishes a set of files contains. */
export interface OpenTask {
  readonly kind: "open";
  readonly files: readonly NumberedFile[];
}

/** An image as the workers know it. */
export interface ImageReference {
  /** Tells one decoded image from another: a worker keeps the one it decoded last. */
  readonly key: string;
  readonly imageId: string;
  readonly source: ImageSource;
  readonly selection: Selection;
  /** The size of a pixel in µm, where the user gave it; else the file's counts. */
  readonly pixelSize: PixelSize | null;
}

/** What nuclei are held against. */
export interface Comparison {
  readonly truth: TruthSource | null;
  /** Tells one ground truth from another: a worker keeps the one it read last. */
  readonly truthKey: string;
}

/** Finds the nuclei of one image; of a large one, only how it is to be cut into blocks. */
export interface SegmentTask extends ImageReference, Comparison {
  readonly kind: "segment";
  /** Which images are large; null leaves it to the program. */
  readonly sizes: TiledSizes | null;
  readonly settings: Settings;
  readonly edits: readonly Edit[];
  /** The longer side of the small picture sent as soon as the image has been decoded. */
  readonly thumbnailSide: number;
}

/** Finds the nuclei in one block of a large image. */
export interface BlockTask extends ImageReference {
  readonly kind: "block";
  readonly settings: Settings;
  readonly plan: TiledPlan;
  /** Its position in the plan. */
  readonly block: number;
}

/** Puts the blocks of a large image together, and corrects the nuclei. */
export interface AssembleTask extends ImageReference, Comparison {
  readonly kind: "assemble";
  readonly plan: TiledPlan;
  readonly stack: StackInfo;
  /** What was found in each block of the plan. */
  readonly blocks: readonly Uint32Array<ArrayBuffer>[];
  readonly settings: Settings;
  readonly edits: readonly Edit[];
}

/** The network's answer for an image; the browser may keep it on disk. */
export interface CachedMaps {
  /** Tells these maps from others: a worker keeps those it read last. */
  readonly key: string;
  /** Interior, boundary and distance, 32-bit floats, row by row. */
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

/** Cuts maps into nuclei anew, and corrects them: all of a segmentation but the network. */
export interface LabelTask extends ImageReference, Comparison {
  readonly kind: "label";
  readonly maps: CachedMaps;
  readonly settings: Settings;
  readonly edits: readonly Edit[];
}

/** Corrects nuclei that came from elsewhere. */
export interface CorrectTask extends ImageReference, Comparison {
  readonly kind: "correct";
  readonly start: TruthSource;
  readonly edits: readonly Edit[];
}

/** Measures every nucleus. */
export interface MeasureTask extends ImageReference {
  readonly kind: "measure";
  readonly nuclei: FinishedNuclei;
}

/** What decides which nuclei of an image count. */
export interface CountRules {
  readonly regions: readonly Region[];
  readonly gates: readonly Gate[];
}

/** Decides which nuclei of an image count, by what was measured of them. */
export interface CountTask extends CountRules {
  readonly kind: "count";
  readonly table: MeasurementTable;
  /** The image's, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly pixelSize: PixelSize | null;
}

/** Writes the Bowl's CSV. */
export interface CsvTask {
  readonly kind: "csv";
  readonly images: readonly CsvImage[];
}

/** Writes the files of one image, and its part of those that a batch shares. */
export interface ExportTask extends ImageReference {
  readonly kind: "export";
  /** What the files' names begin with. */
  readonly fileStem: string;
  readonly nuclei: FinishedNuclei;
  /** What the user knows the image by. */
  readonly path: string;
  readonly formats: readonly ExportFormat[];
  /** Keys of columns that the summary is to have beside the main ones. */
  readonly measures: readonly string[];
  readonly provenance: GivenProvenance;
}

/** Writes the files that a batch shares. */
export interface BatchFilesTask {
  readonly kind: "batch-files";
  readonly parts: readonly Blob[];
  /** Files that could not be worked on, of which the summary says so. */
  readonly failures: readonly FailedFile[];
  readonly formats: readonly ExportFormat[];
  readonly dialect: TableDialect;
}

/** Reads a record of an earlier run. */
export interface RecordTask {
  readonly kind: "record";
  readonly source: ImageSource;
}

/** Reads regions of interest from GeoJSON. */
export interface RegionsTask {
  readonly kind: "regions";
  readonly source: ImageSource;
}

/** Works out the SHA-256 of a file. */
export interface HashTask {
  readonly kind: "hash";
  readonly source: ImageSource;
}

/** Puts files into one ZIP archive. */
export interface ArchiveTask {
  readonly kind: "archive";
  readonly files: readonly NamedBlob[];
}

/** A file to be saved. */
export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

/** Makes a picture of an image to look at. */
export interface PreviewTask extends ImageReference {
  readonly kind: "preview";
  /** The longer side is reduced to this many pixels; 0 keeps the full size. */
  readonly maximumSide: number;
  readonly contrast: Contrast;
}

/** Makes a picture of how sure the network is of each pixel. */
export interface MapPictureTask {
  readonly kind: "map-picture";
  readonly maps: CachedMaps;
  readonly maximumSide: number;
}

/** Draws an example image. */
export interface ExampleTask {
  readonly kind: "example";
  readonly seed: number;
}

/** Sums the scores of many images up. */
export interface SummarizeTask {
  readonly kind: "summarize";
  readonly scores: readonly ImageScore[];
}

/** Everything a worker can be asked to do. */
export type Task =
  | OpenTask
  | SegmentTask
  | BlockTask
  | AssembleTask
  | LabelTask
  | CorrectTask
  | MeasureTask
  | CountTask
  | CsvTask
  | ExportTask
  | BatchFilesTask
  | RecordTask
  | RegionsTask
  | HashTask
  | ArchiveTask
  | PreviewTask
  | MapPictureTask
  | ExampleTask
  | SummarizeTask;

/** A picture ready to be drawn, and the size of the image it shows. */
export interface Picture {
  readonly bitmap: ImageBitmap;
  readonly width: number;
  readonly height: number;
}

/** The nuclei found in one image. */
export interface Segmented extends FinishedNuclei {
  readonly count: number;
  /** The typical diameter of the nuclei in pixels, when there are any. */
  readonly diameter: number | null;
  readonly outlines: Outlines;
  /** Whether the image is so large that it was worked on block by block: its maps are not kept. */
  readonly isTiled: boolean;
  readonly stack: StackInfo;
  readonly score: ImageScore | null;
  /** The true nuclei, where they are known and fit. */
  readonly truthOutlines: Outlines | null;
  /** Why there is no score although there is ground truth. */
  readonly truthError: ErrorReport | null;
  /** Corrections that changed nothing, by their place in the list, with the reason. */
  readonly refusedEdits: readonly RefusedEdit[];
}

/** What a segmentation ends with. */
export interface Inferred {
  readonly nuclei: Segmented;
  /** Null for an image that was worked on block by block. */
  readonly maps: CachedMaps | null;
}

/** How a large image is to be segmented. */
export interface Planned {
  readonly plan: TiledPlan;
  readonly stack: StackInfo;
}

/** What is written of an image. */
export interface Exported {
  /** The files that are its own. */
  readonly files: readonly NamedBlob[];
  /** Its part of the files that the batch shares. */
  readonly part: Blob;
}

/** What each kind of task ends with. */
export interface Outcomes {
  open: BatchPlan;
  segment: Inferred | Planned;
  block: Uint32Array<ArrayBuffer>;
  assemble: Segmented;
  label: Segmented;
  correct: Segmented;
  measure: MeasurementTable;
  count: CountedNuclei;
  csv: Blob;
  export: Exported;
  "batch-files": NamedBlob[];
  record: ImageRecord[];
  regions: Region[];
  hash: string;
  archive: Blob;
  preview: Picture;
  "map-picture": Picture;
  example: ExampleImage;
  /** Null without scores. */
  summarize: ScoreSummary | null;
}

/** What a task tells before its end. */
export type Progress =
  | { readonly stage: "decoded"; readonly picture: Picture }
  /** A large image is looked at before it is cut into blocks. */
  | { readonly stage: "looks"; readonly done: number; readonly total: number }
  | { readonly stage: "network"; readonly done: number; readonly total: number };

/** What a worker says about itself once it is ready. */
export interface About {
  /** What the model says about itself; null in a worker without a model. */
  readonly model: ModelMetadata | null;
  /** The SHA-256 of its file; empty without one. */
  readonly modelHash: string;
  /** The settings that are used where none are given. */
  readonly settings: Settings;
  /** What the settings of the watershed are. */
  readonly settingList: readonly Setting[];
  /** What the formats of the exports are. */
  readonly exportFormats: readonly FormatInfo[];
}

/** From the page to a worker. */
export type ToWorker =
  | { readonly type: "setup"; readonly module: WebAssembly.Module; readonly model: Uint8Array | null }
  | { readonly type: "task"; readonly id: number; readonly task: Task };

/** From a worker to the page. */
export type FromWorker =
  | { readonly type: "ready"; readonly about: About }
  | { readonly type: "refused"; readonly error: ErrorReport }
  | { readonly type: "progress"; readonly id: number; readonly progress: Progress }
  /** `heap`: bytes that the worker's module has taken, which it never gives back. */
  | { readonly type: "result"; readonly id: number; readonly outcome: Outcomes[Task["kind"]]; readonly heap: number }
  | { readonly type: "error"; readonly id: number; readonly error: ErrorReport; readonly heap: number }
  /** The worker can no longer be trusted and must be replaced. */
  | { readonly type: "crash"; readonly message: string };
