import { Batch, type BatchImage, type Update } from "./batch.ts";
import { Download } from "./download.ts";
import { byId, setText } from "./elements.ts";
import { reportOf } from "./engine/engine-error.ts";
import { Engine, type EngineOptions } from "./engine/engine.ts";
import type { BatchFile } from "./engine/protocol.ts";
import type { Gathered } from "./gather.ts";
import { ImageList } from "./image-list.ts";
import { Intake } from "./intake.ts";
import { Notices, type Notice } from "./notices.ts";
import { describe, ProgressBar } from "./progress.ts";
import { ScorePanel } from "./score-panel.ts";
import { sameSettings, SettingsPanel } from "./settings-panel.ts";
import { Status } from "./status.ts";
import { Viewer } from "./viewer.ts";
import { counted, explanation, nuclei } from "./wording.ts";
import { Work } from "./work.ts";

/** The page: takes files in, has them worked on, and shows what comes of it. */
export class Page {
  readonly #options: EngineOptions;
  readonly #status = new Status(byId("status", HTMLElement));
  readonly #notices = new Notices(byId("notices", HTMLElement), byId("notice-list", HTMLElement));
  readonly #progress = new ProgressBar(byId("progress", HTMLElement), byId("progress-words", HTMLElement));
  readonly #scorePanel = new ScorePanel(byId("score", HTMLElement), byId("score-note", HTMLElement));
  readonly #download = new Download(byId("download", HTMLButtonElement), byId("download-note", HTMLElement));
  readonly #viewer = new Viewer();
  readonly #listElement = byId("images", HTMLElement);
  readonly #list = new ImageList(this.#listElement, (image) => this.#select(image));
  readonly #work = new Work({ changed: (image) => this.#changed(image), ended: () => this.#ended() });
  readonly #settings = new SettingsPanel(() => this.#layOut());
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
      this.#viewer.use(engine);
      this.#work.use(engine);
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
    const { files: all, refused } = batch.remember(files);
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
    this.#notices.add(refusalNotices(refused, update));
    if (batch.images.length === 0) {
      this.#notices.add([
        {
          message: "No images were found in what was added.",
          remedy: "Add PNG, JPEG, TIFF, BMP, GIF or WebP images, a folder or a ZIP archive that has some.",
        },
      ]);
    }
    this.#list.add(update.added);
    this.#work.start([...update.added, ...update.again], this.#settings.settings);
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
    return this.#work.busy || this.#openings > 0;
  }

  #continueWork(): void {
    const cancelled = this.#batch.images.filter(({ state }) => state.kind === "cancelled");
    this.#work.start(cancelled, this.#settings.settings);
    this.#layOut();
  }

  /** The images that other settings than today's were used for. */
  #outdated(): BatchImage[] {
    const { settings } = this.#settings;
    return this.#batch.images.filter(
      (image) => image.state.kind === "done" && image.settings !== null && !sameSettings(image.settings, settings),
    );
  }

  #segmentAgain(): void {
    this.#work.start(this.#outdated(), this.#settings.settings);
    this.#layOut();
  }

  #removeAll(): void {
    this.#work.cancel();
    for (const { thumbnail } of this.#batch.images) thumbnail?.bitmap.close();
    this.#batch = new Batch();
    this.#list.clear();
    this.#viewer.clear();
    this.#notices.clear();
    this.#scorePanel.hide();
    this.#layOut();
    this.#status.say("All images removed.");
    byId("choose-images", HTMLButtonElement).focus();
  }

  #select(image: BatchImage | null): void {
    this.#selected = image;
    this.#viewer.show(image);
  }

  #changed(image: BatchImage): void {
    if (!this.#batch.has(image)) return;
    this.#list.refresh(image);
    if (image === this.#selected) this.#viewer.update();
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
    void this.#summarize(this.#batch);
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
    byId("progress", HTMLElement).hidden = !hasImages;
    byId("progress-words", HTMLElement).hidden = !this.#work.busy;
    byId("remove-all", HTMLButtonElement).hidden = !hasImages;
    this.#cancel.hidden = !this.#work.busy;
    this.#continue.hidden = this.#busy || cancelled === 0;
    this.#again.hidden = this.#busy || this.#outdated().length === 0;
    setText(byId("image-count", HTMLElement), hasImages ? counted(this.#batch.images.length, "image") : "");
    this.#download.offer(this.#batch, this.#csvHeader, this.#busy);
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
function refusalNotices(refused: readonly string[], { duplicates }: Update): Notice[] {
  const notices: Notice[] = [];
  const [path] = refused;
  if (path !== undefined) {
    notices.push({
      message:
        refused.length === 1
          ? `${path} was not added: a file of this name was added before.`
          : `${counted(refused.length, "file")} were not added, as files of the same names were added before: ${path} and others.`,
      remedy: "To start anew, remove all images first.",
    });
  }
  const [first] = duplicates;
  if (first !== undefined && duplicates.length > 3) {
    notices.push({
      message: `${counted(duplicates.length, "file")} were not added, as their image ids are taken: ${first.path} and others.`,
      remedy: first.error.remedy,
    });
  } else {
    notices.push(
      ...duplicates.map(({ path: file, error }) => ({
        message: `${file} was not added: ${error.message}`,
        remedy: error.remedy,
      })),
    );
  }
  return notices;
}
