import { computed, effect, signal, type ReadonlySignal } from "@preact/signals-core";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine, Source } from "../engine/engine.ts";
import type { BatchFile, ErrorReport, ModelIdentity } from "../engine/protocol.ts";
import * as text from "../text.ts";
import type {
  ChannelDisplay,
  Edit,
  PixelSize,
  Region,
  ScoreSummary,
  Selection,
  Setting,
  Settings,
  Threshold,
} from "../wasm/nucleoscope.js";
import {
  Batch,
  canCorrect,
  countFailureOf,
  csvNucleiOf,
  isTiled,
  needsNetwork,
  type BatchImage,
  type Tally,
} from "./batch.ts";
import { Counts } from "./counts.ts";
import { displayKey, type SharedDisplays } from "./displays.ts";
import { changed, type Gate } from "./gates.ts";
import type { Gathered } from "./gather.ts";
import type { GroupChange } from "./groups.ts";
import { ImageHistory, type Undone } from "./image-history.ts";
import { InteractiveWorker } from "./interactive-worker.ts";
import type { KeptImage, KeptSession, KeptState } from "./kept-session.ts";
import { Listeners } from "./listeners.ts";
import { Messages, type Message } from "./messages.ts";
import { PredictionCache } from "./prediction-cache.ts";
import { RecordedRuns } from "./recorded-runs.ts";
import { Saved } from "./saved.ts";
import { settingsIn } from "./settings-link.ts";
import { Status } from "./status.ts";
import { submissionOf, type Submission } from "./submission.ts";
import { hasTuning, sameNetworkSettings, tuningOf, type Tuning } from "./tuning.ts";
import { Work } from "./work.ts";

/** Bytes of cached predictions: about 2,700 images of 256 × 256 pixels. */
const cachedBytes = 2 ** 31;

/** What a session starts with. */
export interface SessionOptions {
  /** Creates the engine; called again if the user tries again after a failure. The session disposes of it. */
  readonly createEngine: () => Promise<Engine>;
  /** The hash of an address with settings, as `linkOf` writes it; empty without. */
  readonly settingsHash?: string;
  /** Messages that are shown at the start. */
  readonly messages?: readonly Message[];
}

/** What happens in a session. */
export interface SessionEvents {
  /** The state, the nuclei, the edits or the regions of an image changed. */
  image: BatchImage;
  /** Which nuclei of an image count is known, or has to be found out again. */
  counted: BatchImage;
  /** Every finished image has been counted. */
  settled: readonly BatchImage[];
  /** An image was segmented. */
  result: BatchImage;
  /** The nuclei of an image were corrected, or a correction was undone. */
  edit: BatchImage;
  /** Something failed: an image, a file, or the start. `path` is null where no file is concerned. */
  error: ErrorReport & { readonly path: string | null };
  /** Images were removed from the list. */
  removed: readonly BatchImage[];
  /** Removed images are on the list again. */
  restored: undefined;
  /** The images of the session are being replaced; what was kept of the earlier ones can go. */
  cleared: undefined;
}

/** What the session is doing, and what can be done next. */
export interface Activity {
  /** Whether anything is being opened, segmented or relabelled. */
  readonly isBusy: boolean;
  /** Whether images are being segmented. */
  readonly isSegmenting: boolean;
  readonly tally: Tally;
  /** How many failed images could be tried again, and outdated ones segmented again. */
  readonly failed: number;
  readonly outdated: number;
  /** The content of the Bowl's CSV. */
  readonly submission: Submission;
}

/** The score of all images with ground truth. */
export interface BatchScore {
  readonly summary: ScoreSummary;
  /** How many images are marked as ignored in scoring, and left out. */
  readonly ignored: number;
}

/** The model that segments images. */
export interface ModelInUse extends ModelIdentity {
  /** The name of the model that the session started with, if this is another one; otherwise empty. */
  readonly first: string;
}

/** The settings list of the engine, and the values that "Reset" restores. */
export interface OfferedTuning {
  readonly list: readonly Setting[];
  readonly standard: Tuning;
}

/** What images have in common, unless a record says otherwise. */
type Rules = Pick<BatchImage, "gates" | "positive" | "cellExpansion">;

/** What was removed: single images, with their positions, or everything at once. */
type Removed =
  | { readonly kind: "some"; readonly images: readonly { readonly image: BatchImage; readonly place: number }[] }
  | {
      readonly kind: "all";
      readonly batch: Batch;
      readonly selected: BatchImage | null;
      readonly records: RecordedRuns;
      readonly rules: Rules;
      readonly notAdded: number;
      readonly restoreMessages: () => void;
    };

/**
 * The images that a user works on, with everything known about them: results, settings, edits, regions, gates.
 *
 * The session is the only owner of this state, and knows nothing about how it is shown. Views read its signals,
 * follow its events ({@link Session.on}) and call its methods; images are changed only by the session.
 */
export class Session {
  readonly messages = new Messages();
  readonly #options: SessionOptions;
  readonly #listeners = new Listeners<SessionEvents>();
  readonly #status = new Status();
  readonly #saved = new Saved();
  readonly #cache = new PredictionCache(cachedBytes);
  readonly #work = new Work({ changed: (image) => this.#changed(image), ended: () => this.#ended() }, this.#cache);
  readonly #interactive = new InteractiveWorker({
    changed: (image) => this.#relabelled(image),
    failed: (image, error) =>
      this.messages.addFailure(
        error,
        (reason) => text.notAdjusted(image.name, reason),
        () => this.#relabel(image),
      ),
    progressed: (image, share) => this.#status.mention(() => text.applyingSliders(image.name, Math.round(share * 100))),
  });
  /** Measures the images and determines which of their nuclei count. */
  readonly counts = new Counts({
    counted: (image) => this.#counted(image),
    settled: () => this.#settled(),
  });
  readonly #images = signal<readonly BatchImage[]>([]);
  readonly #selected = signal<BatchImage | null>(null);
  readonly #histories = new WeakMap<BatchImage, ImageHistory>();
  readonly #engine = signal<Engine | null>(null);
  readonly #model = signal<ModelInUse | null>(null);
  /** The file of the model in use, if the user added it. */
  #modelFile: BatchFile | null = null;
  readonly #loadFailure = signal<ErrorReport | null>(null);
  readonly #score = signal<BatchScore | null>(null);
  readonly #diameter = signal<number | null>(null);
  readonly #pixelSize = signal<PixelSize | null>(null);
  readonly #displays = signal<SharedDisplays>({});
  readonly #offered = signal<OfferedTuning | null>(null);
  /** The tuning of every image without its own. */
  readonly #tuning = signal<Tuning>({});
  /** Counts changes of images' own tunings. */
  readonly #tuningRevision = signal(0);
  readonly #activity = signal<Activity>(idle);
  readonly #keptReport = signal<{ readonly failure: string | null } | null>(null);
  #batch = new Batch();
  /** Resolves when the engine has been loaded, at the first attempt or a later one. */
  readonly ready: Promise<Engine>;
  #provide!: (engine: Engine) => void;
  /** Settles when all files added so far have been opened; they are opened one group after the other. */
  #opening: Promise<void> = Promise.resolve();
  #openings = 0;
  #exampleSeed = 1;
  /** Runs from records whose images have not been added yet. */
  #records = new RecordedRuns();
  /** The rules of new images. */
  #rules: Rules = { gates: [], positive: null, cellExpansion: 0 };
  /** How many files of the last drop were refused. */
  #notAdded = 0;
  /** The last announcement that the batch has ended. */
  #announcedEnd = "";
  /** What was removed and can be restored. */
  #removed: Removed | null = null;
  #removalMessage: Message | null = null;
  /** Kept images that wait to be opened again, by path. */
  readonly #kept = new Map<string, KeptImage>();
  #isDisposed = false;

  /** Starts loading the engine; files can be opened at once. */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.messages.add(options.messages ?? []);
    this.ready = new Promise((resolve) => {
      this.#provide = resolve;
    });
    void this.load();
  }

  /** The list of images, a new array after each change of the list. */
  get images(): ReadonlySignal<readonly BatchImage[]> {
    return this.#images;
  }

  /** The selected image. */
  get selected(): ReadonlySignal<BatchImage | null> {
    return this.#selected;
  }

  /** The engine, once it has been loaded. */
  get engine(): ReadonlySignal<Engine | null> {
    return this.#engine;
  }

  /** The model that segments images, once the engine has been loaded. */
  get model(): ReadonlySignal<ModelInUse | null> {
    return this.#model;
  }

  /** The file of the model in use, if the user added it. */
  get modelFiles(): readonly BatchFile[] {
    return this.#modelFile === null ? [] : [this.#modelFile];
  }

  /** Why the engine could not be loaded; null while it is being loaded, and afterwards. */
  get loadFailure(): ReadonlySignal<ErrorReport | null> {
    return this.#loadFailure;
  }

  /** The text for the live region. */
  get status(): ReadonlySignal<string> {
    return this.#status.text;
  }

  /** The score of the batch; null without ground truth. */
  get score(): ReadonlySignal<BatchScore | null> {
    return this.#score;
  }

  /** What the session is doing. */
  get activity(): ReadonlySignal<Activity> {
    return this.#activity;
  }

  /** The typical diameter of nuclei in pixels; null estimates it. */
  get diameter(): ReadonlySignal<number | null> {
    return this.#diameter;
  }

  /** How channels are drawn, where the user changed that. */
  get displays(): ReadonlySignal<SharedDisplays> {
    return this.#displays;
  }

  /** How the channels of an image are drawn; empty while they are not known. */
  displaysOf({ stack }: BatchImage): readonly ChannelDisplay[] {
    return this.#displays.peek()[displayKey(stack)] ?? stack?.displays ?? [];
  }

  /** The settings that can be tuned, once the engine has been loaded. */
  get offeredTuning(): ReadonlySignal<OfferedTuning | null> {
    return this.#offered;
  }

  /** The tuning of the selected image, and whether it is its own. */
  readonly tuning: ReadonlySignal<{ readonly tuning: Tuning; readonly isOwn: boolean }> = computed(() => {
    void this.#tuningRevision.value;
    const own = this.#selected.value?.tuning ?? null;
    return { tuning: own ?? this.#tuning.value, isOwn: own !== null };
  });

  /** The batch, to export from. */
  get batch(): Batch {
    return this.#batch;
  }

  /** The progress of segmenting the images. */
  get progress(): ReturnType<Work["progress"]> {
    return this.#work.progress();
  }

  /** The settings with which the selected image would be segmented. */
  get settings(): Settings {
    return { diameter: this.#diameter.value, ...this.tuning.value.tuning };
  }

  /** Whether the session is kept on this computer, or why it is not; null while that is not known. */
  get kept(): ReadonlySignal<{ readonly failure: string | null } | null> {
    return this.#keptReport;
  }

  /** Deletes what was kept of the session, if it is kept. */
  forgetKept: (() => Promise<void>) | null = null;

  /** Reports that the session was kept, or why it cannot be; null and no images: nothing is kept. */
  reportKept(failure: string | null): void {
    this.#keptReport.value = { failure };
  }

  /** What all images share. */
  get shared(): Pick<
    KeptState,
    "diameter" | "pixelSize" | "tuning" | "gates" | "positive" | "cellExpansion" | "displays"
  > {
    return {
      diameter: this.#diameter.value,
      pixelSize: this.#pixelSize.value,
      tuning: this.#tuning.value,
      ...this.#rules,
      displays: this.#displays.value,
    };
  }

  /** Calls `listener` at each event of this name; the function returned ends that. */
  on<Name extends keyof SessionEvents>(name: Name, listener: (event: SessionEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener);
  }

  /** Announces a text in the live region. */
  announce(words: string): void {
    this.#status.announce(words);
  }

  /** Marks the current results of images as saved by the user. */
  markSaved(images: readonly BatchImage[]): void {
    this.#saved.mark(images);
  }

  /** Whether results have not been saved. */
  get hasUnsaved(): boolean {
    return this.#saved.isMissing(this.#batch.images);
  }

  /** Resolves when nothing is being opened, segmented, measured or counted. */
  async settled(): Promise<void> {
    await this.#opening;
    await new Promise<void>((resolve) => {
      let end: (() => void) | null = null;
      end = effect(() => {
        const { isBusy } = this.#activity.value;
        const isMeasured = (image: BatchImage): boolean =>
          image.state.kind !== "done" || this.counts.of(image) !== null || countFailureOf(image) !== null;
        if (isBusy || !this.#batch.images.every(isMeasured)) return;
        resolve();
        queueMicrotask(() => end?.());
      });
    });
  }

  /** The Bowl's CSV with the current results. */
  async submission(): Promise<Blob> {
    const engine = await this.ready;
    return engine.csv(this.#activity.value.submission.images);
  }

  /** Loads the engine, again after a failure. */
  async load(): Promise<void> {
    this.#loadFailure.value = null;
    try {
      const engine = await this.#options.createEngine();
      if (this.#isDisposed) {
        engine.dispose();
        return;
      }
      this.#useTuning(engine);
      this.#work.use(engine);
      this.#interactive.use(engine);
      this.counts.use(engine);
      this.#engine.value = engine;
      this.#model.value = { ...engine.modelIdentity, first: "" };
      this.#provide(engine);
    } catch (error) {
      if (this.#isDisposed) return;
      this.#loadFailure.value = reportOf(error);
      this.#listeners.emit("error", { ...reportOf(error), path: null });
    }
  }

  /**
   * Segments with another model from now on, or with the one that the session started with (null). A model that is
   * refused changes nothing, and a message has the reason; `isTrusted` uses it without trying it first.
   */
  async useModel(name: string, model: Source | Blob | Uint8Array | null, isTrusted = false): Promise<void> {
    const engine = await this.ready;
    const { name: own, version, first } = { first: "", ...engine.modelIdentity, ...this.#model.value };
    this.#status.announce(text.tryingModel(name));
    try {
      const used = await engine.useModel(model, ...(isTrusted ? [null] : []));
      if (this.#isDisposed) return;
      this.#modelFile = model instanceof Blob ? { path: name, blob: model, explicit: true } : null;
      this.#model.value = { ...used, first: model === null ? "" : first || `${own} ${version}` };
      this.#status.announce(text.modelName(`${used.name} ${used.version}`));
    } catch (error) {
      if (this.#isDisposed) return;
      const report = reportOf(error);
      const message = text.modelRefused(name, report.message, `${own} ${version}`);
      this.#status.announce(message);
      this.messages.add([{ message, help: report.help }]);
      this.#listeners.emit("error", { ...report, path: name });
    }
    this.#updateActivity();
  }

  /** Ends all work and frees everything; the session cannot be used afterwards. */
  dispose(): void {
    this.#isDisposed = true;
    this.#status.discard();
    this.#work.cancel();
    this.#listeners.clear();
    this.#forgetRemoved();
    this.#cache.clear();
    this.#batch = new Batch();
    this.#engine.value?.dispose();
  }

  /** Opens files after those added before; `again` repeats the whole action. */
  open(gathered: Promise<Gathered>, again = (): void => void this.open(gathered)): Promise<void> {
    this.#openings++;
    this.#updateActivity();
    this.#status.announce(text.openingFiles);
    this.#forgetRemoved();
    const batch = this.#batch;
    let hasOther = false;
    this.#opening = this.#opening.then(async () => {
      try {
        const { files, unreadable } = await gathered;
        hasOther = files.some(isModel);
        if (batch === this.#batch) await this.#openFiles(files, unreadable);
      } catch (error) {
        hasOther = true;
        this.#status.announce(text.filesNotOpened);
        this.messages.addFailure(error, text.filesNotOpenedBecause, again);
        this.#listeners.emit("error", { ...reportOf(error), path: null });
      } finally {
        this.#openings--;
        this.#updateActivity();
        if (!this.#isBusy && batch === this.#batch) {
          if (batch.images.length > 0) this.#ended();
          else if (!hasOther) this.#status.announce(text.noImagesFound);
        }
      }
    });
    return this.#opening;
  }

  /** Opens the files of a kept session, and puts its images into the state in which they were. */
  async restore({ state, files, images }: KeptSession): Promise<void> {
    const engine = await this.ready;
    const known = tuningOf({ ...engine.settings, ...state.tuning }, engine.settingList);
    this.#tuning.value = known;
    this.#diameter.value = state.diameter;
    this.#pixelSize.value = state.pixelSize;
    this.#displays.value = state.displays ?? {};
    const { gates, positive = null, cellExpansion = 0 } = state;
    this.#rules = { gates, positive, cellExpansion };
    this.#batch.leaveOut(state.removed);
    this.#batch.changeGroups({ kind: "rule", rule: state.groupRule });
    for (const image of images) this.#kept.set(image.path, image);
    await this.open(Promise.resolve({ files: [...files], unreadable: [] }));
    this.#kept.clear();
    const selected = this.#batch.images.find(({ path }) => path === state.selected);
    if (selected !== undefined) this.select(selected);
    const when = new Date(state.time).toLocaleString(text.locale, { dateStyle: "medium", timeStyle: "short" });
    this.messages.add([text.lastVisitOpened(this.#batch.images.length, when)]);
  }

  /** Puts an image into the state in which it was kept; returns false if it was not. */
  #takeKept(image: BatchImage): boolean {
    const kept = this.#kept.get(image.path);
    if (kept === undefined || image.imageId === null) return false;
    const { result, edits, path: _, ...given } = kept;
    Object.assign(image, given, { state: { kind: "done", result }, stack: result.stack });
    image.edits.replace(edits);
    return true;
  }

  /** Opens an example image, another one at each call. */
  openExample(seed = this.#exampleSeed++): void {
    void this.open(
      this.ready.then(async (engine) => {
        const { name, png } = await engine.example(seed);
        const blob = new File([png], name, { type: "image/png" });
        return { files: [{ path: name, blob, explicit: true }], unreadable: [] };
      }),
      () => this.openExample(seed),
    );
  }

  /** Selects an image, or none. */
  select(image: BatchImage | null): void {
    this.#selected.value = image;
  }

  /** Cancels the segmentation of every image that has not ended. */
  cancel(): void {
    this.#work.cancel();
  }

  /** Segments cancelled images. */
  continueCancelled(): void {
    this.#start(this.#batch.images.filter(({ state }) => state.kind === "cancelled"));
  }

  /** Segments images again whose settings have changed. */
  segmentOutdated(): void {
    this.#start(this.#outdated());
  }

  /** Segments failed images again. */
  retryFailed(): void {
    this.#start(this.#failed());
  }

  /** Segments one image again. */
  segmentAgain(image: BatchImage): void {
    this.#start([image]);
  }

  /** Removes the selected image from the list; a message offers to undo it. */
  removeSelected(): void {
    const image = this.#selected.value;
    if (image === null) return;
    this.#work.cancelOne(image);
    const place = this.#batch.remove(image);
    // Images removed one after the other share one message, which restores all of them.
    const before = this.#removed?.kind === "some" ? this.#removed.images : [];
    const images = [...before, { image, place }];
    if (before.length === 0) this.#forgetRemoved();
    const { images: left } = this.#batch;
    this.#select(left[place] ?? left[place - 1] ?? null);
    this.#offerUndo({ kind: "some", images }, text.imagesRemoved(images.map((one) => one.image.name)));
    this.#listChanged();
    this.#listeners.emit("removed", [image]);
    this.#status.announce(text.imageRemoved(image.name));
  }

  /** Removes every image; a message offers to undo it. */
  removeAll(): void {
    this.#work.cancel();
    this.#restoreSome();
    const batch = this.#batch;
    const selected = this.#selected.value;
    const before = { batch, selected, records: this.#records, rules: this.#rules, notAdded: this.#notAdded };
    const { done } = batch.tally();
    const words = text.batchRemoved(batch.images.length, done > 0);
    const restoreMessages = this.messages.clear();
    this.#records = new RecordedRuns();
    this.#rules = { ...this.#rules, gates: [], positive: null };
    this.#notAdded = 0;
    this.#batch = new Batch();
    this.#score.value = null;
    this.#select(null);
    this.#listeners.emit("cleared", undefined);
    this.#offerUndo({ kind: "all", ...before, restoreMessages }, words);
    this.#listChanged();
    this.#listeners.emit("removed", batch.images);
    this.#status.announce(text.allImagesRemoved);
  }

  /** Sets the typical diameter of nuclei in pixels; null estimates it. It replaces a record's. */
  setDiameter(diameter: number | null): void {
    this.#diameter.value = diameter;
    for (const image of this.#listedOrRemoved()) {
      if (image.recorded !== null) image.recorded = { ...image.recorded, diameter };
    }
    this.#updateActivity();
  }

  /** Sets the pixel size of every image; null uses the files' own. */
  setPixelSize(pixelSize: PixelSize | null): void {
    this.#pixelSize.value = pixelSize;
    for (const image of this.#listedOrRemoved()) image.pixelSize = pixelSize;
    this.#measureAgain();
  }

  /**
   * Sets the distance by which the nuclei of every image are expanded into cells, in µm for images with a pixel size,
   * otherwise in pixels; 0: no cells.
   */
  setCellExpansion(distance: number): void {
    this.#setRule({ cellExpansion: distance });
    this.#measureAgain();
  }

  /** Sets the threshold that makes nuclei of every image positive; null: nuclei are not classified. */
  setPositive(threshold: Threshold | null): void {
    this.#setRule({ positive: threshold });
    this.#recount();
  }

  /** Otsu's threshold of a measurement, over the counted nuclei of all images; null if there is none. */
  async suggestThreshold(key: string): Promise<number | null> {
    const values = this.#batch.images.flatMap((image) => {
      const found = this.counts.of(image);
      if (found === null) return [];
      const { columns, rows, values: all } = found.table;
      const start = columns.findIndex((column) => column.key === key) * rows;
      return start < 0
        ? []
        : [...all.subarray(start, start + rows)].filter((_, row) => found.counted.included[row] === 1);
    });
    return (await this.ready).otsu(Float64Array.from(values));
  }

  /** Changes the tuning of the selected image at once, and of the others when `isFinal`. */
  tune(tuning: Tuning, isFinal: boolean): void {
    const image = this.#selected.value;
    if (image?.tuning != null) this.#setOwnTuning(image, tuning);
    else this.#tuning.value = tuning;
    // A large image takes too long to follow a slider while it is moved.
    if (image !== null && (isFinal || !isTiled(image))) this.#retune(image);
    if (isFinal) this.#relabelOutdated();
  }

  /** Gives the selected image a tuning of its own, or removes it. */
  setTuningScope(isOwn: boolean): void {
    const image = this.#selected.value;
    if (image === null) return;
    this.#setOwnTuning(image, isOwn ? { ...this.#tuning.value } : null);
    this.#retune(image);
  }

  /** Uses another channel, slice or frame: another image, which is segmented again, without corrections. */
  chooseFromStack(selection: Selection, forAll: boolean): void {
    const selected = this.#selected.value;
    const chosen = forAll ? this.#batch.images : selected === null ? [] : [selected];
    const images = chosen.filter(({ state }) => state.kind === "done" || state.kind === "failed");
    for (const image of images) {
      image.selection = selection;
      image.edits.replace([]);
    }
    this.#start(images);
  }

  /** Draws the channels of the selected image, and of all images with the same channels, in another way. */
  setDisplays(displays: readonly ChannelDisplay[]): void {
    const key = displayKey(this.#selected.value?.stack ?? null);
    this.#displays.value = { ...this.#displays.value, [key]: displays };
  }

  /** Makes a correction in the selected image. */
  correct(edit: Edit): void {
    const image = this.#selected.value;
    if (image === null || image.state.kind !== "done" || !canCorrect(image)) return;
    this.historyOf(image).correct(edit);
    this.#followEdits(image);
  }

  /** Undoes the last correction or change of the regions of the selected image. */
  undo(): void {
    this.#travel((history) => history.undo());
  }

  /** Makes the last undone correction or change of the regions of the selected image again. */
  redo(): void {
    this.#travel((history) => history.redo());
  }

  /** The corrections and changes of the regions of an image. */
  historyOf(image: BatchImage): ImageHistory {
    const history = this.#histories.get(image) ?? new ImageHistory(image.edits);
    this.#histories.set(image, history);
    return history;
  }

  /** Corrects the ground truth of the selected image in place of the nuclei that were found. */
  startFromTruth(): void {
    const image = this.#selected.value;
    if (image === null || image.truth === null) return;
    image.startsFromTruth = true;
    image.edits.replace([]);
    this.#relabel(image);
  }

  /** Sets the regions of the selected image: only nuclei inside one of them count; without any, all do. */
  setRegions(regions: readonly Region[]): void {
    const image = this.#selected.value;
    if (image === null) return;
    this.historyOf(image).changeRegions(image.regions, regions);
    this.#putRegions(image, regions);
  }

  /** Applies added and removed gates to every image, whatever other gates it has. */
  changeGates(before: readonly Gate[], after: readonly Gate[]): void {
    this.#rules = { ...this.#rules, gates: changed(this.#rules.gates, before, after) };
    for (const image of this.#listedOrRemoved()) image.gates = changed(image.gates, before, after);
    this.#recount();
  }

  /** Changes the groups of images. */
  changeGroups(change: GroupChange): void {
    this.#batch.changeGroups(change);
    this.#listeners.emit("settled", this.#batch.images);
  }

  get #isBusy(): boolean {
    return this.#work.busy || this.#interactive.busy || this.#openings > 0;
  }

  async #openFiles(files: readonly BatchFile[], unreadable: readonly string[]): Promise<void> {
    const batch = this.#batch;
    const engine = await this.ready;
    const records = this.#records;
    for (const { path, blob } of files.filter(isModel)) await this.useModel(path, blob);
    if (batch !== this.#batch) return;
    const others = files.filter((file) => !isRegions(file) && !isModel(file));
    const { files: all, refused } = await batch.remember(others);
    const plan = await engine.openBatch(all).catch((error: unknown) => {
      batch.forget(others);
      throw error;
    });
    const update = batch.update(plan);
    const problems = await records.read(batch.sourcesOf(plan.records), engine);
    if (batch !== this.#batch) {
      // Everything was removed in the meantime: if it is restored, these images wait for "Continue".
      for (const image of update.added) image.state = { kind: "cancelled" };
      return;
    }
    this.#notAdded = refused.length;
    for (const path of unreadable) {
      update.added.push(batch.addFailure(path, { code: "file/unreadable", ...text.fileUnreadable }));
    }
    this.messages.replace(plan.warnings);
    const [firstRefused] = refused;
    if (firstRefused !== undefined) this.messages.add([text.filesRefused(firstRefused, refused.length)]);
    this.messages.add(problems);
    const hasOther = this.#records.size > 0 || problems.length > 0 || others.length < files.length;
    if (batch.images.length === 0 && !hasOther) {
      this.messages.add([text.noImagesInFiles]);
    }
    for (const image of update.added) {
      image.pixelSize = this.#pixelSize.value;
      Object.assign(image, this.#rules);
    }
    this.#images.value = [...batch.images];
    if (this.#selected.value === null) this.#select(batch.images[0] ?? null);
    for (const image of update.renamed) this.#listeners.emit("image", image);
    for (const image of update.added) this.#reportFailure(image);
    const restored = new Set(update.added.filter((image) => this.#takeKept(image)));
    for (const image of restored) this.#listeners.emit("image", image);
    await this.#applyRecords(engine);
    await this.#takeRegions(files.filter(isRegions), engine);
    this.#start([...update.added.filter((image) => !restored.has(image)), ...update.again]);
  }

  #start(images: readonly BatchImage[]): void {
    this.#work.start(images, (image) => this.#settingsFor(image));
    this.#updateActivity();
  }

  /** The settings for an image: the network's settings are the batch's; the tuning may be the image's own. */
  #settingsFor(image: BatchImage): Settings {
    return { ...(image.recorded ?? { diameter: this.#diameter.value }), ...(image.tuning ?? this.#tuning.value) };
  }

  /** Finished images whose settings have changed and that have to be segmented again. */
  #outdated(): BatchImage[] {
    return this.#batch.images.filter((image) => {
      if (image.state.kind !== "done" || image.settings === null) return false;
      const { model, startsFromTruth } = image;
      if (model !== null && model.sha256 !== this.#model.value?.sha256 && !startsFromTruth) return true;
      const network = image.recorded ?? { diameter: this.#diameter.value };
      if (!sameNetworkSettings(image.settings, { ...image.settings, ...network })) return true;
      return needsNetwork(image) && !hasTuning(image.settings, image.tuning ?? this.#tuning.value);
    });
  }

  /** The images that failed and could be tried again. */
  #failed(): BatchImage[] {
    return this.#batch.images.filter(({ state, source }) => state.kind === "failed" && source !== null);
  }

  #offerUndo(removed: Removed, words: string): void {
    if (this.#removalMessage !== null) this.messages.remove(this.#removalMessage);
    this.#removed = removed;
    this.#removalMessage = {
      message: words,
      help: text.removalHelp,
      action: { label: text.undo, run: () => this.#undoRemoval() },
      dismissed: () => this.#forgetRemoved(),
    };
    this.messages.add([this.#removalMessage]);
  }

  /** Restores what was removed last. */
  #undoRemoval(): void {
    const removed = this.#removed;
    if (removed?.kind === "all") {
      this.#removed = null;
      this.#batch = removed.batch;
      this.#records = removed.records;
      this.#rules = removed.rules;
      this.#notAdded = removed.notAdded;
      removed.restoreMessages();
      this.#select(removed.selected);
    } else this.#restoreSome();
    this.#listChanged();
    this.#listeners.emit("restored", undefined);
  }

  /** The images of the batch, and those that were removed one by one and can be restored. */
  #listedOrRemoved(): BatchImage[] {
    const removed = this.#removed?.kind === "some" ? this.#removed.images : [];
    return [...this.#batch.images, ...removed.map(({ image }) => image)];
  }

  /** Restores images that were removed one by one to their positions. */
  #restoreSome(): void {
    const removed = this.#removed;
    if (removed?.kind !== "some") return;
    this.#removed = null;
    if (this.#removalMessage !== null) this.messages.remove(this.#removalMessage);
    for (const { image, place } of [...removed.images].reverse()) this.#batch.putBack(image, place);
    this.#select(removed.images.at(-1)?.image ?? null);
  }

  /** Frees what was removed; it can no longer be restored. */
  #forgetRemoved(): void {
    const removed = this.#removed;
    this.#removed = null;
    if (this.#removalMessage !== null) this.messages.remove(this.#removalMessage);
    this.#removalMessage = null;
    if (removed === null) return;
    const images = removed.kind === "all" ? removed.batch.images : removed.images.map(({ image }) => image);
    for (const image of images) this.#cache.remove(image);
  }

  /** Shows the current list with a selected image: the list first, so that it has the image. */
  #select(image: BatchImage | null): void {
    this.#images.value = [...this.#batch.images];
    this.#selected.value = image;
  }

  /** Updates everything that depends on the list of images, after some were removed or restored. */
  #listChanged(): void {
    this.#updateActivity();
    this.#listeners.emit("settled", this.#batch.images);
    void this.#summarize(this.#batch);
    if (this.#batch.images.length > 0 && !this.#isBusy) this.#announceEnd();
    if (!this.#isBusy) void this.counts.askAll(this.#batch.images);
  }

  #useTuning(engine: Engine): void {
    const standard = tuningOf(engine.settings, engine.settingList);
    const shared = settingsIn(this.#options.settingsHash ?? "", engine.settingList);
    this.#offered.value = { list: engine.settingList, standard };
    this.#tuning.value = { ...standard, ...shared?.tuning };
    if (shared === null) return;
    this.setDiameter(shared.network.diameter ?? null);
    if (shared.ignored.length > 0) this.messages.add([text.linkSettingsIgnored(shared.ignored)]);
    if (shared.oldNames.length > 0) this.messages.add([text.linkNamesOld(shared.oldNames)]);
  }

  #setOwnTuning(image: BatchImage, tuning: Tuning | null): void {
    image.tuning = tuning;
    this.#tuningRevision.value++;
  }

  /** Finds an image's nuclei again: from its prediction or, if that is no longer cached, with the network. */
  #relabel(image: BatchImage, isSelected = true): void {
    if (image.state.kind !== "done") return;
    const tuning = needsNetwork(image) ? {} : { ...image.recorded, ...(image.tuning ?? this.#tuning.value) };
    const settings = { ...image.settings, ...tuning };
    if (this.#interactive.canRelabel(image, settings)) void this.#interactive.relabel(image, settings, isSelected);
    else this.#work.start([image], (one) => this.#settingsFor(one));
    this.#updateActivity();
  }

  /** Finds an image's nuclei with its current tuning, unless that has to wait for "Segment again". */
  #retune(image: BatchImage, isSelected = true): void {
    if (needsNetwork(image)) this.#updateActivity();
    else this.#relabel(image, isSelected);
  }

  /** Updates every finished image whose nuclei were found with another tuning. */
  #relabelOutdated(): void {
    for (const image of this.#batch.images) {
      if (image === this.#selected.value || image.state.kind !== "done" || image.settings === null) continue;
      if (!hasTuning(image.settings, image.tuning ?? this.#tuning.value)) this.#retune(image, false);
    }
  }

  #relabelled(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#listeners.emit("image", image);
    if (this.#isBusy) return;
    this.#updateActivity();
    if (this.#batch.images.length > 0) this.#announceEnd();
    void this.#summarize(this.#batch);
    void this.counts.askAll(this.#batch.images);
  }

  /** The nuclei of an image have been counted. */
  #counted(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#listeners.emit("counted", image);
  }

  /** The nuclei of all images have been counted. */
  #settled(): void {
    this.#listeners.emit("settled", this.#batch.images);
    if (this.#isBusy || this.#batch.images.length === 0) return;
    this.#updateActivity();
    if (this.#end !== this.#announcedEnd) this.#announceEnd();
  }

  /** Text: how many images are done, failed, cancelled, and how many nuclei they have. */
  get #end(): string {
    return text.batchEnd(this.#batch.tally(), this.#notAdded);
  }

  /** Announces that the batch has ended, with its numbers. */
  #announceEnd(): void {
    this.#announcedEnd = this.#end;
    this.#status.announce(this.#announcedEnd);
  }

  /** Counts again, the selected image first, without measuring. */
  #recount(): void {
    for (const image of this.#batch.images) this.#listeners.emit("counted", image);
    this.#updateActivity();
    if (this.#selected.value !== null) void this.counts.ask(this.#selected.value);
    if (!this.#isBusy) void this.counts.askAll(this.#batch.images);
  }

  #setRule(rule: Partial<Rules>): void {
    this.#rules = { ...this.#rules, ...rule };
    for (const image of this.#listedOrRemoved()) Object.assign(image, rule);
  }

  /** Measures every image again whose measurements depend on what was changed. */
  #measureAgain(): void {
    if (this.#selected.value !== null) this.#listeners.emit("image", this.#selected.value);
    this.#recount();
  }

  #putRegions(image: BatchImage, regions: readonly Region[]): void {
    const { counted } = image;
    const isRenaming = haveSameShapes(image.regions, regions);
    if (isRenaming && counted?.of.regions === image.regions) {
      image.counted = { ...counted, of: { ...counted.of, regions } };
    }
    image.regions = regions;
    this.#listeners.emit("image", image);
    if (!isRenaming) this.#recount();
  }

  #travel(step: (history: ImageHistory) => Undone | null): void {
    const image = this.#selected.value;
    if (image === null || image.state.kind !== "done") return;
    const undone = step(this.historyOf(image));
    if (undone === "edit") this.#followEdits(image);
    else if (undone !== null) this.#putRegions(image, undone.regions);
  }

  /** Applies the corrections of an image after they have changed. */
  #followEdits(image: BatchImage): void {
    this.#listeners.emit("edit", image);
    this.#relabel(image);
  }

  /** Applies the corrections of records that start from ground truth, once the image is finished. */
  #startFromRecordedTruth(): void {
    for (const image of this.#batch.images) {
      const edits = this.#records.editsFromTruth(image);
      if (edits === null || image.state.kind !== "done") continue;
      if (image.truth === null || image.state.result.truthOutlines === null) {
        this.messages.add([text.recordWithoutTruth(image.name)]);
        continue;
      }
      image.startsFromTruth = true;
      image.edits.replace(edits);
      this.#relabel(image, image === this.#selected.value);
    }
  }

  /** Sets regions of the image whose exported files' names match, or of the selected image. */
  async #takeRegions(files: readonly BatchFile[], engine: Engine): Promise<void> {
    for (const file of files) {
      const name = file.path.split(/[/\\]/).at(-1) ?? file.path;
      const known = this.#batch.images.filter(({ fileStem }) => fileStem !== "" && name.startsWith(fileStem));
      known.sort((left, right) => right.fileStem.length - left.fileStem.length);
      const image = known[0] ?? this.#selected.value;
      this.messages.add([await this.#applyRegions(file, image, engine)]);
    }
    if (files.length > 0) this.#recount();
  }

  async #applyRegions({ path, blob }: BatchFile, image: BatchImage | null, engine: Engine): Promise<Message> {
    try {
      const regions = await engine.readRegions({ blob, entry: null });
      if (image === null) return text.regionsWithoutImage(path, regions.length);
      this.historyOf(image).changeRegions(image.regions, regions);
      image.regions = regions;
      this.#listeners.emit("image", image);
      return text.regionsApplied(path, regions.length, image.name);
    } catch (error) {
      return text.fileNotUsed(path, reportOf(error));
    }
  }

  /** Applies records to their images; images that are finished already are segmented again. */
  async #applyRecords(engine: Engine): Promise<void> {
    const applied = await this.#records.applyTo(this.#batch.images, engine);
    const { images } = applied;
    this.messages.add(applied.messages);
    if (this.#records.size > 0) this.messages.add([text.recordWithoutImages(this.#records.size)]);
    const [first] = images;
    if (first === undefined) return;
    // What all images of the record have in common, new images get, too.
    for (const key of ["gates", "positive", "cellExpansion"] as const) {
      const isShared = images.every((image) => JSON.stringify(image[key]) === JSON.stringify(first[key]));
      if (isShared) this.#rules = { ...this.#rules, [key]: first[key] };
    }
    if (first.recorded !== null) this.#diameter.value = first.recorded.diameter ?? null;
    this.#tuningRevision.value++;
    // An image that is being segmented is segmented again afterwards, as its selection has changed.
    for (const image of images) if (image.settings !== null) image.settings = this.#settingsFor(image);
    this.#work.start(
      images.filter(({ state }) => state.kind === "done"),
      (image) => this.#settingsFor(image),
    );
  }

  #changed(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#listeners.emit("image", image);
    if (image.state.kind === "done") this.#listeners.emit("result", image);
    this.#reportFailure(image);
    this.#status.mention(() => text.workProgress(this.#work.progress()));
  }

  #reportFailure({ state, path }: BatchImage): void {
    if (state.kind === "failed") this.#listeners.emit("error", { ...state.error, path });
  }

  #ended(): void {
    this.#updateActivity();
    if (this.#batch.images.length === 0) return;
    this.#announceEnd();
    this.#startFromRecordedTruth();
    this.#relabelOutdated();
    void this.#summarize(this.#batch);
    void this.counts.askAll(this.#batch.images);
  }

  async #summarize(batch: Batch): Promise<void> {
    const scores = batch.scores();
    const scored = (image: BatchImage): boolean => image.state.kind === "done" && image.state.result.score !== null;
    const ignored = batch.images.filter((image) => image.ignoredInScoring && scored(image)).length;
    if (scores.length === 0) {
      this.#score.value = null;
      return;
    }
    try {
      const engine = await this.ready;
      const summary = await engine.summarize(scores);
      if (batch === this.#batch && summary !== null) this.#score.value = { summary, ignored };
    } catch (error) {
      if (batch !== this.#batch) return;
      this.#score.value = null;
      this.messages.addFailure(error, text.scoresNotSummarised, () => void this.#summarize(this.#batch));
    }
  }

  #updateActivity(): void {
    const { images, requestedIds } = this.#batch;
    const tally = this.#batch.tally();
    this.#activity.value = {
      isBusy: this.#isBusy,
      isSegmenting: this.#work.busy,
      tally,
      failed: this.#failed().length,
      outdated: this.#outdated().length,
      submission: submissionOf(
        images.map((image) => ({ imageId: image.imageId, nuclei: csvNucleiOf(image) })),
        requestedIds,
      ),
    };
  }
}

const idle: Activity = {
  isBusy: false,
  isSegmenting: false,
  tally: { images: 0, done: 0, failed: 0, cancelled: 0, nuclei: 0, counted: 0, uncounted: 0 },
  failed: 0,
  outdated: 0,
  submission: { images: [], unfinished: 0, notRequested: 0, missing: 0 },
};

/** Why the last correction of an image changed nothing; empty if it did. */
export function refusalOf({ state, edits }: BatchImage): string {
  if (state.kind !== "done") return "";
  const last = edits.steps.length - 1;
  return state.result.refusedEdits.find(({ edit }) => edit === last)?.reason ?? "";
}

/** Whether regions differ only in their names. */
function haveSameShapes(left: readonly Region[], right: readonly Region[]): boolean {
  const shapes = (regions: readonly Region[]): string =>
    JSON.stringify(regions.map((region) => ({ ...region, name: undefined })));
  return shapes(left) === shapes(right);
}

/** Whether a file is a model: a file that was added itself, not one in a folder. */
function isModel({ path, explicit }: BatchFile): boolean {
  return explicit && /\.onnx$/i.test(path);
}

/** Whether a file has regions of interest: a GeoJSON file that was added itself, not an export in a folder. */
function isRegions({ path, explicit }: BatchFile): boolean {
  return explicit && /\.geojson$/i.test(path);
}
