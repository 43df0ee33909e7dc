import type { BatchImage } from "./batch.ts";
import type { ModelIdentity } from "../engine/protocol.ts";
import type { GivenProvenance } from "../wasm/nucleoscope.js";

/** The content of an image's record: how its nuclei were found, and which of them count. */
export function provenanceOf(image: BatchImage, current: ModelIdentity): GivenProvenance {
  return {
    // Ground truth comes from no model.
    model: image.startsFromTruth ? null : (image.model ?? current),
    start: image.startsFromTruth ? "groundTruth" : "network",
    settings: image.startsFromTruth ? null : image.settings,
    selection: image.selection,
    pixelSize: image.pixelSize,
    edits: [...image.edits.steps],
    regions: [...image.regions],
    gates: [...image.gates],
    positive: image.positive,
    cellExpansion: image.cellExpansion,
    group: image.group,
  };
}
