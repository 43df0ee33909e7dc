import { Batch, isField, type BatchImage } from "./batch.ts";
import { Bench } from "./bench.ts";
import { CorrectionBar } from "./correction-bar.ts";
import { Download } from "./download.ts";
import { byId, setText } from "./elements.ts";
import { reportOf } from "./engine/engine-error.ts";
import { Engine, type EngineOptions } from "./engine/engine.ts";
import type { BatchFile } from "./engine/protocol.ts";
import { ExportMenu } from "./export-menu.ts";
import type { Gathered } from "./gather.ts";
import { ImageList } from "./image-list.ts";
import { Intake } from "./intake.ts";
import { MapsShelf } from "./maps-shelf.ts";
import { Measurements } from "./measurements.ts";
import { followMenus } from "./menus.ts";
import { Notices, type Notice } from "./notices.ts";
import { describe, ProgressBar } from "./progress.ts";
import { isRecordName, readRecord, recordOf, type RunRecord } from "./run-record.ts";
import { ScorePanel } from "./score-panel.ts";
import { linkOf, settingsIn } from "./settings-link.ts";
import { sameSettings, SettingsPanel } from "./settings-panel.ts";
import { StackPanel } from "./stack-panel.ts";
import { Status } from "./status.ts";
import type { Drawn } from "./tools.ts";
import { sameTuning, tuningOf, type Tuning } from "./tuning.ts";
import { TuningPanel } from "./tuning-panel.ts";
import { Viewer } from "./viewer.ts";
import { counted, explanation, nuclei } from "./wording.ts";
import { Work } from "./work.ts";
import type { Edit, Selection, Settings } from "./wasm/nucleoscope.js";

/** Bytes of maps that are kept for cutting images anew: some 2,700 images of 256 × 256 pixels. */
const keptMapBytes = 2 ** 31;

/** The page: takes files in, has them worked on, and shows what comes of it. */
export class Page {
  readonly #options: EngineOptions;
  readonly #status = new Status(byId("status", HTMLElement));
  readonly #notices = new Notices(byId("notices", HTMLElement), byId("notice-list", HTMLElement));
  readonly #progress = new ProgressBar(byId("progress", HTMLElement), byId("progress-words", HTMLElement));
  readonly #scorePanel = new ScorePanel(byId("score", HTMLElement), byId("score-note", HTMLElement));
  readonly #download = new Download(byId("download", HTMLButtonElement), byId("download-note", HTMLElement));
  readonly #viewer = new Viewer({
    selected: (labels) => this.#selectNuclei(labels),
    hovered: (label) => this.#measurements.hover(label),
    drawn: (drawn) => this.#takeDrawn(drawn),
  });
  readonly #measurements = new Measurements(byId("results", HTMLElement), this.#viewer);
  readonly #listElement = byId("images", HTMLElement);
  readonly #list = new ImageList(this.#listElement, (image) => this.#select(image));
  readonly #shelf = new MapsShelf(keptMapBytes);
  readonly #work = new Work(
    { changed: (image) => this.#changed(image), ended: () => this.#ended() },
    this.#shelf,
  );
  readonly #bench = new Bench({
    changed: (image) => this.#relabelled(image),
    failed: (image, { message, remedy }) =>
      this.#notices.add([{ message: `${image.name} could not be adjusted: ${message}`, remedy }]),
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
  readonly #export = new ExportMenu(async () => {
    const engine = await this.#engine;
    return {
      engine,
      batch: this.#batch,
      selected: this.#selected,
      submission: this.#download.file,
      recordOf: (image) => recordOf(image, this.#measurements.gates, engine.modelIdentity),
    };
  });
  readonly #settings = new SettingsPanel(
    () => this.#layOut(),
    () => this.#changePixelSize(),
  );
  readonly #again = byId("again", HTMLButtonElement);
  readonly #cancel = byId("cancel", HTMLButtonElement);
  readonly #continue = byId("continue", HTMLButtonElement);
  #batch = new Batch();
  #selected: BatchImage | null = null;
  /** Resolves when loading succeeds, be it at the second try: until then, whatever needs it waits. */
  readonly #engine: Promise<Engine>;
  #provide!: (engine: Engine) => void;
  /** The header of the CSV, from when the engine is there. */
  #csvHeader = "";
  /** Drops that are still being opened, one after the other. */
  #opening: Promise<void> = Promise.resolve();
  #openings = 0;
  #exampleSeed = 1;
  /** Known from when the engine is there; no image can be tuned before. */
  #standardTuning!: Tuning;
  /** The tuning of every image that has none of its own. */
  #tuning!: Tuning;
  /** Records that were dropped, by the id of their image: they wait for it. */
  readonly #records = new Map<string, RunRecord>();
  #frame: number | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    new Intake((gathered) => this.#open(gathered));
    const follow = (id: string, action: () => void): void =>
      byId(id, HTMLButtonElement).addEventListener("click", action);
    follow("try-example", () => this.#tryExample());
    follow("cancel", () => this.#work.cancel());
    follow("continue", () => this.#continueWork());
    follow("again", () => this.#segmentAgain());
    follow("remove-all", () => this.#removeAll());
    follow("retry", () => void this.#load());
    followMenus();
    follow("copy-link", () => void this.#copyLink());
    this.#listElement.addEventListener("keydown", (event) => this.#viewer.zoomByKey(event));
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
      this.#csvHeader = engine.csvHeader;
      this.#useTuning(tuningOf(engine.settings));
      this.#viewer.use(engine);
      this.#work.use(engine);
      this.#bench.use(engine);
      this.#measurements.use(this.#bench);
      setText(byId("model", HTMLElement), `model ${engine.model.name} ${engine.model.version}`);
      this.#provide(engine);
    } catch (error) {
      setText(byId("load-failure-words", HTMLElement), explanation(reportOf(error)));
      failure.hidden = false;
    }
  }

  /** Opens what was given, after what was given before. */
  #open(gathered: Promise<Gathered>): void {
    this.#openings++;
    this.#layOut();
    this.#status.say("Opening the files…");
    const batch = this.#batch;
    this.#opening = this.#opening.then(async () => {
      try {
        const { files, unreadable } = await gathered;
        if (batch === this.#batch) await this.#openFiles(files, unreadable);
      } catch (error) {
        const { message, remedy } = reportOf(error);
        this.#notices.add([{ message: `The files could not be opened: ${message}.`, remedy }]);
      } finally {
        this.#openings--;
        this.#layOut();
        if (!this.#busy && batch === this.#batch) {
          if (batch.images.length > 0) this.#ended();
          else this.#status.say("No images were found.");
        }
      }
    });
  }

  async #openFiles(files: readonly BatchFile[], unreadable: readonly string[]): Promise<void> {
    const batch = this.#batch;
    const engine = await this.#engine;
    const { files: all, refused } = await batch.remember(await this.#withoutRecords(files));
    const plan = await engine.openBatch(all);
    if (batch !== this.#batch) return;
    const update = batch.update(plan);
    for (const path of unreadable) {
      update.added.push(
        batch.addFailure(path, {
          code: "file/unreadable",
          message: "The browser could not read this file.",
          remedy: "Check that it still exists and that you may read it, then add it again.",
        }),
      );
    }
    this.#notices.replace(plan.notices);
    this.#notices.add(refusalNotices(refused));
    if (batch.images.length === 0 && this.#records.size === 0) {
      this.#notices.add([
        {
          message: "No images were found in what was added.",
          remedy: "Add PNG, JPEG, TIFF, BMP, GIF or WebP images, a folder or a ZIP archive that has some.",
        },
      ]);
    }
    this.#list.add(update.added);
    for (const image of update.renamed) this.#list.refresh(image);
    this.#applyRecords();
    for (const image of update.added) image.pixelSize = this.#settings.pixelSize;
    this.#work.start([...update.added, ...update.again], this.#settingsFor);
    this.#layOut();
  }

  #tryExample(): void {
    const seed = this.#exampleSeed++;
    this.#open(
      this.#engine.then(async (engine) => {
        const { name, png } = await engine.example(seed);
        const blob = new File([png], name, { type: "image/png" });
        return { files: [{ path: name, blob, explicit: true }], unreadable: [] };
      }),
    );
  }

  get #busy(): boolean {
    return this.#work.busy || this.#bench.busy || this.#openings > 0;
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
      if (!sameSettings(image.settings, this.#settings.settings)) return true;
      return isField(image) && !sameTuning(tuningOf(image.settings), image.tuning ?? this.#tuning);
    });
  }

  #segmentAgain(): void {
    this.#work.start(this.#outdated(), this.#settingsFor);
    this.#layOut();
  }

  #removeAll(): void {
    this.#work.cancel();
    for (const { thumbnail } of this.#batch.images) thumbnail?.bitmap.close();
    this.#shelf.clear();
    this.#records.clear();
    this.#batch = new Batch();
    this.#list.clear();
    this.#viewer.clear();
    void this.#measurements.summarize([]);
    this.#notices.clear();
    this.#scorePanel.hide();
    this.#layOut();
    this.#status.say("All images removed.");
    byId("choose-images", HTMLButtonElement).focus();
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
    const isCorrectable = image === null || !isField(image);
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
    ...this.#settings.settings,
    ...(image.tuning ?? this.#tuning),
  });

  #useTuning(standard: Tuning): void {
    const shared = settingsIn(location.hash);
    this.#standardTuning = standard;
    this.#tuning = { ...standard, ...shared?.tuning };
    if (shared !== null) this.#settings.take(shared.network);
    this.#tuningPanel.standard = standard;
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
    if (isField(image)) {
      this.#layOut();
      return;
    }
    const settings = { ...image.settings, ...(image.tuning ?? this.#tuning) };
    if (this.#bench.canRelabel(image)) void this.#bench.relabel(image, settings, inHand);
    else this.#work.start([image], this.#settingsFor);
    this.#layOut();
  }

  /** Cuts every finished image anew whose nuclei are of another tuning. */
  #relabelOutdated(): void {
    for (const image of this.#batch.images) {
      if (image === this.#selected || image.state.kind !== "done" || image.settings === null) continue;
      if (!sameTuning(tuningOf(image.settings), image.tuning ?? this.#tuning)) this.#relabel(image, false);
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
    if (this.#batch.images.length > 0) this.#status.say(endOf(this.#batch));
    void this.#summarize(this.#batch);
    void this.#measurements.summarize(this.#batch.images);
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
    if (image === null || image.state.kind !== "done" || isField(image) || !change(image)) return;
    this.#showCorrections();
    this.#relabel(image);
  }

  #setRegions(change: (regions: BatchImage["regions"]) => BatchImage["regions"]): void {
    const image = this.#selected;
    if (image === null) return;
    image.regions = change(image.regions);
    this.#viewer.update();
    this.#followSelected();
  }

  #changePixelSize(): void {
    for (const image of this.#batch.images) image.pixelSize = this.#settings.pixelSize;
    this.#viewer.update();
    this.#followSelected();
    void this.#measurements.summarize(this.#batch.images);
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

  /** Reads the records among the files, which say how a run is repeated; the others are left. */
  async #withoutRecords(files: readonly BatchFile[]): Promise<BatchFile[]> {
    const others: BatchFile[] = [];
    for (const file of files) {
      const record = isRecordName(file.path) ? readRecord(await file.blob.text()) : null;
      if (record === null) others.push(file);
      else this.#takeRecord(record);
    }
    return others;
  }

  #takeRecord(record: RunRecord): void {
    this.#records.set(record.imageId, record);
    this.#settings.take(record.network);
    this.#measurements.gates = record.gates;
    this.#applyRecords();
  }

  /** Gives images what their records say; those on the list already are worked on again. */
  #applyRecords(): void {
    for (const image of this.#batch.images) {
      const record = this.#records.get(image.imageId ?? "");
      if (record === undefined) continue;
      this.#records.delete(record.imageId);
      image.tuning = { ...this.#tuning, ...record.tuning };
      image.selection = record.selection;
      image.regions = record.regions;
      image.edits.replace(record.edits);
      if (image.state.kind === "done") this.#work.start([image], this.#settingsFor);
    }
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
    this.#status.say(endOf(this.#batch));
    this.#relabelOutdated();
    void this.#summarize(this.#batch);
    void this.#measurements.summarize(this.#batch.images);
  }

  async #summarize(batch: Batch): Promise<void> {
    const scores = batch.scores();
    const scored = (image: BatchImage): boolean => image.state.kind === "done" && image.state.result.score !== null;
    const ignored = batch.images.filter((image) => image.ignoredInScoring && scored(image)).length;
    if (scores.length === 0) {
      this.#scorePanel.hide();
      return;
    }
    const engine = await this.#engine;
    const summary = await engine.summarize(scores);
    if (batch === this.#batch && summary !== null) this.#scorePanel.show(summary, ignored);
  }

  /** Shows what belongs to the state the batch is in. */
  #layOut(): void {
    const focused = document.activeElement;
    const hasImages = this.#batch.images.length > 0;
    const { cancelled } = this.#batch.tally();
    const { classList } = document.documentElement;
    classList.toggle("has-images", hasImages);
    classList.toggle("working", this.#work.busy);
    setText(byId("intake-title", HTMLElement), hasImages ? "Drop more images anywhere" : "Drop microscopy images here");
    byId("workspace", HTMLElement).hidden = !hasImages;
    byId("results", HTMLElement).hidden = !hasImages;
    byId("progress", HTMLElement).hidden = !hasImages;
    byId("progress-words", HTMLElement).hidden = !this.#work.busy;
    byId("remove-all", HTMLButtonElement).hidden = !hasImages;
    this.#cancel.hidden = !this.#work.busy;
    this.#continue.hidden = this.#busy || cancelled === 0;
    this.#again.hidden = this.#busy || this.#outdated().length === 0;
    setText(byId("image-count", HTMLElement), hasImages ? counted(this.#batch.images.length, "image") : "");
    this.#download.offer(this.#batch, this.#csvHeader, this.#busy);
    this.#export.offer(!this.#busy && this.#batch.tally().done > 0);
    this.#keepFocus(focused);
  }

  /** A button that goes takes the focus with it: it moves on to the one that is useful next. */
  #keepFocus(focused: Element | null): void {
    if (!(focused instanceof HTMLButtonElement) || !focused.hidden) return;
    const next = [this.#cancel, this.#again, this.#continue, byId("download", HTMLButtonElement)];
    next.find((button) => !button.hidden && !button.disabled)?.focus();
  }
}

/** Where the batch is at its end, in words. */
function endOf(batch: Batch): string {
  const { done, nuclei: found, failed, cancelled } = batch.tally();
  const parts = [`${counted(done, "image")} done`, nuclei(found)];
  if (failed > 0) parts.push(`${failed.toLocaleString("en")} failed`);
  if (cancelled > 0) parts.push(`${cancelled.toLocaleString("en")} cancelled`);
  return `${parts.join(", ")}.`;
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
      remedy: "To start anew, remove all images first.",
    },
  ];
}
