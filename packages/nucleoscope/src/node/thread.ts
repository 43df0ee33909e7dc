import { Worker } from "node:worker_threads";
import type { WorkerLike } from "../engine/pool.ts";
import * as text from "../text.ts";
import type { FromWorker, ToWorker } from "../engine/protocol.ts";

/**
 * One of Node's worker threads with the interface of a browser's worker. It keeps the process running only while an
 * answer is expected.
 */
export class Thread implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  onmessageerror: WorkerLike["onmessageerror"] = null;
  onerror: WorkerLike["onerror"] = null;
  readonly #worker: Worker;

  constructor(script: URL) {
    // Options of this process such as --input-type do not apply to the script.
    this.#worker = new Worker(script, { execArgv: [] });
    this.#worker.on("message", (data: FromWorker) => {
      if (data.type !== "progress") this.#worker.unref();
      this.onmessage?.({ data } as MessageEvent<FromWorker>);
    });
    this.#worker.on("messageerror", (data) => this.onmessageerror?.({ data } as MessageEvent));
    this.#worker.on("error", (error) => this.#failed(error.message));
    this.#worker.on("exit", (code) => this.#failed(text.threadEnded(code)));
  }

  postMessage(message: ToWorker): void {
    this.#worker.ref();
    this.#worker.postMessage(message);
  }

  terminate(): void {
    this.onerror = null;
    void this.#worker.terminate();
  }

  #failed(message: string): void {
    this.onerror?.({ message, preventDefault: () => undefined } as ErrorEvent);
  }
}
