import type {
  BatchFile,
  CachedMaps,
  ErrorReport,
  ImageSource,
  OpenedBatch,
  Picture,
  Segmented,
  TruthSource,
} from "./engine/protocol.ts";
import { History } from "./history.ts";
import type { Tuning } from "./tuning.ts";
import type { Edit, ImageScore, Region, Selection, Settings } from "./wasm/nucleoscope.js";

/** Where an image is on its way. */
export type ImageState =
  | { readonly kind: "waiting" }
  | { readonly kind: "working"; readonly fraction: number }
  | { readonly kind: "done"; readonly result: Segmented }
  | { readonly kind: "failed"; readonly error: ErrorReport }
  | { readonly kind: "cancelled" };

/** One entry of the list: an image, or a file that should have been one. */
export interface BatchImage {
  /** The id in the CSV; null for a file that could not be opened as an image at all. */
  readonly imageId: string | null;
  /** What the user knows it by: the file's name where that says as much as the id. */
  readonly name: string;
  readonly path: string;
  source: ImageSource | null;
  truth: TruthSource | null;
  ignoredInScoring: boolean;
  /** A small picture, from when the image has been decoded. */
  thumbnail: Picture | null;
  /** The settings its nuclei were found with. */
  settings: Settings | null;
  /** A tuning of its own, in place of the batch's. */
  tuning: Tuning | null;
  /** Which part of its stack is looked at. */
  selection: Selection;
  /** The side of a pixel in µm, where the user gave it. */
  pixelSize: number | null;
  /** The corrections of its nuclei. */
  readonly edits: History<Edit>;
  /** Only nuclei in one of these count; all where there is none. */
  regions: readonly Region[];
  /** Whether its nuclei are the ground truth's, to be corrected, instead of the network's. */
  startsFromTruth: boolean;
  /** The network's answer, as long as there is room for it. */
  maps: CachedMaps | null;
  state: ImageState;
}

/** Whether an image was so large that its maps are not kept: then its nuclei cannot be cut anew or corrected. */
export function isField({ state }: BatchImage): boolean {
  return state.kind === "done" && state.result.isField;
}

/** How many images are where. */
export interface Tally {
  readonly images: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly nuclei: number;
}

/** What came of opening more files. */
export interface Update {
  /** New entries of the list. */
  readonly added: BatchImage[];
  /** Images to be worked on again: with other ground truth, or with a new file in place of one that failed. */
  readonly again: BatchImage[];
  /** Files refused because their id is taken. */
  readonly duplicates: { readonly path: string; readonly error: ErrorReport }[];
}

/** A plan's failure when an id comes twice. */
const duplicateCode = "dataset/duplicate-id";

/** Everything the user has given, in the order of the list. */
export class Batch {
  readonly #files: BatchFile[] = [];
  readonly #positions = new Map<string, number>();
  readonly #images: BatchImage[] = [];
  readonly #byId = new Map<string, BatchImage>();
  readonly #byPath = new Map<string, BatchImage>();
  /** Failures that have been told, so that opening the files again does not tell them again. */
  readonly #told = new Set<string>();
  /** Paths of images that were taken off the list: opening more files does not bring them back. */
  readonly #removed = new Set<string>();
  /** The ids a sample submission asks for, in its order. */
  wanted: readonly string[] | null = null;

  /** Every entry of the list. */
  get images(): readonly BatchImage[] {
    return this.#images;
  }

  /** Whether an image that can be worked on is on the list. */
  has(image: BatchImage): boolean {
    return this.#byPath.get(image.path) === image;
  }

  /**
   * Remembers more files and returns all, so that images and their ground truth may come separately.
   * A path that was given before is refused, unless it is that of an image that failed or was removed:
   * the new file then takes its place.
   */
  remember(files: readonly BatchFile[]): { readonly files: readonly BatchFile[]; readonly refused: string[] } {
    const refused: string[] = [];
    for (const file of files) {
      const position = this.#positions.get(file.path);
      const isBack = this.#isWantedBack(file.path);
      if (position === undefined) {
        this.#positions.set(file.path, this.#files.length);
        this.#files.push(file);
      } else if (isBack || this.#byPath.get(file.path)?.state.kind === "failed") this.#files[position] = file;
      else refused.push(file.path);
    }
    return { files: [...this.#files], refused };
  }

  /** Forgets files that could not be opened, so that they can be given again. */
  forget(files: readonly BatchFile[]): void {
    const kept = this.#files.filter((file) => !files.includes(file));
    this.#files.splice(0, Infinity, ...kept);
    this.#positions.clear();
    for (const [position, { path }] of kept.entries()) this.#positions.set(path, position);
  }

  /** Takes an entry off the list, until its file is given again; returns its place. */
  remove(image: BatchImage): number {
    const place = this.#images.indexOf(image);
    if (place < 0) return place;
    this.#images.splice(place, 1);
    this.#removed.add(image.path);
    if (this.#byPath.get(image.path) === image) this.#byPath.delete(image.path);
    if (image.imageId !== null) this.#byId.delete(image.imageId);
    else if (image.state.kind === "failed") this.#told.delete(fingerprint(image.path, image.state.error));
    return place;
  }

  /** Puts an entry back where {@link remove} took it from. */
  putBack(image: BatchImage, place: number): void {
    this.#images.splice(place, 0, image);
    this.#removed.delete(image.path);
    if (image.imageId !== null) {
      this.#byId.set(image.imageId, image);
      this.#byPath.set(image.path, image);
    } else if (image.state.kind === "failed") this.#told.add(fingerprint(image.path, image.state.error));
  }

  /** Takes over what all files together turned out to be. */
  update(plan: OpenedBatch): Update {
    const update: Update = { added: [], again: [], duplicates: [] };
    this.wanted = plan.wanted;
    for (const planned of plan.images) {
      if (this.#removed.has(planned.path)) continue;
      const source = this.#sourceOf(planned.source);
      const truth = this.#truthOf(planned.truth);
      const known = this.#byId.get(planned.imageId);
      // More files can change the id that a path would get; an image on the list keeps its own.
      if (known?.path !== planned.path && this.#byPath.has(planned.path)) continue;
      if (known?.path === planned.path) {
        const isReplaced = !sameSource(known.source, source);
        const hasOtherTruth = !sameTruth(known.truth, truth);
        known.source = source;
        known.truth = truth;
        known.ignoredInScoring = planned.ignoredInScoring;
        if (isReplaced || (hasOtherTruth && known.state.kind === "done")) update.again.push(known);
      } else if (known !== undefined) {
        this.#tell(update, planned.path, taken(planned.imageId));
      } else {
        update.added.push(this.#add(planned, source, truth));
      }
    }
    for (const { path, error } of plan.failures) {
      // More files can come first for an id; the image on the list keeps it all the same.
      if (error.code === duplicateCode && this.#byPath.has(path)) continue;
      if (this.#removed.has(path)) continue;
      this.#tell(update, path, error);
    }
    this.#images.push(...update.added);
    return update;
  }

  /** Puts a file that could not be read on the list. */
  addFailure(path: string, error: ErrorReport): BatchImage {
    const image = failedFile(path, error);
    this.#images.push(image);
    return image;
  }

  /** How many images are where. */
  tally(): Tally {
    const tally = { images: this.#images.length, done: 0, failed: 0, cancelled: 0, nuclei: 0 };
    for (const { state } of this.#images) {
      if (state.kind === "done") {
        tally.done++;
        tally.nuclei += state.result.count;
      } else if (state.kind === "failed") tally.failed++;
      else if (state.kind === "cancelled") tally.cancelled++;
    }
    return tally;
  }

  /** The scores that count, of every finished image with ground truth. */
  scores(): ImageScore[] {
    return this.#images.flatMap(({ state, ignoredInScoring }) =>
      state.kind === "done" && state.result.score !== null && !ignoredInScoring ? [state.result.score] : [],
    );
  }

  #add(planned: OpenedBatch["images"][number], source: ImageSource, truth: TruthSource | null): BatchImage {
    const { imageId, path, ignoredInScoring } = planned;
    const image: BatchImage = {
      ...untouched(),
      imageId,
      name: nameOf(imageId, path),
      path,
      source,
      truth,
      ignoredInScoring,
      state: { kind: "waiting" },
    };
    this.#byId.set(imageId, image);
    this.#byPath.set(path, image);
    return image;
  }

  #tell(update: Update, path: string, error: ErrorReport): void {
    const known = fingerprint(path, error);
    if (this.#told.has(known)) return;
    this.#told.add(known);
    if (error.code === duplicateCode) update.duplicates.push({ path, error });
    else update.added.push(failedFile(path, error));
  }

  /** Whether a file, or an image within an archive, was removed and is now given again. */
  #isWantedBack(path: string): boolean {
    const back = [...this.#removed].filter((removed) => removed === path || removed.startsWith(`${path}/`));
    for (const removed of back) this.#removed.delete(removed);
    return back.length > 0;
  }

  #truthOf(truth: OpenedBatch["images"][number]["truth"]): TruthSource | null {
    if (truth === null) return null;
    if (truth.kind === "masks") {
      return { kind: "masks", sources: truth.sources.map((source) => this.#sourceOf(source)) };
    }
    return truth.kind === "labels" ? { kind: "labels", source: this.#sourceOf(truth.source) } : truth;
  }

  #sourceOf({ file, entry }: OpenedBatch["images"][number]["source"]): ImageSource {
    const given = this.#files[file];
    if (given === undefined) throw new Error(`the plan names file ${file}, which was not given`);
    return { blob: given.blob, entry };
  }
}

/** The file's name, unless the id was taken from its folder. */
function nameOf(imageId: string, path: string): string {
  const file = path.split(/[/\\]/).at(-1) ?? path;
  return file.startsWith(`${imageId}.`) ? file : imageId;
}

/** What every entry begins with. */
function untouched(): Pick<
  BatchImage,
  "thumbnail" | "settings" | "tuning" | "selection" | "pixelSize" | "edits" | "regions" | "startsFromTruth" | "maps"
> {
  return {
    thumbnail: null,
    settings: null,
    tuning: null,
    selection: {},
    pixelSize: null,
    edits: new History<Edit>(),
    regions: [],
    startsFromTruth: false,
    maps: null,
  };
}

function fingerprint(path: string, { code, message }: ErrorReport): string {
  return JSON.stringify([path, code, message]);
}

function taken(imageId: string): ErrorReport {
  return {
    code: duplicateCode,
    message: `An image with the id ${imageId} is on the list already.`,
    remedy: "Rename one of the two files, or remove all images first.",
  };
}

function failedFile(path: string, error: ErrorReport): BatchImage {
  return {
    imageId: null,
    name: path,
    path,
    ...untouched(),
    source: null,
    truth: null,
    ignoredInScoring: false,
    state: { kind: "failed", error },
  };
}

function sameTruth(left: TruthSource | null, right: TruthSource | null): boolean {
  if (left === null || right === null) return left === right;
  if (left.kind === "masks" && right.kind === "masks") {
    return (
      left.sources.length === right.sources.length &&
      left.sources.every((source, index) => sameSource(source, right.sources[index]))
    );
  }
  if (left.kind === "labels" && right.kind === "labels") return sameSource(left.source, right.source);
  if (left.kind === "runs" && right.kind === "runs") {
    return left.masks.length === right.masks.length && left.masks.every((mask, index) => mask === right.masks[index]);
  }
  return false;
}

function sameSource(left: ImageSource | null | undefined, right: ImageSource | undefined): boolean {
  return left?.blob === right?.blob && left?.entry === right?.entry;
}
