import { Batch, isTiled, type BatchImage } from "./batch.ts";
import { InteractiveWorker } from "./interactive-worker.ts";
import { CorrectionBar } from "./correction-bar.ts";
import { Counts } from "./counts.ts";
import { Download } from "./download.ts";
import { byId, setText } from "./dom.ts";
import { reportOf } from "./engine/engine-error.ts";
import { Engine, type EngineOptions } from "./engine/engine.ts";
import type { BatchFile } from "./engine/protocol.ts";
import { ExportMenu } from "./export-menu.ts";
import type { Gathered } from "./gather.ts";
import { ImageList } from "./image-list.ts";
import { FileDrop } from "./file-drop.ts";
import { PredictionCache } from "./prediction-cache.ts";
import { Measurements } from "./measurements.ts";
import { followMenus } from "./menus.ts";
import { Notices, type Notice } from "./notices.ts";
import { describe, ProgressBar } from "./progress.ts";
import { RecordedRuns } from "./recorded-runs.ts";
import { changed, sameGate, type Gate } from "./results/gates.ts";
import { Saved } from "./saved.ts";
import { ScorePanel } from "./score-panel.ts";
import { linkOf, settingsIn } from "./settings-link.ts";
import { sameSettings, SettingsPanel } from "./settings-panel.ts";
import { StackPanel } from "./stack-panel.ts";
import { Status } from "./status.ts";
import type { Drawn } from "./tools.ts";
import { TableDialectChoice } from "./table-dialect.ts";
import { hasTuning, tuningOf, type Tuning } from "./tuning.ts";
import { TuningPanel } from "./tuning-panel.ts";
import { Viewer } from "./viewer.ts";
import { counted, countedNuclei, explanation } from "./format.ts";
import { Work } from "./work.ts";
import type { Edit, Selection, Settings } from "./wasm/nucleoscope.js";

/** Bytes of maps that are kept for cutting images anew: some 2,700 images of 256 × 256 pixels. */
const keptMapBytes = 2 ** 31;

/** What was removed: images one by one, with the places they had, or everything at once. */
type Removed =
  | { readonly kind: "some"; readonly images: readonly { readonly image: BatchImage; readonly place: number }[] }
  | {
      readonly kind: "all";
      readonly batch: Batch;
      readonly selected: BatchImage | null;
      readonly records: RecordedRuns;
      readonly gates: readonly Gate[];
      readonly notAdded: number;
      readonly restoreNotices: () => void;
    };

/** The page: takes files in, has them worked on, and shows what comes of it. */
export class Page {
  readonly #options: EngineOptions;
  readonly #status = new Status(byId("status", HTMLElement));
  readonly #notices = new Notices(byId("notices", HTMLElement), byId("notice-list", HTMLElement));
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
        this.#notices.add([{ message: `The CSV could not be saved: ${message}`, help, action }]);
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
  readonly #cache = new PredictionCache(keptMapBytes);
  readonly #work = new Work({ changed: (image) => this.#changed(image), ended: () => this.#ended() }, this.#cache);
  readonly #interactive = new InteractiveWorker({
    changed: (image) => this.#relabelled(image),
    failed: (image, { message, help }) => {
      const action = { label: "Try again", run: () => this.#relabel(image) };
      this.#notices.add([{ message: `${image.name} could not be adjusted: ${message}`, help, action }]);
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
  /** Resolves when loading succeeds, be it at the second try: until then, whatever needs it waits. */
  readonly #engine: Promise<Engine>;
  #provide!: (engine: Engine) => void;
  /** Drops that are still being opened, one after the other. */
  #opening: Promise<void> = Promise.resolve();
  #openings = 0;
  #exampleSeed = 1;
  /** Known from when the engine is there; no image can be tuned before. */
  #standardTuning!: Tuning;
  /** The tuning of every image that has none of its own. */
  #tuning!: Tuning;
  /** Runs of records that were dropped: they wait for their image. */
  #records = new RecordedRuns();
  /** The gates of every image that no record gave others. */
  #gates: readonly Gate[] = [];
  /** Files of the last drop that were not added. */
  #notAdded = 0;
  /** What was said last of where the batch is. */
  #endWords = "";
  /** What was removed and can be brought back. */
  #removed: Removed | null = null;
  #removedNotice: Notice | null = null;
  #frame: number | null = null;

  /** `notices` are what is to be said at the start. */
  constructor(options: EngineOptions, notices: readonly Notice[]) {
    this.#options = options;
    this.#notices.add(notices);
    new FileDrop((gathered) => this.#open(gathered));
    const follow = (id: string, action: () => void): void =>
      byId(id, HTMLButtonElement).addEventListener("click", action);
    follow("try-example", () => this.#tryExample());
    follow("cancel", () => this.#work.cancel());
    follow("continue", () => this.#continueWork());
    follow("again", () => this.#segmentAgain());
    follow("retry-failed", () => this.#startAgain(this.#failed()));
    follow("remove", () => this.#removeOne());
    follow("remove-all", () => this.#removeAll());
    follow("retry", () => void this.#load());
    followMenus();
    follow("copy-link", () => void this.#copyLink());
    this.#listElement.addEventListener("keydown", (event) => {
      if (event.key === "Delete") this.#removeOne();
      else this.#viewer.zoomByKey(event);
    });
    window.addEventListener("beforeunload", (event) => {
      if (!this.#saved.isMissing(this.#batch.images)) return;
      event.preventDefault();
      // Browsers of before 2024 ask because of this.
      event.returnValue = true;
    });
    this.#engine = new Promise((resolve) => {
      this.#provide = resolve;
    });
    void this.#load();
    this.#layOut();
  }

  /** Loads the engine; a failure is told once for the whole page, with a way to try again. */
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

  /** Opens what was given, after what was given before; `again` does all of it once more. */
  #open(gathered: Promise<Gathered>, again = (): void => this.#open(gathered)): void {
    this.#openings++;
    this.#layOut();
    this.#status.say("Opening the files…");
    this.#letGoOfRemoved();
    const batch = this.#batch;
    let isFailed = false;
    this.#opening = this.#opening.then(async () => {
      try {
        const { files, unreadable } = await gathered;
        if (batch === this.#batch) await this.#openFiles(files, unreadable);
      } catch (error) {
        isFailed = true;
        this.#status.say("The files could not be opened.");
        const { message, help } = reportOf(error);
        const action = { label: "Try again", run: again };
        this.#notices.add([{ message: `The files could not be opened: ${message}`, help, action }]);
      } finally {
        this.#openings--;
        this.#layOut();
        if (!this.#busy && batch === this.#batch) {
          if (batch.images.length > 0) this.#ended();
          else if (!isFailed) this.#status.say("No images were found.");
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
      // All was removed in the meantime: should it be brought back, these wait for "Continue".
      for (const image of update.added) image.state = { kind: "cancelled" };
      return;
    }
    this.#notAdded = refused.length;
    for (const path of unreadable) {
      update.added.push(
        batch.addFailure(path, {
          code: "file/unreadable",
          message: "The browser could not read this file.",
          help: "Check that it still exists and that you may read it, then add it again.",
        }),
      );
    }
    this.#notices.replace(plan.warnings);
    this.#notices.add(refusalNotices(refused));
    this.#notices.add(problems);
    const hasOther = this.#records.size > 0 || problems.length > 0 || files.some(isRegions);
    if (batch.images.length === 0 && !hasOther) {
      this.#notices.add([
        {
          message: "No images were found in what was added.",
          help: "Add PNG, JPEG, TIFF, BMP, GIF or WebP images, a folder or a ZIP archive that has some.",
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

  /** The images that other settings than today's were used for, but for a tuning that they follow at once. */
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

  /** Takes the selected image off the list. */
  #removeOne(): void {
    const image = this.#selected;
    if (image === null) return;
    this.#work.cancelOne(image);
    const place = this.#batch.remove(image);
    const one = { image, place };
    // One after the other: the same notice brings all of them back.
    const before = this.#removed?.kind === "some" ? this.#removed.images : [];
    const images = [...before, one];
    if (before.length === 0) this.#letGoOfRemoved();
    const { images: left } = this.#batch;
    this.#list.replace(left, left[place] ?? left[place - 1] ?? null);
    this.#offerUndo({ kind: "some", images }, `${counted(images.length, "image")} removed: ${namesOf(images)}`);
    this.#afterRemoval();
    this.#status.say(`${image.name} removed.`);
    if (left.length === 0) byId("choose-images", HTMLButtonElement).focus();
  }

  #removeAll(): void {
    this.#work.cancel();
    this.#bringBackSome();
    const batch = this.#batch;
    const selected = this.#selected;
    const before = { batch, selected, records: this.#records, gates: this.#gates, notAdded: this.#notAdded };
    const { done } = batch.tally();
    const words = `${counted(batch.images.length, "image")} removed${done > 0 ? ", with their nuclei and corrections" : ""}`;
    const restoreNotices = this.#notices.clear();
    this.#records = new RecordedRuns();
    this.#gates = [];
    this.#notAdded = 0;
    this.#batch = new Batch();
    this.#list.clear();
    this.#viewer.clear();
    this.#scorePanel.hide();
    this.#offerUndo({ kind: "all", ...before, restoreNotices }, words);
    this.#afterRemoval();
    this.#status.say("All images removed.");
    byId("choose-images", HTMLButtonElement).focus();
  }

  #offerUndo(removed: Removed, words: string): void {
    if (this.#removedNotice !== null) this.#notices.remove(this.#removedNotice);
    this.#removed = removed;
    this.#removedNotice = {
      message: words,
      help: "This can be undone until other images are added.",
      action: { label: "Undo", run: () => this.#undoRemoval() },
      dismissed: () => this.#letGoOfRemoved(),
    };
    this.#notices.add([this.#removedNotice]);
  }

  /** Brings back what was removed last. */
  #undoRemoval(): void {
    const removed = this.#removed;
    if (removed?.kind === "all") {
      this.#removed = null;
      this.#batch = removed.batch;
      this.#records = removed.records;
      this.#gates = removed.gates;
      this.#notAdded = removed.notAdded;
      removed.restoreNotices();
      this.#list.add(removed.batch.images);
      this.#list.select(removed.selected);
    } else this.#bringBackSome();
    this.#afterRemoval();
    this.#listElement.focus();
  }

  /** The images of the batch, and those that were removed from it one by one and can be brought back. */
  #listedOrRemoved(): BatchImage[] {
    const removed = this.#removed?.kind === "some" ? this.#removed.images : [];
    return [...this.#batch.images, ...removed.map(({ image }) => image)];
  }

  /** Puts images that were removed one by one back in their places. */
  #bringBackSome(): void {
    const removed = this.#removed;
    if (removed?.kind !== "some") return;
    this.#removed = null;
    if (this.#removedNotice !== null) this.#notices.remove(this.#removedNotice);
    for (const { image, place } of [...removed.images].reverse()) this.#batch.putBack(image, place);
    this.#list.replace(this.#batch.images, removed.images.at(-1)?.image ?? null);
  }

  /** Frees what can no longer be brought back. */
  #letGoOfRemoved(): void {
    const removed = this.#removed;
    this.#removed = null;
    if (this.#removedNotice !== null) this.#notices.remove(this.#removedNotice);
    this.#removedNotice = null;
    if (removed === null) return;
    const images = removed.kind === "all" ? removed.batch.images : removed.images.map(({ image }) => image);
    for (const image of images) {
      image.thumbnail?.bitmap.close();
      image.thumbnail = null;
      this.#cache.remove(image);
    }
  }

  /** Shows what belongs to the images that are left, or are back. */
  #afterRemoval(): void {
    this.#layOut();
    this.#measurements.summarize(this.#batch.images);
    void this.#summarize(this.#batch);
    if (this.#batch.images.length > 0 && !this.#busy) this.#sayEnd();
    if (!this.#busy) void this.#counts.askAll(this.#batch.images);
  }

  #select(image: BatchImage | null): void {
    this.#selected = image;
    this.#viewer.show(image);
    this.#followSelected();
  }

  /** Shows beside the viewer what belongs to the selected image. */
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
    byId("field-note", HTMLElement).hidden = isCorrectable;
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

  /** What an image is segmented with: the network's settings are the batch's, the tuning may be its own. */
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
      this.#notices.add([
        {
          message: `The link of this page asks for settings that do not exist or are out of range: ${shared.ignored.join(", ")}`,
          help: "The standard is used for them.",
        },
      ]);
    }
    if (shared !== null && shared.oldNames.length > 0) {
      this.#notices.add([
        {
          message: `The link of this page uses old names of settings: ${shared.oldNames.join(", ")}`,
          help: "Copy the link anew: a later version will no longer read them.",
        },
      ]);
    }
    this.#tuningPanel.offer(engine.settingList, standard);
    this.#tuningPanel.show(this.#tuning, false);
  }

  /** Cuts the selected image anew at once, and all others that follow once the slider is let go. */
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

  /** Finds an image's nuclei anew: from its maps, or where they are gone by the network. */
  #relabel(image: BatchImage, inHand = true): void {
    if (image.state.kind !== "done") return;
    if (isTiled(image)) {
      this.#layOut();
      return;
    }
    const settings = { ...image.settings, ...image.recorded, ...(image.tuning ?? this.#tuning) };
    if (this.#interactive.canRelabel(image)) void this.#interactive.relabel(image, settings, inHand);
    else this.#work.start([image], this.#settingsFor);
    this.#layOut();
  }

  /** Cuts every finished image anew whose nuclei are of another tuning. */
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
      this.#tellRefused(image);
    }
    if (this.#busy) return;
    this.#layOut();
    if (this.#batch.images.length > 0) this.#sayEnd();
    void this.#summarize(this.#batch);
    void this.#counts.askAll(this.#batch.images);
  }

  /** It is known which nuclei of an image count. */
  #counted(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#list.refresh(image);
    if (image === this.#selected) {
      this.#viewer.describe();
      this.#measurements.update(image);
    }
    if (!this.#busy) this.#layOut();
  }

  /** It is known which nuclei of all images count. */
  #settled(): void {
    this.#measurements.summarize(this.#batch.images);
    if (this.#busy || this.#batch.images.length === 0) return;
    this.#layOut();
    if (this.#endOf(this.#batch) !== this.#endWords) this.#sayEnd();
  }

  /** Says where the batch is at its end. */
  #sayEnd(): void {
    this.#endWords = this.#endOf(this.#batch);
    this.#status.say(this.#endWords);
  }

  /** Gates were added or taken away: that is done to every image, whatever other gates it has. */
  #changeGates(before: readonly Gate[], after: readonly Gate[]): void {
    this.#gates = changed(this.#gates, before, after);
    for (const image of this.#listedOrRemoved()) image.gates = changed(image.gates, before, after);
    this.#recount();
  }

  /** Counts anew, the selected image first; nothing is measured for it. */
  #recount(): void {
    this.#viewer.describe();
    for (const image of this.#batch.images) this.#list.refresh(image);
    this.#layOut();
    if (this.#selected !== null) void this.#counts.ask(this.#selected);
    if (!this.#busy) void this.#counts.askAll(this.#batch.images);
  }

  /** Why the last correction changed nothing. */
  #tellRefused({ state, edits }: BatchImage): void {
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

  /** Changes the corrections of the selected image; `change` says whether it did. */
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

  /** What is chosen by hand counts before what a record says. */
  #changeSettings(): void {
    for (const image of this.#listedOrRemoved()) {
      if (image.recorded !== null) image.recorded = { ...image.recorded, ...this.#settings.settings };
    }
    this.#layOut();
  }

  /** Corrections that a record began with ground truth are made on it, once the image is there. */
  #startFromRecordedTruth(): void {
    for (const image of this.#batch.images) {
      const edits = this.#records.editsFromTruth(image);
      if (edits === null || image.state.kind !== "done") continue;
      if (image.truth === null || image.state.result.truthOutlines === null) {
        this.#notices.add([
          {
            message: `The corrections of ${image.name} began with its ground truth, which is not among the files.`,
            help: "Add the masks, the label image or the CSV that it came from, then the record once more.",
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

  /** Another channel, slice or frame is another image: it goes to the network, without its corrections. */
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
      this.#status.say("The link with these settings was copied.");
    } catch {
      // No permission, or no secure page: the address bar has it to be copied from there.
      history.replaceState(null, "", link);
      this.#status.say("The address of this page now holds these settings: copy it from the address bar.");
    }
  }

  /** Gives regions to the image whose exported files are named so, or to the selected image. */
  async #takeRegions(files: readonly BatchFile[], engine: Engine): Promise<void> {
    for (const file of files) {
      const name = file.path.split(/[/\\]/).at(-1) ?? file.path;
      const known = this.#batch.images.filter(({ fileStem }) => fileStem !== "" && name.startsWith(fileStem));
      known.sort((left, right) => right.fileStem.length - left.fileStem.length);
      const image = known[0] ?? this.#selected;
      this.#notices.add([await this.#giveRegions(file, image, engine)]);
    }
    if (files.length > 0) this.#recount();
  }

  async #giveRegions({ path, blob }: BatchFile, image: BatchImage | null, engine: Engine): Promise<Notice> {
    try {
      const regions = await engine.readRegions({ blob, entry: null });
      if (image === null) {
        return {
          message: `${path} has ${counted(regions.length, "region")}, but there is no image to give them to.`,
          help: "Add the image first, then the regions.",
        };
      }
      image.regions = regions;
      return {
        message: `${counted(regions.length, "region")} of ${path} taken for ${image.name}.`,
        help: "“Clear regions” takes them away again.",
      };
    } catch (error) {
      const { message, help } = reportOf(error);
      return { message: `${path} was not used: ${message}`, help };
    }
  }

  /** Gives images what their records say; those on the list already are worked on again. */
  async #applyRecords(engine: Engine): Promise<void> {
    const applied = await this.#records.applyTo(this.#batch.images, engine);
    const { images } = applied;
    this.#notices.add(applied.notices);
    if (this.#records.size > 0) {
      this.#notices.add([
        {
          message: `The record tells of ${counted(this.#records.size, "image")} more, not among the files.`,
          help: "Add them, and they are worked on as it says.",
        },
      ]);
    }
    const [first] = images;
    if (first === undefined) return;
    // New images are counted as those of the record are, where that is the same for all of them.
    const isSame = images.every(
      ({ gates }) =>
        gates.length === first.gates.length && gates.every((gate, place) => sameGate(gate, first.gates[place] ?? gate)),
    );
    if (isSame) this.#gates = first.gates;
    if (first.recorded !== null) this.#settings.take(first.recorded);
    // One that is under way begins anew at its end, as it then has another selection.
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
    this.#sayEnd();
    this.#startFromRecordedTruth();
    this.#relabelOutdated();
    void this.#summarize(this.#batch);
    void this.#counts.askAll(this.#batch.images);
  }

  /** Where the batch is at its end, in words. */
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
      this.#notices.add([{ message: `The scores could not be summed up: ${message}`, help, action }]);
    }
  }

  /** Shows what belongs to the state the batch is in. */
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

  /** A button that goes takes the focus with it: it moves on to the one that is useful next. */
  #keepFocus(focused: Element | null): void {
    if (!(focused instanceof HTMLButtonElement) || !focused.hidden) return;
    const download = byId("download", HTMLButtonElement);
    const next = [this.#cancel, this.#again, this.#continue, this.#retryFailed, download];
    next.find((button) => !button.hidden && !button.disabled)?.focus();
  }
}

/** Whether a file has regions of interest: one that was given itself, not an export among others. */
function isRegions({ path, explicit }: BatchFile): boolean {
  return explicit && /\.geojson$/i.test(path);
}

/** The first of several images, by name. */
function namesOf(images: readonly { readonly image: BatchImage }[]): string {
  const names = images.slice(0, 3).map(({ image }) => image.name);
  return `${names.join(", ")}${images.length > names.length ? " and others" : ""}`;
}

/** What was not added, and why; many refusals for the same reason are told together. */
function refusalNotices(refused: readonly string[]): Notice[] {
  const [path] = refused;
  if (path === undefined) return [];
  return [
    {
      message:
        refused.length === 1
          ? `${path} was not added: the same file was added before.`
          : `${counted(refused.length, "file")} were not added, as the same files were added before: ${path} and others.`,
      help: "To start anew, remove all images first.",
    },
  ];
}
