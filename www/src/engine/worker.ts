/** The worker's side of the protocol: a thin layer over the WebAssembly module. */
import {
  bowlCsvHeader,
  DecodedImage,
  exampleImage,
  initSync,
  openBatch,
  readSource,
  Segmenter,
  summarizeScores,
  Truth,
} from "../wasm/nucleoscope.js";
import { isReport, reportOf } from "./engine-error.ts";
import type {
  About,
  FromWorker,
  ImageSource,
  Outcomes,
  Picture,
  PreviewTask,
  Progress,
  Segmented,
  SegmentTask,
  Task,
  ToWorker,
  TruthSource,
} from "./protocol.ts";

/** The part of a dedicated worker's global scope that is used here. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
}

/** What a task ends with, and the parts of it that are moved instead of copied. */
interface Finished {
  readonly outcome: Outcomes[Task["kind"]];
  readonly transfer: Transferable[];
}

const scope = self as unknown as Scope;
let segmenter: Segmenter | null = null;

scope.onmessage = ({ data }) => {
  if (data.type === "setup") setUp(data.module, data.model);
  else void perform(data.id, data.task);
};

function setUp(module: WebAssembly.Module, model: Uint8Array | null): void {
  try {
    initSync({ module });
    segmenter = model === null ? null : new Segmenter(model);
    const about: About = { model: segmenter?.contract() ?? null, csvHeader: bowlCsvHeader() };
    scope.postMessage({ type: "ready", about }, []);
  } catch (error) {
    if (isReport(error)) scope.postMessage({ type: "refused", error: reportOf(error) }, []);
    else scope.postMessage({ type: "crash", message: String(error) }, []);
  }
}

async function perform(id: number, task: Task): Promise<void> {
  const progress = (report: Progress, transfer: Transferable[] = []): void =>
    scope.postMessage({ type: "progress", id, progress: report }, transfer);
  try {
    const { outcome, transfer } = await finish(task, progress);
    scope.postMessage({ type: "result", id, outcome }, transfer);
  } catch (error) {
    // An error without the three parts is a trap or a bug; the module's memory may be in any state.
    if (isReport(error)) scope.postMessage({ type: "error", id, error: reportOf(error) }, []);
    else scope.postMessage({ type: "crash", message: String(error) }, []);
  }
}

type OnProgress = (report: Progress, transfer?: Transferable[]) => void;

async function finish(task: Task, progress: OnProgress): Promise<Finished> {
  switch (task.kind) {
    case "open": {
      const plan = openBatch([...task.files]);
      // An Error would lose its code and remedy on the way.
      const failures = plan.failures.map(({ path, error }) => ({ path, error: reportOf(error) }));
      return { outcome: { ...plan, failures }, transfer: [] };
    }
    case "summarize":
      return { outcome: summarizeScores([...task.scores]), transfer: [] };
    case "example": {
      const outcome = exampleImage(task.seed);
      return { outcome, transfer: [outcome.png.buffer] };
    }
    case "preview": {
      const outcome = await preview(task);
      return { outcome, transfer: [outcome.bitmap] };
    }
    case "segment": {
      const outcome = await segment(task, progress);
      return { outcome, transfer: [outcome.outlines.points.buffer, outcome.outlines.offsets.buffer] };
    }
  }
}

async function preview({ source, maximumSide }: PreviewTask): Promise<Picture> {
  const image = DecodedImage.decode(read(source));
  try {
    return await pictureOf(image, maximumSide);
  } finally {
    image.free();
  }
}

async function segment(task: SegmentTask, progress: OnProgress): Promise<Segmented> {
  if (segmenter === null) throw new Error("this worker was set up without a model");
  const image = DecodedImage.decode(read(task.source));
  try {
    const picture = await pictureOf(image, task.thumbnailSide);
    progress({ stage: "decoded", picture }, [picture.bitmap]);
    const segmentation = segmenter.segment(image, task.settings ?? undefined, (done, total) =>
      progress({ stage: "network", done, total }),
    );
    try {
      return {
        width: image.width,
        height: image.height,
        count: segmentation.count,
        diameter: segmentation.diameter ?? null,
        outlines: segmentation.outlines(),
        csvRows: segmentation.csvRows(task.imageId),
        ...score(segmentation, task.truth),
      };
    } finally {
      segmentation.free();
    }
  } finally {
    image.free();
  }
}

/** Ground truth that cannot be used costs the score, not the nuclei. */
function score(
  segmentation: ReturnType<Segmenter["segment"]>,
  source: TruthSource | null,
): Pick<Segmented, "score" | "truthError"> {
  if (source === null) return { score: null, truthError: null };
  try {
    const truth = readTruth(source);
    try {
      return { score: segmentation.score(truth), truthError: null };
    } finally {
      truth.free();
    }
  } catch (error) {
    if (!isReport(error)) throw error;
    return { score: null, truthError: reportOf(error) };
  }
}

function readTruth(source: TruthSource): Truth {
  switch (source.kind) {
    case "masks":
      return Truth.fromMaskFiles(source.sources.map(read));
    case "labels":
      return Truth.fromLabelFile(read(source.source));
    case "runs":
      return Truth.fromRuns([...source.masks]);
  }
}

function read({ blob, entry }: ImageSource): Uint8Array {
  return readSource(blob, entry ?? undefined);
}

async function pictureOf(image: DecodedImage, maximumSide: number): Promise<Picture> {
  const { rgba, width, height } = image.preview(maximumSide);
  const bitmap = await createImageBitmap(new ImageData(rgba, width, height));
  return { bitmap, width: image.width, height: image.height };
}
