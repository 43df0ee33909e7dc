import { countBasis, countedOf, countFailureOf, type BatchImage } from "./batch.ts";
import { requestOf } from "./interactive-worker.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Segmented } from "../engine/protocol.ts";
import type { CountedNuclei, MeasurementTable } from "../wasm/nucleoscope.js";

/** Callbacks of {@link Counts}. */
export interface CountsListener {
  /** The nuclei of an image have been counted, or counting failed. */
  counted(image: BatchImage): void;
  /** All requested images have been counted. */
  settled(): void;
}

/**
 * Determines which nuclei of each image count. An image is measured once; when its regions or gates change,
 * only the measurements are checked again.
 */
export class Counts {
  readonly #listener: CountsListener;
  #engine: Engine | null = null;
  /** The measurements of a result's nuclei, with the pixel size and the expansion they were made for. */
  readonly #tables = new WeakMap<Segmented, { readonly of: string; readonly table: MeasurementTable }>();
  readonly #running = new Map<BatchImage, Promise<void>>();
  #turn = 0;

  constructor(listener: CountsListener) {
    this.#listener = listener;
  }

  /** Sets the engine that measures. */
  use(engine: Engine): void {
    this.#engine = engine;
  }

  /** The measurements of an image, and which of its nuclei count; null while they are not known. */
  of(image: BatchImage): { readonly table: MeasurementTable; readonly counted: CountedNuclei } | null {
    const table = this.tableOf(image);
    const counted = countedOf(image);
    return table === null || counted === null ? null : { table, counted };
  }

  /** Counts the nuclei of an image, before all others. */
  async ask(image: BatchImage): Promise<void> {
    await this.#keepUp(image, true);
  }

  /** Counts the nuclei of every finished image, one after the other; another call restarts this. */
  async askAll(images: readonly BatchImage[]): Promise<void> {
    const turn = ++this.#turn;
    for (const image of images) {
      await this.#keepUp(image, false);
      if (turn !== this.#turn) return;
    }
    this.#listener.settled();
  }

  /** Retries images that could not be measured or counted, the first one before all others. */
  async tryAgain(images: readonly BatchImage[]): Promise<void> {
    for (const image of images) image.countFailure = null;
    const [first] = images;
    if (first !== undefined) await this.ask(first);
  }

  /** Counts an image again until nothing about it has changed in the meantime. */
  #keepUp(image: BatchImage, isSelected: boolean): Promise<void> {
    const running = this.#running.get(image);
    if (running !== undefined) return running;
    const work = this.#count(image, isSelected).finally(() => this.#running.delete(image));
    this.#running.set(image, work);
    return work;
  }

  async #count(image: BatchImage, isSelected: boolean): Promise<void> {
    while (image.state.kind === "done" && this.of(image) === null && countFailureOf(image) === null) {
      const { result } = image.state;
      const of = countBasis(image, result);
      const { regions, gates, positive, pixelSize, cellExpansion } = of;
      const request = requestOf(image);
      const engine = this.#engine;
      if (engine === null || request === null) return;
      try {
        const table = this.tableOf(image) ?? (await engine.measure(request, result, cellExpansion));
        this.#tables.set(result, { of: keyOf(of), table });
        const size = { width: result.width, height: result.height, pixelSize: pixelSize ?? result.stack.pixelSize };
        const counted = await engine.count({ table, ...size, regions, gates, positive }, isSelected);
        image.counted = { ...counted, of };
      } catch (error) {
        image.countFailure = { of, error: reportOf(error) };
      }
    }
    this.#listener.counted(image);
  }

  /** The measurements of an image; null while they are not known. */
  tableOf(image: BatchImage): MeasurementTable | null {
    if (image.state.kind !== "done") return null;
    const known = this.#tables.get(image.state.result);
    return known?.of === keyOf(image) ? known.table : null;
  }
}

/** A key of what measurements depend on, besides the nuclei. */
function keyOf({ pixelSize, cellExpansion }: Pick<BatchImage, "pixelSize" | "cellExpansion">): string {
  return JSON.stringify([pixelSize, cellExpansion]);
}
