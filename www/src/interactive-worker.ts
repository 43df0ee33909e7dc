import type { BatchImage } from "./batch.ts";
import { reportOf } from "./engine/engine-error.ts";
import type { Engine, ImageRequest } from "./engine/engine.ts";
import type { ErrorReport, Segmented } from "./engine/protocol.ts";
import type { Settings } from "./wasm/nucleoscope.js";

/** Who wants to know what comes of it. */
export interface BenchListener {
  /** An image has other nuclei. */
  changed(image: BatchImage): void;
  /** An image's nuclei stay as they were, for a reason. */
  failed(image: BatchImage, error: ErrorReport): void;
}

/** The nuclei of an image that are being found anew. */
interface Relabelling {
  /** What they are found from. */
  readonly of: string;
  /** Other settings that came in the meantime. */
  wish: Settings | null;
}

/** Keeps the nuclei of finished images up with their tuning and their corrections. */
export class InteractiveWorker {
  readonly #listener: BenchListener;
  #engine: Engine | null = null;
  /** Images that are being cut anew. */
  readonly #running = new Map<BatchImage, Relabelling>();

  constructor(listener: BenchListener) {
    this.#listener = listener;
  }

  /** The engine that does it. */
  use(engine: Engine): void {
    this.#engine = engine;
  }

  /** Whether any image is being cut anew. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Whether it can be done without the network. */
  canRelabel(image: BatchImage): boolean {
    return image.state.kind === "done" && (image.maps !== null || image.startsFromTruth);
  }

  /**
   * Finds an image's nuclei anew from its maps. Of several wishes for one image that come while it
   * is being done, the last counts. `inHand`: goes before all others.
   */
  async relabel(image: BatchImage, settings: Settings, inHand: boolean): Promise<void> {
    const running = this.#running.get(image);
    if (running !== undefined) {
      // What is under way already need not be done again.
      running.wish = inputsOf(image, settings) === running.of ? null : settings;
      return;
    }
    let wish: Settings | null = settings;
    while (wish !== null) {
      const now: Relabelling = { of: inputsOf(image, wish), wish: null };
      this.#running.set(image, now);
      await this.#once(image, wish, inHand);
      wish = now.wish;
    }
    this.#running.delete(image);
    this.#listener.changed(image);
  }

  async #once(image: BatchImage, settings: Settings, inHand: boolean): Promise<void> {
    const before = image.state;
    try {
      const nuclei = await this.#nucleiOf(image, settings, inHand);
      // Sent to the network again, or removed, in the meantime: that counts.
      if (nuclei === null || image.state !== before) return;
      image.state = { kind: "done", result: nuclei };
      image.settings = settings;
      this.#listener.changed(image);
    } catch (error) {
      this.#listener.failed(image, reportOf(error));
    }
  }

  async #nucleiOf(image: BatchImage, settings: Settings, inHand: boolean): Promise<Segmented | null> {
    const engine = this.#engine;
    const request = requestOf(image);
    if (engine === null || request === null) return null;
    const whole = { ...request, truth: image.truth, settings, edits: image.edits.steps };
    if (image.startsFromTruth && image.truth !== null) return engine.correct(whole, image.truth);
    return image.maps === null ? null : engine.label(whole, image.maps, inHand);
  }
}

/** What an image's nuclei are found from, but for its maps. */
function inputsOf({ edits, startsFromTruth }: BatchImage, settings: Settings): string {
  return JSON.stringify([settings, edits.steps, startsFromTruth]);
}

/** What the engine must know to open an image; null for a file that is none. */
export function requestOf({ imageId, source, selection, pixelSize }: BatchImage): ImageRequest | null {
  return imageId === null || source === null ? null : { imageId, source, selection, pixelSize };
}
