import { EngineError } from "./engine/engine-error.ts";
import type { Engine, NucleiRequest } from "./engine/engine.ts";
import type { Inferred, Segmented } from "./engine/protocol.ts";
import { checkedSettings } from "./segment-options.ts";
import * as text from "./text.ts";
import type { StackInfo, Warning, WatershedSettings } from "./wasm/nucleoscope.js";

/**
 * The measurements of one nucleus: its number as `nucleus`, and the columns of `nuclei.csv` by their keys, such as
 * `area_px2`; null where there is no value.
 */
export type NucleusMeasurements = Readonly<{ nucleus: number } & Record<string, number | null>>;

/** The nuclei found in one image. */
export class SegmentedImage {
  /** The image's width in pixels. */
  readonly width: number;
  /** The image's height in pixels. */
  readonly height: number;
  /** The number of nuclei. */
  readonly count: number;
  /** For each pixel, row by row, the number of its nucleus, from 1; 0 is background. */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** The typical diameter of the nuclei in pixels; null without nuclei. */
  readonly diameter: number | null;
  /** The file's channels, slices, frames, bit depth and pixel size. */
  readonly stack: StackInfo;
  /** What was guessed, repaired or left out when the file was read. */
  readonly warnings: readonly Warning[];
  readonly #engine: Engine;
  readonly #request: NucleiRequest;
  readonly #nuclei: Segmented;
  readonly #prediction: Inferred["prediction"];

  /** Only {@link SegmentedImage.of} creates segmented images. */
  private constructor(
    engine: Engine,
    request: NucleiRequest,
    { nuclei, prediction }: Inferred,
    labels: Uint32Array<ArrayBuffer>,
  ) {
    this.width = nuclei.width;
    this.height = nuclei.height;
    this.count = nuclei.count;
    this.labels = labels;
    this.diameter = nuclei.diameter;
    this.stack = nuclei.stack;
    this.warnings = nuclei.stack.warnings;
    this.#engine = engine;
    this.#request = request;
    this.#nuclei = nuclei;
    this.#prediction = prediction;
  }

  /**
   * The result of a request.
   *
   * @internal
   */
  static async of(
    engine: Engine,
    request: NucleiRequest,
    inferred: Inferred,
    signal: AbortSignal | undefined,
  ): Promise<SegmentedImage> {
    return new SegmentedImage(engine, request, inferred, await engine.labels(inferred.nuclei, { signal }));
  }

  /**
   * Segments the image again with other settings, without running the network: fast enough for a slider. Settings
   * that are omitted have their default. The image must have been segmented with `keepPrediction`.
   */
  async adjust(
    settings: WatershedSettings,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<SegmentedImage> {
    const prediction = this.#prediction;
    if (prediction === null) {
      throw new EngineError({ code: "engine/no-prediction", ...text.predictionNotKept });
    }
    const { diameter = null } = this.#request.settings;
    const changed = checkedSettings({ ...settings, diameter }, this.#engine.settingList);
    const request = { ...this.#request, settings: changed };
    const nuclei = await this.#engine.label(request, prediction, true, { signal });
    return SegmentedImage.of(this.#engine, request, { nuclei, prediction }, signal);
  }

  /**
   * Measures every nucleus in every channel, in the order of their numbers. With `cellExpansion` above 0, nuclei are
   * expanded into cells by this distance, in µm if the pixel size is known, otherwise in pixels, and these are
   * measured, too.
   */
  async measurements({ cellExpansion = 0 }: { readonly cellExpansion?: number } = {}): Promise<NucleusMeasurements[]> {
    const { columns, rows, values } = await this.#engine.measure(this.#request, this.#nuclei, cellExpansion);
    return Array.from({ length: rows }, (_, row) => ({
      nucleus: row + 1,
      ...Object.fromEntries(columns.map(({ key }, column) => [key, finite(values[column * rows + row])])),
    }));
  }

  /**
   * The run-length encoding of every nucleus, in the order of their numbers: the `EncodedPixels` of the 2018 Data
   * Science Bowl's CSV.
   */
  async toRle(): Promise<string[]> {
    if (this.count === 0) return [];
    const csv = await this.#engine.csv([{ imageId: "image", masks: this.#nuclei.masks, included: null }]);
    const [, ...rows] = (await csv.text()).trimEnd().split("\n");
    return rows.map((row) => row.slice(row.indexOf(",") + 1));
  }
}

function finite(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
