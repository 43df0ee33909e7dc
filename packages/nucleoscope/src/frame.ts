/**
 * A client for the workbench in an `iframe`: the entry `nucleoscope/frame` of the package. Its page is opened with
 * `?embed=1&origin=ORIGIN`, where ORIGIN is the origin of the page that contains the frame.
 */
import type { NucleoScopeEventMap } from "./nucleo-scope.ts";
import {
  isMessage,
  version,
  type FrameMessage,
  type FrameMethods,
  type FrameProperties,
  type SentFile,
} from "./frame/protocol.ts";
import type { ErrorReport } from "./engine/protocol.ts";

export type { FrameMethods, FrameProperties, SentFile } from "./frame/protocol.ts";

/** An error that the frame reported, with a stable code and what to do about it. */
export class FrameError extends Error {
  readonly code: string;
  readonly help: string;

  constructor({ code, message, help }: ErrorReport) {
    super(message);
    this.name = "FrameError";
    this.code = code;
    this.help = help;
  }
}

/** How to reach a frame. */
export interface FrameOptions {
  /** The origin of the frame's page; by default that of its `src`. `"*"` for a frame with `sandbox` and no `allow-same-origin`. */
  readonly origin?: string;
}

type Waiting = { readonly resolve: (value: never) => void; readonly reject: (error: FrameError) => void };

/** Uses the workbench in a frame. */
export class NucleoscopeFrame {
  /** Resolves when the frame listens. */
  readonly ready: Promise<void>;
  readonly #frame: HTMLIFrameElement;
  readonly #origin: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Set<(detail: never) => void>>();
  readonly #abort = new AbortController();
  #requests = 0;

  /** Call it before the frame has loaded, at best before its `src` is set. */
  constructor(frame: HTMLIFrameElement, options: FrameOptions = {}) {
    this.#frame = frame;
    this.#origin = options.origin ?? new URL(frame.src, document.baseURI).origin;
    this.ready = new Promise((resolve) => {
      const take = (event: MessageEvent): void => {
        const isFrom = event.source === frame.contentWindow;
        const isExpected = this.#origin === "*" || event.origin === this.#origin;
        if (!isFrom || !isExpected || !isMessage(event.data)) return;
        const message = event.data as FrameMessage;
        if (message.kind === "ready") resolve();
        else this.#take(message);
      };
      window.addEventListener("message", take, { signal: this.#abort.signal });
    });
  }

  /** Opens files; resolves when they are read. */
  open(files: readonly SentFile[]): Promise<FrameMethods["open"]["answer"]> {
    return this.#request("open", { files }, buffersOf(files));
  }

  /** Opens files; resolves to the results of all images. The buffers of files are moved to the frame. */
  segment(files: readonly SentFile[]): Promise<FrameMethods["segment"]["answer"]> {
    return this.#request("segment", { files }, buffersOf(files));
  }

  /** The measurements of all finished images. */
  measurements(): Promise<FrameMethods["measurements"]["answer"]> {
    return this.#request("measurements", {});
  }

  /** The files of all images in these formats. */
  export(formats: FrameMethods["export"]["arguments"]["formats"]): Promise<FrameMethods["export"]["answer"]> {
    return this.#request("export", { formats });
  }

  /** Changes properties of the element in the frame. */
  set(properties: FrameProperties): Promise<undefined> {
    return this.#request("set", properties);
  }

  /** Calls `listener` at each event of this name; the function returned ends that. */
  on<Name extends keyof NucleoScopeEventMap>(
    name: Name,
    listener: (detail: NucleoScopeEventMap[Name]["detail"]) => void,
  ): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Stops listening to the frame. Requests without an answer are rejected. */
  dispose(): void {
    this.#abort.abort();
    this.#listeners.clear();
    const error = new FrameError({
      code: "frame/disposed",
      message: "The client of the frame was disposed of.",
      help: "Create another client.",
    });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #request<Name extends keyof FrameMethods>(
    method: Name,
    content: FrameMethods[Name]["arguments"],
    transfer: Transferable[] = [],
  ): Promise<FrameMethods[Name]["answer"]> {
    await this.ready;
    const id = this.#requests++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request = { nucleoscope: version, kind: "request", id, method, arguments: content };
      this.#frame.contentWindow?.postMessage(request, this.#origin, transfer);
    });
  }

  #take(message: Exclude<FrameMessage, { readonly kind: "ready" }>): void {
    if (message.kind === "event") {
      for (const listener of this.#listeners.get(message.name) ?? []) listener(message.detail as never);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "answer") waiting?.resolve(message.value as never);
    else waiting?.reject(new FrameError(message.error));
  }
}

function buffersOf(files: readonly SentFile[]): ArrayBuffer[] {
  return files.flatMap(({ content }) => (content instanceof ArrayBuffer ? [content] : []));
}
