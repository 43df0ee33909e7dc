import { checkCount, EngineError } from "./engine/engine-error.ts";
import * as text from "./text.ts";
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
  /**
   * Whether the network's prediction is kept, 12 bytes a pixel, so that the image can be segmented again with other
   * settings (`SegmentedImage.adjust`). Of images above 4096 × 4096 pixels, none is kept.
   */
  readonly keepPrediction?: boolean | undefined;
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
 * Checks options and converts them. `settingList` is the list of the watershed's settings.
 */
export function imageSettings(options: SegmentOptions, settingList: readonly Setting[]): ImageSettings {
  const { channel, slice, frame, pixelSize, keepPrediction: _, signal: __, onProgress: ___, ...settings } = options;
  return {
    settings: checkedSettings(settings, settingList),
    selection: {
      channel: typeof channel === "number" ? indexOf(channel, "channel") : (channel ?? null),
      slice: slice === undefined || slice === "max" ? "maximumProjection" : { single: indexOf(slice, "slice") },
      frame: indexOf(frame ?? 1, "frame"),
    },
    pixelSize: typeof pixelSize === "number" ? { x: pixelSize, y: pixelSize } : (pixelSize ?? null),
  };
}

/** Throws if a setting does not exist, or if its value is out of range. */
export function checkedSettings(settings: Settings, settingList: readonly Setting[]): Settings {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    if (name === "diameter") {
      const isDiameter = value === null || (Number.isFinite(value) && (value as number) > 0);
      if (!isDiameter) throw badOption(name, value, text.numberAboveZero);
      continue;
    }
    const setting = settingList.find((other) => other.name === name);
    if (setting === undefined) {
      const names = ["diameter", ...settingList.map((known) => known.name)];
      throw new EngineError({ code: "engine/bad-option", ...text.unknownOption(name, names) });
    }
    checkSetting(value, setting);
  }
  return settings;
}

function checkSetting(value: unknown, { name, kind, minimum, maximum }: Setting): void {
  if (kind === "switch") {
    if (typeof value !== "boolean") throw badOption(name, value, text.trueOrFalse);
    return;
  }
  const isInRange = typeof value === "number" && value >= minimum && value <= maximum;
  if (isInRange && (kind === "number" || Number.isInteger(value))) return;
  throw badOption(name, value, text.numberBetween(kind === "count", minimum, maximum));
}

function badOption(name: string, value: unknown, expected: string): EngineError {
  return new EngineError({ code: "engine/bad-option", ...text.badOption(name, String(value), expected) });
}

/** The index, from 0, of a number from 1. */
function indexOf(number: number, option: string): number {
  checkCount(number, option);
  return number - 1;
}
