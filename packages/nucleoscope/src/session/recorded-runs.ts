import type { BatchImage } from "./batch.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import type { ImageSource } from "../engine/protocol.ts";
import { setGroup } from "./groups.ts";
import type { Message } from "./messages.ts";
import { tuningOf } from "./tuning.ts";
import * as text from "../text.ts";
import type { Edit, ImageRecord, Setting } from "../wasm/nucleoscope.js";

/** A record (`nucleoscope.json`) among the files. */
export interface RecordSource {
  readonly path: string;
  readonly source: ImageSource;
}

/** Earlier runs that were read from records, and wait for their images to be added. */
export class RecordedRuns {
  readonly #waiting = new Map<string, ImageRecord>();
  /** Records that have been read, because each drop opens all files again. */
  readonly #read = new Set<Blob>();
  readonly #fromTruth = new Map<BatchImage, readonly Edit[]>();

  /** How many runs wait for their images. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Reads new records; returns messages about those that cannot be used. */
  async read(records: readonly RecordSource[], engine: Engine): Promise<Message[]> {
    const problems: Message[] = [];
    const fresh = records.filter(({ source }) => !this.#read.has(source.blob));
    for (const { path, source } of fresh) {
      try {
        for (const run of await engine.readRecord(source)) this.#waiting.set(run.id, run);
      } catch (error) {
        problems.push(text.fileNotUsed(path, reportOf(error)));
      }
    }
    for (const { source } of fresh) this.#read.add(source.blob);
    return problems;
  }

  /** Applies runs to their images; returns those images, and messages about differences. */
  async applyTo(
    images: readonly BatchImage[],
    engine: Engine,
  ): Promise<{ readonly images: readonly BatchImage[]; readonly messages: readonly Message[] }> {
    const applied: BatchImage[] = [];
    const messages: Message[] = [];
    const models = new Set<string>();
    for (const image of images) {
      const run = this.#waiting.get(image.imageId ?? "");
      if (run === undefined || image.source === null) continue;
      this.#waiting.delete(run.id);
      if (await isOtherFile(image.source, run, engine)) {
        messages.push(text.recordOfOtherFile(image.path));
      }
      if (run.model !== null && run.model.sha256 !== engine.modelIdentity.sha256) {
        models.add(`${run.model.name} ${run.model.version}`);
      }
      this.#apply(image, run, engine.settingList);
      applied.push(image);
    }
    for (const model of models) {
      const { name, version } = engine.modelIdentity;
      messages.push(text.recordOfOtherModel(model, `${name} ${version}`));
    }
    return { images: applied, messages };
  }

  /** The corrections of an image that start from its ground truth; returned once, when the image is finished. */
  editsFromTruth(image: BatchImage): readonly Edit[] | null {
    const edits = this.#fromTruth.get(image) ?? null;
    if (image.state.kind === "done") this.#fromTruth.delete(image);
    return edits;
  }

  #apply(image: BatchImage, run: ImageRecord, list: readonly Setting[]): void {
    image.recorded = run.settings;
    image.tuning = run.settings === null ? null : tuningOf(run.settings, list);
    image.selection = run.selection;
    image.pixelSize = run.pixelSize ?? image.pixelSize;
    image.regions = run.regions;
    image.gates = run.gates;
    image.positive = run.positive;
    image.cellExpansion = run.cellExpansion;
    if (run.group !== null) setGroup(image, run.group);
    if (run.start === "groundTruth") {
      image.edits.replace([]);
      this.#fromTruth.set(image, run.edits);
    } else image.edits.replace(run.edits);
  }
}

async function isOtherFile(source: ImageSource, { input }: ImageRecord, engine: Engine): Promise<boolean> {
  if (input.sha256 === "") return false;
  try {
    return (await engine.hash(source)) !== input.sha256;
  } catch {
    // A file that cannot be read is reported when it is segmented.
    return false;
  }
}
