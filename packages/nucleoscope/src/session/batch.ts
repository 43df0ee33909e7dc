import type {
  BatchFile,
  CountRules,
  ErrorReport,
  ImageSource,
  Inferred,
  ModelIdentity,
  Segmented,
  Thumbnail,
  TruthSource,
} from "../engine/protocol.ts";
import { regroup, setGroup, type GroupChange, type GroupRule } from "./groups.ts";
import { History } from "./history.ts";
import type { Tuning } from "./tuning.ts";
import { plain } from "../plain-text.ts";
import * as text from "../text.ts";
import type {
  BatchPlan,
  CountedNuclei,
  CsvImage,
  Edit,
  Gate,
  ImageScore,
  Outlines,
  PixelSize,
  PlannedImage,
  PlannedRecord,
  PlannedTruth,
  Region,
  Selection,
  Settings,
  Source,
  StackInfo,
  Threshold,
} from "../wasm/nucleoscope.js";

/** The processing state of an image. */
export type ImageState =
  | { readonly kind: "waiting" }
  /** `found`: the outlines in each finished block of a large image; some nuclei may be in two blocks. */
  | { readonly kind: "working"; readonly fraction: number; readonly found: readonly Outlines[] }
  | { readonly kind: "done"; readonly result: Segmented }
  | { readonly kind: "failed"; readonly error: ErrorReport }
  | { readonly kind: "cancelled" };

/** One entry of the list: an image, or a file that could not be opened as one. */
export interface BatchImage {
  /**
   * The id in the CSV; null for a file that could not be opened as an image. The folder is added to it once
   * another image of the same name is opened.
   */
  imageId: string | null;
  /** The beginning of its exported files' names; empty without an id. */
  fileStem: string;
  /** The name shown: the file's name, unless the id contains more; plain text. */
  name: string;
  readonly path: string;
  source: ImageSource | null;
  truth: TruthSource | null;
  ignoredInScoring: boolean;
  /** A small picture, available once the image has been decoded. */
  thumbnail: Thumbnail | null;
  /** What its file contains; null until it has been decoded. */
  stack: StackInfo | null;
  /** The settings its nuclei were found with. */
  settings: Settings | null;
  /** The model that found its nuclei; null before, and in sessions that an earlier version kept. */
  model: ModelIdentity | null;
  /** A tuning for this image only, instead of the batch's. */
  tuning: Tuning | null;
  /** The settings of an earlier run that is to be repeated. */
  recorded: Settings | null;
  /** Which channel, slice and frame of its stack is used. */
  selection: Selection;
  /** The pixel size in µm, if the user gave one. */
  pixelSize: PixelSize | null;
  /** The corrections of its nuclei. */
  readonly edits: History<Edit>;
  /** Only nuclei in one of these count; without regions, all do. */
  regions: readonly Region[];
  /** Only nuclei that pass all of these count. */
  gates: readonly Gate[];
  /** A counted nucleus is positive if it reaches this threshold; null if nuclei are not classified. */
  positive: Threshold | null;
  /** The distance by which nuclei are expanded into cells, in µm or, without a pixel size, in pixels; 0: no cells. */
  cellExpansion: number;
  /** The last result of counting, and what it was computed from; see `countedOf`. */
  counted: (CountedNuclei & { readonly of: CountBasis }) | null;
  /** Why counting failed, and for which input; see `countFailureOf`. Only the user starts another attempt. */
  countFailure: CountFailure | null;
  /** The group (condition) that it belongs to: empty if it is in none, null if none was found by folder. */
  group: string | null;
  /** Whether its group was set by hand or by a record, so that the batch's rule does not change it. */
  hasOwnGroup: boolean;
  /** Whether its nuclei start from the ground truth instead of the network's prediction. */
  startsFromTruth: boolean;
  /** The network's prediction, while it is in the cache. */
  prediction: Inferred["prediction"];
  state: ImageState;
}

/** What the counts of an image depend on. */
export interface CountBasis extends CountRules {
  readonly result: Segmented;
  readonly pixelSize: PixelSize | null;
  readonly cellExpansion: number;
}

/** What the counts of a finished image with this result depend on. */
export function countBasis(image: BatchImage, result: Segmented): CountBasis {
  const { regions, gates, positive, pixelSize, cellExpansion } = image;
  return { result, regions, gates, positive, pixelSize, cellExpansion };
}

/** Whether the counts of an image still depend on the same. */
function isCurrent(of: CountBasis, image: BatchImage): boolean {
  if (image.state.kind !== "done") return false;
  const now = countBasis(image, image.state.result);
  return (Object.keys(now) as (keyof CountBasis)[]).every((key) => of[key] === now[key]);
}

/** Why nuclei could not be measured or counted, and with which input. */
export interface CountFailure {
  readonly of: CountBasis;
  readonly error: ErrorReport;
}

/** Whether an image was segmented in blocks. */
export function isTiled({ state }: BatchImage): boolean {
  return state.kind === "done" && state.result.isTiled;
}

/** Whether a large image has to be segmented again to change its tuning: its predictions are not kept. */
export function needsNetwork(image: BatchImage): boolean {
  return isTiled(image) && image.prediction === null;
}

/** Whether the nuclei of an image can be corrected; a large image kept by an earlier version lacks what is needed. */
export function canCorrect({ state }: BatchImage): boolean {
  return state.kind !== "done" || !state.result.isTiled || state.result.uncorrected != null;
}

/** Whether every nucleus of an image counts: there are no regions and no gates. */
function countsAll({ regions, gates }: BatchImage): boolean {
  return regions.length === 0 && gates.length === 0;
}

/** Which nuclei of a finished image count; null while that is not known. */
export function countedOf(image: BatchImage): CountedNuclei | null {
  const { counted } = image;
  return counted !== null && isCurrent(counted.of, image) ? counted : null;
}

/** Why the nuclei of a finished image could not be counted; null if they were, or will be. */
export function countFailureOf(image: BatchImage): ErrorReport | null {
  const { countFailure } = image;
  return countFailure !== null && isCurrent(countFailure.of, image) ? countFailure.error : null;
}

/** Text: how many nuclei a finished image has and how many count; empty for other images. */
export function countWords(image: BatchImage): string {
  if (image.state.kind !== "done") return "";
  const { count } = image.state.result;
  const known = countOf(image);
  if (known === null && countFailureOf(image) !== null) return text.nucleiNotCounted(count);
  return text.countedNuclei(known, count);
}

/** How many nuclei of a finished image count; null while that is not known. */
export function countOf(image: BatchImage): number | null {
  if (image.state.kind !== "done") return null;
  return countsAll(image) ? image.state.result.count : (countedOf(image)?.summary.included ?? null);
}

/** The nuclei of an image, and which of them the Bowl's CSV has; null while that is not known. */
export function csvNucleiOf(image: BatchImage): Pick<CsvImage, "masks" | "included"> | null {
  if (image.state.kind !== "done") return null;
  const { masks } = image.state.result;
  if (countsAll(image)) return { masks, included: null };
  const counted = countedOf(image);
  return counted === null ? null : { masks, included: counted.included };
}

/** How many images and nuclei the batch has, by state. */
export interface Tally {
  readonly images: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  /** All nuclei. */
  readonly nuclei: number;
  /** Nuclei that count; null until that is known for every image. */
  readonly counted: number | null;
  /** Finished images whose nuclei could not be counted; `counted` has none of theirs. */
  readonly uncounted: number;
}

/** How the list changes when more files are opened. */
export interface Update {
  /** New entries of the list. */
  readonly added: BatchImage[];
  /** Images to be segmented again: their ground truth changed, or a new file replaces one that failed. */
  readonly again: BatchImage[];
  /** Images whose id and name changed. */
  readonly renamed: BatchImage[];
}

/** All files and images that the user added, in the order of the list. */
export class Batch {
  readonly #files: BatchFile[] = [];
  readonly #positions = new Map<string, number>();
  readonly #images: BatchImage[] = [];
  readonly #byPath = new Map<string, BatchImage>();
  /** Failures that are on the list already, so that opening the files again does not repeat them. */
  readonly #reported = new Set<string>();
  /** Paths of images that were removed from the list: opening more files does not bring them back. */
  readonly #removed = new Set<string>();
  /** The image ids in the sample submission, in its order; null without one. */
  requestedIds: readonly string[] | null = null;
  #groupRule: GroupRule = { kind: "folder" };

  /** Every entry of the list. */
  get images(): readonly BatchImage[] {
    return this.#images;
  }

  /** Every file that was added and not refused, in the order in which they were added. */
  get files(): readonly BatchFile[] {
    return this.#files;
  }

  /** The paths of images that were removed from the list. */
  get removedPaths(): readonly string[] {
    return [...this.#removed];
  }

  /** Leaves images of these paths out of the list, until their files are added again. */
  leaveOut(paths: readonly string[]): void {
    for (const path of paths) this.#removed.add(path);
  }

  /** How the groups of images are found that were not set by hand. */
  get groupRule(): GroupRule {
    return this.#groupRule;
  }

  /** Changes the groups of images. */
  changeGroups(change: GroupChange): void {
    if (change.kind === "hand") {
      for (const image of this.#images) if (change.paths.has(image.path)) setGroup(image, change.name);
      return;
    }
    this.#groupRule = change.rule;
    for (const image of this.#images) image.hasOwnGroup = false;
    this.#regroup();
  }

  #regroup(): void {
    regroup(
      this.#images.filter(({ imageId }) => imageId !== null),
      this.#groupRule,
    );
  }

  /** Whether an image is on the list and was opened successfully. */
  has(image: BatchImage): boolean {
    return this.#byPath.get(image.path) === image;
  }

  /**
   * Adds files and returns all of them, so that images and their ground truth can be added separately.
   * A file that was added before is refused, unless its image failed or was removed, or it is a record: the new
   * file then replaces it. A different file with the same path gets a new path.
   */
  async remember(
    files: readonly BatchFile[],
  ): Promise<{ readonly files: readonly BatchFile[]; readonly refused: string[] }> {
    const refused: string[] = [];
    const others = new Set<BatchFile>();
    for (const file of files) if (await this.#isOther(file)) others.add(file);
    // Two files with the same name in one drop are different files, from different folders.
    const seen = new Set<string>();
    const repeated = new Set<string>();
    for (const { path } of files) (seen.has(path) ? repeated : seen).add(path);
    // A folder is renamed as a whole, so that masks stay beside their images.
    const folders = new Map<string, string>();
    for (const { path } of others) {
      const folder = topFolder(path);
      if (folder !== null && !folders.has(folder)) folders.set(folder, this.#freeFolder(folder));
    }
    for (const file of files) {
      const folder = topFolder(file.path);
      let path = file.path;
      if (folder !== null) path = (folders.get(folder) ?? folder) + path.slice(folder.length);
      else if (others.has(file) || (this.#positions.has(path) && repeated.has(path))) path = this.#freeName(path);
      if (!this.#remember({ ...file, path })) refused.push(file.path);
    }
    return { files: [...this.#files], refused };
  }

  /** Forgets files that could not be opened, so that they can be added again. */
  forget(files: readonly BatchFile[]): void {
    const blobs = new Set(files.map(({ blob }) => blob));
    const kept = this.#files.filter(({ blob }) => !blobs.has(blob));
    this.#files.splice(0, Infinity, ...kept);
    this.#positions.clear();
    for (const [position, { path }] of kept.entries()) this.#positions.set(path, position);
  }

  /** Removes an entry from the list until its file is added again; returns its position. */
  remove(image: BatchImage): number {
    const place = this.#images.indexOf(image);
    if (place < 0) return place;
    this.#images.splice(place, 1);
    this.#removed.add(image.path);
    if (this.#byPath.get(image.path) === image) this.#byPath.delete(image.path);
    if (image.imageId === null && image.state.kind === "failed")
      this.#reported.delete(fingerprint(image.path, image.state.error));
    this.#regroup();
    return place;
  }

  /** Puts an entry back at the position that {@link remove} returned. */
  putBack(image: BatchImage, place: number): void {
    this.#images.splice(place, 0, image);
    this.#removed.delete(image.path);
    if (image.imageId !== null) {
      this.#byPath.set(image.path, image);
    } else if (image.state.kind === "failed") this.#reported.add(fingerprint(image.path, image.state.error));
    this.#regroup();
  }

  /** Whether a different file with the same path was added before, and must not be replaced. */
  async #isOther({ path, blob }: BatchFile): Promise<boolean> {
    const position = this.#positions.get(path);
    const known = position === undefined ? undefined : this.#files[position];
    return known !== undefined && !this.#isReplaceable(path) && !(await isSameFile(known.blob, blob));
  }

  #remember(file: BatchFile): boolean {
    const position = this.#positions.get(file.path);
    if (position === undefined) {
      this.#positions.set(file.path, this.#files.length);
      this.#files.push(file);
    } else if (this.#isReplaceable(file.path)) {
      for (const removed of this.#removedWith(file.path)) this.#removed.delete(removed);
      this.#files[position] = file;
    } else return false;
    return true;
  }

  /** Whether the file with this path may be replaced. */
  #isReplaceable(path: string): boolean {
    if (this.#removedWith(path).length > 0) return true;
    return this.#byPath.get(path)?.state.kind === "failed" || isRecordName(path);
  }

  /** A name that is not taken: `a (2).png` if there is an `a.png`, as file managers name copies. */
  #freeName(path: string): string {
    const { stem, ending } = isRecordName(path) ? { stem: "run", ending: ` ${path}` } : splitName(path);
    return firstFree(stem, (name) => !this.#positions.has(name + ending)) + ending;
  }

  #freeFolder(folder: string): string {
    const taken = new Set([...this.#positions.keys()].map(topFolder));
    return firstFree(folder, (name) => !taken.has(name));
  }

  /** Updates the list with the plan that the engine made from all files. */
  update(plan: BatchPlan): Update {
    const update: Update = { added: [], again: [], renamed: [] };
    this.requestedIds = plan.requested;
    for (const planned of plan.images) {
      if (this.#removed.has(planned.path)) continue;
      const source = this.#sourceOf(planned.source);
      const truth = this.#truthOf(planned.truth);
      const known = this.#byPath.get(planned.path);
      if (known === undefined) {
        update.added.push(this.#add(planned, source, truth));
        continue;
      }
      const isReplaced = !sameSource(known.source, source);
      const hasOtherTruth = !sameTruth(known.truth, truth);
      if (known.imageId !== planned.imageId) update.renamed.push(known);
      Object.assign(known, namesOf(planned), { source, truth, ignoredInScoring: planned.ignoredInScoring });
      if (isReplaced || (hasOtherTruth && known.state.kind === "done")) update.again.push(known);
    }
    for (const { path, error } of plan.failures) {
      if (!this.#removed.has(path)) this.#addFailureOnce(update, path, error);
    }
    this.#images.push(...update.added);
    this.#regroup();
    return update;
  }

  /** Adds a file that could not be read to the list. */
  addFailure(path: string, error: ErrorReport): BatchImage {
    const image = failedFile(path, error);
    this.#images.push(image);
    return image;
  }

  /** The sources of planned records. */
  sourcesOf(planned: readonly PlannedRecord[]): { readonly path: string; readonly source: ImageSource }[] {
    return planned.map(({ path, source }) => ({ path, source: this.#sourceOf(source) }));
  }

  /** How many images and nuclei there are, by state. */
  tally(): Tally {
    const tally = { images: this.#images.length, done: 0, failed: 0, cancelled: 0, nuclei: 0, uncounted: 0 };
    let counted: number | null = 0;
    for (const image of this.#images) {
      const { state } = image;
      if (state.kind === "done") {
        tally.done++;
        tally.nuclei += state.result.count;
        const count = countOf(image);
        if (count === null && countFailureOf(image) !== null) tally.uncounted++;
        else counted = counted === null || count === null ? null : counted + count;
      } else if (state.kind === "failed") tally.failed++;
      else if (state.kind === "cancelled") tally.cancelled++;
    }
    return { ...tally, counted };
  }

  /** The scores of all finished images with ground truth that are not ignored in scoring. */
  scores(): ImageScore[] {
    return this.#images.flatMap(({ state, ignoredInScoring }) =>
      state.kind === "done" && state.result.score !== null && !ignoredInScoring ? [state.result.score] : [],
    );
  }

  #add(planned: PlannedImage, source: ImageSource, truth: TruthSource | null): BatchImage {
    const { path, ignoredInScoring } = planned;
    const image: BatchImage = {
      ...initialValues(),
      ...namesOf(planned),
      path,
      source,
      truth,
      ignoredInScoring,
      state: { kind: "waiting" },
    };
    this.#byPath.set(path, image);
    return image;
  }

  #addFailureOnce(update: Update, path: string, error: ErrorReport): void {
    const known = fingerprint(path, error);
    if (this.#reported.has(known)) return;
    this.#reported.add(known);
    update.added.push(failedFile(path, error));
  }

  /** The removed entries that adding this path again restores: the file itself, or the images in an archive. */
  #removedWith(path: string): string[] {
    return [...this.#removed].filter((removed) => removed === path || removed.startsWith(`${path}/`));
  }

  #truthOf(truth: PlannedTruth | null): TruthSource | null {
    if (truth === null) return null;
    if (truth.kind === "masks") {
      return { kind: "masks", sources: truth.sources.map((source) => this.#sourceOf(source)) };
    }
    return truth.kind === "labels" ? { kind: "labels", source: this.#sourceOf(truth.source) } : truth;
  }

  #sourceOf({ file, entry }: Source): ImageSource {
    const given = this.#files[file];
    if (given === undefined) throw new Error(`the plan names file ${file}, which was not given`);
    return { blob: given.blob, entry };
  }
}

/** A record may be added again after it has changed. */
export function isRecordName(path: string): boolean {
  return /nucleoscope\.json$/i.test(path);
}

function namesOf(planned: PlannedImage): Pick<BatchImage, "imageId" | "fileStem" | "name"> {
  const { imageId, fileStem, path } = planned;
  return { imageId, fileStem, name: plain(nameOf(imageId, path)) };
}

/** How many bytes are compared at the beginning, in the middle and at the end. */
const comparedBytes = 1 << 16;

/** Whether two files are most likely the same, judged by their size and part of their contents. */
async function isSameFile(known: Blob, given: Blob): Promise<boolean> {
  if (known === given) return true;
  if (known.size !== given.size) return false;
  const middle = Math.floor(known.size / 2);
  for (const start of [0, middle, Math.max(0, known.size - comparedBytes)]) {
    const [one, other] = await Promise.all([known, given].map((blob) => bytesFrom(blob, start)));
    if (one === undefined || other === undefined || one.some((byte, index) => byte !== other[index])) return false;
  }
  return true;
}

async function bytesFrom(blob: Blob, start: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(start, start + comparedBytes).arrayBuffer());
}

/** The first part of a path with folders. */
function topFolder(path: string): string | null {
  const end = path.indexOf("/");
  return end < 0 ? null : path.slice(0, end);
}

function splitName(name: string): { readonly stem: string; readonly ending: string } {
  const point = name.lastIndexOf(".");
  return point <= 0 ? { stem: name, ending: "" } : { stem: name.slice(0, point), ending: name.slice(point) };
}

function firstFree(name: string, isFree: (name: string) => boolean): string {
  for (let number = 2; ; number++) {
    const numbered = `${name} (${number})`;
    if (isFree(numbered)) return numbered;
  }
}

/** The file's name, unless the id was taken from its folder. */
function nameOf(imageId: string, path: string): string {
  const file = path.split(/[/\\]/).at(-1) ?? path;
  return file.startsWith(`${imageId}.`) ? file : imageId;
}

/** The initial values of an entry. */
function initialValues(): Pick<
  BatchImage,
  | "thumbnail"
  | "stack"
  | "settings"
  | "model"
  | "tuning"
  | "recorded"
  | "selection"
  | "pixelSize"
  | "edits"
  | "regions"
  | "gates"
  | "positive"
  | "cellExpansion"
  | "counted"
  | "countFailure"
  | "group"
  | "hasOwnGroup"
  | "startsFromTruth"
  | "prediction"
> {
  return {
    thumbnail: null,
    stack: null,
    settings: null,
    model: null,
    tuning: null,
    recorded: null,
    selection: {},
    pixelSize: null,
    edits: new History<Edit>(),
    regions: [],
    gates: [],
    positive: null,
    cellExpansion: 0,
    counted: null,
    countFailure: null,
    group: null,
    hasOwnGroup: false,
    startsFromTruth: false,
    prediction: null,
  };
}

function fingerprint(path: string, { code, message }: ErrorReport): string {
  return JSON.stringify([path, code, message]);
}

function failedFile(path: string, error: ErrorReport): BatchImage {
  return {
    imageId: null,
    fileStem: "",
    name: plain(path),
    path,
    ...initialValues(),
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
    return left.masks.length === right.masks.length && left.masks.every((byte, index) => byte === right.masks[index]);
  }
  return false;
}

function sameSource(left: ImageSource | null | undefined, right: ImageSource | undefined): boolean {
  return left?.blob === right?.blob && left?.entry === right?.entry;
}
