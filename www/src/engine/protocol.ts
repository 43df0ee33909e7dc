/**
 * What the page and its workers say to each other.
 *
 * A worker is set up once, then gets one task at a time. Every task has an id and ends exactly once,
 * with `result`, `error` or `crash`; before its end it may report progress. A task is cancelled by
 * ending its worker: the work inside is synchronous and could not listen.
 */
import type {
  BatchPlan,
  ExampleImage,
  ImageScore,
  ModelContract,
  ScoreSummary,
  Settings,
} from "../wasm/nucleoscope.js";

/** A file given by the user, with its path inside the folder that was dropped or chosen. */
export interface BatchFile {
  readonly path: string;
  readonly blob: Blob;
  /** Whether the user named this very file, rather than a folder that contains it. */
  readonly explicit: boolean;
}

/** Where an image's bytes are: a file, or one entry of a ZIP archive. */
export interface ImageSource {
  readonly blob: Blob;
  /** The entry's position in the archive. */
  readonly entry: number | null;
}

/** Where an image's ground truth is. */
export type TruthSource =
  | { readonly kind: "masks"; readonly sources: readonly ImageSource[] }
  | { readonly kind: "labels"; readonly source: ImageSource }
  | { readonly kind: "runs"; readonly masks: readonly string[] };

/** An error in the three parts that every error of Nucleoscope has. */
export interface ErrorReport {
  /** A stable identifier such as `image/truncated`. */
  readonly code: string;
  readonly message: string;
  /** What the user can do about it. */
  readonly remedy: string;
}

/** Works out which images, ground truth and wishes a set of files contains. */
export interface OpenTask {
  readonly kind: "open";
  readonly files: readonly BatchFile[];
}

/** Finds the nuclei of one image. */
export interface SegmentTask {
  readonly kind: "segment";
  readonly imageId: string;
  readonly source: ImageSource;
  readonly truth: TruthSource | null;
  readonly settings: Settings | null;
  /** The longer side of the small picture sent as soon as the image has been decoded. */
  readonly thumbnailSide: number;
}

/** Makes a picture of an image to look at. */
export interface PreviewTask {
  readonly kind: "preview";
  readonly source: ImageSource;
  /** The longer side is reduced to this many pixels; 0 keeps the full size. */
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
export type Task = OpenTask | SegmentTask | PreviewTask | ExampleTask | SummarizeTask;

/** A picture ready to be drawn, and the size of the image it shows. */
export interface Picture {
  readonly bitmap: ImageBitmap;
  readonly width: number;
  readonly height: number;
}

/** Closed polygons along pixel edges: polygon `i` is `points[2 * offsets[i] .. 2 * offsets[i + 1]]`. */
export interface Outlines {
  readonly points: Int32Array;
  readonly offsets: Uint32Array;
}

/** The nuclei found in one image. */
export interface Segmented {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  /** The typical diameter of the nuclei in pixels, when there are any. */
  readonly diameter: number | null;
  readonly outlines: Outlines;
  /** The image's rows of the Bowl's CSV. */
  readonly csvRows: string;
  readonly score: ImageScore | null;
  /** Why there is no score although there is ground truth. */
  readonly truthError: ErrorReport | null;
}

/** What a set of files contains; its failures in the form in which errors travel. */
export type OpenedBatch = Omit<BatchPlan, "failures"> & {
  readonly failures: readonly { readonly path: string; readonly error: ErrorReport }[];
};

/** What each kind of task ends with. */
export interface Outcomes {
  open: OpenedBatch;
  segment: Segmented;
  preview: Picture;
  example: ExampleImage;
  /** Null without scores. */
  summarize: ScoreSummary | null;
}

/** What a task tells before its end. */
export type Progress =
  | { readonly stage: "decoded"; readonly picture: Picture }
  | { readonly stage: "network"; readonly done: number; readonly total: number };

/** What a worker says about itself once it is ready. */
export interface About {
  /** What the model says about itself; null in a worker without a model. */
  readonly model: ModelContract | null;
  /** The first line of the Bowl's CSV. */
  readonly csvHeader: string;
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
  | { readonly type: "result"; readonly id: number; readonly outcome: Outcomes[Task["kind"]] }
  | { readonly type: "error"; readonly id: number; readonly error: ErrorReport }
  /** The worker can no longer be trusted and must be replaced. */
  | { readonly type: "crash"; readonly message: string };
