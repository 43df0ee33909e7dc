import { Batch, isTiled, type BatchImage } from "./session/batch.ts";
import { InteractiveWorker } from "./session/interactive-worker.ts";
import { CorrectionBar } from "./panels/correction-bar.ts";
import { Counts } from "./session/counts.ts";
import { Download } from "./panels/download.ts";
import { byId, setText } from "./ui/dom.ts";
import { reportOf } from "./engine/engine-error.ts";
import { Engine, type EngineOptions } from "./engine/engine.ts";
import type { BatchFile } from "./engine/protocol.ts";
import { ExportMenu } from "./panels/export-menu.ts";
import type { Gathered } from "./session/gather.ts";
import { ImageList } from "./panels/image-list.ts";
import { FileDrop } from "./panels/file-drop.ts";
import { PredictionCache } from "./session/prediction-cache.ts";
import { Measurements } from "./results/measurements.ts";
import { followMenus } from "./ui/menus.ts";
import { Messages, type PageMessage } from "./panels/messages.ts";
import { describe, ProgressBar } from "./panels/progress.ts";
import { RecordedRuns } from "./session/recorded-runs.ts";
import { changed, sameGate, type Gate } from "./session/gates.ts";
import { Saved } from "./session/saved.ts";
import { ScorePanel } from "./panels/score-panel.ts";
import { linkOf, settingsIn } from "./session/settings-link.ts";
import { sameSettings, SettingsPanel } from "./panels/settings-panel.ts";
import { StackPanel } from "./panels/stack-panel.ts";
import { Status } from "./panels/status.ts";
import type { Drawn } from "./viewer/tools.ts";
import { TableDialectChoice } from "./panels/table-dialect.ts";
import { hasTuning, tuningOf, type Tuning } from "./session/tuning.ts";
import { TuningPanel } from "./panels/tuning-panel.ts";
import { Viewer } from "./viewer/viewer.ts";
import { counted, countedNuclei, explanation } from "./format.ts";
import { Work } from "./session/work.ts";
import type { Edit, Selection, Settings } from "./wasm/nucleoscope.js";

/** Bytes of cached predictions: about 2,700 images of 256 × 256 pixels. */
const cachedBytes = 2 ** 31;

/** What was removed: single images, with their positions, or everything at once. */
type Removed =
  | { readonly kind: "some"; readonly images: readonly { readonly image: BatchImage; readonly place: number }[] }
  | {
      readonly kind: "all";
      readonly batch: Batch;
      readonly selected: BatchImage | null;
      readonly records: RecordedRuns;
      readonly gates: readonly Gate[];
      readonly notAdded: number;
      readonly restoreMessages: () => void;
    };

/** The page: opens files, has them segmented, and shows the results. */
export class Page {
  readonly #options: EngineOptions;
  readonly #status = new Status(byId("status", HTMLElement));
  readonly #messages = new Messages(byId("messages", HTMLElement), byId("message-list", HTMLElement));
  readonly #progress = new ProgressBar(byId("progress", HTMLElement), byId("progress-words", HTMLElement));
  readonly #scorePanel = new ScorePanel(byId("score", HTMLElement), byId("score-note", HTMLElement));
  readonly #saved = new Saved();
  readonly #download = new Download(
    byId("download", HTMLButtonElement),
    byId("download-note", HTMLElement),
    () => this.#engine,
    {
      saved: (images) => this.#saved.mark(images),
      failed: ({ message, help }) => {
        const action = { label: "Try again", run: () => void this.#download.save() };
        this.#messages.add([{ message: `The CSV could not be saved: ${message}`, help, action }]);
      },
    },
  );
  readonly #viewer = new Viewer({
    selected: (labels) => this.#selectNuclei(labels),
    hovered: (label) => this.#measurements.hover(label),
    drawn: (drawn) => this.#takeDrawn(drawn),
    again: (image) => this.#startAgain([image]),
  });
  readonly #counts = new Counts({
    counted: (image) => this.#counted(image),
    settled: () => this.#settled(),
  });
  readonly #measurements = new Measurements(byId("results", HTMLElement), this.#viewer, this.#counts, (before, after) =>
    this.#changeGates(before, after),
  );
  readonly #listElement = byId("images", HTMLElement);
  readonly #list = new ImageList(this.#listElement, (image) => this.#select(image));
  readonly #cache = new PredictionCache(cachedBytes);
  readonly #work = new Work({ changed: (image) => this.#changed(image), ended: () => this.#ended() }, this.#cache);
  readonly #interactive = new InteractiveWorker({
    changed: (image) => this.#relabelled(image),
    failed: (image, { message, help }) => {
      const action = { label: "Try again", run: () => this.#relabel(image) };
      this.#messages.add([{ message: `${image.name} could not be adjusted: ${message}`, help, action }]);
    },
  });
  readonly #tuningPanel = new TuningPanel({
    changed: (tuning, isSettled) => this.#tune(tuning, isSettled),
    scopeChanged: (isOwn) => this.#changeScope(isOwn),
    reset: () => this.#tune(this.#standardTuning, true),
  });
  readonly #stackPanel = new StackPanel((selection, forAll) => this.#chooseFromStack(selection, forAll));
  readonly #corrections = new CorrectionBar(
    {
      delete: () => this.#correct({ kind: "delete", at: this.#viewer.selectedPlaces }),
      merge: () => this.#correct({ kind: "merge", at: this.#viewer.selectedPlaces }),
      undo: () => this.#step((image) => image.edits.undo()),
      redo: () => this.#step((image) => image.edits.redo()),
      clearRegions: () => this.#setRegions(() => []),
      startFromTruth: () => this.#startFromTruth(),
    },
    byId("viewer", HTMLElement),
  );
  readonly #dialect = new TableDialectChoice();
  readonly #export = new ExportMenu(async () => ({
    engine: await this.#engine,
    batch: this.#batch,
    selected: this.#selected,
    submission: () => this.#download.file(),
    measures: this.#measurements.columns,
    dialect: this.#dialect.dialect,
    saved: (images) => this.#saved.mark(images),
  }));
  readonly #settings = new SettingsPanel(
    () => this.#changeSettings(),
    () => this.#changePixelSize(),
  );
  readonly #again = byId("again", HTMLButtonElement);
  readonly #cancel = byId("cancel", HTMLButtonElement);
  readonly #continue = byId("continue", HTMLButtonElement);
  readonly #retryFailed = byId("retry-failed", HTMLButtonElement);
  #batch = new Batch();
  #selected: BatchImage | null = null;
  /** Resolves when the engine has been loaded, at the first attempt or a later one. */
  readonly #engine: Promise<Engine>;
  #provide!: (engine: Engine) => void;
  /** Settles when all files added so far have been opened; they are opened one group after the other. */
  #opening: Promise<void> = Promise.resolve();
  #openings = 0;
  #exampleSeed = 1;
  /** Set when the engine is loaded; no image can be tuned before. */
  #standardTuning!: Tuning;
  /** The tuning of every image without its own. */
  #tuning!: Tuning;
  /** Runs from records whose images have not been added yet. */
  #records = new RecordedRuns();
  /** The gates of new images. */
  #gates: readonly Gate[] = [];
  /** How many files of the last drop were refused. */
  #notAdded = 0;
  /** The last announcement that the batch has ended. */
  #announcedEnd = "";
  /** What was removed and can be restored. */
  #removed: Removed | null = null;
  #removalMessage: PageMessage | null = null;
  #frame: number | null = null;

  /** `messages` are shown at the start. */
  constructor(options: EngineOptions, messages: readonly PageMessage[]) {
    this.#options = options;
    this.#messages.add(messages);
    new FileDrop((gathered) => this.#open(gathered));
    const onClick = (id: string, action: () => void): void =>
      byId(id, HTMLButtonElement).addEventListener("click", action);
    onClick("try-example", () => this.#tryExample());
    onClick("cancel", () => this.#work.cancel());
    onClick("continue", () => this.#continueWork());
    onClick("again", () => this.#segmentAgain());
    onClick("retry-failed", () => this.#startAgain(this.#failed()));
    onClick("remove", () => this.#removeOne());
    onClick("remove-all", () => this.#removeAll());
    onClick("retry", () => void this.#load());
    followMenus();
    onClick("copy-link", () => void this.#copyLink());
    this.#listElement.addEventListener("keydown", (event) => {
      if (event.key === "Delete") this.#removeOne();
      else this.#viewer.zoomByKey(event);
    });
    window.addEventListener("beforeunload", (event) => {
      if (!this.#saved.isMissing(this.#batch.images)) return;
      event.preventDefault();
      // Browsers before 2024 need this to ask.
      event.returnValue = true;
    });
    this.#engine = new Promise((resolve) => {
      this.#provide = resolve;
    });
    void this.#load();
    this.#layOut();
  }

  /** Loads the engine; a failure is shown once for the whole page, with a button to try again. */
  async #load(): Promise<void> {
    const failure = byId("load-failure", HTMLElement);
    failure.hidden = true;
    try {
      const engine = await Engine.create(this.#options);
      this.#useTuning(engine);
      this.#export.list(engine.exportFormats);
      this.#viewer.use(engine);
      this.#work.use(engine);
      this.#interactive.use(engine);
      this.#counts.use(engine);
      setText(byId("model", HTMLElement), `model ${engine.model.name} ${engine.model.version}`);
      this.#provide(engine);
    } catch (error) {
      setText(byId("load-failure-words", HTMLElement), explanation(reportOf(error)));
      failure.hidden = false;
    }
  }

  /** Opens files after those added before; `again` repeats the whole action. */
  #open(gathered: Promise<Gathered>, again = (): void => this.#open(gathered)): void {
    this.#openings++;
    this.#layOut();
    this.#status.announce("Opening the files…");
    this.#forgetRemoved();
    const batch = this.#batch;
    let isFailed = false;
    this.#opening = this.#opening.then(async () => {
      try {
        const { files, unreadable } = await gathered;
        if (batch === this.#batch) await this.#openFiles(files, unreadable);
      } catch (error) {
        isFailed = true;
        this.#status.announce("The files could not be opened.");
        const { message, help } = reportOf(error);
        const action = { label: "Try again", run: again };
        this.#messages.add([{ message: `The files could not be opened: ${message}`, help, action }]);
      } finally {
        this.#openings--;
        this.#layOut();
        if (!this.#busy && batch === this.#batch) {
          if (batch.images.length > 0) this.#ended();
          else if (!isFailed) this.#status.announce("No images were found.");
        }
      }
    });
  }

  async #openFiles(files: readonly BatchFile[], unreadable: readonly string[]): Promise<void> {
    const batch = this.#batch;
    const engine = await this.#engine;
    const records = this.#records;
    const others = files.filter((file) => !isRegions(file));
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
      update.added.push(
        batch.addFailure(path, {
          code: "file/unreadable",
          message: "The browser could not read this file.",
          help: "Check that it still exists and that you have permission to read it, then add it again.",
        }),
      );
    }
    this.#messages.replace(plan.warnings);
    this.#messages.add(refusalMessages(refused));
    this.#messages.add(problems);
    const hasOther = this.#records.size > 0 || problems.length > 0 || files.some(isRegions);
    if (batch.images.length === 0 && !hasOther) {
      this.#messages.add([
        {
          message: "No images were found in the files you added.",
          help: "Add PNG, JPEG, TIFF, BMP, GIF or WebP images, or a folder or ZIP archive that contains some.",
        },
      ]);
    }
    this.#list.add(update.added);
    for (const image of update.renamed) this.#list.refresh(image);
    for (const image of update.added) {
      image.pixelSize = this.#settings.pixelSize;
      image.gates = this.#gates;
    }
    await this.#applyRecords(engine);
    await this.#takeRegions(files.filter(isRegions), engine);
    this.#work.start([...update.added, ...update.again], this.#settingsFor);
    this.#followSelected();
    this.#layOut();
  }

  #tryExample(seed = this.#exampleSeed++): void {
    this.#open(
      this.#engine.then(async (engine) => {
        const { name, png } = await engine.example(seed);
        const blob = new File([png], name, { type: "image/png" });
        return { files: [{ path: name, blob, explicit: true }], unreadable: [] };
      }),
      () => this.#tryExample(seed),
    );
  }

  get #busy(): boolean {
    return this.#work.busy || this.#interactive.busy || this.#openings > 0;
  }

  #continueWork(): void {
    const cancelled = this.#batch.images.filter(({ state }) => state.kind === "cancelled");
    this.#work.start(cancelled, this.#settingsFor);
    this.#layOut();
  }

  /** Finished images whose settings have changed and that have to be segmented again. */
  #outdated(): BatchImage[] {
    return this.#batch.images.filter((image) => {
      if (image.state.kind !== "done" || image.settings === null) return false;
      if (!sameSettings(image.settings, { ...image.settings, ...(image.recorded ?? this.#settings.settings) }))
        return true;
      return isTiled(image) && !hasTuning(image.settings, image.tuning ?? this.#tuning);
    });
  }

  #segmentAgain(): void {
    this.#work.start(this.#outdated(), this.#settingsFor);
    this.#layOut();
  }

  /** The images that failed and could be tried again. */
  #failed(): BatchImage[] {
    return this.#batch.images.filter(({ state, source }) => state.kind === "failed" && source !== null);
  }

  #startAgain(images: readonly BatchImage[]): void {
    this.#work.start(images, this.#settingsFor);
    this.#layOut();
  }

  /** Removes the selected image from the list. */
  #removeOne(): void {
    const image = this.#selected;
    if (image === null) return;
    this.#work.cancelOne(image);
    const place = this.#batch.remove(image);
    const one = { image, place };
    // Images removed one after the other share one message, which restores all of them.
    const before = this.#removed?.kind === "some" ? this.#removed.images : [];
    const images = [...before, one];
    if (before.length === 0) this.#forgetRemoved();
    const { images: left } = this.#batch;
    this.#list.replace(left, left[place] ?? left[place - 1] ?? null);
    this.#offerUndo({ kind: "some", images }, `${counted(images.length, "image")} removed: ${namesOf(images)}`);
    this.#afterRemoval();
    this.#status.announce(`${image.name} removed.`);
    if (left.length === 0) byId("choose-images", HTMLButtonElement).focus();
  }

  #removeAll(): void {
    this.#work.cancel();
    this.#restoreSome();
    const batch = this.#batch;
    const selected = this.#selected;
    const before = { batch, selected, records: this.#records, gates: this.#gates, notAdded: this.#notAdded };
    const { done } = batch.tally();
    const words = `${counted(batch.images.length, "image")} removed${done > 0 ? ", with their nuclei and corrections" : ""}`;
    const restoreMessages = this.#messages.clear();
    this.#records = new RecordedRuns();
    this.#gates = [];
    this.#notAdded = 0;
    this.#batch = new Batch();
    this.#list.clear();
    this.#viewer.clear();
    this.#scorePanel.hide();
    this.#offerUndo({ kind: "all", ...before, restoreMessages }, words);
    this.#afterRemoval();
    this.#status.announce("All images removed.");
    byId("choose-images", HTMLButtonElement).focus();
  }

  #offerUndo(removed: Removed, words: string): void {
    if (this.#removalMessage !== null) this.#messages.remove(this.#removalMessage);
    this.#removed = removed;
    this.#removalMessage = {
      message: words,
      help: "This can be undone until other images are added.",
      action: { label: "Undo", run: () => this.#undoRemoval() },
      dismissed: () => this.#forgetRemoved(),
    };
    this.#messages.add([this.#removalMessage]);
  }

  /** Restores what was removed last. */
  #undoRemoval(): void {
    const removed = this.#removed;
    if (removed?.kind === "all") {
      this.#removed = null;
      this.#batch = removed.batch;
      this.#records = removed.records;
      this.#gates = removed.gates;
      this.#notAdded = removed.notAdded;
      removed.restoreMessages();
      this.#list.add(removed.batch.images);
      this.#list.select(removed.selected);
    } else this.#restoreSome();
    this.#afterRemoval();
    this.#listElement.focus();
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
    if (this.#removalMessage !== null) this.#messages.remove(this.#removalMessage);
    for (const { image, place } of [...removed.images].reverse()) this.#batch.putBack(image, place);
    this.#list.replace(this.#batch.images, removed.images.at(-1)?.image ?? null);
  }

  /** Frees what was removed; it can no longer be restored. */
  #forgetRemoved(): void {
    const removed = this.#removed;
    this.#removed = null;
    if (this.#removalMessage !== null) this.#messages.remove(this.#removalMessage);
    this.#removalMessage = null;
    if (removed === null) return;
    const images = removed.kind === "all" ? removed.batch.images : removed.images.map(({ image }) => image);
    for (const image of images) {
      image.thumbnail?.bitmap.close();
      image.thumbnail = null;
      this.#cache.remove(image);
    }
  }

  /** Updates everything that depends on the list of images. */
  #afterRemoval(): void {
    this.#layOut();
    this.#measurements.summarize(this.#batch.images);
    void this.#summarize(this.#batch);
    if (this.#batch.images.length > 0 && !this.#busy) this.#announceEnd();
    if (!this.#busy) void this.#counts.askAll(this.#batch.images);
  }

  #select(image: BatchImage | null): void {
    this.#selected = image;
    this.#viewer.show(image);
    this.#followSelected();
  }

  /** Updates the panels that show the selected image. */
  #followSelected(): void {
    const image = this.#selected;
    const result = image?.state.kind === "done" ? image.state.result : null;
    this.#measurements.show(image);
    this.#stackPanel.show(result?.stack ?? null, image?.selection ?? {});
    if (this.#tuning !== undefined) this.#tuningPanel.show(image?.tuning ?? this.#tuning, image?.tuning != null);
    byId("legend", HTMLElement).hidden = result?.score == null;
    this.#showCorrections();
  }

  #showCorrections(): void {
    const image = this.#selected;
    const isCorrectable = image === null || !isTiled(image);
    byId("tiled-note", HTMLElement).hidden = isCorrectable;
    this.#viewer.allowCorrections(isCorrectable);
    this.#corrections.show({
      selected: isCorrectable ? this.#viewer.selected.size : 0,
      canUndo: isCorrectable && image?.edits.canUndo === true,
      canRedo: isCorrectable && image?.edits.canRedo === true,
      regions: image?.regions.length ?? 0,
      canStartFromTruth:
        isCorrectable &&
        image?.state.kind === "done" &&
        image.state.result.truthOutlines !== null &&
        !image.startsFromTruth,
    });
  }

  #selectNuclei(labels: ReadonlySet<number>): void {
    const [first] = labels;
    this.#measurements.select(labels.size === 1 && first !== undefined ? first : null);
    this.#showCorrections();
  }

  /** The settings for an image: the network's settings are the batch's; the tuning may be the image's own. */
  readonly #settingsFor = (image: BatchImage): Settings => ({
    ...(image.recorded ?? this.#settings.settings),
    ...(image.tuning ?? this.#tuning),
  });

  #useTuning(engine: Engine): void {
    const standard = tuningOf(engine.settings, engine.settingList);
    const shared = settingsIn(location.hash, engine.settingList);
    this.#standardTuning = standard;
    this.#tuning = { ...standard, ...shared?.tuning };
    if (shared !== null) this.#settings.take(shared.network);
    if (shared !== null && shared.ignored.length > 0) {
      this.#messages.add([
        {
          message: `This page's link contains settings that do not exist or are out of range: ${shared.ignored.join(", ")}`,
          help: "The defaults are used instead.",
        },
      ]);
    }
    if (shared !== null && shared.oldNames.length > 0) {
      this.#messages.add([
        {
          message: `This page's link uses old names of settings: ${shared.oldNames.join(", ")}`,
          help: "Copy the link again: a later version will not read the old names.",
        },
      ]);
    }
    this.#tuningPanel.offer(engine.settingList, standard);
    this.#tuningPanel.show(this.#tuning, false);
  }

  /** Updates the selected image at once, and the others when the slider is released. */
  #tune(tuning: Tuning, isSettled: boolean): void {
    const image = this.#selected;
    if (image?.tuning != null) image.tuning = tuning;
    else this.#tuning = tuning;
    this.#tuningPanel.show(tuning, image?.tuning != null);
    if (image !== null) this.#relabel(image);
    if (isSettled) this.#relabelOutdated();
  }

  #changeScope(isOwn: boolean): void {
    const image = this.#selected;
    if (image === null) return;
    image.tuning = isOwn ? { ...this.#tuning } : null;
    this.#tuningPanel.show(image.tuning ?? this.#tuning, isOwn);
    this.#relabel(image);
  }

  /** Finds an image's nuclei again: from its prediction or, if that is no longer cached, with the network. */
  #relabel(image: BatchImage, isSelected = true): void {
    if (image.state.kind !== "done") return;
    if (isTiled(image)) {
      this.#layOut();
      return;
    }
    const settings = { ...image.settings, ...image.recorded, ...(image.tuning ?? this.#tuning) };
    if (this.#interactive.canRelabel(image)) void this.#interactive.relabel(image, settings, isSelected);
    else this.#work.start([image], this.#settingsFor);
    this.#layOut();
  }

  /** Updates every finished image whose nuclei were found with another tuning. */
  #relabelOutdated(): void {
    for (const image of this.#batch.images) {
      if (image === this.#selected || image.state.kind !== "done" || image.settings === null) continue;
      if (!hasTuning(image.settings, image.tuning ?? this.#tuning)) this.#relabel(image, false);
    }
  }

  #relabelled(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#list.refresh(image);
    if (image === this.#selected) {
      this.#viewer.update();
      this.#followSelected();
      this.#showRefusal(image);
    }
    if (this.#busy) return;
    this.#layOut();
    if (this.#batch.images.length > 0) this.#announceEnd();
    void this.#summarize(this.#batch);
    void this.#counts.askAll(this.#batch.images);
  }

  /** The nuclei of an image have been counted. */
  #counted(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#list.refresh(image);
    if (image === this.#selected) {
      this.#viewer.describe();
      this.#measurements.update(image);
    }
    if (!this.#busy) this.#layOut();
  }

  /** The nuclei of all images have been counted. */
  #settled(): void {
    this.#measurements.summarize(this.#batch.images);
    if (this.#busy || this.#batch.images.length === 0) return;
    this.#layOut();
    if (this.#endOf(this.#batch) !== this.#announcedEnd) this.#announceEnd();
  }

  /** Announces that the batch has ended, with its numbers. */
  #announceEnd(): void {
    this.#announcedEnd = this.#endOf(this.#batch);
    this.#status.announce(this.#announcedEnd);
  }

  /** Applies added and removed gates to every image, whatever other gates it has. */
  #changeGates(before: readonly Gate[], after: readonly Gate[]): void {
    this.#gates = changed(this.#gates, before, after);
    for (const image of this.#listedOrRemoved()) image.gates = changed(image.gates, before, after);
    this.#recount();
  }

  /** Counts again, the selected image first, without measuring. */
  #recount(): void {
    this.#viewer.describe();
    for (const image of this.#batch.images) this.#list.refresh(image);
    this.#layOut();
    if (this.#selected !== null) void this.#counts.ask(this.#selected);
    if (!this.#busy) void this.#counts.askAll(this.#batch.images);
  }

  /** Shows why the last correction changed nothing. */
  #showRefusal({ state, edits }: BatchImage): void {
    if (state.kind !== "done") return;
    const last = edits.steps.length - 1;
    const refusal = state.result.refusedEdits.find(({ edit }) => edit === last);
    this.#viewer.describeHovered(refusal === undefined ? "" : refusal.reason);
  }

  #takeDrawn(drawn: Drawn): void {
    if ("edit" in drawn) this.#correct(drawn.edit);
    else this.#setRegions((regions) => [...regions, drawn.region]);
  }

  #correct(edit: Edit): void {
    this.#step((image) => {
      image.edits.push(edit);
      return true;
    });
  }

  /** Changes the corrections of the selected image; `change` returns whether there was a change. */
  #step(change: (image: BatchImage) => boolean): void {
    const image = this.#selected;
    if (image === null || image.state.kind !== "done" || isTiled(image) || !change(image)) return;
    this.#showCorrections();
    this.#relabel(image);
  }

  #setRegions(change: (regions: BatchImage["regions"]) => BatchImage["regions"]): void {
    const image = this.#selected;
    if (image === null) return;
    image.regions = change(image.regions);
    this.#viewer.update();
    this.#followSelected();
    this.#recount();
  }

  #changePixelSize(): void {
    for (const image of this.#listedOrRemoved()) image.pixelSize = this.#settings.pixelSize;
    this.#viewer.update();
    this.#followSelected();
    void this.#counts.askAll(this.#batch.images);
  }

  /** Settings chosen by the user replace those of a record. */
  #changeSettings(): void {
    for (const image of this.#listedOrRemoved()) {
      if (image.recorded !== null) image.recorded = { ...image.recorded, ...this.#settings.settings };
    }
    this.#layOut();
  }

  /** Applies the corrections of records that start from ground truth, once the image is finished. */
  #startFromRecordedTruth(): void {
    for (const image of this.#batch.images) {
      const edits = this.#records.editsFromTruth(image);
      if (edits === null || image.state.kind !== "done") continue;
      if (image.truth === null || image.state.result.truthOutlines === null) {
        this.#messages.add([
          {
            message: `The corrections of ${image.name} start from its ground truth, which is not among the files.`,
            help: "Add the masks, the label image or the CSV file, then add the record again.",
          },
        ]);
        continue;
      }
      image.startsFromTruth = true;
      image.edits.replace(edits);
      this.#relabel(image, image === this.#selected);
    }
  }

  #startFromTruth(): void {
    const image = this.#selected;
    if (image === null || image.truth === null) return;
    image.startsFromTruth = true;
    image.edits.replace([]);
    this.#relabel(image);
  }

  /** Another channel, slice or frame is another image: it is segmented again, without corrections. */
  #chooseFromStack(selection: Selection, forAll: boolean): void {
    const chosen = forAll ? this.#batch.images : this.#selected === null ? [] : [this.#selected];
    const images = chosen.filter(({ state }) => state.kind === "done" || state.kind === "failed");
    for (const image of images) {
      image.selection = selection;
      image.edits.replace([]);
    }
    this.#work.start(images, this.#settingsFor);
    this.#layOut();
  }

  async #copyLink(): Promise<void> {
    const settings = { ...this.#settings.settings, ...(this.#selected?.tuning ?? this.#tuning) };
    const link = linkOf(location.href, settings);
    try {
      await navigator.clipboard.writeText(link);
      this.#status.announce("A link with these settings was copied.");
    } catch {
      // Without permission or on an insecure page, the link can be copied from the address bar.
      history.replaceState(null, "", link);
      this.#status.announce("The address of this page now holds these settings: copy it from the address bar.");
    }
  }

  /** Sets regions of the image whose exported files' names match, or of the selected image. */
  async #takeRegions(files: readonly BatchFile[], engine: Engine): Promise<void> {
    for (const file of files) {
      const name = file.path.split(/[/\\]/).at(-1) ?? file.path;
      const known = this.#batch.images.filter(({ fileStem }) => fileStem !== "" && name.startsWith(fileStem));
      known.sort((left, right) => right.fileStem.length - left.fileStem.length);
      const image = known[0] ?? this.#selected;
      this.#messages.add([await this.#applyRegions(file, image, engine)]);
    }
    if (files.length > 0) this.#recount();
  }

  async #applyRegions({ path, blob }: BatchFile, image: BatchImage | null, engine: Engine): Promise<PageMessage> {
    try {
      const regions = await engine.readRegions({ blob, entry: null });
      if (image === null) {
        return {
          message: `${path} has ${counted(regions.length, "region")}, but no image is selected.`,
          help: "Add the image first, then the regions.",
        };
      }
      image.regions = regions;
      return {
        message: `${counted(regions.length, "region")} from ${path} applied to ${image.name}.`,
        help: "“Clear regions” removes them.",
      };
    } catch (error) {
      const { message, help } = reportOf(error);
      return { message: `${path} was not used: ${message}`, help };
    }
  }

  /** Applies records to their images; images that are finished already are segmented again. */
  async #applyRecords(engine: Engine): Promise<void> {
    const applied = await this.#records.applyTo(this.#batch.images, engine);
    const { images } = applied;
    this.#messages.add(applied.messages);
    if (this.#records.size > 0) {
      this.#messages.add([
        {
          message: `The record contains ${counted(this.#records.size, "more image", "more images")} that ${this.#records.size === 1 ? "is" : "are"} not among the files.`,
          help: "Add them to repeat their runs.",
        },
      ]);
    }
    const [first] = images;
    if (first === undefined) return;
    // If all images of the record have the same gates, new images get them, too.
    const isSame = images.every(
      ({ gates }) =>
        gates.length === first.gates.length && gates.every((gate, place) => sameGate(gate, first.gates[place] ?? gate)),
    );
    if (isSame) this.#gates = first.gates;
    if (first.recorded !== null) this.#settings.take(first.recorded);
    // An image that is being segmented is segmented again afterwards, as its selection has changed.
    for (const image of images) if (image.settings !== null) image.settings = this.#settingsFor(image);
    this.#work.start(
      images.filter(({ state }) => state.kind === "done"),
      this.#settingsFor,
    );
  }

  #changed(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#list.refresh(image);
    if (image === this.#selected) {
      this.#viewer.update();
      if (image.state.kind === "done") this.#followSelected();
    }
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#progress.show(this.#work.progress());
    });
    this.#status.mention(() => describe(this.#work.progress()));
  }

  #ended(): void {
    this.#progress.show(this.#work.progress());
    this.#layOut();
    if (this.#batch.images.length === 0) return;
    this.#announceEnd();
    this.#startFromRecordedTruth();
    this.#relabelOutdated();
    void this.#summarize(this.#batch);
    void this.#counts.askAll(this.#batch.images);
  }

  /** Text: how many images are done, failed, cancelled, and how many nuclei they have. */
  #endOf(batch: Batch): string {
    const { done, nuclei: found, counted: count, uncounted, failed, cancelled } = batch.tally();
    const parts = [`${counted(done, "image")} done`, countedNuclei(count, found)];
    if (uncounted > 0) parts.push(`${counted(uncounted, "image")} not counted`);
    if (failed > 0) parts.push(`${failed.toLocaleString("en")} failed`);
    if (cancelled > 0) parts.push(`${cancelled.toLocaleString("en")} cancelled`);
    if (this.#notAdded > 0) parts.push(`${this.#notAdded.toLocaleString("en")} not added`);
    return `${parts.join(", ")}.`;
  }

  async #summarize(batch: Batch): Promise<void> {
    const scores = batch.scores();
    const scored = (image: BatchImage): boolean => image.state.kind === "done" && image.state.result.score !== null;
    const ignored = batch.images.filter((image) => image.ignoredInScoring && scored(image)).length;
    if (scores.length === 0) {
      this.#scorePanel.hide();
      return;
    }
    try {
      const engine = await this.#engine;
      const summary = await engine.summarize(scores);
      if (batch === this.#batch && summary !== null) this.#scorePanel.show(summary, ignored);
    } catch (error) {
      if (batch !== this.#batch) return;
      this.#scorePanel.hide();
      const { message, help } = reportOf(error);
      const action = { label: "Try again", run: () => void this.#summarize(this.#batch) };
      this.#messages.add([{ message: `The scores could not be summarised: ${message}`, help, action }]);
    }
  }

  /** Shows, hides and enables elements according to the state of the batch. */
  #layOut(): void {
    const focused = document.activeElement;
    const hasImages = this.#batch.images.length > 0;
    const { cancelled } = this.#batch.tally();
    const { classList } = document.documentElement;
    classList.toggle("has-images", hasImages);
    classList.toggle("working", this.#work.busy);
    setText(
      byId("file-drop-title", HTMLElement),
      hasImages ? "Drop more images anywhere" : "Drop microscopy images here",
    );
    byId("workspace", HTMLElement).hidden = !hasImages;
    byId("results", HTMLElement).hidden = !hasImages;
    byId("progress", HTMLElement).hidden = !hasImages;
    byId("progress-words", HTMLElement).hidden = !this.#work.busy;
    byId("remove", HTMLButtonElement).hidden = !hasImages;
    byId("remove-all", HTMLButtonElement).hidden = !hasImages;
    this.#cancel.hidden = !this.#work.busy;
    this.#continue.hidden = this.#busy || cancelled === 0;
    this.#retryFailed.hidden = this.#busy || this.#failed().length === 0;
    this.#again.hidden = this.#busy || this.#outdated().length === 0;
    setText(byId("image-count", HTMLElement), hasImages ? counted(this.#batch.images.length, "image") : "");
    this.#download.offer(this.#batch, this.#busy);
    const { done, counted: count } = this.#batch.tally();
    this.#export.offer(!this.#busy && done > 0 && count !== null);
    this.#keepFocus(focused);
  }

  /** If the focused button is now hidden, moves the focus to the button that is most useful next. */
  #keepFocus(focused: Element | null): void {
    if (!(focused instanceof HTMLButtonElement) || !focused.hidden) return;
    const download = byId("download", HTMLButtonElement);
    const next = [this.#cancel, this.#again, this.#continue, this.#retryFailed, download];
    next.find((button) => !button.hidden && !button.disabled)?.focus();
  }
}

/** Whether a file has regions of interest: a GeoJSON file that was added itself, not an export in a folder. */
function isRegions({ path, explicit }: BatchFile): boolean {
  return explicit && /\.geojson$/i.test(path);
}

/** The names of the first images. */
function namesOf(images: readonly { readonly image: BatchImage }[]): string {
  const names = images.slice(0, 3).map(({ image }) => image.name);
  return `${names.join(", ")}${images.length > names.length ? " and others" : ""}`;
}

/** One message about all files that were refused. */
function refusalMessages(refused: readonly string[]): PageMessage[] {
  const [path] = refused;
  if (path === undefined) return [];
  return [
    {
      message:
        refused.length === 1
          ? `${path} was not added because the same file was added before.`
          : `${counted(refused.length, "file")} were not added because the same files were added before: ${path} and others.`,
      help: "To start over, remove all images first.",
    },
  ];
}
