import type { BatchImage } from "./batch.ts";
import type { ModelIdentity } from "./engine/protocol.ts";
import { gatesFromJson, gatesToJson, type Gate } from "./results/gates.ts";
import {
  asRecord,
  parseEdits,
  parseNetworkSettings,
  parseRegions,
  parseSelection,
  parseTuning,
  type Tuning,
} from "./tuning.ts";
import type { Edit, Region, Selection, Settings } from "./wasm/nucleoscope.js";

/** How an image's nuclei came about, as `nucleoscope.json` tells it. */
export interface RunRecord {
  readonly imageId: string;
  readonly network: Pick<Settings, "diameter">;
  readonly tuning: Partial<Tuning>;
  readonly selection: Selection;
  readonly edits: readonly Edit[];
  readonly regions: readonly Region[];
  readonly gates: readonly Gate[];
}

/** How an image's nuclei came about; the program adds itself and the hash of the image's file. */
export function recordOf(image: BatchImage, gates: readonly Gate[], model: ModelIdentity): Record<string, unknown> {
  return {
    input: { name: image.path.split(/[/\\]/).at(-1) ?? image.path, sha256: "" },
    // Ground truth comes from no model.
    model: image.startsFromTruth ? null : model,
    settings: image.startsFromTruth ? null : image.settings,
    // Written out, as the command line does: the same run gives the same file.
    selection: { channel: null, slice: "maximumProjection", frame: 0, ...image.selection },
    ...whereAny("edits", image.edits.steps),
    ...whereAny("regions", image.regions),
    ...whereAny("gates", gatesToJson(gates)),
  };
}

function whereAny(name: string, list: readonly unknown[]): Record<string, unknown> {
  return list.length === 0 ? {} : { [name]: list };
}

/** Whether a file's name is that of a record. */
export function isRecordName(path: string): boolean {
  return /nucleoscope\.json$/i.test(path);
}

/** A record's text; null where it is none. */
export function readRecord(text: string): RunRecord | null {
  let unknown: unknown;
  try {
    unknown = JSON.parse(text);
  } catch {
    return null;
  }
  const { image, settings, selection, edits, regions, gates } = asRecord(unknown);
  const { id: imageId } = asRecord(image);
  if (typeof imageId !== "string") return null;
  return {
    imageId,
    network: parseNetworkSettings(settings),
    tuning: parseTuning(settings),
    selection: parseSelection(selection),
    edits: parseEdits(edits),
    regions: parseRegions(regions),
    gates: readGates(gates),
  };
}

/** Gates that make no sense cost the gates, not the record. */
function readGates(unknown: unknown): Gate[] {
  try {
    return gatesFromJson(unknown ?? []);
  } catch {
    return [];
  }
}
