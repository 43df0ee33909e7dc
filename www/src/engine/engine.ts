import type {
  ExampleImage,
  ImageScore,
  ModelContract,
  ScoreSummary,
  Settings,
} from "../wasm/nucleoscope.js";
import { EngineError } from "./engine-error.ts";
import { defaultWorkers, Pool, type RunOptions, type WorkerLike } from "./pool.ts";
import type { BatchFile, ImageSource, OpenedBatch, Picture, Segmented, ToWorker, TruthSource } from "./protocol.ts";

/** What an engine is made of. */
export interface EngineOptions {
  /** The WebAssembly module, or where it is. */
  readonly wasm: URL | WebAssembly.Module;
  /** The model's bytes, or where they are. */
  readonly model: URL | Uint8Array;
  /** The worker's script, or where it is. */
  readonly worker: URL | Blob;
  /** How many images are worked on at the same time; left out, what suits the computer. */
  readonly workers?: number | undefined;
}

/** One image to be segmented. */
export interface SegmentRequest {
  readonly imageId: string;
  readonly source: ImageSource;
  readonly truth: TruthSource | null;
  readonly settings?: Settings;
  readonly thumbnailSide: number;
}

/**
 * Finds nuclei, without a page: everything that the page, or any other, needs to show them.
 *
 * After {@link Engine.create} nothing is fetched any more. Several engines can live side by side,
 * and each is gone without a trace after {@link Engine.dispose}.
 */
export class Engine {
  /** What the model says about itself. */
  readonly model: ModelContract;
  /** The first line of the Bowl's CSV. */
  readonly csvHeader: string;
  readonly #segmenters: Pool;
  /** Opening files and drawing previews must not wait behind a batch. */
  readonly #reader: Pool;
  readonly #script: string;

  private constructor(parts: {
    model: ModelContract;
    csvHeader: string;
    segmenters: Pool;
    reader: Pool;
    script: string;
  }) {
    this.model = parts.model;
    this.csvHeader = parts.csvHeader;
    this.#segmenters = parts.segmenters;
    this.#reader = parts.reader;
    this.#script = parts.script;
  }

  /** Loads everything and starts the first worker. */
  static async create({ wasm, model, worker, workers }: EngineOptions): Promise<Engine> {
    const [module, bytes, source] = await Promise.all([
      wasm instanceof URL ? compile(wasm) : wasm,
      model instanceof URL ? load(model).then(async (response) => new Uint8Array(await response.arrayBuffer())) : model,
      worker instanceof URL ? load(worker).then((response) => response.blob()) : worker,
    ]);
    const script = URL.createObjectURL(source);
    const starter = (setup: ToWorker) => (): WorkerLike => {
      const started: WorkerLike = new Worker(script);
      started.postMessage(setup);
      return started;
    };
    const reader = new Pool(starter({ type: "setup", module, model: null }), 1);
    const segmenters = new Pool(
      starter({ type: "setup", module, model: bytes }),
      workers ?? defaultWorkers(navigator.hardwareConcurrency),
    );
    try {
      const [about] = await Promise.all([segmenters.warmUp(), reader.warmUp()]);
      if (about.model === null) throw new Error("the worker was set up without a model");
      return new Engine({ model: about.model, csvHeader: about.csvHeader, segmenters, reader, script });
    } catch (error) {
      segmenters.dispose();
      reader.dispose();
      URL.revokeObjectURL(script);
      throw error;
    }
  }

  /** Works out which images, ground truth and wishes these files contain. */
  openBatch(files: readonly BatchFile[], options?: RunOptions): Promise<OpenedBatch> {
    return this.#reader.run({ kind: "open", files }, options);
  }

  /** Finds the nuclei of one image. */
  segment(request: SegmentRequest, options?: RunOptions): Promise<Segmented> {
    return this.#segmenters.run({ kind: "segment", ...request, settings: request.settings ?? null }, options);
  }

  /** A picture of an image, its longer side reduced to `maximumSide` pixels where it is larger. */
  preview(source: ImageSource, maximumSide: number, options?: RunOptions): Promise<Picture> {
    return this.#reader.run({ kind: "preview", source, maximumSide }, options);
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
    URL.revokeObjectURL(this.#script);
  }
}

async function load(url: URL): Promise<Response> {
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

/** Compiles while the module arrives, where the server names its type correctly. */
async function compile(url: URL): Promise<WebAssembly.Module> {
  const response = await load(url);
  const streamable = response.headers.get("content-type")?.startsWith("application/wasm") === true;
  try {
    if (streamable) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new EngineError({
      code: "engine/not-compiled",
      message: `This browser cannot run the program (${error instanceof Error ? error.message : String(error)}).`,
      remedy: "Use a current version of Chrome, Edge, Firefox or Safari.",
    });
  }
}

function notLoaded(reason: string): EngineError {
  return new EngineError({
    code: "engine/not-loaded",
    message: `A part of the program could not be loaded (${reason}).`,
    remedy: "Check the connection and try again.",
  });
}
