import { checkCount, EngineError } from "./engine/engine-error.ts";
import type { PixelSize, Selection, Setting, Settings } from "./wasm/nucleoscope.js";

/** How one image is segmented. Every option may be omitted; the settings are those of the command line. */
export interface SegmentOptions extends Settings {
  /** The channel to segment: its number from 1, or its name or a part of it. By default, the nuclear channel. */
  readonly channel?: number | string | undefined;
  /** The slice of a z-stack, from 1, or `"max"`, the default: the maximum projection. */
  readonly slice?: number | "max" | undefined;
  /** The frame of a time series, from 1. */
  readonly frame?: number | undefined;
  /** The size of a pixel in µm, or its width and height; by default, that of the file. */
  readonly pixelSize?: number | PixelSize | undefined;
  /** Cancels the work; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the finished share of the work, from 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** Options in the form in which the engine takes them. */
export interface ImageSettings {
  readonly settings: Settings;
  readonly selection: Selection;
  readonly pixelSize: PixelSize | null;
}

/**
 * Checks options and converts them. `settingList` is the list of the watershed's settings; their values are checked
 * when they are used.
 */
export function imageSettings(options: SegmentOptions, settingList: readonly Setting[]): ImageSettings {
  const { channel, slice, frame, pixelSize, signal: _, onProgress: __, ...settings } = options;
  const known = ["diameter", ...settingList.map(({ name }) => name)];
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new EngineError({
      code: "engine/bad-option",
      message: `There is no option ${unknown}.`,
      help: `The settings are ${known.join(", ")}.`,
    });
  }
  return {
    settings,
    selection: {
      channel: typeof channel === "number" ? indexOf(channel, "channel") : (channel ?? null),
      slice: slice === undefined || slice === "max" ? "maximumProjection" : { single: indexOf(slice, "slice") },
      frame: indexOf(frame ?? 1, "frame"),
    },
    pixelSize: typeof pixelSize === "number" ? { x: pixelSize, y: pixelSize } : (pixelSize ?? null),
  };
}

/** The index, from 0, of a number from 1. */
function indexOf(number: number, option: string): number {
  checkCount(number, option);
  return number - 1;
}
