import type { BatchImage } from "./batch.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine, ImageRequest } from "../engine/engine.ts";
import type { ErrorReport, Segmented } from "../engine/protocol.ts";
import type { Settings } from "../wasm/nucleoscope.js";

/** Callbacks of {@link InteractiveWorker}. */
export interface InteractiveListener {
  /** The nuclei of an image have changed. */
  changed(image: BatchImage): void;
  /** The nuclei of an image could not be updated and stay as they were. */
  failed(image: BatchImage, error: ErrorReport): void;
}

/** A relabelling in progress. */
interface Relabelling {
  /** The key of its inputs. */
  readonly of: string;
  /** Settings requested in the meantime. */
  next: Settings | null;
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

  /** Whether an image can be relabelled without running the network. */
  canRelabel(image: BatchImage): boolean {
    return image.state.kind === "done" && (image.prediction !== null || image.startsFromTruth);
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
      return;
    }
    let next: Settings | null = settings;
    while (next !== null) {
      const now: Relabelling = { of: inputsOf(image, next), next: null };
      this.#running.set(image, now);
      await this.#once(image, next, isSelected);
      next = now.next;
    }
    this.#running.delete(image);
    this.#listener.changed(image);
  }

  async #once(image: BatchImage, settings: Settings, isSelected: boolean): Promise<void> {
    const before = image.state;
    try {
      const nuclei = await this.#nucleiOf(image, settings, isSelected);
      // Dropped if the image was segmented again or removed in the meantime.
      if (nuclei === null || image.state !== before) return;
      image.state = { kind: "done", result: nuclei };
      image.settings = settings;
      this.#listener.changed(image);
    } catch (error) {
      this.#listener.failed(image, reportOf(error));
    }
  }

  async #nucleiOf(image: BatchImage, settings: Settings, isSelected: boolean): Promise<Segmented | null> {
    const engine = this.#engine;
    const request = requestOf(image);
    if (engine === null || request === null) return null;
    const whole = { ...request, truth: image.truth, settings, edits: image.edits.steps };
    if (image.startsFromTruth && image.truth !== null) return engine.correct(whole, image.truth);
    return image.prediction === null ? null : engine.label(whole, image.prediction, isSelected);
  }
}

/** A key of the inputs from which an image's nuclei are found, apart from its prediction. */
function inputsOf({ edits, startsFromTruth }: BatchImage, settings: Settings): string {
  return JSON.stringify([settings, edits.steps, startsFromTruth]);
}

/** What the engine needs to open an image; null for a file that is not an image. */
export function requestOf({ imageId, source, selection, pixelSize }: BatchImage): ImageRequest | null {
  return imageId === null || source === null ? null : { imageId, source, selection, pixelSize };
}
