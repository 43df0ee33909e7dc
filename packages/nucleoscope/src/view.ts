import { effect } from "@preact/signals-core";
import { explanation } from "./format.ts";
import { CorrectionBar } from "./panels/correction-bar.ts";
import { Download } from "./panels/download.ts";
import { ExportMenu } from "./panels/export-menu.ts";
import { FinishNotice } from "./panels/finish-notice.ts";
import { FileDrop } from "./panels/file-drop.ts";
import { ImageList } from "./panels/image-list.ts";
import { MessageList } from "./panels/message-list.ts";
import { ProgressBar } from "./panels/progress.ts";
import { ScorePanel } from "./panels/score-panel.ts";
import { SettingsPanel } from "./panels/settings-panel.ts";
import { StackPanel } from "./panels/stack-panel.ts";
import { TableDialectChoice } from "./panels/table-dialect.ts";
import { TuningPanel } from "./panels/tuning-panel.ts";
import { Measurements } from "./results/measurements.ts";
import { SmallHistogram } from "./results/small-histogram.ts";
import { canCorrect, isTiled, needsNetwork, type BatchImage } from "./session/batch.ts";
import { hintFor } from "./session/hints.ts";
import { refusalOf, type Activity, type Session } from "./session/session.ts";
import { linkOf } from "./session/settings-link.ts";
import * as text from "./text.ts";
import { byId, setText, type Root } from "./ui/dom.ts";
import { KeySheet } from "./ui/key-sheet.ts";
import { followMenu } from "./ui/menus.ts";
import { Paced } from "./ui/paced.ts";
import { prefer, preference } from "./ui/preferences.ts";
import { followSheets } from "./ui/sheets.ts";
import { followShortcuts } from "./ui/shortcuts.ts";
import { makeSplitter, type SplitterOptions } from "./ui/splitter.ts";
import { toolKeys, type Drawn, type ToolName } from "./viewer/tools.ts";
import { RegionList } from "./viewer/region-list.ts";
import { Viewer } from "./viewer/viewer.ts";

/** What a view tells its element. */
export interface ViewListener {
  /** The selected image, or the selection of its nuclei, changed. */
  selected(image: BatchImage | null, labels: ReadonlySet<number>): void;
}

/** Shows a session in a shadow root with the template's content, and passes the user's actions to it. */
export class View {
  readonly #root: Root;
  readonly #session: Session;
  readonly #listener: ViewListener;
  readonly #ends: (() => void)[] = [];
  readonly #abort = new AbortController();
  readonly #viewer: Viewer;
  readonly #measurements: Measurements;
  readonly #listElement: HTMLElement;
  readonly #list: ImageList;
  readonly #tuning: TuningPanel;
  readonly #stack: StackPanel;
  readonly #corrections: CorrectionBar;
  readonly #regions: RegionList;
  readonly #download: Download;
  readonly #export: ExportMenu;
  readonly #progress: ProgressBar;
  readonly #smallHistogram: SmallHistogram;
  readonly #settings: SettingsPanel;
  readonly #finishNotice: FinishNotice;
  readonly #paced = new Paced(() => {
    this.#list.flush();
    this.#showProgress();
  });

  constructor(root: Root, session: Session, listener: ViewListener) {
    this.#root = root;
    this.#session = session;
    this.#listener = listener;
    this.#viewer = new Viewer(root, {
      selected: (labels) => this.#selectNuclei(labels),
      hovered: (label) => this.#measurements.hover(label),
      drawn: (drawn) => this.#take(drawn),
      displaysOf: (image) => session.displaysOf(image),
      displayed: (displays) => session.setDisplays(displays),
      again: (image) => session.segmentAgain(image),
    });
    this.#measurements = new Measurements(
      this.#part("results"),
      this.#viewer,
      session.counts,
      (before, after) => session.changeGates(before, after),
      { rule: () => session.batch.groupRule, changed: (change) => session.changeGroups(change) },
      {
        thresholdChanged: (threshold) => session.setPositive(threshold),
        suggest: (key) => session.suggestThreshold(key),
      },
    );
    this.#listElement = this.#part("images");
    this.#list = new ImageList(root, this.#paced, (image) => session.select(image));
    this.#tuning = new TuningPanel(root, {
      changed: (tuning, isFinal) => session.tune(tuning, isFinal),
      scopeChanged: (isOwn) => session.setTuningScope(isOwn),
      reset: () => {
        const standard = session.offeredTuning.value?.standard;
        if (standard !== undefined) session.tune(standard, true);
      },
    });
    this.#stack = new StackPanel(root, (selection, forAll) => session.chooseFromStack(selection, forAll));
    this.#corrections = new CorrectionBar(
      root,
      {
        delete: () => session.correct({ kind: "delete", at: this.#viewer.selectedPlaces }),
        merge: () => session.correct({ kind: "merge", at: this.#viewer.selectedPlaces }),
        undo: () => session.undo(),
        redo: () => session.redo(),
        clearRegions: () => session.setRegions([]),
        startFromTruth: () => session.startFromTruth(),
      },
      this.#part("viewer"),
    );
    this.#regions = new RegionList(root, (regions) => session.setRegions(regions));
    this.#download = new Download(root, session);
    const dialect = new TableDialectChoice(root);
    this.#export = new ExportMenu(root, session, () => ({
      measures: this.#measurements.columns,
      dialect: dialect.dialect,
    }));
    this.#smallHistogram = new SmallHistogram(this.#part("small-histogram"));
    this.#settings = new SettingsPanel(root, session);
    this.#finishNotice = new FinishNotice(root);
    this.#progress = new ProgressBar(this.#part("progress"), this.#part("progress-words"));
    new FileDrop(root, (gathered) => void session.open(gathered), this.#abort.signal);
    for (const menu of root.querySelectorAll<HTMLDetailsElement>("details.menu")) followMenu(menu);
    this.#splitter("list-splitter", ".list-panel", { label: text.listWidth, side: 1, minimum: 160, maximum: 480 });
    this.#splitter("panel-splitter", ".panel", { label: text.panelWidth, side: -1, minimum: 240, maximum: 800 });
    followSheets(root);
    this.#followButtons();
    this.#followShortcuts();
    this.#followSession();
  }

  /** Stops following the session, and frees the pictures. */
  dispose(): void {
    for (const end of this.#ends) end();
    this.#abort.abort();
    this.#viewer.clear();
  }

  #part(id: string): HTMLElement {
    return byId(this.#root, id, HTMLElement);
  }

  /** Lets the user resize a column, whose width is remembered. */
  #splitter(id: string, columnSelector: string, options: Omit<SplitterOptions, "column" | "resized">): void {
    const column = this.#root.querySelector<HTMLElement>(columnSelector);
    if (column === null) return;
    const property = `--${id.replace("splitter", "width")}`;
    const { style } = this.#part("page");
    const set = (width: number | null): void => {
      if (width === null) style.removeProperty(property);
      else style.setProperty(property, `${width}px`);
    };
    const width = preference(property);
    if (typeof width === "number") set(width);
    const resized = (width: number | null): void => {
      set(width);
      prefer(property, width);
    };
    makeSplitter(this.#part(id), { ...options, column, resized });
  }

  #followButtons(): void {
    const session = this.#session;
    const onClick = (id: string, action: () => void): void => this.#part(id).addEventListener("click", action);
    onClick("try-example", () => session.openExample());
    onClick("cancel", () => session.cancel());
    onClick("continue", () => session.continueCancelled());
    onClick("again", () => session.segmentOutdated());
    onClick("retry-failed", () => session.retryFailed());
    onClick("remove", () => this.#removeSelected());
    onClick("remove-all", () => {
      session.removeAll();
      this.#part("choose-images").focus();
    });
    onClick("retry", () => void session.load());
    onClick("forget", () => void this.#forget());
    onClick("first-model", () => {
      void session.useModel(session.model.value?.first ?? "", null);
      this.#part("choose-model").focus();
    });
    const hint = this.#part("first-hint");
    hint.hidden = preference("hint") !== undefined;
    onClick("first-hint-close", () => {
      prefer("hint", 0);
      hint.hidden = true;
    });
    onClick("copy-link", () => void this.#copyLink());
    this.#listElement.addEventListener("keydown", (event) => {
      if (event.key === "Delete") this.#removeSelected();
      else this.#viewer.zoomByKey(event);
    });
  }

  #followShortcuts(): void {
    const keys = new KeySheet(this.#root);
    const tools = Object.entries(toolKeys) as [ToolName, string][];
    const shortcuts = [
      ...tools.map(([tool, key]) => ({ key, run: () => this.#viewer.chooseTool(tool) })),
      { key: "o", run: () => this.#viewer.toggleOutlines() },
      { key: ",", run: () => this.#viewer.resizeBrush(-1) },
      { key: ".", run: () => this.#viewer.resizeBrush(1) },
      { key: "?", run: () => keys.open() },
    ];
    followShortcuts(this.#root, shortcuts, this.#abort.signal);
  }

  #followSession(): void {
    const session = this.#session;
    const messages = new MessageList(this.#part("messages"), this.#part("message-list"), session.messages);
    const score = new ScorePanel(this.#part("score"), this.#part("score-note"));
    const follow = (run: () => void): void => void this.#ends.push(effect(run));
    follow(() => setText(this.#part("status"), session.status.value));
    follow(() => messages.show(session.messages.shown.value));
    follow(() => this.#settings.show(session.diameter.value));
    follow(() => this.#list.show(session.images.value, session.selected.peek()));
    follow(() => this.#show(session.selected.value));
    follow(() => {
      const offered = session.offeredTuning.value;
      if (offered !== null) this.#tuning.offer(offered.list, offered.standard);
    });
    follow(() => {
      const { tuning, isOwn } = session.tuning.value;
      this.#tuning.show(tuning, isOwn);
    });
    follow(() => {
      if (session.score.value === null) score.hide();
      else score.show(session.score.value.summary, session.score.value.ignored);
    });
    follow(() => {
      const failure = session.loadFailure.value;
      if (failure !== null) setText(this.#part("load-failure-words"), explanation(failure));
      this.#part("load-failure").hidden = failure === null;
    });
    follow(() => {
      const engine = session.engine.value;
      if (engine === null) return;
      this.#export.list(engine.exportFormats);
      this.#viewer.use(engine);
    });
    follow(() => {
      const model = session.model.value;
      if (model === null) return;
      for (const id of ["model", "model-words"]) {
        setText(this.#part(id), text.modelName(`${model.name} ${model.version}`));
        this.#part(id).title = `SHA-256 ${model.sha256}`;
      }
      setText(this.#part("first-model"), text.backToModel(model.first));
      this.#part("first-model").hidden = model.first === "";
    });
    follow(() => {
      void session.displays.value;
      this.#viewer.update();
    });
    follow(() => {
      const kept = session.kept.value;
      this.#part("kept").hidden = kept === null;
      this.#part("forget").hidden = kept?.failure !== null;
      setText(this.#part("kept-words"), kept?.failure ?? text.sessionKept);
    });
    follow(() => this.#layOut(session.activity.value));
    this.#ends.push(
      session.on("image", (image) => this.#changed(image)),
      session.on("counted", (image) => this.#counted(image)),
      session.on("settled", (images) => {
        this.#list.arrange();
        this.#measurements.summarize(images);
      }),
      session.on("edit", () => this.#showCorrections()),
      session.on("cleared", () => this.#viewer.clear()),
      session.on("restored", () => this.#listElement.focus()),
    );
  }

  #show(image: BatchImage | null): void {
    this.#list.select(image);
    this.#viewer.show(image);
    this.#followSelected();
    this.#listener.selected(image, this.#viewer.selected);
  }

  #changed(image: BatchImage): void {
    this.#list.refresh(image);
    if (image === this.#session.selected.peek()) {
      this.#viewer.update();
      if (image.state.kind === "done") this.#followSelected();
      if (image.state.kind === "done") this.#viewer.describeHovered(refusalOf(image));
    }
    this.#paced.soon();
  }

  #showProgress(): void {
    const { progress, activity } = this.#session;
    this.#progress.show(progress);
    this.#finishNotice.follow(activity.peek(), progress);
  }

  #counted(image: BatchImage): void {
    this.#list.refresh(image);
    if (image !== this.#session.selected.peek()) return;
    this.#viewer.describe();
    this.#measurements.update(image);
    this.#showRegions(image);
    this.#showSmallHistogram(image);
    this.#showLegend(image);
  }

  /** The legend: of the classes of nuclei, or else of the comparison with ground truth. */
  #showLegend(image: BatchImage | null): void {
    const result = image?.state.kind === "done" ? image.state.result : null;
    const isClassed = image !== null && this.#session.counts.of(image)?.counted.positive != null;
    const isScored = result?.score != null;
    const legend = this.#part("legend");
    legend.hidden = !isClassed && !isScored;
    for (const item of legend.children) {
      const isOfClass = /positive|negative/.test(item.className);
      const isMissed = item.className === "legend-missed";
      (item as HTMLElement).hidden = isMissed ? !isScored : isOfClass !== isClassed;
    }
  }

  #showSmallHistogram(image: BatchImage | null): void {
    const measured = image === null ? null : this.#session.counts.of(image);
    this.#smallHistogram.show(measured?.table ?? null, measured?.counted.included ?? null, ["area_um2", "area_px2"]);
  }

  /** Updates the panels that show the selected image. */
  #followSelected(): void {
    const image = this.#session.selected.peek();
    const result = image?.state.kind === "done" ? image.state.result : null;
    this.#measurements.show(image);
    this.#showSmallHistogram(image);
    this.#stack.show(result?.stack ?? null, image?.selection ?? {});
    this.#showLegend(image);
    const pixelSize = image?.pixelSize ?? result?.stack.pixelSize ?? null;
    this.#settings.showExpansion(image?.cellExpansion ?? this.#session.shared.cellExpansion ?? 0, pixelSize !== null);
    const hint = image === null ? "" : hintFor(image);
    setText(this.#part("hint"), hint);
    this.#part("hint").hidden = hint === "";
    this.#showCorrections();
  }

  #showCorrections(): void {
    const image = this.#session.selected.peek();
    const isCorrectable = image === null || canCorrect(image);
    const history = image?.state.kind === "done" ? this.#session.historyOf(image) : null;
    this.#part("tiled-note").hidden = image === null || !isTiled(image);
    setText(this.#part("tiled-note"), text.largeImageNote(image === null || !needsNetwork(image)));
    this.#viewer.allowCorrections(isCorrectable);
    this.#corrections.show({
      selected: isCorrectable ? this.#viewer.selected.size : 0,
      canUndo: history?.canUndo === true,
      canRedo: history?.canRedo === true,
      regions: image?.regions.length ?? 0,
      canStartFromTruth:
        image?.state.kind === "done" &&
        !image.state.result.isTiled &&
        image.state.result.truthOutlines !== null &&
        !image.startsFromTruth,
    });
    this.#showRegions(image);
  }

  #showRegions(image: BatchImage | null): void {
    if (image === null || image.state.kind !== "done") {
      this.#regions.show(null);
      return;
    }
    const { result } = image.state;
    const measured = this.#session.counts.of(image);
    this.#regions.show({
      regions: image.regions,
      width: result.width,
      height: result.height,
      pixelSize: image.pixelSize ?? result.stack.pixelSize,
      measured: measured === null ? null : { table: measured.table, included: measured.counted.included },
    });
  }

  #selectNuclei(labels: ReadonlySet<number>): void {
    const [first] = labels;
    this.#measurements.select(labels.size === 1 && first !== undefined ? first : null);
    this.#showCorrections();
    this.#listener.selected(this.#session.selected.peek(), labels);
  }

  #take(drawn: Drawn): void {
    if ("edit" in drawn) this.#session.correct(drawn.edit);
    else this.#session.setRegions([...(this.#session.selected.peek()?.regions ?? []), drawn.region]);
  }

  #removeSelected(): void {
    this.#session.removeSelected();
    if (this.#session.images.value.length === 0) this.#part("choose-images").focus();
  }

  async #forget(): Promise<void> {
    await this.#session.forgetKept?.();
    this.#session.reportKept(text.sessionForgotten);
  }

  async #copyLink(): Promise<void> {
    const link = linkOf(location.href, this.#session.settings);
    try {
      await navigator.clipboard.writeText(link);
      this.#session.announce(text.linkCopied);
    } catch {
      // Without permission or on an insecure page, the link can be copied from the address bar.
      history.replaceState(null, "", link);
      this.#session.announce(text.linkInAddress);
    }
  }

  /** Shows, hides and enables elements according to what the session is doing. */
  #layOut(activity: Activity): void {
    const { isBusy, isSegmenting, tally, failed, outdated } = activity;
    const focused = this.#root.activeElement;
    const hasImages = tally.images > 0;
    const { classList } = this.#part("page");
    classList.toggle("has-images", hasImages);
    classList.toggle("working", isSegmenting);
    setText(this.#part("file-drop-title"), hasImages ? text.dropMoreImages : text.dropImages);
    const show = (id: string, isShown: boolean): void => {
      this.#part(id).hidden = !isShown;
    };
    for (const id of ["workspace", "results", "progress", "remove", "remove-all"]) show(id, hasImages);
    show("progress-words", isSegmenting);
    show("cancel", isSegmenting);
    show("continue", !isBusy && tally.cancelled > 0);
    show("retry-failed", !isBusy && failed > 0);
    show("again", !isBusy && outdated > 0);
    setText(this.#part("image-count"), hasImages ? text.imageCount(tally.images) : "");
    this.#list.hurry();
    this.#showProgress();
    this.#download.offer(activity);
    this.#export.offer(!isBusy && tally.done > 0 && tally.counted !== null);
    this.#keepFocus(focused);
  }

  /** If the focused button is now hidden, moves the focus to the button that is most useful next. */
  #keepFocus(focused: Element | null): void {
    if (!(focused instanceof HTMLButtonElement) || !focused.hidden) return;
    const ids = ["cancel", "again", "continue", "retry-failed", "download"];
    const buttons = ids.map((id) => byId(this.#root, id, HTMLButtonElement));
    buttons.find((button) => !button.hidden && !button.disabled)?.focus();
  }
}
