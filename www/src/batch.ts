import type {
  BatchFile,
  CachedMaps,
  CountRules,
  ErrorReport,
  ImageSource,
  Picture,
  Segmented,
  TruthSource,
} from "./engine/protocol.ts";
import { History } from "./history.ts";
import type { Tuning } from "./tuning.ts";
import { countedNuclei, nuclei } from "./format.ts";
import type {
  BatchPlan,
  CountedNuclei,
  CsvImage,
  Edit,
  Gate,
  ImageScore,
  PixelSize,
  PlannedImage,
  PlannedRecord,
  PlannedTruth,
  Region,
  Selection,
  Settings,
  Source,
} from "./wasm/nucleoscope.js";

/** Where an image is on its way. */
export type ImageState =
  | { readonly kind: "waiting" }
  | { readonly kind: "working"; readonly fraction: number }
  | { readonly kind: "done"; readonly result: Segmented }
  | { readonly kind: "failed"; readonly error: ErrorReport }
  | { readonly kind: "cancelled" };

/** One entry of the list: an image, or a file that should have been one. */
export interface BatchImage {
  /**
   * The id in the CSV; null for a file that could not be opened as an image at all. It takes the folder in once
   * another image of the same name comes.
   */
  imageId: string | null;
  /** What the names of its files begin with; empty without an id. */
  fileStem: string;
  /** What the user knows it by: the file's name where that says as much as the id. */
  name: string;
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
  /** What else an earlier run was done with, which is to be repeated. */
  recorded: Settings | null;
  /** Which part of its stack is looked at. */
  selection: Selection;
  /** The size of a pixel in µm, where the user gave it. */
  pixelSize: PixelSize | null;
  /** The corrections of its nuclei. */
  readonly edits: History<Edit>;
  /** Only nuclei in one of these count; all where there is none. */
  regions: readonly Region[];
  /** Only nuclei that pass all of these count. */
  gates: readonly Gate[];
  /** Which of its nuclei count, as was found last, and of what; see `countedOf`. */
  counted: (CountedNuclei & { readonly of: CountRules & { readonly result: Segmented } }) | null;
  /** Why that was not found, and of what; see `countFailureOf`. It is not tried again unless the user says so. */
  countFailure: CountFailure | null;
  /** Whether its nuclei are the ground truth's, to be corrected, instead of the network's. */
  startsFromTruth: boolean;
  /** The network's answer, as long as there is room for it. */
  maps: CachedMaps | null;
  state: ImageState;
}

/** Why nuclei could not be measured or counted, and what it was to be done with. */
export interface CountFailure {
  readonly of: CountRules & { readonly result: Segmented; readonly pixelSize: PixelSize | null };
  readonly error: ErrorReport;
}

/** Whether an image was so large that its maps are not kept: then its nuclei cannot be cut anew or corrected. */
export function isTiled({ state }: BatchImage): boolean {
  return state.kind === "done" && state.result.isTiled;
}

/** Whether every nucleus of an image counts, whatever it measures. */
function countsAll({ regions, gates }: BatchImage): boolean {
  return regions.length === 0 && gates.length === 0;
}

/** Which nuclei of a finished image count; null while that is not known. */
export function countedOf(image: BatchImage): CountedNuclei | null {
  const { state, counted, regions, gates } = image;
  if (state.kind !== "done" || counted === null) return null;
  const { of } = counted;
  return of.result === state.result && of.regions === regions && of.gates === gates ? counted : null;
}

/** Why it is not known which nuclei of a finished image count; null where it is known, or not yet. */
export function countFailureOf(image: BatchImage): ErrorReport | null {
  const { state, countFailure, regions, gates, pixelSize } = image;
  if (state.kind !== "done" || countFailure === null) return null;
  const { of, error } = countFailure;
  const isSame =
    of.result === state.result && of.regions === regions && of.gates === gates && of.pixelSize === pixelSize;
  return isSame ? error : null;
}

/** How many nuclei a finished image has and how many count, in words; empty for others. */
export function countWords(image: BatchImage): string {
  if (image.state.kind !== "done") return "";
  const { count } = image.state.result;
  const known = countOf(image);
  if (known === null && countFailureOf(image) !== null) return `${nuclei(count)}, not counted`;
  return countedNuclei(known, count);
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

/** How many images are where. */
export interface Tally {
  readonly images: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  /** All nuclei. */
  readonly nuclei: number;
  /** Those that count; null while that is not known of every image. */
  readonly counted: number | null;
  /** Finished images whose nuclei could not be counted; none of theirs is among those that count. */
  readonly uncounted: number;
}

/** What came of opening more files. */
export interface Update {
  /** New entries of the list. */
  readonly added: BatchImage[];
  /** Images to be worked on again: with other ground truth, or with a new file in place of one that failed. */
  readonly again: BatchImage[];
  /** Images that have another id and name. */
  readonly renamed: BatchImage[];
}

/** Everything the user has given, in the order of the list. */
export class Batch {
  readonly #files: BatchFile[] = [];
  readonly #positions = new Map<string, number>();
  readonly #images: BatchImage[] = [];
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
   * A file that was given before is refused, unless it is that of an image that failed or was removed, or a
   * record: the new file then takes its place. Another file of the same path gets a path of its own.
   */
  async remember(
    files: readonly BatchFile[],
  ): Promise<{ readonly files: readonly BatchFile[]; readonly refused: string[] }> {
    const refused: string[] = [];
    const others = new Set<BatchFile>();
    for (const file of files) if (await this.#isOther(file)) others.add(file);
    // Two of one name that come together are two files, from different folders.
    const seen = new Set<string>();
    const repeated = new Set<string>();
    for (const { path } of files) (seen.has(path) ? repeated : seen).add(path);
    // A folder is moved as a whole, so that masks stay beside their images.
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

  /** Forgets files that could not be opened, so that they can be given again. */
  forget(files: readonly BatchFile[]): void {
    const blobs = new Set(files.map(({ blob }) => blob));
    const kept = this.#files.filter(({ blob }) => !blobs.has(blob));
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
    if (image.imageId === null && image.state.kind === "failed")
      this.#told.delete(fingerprint(image.path, image.state.error));
    return place;
  }

  /** Puts an entry back where {@link remove} took it from. */
  putBack(image: BatchImage, place: number): void {
    this.#images.splice(place, 0, image);
    this.#removed.delete(image.path);
    if (image.imageId !== null) {
      this.#byPath.set(image.path, image);
    } else if (image.state.kind === "failed") this.#told.add(fingerprint(image.path, image.state.error));
  }

  /** Whether there is another file of the same path, whose place it must not take. */
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

  /** Whether another file may take the place of the one of this path. */
  #isReplaceable(path: string): boolean {
    if (this.#removedWith(path).length > 0) return true;
    return this.#byPath.get(path)?.state.kind === "failed" || isRecordName(path);
  }

  /** `a (2).png` where there is an `a.png`, as file managers name copies. */
  #freeName(path: string): string {
    const { stem, ending } = isRecordName(path) ? { stem: "run", ending: ` ${path}` } : parted(path);
    return firstFree(stem, (name) => !this.#positions.has(name + ending)) + ending;
  }

  #freeFolder(folder: string): string {
    const taken = new Set([...this.#positions.keys()].map(topFolder));
    return firstFree(folder, (name) => !taken.has(name));
  }

  /** Takes over what all files together turned out to be. */
  update(plan: BatchPlan): Update {
    const update: Update = { added: [], again: [], renamed: [] };
    this.wanted = plan.requested;
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
      if (!this.#removed.has(path)) this.#tell(update, path, error);
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

  /** Where files of a plan are, by their paths. */
  sourcesOf(planned: readonly PlannedRecord[]): { readonly path: string; readonly source: ImageSource }[] {
    return planned.map(({ path, source }) => ({ path, source: this.#sourceOf(source) }));
  }

  /** How many images are where. */
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

  /** The scores that count, of every finished image with ground truth. */
  scores(): ImageScore[] {
    return this.#images.flatMap(({ state, ignoredInScoring }) =>
      state.kind === "done" && state.result.score !== null && !ignoredInScoring ? [state.result.score] : [],
    );
  }

  #add(planned: PlannedImage, source: ImageSource, truth: TruthSource | null): BatchImage {
    const { path, ignoredInScoring } = planned;
    const image: BatchImage = {
      ...untouched(),
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

  #tell(update: Update, path: string, error: ErrorReport): void {
    const known = fingerprint(path, error);
    if (this.#told.has(known)) return;
    this.#told.add(known);
    update.added.push(failedFile(path, error));
  }

  /** The removed entries that a file of this path brings back: itself, or the images within an archive. */
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

/** A record may come again, changed in the meantime. */
function isRecordName(path: string): boolean {
  return /nucleoscope\.json$/i.test(path);
}

function namesOf(planned: PlannedImage): Pick<BatchImage, "imageId" | "fileStem" | "name"> {
  const { imageId, fileStem, path } = planned;
  return { imageId, fileStem, name: nameOf(imageId, path) };
}

/** Bytes at the beginning, in the middle and at the end that are compared. */
const comparedBytes = 1 << 16;

/** Whether two files most likely are the same: by their size and some of their contents. */
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

function parted(name: string): { readonly stem: string; readonly ending: string } {
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

/** What every entry begins with. */
function untouched(): Pick<
  BatchImage,
  | "thumbnail"
  | "settings"
  | "tuning"
  | "recorded"
  | "selection"
  | "pixelSize"
  | "edits"
  | "regions"
  | "gates"
  | "counted"
  | "countFailure"
  | "startsFromTruth"
  | "maps"
> {
  return {
    thumbnail: null,
    settings: null,
    tuning: null,
    recorded: null,
    selection: {},
    pixelSize: null,
    edits: new History<Edit>(),
    regions: [],
    gates: [],
    counted: null,
    countFailure: null,
    startsFromTruth: false,
    maps: null,
  };
}

function fingerprint(path: string, { code, message }: ErrorReport): string {
  return JSON.stringify([path, code, message]);
}

function failedFile(path: string, error: ErrorReport): BatchImage {
  return {
    imageId: null,
    fileStem: "",
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
    return left.masks.length === right.masks.length && left.masks.every((byte, index) => byte === right.masks[index]);
  }
  return false;
}

function sameSource(left: ImageSource | null | undefined, right: ImageSource | undefined): boolean {
  return left?.blob === right?.blob && left?.entry === right?.entry;
}
