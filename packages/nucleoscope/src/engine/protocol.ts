/**
 * The messages between the page and its workers.
 *
 * A worker is set up once, then receives one task at a time. Every task has an id and ends exactly once,
 * with `result`, `error` or `crash`; before its end it may report progress. A task is cancelled by
 * terminating its worker: the work inside is synchronous and cannot receive messages.
 */
import type {
  BatchFile as NumberedFile,
  BatchPlan,
  ChannelDisplay,
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
  Rect,
  RefusedEdit,
  Region,
  ScoreSummary,
  Selection,
  Setting,
  Settings,
  StackInfo,
  TableDialect,
  Threshold,
  TiledPlan,
  TiledSizes,
} from "../wasm/nucleoscope.js";

export type { ErrorReport, FinishedNuclei, ModelIdentity } from "../wasm/nucleoscope.js";

/** A file as the user added it. */
export type BatchFile = Readonly<Omit<NumberedFile, "number">>;

/** Where an image's bytes are: a file, or one entry of a ZIP archive. */
export interface ImageSource {
  readonly blob: Blob;
  /** The entry's position in the archive; null for a file by itself. */
  readonly entry: number | null;
  /** Identifies the file, so that a worker can keep an archive open; the engine sets it. */
  readonly number?: number;
}

/** Where an image's ground truth is. */
export type TruthSource =
  | { readonly kind: "masks"; readonly sources: readonly ImageSource[] }
  | { readonly kind: "labels"; readonly source: ImageSource }
  | { readonly kind: "runs"; readonly masks: Masks };

/** Works out which images, ground truth, sample submissions and records a set of files contains. */
export interface OpenTask {
  readonly kind: "open";
  readonly files: readonly NumberedFile[];
}

/** Identifies an image in tasks. */
export interface ImageReference {
  /** Identifies the decoded image: a worker keeps the one it decoded last. */
  readonly key: string;
  readonly imageId: string;
  readonly source: ImageSource;
  readonly selection: Selection;
  /** The pixel size in µm that replaces the file's; null uses the file's. */
  readonly pixelSize: PixelSize | null;
}

/** What nuclei are scored against. */
export interface Comparison {
  readonly truth: TruthSource | null;
  /** Identifies the ground truth: a worker keeps the one it read last. */
  readonly truthKey: string;
}

/** Finds the nuclei of one image; for a large one, only plans how to divide it into blocks. */
export interface SegmentTask extends ImageReference, Comparison {
  readonly kind: "segment";
  /** From which size on images are divided into blocks; null uses the default. */
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
  /** The block's position in the plan. */
  readonly block: number;
  /** Whether the prediction is returned as well. */
  readonly keepsPrediction: boolean;
}

/** Finds the nuclei in the prediction of one block of a large image. */
export interface LabelBlockTask {
  readonly kind: "label-block";
  readonly settings: Settings;
  readonly plan: TiledPlan;
  /** The block's position in the plan. */
  readonly block: number;
  readonly prediction: CachedPrediction;
}

/** Puts the blocks of a large image together, and corrects the nuclei. */
export interface AssembleTask extends ImageReference, Comparison {
  readonly kind: "assemble";
  readonly plan: TiledPlan;
  readonly stack: StackInfo;
  /** The nuclei found in each block of the plan. */
  readonly blocks: readonly Uint32Array<ArrayBuffer>[];
  readonly settings: Settings;
  readonly edits: readonly Edit[];
}

/** The network's prediction for an image; the browser may keep it on disk. */
export interface CachedPrediction {
  /** Identifies the prediction: a worker keeps the one it read last. */
  readonly key: string;
  /** The interior, boundary and distance maps, as 32-bit floats, row by row. */
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

/** The network's predictions for the blocks of a large image. */
export interface TiledPrediction {
  readonly plan: TiledPlan;
  readonly stack: StackInfo;
  /** In the order of the plan. */
  readonly blocks: readonly CachedPrediction[];
}

/** Finds nuclei in a prediction and corrects them: a segmentation without the network. */
export interface LabelTask extends ImageReference, Comparison {
  readonly kind: "label";
  readonly prediction: CachedPrediction;
  readonly settings: Settings;
  readonly edits: readonly Edit[];
}

/** Corrects nuclei that came from elsewhere. */
export interface CorrectTask extends ImageReference, Comparison {
  readonly kind: "correct";
  readonly start: TruthSource;
  readonly edits: readonly Edit[];
}

/** Corrects the nuclei of a large image, without its label image. */
export interface CorrectTiledTask extends Comparison {
  readonly kind: "correct-tiled";
  /** The nuclei that were found, as {@link Segmented.uncorrected}. */
  readonly start: Masks;
  readonly width: number;
  readonly height: number;
  readonly stack: StackInfo;
  readonly edits: readonly Edit[];
}

/** Measures every nucleus, and the cells into which nuclei are expanded. */
export interface MeasureTask extends ImageReference {
  readonly kind: "measure";
  readonly nuclei: FinishedNuclei;
  /** In µm if the pixel size is known, otherwise in pixels; 0 omits the cells. */
  readonly cellExpansion: number;
}

/** Outlines the cells into which nuclei are expanded. */
export interface CellsTask {
  readonly kind: "cells";
  readonly nuclei: FinishedNuclei;
  readonly cellExpansion: number;
  readonly pixelSize: PixelSize | null;
}

/** Computes Otsu's threshold of some values. */
export interface OtsuTask {
  readonly kind: "otsu";
  readonly values: Float64Array<ArrayBuffer>;
}

/** Writes the label image of an image's nuclei. */
export interface LabelsTask {
  readonly kind: "labels";
  readonly nuclei: FinishedNuclei;
}

/** The rules by which nuclei of an image count and are positive. */
export interface CountRules {
  readonly regions: readonly Region[];
  readonly gates: readonly Gate[];
  /** Null if nuclei are not divided into positive and negative ones. */
  readonly positive: Threshold | null;
}

/** Decides from their measurements which nuclei of an image count and are positive. */
export interface CountTask extends CountRules {
  readonly kind: "count";
  readonly table: MeasurementTable;
  /** The image's width in pixels. */
  readonly width: number;
  readonly height: number;
  readonly pixelSize: PixelSize | null;
}

/** Writes the Bowl's CSV. */
export interface CsvTask {
  readonly kind: "csv";
  readonly images: readonly CsvImage[];
}

/** Writes the files of one image, and its part of the files for the whole batch. */
export interface ExportTask extends ImageReference {
  readonly kind: "export";
  /** The beginning of the files' names. */
  readonly fileStem: string;
  readonly nuclei: FinishedNuclei;
  /** The image's path, as the user added it. */
  readonly path: string;
  readonly formats: readonly ExportFormat[];
  /** Keys of additional columns for the summary. */
  readonly measures: readonly string[];
  readonly provenance: GivenProvenance;
}

/** Writes the files for the whole batch. */
export interface BatchFilesTask {
  readonly kind: "batch-files";
  readonly parts: readonly Blob[];
  /** Files that could not be processed; the summary lists them with the reason. */
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

/** Computes the SHA-256 of a file. */
export interface HashTask {
  readonly kind: "hash";
  readonly source: ImageSource;
}

/** Packs files into one ZIP archive. */
export interface ArchiveTask {
  readonly kind: "archive";
  readonly files: readonly NamedBlob[];
}

/** A file to be saved. */
export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

/** Makes a picture of an image, or of a part of it, for display. */
export interface PreviewTask extends ImageReference {
  readonly kind: "preview";
  /** The longer side is reduced to this many pixels; 0 keeps the full size. */
  readonly maximumSide: number;
  /** How the channels are drawn; none for the image to segment with automatic limits. */
  readonly displays: readonly ChannelDisplay[];
  /** The part of the image; null for the whole image. */
  readonly window: Rect | null;
}

/** Makes a picture of the nucleus probability of each pixel. */
export interface ProbabilityPictureTask {
  readonly kind: "probability-picture";
  readonly prediction: CachedPrediction;
  readonly maximumSide: number;
}

/** Draws an example image. */
export interface ExampleTask {
  readonly kind: "example";
  readonly seed: number;
}

/** Summarises the scores of many images. */
export interface SummarizeTask {
  readonly kind: "summarize";
  readonly scores: readonly ImageScore[];
}

/** Every kind of task. */
export type Task =
  | OpenTask
  | SegmentTask
  | BlockTask
  | LabelBlockTask
  | AssembleTask
  | LabelTask
  | CorrectTask
  | CorrectTiledTask
  | MeasureTask
  | CellsTask
  | OtsuTask
  | LabelsTask
  | CountTask
  | CsvTask
  | ExportTask
  | BatchFilesTask
  | RecordTask
  | RegionsTask
  | HashTask
  | ArchiveTask
  | PreviewTask
  | ProbabilityPictureTask
  | ExampleTask
  | SummarizeTask;

/** A small picture as the address of a JPEG, which takes a tenth of the memory of its pixels; and the image's size. */
export interface Thumbnail {
  readonly address: string;
  readonly width: number;
  readonly height: number;
}

/** A picture ready to be drawn, and the size of the image it shows. */
export interface Picture {
  readonly bitmap: ImageBitmap;
  readonly width: number;
  readonly height: number;
}

/** A picture of an image, and how it was drawn: with numbers in place of automatic limits. */
export interface Preview extends Picture {
  readonly displays: readonly ChannelDisplay[];
}

/** The nuclei found in one image. */
export interface Segmented extends FinishedNuclei {
  readonly count: number;
  /** The typical diameter of the nuclei in pixels; null without nuclei. */
  readonly diameter: number | null;
  readonly outlines: Outlines;
  /** Whether the image was segmented in blocks because of its size. */
  readonly isTiled: boolean;
  /** The nuclei before corrections, from which those of an image segmented in blocks start; null for any other. */
  readonly uncorrected: Masks | null;
  readonly stack: StackInfo;
  readonly score: ImageScore | null;
  /** The true nuclei, if there is ground truth that fits the image. */
  readonly truthOutlines: Outlines | null;
  /** Why there is no score although there is ground truth. */
  readonly truthError: ErrorReport | null;
  /** Corrections that changed nothing, by their index, with the reason. */
  readonly refusedEdits: readonly RefusedEdit[];
}

/** The result of a segmentation. */
export interface Inferred {
  readonly nuclei: Segmented;
  /** Null for an image that was segmented in blocks, if its predictions are too large to be kept. */
  readonly prediction: CachedPrediction | TiledPrediction | null;
}

/** The nuclei found in a block of a large image. */
export interface FoundBlock {
  /** The nuclei, for {@link AssembleTask.blocks}. */
  readonly nuclei: Uint32Array<ArrayBuffer>;
  readonly outlines: Outlines;
  readonly prediction: CachedPrediction | null;
}

/** The plan for a large image. */
export interface Planned {
  readonly plan: TiledPlan;
  readonly stack: StackInfo;
}

/** The exported files of an image. */
export interface Exported {
  /** The files for this image only. */
  readonly files: readonly NamedBlob[];
  /** Its part of the files for the whole batch. */
  readonly part: Blob;
}

/** The result of each kind of task. */
export interface Outcomes {
  open: BatchPlan;
  segment: Inferred | Planned;
  block: FoundBlock;
  "label-block": Uint32Array<ArrayBuffer>;
  assemble: Segmented;
  label: Segmented;
  correct: Segmented;
  "correct-tiled": Segmented;
  measure: MeasurementTable;
  cells: Outlines;
  /** Null if there are no two different values. */
  otsu: number | null;
  /** For each pixel, row by row, the number of its nucleus, from 1; 0 is background. */
  labels: Uint32Array<ArrayBuffer>;
  count: CountedNuclei;
  csv: Blob;
  export: Exported;
  "batch-files": NamedBlob[];
  record: ImageRecord[];
  regions: Region[];
  hash: string;
  archive: Blob;
  preview: Preview;
  "probability-picture": Picture;
  example: ExampleImage;
  /** Null without scores. */
  summarize: ScoreSummary | null;
}

/** What a task reports before its end. */
export type Progress =
  | { readonly stage: "decoded"; readonly thumbnail: Thumbnail; readonly stack: StackInfo }
  /** The scale of a large image is estimated before it is divided into blocks. */
  | { readonly stage: "scale"; readonly done: number; readonly total: number }
  | { readonly stage: "network"; readonly done: number; readonly total: number }
  /** A block of a large image is done. A nucleus at its edge may be found in another block as well. */
  | { readonly stage: "found"; readonly outlines: Outlines };

/** What a worker reports once it is ready. */
export interface About {
  /** The model's metadata; null in a worker without a model. */
  readonly model: ModelMetadata | null;
  /** The SHA-256 of the model file; empty without one. */
  readonly modelHash: string;
  /** The default settings. */
  readonly settings: Settings;
  /** Names, ranges and help texts of the watershed's settings. */
  readonly settingList: readonly Setting[];
  /** Names, labels and files of the export formats. */
  readonly exportFormats: readonly FormatInfo[];
}

/** From the page to a worker. */
export type ToWorker =
  | {
      readonly type: "setup";
      readonly module: WebAssembly.Module;
      readonly model: Uint8Array | null;
      /** The model is tried before the worker is ready, with at most this many bytes of memory. */
      readonly mostMemory?: number;
    }
  | { readonly type: "task"; readonly id: number; readonly task: Task };

/** From a worker to the page. */
export type FromWorker =
  | { readonly type: "ready"; readonly about: About }
  | { readonly type: "refused"; readonly error: ErrorReport }
  | { readonly type: "progress"; readonly id: number; readonly progress: Progress }
  /** `heap`: bytes of the worker module's memory, which never shrinks. */
  | { readonly type: "result"; readonly id: number; readonly outcome: Outcomes[Task["kind"]]; readonly heap: number }
  | { readonly type: "error"; readonly id: number; readonly error: ErrorReport; readonly heap: number }
  /** The worker's state is undefined; it must be replaced. */
  | { readonly type: "crash"; readonly message: string; readonly heap?: number };
