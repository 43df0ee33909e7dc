import { EngineError } from "./engine-error.ts";
import type { About, FromWorker, Outcomes, Progress, Task, ToWorker } from "./protocol.ts";

/** The part of a Worker that the pool uses. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
}

/** How one task is run. */
export interface RunOptions {
  /** A queued task is dropped; the worker of a running one is ended and replaced. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Whether it goes before tasks that do not: a part of what was begun already. */
  readonly isAhead?: boolean | undefined;
  /** The parts of the task that are moved to the worker instead of copied. */
  readonly transfer?: Transferable[] | undefined;
}

interface Job {
  readonly id: number;
  readonly task: Task;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly isAhead: boolean;
  readonly transfer: Transferable[];
  /** Ends the job: called exactly once, with one of the two. */
  readonly resolve: (outcome: Outcomes[Task["kind"]]) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  readonly worker: WorkerLike;
  ready: boolean;
  job: Job | null;
  /** Bytes that its module has taken. */
  heap: number;
  /** Ends the worker when it has been without work for long. */
  rest: ReturnType<typeof setTimeout> | undefined;
}

/** So many workers in a row may fail to start before the queue is given up. */
const startAttempts = 3;

/** A worker without work for so many milliseconds is ended, unless it is the last. */
export const idleTime = 30_000;

/** The last one is replaced if its module has taken more bytes: it cannot give them back. */
export const keptHeap = 512 * 2 ** 20;

/**
 * How many workers suit a computer: the page does next to nothing during a batch, so two cores get
 * two workers; of more cores one stays free, and memory is not endless.
 */
export function defaultWorkers(cores: number | undefined): number {
  const known = cores ?? 1;
  return Math.min(4, known <= 2 ? Math.max(1, known) : known - 1);
}

/**
 * Workers that share one queue.
 *
 * Workers are started when there is work for them, and ended when there has been none for
 * {@link idleTime}; one stays warm, replaced if a large image has left it with much memory. One that crashes is replaced: the task in its hand ends with
 * `engine/crashed`, every other task goes on.
 */
export class Pool {
  readonly #start: () => WorkerLike;
  readonly #size: number;
  readonly #slots = new Set<Slot>();
  readonly #queue: Job[] = [];
  readonly #about: Promise<About>;
  #settleAbout!: { resolve: (about: About) => void; reject: (error: unknown) => void };
  #refusal: EngineError | null = null;
  #failedStarts = 0;
  #nextId = 1;
  #largestHeap = 0;

  /** `start` makes a worker that has already been sent its set-up. */
  constructor(start: () => WorkerLike, size: number) {
    this.#start = start;
    this.#size = size;
    this.#about = new Promise((resolve, reject) => {
      this.#settleAbout = { resolve, reject };
    });
    // Whoever asks gets the error; nobody asking is no fault.
    this.#about.catch(() => undefined);
  }

  /** Starts a worker ahead of the first task; resolves to what it says about itself. */
  warmUp(): Promise<About> {
    if (this.#slots.size === 0 && this.#refusal === null) this.#addWorker();
    return this.#about;
  }

  /** The most bytes that the module of any worker has taken so far. */
  get largestHeap(): number {
    return this.#largestHeap;
  }

  /** Queues a task; resolves to its outcome. */
  run<T extends Task>(
    task: T,
    { signal, onProgress, isAhead = false, transfer = [] }: RunOptions = {},
  ): Promise<Outcomes[T["kind"]]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#abort(job, signal?.reason);
      const job: Job = {
        id: this.#nextId++,
        task,
        onProgress,
        isAhead,
        transfer,
        resolve: (outcome) => {
          signal?.removeEventListener("abort", abort);
          // The worker ends a task with the outcome of its kind: that is the protocol.
          resolve(outcome as Outcomes[T["kind"]]);
        },
        reject: (error) => {
          signal?.removeEventListener("abort", abort);
          reject(error);
        },
      };
      signal?.addEventListener("abort", abort);
      const behind = isAhead ? this.#queue.findIndex((other) => !other.isAhead) : -1;
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, job);
      this.#assign();
    });
  }

  /** Ends every worker; every task that has not ended is rejected. */
  dispose(): void {
    this.#refuse(
      new EngineError({
        code: "engine/disposed",
        message: "The engine has been shut down.",
        remedy: "Reload the page.",
      }),
    );
  }

  #assign(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.job !== null) continue;
      const job = this.#queue.shift();
      if (job === undefined) {
        this.#rest(slot);
        continue;
      }
      clearTimeout(slot.rest);
      slot.rest = undefined;
      slot.job = job;
      slot.worker.postMessage({ type: "task", id: job.id, task: job.task }, job.transfer);
    }
    const starting = [...this.#slots].filter((slot) => !slot.ready).length;
    const wanted = Math.min(this.#queue.length - starting, this.#size - this.#slots.size);
    for (let added = 0; added < wanted; added++) this.#addWorker();
  }

  /** Gives an idle worker's memory back after a while; the last one stays, or another one for it. */
  #rest(slot: Slot): void {
    if (this.#slots.size === 1 && slot.heap <= keptHeap) return;
    slot.rest ??= setTimeout(() => {
      slot.rest = undefined;
      const isLast = this.#slots.size === 1;
      if (isLast && slot.heap <= keptHeap) return;
      this.#end(slot);
      if (isLast) this.#addWorker();
    }, idleTime);
  }

  #addWorker(): void {
    const slot: Slot = { worker: this.#start(), ready: false, job: null, heap: 0, rest: undefined };
    this.#slots.add(slot);
    slot.worker.onmessage = ({ data }) => this.#receive(slot, data);
    slot.worker.onmessageerror = () => this.#crashed(slot, "a message could not be read");
    slot.worker.onerror = (event) => {
      event.preventDefault();
      this.#crashed(slot, event.message);
    };
  }

  #receive(slot: Slot, message: FromWorker): void {
    if (!this.#slots.has(slot)) return;
    switch (message.type) {
      case "ready":
        slot.ready = true;
        this.#failedStarts = 0;
        this.#settleAbout.resolve(message.about);
        this.#assign();
        break;
      case "refused":
        this.#refuse(new EngineError(message.error));
        break;
      case "crash":
        this.#crashed(slot, message.message);
        break;
      case "progress":
        if (slot.job?.id === message.id) slot.job.onProgress?.(message.progress);
        break;
      case "result":
        this.#weigh(slot, message.heap);
        this.#finish(slot, message.id)?.resolve(message.outcome);
        this.#assign();
        break;
      case "error":
        this.#weigh(slot, message.heap);
        this.#finish(slot, message.id)?.reject(new EngineError(message.error));
        this.#assign();
        break;
    }
  }

  #weigh(slot: Slot, heap: number): void {
    slot.heap = heap;
    this.#largestHeap = Math.max(this.#largestHeap, heap);
  }

  #finish(slot: Slot, id: number): Job | null {
    const { job } = slot;
    if (job?.id !== id) return null;
    slot.job = null;
    return job;
  }

  #crashed(slot: Slot, reason: string): void {
    if (!this.#slots.has(slot)) return;
    this.#end(slot);
    if (slot.job !== null) {
      slot.job.reject(
        new EngineError({
          code: "engine/crashed",
          message: `The program stopped unexpectedly while it worked on this image (${reason}).`,
          remedy: "The other images are not affected. Try this one again by itself, or at a smaller size.",
        }),
      );
    } else if (!slot.ready) {
      this.#failedStarts++;
      if (this.#failedStarts >= startAttempts) this.#giveUp(reason);
      else this.#addWorker();
    }
    this.#assign();
  }

  /** No worker could be started: whoever waits for one is told, and later tasks may try again. */
  #giveUp(reason: string): void {
    this.#failedStarts = 0;
    const error = new EngineError({
      code: "engine/not-started",
      message: `The program could not be started (${reason}).`,
      remedy: "Close other tabs to free memory, then reload the page. It needs a browser of 2023 or newer.",
    });
    this.#settleAbout.reject(error);
    for (const job of this.#queue.splice(0)) job.reject(error);
  }

  #abort(job: Job, reason: unknown): void {
    const position = this.#queue.indexOf(job);
    if (position >= 0) this.#queue.splice(position, 1);
    for (const slot of this.#slots) if (slot.job === job) this.#end(slot);
    job.reject(reason);
    this.#assign();
  }

  #refuse(error: EngineError): void {
    this.#refusal = error;
    this.#settleAbout.reject(error);
    const jobs = this.#queue.splice(0);
    for (const slot of [...this.#slots]) {
      if (slot.job !== null) jobs.push(slot.job);
      this.#end(slot);
    }
    for (const job of jobs) job.reject(error);
  }

  #end(slot: Slot): void {
    this.#slots.delete(slot);
    clearTimeout(slot.rest);
    slot.worker.terminate();
  }
}
