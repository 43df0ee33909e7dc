import type {
  BatchPlan,
  Contrast,
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
  MeasurementTable,
  ModelMetadata,
  PixelSize,
  Region,
  ScoreSummary,
  Selection,
  Setting,
  Settings,
  TableDialect,
  TiledSizes,
} from "../wasm/nucleoscope.js";
import { checkCount, EngineError, messageOf } from "./engine-error.ts";
import { planShare, segmentField } from "./tiled.ts";
import { defaultWorkers, Pool, type RunOptions, type WorkerLike } from "./pool.ts";
import type {
  BatchFile,
  CachedMaps,
  CountTask,
  Exported,
  FinishedNuclei,
  ImageSource,
  Inferred,
  ModelIdentity,
  NamedBlob,
  Picture,
  Segmented,
  SegmentTask,
  ImageReference,
  ToWorker,
  TruthSource,
} from "./protocol.ts";

/** Where a part of the program is: at an address, or with a function that unpacks it, called at every try to load. */
export type Source = URL | (() => Promise<Response>);

/** What an engine is made of. */
export interface EngineOptions {
  /** The WebAssembly module, or where it is. */
  readonly wasm: Source | WebAssembly.Module;
  /** The model's bytes, or where they are. */
  readonly model: Source | Uint8Array;
  /** The worker's script, or where it is. */
  readonly worker: Source | Blob;
  /** How many images are worked on at the same time; left out, what suits the computer. */
  readonly workers?: number | undefined;
  /** Which images are worked on block by block; left out, those of more than 4096 × 4096 pixels. */
  readonly sizes?: TiledSizes | undefined;
}

/** Which image, and which part of it. */
export interface ImageRequest {
  readonly imageId: string;
  readonly source: ImageSource;
  readonly selection: Selection;
  /** The size of a pixel in µm, where it is to count in place of the file's. */
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
 * Finds nuclei, without a page: everything that the page, or any other, needs to show them.
 *
 * After {@link Engine.create} nothing is fetched any more. Several engines can live side by side,
 * and each is gone without a trace after {@link Engine.dispose}.
 */
export class Engine {
  /** What the model says about itself. */
  readonly model: ModelMetadata;
  /** What tells the model from others. */
  readonly modelIdentity: ModelIdentity;
  /** The settings that are used where none are given. */
  readonly settings: Settings;
  /** What the settings of the watershed are: names, ranges, help. */
  readonly settingList: readonly Setting[];
  /** What the formats of the exports are: names, labels, files. */
  readonly exportFormats: readonly FormatInfo[];
  readonly #segmenters: Pool;
  /** Opening files and drawing previews must not wait behind a batch. */
  readonly #reader: Pool;
  /** What the user has in hand must not wait behind either. */
  readonly #interactive: Pool;
  readonly #script: string;
  readonly #sizes: TiledSizes | null;
  readonly #numbers = new WeakMap<object, number>();
  #numbered = 0;

  private constructor(parts: {
    model: ModelMetadata;
    modelHash: string;
    settings: Settings;
    settingList: readonly Setting[];
    exportFormats: readonly FormatInfo[];
    segmenters: Pool;
    reader: Pool;
    interactive: Pool;
    script: string;
    sizes: TiledSizes | null;
  }) {
    this.model = parts.model;
    const { name, version } = parts.model;
    this.modelIdentity = { name, version, sha256: parts.modelHash };
    this.settings = parts.settings;
    this.settingList = parts.settingList;
    this.exportFormats = parts.exportFormats;
    this.#segmenters = parts.segmenters;
    this.#reader = parts.reader;
    this.#interactive = parts.interactive;
    this.#script = parts.script;
    this.#sizes = parts.sizes;
  }

  /** Loads everything and starts the first worker. Options that make no sense are refused with `engine/bad-option`. */
  static async create({ wasm, model, worker, workers, sizes }: EngineOptions): Promise<Engine> {
    if (workers !== undefined) checkCount(workers, "workers");
    if (sizes != null) for (const [name, value] of Object.entries(sizes)) checkCount(value, name);
    const [module, bytes, source] = await Promise.all([
      isSource(wasm) ? compile(wasm) : wasm,
      isSource(model) ? load(model).then(async (response) => new Uint8Array(await response.arrayBuffer())) : model,
      isSource(worker) ? load(worker).then((response) => response.blob()) : worker,
    ]);
    const script = URL.createObjectURL(source);
    const starter = (setup: ToWorker) => (): WorkerLike => {
      const started: WorkerLike = new Worker(script);
      started.postMessage(setup);
      return started;
    };
    const reader = new Pool(starter({ type: "setup", module, model: null }), 1);
    const interactive = new Pool(starter({ type: "setup", module, model: null }), 1);
    const segmenters = new Pool(
      starter({ type: "setup", module, model: bytes }),
      workers ?? defaultWorkers(navigator.hardwareConcurrency),
    );
    try {
      const [about] = await Promise.all([segmenters.warmUp(), reader.warmUp()]);
      const { model: metadata, ...rest } = about;
      if (metadata === null) throw new Error("the worker was set up without a model");
      const pools = { segmenters, reader, interactive };
      return new Engine({ model: metadata, ...rest, ...pools, script, sizes: sizes ?? null });
    } catch (error) {
      segmenters.dispose();
      reader.dispose();
      interactive.dispose();
      URL.revokeObjectURL(script);
      throw error;
    }
  }

  /** Works out which images, ground truth and wishes these files contain. */
  openBatch(files: readonly BatchFile[], options?: RunOptions): Promise<BatchPlan> {
    const numbered = files.map((file) => ({ ...file, number: this.#numberOf(file.blob) }));
    return this.#reader.run({ kind: "open", files: numbered }, options);
  }

  /**
   * Finds the nuclei of one image, a large one block by block. `thumbnailSide`: of the picture sent as
   * soon as it is decoded.
   */
  async segment(request: NucleiRequest, thumbnailSide: number, options: RunOptions = {}): Promise<Inferred> {
    const sizes = this.#sizes;
    const task: SegmentTask = { kind: "segment", ...request, ...this.#keysOf(request), thumbnailSide, sizes };
    const outcome = await this.#segmenters.run(task, {
      ...options,
      onProgress: (progress) => {
        const { stage } = progress;
        if (stage !== "looks") options.onProgress?.(progress);
        else options.onProgress?.({ stage: "network", done: planShare * progress.done, total: progress.total });
      },
    });
    return "plan" in outcome ? segmentField(this.#segmenters, task, outcome, options) : outcome;
  }

  /** The most bytes that the WebAssembly module of any worker has taken so far. */
  get largestHeap(): number {
    return Math.max(this.#segmenters.largestHeap, this.#reader.largestHeap, this.#interactive.largestHeap);
  }

  /**
   * Cuts an image's maps into nuclei anew. The image in the user's hands goes before all others;
   * `inHand: false` queues it with the segmentations.
   */
  label(request: NucleiRequest, maps: CachedMaps, inHand: boolean, options?: RunOptions): Promise<Segmented> {
    const pool = inHand ? this.#interactive : this.#segmenters;
    return pool.run({ kind: "label", ...request, ...this.#keysOf(request), maps }, options);
  }

  /** Corrects nuclei that are known already, such as ground truth. */
  correct(request: NucleiRequest, start: TruthSource, options?: RunOptions): Promise<Segmented> {
    const task = { kind: "correct", ...request, ...this.#keysOf(request), start: this.#withNumbers(start) } as const;
    return this.#interactive.run(task, options);
  }

  /** Measures the nuclei of an image; what the user moves does not wait for it. */
  measure(request: ImageRequest, nuclei: FinishedNuclei, options?: RunOptions): Promise<MeasurementTable> {
    return this.#reader.run({ kind: "measure", ...this.#referenceTo(request), nuclei: finished(nuclei) }, options);
  }

  /** Decides which of an image's nuclei count, by what was measured of them; nothing is decoded for it. */
  count(request: Omit<CountTask, "kind">, inHand: boolean, options?: RunOptions): Promise<CountedNuclei> {
    return (inHand ? this.#interactive : this.#reader).run({ kind: "count", ...request }, options);
  }

  /** Writes the Bowl's CSV. */
  csv(images: readonly CsvImage[], options?: RunOptions): Promise<Blob> {
    return this.#reader.run({ kind: "csv", images }, options);
  }

  /**
   * Writes an image's files, whose names begin with `fileStem`, and its part of those that a batch shares.
   * `measures` are keys of columns that the summary is to have beside the main ones.
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

  /** Writes the files that a batch shares, from what {@link exportFiles} gave of each image. */
  batchFiles(
    parts: readonly Blob[],
    failures: readonly FailedFile[],
    formats: readonly ExportFormat[],
    dialect: TableDialect,
    options?: RunOptions,
  ): Promise<NamedBlob[]> {
    return this.#reader.run({ kind: "batch-files", parts, failures, formats, dialect }, options);
  }

  /** What a record of an earlier run says of each image. */
  readRecord(source: ImageSource, options?: RunOptions): Promise<ImageRecord[]> {
    return this.#reader.run({ kind: "record", source: this.#withNumber(source) }, options);
  }

  /** The regions of interest in a GeoJSON file. */
  readRegions(source: ImageSource, options?: RunOptions): Promise<Region[]> {
    return this.#reader.run({ kind: "regions", source: this.#withNumber(source) }, options);
  }

  /** The SHA-256 of a file, as records name files by it. */
  hash(source: ImageSource, options?: RunOptions): Promise<string> {
    return this.#reader.run({ kind: "hash", source: this.#withNumber(source) }, options);
  }

  /** Puts files into one ZIP archive. */
  archive(files: readonly NamedBlob[], options?: RunOptions): Promise<Blob> {
    return this.#reader.run({ kind: "archive", files }, options);
  }

  /** A picture of an image, its longer side reduced to `maximumSide` pixels where it is larger. */
  preview(request: ImageRequest, maximumSide: number, contrast: Contrast, options?: RunOptions): Promise<Picture> {
    return this.#interactive.run({ kind: "preview", ...this.#referenceTo(request), maximumSide, contrast }, options);
  }

  /** A picture of how sure the network is of each pixel. */
  mapPicture(maps: CachedMaps, maximumSide: number, options?: RunOptions): Promise<Picture> {
    return this.#interactive.run({ kind: "map-picture", maps, maximumSide }, options);
  }

  /** The score of many images together; null without any. */
  summarize(scores: readonly ImageScore[], options?: RunOptions): Promise<ScoreSummary | null> {
    return this.#reader.run({ kind: "summarize", scores }, options);
  }

  /** An example image, a different one for each seed. */
  example(seed: number, options?: RunOptions): Promise<ExampleImage> {
    return this.#reader.run({ kind: "example", seed }, options);
  }

  /** Ends all work and frees everything. */
  dispose(): void {
    this.#segmenters.dispose();
    this.#reader.dispose();
    this.#interactive.dispose();
    URL.revokeObjectURL(this.#script);
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

  /** An object loses its identity on the way to a worker; a number does not. */
  #numberOf(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    this.#numbers.set(object, this.#numbered);
    return this.#numbered++;
  }
}

/** The part of a result that goes back to a worker; outlines stay. */
function finished({ masks, width, height, edited }: FinishedNuclei): FinishedNuclei {
  return { masks, width, height, edited };
}

function isSource(part: object): part is Source {
  return part instanceof URL || typeof part === "function";
}

function load(source: Source): Promise<Response> {
  return source instanceof URL ? fetchFrom(source) : source();
}

async function fetchFrom(url: URL): Promise<Response> {
  const name = url.pathname.split("/").at(-1) ?? url.href;
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw notLoaded(`${name}: the server did not answer`);
  }
  if (!response.ok) throw notLoaded(`${name}: the server answered ${response.status}`);
  return response;
}

/** Compiles while the module arrives, where its type is named correctly. */
async function compile(source: Source): Promise<WebAssembly.Module> {
  const response = await load(source);
  const streamable = response.headers.get("content-type")?.startsWith("application/wasm") === true;
  try {
    if (streamable) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new EngineError({
      code: "engine/not-compiled",
      message: `This browser cannot run the program (${messageOf(error)}).`,
      help: "Use a current version of Chrome, Edge, Firefox or Safari.",
    });
  }
}

function notLoaded(reason: string): EngineError {
  return new EngineError({
    code: "engine/not-loaded",
    message: `A part of the program could not be loaded (${reason}).`,
    help: "Check the connection and try again.",
  });
}
