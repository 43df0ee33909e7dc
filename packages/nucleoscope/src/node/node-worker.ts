/**
 * The worker's script in one of Node's worker threads: provides what the script expects of a browser's worker, then
 * loads it.
 */
import { parentPort } from "node:worker_threads";
import type { FromWorker, ToWorker } from "../engine/protocol.ts";

const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread");

/** The bytes of a blob: what the WebAssembly module uses of a browser's `Blob`, which it reads synchronously. */
class BytesBlob {
  readonly bytes: Uint8Array;
  readonly size: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.size = bytes.byteLength;
  }

  slice(start: number, end: number): BytesBlob {
    return new BytesBlob(this.bytes.subarray(start, end));
  }
}

class FileReaderSync {
  readAsArrayBuffer({ bytes }: BytesBlob): ArrayBufferLike {
    return bytes.slice().buffer;
  }
}

class ImageData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

/** The script sets its handler. */
interface Scope {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
}

const scope = Object.assign(globalThis as unknown as Scope, {
  self: globalThis,
  FileReaderSync,
  ImageData,
  // Nothing in Node draws pictures: they are sent as pixels.
  createImageBitmap: (pixels: ImageData) => Promise.resolve(pixels),
  postMessage: (message: FromWorker, transfer: readonly unknown[]) =>
    port.postMessage(
      message,
      transfer.filter((part) => part instanceof ArrayBuffer),
    ),
});

/** Replaces every blob in a value by its bytes. */
async function read(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return new BytesBlob(new Uint8Array(await value.arrayBuffer()));
  if (Array.isArray(value)) return Promise.all(value.map(read));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(async ([key, part]) => [key, await read(part)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function receive(message: ToWorker): Promise<void> {
  const data = message.type === "task" ? ((await read(message)) as ToWorker) : message;
  scope.onmessage?.({ data });
}

// The script beside this one in the package.
const script = new URL("./worker.js", import.meta.url);
await import(script.href);
port.on("message", (message: ToWorker) => void receive(message));
