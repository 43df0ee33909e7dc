import type { Batch, BatchImage } from "../session/batch.ts";
import { byId, setText } from "../ui/dom.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import { filesOf, type ExportedFiles } from "../session/exporter.ts";
import { csvFileName } from "./download.ts";
import { save } from "../ui/save.ts";
import { counted, explanation } from "../format.ts";
import type { ExportFormat, FormatInfo, TableDialect } from "../wasm/nucleoscope.js";

/** What an export is made from. */
export interface ExportContext {
  readonly engine: Engine;
  readonly batch: Batch;
  readonly selected: BatchImage | null;
  /** The Bowl's CSV for the whole batch. */
  readonly submission: () => Promise<Blob>;
  /** Keys of the columns shown in the table. */
  readonly measures: readonly string[];
  readonly dialect: TableDialect;
  /** Called when the files of these images have been passed to the browser. */
  saved(images: readonly BatchImage[]): void;
}

/** The menu that saves the chosen files of one image or all images in one ZIP archive, and the button for the tables. */
export class ExportMenu {
  readonly #form = byId("export-form", HTMLFormElement);
  readonly #choices = byId("export-formats", HTMLFieldSetElement);
  readonly #save = byId("export-save", HTMLButtonElement);
  readonly #words = byId("export-words", HTMLElement);
  readonly #tables = byId("download-tables", HTMLButtonElement);
  readonly #tableWords = byId("tables-words", HTMLElement);
  readonly #context: () => Promise<ExportContext>;
  #isOffered = false;
  #isWorking = false;

  /** `context` is called when the user saves. */
  constructor(context: () => Promise<ExportContext>) {
    this.#context = context;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#export();
    });
    this.#form.addEventListener("change", () => this.#layOut());
    this.#tables.addEventListener("click", () => void this.#saveTables());
    this.#layOut();
  }

  /** Shows a check box for each format; all are checked. */
  list(formats: readonly FormatInfo[]): void {
    const choices = formats.map(({ name, label, description, file }) => {
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", name: "format", value: name, checked: true });
      const choice = document.createElement("label");
      choice.title = `${description}: ${file}`;
      choice.append(box, ` ${label}`);
      return choice;
    });
    this.#choices.append(...choices);
    this.#layOut();
  }

  /** Whether there is anything to save. */
  offer(isOffered: boolean): void {
    this.#isOffered = isOffered;
    this.#layOut();
  }

  get #formats(): ExportFormat[] {
    const checked = this.#form.querySelectorAll<HTMLInputElement>("input[name=format]:checked");
    return [...checked].map(({ value }) => value);
  }

  #layOut(): void {
    this.#save.disabled = !this.#isOffered || this.#formats.length === 0;
    this.#tables.disabled = !this.#isOffered;
  }

  async #export(): Promise<void> {
    const formats = this.#formats;
    const isForAll = this.#form.querySelector<HTMLInputElement>("input[name=scope]:checked")?.value === "all";
    await this.#work(this.#words, async (context, report) => {
      const { batch, selected, submission } = context;
      const images = isForAll || selected === null ? batch.images : [selected];
      const exported = await filesOf({ ...context, images, formats }, report);
      // The CSV has no rows of images that the sample submission does not list.
      const files = isForAll
        ? await Promise.all(
            exported.files.map(async (file) =>
              file.name === csvFileName ? { ...file, blob: await submission() } : file,
            ),
          )
        : exported.files;
      const name = isForAll || selected?.imageId == null ? "nucleoscope" : selected.fileStem;
      return { name, images, exported: { ...exported, files } };
    });
  }

  #saveTables(): Promise<void> {
    return this.#work(this.#tableWords, async (context, report) => {
      const { images } = context.batch;
      const exported = await filesOf({ ...context, images, formats: ["summary", "measurements"] }, report);
      return { name: "nucleoscope-tables", images, exported };
    });
  }

  /** Saves one ZIP archive; shows the progress and what is missing from it. */
  async #work(
    words: HTMLElement,
    make: (
      context: ExportContext,
      report: (text: string) => void,
    ) => Promise<{ readonly name: string; readonly images: readonly BatchImage[]; readonly exported: ExportedFiles }>,
  ): Promise<void> {
    // The button stays enabled: a disabled one would lose the focus.
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      const context = await this.#context();
      const { name, images, exported } = await make(context, (text) => setText(words, text));
      const { files, written, failed } = exported;
      setText(words, "Packing…");
      save(`${name}.zip`, await context.engine.archive(files));
      context.saved(written);
      const left = images.filter(({ state }) => state.kind !== "done").length;
      const saved = files.length <= 2 ? files.map((file) => file.name).join(" and ") : counted(files.length, "file");
      const parts = [`Saved ${saved}.`];
      if (left > 0) parts.push(`${counted(left, "unfinished image")} left out.`);
      const [first] = failed;
      if (first !== undefined) {
        parts.push(
          `${counted(failed.length, "image")} left out because the files could not be written: ${first.image.name}. ${explanation(first.error)}`,
        );
      }
      setText(words, parts.join(" "));
    } catch (error) {
      setText(words, `Not saved: ${explanation(reportOf(error))}`);
    }
    this.#isWorking = false;
  }
}
