import type { BatchImage } from "./batch.ts";
import { reportOf } from "./engine/engine-error.ts";
import type { Engine } from "./engine/engine.ts";
import type { PredictionCache } from "./prediction-cache.ts";
import { TimeLeft } from "./time-left.ts";
import type { Settings } from "./wasm/nucleoscope.js";

/** How far the work on the batch is. */
export interface WorkProgress {
  /** Images that have ended, well or not. */
  readonly done: number;
  readonly total: number;
  /** From 0 to 1; parts of images count. */
  readonly fraction: number;
  readonly secondsLeft: number | null;
}

/** Who wants to know how the work goes. */
export interface WorkListener {
  /** An image went on, ended or got its small picture. */
  changed(image: BatchImage): void;
  /** No image is left to work on. */
  ended(): void;
}

/** An image on its way. */
interface Run {
  readonly controller: AbortController;
  /** The part of it that is done. */
  part: number;
}

/** The longer side of the small pictures in the list, in device pixels. */
const thumbnailSide = 96;

/** Sends images to the engine and writes down what comes back. */
export class Work {
  readonly #listener: WorkListener;
  readonly #cache: PredictionCache;
  #engine: Engine | null = null;
  /** Images sent and not ended. */
  readonly #running = new Map<BatchImage, Run>();
  #done = 0;
  #timeLeft = new TimeLeft(0);

  /** `cache` takes the maps of finished images. */
  constructor(listener: WorkListener, cache: PredictionCache) {
    this.#listener = listener;
    this.#cache = cache;
  }

  /** Whether any image is being worked on or waits for it. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** The engine to send images to. */
  use(engine: Engine): void {
    this.#engine = engine;
  }

  /** Begins with more images at once, each with the settings that `settingsFor` names. */
  start(images: readonly BatchImage[], settingsFor: (image: BatchImage) => Settings): void {
    const engine = this.#engine;
    if (engine === null) throw new Error("work was started before the engine was there");
    if (!this.busy) {
      this.#done = 0;
      this.#timeLeft = new TimeLeft(performance.now());
    }
    for (const image of images) {
      if (this.#running.has(image) || image.source === null || image.imageId === null) continue;
      const run = { controller: new AbortController(), part: 0 };
      this.#running.set(image, run);
      image.settings = settingsFor(image);
      image.state = { kind: "waiting" };
      this.#listener.changed(image);
      void this.#segment(engine, image, image.imageId, image.source, run);
    }
  }

  /** Stops everything that has not ended. */
  cancel(): void {
    for (const { controller } of this.#running.values()) controller.abort();
  }

  /** Stops the work on one image. */
  cancelOne(image: BatchImage): void {
    this.#running.get(image)?.controller.abort();
  }

  /** How far the work is. */
  progress(): WorkProgress {
    let parts = this.#done;
    for (const { part } of this.#running.values()) parts += part;
    const total = this.#done + this.#running.size;
    return {
      done: this.#done,
      total,
      fraction: total === 0 ? 0 : parts / total,
      secondsLeft: this.#timeLeft.estimate(performance.now(), parts, total),
    };
  }

  async #segment(
    engine: Engine,
    image: BatchImage,
    imageId: string,
    source: NonNullable<BatchImage["source"]>,
    run: Run,
  ): Promise<void> {
    const { signal } = run.controller;
    const { truth, settings, selection, pixelSize } = image;
    try {
      const { nuclei, maps } = await engine.segment(
        { imageId, source, selection, pixelSize, truth, settings: settings ?? {}, edits: image.edits.steps },
        thumbnailSide,
        {
          signal,
          onProgress: (progress) => {
            if (signal.aborted) return;
            if (progress.stage === "decoded") {
              image.thumbnail?.bitmap.close();
              image.thumbnail = progress.picture;
              image.state = { kind: "working", fraction: 0 };
            } else {
              const fraction = progress.done / Math.max(progress.total, 1);
              run.part = fraction;
              image.state = { kind: "working", fraction };
            }
            this.#listener.changed(image);
          },
        },
      );
      // Ground truth that came in the meantime is still to be compared with.
      const isOutdated = image.truth !== truth || image.selection !== selection;
      if (isOutdated && !signal.aborted) return await this.#segment(engine, image, imageId, source, run);
      image.startsFromTruth = false;
      image.state = { kind: "done", result: nuclei };
      if (maps === null) this.#cache.remove(image);
      else this.#cache.put(image, maps);
    } catch (error) {
      image.state = signal.aborted ? { kind: "cancelled" } : { kind: "failed", error: reportOf(error) };
    }
    this.#running.delete(image);
    this.#done++;
    this.#listener.changed(image);
    if (!this.busy) this.#listener.ended();
  }
}
