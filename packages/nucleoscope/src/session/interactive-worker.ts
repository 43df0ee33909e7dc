import { isTiled, type BatchImage } from "./batch.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine, ImageRequest } from "../engine/engine.ts";
import type { ErrorReport, Segmented } from "../engine/protocol.ts";
import { hasTuning, type Tuning } from "./tuning.ts";
import type { Masks, Settings } from "../wasm/nucleoscope.js";

/** Callbacks of {@link InteractiveWorker}. */
export interface InteractiveListener {
  /** The nuclei of an image have changed. */
  changed(image: BatchImage): void;
  /** The nuclei of an image could not be updated and stay as they were. */
  failed(image: BatchImage, error: ErrorReport): void;
  /** A share, from 0 to 1, of a large image has been relabelled. */
  progressed(image: BatchImage, share: number): void;
}

/** A relabelling in progress. */
interface Relabelling {
  /** The key of its inputs. */
  readonly of: string;
  /** Settings requested in the meantime. */
  next: Settings | null;
  readonly controller: AbortController;
}

/** Updates the nuclei of finished images when their tuning or corrections change. */
export class InteractiveWorker {
  readonly #listener: InteractiveListener;
  #engine: Engine | null = null;
  /** Images that are being relabelled. */
  readonly #running = new Map<BatchImage, Relabelling>();

  constructor(listener: InteractiveListener) {
    this.#listener = listener;
  }

  /** Sets the engine. */
  use(engine: Engine): void {
    this.#engine = engine;
  }

  /** Whether any image is being relabelled. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Whether an image can be relabelled with settings without running the network. */
  canRelabel(image: BatchImage, settings: Settings): boolean {
    if (image.state.kind !== "done") return false;
    return image.prediction !== null || image.startsFromTruth || uncorrectedOf(image, settings) !== null;
  }

  /**
   * Finds an image's nuclei again from its prediction. Of several calls for one image while this runs,
   * only the last one counts. `isSelected`: the image is processed before all others.
   */
  async relabel(image: BatchImage, settings: Settings, isSelected: boolean): Promise<void> {
    const running = this.#running.get(image);
    if (running !== undefined) {
      // Nothing to add if the current run has the same inputs.
      running.next = inputsOf(image, settings) === running.of ? null : settings;
      // A large image takes too long to wait for a result that nobody needs.
      if (running.next !== null && isTiled(image)) running.controller.abort();
      return;
    }
    let next: Settings | null = settings;
    while (next !== null) {
      const now: Relabelling = { of: inputsOf(image, next), next: null, controller: new AbortController() };
      this.#running.set(image, now);
      await this.#once(image, next, isSelected, now.controller.signal);
      next = now.next;
    }
    this.#running.delete(image);
    this.#listener.changed(image);
  }

  async #once(image: BatchImage, settings: Settings, isSelected: boolean, signal: AbortSignal): Promise<void> {
    const before = image.state;
    try {
      const nuclei = await this.#nucleiOf(image, settings, isSelected, signal);
      // Dropped if the image was segmented again or removed in the meantime.
      if (nuclei === null || image.state !== before) return;
      image.state = { kind: "done", result: nuclei };
      image.settings = settings;
      this.#listener.changed(image);
    } catch (error) {
      if (!signal.aborted) this.#listener.failed(image, reportOf(error));
    }
  }

  async #nucleiOf(
    image: BatchImage,
    settings: Settings,
    isSelected: boolean,
    signal: AbortSignal,
  ): Promise<Segmented | null> {
    const engine = this.#engine;
    const request = requestOf(image);
    if (engine === null || request === null) return null;
    const whole = { ...request, truth: image.truth, settings, edits: image.edits.steps };
    if (image.startsFromTruth && image.truth !== null) return engine.correct(whole, image.truth);
    const { state, prediction } = image;
    const uncorrected = uncorrectedOf(image, settings);
    // Not cancelled: its worker keeps the decoded image, and it takes less than a second.
    if (state.kind === "done" && uncorrected !== null) return engine.correctTiled(whole, state.result, uncorrected);
    if (prediction === null) return null;
    return engine.label(whole, prediction, isSelected, {
      signal,
      onProgress: (progress) => {
        if (progress.stage === "network") this.#listener.progressed(image, progress.done / progress.total);
      },
    });
  }
}

/** A key of the inputs from which an image's nuclei are found, apart from its prediction. */
function inputsOf({ edits, startsFromTruth }: BatchImage, settings: Settings): string {
  return JSON.stringify([settings, edits.steps, startsFromTruth]);
}

/** The nuclei of a large image from which corrections start, if they were found with these settings. */
function uncorrectedOf({ state, settings: before }: BatchImage, settings: Settings): Masks | null {
  if (state.kind !== "done" || !hasTuning(settings, (before ?? {}) as Tuning)) return null;
  // Results that were kept by an earlier version lack them.
  return state.result.uncorrected ?? null;
}

/** What the engine needs to open an image; null for a file that is not an image. */
export function requestOf({ imageId, source, selection, pixelSize }: BatchImage): ImageRequest | null {
  return imageId === null || source === null ? null : { imageId, source, selection, pixelSize };
}
