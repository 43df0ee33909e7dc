/** Models of others: each is loaded and run in a worker of its own before it is used. */
import { EngineError } from "./engine-error.ts";
import * as text from "../text.ts";
import type { WorkerLike } from "./pool.ts";
import type { ErrorReport } from "./protocol.ts";

/** What a model may need while it is tried: it is loaded, and run on tiles of up to 512 × 512 pixels. */
export interface ModelLimits {
  readonly seconds: number;
  /** Bytes of the WebAssembly module's memory. */
  readonly memory: number;
}

/** The limits for models of others. */
export const standardLimits: ModelLimits = { seconds: 60, memory: 2 ** 30 };

/**
 * Tries a model in a worker that is terminated afterwards. Rejects with the reason if it is no valid model, crashes the
 * worker, or needs too much time or memory.
 */
export function tryModel(
  startWorker: () => WorkerLike,
  module: WebAssembly.Module,
  model: Uint8Array,
  { seconds, memory }: ModelLimits,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = startWorker();
    const end = (): void => {
      clearTimeout(timer);
      worker.terminate();
    };
    const refuse = (error: ErrorReport): void => {
      end();
      reject(new EngineError(error));
    };
    const fail = (code: string, message: string): void =>
      refuse({ code: `model/${code}`, message, help: text.otherModel });
    const crashed = (reason: string): void => fail("crashed", text.modelCrashed(reason));
    const timer = setTimeout(() => fail("too-slow", text.modelTooSlow(seconds)), seconds * 1000);
    worker.onmessage = ({ data }) => {
      if (data.type === "refused") refuse(data.error);
      else if (data.type !== "crash") {
        end();
        resolve();
      } else if ((data.heap ?? 0) > memory) fail("too-much-memory", text.modelTooLarge(Math.round(memory / 2 ** 20)));
      else crashed(data.message);
    };
    worker.onmessageerror = () => crashed(text.messageUnreadable);
    worker.onerror = (event) => {
      event.preventDefault();
      crashed(event.message);
    };
    worker.postMessage({ type: "setup", module, model, mostMemory: memory });
  });
}
