import type {
  ChannelDisplay,
  BatchPlan,
  CountedNuclei,
  CsvImage,
  Edit,
  ExampleImage,
  ExportFormat,
  FailedFile,
  FormatInfo,
  GivenProvenance,
  ImageRecord,
  ImageScore,
  Masks,
  MeasurementTable,
  ModelMetadata,
  Outlines,
  PixelSize,
  Rect,
  Region,
  ScoreSummary,
  Selection,
  Setting,
  Settings,
  TableDialect,
  TiledSizes,
} from "../wasm/nucleoscope.js";
import { checkCount, EngineError, messageOf } from "./engine-error.ts";
import * as text from "../text.ts";
import { standardLimits, tryModel, type ModelLimits } from "./model-trial.ts";
import { labelInBlocks, planShare, segmentInBlocks } from "./tiled.ts";
import { defaultWorkers, Pool, type RunOptions, type WorkerLike } from "./pool.ts";
import { trusted } from "./trusted.ts";
import type {
  About,
  BatchFile,
  CachedPrediction,
  CountTask,
  Exported,
  FinishedNuclei,
  ImageSource,
  Inferred,
  ModelIdentity,
  NamedBlob,
  Picture,
  Preview,
  Segmented,
  SegmentTask,
  TiledPrediction,
  ImageReference,
  TruthSource,
} from "./protocol.ts";

/**
 * Where an asset is: an address (a string is relative to the page), or a function that returns it, called for each
 * attempt to load.
 */
export type Source = URL | string | (() => Promise<Response>);

/** The assets and options of an engine. */
export interface EngineOptions {
  /** The WebAssembly module, compiled or as bytes, or its source. */
  readonly wasm: Source | WebAssembly.Module | Uint8Array<ArrayBuffer>;
  /** The model's bytes, or their source. */
  readonly model: Source | Uint8Array;
  /**
   * What the model may need while it is tried in a worker of its own, before it is used; null uses it at once. By
   * default, 60 s and 1 GiB.
   */
  readonly modelLimits?: ModelLimits | null | undefined;
  /** The worker's script, or its source. */
  readonly worker: Source | Blob;
  /** How many images are processed at the same time; by default, as many as suit the computer. */
  readonly workers?: number | undefined;
  /** Which images are segmented in blocks; by default, those of more than 4096 × 4096 pixels. */
  readonly sizes?: TiledSizes | undefined;
}

/**
 * What an engine consists of when its assets have been loaded.
 *
 * @internal
 */
export interface LoadedParts {
  readonly module: WebAssembly.Module;
  readonly model: Uint8Array;
  /** What the model may need while it is tried; null or undefined uses it at once. */
  readonly modelLimits?: ModelLimits | null | undefined;
  /** Starts a worker that runs the worker's script. */
  readonly startWorker: () => WorkerLike;
  /** How many images are processed at the same time. */
  readonly workers: number;
  /** Which images are segmented in blocks; by default, those of more than 4096 × 4096 pixels. */
  readonly sizes?: TiledSizes | undefined;
  /** Called once when the engine is disposed of, or could not be started. */
  readonly release?: (() => void) | undefined;
}

/** An image, and which part of its stack is used. */
export interface ImageRequest {
  readonly imageId: string;
  readonly source: ImageSource;
  readonly selection: Selection;
  /** The pixel size in µm that replaces the file's; null uses the file's. */
  readonly pixelSize: PixelSize | null;
}

/** An image to find nuclei in. */
export interface NucleiRequest extends ImageRequest {
  readonly truth: TruthSource | null;
  readonly settings: Settings;
  /** Corrections, in the order in which they are made. */
  readonly edits: readonly Edit[];
}

/**
 * Segments, measures and exports in workers; independent of the page.
 *
 * After {@link Engine.create}, nothing is fetched. Several engines can exist at the same time;
 * {@link Engine.dispose} frees everything that an engine uses.
 */
export class Engine {
  /** The default settings. */
  readonly settings: Settings;
  /** The settings of the watershed: names, ranges, help texts. */
  readonly settingList: readonly Setting[];
  /** The export formats: names, labels, files. */
  readonly exportFormats: readonly FormatInfo[];
  readonly #parts: LoadedParts;
  /** The model in use. */
  #model: LoadedModel;
  /** The pools of earlier models in which tasks have not ended. */
  readonly #before = new Set<Pool>();
  /** Opens files, measures and exports, without waiting for a batch. */
  readonly #reader: Pool;
  /** Relabels and draws the selected image, without waiting for the other two pools. */
  readonly #interactive: Pool;
  readonly #sizes: TiledSizes | null;
  readonly #numbers = new WeakMap<object, number>();
  #numbered = 0;

  private constructor(parts: LoadedParts, model: LoadedModel, about: About, reader: Pool, interactive: Pool) {
    this.#parts = parts;
    this.#model = model;
    this.settings = about.settings;
    this.settingList = about.settingList;
    this.exportFormats = about.exportFormats;
    this.#reader = reader;
    this.#interactive = interactive;
    this.#sizes = parts.sizes ?? null;
  }

  /** The model's metadata. */
  get model(): ModelMetadata {
    return this.#model.metadata;
  }

  /** The model's name, version and SHA-256. */
  get modelIdentity(): ModelIdentity {
    return this.#model.identity;
  }

  /** Loads all assets and starts the first workers. Invalid options throw `engine/bad-option`. */
  static async create(options: EngineOptions): Promise<Engine> {
    const { wasm, model, worker, workers, sizes, modelLimits = standardLimits } = options;
    if (workers !== undefined) checkCount(workers, "workers");
    if (sizes != null) for (const [name, value] of Object.entries(sizes)) checkCount(value, name);
    const [module, bytes, source] = await Promise.all([
      wasm instanceof WebAssembly.Module ? wasm : compile(wasm),
      modelBytes(model),
      isSource(worker) ? load(worker, "worker.js").then(scriptOf) : worker,
    ]);
    const address = URL.createObjectURL(source);
    const script = trusted().createScriptURL(address);
    return Engine.start({
      module,
      model: bytes,
      modelLimits,
      startWorker: () => new Worker(script),
      workers: workers ?? defaultWorkers(navigator.hardwareConcurrency),
      sizes,
      release: () => URL.revokeObjectURL(address),
    });
  }

  /**
   * Starts the first workers of an engine whose assets have been loaded.
   *
   * @internal
   */
  static async start(parts: LoadedParts): Promise<Engine> {
    const withoutModel = (): Pool => new Pool(starterOf(parts, null), 1);
    const [reader, interactive] = [withoutModel(), withoutModel()];
    const loading = loadModel(parts, parts.model, parts.modelLimits);
    try {
      const [model, about] = await Promise.all([loading, reader.warmUp()]);
      return new Engine(parts, model, about, reader, interactive);
    } catch (error) {
      loading.then(({ pool }) => pool.dispose()).catch(() => undefined);
      reader.dispose();
      interactive.dispose();
      parts.release?.();
      throw error;
    }
  }

  /**
   * Uses another model from now on, or the one that the engine started with (null). It is tried in a worker of its own
   * first, within `limits` (null uses it at once); if it is refused, this rejects with the reason and nothing changes.
   * Segmentations that have begun end with the model that they began with.
   */
  async useModel(
    model: Source | Blob | Uint8Array | null,
    limits: ModelLimits | null = standardLimits,
  ): Promise<ModelIdentity> {
    const parts = this.#parts;
    const loaded =
      model === null
        ? await loadModel(parts, parts.model, null)
        : await loadModel(parts, await modelBytes(model), limits);
    const before = this.#model;
    this.#model = loaded;
    if (before.users === 0) before.pool.dispose();
    else this.#before.add(before.pool);
    return loaded.identity;
  }

  /** Runs work that must end with the model that it began with. */
  async #withModel<T>(work: (model: LoadedModel) => Promise<T>): Promise<T> {
    const model = this.#model;
    model.users++;
    try {
      return await work(model);
    } finally {
      model.users--;
      if (model.users === 0 && this.#before.delete(model.pool)) model.pool.dispose();
    }
  }

  /** Works out which images, ground truth, sample submissions and records these files contain. */
  openBatch(files: readonly BatchFile[], options?: RunOptions): Promise<BatchPlan> {
    const numbered = files.map((file) => ({ ...file, number: this.#numberOf(file.blob) }));
    return this.#reader.run({ kind: "open", files: numbered }, options);
  }

  /**
   * Finds the nuclei of one image, a large one in blocks. `thumbnailSide` is the longer side of the picture sent as
   * soon as the image is decoded; 0: none. The predictions of blocks are returned if they have at most `mostBytes`.
   */
  async segment(
    request: NucleiRequest,
    thumbnailSide: number,
    options: RunOptions = {},
    mostBytes = 0,
  ): Promise<Inferred & { readonly model: ModelIdentity }> {
    const sizes = this.#sizes;
    const task: SegmentTask = { kind: "segment", ...request, ...this.#keysOf(request), thumbnailSide, sizes };
    return this.#withModel(async ({ pool, identity }) => {
      const outcome = await pool.run(task, {
        ...options,
        onProgress: (progress) => {
          const { stage } = progress;
          if (stage !== "scale") options.onProgress?.(progress);
          else options.onProgress?.({ stage: "network", done: planShare * progress.done, total: progress.total });
        },
      });
      const inferred = "plan" in outcome ? await segmentInBlocks(pool, task, outcome, mostBytes, options) : outcome;
      return { ...inferred, model: identity };
    });
  }

  /** The largest memory of any worker's WebAssembly module so far, in bytes. */
  get largestHeap(): number {
    return Math.max(this.#model.pool.largestHeap, this.#reader.largestHeap, this.#interactive.largestHeap);
  }

  /**
   * Finds the nuclei in an image's prediction again. The selected image is processed before all others;
   * `isSelected: false` queues the task with the segmentations. The blocks of a large image are distributed to all
   * workers.
   */
  label(
    request: NucleiRequest,
    prediction: CachedPrediction | TiledPrediction,
    isSelected: boolean,
    options?: RunOptions,
  ): Promise<Segmented> {
    return this.#withModel(({ pool }) => {
      const whole = { ...request, ...this.#keysOf(request) };
      if ("blocks" in prediction) return labelInBlocks(pool, whole, prediction, options);
      return (isSelected ? this.#interactive : pool).run({ kind: "label", ...whole, prediction }, options);
    });
  }

  /** Corrects existing nuclei, such as ground truth. */
  correct(request: NucleiRequest, start: TruthSource, options?: RunOptions): Promise<Segmented> {
    const task = { kind: "correct", ...request, ...this.#keysOf(request), start: this.#withNumbers(start) } as const;
    return this.#interactive.run(task, options);
  }

  /** Corrects the nuclei of a large image, from those before all corrections; its label image is not needed. */
  correctTiled(
    request: NucleiRequest,
    { width, height, stack }: Segmented,
    start: Masks,
    options?: RunOptions,
  ): Promise<Segmented> {
    const { truth, truthKey } = this.#keysOf(request);
    const task = { kind: "correct-tiled", truth, truthKey, start, width, height, stack, edits: request.edits } as const;
    return this.#interactive.run(task, options);
  }

  /**
   * Measures the nuclei of an image, without delaying changes to the selected image; and the cells into which they are
   * expanded by `cellExpansion`, in µm if the pixel size is known, otherwise in pixels.
   */
  measure(
    request: ImageRequest,
    nuclei: FinishedNuclei,
    cellExpansion = 0,
    options?: RunOptions,
  ): Promise<MeasurementTable> {
    const task = { ...this.#referenceTo(request), nuclei: finished(nuclei), cellExpansion };
    return this.#reader.run({ kind: "measure", ...task }, options);
  }

  /** The outlines of the cells into which nuclei are expanded; `pixelSize` is the one that is used to measure them. */
  cells(
    nuclei: FinishedNuclei,
    cellExpansion: number,
    pixelSize: PixelSize | null,
    options?: RunOptions,
  ): Promise<Outlines> {
    return this.#reader.run({ kind: "cells", nuclei: finished(nuclei), cellExpansion, pixelSize }, options);
  }

  /** Otsu's threshold of some values; null if there are no two different ones. */
  otsu(values: Float64Array<ArrayBuffer>, options?: RunOptions): Promise<number | null> {
    return this.#interactive.run({ kind: "otsu", values }, options);
  }

  /** The label image of an image's nuclei: for each pixel, row by row, the number of its nucleus; 0 is background. */
  labels(nuclei: FinishedNuclei, options?: RunOptions): Promise<Uint32Array<ArrayBuffer>> {
    return this.#reader.run({ kind: "labels", nuclei: finished(nuclei) }, options);
  }

  /** Decides from their measurements which of an image's nuclei count and are positive; nothing is decoded. */
  count(request: Omit<CountTask, "kind">, isSelected: boolean, options?: RunOptions): Promise<CountedNuclei> {
    return (isSelected ? this.#interactive : this.#reader).run({ kind: "count", ...request }, options);
  }

  /** Writes the Bowl's CSV. */
  csv(images: readonly CsvImage[], options?: RunOptions): Promise<Blob> {
    return this.#reader.run({ kind: "csv", images }, options);
  }

  /**
   * Writes an image's files, whose names begin with `fileStem`, and its part of the files for the whole batch.
   * `measures` are keys of additional columns for the summary.
   */
  exportFiles(
    request: ImageRequest & { readonly fileStem: string; readonly path: string },
    nuclei: FinishedNuclei,
    formats: readonly ExportFormat[],
    measures: readonly string[],
    provenance: GivenProvenance,
    options?: RunOptions,
  ): Promise<Exported> {
    const { fileStem, path } = request;
    const reference = { ...this.#referenceTo(request), fileStem, path };
    const what = { nuclei: finished(nuclei), formats, measures, provenance };
    return this.#reader.run({ kind: "export", ...reference, ...what }, options);
  }

  /** Writes the files for the whole batch, from the parts that {@link exportFiles} returned. */
  batchFiles(
    parts: readonly Blob[],
    failures: readonly FailedFile[],
    formats: readonly ExportFormat[],
    dialect: TableDialect,
    options?: RunOptions,
  ): Promise<NamedBlob[]> {
    return this.#reader.run({ kind: "batch-files", parts, failures, formats, dialect }, options);
  }

  /** Reads a record of an earlier run: one entry for each image. */
  readRecord(source: ImageSource, options?: RunOptions): Promise<ImageRecord[]> {
    return this.#reader.run({ kind: "record", source: this.#withNumber(source) }, options);
  }

  /** Reads the regions of interest in a GeoJSON file. */
  readRegions(source: ImageSource, options?: RunOptions): Promise<Region[]> {
    return this.#reader.run({ kind: "regions", source: this.#withNumber(source) }, options);
  }

  /** The SHA-256 of a file, by which records identify files. */
  hash(source: ImageSource, options?: RunOptions): Promise<string> {
    return this.#reader.run({ kind: "hash", source: this.#withNumber(source) }, options);
  }

  /** Packs files into one ZIP archive. */
  archive(files: readonly NamedBlob[], options?: RunOptions): Promise<Blob> {
    return this.#reader.run({ kind: "archive", files }, options);
  }

  /**
   * A picture of an image, or of a window of it, reduced so that its longer side has at most `maximumSide` pixels.
   * Without displays, it shows the image to segment with automatic limits. These are those of the whole image.
   */
  preview(
    request: ImageRequest,
    maximumSide: number,
    displays: readonly ChannelDisplay[],
    window: Rect | null = null,
    options?: RunOptions,
  ): Promise<Preview> {
    const reference = this.#referenceTo(request);
    return this.#interactive.run({ kind: "preview", ...reference, maximumSide, displays, window }, options);
  }

  /** A picture of the nucleus probability of each pixel. */
  probabilityPicture(prediction: CachedPrediction, maximumSide: number, options?: RunOptions): Promise<Picture> {
    return this.#interactive.run({ kind: "probability-picture", prediction, maximumSide }, options);
  }

  /** Summarises scores; null without any. */
  summarize(scores: readonly ImageScore[], options?: RunOptions): Promise<ScoreSummary | null> {
    return this.#reader.run({ kind: "summarize", scores }, options);
  }

  /** An example image, a different one for each seed. */
  example(seed: number, options?: RunOptions): Promise<ExampleImage> {
    return this.#reader.run({ kind: "example", seed }, options);
  }

  /** Stops all work and frees everything. */
  dispose(): void {
    for (const pool of [this.#model.pool, ...this.#before]) pool.dispose();
    this.#reader.dispose();
    this.#interactive.dispose();
    this.#parts.release?.();
  }

  #referenceTo(request: ImageRequest): ImageReference {
    const { imageId, source, selection, pixelSize } = request;
    return { key: this.#keyOf(request), imageId, source: this.#withNumber(source), selection, pixelSize };
  }

  #keysOf(request: NucleiRequest): Pick<SegmentTask, "key" | "truthKey" | "source" | "truth"> {
    const { source, truth } = request;
    return {
      key: this.#keyOf(request),
      truthKey: truth === null ? "" : String(this.#numberOf(truth)),
      source: this.#withNumber(source),
      truth: truth === null ? null : this.#withNumbers(truth),
    };
  }

  #withNumber({ blob, entry }: ImageSource): ImageSource {
    return { blob, entry, number: this.#numberOf(blob) };
  }

  #withNumbers(truth: TruthSource): TruthSource {
    switch (truth.kind) {
      case "masks":
        return { kind: "masks", sources: truth.sources.map((source) => this.#withNumber(source)) };
      case "labels":
        return { kind: "labels", source: this.#withNumber(truth.source) };
      case "runs":
        return truth;
    }
  }

  #keyOf({ source, selection, pixelSize }: ImageRequest): string {
    return `${this.#numberOf(source.blob)} ${source.entry ?? ""} ${JSON.stringify(selection)} ${JSON.stringify(pixelSize)}`;
  }

  /** A number that identifies an object: unlike the object, it stays the same when it is sent to a worker. */
  #numberOf(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    this.#numbers.set(object, this.#numbered);
    return this.#numbered++;
  }
}

/** A model, and the workers that run it. */
interface LoadedModel {
  readonly pool: Pool;
  readonly metadata: ModelMetadata;
  readonly identity: ModelIdentity;
  /** How many calls run tasks in the pool. */
  users: number;
}

function starterOf({ module, startWorker }: LoadedParts, model: Uint8Array | null): () => WorkerLike {
  return () => {
    const started = startWorker();
    started.postMessage({ type: "setup", module, model });
    return started;
  };
}

/** Starts the first worker with a model, after the model has been tried. */
async function loadModel(
  parts: LoadedParts,
  model: Uint8Array,
  limits: ModelLimits | null | undefined,
): Promise<LoadedModel> {
  if (limits != null) await tryModel(parts.startWorker, parts.module, model, limits);
  const pool = new Pool(starterOf(parts, model), parts.workers);
  try {
    const { model: metadata, modelHash: sha256 } = await pool.warmUp();
    if (metadata === null) throw new Error("the worker was set up without a model");
    const { name, version } = metadata;
    return { pool, metadata, identity: { name, version, sha256 }, users: 0 };
  } catch (error) {
    pool.dispose();
    throw error;
  }
}

/** Of a file, no more than the module accepts, and one byte to exceed its limit. */
const mostModelBytes = 2 ** 28 + 1;

async function modelBytes(model: Source | Blob | Uint8Array): Promise<Uint8Array> {
  if (model instanceof Blob) return new Uint8Array(await model.slice(0, mostModelBytes).arrayBuffer());
  return isSource(model) ? bytesOf(await load(model, "nuclei.onnx")) : model;
}

/** The part of a result that is sent back to a worker: without outlines. */
function finished({ masks, width, height, edited }: FinishedNuclei): FinishedNuclei {
  return { masks, width, height, edited };
}

function isSource(part: object | string): part is Source {
  return typeof part === "string" || part instanceof URL || typeof part === "function";
}

/** An asset's bytes, and what it is called in messages. */
interface Loaded {
  readonly name: string;
  readonly response: Response;
}

/** Loads an asset; `name` is what it is called in messages if it has no address. */
async function load(source: Source, name: string): Promise<Loaded> {
  if (typeof source === "function") return { name, response: await source() };
  const url = typeof source === "string" ? new URL(source, globalThis.document?.baseURI ?? location.href) : source;
  return { name: url.href, response: await fetchFrom(url) };
}

async function fetchFrom(url: URL): Promise<Response> {
  const name = url.pathname.split("/").at(-1) ?? url.href;
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    // In such a frame, the page's own server is another origin.
    if (globalThis.origin === "null" && url.protocol.startsWith("http"))
      throw new EngineError({ code: "engine/sandboxed", ...text.sandboxed(name) });
    throw notLoaded(text.serverSilent(name));
  }
  if (!response.ok) throw notLoaded(text.serverRefused(name, response.status));
  return response;
}

async function bytesOf({ name, response }: Loaded): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (isHtml(bytes)) throw new EngineError({ code: "engine/html-instead", ...text.htmlInstead(name) });
  return bytes;
}

async function scriptOf(loaded: Loaded): Promise<Blob> {
  return new Blob([await bytesOf(loaded)], { type: "text/javascript" });
}

/** Whether a file begins with a tag: neither a module, nor a model, nor a script does. */
function isHtml(bytes: Uint8Array<ArrayBuffer>): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 100)).trimStart().startsWith("<");
}

/** Compiles the module while it is downloaded, if the server sends the correct media type. */
async function compile(wasm: Source | Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  if (!isSource(wasm)) return compiled(() => WebAssembly.compile(wasm));
  const loaded = await load(wasm, "nucleoscope_bg.wasm");
  const { response } = loaded;
  const isStreamable = response.headers.get("content-type")?.startsWith("application/wasm") === true;
  if (isStreamable) return compiled(() => WebAssembly.compileStreaming(response));
  const bytes = await bytesOf(loaded);
  return compiled(() => WebAssembly.compile(bytes));
}

async function compiled(work: () => Promise<WebAssembly.Module>): Promise<WebAssembly.Module> {
  try {
    return await work();
  } catch (error) {
    throw new EngineError({ code: "engine/not-compiled", ...text.notCompiled(messageOf(error)) });
  }
}

function notLoaded(reason: string): EngineError {
  return new EngineError({ code: "engine/not-loaded", ...text.notLoaded(reason) });
}
