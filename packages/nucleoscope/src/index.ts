/**
 * Finds, measures and exports cell nuclei in microscopy images, in workers, without a user interface.
 *
 * Importing this module has no side effects, also on a server; the engine itself needs a browser. For Node, there is
 * `nucleoscope/node`.
 */
import { Engine, type EngineOptions } from "./engine/engine.ts";

export { EngineError } from "./engine/engine-error.ts";
export { Engine, type EngineOptions, type ImageRequest, type NucleiRequest, type Source } from "./engine/engine.ts";
export type {
  BatchFile,
  CachedPrediction,
  CountRules,
  CountTask,
  Exported,
  ImageSource,
  Inferred,
  NamedBlob,
  Picture,
  Preview,
  Progress,
  Segmented,
  TiledPrediction,
  TruthSource,
} from "./engine/protocol.ts";
export type { ModelLimits } from "./engine/model-trial.ts";
export type { RunOptions } from "./engine/pool.ts";
export { segment } from "./segment.ts";
export type { SegmentOptions } from "./segment-options.ts";
export type { NucleusMeasurements, SegmentedImage } from "./segmented-image.ts";
export type * from "./wasm/nucleoscope.js";

/**
 * Loads the assets and starts an engine. By default, the assets are the package's own, beside this module; give the
 * addresses of copies, or their contents, to load them from elsewhere. A given model is tried in a worker of its own
 * before it is used, unless `modelLimits` is null.
 */
export function createEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  return Engine.create({
    ...options,
    wasm: options.wasm ?? new URL("./nucleoscope_bg.wasm", import.meta.url),
    model: options.model ?? new URL("./nuclei.onnx", import.meta.url),
    modelLimits: options.model === undefined ? null : options.modelLimits,
    worker: options.worker ?? new URL("./worker.js", import.meta.url),
  });
}
