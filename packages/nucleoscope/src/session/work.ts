import type { BatchImage } from "./batch.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import type { PredictionCache } from "./prediction-cache.ts";
import { TimeLeft } from "./time-left.ts";
import type { Settings } from "../wasm/nucleoscope.js";

/** The progress of segmenting the batch. */
export interface WorkProgress {
  /** Images that are finished, failed or cancelled. */
  readonly done: number;
  readonly total: number;
  /** The share of the pixels, from 0 to 1, including parts of images. */
  readonly fraction: number;
  readonly secondsLeft: number | null;
}

/** Callbacks of {@link Work}. */
export interface WorkListener {
  /** An image made progress, ended or got its thumbnail. */
  changed(image: BatchImage): void;
  /** All images have ended. */
  ended(): void;
}

/** An image that is being segmented. */
interface Run {
  readonly controller: AbortController;
  /** The share that is done, from 0 to 1. */
  part: number;
  /** The number of pixels; null until the image has been decoded. */
  pixels: number | null;
}

/** The longer side of the thumbnails, in device pixels. */
const thumbnailSide = 96;

/** Sends images to the engine and stores the results in them. */
export class Work {
  readonly #listener: WorkListener;
  readonly #cache: PredictionCache;
  #engine: Engine | null = null;
  /** Images that have been sent and have not ended. */
  readonly #running = new Map<BatchImage, Run>();
  #done = 0;
  /** The sum of the shares of running images that are done. */
  #parts = 0;
  /** How many images of this work have a known size, and how many of the running ones have not. */
  #sized = 0;
  #unsized = 0;
  /** The pixels of the images whose size is known, and how many of them are done. */
  #pixels = 0;
  #pixelsDone = 0;
  #timeLeft = new TimeLeft(0);

  /** `cache` keeps the predictions of finished images. */
  constructor(listener: WorkListener, cache: PredictionCache) {
    this.#listener = listener;
    this.#cache = cache;
  }

  /** Whether any image is being segmented or waits for it. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Sets the engine to send images to. */
  use(engine: Engine): void {
    this.#engine = engine;
  }

  /** Starts segmenting images, each with the settings that `settingsFor` returns. */
  start(images: readonly BatchImage[], settingsFor: (image: BatchImage) => Settings): void {
    const engine = this.#engine;
    if (engine === null) throw new Error("work was started before the engine was there");
    if (!this.busy) {
      this.#done = 0;
      this.#parts = 0;
      this.#sized = 0;
      this.#pixels = 0;
      this.#pixelsDone = 0;
      this.#timeLeft = new TimeLeft(performance.now());
    }
    for (const image of images) {
      if (this.#running.has(image) || image.source === null || image.imageId === null) continue;
      const run = { controller: new AbortController(), part: 0, pixels: null };
      this.#running.set(image, run);
      this.#unsized++;
      this.#advance(run, 0, pixelsOf(image));
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

  /** The current progress. */
  progress(): WorkProgress {
    const running = this.#running.size;
    const total = this.#done + running;
    // An image whose size is not known yet counts as one of average size.
    const all = this.#pixels + this.#unsized * (this.#sized === 0 ? 1 : this.#pixels / this.#sized);
    const fraction = running === 0 ? Math.sign(total) : this.#pixelsDone / all;
    const secondsLeft = this.#timeLeft.estimate(performance.now(), this.#done + this.#parts, total, fraction);
    return { done: this.#done, total, fraction, secondsLeft };
  }

  /** Sets the share of a run that is done, and its pixels; adds what has changed to the sums. */
  #advance(run: Run, part: number, pixels: number | null): void {
    if (run.pixels === null && pixels !== null) {
      this.#sized++;
      this.#unsized--;
    }
    const [now, before] = [pixels ?? 0, run.pixels ?? 0];
    this.#parts += part - run.part;
    this.#pixels += now - before;
    this.#pixelsDone += part * now - run.part * before;
    run.part = part;
    run.pixels = pixels;
  }

  #end(run: Run): void {
    this.#advance(run, 1, run.pixels);
    this.#parts--;
    if (run.pixels === null) this.#unsized--;
    this.#done++;
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
      const { nuclei, prediction, model } = await engine.segment(
        { imageId, source, selection, pixelSize, truth, settings: settings ?? {}, edits: image.edits.steps },
        thumbnailSide,
        {
          signal,
          onProgress: (progress) => {
            if (signal.aborted) return;
            if (progress.stage === "decoded") {
              image.thumbnail = progress.thumbnail;
              image.stack = progress.stack;
              this.#advance(run, run.part, pixelsOf(image));
              image.state = { kind: "working", fraction: 0, found: [] };
            } else {
              const found = image.state.kind === "working" ? image.state.found : [];
              const isFound = progress.stage === "found";
              if (!isFound) this.#advance(run, progress.done / Math.max(progress.total, 1), run.pixels);
              image.state = {
                kind: "working",
                fraction: run.part,
                found: isFound ? [...found, progress.outlines] : found,
              };
            }
            this.#listener.changed(image);
          },
        },
        this.#cache.maximumBytes,
      );
      // Segmented again if ground truth or another selection came in the meantime.
      const isOutdated = image.truth !== truth || image.selection !== selection;
      if (isOutdated && !signal.aborted) return await this.#segment(engine, image, imageId, source, run);
      image.startsFromTruth = false;
      image.model = model;
      image.state = { kind: "done", result: nuclei };
      if (prediction === null) this.#cache.remove(image);
      else this.#cache.put(image, prediction);
    } catch (error) {
      image.state = signal.aborted ? { kind: "cancelled" } : { kind: "failed", error: reportOf(error) };
    }
    this.#running.delete(image);
    this.#end(run);
    this.#listener.changed(image);
    if (!this.busy) this.#listener.ended();
  }
}

/** How many pixels an image has; null if that is not known yet. */
function pixelsOf({ thumbnail }: BatchImage): number | null {
  return thumbnail === null ? null : thumbnail.width * thumbnail.height;
}
