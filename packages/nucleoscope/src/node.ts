/**
 * Finds and measures cell nuclei in image files, in Node 20 or newer: the browser's WebAssembly module in worker
 * threads.
 *
 * The threads start with the first image and do not keep the process running.
 */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { checkCount, EngineError, messageOf } from "./engine/engine-error.ts";
import { Engine } from "./engine/engine.ts";
import { defaultWorkers } from "./engine/pool.ts";
import { Thread } from "./node/thread.ts";
import { segment as segmentFile } from "./segment.ts";
import type { SegmentOptions } from "./segment-options.ts";
import type { SegmentedImage } from "./segmented-image.ts";
import * as text from "./text.ts";

export { EngineError } from "./engine/engine-error.ts";
export type { SegmentOptions } from "./segment-options.ts";
export type { NucleusMeasurements, SegmentedImage } from "./segmented-image.ts";
export type { ChannelInfo, ErrorReport, PixelSize, Settings, StackInfo, Warning } from "./wasm/nucleoscope.js";

/** A path, a `file:` URL, or the bytes of a file. */
export type Input = string | URL | Uint8Array;

/** How images are segmented in Node. */
export interface NodeOptions extends SegmentOptions {
  /**
   * The number of threads that segment at the same time; by default, as many as suit the computer, at most four.
   * Calls with the same number share their threads.
   */
  readonly workers?: number | undefined;
}

/** How many images are segmented in Node. */
export interface BatchOptions extends Omit<NodeOptions, "onProgress"> {
  /** Called with the position of an image among the inputs, and the finished share of its work, from 0 to 1. */
  readonly onProgress?: ((index: number, share: number) => void) | undefined;
}

/** An image of a batch: its nuclei, or the reason why there are none. */
export type BatchItem =
  | { readonly input: Input; readonly image: SegmentedImage; readonly error: undefined }
  | { readonly input: Input; readonly image: undefined; readonly error: EngineError };

/** The engines by their number of workers. */
const engines = new Map<number, Promise<Engine>>();

/**
 * Finds the nuclei in one image.
 *
 * Throws an {@link EngineError} with a message, a code and help if the file or an option cannot be used.
 */
export async function segment(input: Input, { workers, ...options }: NodeOptions = {}): Promise<SegmentedImage> {
  options.signal?.throwIfAborted();
  const [engine, bytes] = await Promise.all([engineWith(workers), bytesOf(input, options.signal)]);
  return segmentFile(engine, new Blob([bytes as Uint8Array<ArrayBuffer>]), options);
}

/**
 * Finds the nuclei in many images, several at the same time; yields them in the order of the inputs. An image that
 * fails is yielded with its error, and the others continue. Leaving the loop cancels the rest.
 */
export async function* segmentAll(
  inputs: Iterable<Input>,
  options: BatchOptions = {},
): AsyncGenerator<BatchItem, void, undefined> {
  const { signal, onProgress, ...rest } = options;
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  const one = async (input: Input, index: number): Promise<BatchItem> => {
    try {
      const image = await segment(input, {
        ...rest,
        signal: controller.signal,
        onProgress: (share) => onProgress?.(index, share),
      });
      return { input, image, error: undefined };
    } catch (error) {
      // A wrong option or a cancelled batch concerns all images.
      if (!(error instanceof EngineError) || error.code.startsWith("engine/bad-option")) throw error;
      return { input, image: undefined, error };
    }
  };
  // Enough that no thread waits for the consumer, and few enough to fit into memory.
  const ahead = 2 * (options.workers ?? standardWorkers());
  const started: Promise<BatchItem>[] = [];
  let index = 0;
  try {
    signal?.throwIfAborted();
    for (const input of inputs) {
      const item = one(input, index++);
      // Its error is thrown when its turn comes.
      item.catch(() => undefined);
      started.push(item);
      if (started.length >= ahead) yield (await started.shift()) as BatchItem;
    }
    for (const item of started) yield await item;
  } finally {
    signal?.removeEventListener("abort", abort);
    controller.abort();
  }
}

/** Stops all threads and frees their memory; images that are being segmented fail. Later calls start new threads. */
export async function close(): Promise<void> {
  const open = [...engines.values()];
  engines.clear();
  for (const engine of await Promise.allSettled(open)) if (engine.status === "fulfilled") engine.value.dispose();
}

function standardWorkers(): number {
  return defaultWorkers(availableParallelism());
}

/** The shared engine with this number of workers. */
function engineWith(workers = standardWorkers()): Promise<Engine> {
  checkCount(workers, "workers");
  const known = engines.get(workers);
  if (known !== undefined) return known;
  const engine = startEngine(workers);
  engines.set(workers, engine);
  engine.catch(() => engines.delete(workers));
  return engine;
}

async function startEngine(workers: number): Promise<Engine> {
  const asset = (name: string): Promise<Uint8Array> => bytesOf(new URL(name, import.meta.url));
  const [wasm, model] = await Promise.all([asset("./nucleoscope_bg.wasm"), asset("./nuclei.onnx")]);
  const module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  const script = new URL("./node-worker.js", import.meta.url);
  return Engine.start({ module, model, startWorker: () => new Thread(script), workers });
}

async function bytesOf(input: Input, signal?: AbortSignal): Promise<Uint8Array> {
  if (input instanceof Uint8Array) return input;
  try {
    return await readFile(input, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const path = input instanceof URL ? fileURLToPath(input) : input;
    throw new EngineError({ code: "file/io", ...text.fileNotRead(path, reasons[code] ?? messageOf(error)) });
  }
}

/** Why a file cannot be read, by the system's code. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: text.fileMissing,
  EISDIR: text.isFolder,
  EACCES: text.fileForbidden,
};
