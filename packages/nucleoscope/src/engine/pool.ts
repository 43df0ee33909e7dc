import { checkCount, EngineError, messageOf } from "./engine-error.ts";
import * as text from "../text.ts";
import type { About, FromWorker, Outcomes, Progress, Task, ToWorker } from "./protocol.ts";
import { baseLimit, pixelsIn, decodedPixels, silenceLimit } from "./time-limit.ts";

/** The members of `Worker` that the pool uses. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToWorker): void;
  terminate(): void;
}

/** Options for running one task. */
export interface RunOptions {
  /** Cancels the task: a queued one is dropped; the worker of a running one is terminated and replaced. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Whether it is queued before tasks that are not: it belongs to an image that has been started. */
  readonly isAhead?: boolean | undefined;
}

interface Job {
  readonly id: number;
  readonly task: Task;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly isAhead: boolean;
  /** How often it has been passed to a worker. */
  tries: number;
  /** Pixels of its image; 0 if not known. */
  pixels: number;
  /** The timer of the pause before its next try. */
  pause: ReturnType<typeof setTimeout> | undefined;
  /** Ends the job: exactly one of `resolve` and `reject` is called, once. */
  readonly resolve: (outcome: Outcomes[Task["kind"]]) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  readonly worker: WorkerLike;
  ready: boolean;
  job: Job | null;
  /** Seconds without a message, while one is expected. */
  silence: number;
  /** Bytes of its module's memory. */
  heap: number;
  /** The timer that terminates the worker when it has been idle for long. */
  rest: ReturnType<typeof setTimeout> | undefined;
}

/** How often a task is tried whose worker crashes or stops answering; the same for starting a worker. */
export const attempts = 3;

/** Pauses before the second and the third try, in milliseconds. */
export const pauses = [250, 1000];

/** The factor by which each try may be silent longer than the one before: the computer may be busy. */
const silenceGrowth = 2;

/** Milliseconds between two checks for silent workers. */
const watchInterval = 1000;

/** A worker that has been idle for this many milliseconds is terminated, unless it is the last. */
export const idleTime = 30_000;

/** The last one is replaced if its module uses more bytes than this: its memory cannot shrink. */
export const keptHeap = 512 * 2 ** 20;

/**
 * The default number of workers: the page does almost nothing during a batch, so two cores get two workers; with
 * more cores, one stays free. At most four, because of memory.
 */
export function defaultWorkers(cores: number | undefined): number {
  const known = cores ?? 1;
  return Math.min(4, known <= 2 ? Math.max(1, known) : known - 1);
}

/**
 * Workers that share one queue.
 *
 * Workers are started when there is work for them, and terminated when there has been none for
 * {@link idleTime}; one is kept, but replaced if a large image has left it with much memory.
 *
 * A worker that crashes is replaced, and so is one that sends no message for longer than its task can
 * take. Its task is tried again after a pause, and after {@link attempts} tries fails with
 * `engine/crashed` or `engine/no-answer`; other tasks are not affected.
 */
export class Pool {
  readonly #start: () => WorkerLike;
  /** The most workers at once. */
  #size: number;
  readonly #slots = new Set<Slot>();
  readonly #queue: Job[] = [];
  /** Tasks that wait for their next try. */
  readonly #paused = new Set<Job>();
  readonly #about: Promise<About>;
  #settleAbout!: { resolve: (about: About) => void; reject: (error: unknown) => void };
  #refusal: EngineError | null = null;
  #failedStarts = 0;
  /** The timer of the pause after a worker could not be started. */
  #startPause: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #nextId = 1;
  #largestHeap = 0;

  /** `start` creates a worker and sends it its set-up; `size` is the most workers at once, 1 or more. */
  constructor(start: () => WorkerLike, size: number) {
    checkCount(size, "size");
    this.#start = start;
    this.#size = size;
    this.#about = new Promise((resolve, reject) => {
      this.#settleAbout = { resolve, reject };
    });
    // Callers of `warmUp` get the error; without a caller, it must not count as unhandled.
    this.#about.catch(() => undefined);
  }

  /** Starts a worker before the first task; resolves to what it reports when it is ready. */
  warmUp(): Promise<About> {
    if (this.#slots.size === 0 && this.#refusal === null) this.#addWorker();
    return this.#about;
  }

  /** The largest memory of any worker's module so far, in bytes. */
  get largestHeap(): number {
    return this.#largestHeap;
  }

  /** Queues a task; resolves to its outcome. */
  run<T extends Task>(task: T, { signal, onProgress, isAhead = false }: RunOptions = {}): Promise<Outcomes[T["kind"]]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#abort(job, signal?.reason);
      const job: Job = {
        id: this.#nextId++,
        task,
        onProgress,
        isAhead,
        tries: 0,
        pixels: pixelsIn(task),
        pause: undefined,
        resolve: (outcome) => {
          signal?.removeEventListener("abort", abort);
          // By the protocol, a worker ends a task with the outcome of the task's kind.
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

  /** Terminates every worker and rejects every task that has not ended. */
  dispose(): void {
    this.#refuse(new EngineError({ code: "engine/disposed", ...text.engineDisposed }));
  }

  #assign(): void {
    for (const slot of this.#slots) {
      while (slot.ready && slot.job === null && this.#queue.length > 0) this.#give(slot, this.#queue.shift());
      if (slot.ready && slot.job === null) this.#rest(slot);
    }
    if (this.#startPause === undefined) {
      const starting = [...this.#slots].filter((slot) => !slot.ready).length;
      const missing = Math.min(this.#queue.length - starting, this.#size - this.#slots.size);
      for (let added = 0; added < missing; added++) this.#addWorker();
    }
    this.#watchForSilence();
  }

  #give(slot: Slot, job: Job | undefined): void {
    if (job === undefined) return;
    clearTimeout(slot.rest);
    slot.rest = undefined;
    slot.job = job;
    slot.silence = 0;
    job.tries++;
    try {
      slot.worker.postMessage({ type: "task", id: job.id, task: job.task });
    } catch (error) {
      // A task that cannot be copied to this worker cannot be copied to another one either.
      slot.job = null;
      job.reject(error);
    }
  }

  /** Checks for silent workers regularly while messages are expected. */
  #watchForSilence(): void {
    const isMessageExpected = [...this.#slots].some((slot) => !slot.ready || slot.job !== null);
    if (!isMessageExpected) {
      clearTimeout(this.#watch);
      this.#watch = undefined;
      return;
    }
    this.#watch ??= setTimeout(() => {
      this.#watch = undefined;
      this.#checkSilence();
      this.#watchForSilence();
    }, watchInterval);
  }

  /** Adds up intervals instead of comparing times: while the computer sleeps, there are none. */
  #checkSilence(): void {
    for (const slot of [...this.#slots]) {
      if (slot.ready && slot.job === null) continue;
      slot.silence += watchInterval / 1000;
      const { job } = slot;
      const limit =
        job === null
          ? baseLimit * silenceGrowth ** this.#failedStarts
          : silenceLimit(job.task, job.pixels) * silenceGrowth ** (job.tries - 1);
      if (slot.silence >= limit) this.#crashed(slot, { isSilent: true, reason: text.silentFor(Math.round(limit)) });
    }
  }

  /** Terminates an idle worker after a while, to free its memory; the last one is kept or replaced. */
  #rest(slot: Slot): void {
    if (this.#slots.size === 1 && slot.heap <= keptHeap) return;
    slot.rest ??= setTimeout(() => {
      slot.rest = undefined;
      const isLast = this.#slots.size === 1;
      if (isLast && slot.heap <= keptHeap) return;
      this.#end(slot);
      if (isLast) this.#addWorker();
    }, idleTime);
    letProcessEnd(slot.rest);
  }

  #addWorker(): void {
    let worker: WorkerLike;
    try {
      worker = this.#start();
    } catch (error) {
      this.#startFailed(messageOf(error));
      return;
    }
    const slot: Slot = { worker, ready: false, job: null, silence: 0, heap: 0, rest: undefined };
    this.#slots.add(slot);
    worker.onmessage = ({ data }) => this.#receive(slot, data);
    worker.onmessageerror = () => this.#crashed(slot, { reason: text.messageUnreadable });
    worker.onerror = (event) => {
      event.preventDefault();
      this.#crashed(slot, { reason: event.message });
    };
    this.#watchForSilence();
  }

  #receive(slot: Slot, message: FromWorker): void {
    if (!this.#slots.has(slot)) return;
    slot.silence = 0;
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
        this.#crashed(slot, { reason: message.message });
        break;
      case "progress":
        if (slot.job?.id !== message.id) break;
        slot.job.pixels = Math.max(slot.job.pixels, decodedPixels(message.progress));
        slot.job.onProgress?.(message.progress);
        break;
      case "result":
        this.#recordHeap(slot, message.heap);
        this.#finish(slot, message.id)?.resolve(message.outcome);
        this.#assign();
        break;
      case "error":
        this.#recordHeap(slot, message.heap);
        this.#finish(slot, message.id)?.reject(new EngineError(message.error));
        this.#assign();
        break;
    }
  }

  #recordHeap(slot: Slot, heap: number): void {
    slot.heap = heap;
    this.#largestHeap = Math.max(this.#largestHeap, heap);
  }

  #finish(slot: Slot, id: number): Job | null {
    const { job } = slot;
    if (job?.id !== id) return null;
    slot.job = null;
    return job;
  }

  #crashed(slot: Slot, { reason, isSilent = false }: { readonly reason: string; readonly isSilent?: boolean }): void {
    if (!this.#slots.has(slot)) return;
    this.#end(slot);
    const { job } = slot;
    if (job === null) {
      if (!slot.ready) this.#startFailed(reason);
    } else if (job.tries < attempts) this.#tryAgain(job);
    else job.reject(isSilent ? noAnswer(reason) : crashed(reason));
    this.#assign();
  }

  /** Puts a task at the front of the queue after a pause that grows with each try. */
  #tryAgain(job: Job): void {
    this.#paused.add(job);
    job.pause = setTimeout(
      () => {
        this.#paused.delete(job);
        this.#queue.unshift(job);
        this.#assign();
      },
      pauses[job.tries - 1],
    );
  }

  #startFailed(reason: string): void {
    // Workers that were started together and fail together count once.
    if (this.#startPause !== undefined) return;
    this.#failedStarts++;
    if (this.#failedStarts < attempts) {
      this.#startPause = setTimeout(
        () => {
          this.#startPause = undefined;
          if (this.#slots.size === 0) this.#addWorker();
          this.#assign();
        },
        pauses[this.#failedStarts - 1],
      );
      return;
    }
    this.#failedStarts = 0;
    // Continues with the workers that could be started: there may be no memory for more.
    const started = [...this.#slots].filter(({ ready }) => ready).length;
    if (started > 0) this.#size = started;
    else this.#giveUp(reason);
  }

  /** No worker could be started: rejects all waiting tasks; later tasks try again. */
  #giveUp(reason: string): void {
    const error = new EngineError({ code: "engine/not-started", ...text.notStarted(reason) });
    this.#settleAbout.reject(error);
    for (const job of this.#queue.splice(0)) job.reject(error);
  }

  #abort(job: Job, reason: unknown): void {
    const position = this.#queue.indexOf(job);
    if (position >= 0) this.#queue.splice(position, 1);
    this.#wake(job);
    for (const slot of this.#slots) if (slot.job === job) this.#end(slot);
    job.reject(reason);
    this.#assign();
  }

  #refuse(error: EngineError): void {
    this.#refusal = error;
    this.#settleAbout.reject(error);
    clearTimeout(this.#startPause);
    const jobs = [...this.#queue.splice(0), ...this.#paused];
    for (const slot of [...this.#slots]) {
      if (slot.job !== null) jobs.push(slot.job);
      this.#end(slot);
    }
    for (const job of jobs) {
      this.#wake(job);
      job.reject(error);
    }
    this.#watchForSilence();
  }

  #wake(job: Job): void {
    this.#paused.delete(job);
    clearTimeout(job.pause);
  }

  #end(slot: Slot): void {
    this.#slots.delete(slot);
    clearTimeout(slot.rest);
    slot.worker.terminate();
  }
}

/** In Node, lets the process end before the timer has run; in a browser, does nothing. */
function letProcessEnd(timer: { readonly unref?: () => unknown } | number): void {
  if (typeof timer === "object") timer.unref?.();
}

function crashed(reason: string): EngineError {
  return new EngineError({ code: "engine/crashed", ...text.crashed(attempts, reason) });
}

function noAnswer(reason: string): EngineError {
  return new EngineError({ code: "engine/no-answer", ...text.noAnswer(attempts, reason) });
}
