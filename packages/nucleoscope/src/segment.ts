import type { Engine, NucleiRequest } from "./engine/engine.ts";
import { imageSettings, type SegmentOptions } from "./segment-options.ts";
import { SegmentedImage } from "./segmented-image.ts";

/** No picture. */
const thumbnailSide = 0;

/**
 * Finds the nuclei in one image file.
 *
 * Throws an `EngineError` with a message, a code and help if the file or an option cannot be used.
 */
export async function segment(engine: Engine, file: Blob, options: SegmentOptions = {}): Promise<SegmentedImage> {
  const { signal, onProgress, keepPrediction = false } = options;
  const request: NucleiRequest = {
    imageId: "image",
    source: { blob: file, entry: null },
    ...imageSettings(options, engine.settingList),
    truth: null,
    edits: [],
  };
  const { nuclei, prediction } = await engine.segment(
    request,
    thumbnailSide,
    {
      signal,
      onProgress: (progress) => {
        if (progress.stage === "network") onProgress?.(progress.done / progress.total);
      },
    },
    keepPrediction ? Infinity : 0,
  );
  return SegmentedImage.of(engine, request, { nuclei, prediction: keepPrediction ? prediction : null }, signal);
}
