import type { BatchImage } from "./batch.ts";
import { reportOf } from "./engine/engine-error.ts";
import type { Engine } from "./engine/engine.ts";
import type { ImageSource } from "./engine/protocol.ts";
import type { Notice } from "./notices.ts";
import { tuningOf } from "./tuning.ts";
import type { Edit, ImageRecord, Setting } from "./wasm/nucleoscope.js";

/** A record among the files. */
export interface RecordSource {
  readonly path: string;
  readonly source: ImageSource;
}

/** Runs of earlier sessions, which wait for their images. */
export class RecordedRuns {
  readonly #waiting = new Map<string, ImageRecord>();
  /** Records that were read: every drop opens all files again. */
  readonly #read = new Set<Blob>();
  readonly #fromTruth = new Map<BatchImage, readonly Edit[]>();

  /** How many runs wait for their image. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Reads the records that were not read before; returns what is wrong with those that cannot be used. */
  async read(records: readonly RecordSource[], engine: Engine): Promise<Notice[]> {
    const problems: Notice[] = [];
    const fresh = records.filter(({ source }) => !this.#read.has(source.blob));
    for (const { path, source } of fresh) {
      try {
        for (const run of await engine.readRecord(source)) this.#waiting.set(run.id, run);
      } catch (error) {
        const { message, help } = reportOf(error);
        problems.push({ message: `${path} was not used: ${message}`, help });
      }
    }
    for (const { source } of fresh) this.#read.add(source.blob);
    return problems;
  }

  /** Gives images what their runs say; returns those images, and what does not fit. */
  async applyTo(
    images: readonly BatchImage[],
    engine: Engine,
  ): Promise<{ readonly images: readonly BatchImage[]; readonly notices: readonly Notice[] }> {
    const applied: BatchImage[] = [];
    const notices: Notice[] = [];
    const models = new Set<string>();
    for (const image of images) {
      const run = this.#waiting.get(image.imageId ?? "");
      if (run === undefined || image.source === null) continue;
      this.#waiting.delete(run.id);
      if (await isOtherFile(image.source, run, engine)) {
        notices.push({
          message: `${image.path} is not the file that the record tells of.`,
          help: "Its settings and corrections were used all the same; check the result.",
        });
      }
      if (run.model !== null && run.model.sha256 !== engine.modelIdentity.sha256) {
        models.add(`${run.model.name} ${run.model.version}`);
      }
      this.#give(image, run, engine.settingList);
      applied.push(image);
    }
    for (const model of models) {
      notices.push({
        message: `The record was made with another model (${model}); this page has ${engine.modelIdentity.name} ${engine.modelIdentity.version}.`,
        help: "Nuclei may differ from those of the record.",
      });
    }
    return { images: applied, notices };
  }

  /** The corrections of an image that began with its ground truth; they are handed out once. */
  editsFromTruth(image: BatchImage): readonly Edit[] | null {
    const edits = this.#fromTruth.get(image) ?? null;
    if (image.state.kind === "done") this.#fromTruth.delete(image);
    return edits;
  }

  #give(image: BatchImage, run: ImageRecord, list: readonly Setting[]): void {
    image.recorded = run.settings;
    image.tuning = run.settings === null ? null : tuningOf(run.settings, list);
    image.selection = run.selection;
    image.pixelSize = run.pixelSize ?? image.pixelSize;
    image.regions = run.regions;
    image.gates = run.gates;
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
    // One that cannot be read is told of when it is its turn.
    return false;
  }
}
