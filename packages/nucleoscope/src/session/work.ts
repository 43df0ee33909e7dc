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
export const thumbnailSide = 96;

/** Sends images to the engine and stores the results in them. */
export class Work {
  readonly #listener: WorkListener;
  readonly #cache: PredictionCache;
  #engine: Engine | null = null;
  /** Images that have been sent and have not ended. */
  readonly #running = new Map<BatchImage, Run>();
  #done = 0;
  /** Images that have ended and whose size is known, and the sum of their pixels. */
  #measured = { images: 0, pixels: 0 };
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
      this.#measured = { images: 0, pixels: 0 };
      this.#timeLeft = new TimeLeft(performance.now());
    }
    for (const image of images) {
      if (this.#running.has(image) || image.source === null || image.imageId === null) continue;
      const run = { controller: new AbortController(), part: 0, pixels: pixelsOf(image) };
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

  /** The current progress. */
  progress(): WorkProgress {
    const runs = [...this.#running.values()];
    const known = runs.flatMap(({ pixels }) => pixels ?? []);
    const measured = this.#measured;
    // An image whose size is not known yet counts as one of average size.
    const sum = known.reduce((sofar, pixels) => sofar + pixels, measured.pixels);
    const average = sum > 0 ? sum / (measured.images + known.length) : 1;
    let [parts, done, all] = [this.#done, measured.pixels, measured.pixels];
    for (const { part, pixels } of runs) {
      parts += part;
      done += part * (pixels ?? average);
      all += pixels ?? average;
    }
    const total = this.#done + runs.length;
    const fraction = runs.length === 0 ? (total === 0 ? 0 : 1) : done / all;
    const secondsLeft = this.#timeLeft.estimate(performance.now(), parts, total, fraction);
    return { done: this.#done, total, fraction, secondsLeft };
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
              image.thumbnail?.bitmap.close();
              image.thumbnail = progress.picture;
              image.stack = progress.stack;
              run.pixels = pixelsOf(image);
              image.state = { kind: "working", fraction: 0, found: [] };
            } else {
              const found = image.state.kind === "working" ? image.state.found : [];
              const isFound = progress.stage === "found";
              if (!isFound) run.part = progress.done / Math.max(progress.total, 1);
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
    this.#done++;
    if (run.pixels !== null) {
      this.#measured = { images: this.#measured.images + 1, pixels: this.#measured.pixels + run.pixels };
    }
    this.#listener.changed(image);
    if (!this.busy) this.#listener.ended();
  }
}

/** How many pixels an image has; null if that is not known yet. */
function pixelsOf({ thumbnail }: BatchImage): number | null {
  return thumbnail === null ? null : thumbnail.width * thumbnail.height;
}
