/** The worker's side of the protocol: calls the WebAssembly module. */
import {
  Archive,
  batchFiles,
  blockOutlines,
  bowlCsv,
  countNuclei,
  DecodedImage,
  defaultSettings,
  exampleImage,
  exportFormats,
  initSync,
  limitMemory,
  otsuThreshold,
  Prediction,
  readBlob,
  readRecord,
  readRegions,
  Segmentation,
  Segmenter,
  sha256,
  SourceReader,
  SparseSegmentation,
  summarizeScores,
  Truth,
  watershedSettings,
} from "../wasm/nucleoscope.js";
import { copyOf, isReport } from "./engine-error.ts";
import type { CountedNuclei, MeasurementTable, Outlines, StackInfo } from "../wasm/nucleoscope.js";
import type {
  About,
  ArchiveTask,
  AssembleTask,
  BatchFilesTask,
  BlockTask,
  CachedPrediction,
  CellsTask,
  Comparison,
  CorrectTask,
  CorrectTiledTask,
  CountTask,
  ExportTask,
  FoundBlock,
  FromWorker,
  ImageSource,
  LabelBlockTask,
  LabelsTask,
  LabelTask,
  ProbabilityPictureTask,
  MeasureTask,
  NamedBlob,
  Outcomes,
  Picture,
  Preview,
  PreviewTask,
  Progress,
  Segmented,
  SegmentTask,
  ImageReference,
  Task,
  ToWorker,
  TruthSource,
} from "./protocol.ts";

/** The members of a dedicated worker's global scope that are used here. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
}

/** A task's result, and the parts of it that are transferred instead of copied. */
interface Finished {
  readonly outcome: Outcomes[Task["kind"]];
  readonly transfer: Transferable[];
}

const scope = self as unknown as Scope;
let segmenter: Segmenter | null = null;
let memory: WebAssembly.Memory | null = null;

scope.onmessage = ({ data }) => {
  if (data.type === "setup") setUp(data.module, data.model, data.mostMemory);
  else void perform(data.id, data.task);
};

function setUp(module: WebAssembly.Module, model: Uint8Array | null, mostMemory?: number): void {
  try {
    memory = initSync({ module }).memory;
    if (mostMemory !== undefined) limitMemory(mostMemory);
    segmenter = model === null ? null : new Segmenter(model);
    if (mostMemory !== undefined) segmenter?.tryOut();
    const about: About = {
      model: segmenter?.metadata() ?? null,
      modelHash: model === null ? "" : sha256(model),
      settings: defaultSettings(),
      settingList: watershedSettings(),
      exportFormats: exportFormats(),
    };
    scope.postMessage({ type: "ready", about }, []);
  } catch (error) {
    if (isReport(error)) scope.postMessage({ type: "refused", error: copyOf(error) }, []);
    else scope.postMessage({ type: "crash", message: String(error), heap: heap() }, []);
  }
}

async function perform(id: number, task: Task): Promise<void> {
  const progress = (report: Progress): void => scope.postMessage({ type: "progress", id, progress: report }, []);
  try {
    const { outcome, transfer } = await finish(task, progress);
    scope.postMessage({ type: "result", id, outcome, heap: heap() }, transfer);
  } catch (error) {
    // Any other error is a trap or a bug; the module's memory may be in any state.
    if (isReport(error)) scope.postMessage({ type: "error", id, error: copyOf(error), heap: heap() }, []);
    else scope.postMessage({ type: "crash", message: String(error), heap: heap() }, []);
  }
}

function heap(): number {
  return memory?.buffer.byteLength ?? 0;
}

type OnProgress = (report: Progress) => void;

async function finish(task: Task, progress: OnProgress): Promise<Finished> {
  switch (task.kind) {
    case "open":
      return { outcome: sourceReader().openBatch([...task.files]), transfer: [] };
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
    case "probability-picture": {
      const outcome = await probabilityPicture(task);
      return { outcome, transfer: [outcome.bitmap] };
    }
    case "segment":
      return segment(task, progress);
    case "block": {
      const outcome = findInBlock(task, progress);
      return { outcome, transfer: [outcome.nuclei.buffer, ...linesOf(outcome.outlines)] };
    }
    case "label-block": {
      const outcome = labelBlock(task);
      return { outcome, transfer: [outcome.buffer] };
    }
    case "assemble":
      return nucleiMoved(assemble(task));
    case "label":
      return nucleiMoved(label(task));
    case "correct":
      return nucleiMoved(correct(task));
    case "correct-tiled":
      return nucleiMoved(correctTiled(task));
    case "measure": {
      const outcome = measure(task);
      return { outcome, transfer: [outcome.values.buffer] };
    }
    case "cells": {
      const outcome = cells(task);
      return { outcome, transfer: linesOf(outcome) };
    }
    case "otsu":
      return { outcome: otsuThreshold(task.values) ?? null, transfer: [] };
    case "labels": {
      const outcome = labels(task);
      return { outcome, transfer: [outcome.buffer] };
    }
    case "count": {
      const outcome = count(task);
      const { included, positive } = outcome;
      return { outcome, transfer: [included.buffer, ...(positive === null ? [] : [positive.buffer])] };
    }
    case "csv":
      return { outcome: blobOf(bowlCsv([...task.images])), transfer: [] };
    case "export":
      return { outcome: exportFiles(task), transfer: [] };
    case "batch-files":
      return { outcome: sharedFiles(task), transfer: [] };
    case "record":
      return { outcome: readRecord(read(task.source)), transfer: [] };
    case "regions":
      return { outcome: readRegions(read(task.source)), transfer: [] };
    case "hash":
      return { outcome: sha256(read(task.source)), transfer: [] };
    case "archive":
      return { outcome: archive(task), transfer: [] };
  }
}

function nucleiMoved(outcome: Segmented): Finished {
  return { outcome, transfer: buffersOf(outcome) };
}

function buffersOf({ masks, uncorrected, outlines, truthOutlines }: Segmented): Transferable[] {
  const ofMasks = new Set([masks.buffer, uncorrected?.buffer ?? masks.buffer]);
  return [...ofMasks, ...linesOf(outlines), ...(truthOutlines === null ? [] : linesOf(truthOutlines))];
}

function linesOf({ points, offsets, labels }: Outlines): Transferable[] {
  return [points.buffer, offsets.buffer, labels.buffer];
}

/** Keeps the last value: the next task often needs the same one. */
class Memo<T extends { free(): void }> {
  #key = "";
  #value: T | null = null;

  get(key: string, make: () => T): T {
    if (this.#value !== null && this.has(key)) return this.#value;
    // Freed first, because two large images may not fit into memory.
    this.drop();
    this.#value = make();
    this.#key = key;
    return this.#value;
  }

  /** Whether the value with this key is kept. */
  has(key: string): boolean {
    return this.#value !== null && this.#key === key;
  }

  drop(): void {
    this.#value?.free();
    this.#value = null;
  }
}

const images = new Memo<DecodedImage>();
const predictions = new Memo<Prediction>();
const truths = new Memo<Truth>();

/** Decodes an image; `isWhole` with all its channels. One that is kept with all of them is not decoded again. */
function imageOf({ key, source, selection, pixelSize }: ImageReference, isWhole = false): DecodedImage {
  const open = (): DecodedImage => DecodedImage.open(read(source), selection, pixelSize, isWhole);
  const whole = `${key} whole`;
  return images.get(isWhole || images.has(whole) ? whole : key, open);
}

function predictionOf({ key, blob, width, height }: CachedPrediction): Prediction {
  return predictions.get(key, () => new Prediction(width, height, readBlob(blob)));
}

async function preview(task: PreviewTask): Promise<Preview> {
  const needsChannels = task.displays.some(({ channel }) => channel !== null);
  const image = imageOf(task, needsChannels);
  const displays = image.withLimits([...task.displays]);
  const { rgba, width, height } = image.preview(task.maximumSide, displays, task.window);
  return { ...(await pictureOf(rgba, { width, height }, image)), displays };
}

function probabilityPicture(task: ProbabilityPictureTask): Promise<Picture> {
  const { rgba, width, height } = predictionOf(task.prediction).picture(task.maximumSide);
  return pictureOf(rgba, { width, height }, task.prediction);
}

async function pictureOf(
  rgba: Uint8ClampedArray<ArrayBuffer>,
  picture: { width: number; height: number },
  { width, height }: { width: number; height: number },
): Promise<Picture> {
  const bitmap = await createImageBitmap(new ImageData(rgba, picture.width, picture.height));
  return { bitmap, width, height };
}

/** The address of a JPEG with the pixels of a picture. */
async function jpegOf({ rgba, width, height }: ReturnType<DecodedImage["preview"]>): Promise<string> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  return `data:image/jpeg;base64,${btoa(String.fromCharCode(...new Uint8Array(await jpeg.arrayBuffer())))}`;
}

async function segment(task: SegmentTask, progress: OnProgress): Promise<Finished> {
  if (segmenter === null) throw new Error("this worker was set up without a model");
  const image = imageOf(task);
  const { width, height } = image;
  const address = task.thumbnailSide === 0 ? "" : await jpegOf(image.preview(task.thumbnailSide, [], undefined));
  const stack = image.stack();
  progress({ stage: "decoded", thumbnail: { address, width, height }, stack });
  const plan = segmenter.planTiled(image, task.settings, task.sizes ?? undefined, (done, total) =>
    progress({ stage: "scale", done, total }),
  );
  if (plan !== undefined) return { outcome: { plan, stack }, transfer: [] };
  const inferred = segmenter.infer(image, task.settings, (done, total) => progress({ stage: "network", done, total }));
  try {
    const nuclei = described(inferred.label(task.settings, [...task.edits]), task, image, stack);
    return { outcome: { nuclei, prediction: cached(inferred, task) }, transfer: buffersOf(nuclei) };
  } finally {
    inferred.free();
  }
}

/** A prediction to be used later, on any worker. */
function cached(prediction: Prediction, { key }: ImageReference): CachedPrediction {
  const { width, height } = prediction;
  return { key: `${key} ${Date.now()} ${Math.random()}`, blob: blobOf(prediction.values()), width, height };
}

function findInBlock(task: BlockTask, progress: OnProgress): FoundBlock {
  if (segmenter === null) throw new Error("this worker was set up without a model");
  const { plan, block, settings, keepsPrediction } = task;
  const report = (done: number, total: number): void => progress({ stage: "network", done, total });
  const inferred = segmenter.inferBlock(imageOf(task), plan, block, report);
  try {
    // The array is a copy, not a view of the module's memory.
    const nuclei = inferred.labelBlock(plan, block, settings) as Uint32Array<ArrayBuffer>;
    const outlines = blockOutlines(plan.width, plan.height, nuclei);
    return { nuclei, outlines, prediction: keepsPrediction ? cached(inferred, task) : null };
  } finally {
    inferred.free();
  }
}

function labelBlock({ prediction, plan, block, settings }: LabelBlockTask): Uint32Array<ArrayBuffer> {
  const { blob, width, height } = prediction;
  const inferred = new Prediction(width, height, readBlob(blob));
  try {
    return inferred.labelBlock(plan, block, settings) as Uint32Array<ArrayBuffer>;
  } finally {
    inferred.free();
  }
}

function assemble(task: AssembleTask): Segmented {
  // Frees memory for the nuclei of a large image.
  images.drop();
  const { plan, stack, blocks, settings, edits } = task;
  const together = Segmentation.fromBlocks(plan, [...blocks], settings);
  if (edits.length === 0) {
    const found = described(together, task, plan, stack);
    return { ...found, isTiled: true, uncorrected: found.masks };
  }
  const start = together.masks();
  together.free();
  const { width, height } = plan;
  return correctTiled({ ...task, kind: "correct-tiled", start, width, height });
}

function correctTiled(task: CorrectTiledTask): Segmented {
  const { width, height, start, edits, stack } = task;
  const corrected = new SparseSegmentation(width, height, start, [...edits]);
  return { ...described(corrected, task, { width, height }, stack), isTiled: true, uncorrected: start };
}

function label(task: LabelTask): Segmented {
  const image = imageOf(task);
  return described(predictionOf(task.prediction).label(task.settings, [...task.edits]), task, image, image.stack());
}

function correct(task: CorrectTask): Segmented {
  const image = imageOf(task);
  const start = readTruth(task.start);
  try {
    return described(Segmentation.fromTruth(start, image, [...task.edits]), task, image, image.stack());
  } finally {
    start.free();
  }
}

/** Converts a segmentation to a result, and frees it. */
function described(
  segmentation: Segmentation | SparseSegmentation,
  task: Comparison,
  { width, height }: { readonly width: number; readonly height: number },
  stack: StackInfo,
): Segmented {
  try {
    return {
      width,
      height,
      count: segmentation.count,
      diameter: segmentation.diameter ?? null,
      edited: [...segmentation.edited()],
      refusedEdits: segmentation.refusedEdits(),
      outlines: segmentation.outlines(),
      masks: segmentation.masks(),
      isTiled: false,
      uncorrected: null,
      stack,
      ...score(segmentation, task),
    };
  } finally {
    segmentation.free();
  }
}

/** Scores a segmentation; if the ground truth cannot be used, there is no score, but the nuclei are kept. */
function score(
  segmentation: Segmentation | SparseSegmentation,
  { truth: source, truthKey }: Comparison,
): Pick<Segmented, "score" | "truthOutlines" | "truthError"> {
  if (source === null) return { score: null, truthOutlines: null, truthError: null };
  try {
    const truth = truths.get(truthKey, () => readTruth(source));
    return { score: segmentation.score(truth), truthOutlines: segmentation.truthOutlines(truth), truthError: null };
  } catch (error) {
    if (!isReport(error)) throw error;
    return { score: null, truthOutlines: null, truthError: copyOf(error) };
  }
}

function readTruth(source: TruthSource): Truth {
  switch (source.kind) {
    case "masks":
      return Truth.fromMaskFiles(source.sources.map(read));
    case "labels":
      return Truth.fromLabelFile(read(source.source));
    case "runs":
      return Truth.fromMasks(source.masks);
  }
}

function measure(task: MeasureTask): MeasurementTable {
  const nuclei = Segmentation.fromMasks(task.nuclei);
  try {
    return nuclei.measure(imageOf(task, true), task.cellExpansion);
  } finally {
    nuclei.free();
  }
}

function cells(task: CellsTask): Outlines {
  const nuclei = Segmentation.fromMasks(task.nuclei);
  try {
    return nuclei.cellOutlines(task.cellExpansion, task.pixelSize);
  } finally {
    nuclei.free();
  }
}

function labels(task: LabelsTask): Uint32Array<ArrayBuffer> {
  const nuclei = Segmentation.fromMasks(task.nuclei);
  try {
    // The array is a copy, not a view of the module's memory.
    return nuclei.labels() as Uint32Array<ArrayBuffer>;
  } finally {
    nuclei.free();
  }
}

function count({ table, width, height, pixelSize, regions, gates, positive }: CountTask): CountedNuclei {
  return countNuclei(table, width, height, pixelSize, [...regions], [...gates], positive);
}

function exportFiles(task: ExportTask): Outcomes["export"] {
  const nuclei = Segmentation.fromMasks(task.nuclei);
  try {
    const { imageId, fileStem, path, formats, measures, provenance } = task;
    const file = read(task.source);
    const image = imageOf(task, true);
    const exported = nuclei.exportFiles(image, file, imageId, fileStem, path, [...formats], [...measures], provenance);
    return { files: exported.files.map(named), part: new Blob([exported.part]) };
  } finally {
    nuclei.free();
  }
}

function sharedFiles({ parts, failures, formats, dialect }: BatchFilesTask): NamedBlob[] {
  const read = parts.map((part) => readBlob(part));
  return batchFiles(read, [...failures], [...formats], dialect).map(named);
}

function named({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }): NamedBlob {
  return { name, blob: new Blob([bytes]) };
}

function archive({ files }: ArchiveTask): Blob {
  const made = new Archive();
  for (const { name, blob } of files) made.add(name, readBlob(blob));
  return blobOf(made.finish());
}

/** The module's memory is never shared between threads, which its types do not express. */
function blobOf(bytes: Uint8Array): Blob {
  return new Blob([bytes as Uint8Array<ArrayBuffer>]);
}

function read({ blob, entry, number }: ImageSource): Uint8Array {
  if (number === undefined) throw new Error("the engine numbers the files that a worker reads");
  return sourceReader().read(number, blob, entry ?? undefined);
}

let keptReader: SourceReader | null = null;

/** Created once, because it keeps archives open. */
function sourceReader(): SourceReader {
  keptReader ??= new SourceReader();
  return keptReader;
}
