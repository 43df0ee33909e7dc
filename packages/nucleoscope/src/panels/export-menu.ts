import type { BatchImage } from "../session/batch.ts";
import type { Session } from "../session/session.ts";
import { byId, setText, type Root } from "../ui/dom.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import { filesOf, type ExportedFiles } from "../session/exporter.ts";
import { csvFileName } from "./download.ts";
import { save } from "../ui/save.ts";
import { explanation } from "../format.ts";
import * as text from "../text.ts";
import type { ExportFormat, FormatInfo, TableDialect } from "../wasm/nucleoscope.js";

/** What the user chose elsewhere. */
export interface ExportChoices {
  /** Keys of the columns shown in the table. */
  readonly measures: readonly string[];
  readonly dialect: TableDialect;
}

/** The menu that saves the chosen files of one image or all images in one ZIP archive, and the button for the tables. */
export class ExportMenu {
  readonly #form: HTMLFormElement;
  readonly #formats: HTMLFieldSetElement;
  readonly #save: HTMLButtonElement;
  readonly #words: HTMLElement;
  readonly #tables: HTMLButtonElement;
  readonly #tableWords: HTMLElement;
  readonly #session: Session;
  readonly #choices: () => ExportChoices;
  #isOffered = false;
  #isWorking = false;

  /** `choices` is called when the user saves. */
  constructor(root: Root, session: Session, choices: () => ExportChoices) {
    this.#session = session;
    this.#choices = choices;
    this.#form = byId(root, "export-form", HTMLFormElement);
    this.#formats = byId(root, "export-formats", HTMLFieldSetElement);
    this.#save = byId(root, "export-save", HTMLButtonElement);
    this.#words = byId(root, "export-words", HTMLElement);
    this.#tables = byId(root, "download-tables", HTMLButtonElement);
    this.#tableWords = byId(root, "tables-words", HTMLElement);
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
    const choices = formats.map((format) => {
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", name: "format", value: format.name, checked: true });
      const choice = document.createElement("label");
      choice.title = text.formatHelp(format);
      choice.append(box, ` ${text.formatLabel(format)}`);
      return choice;
    });
    this.#formats.append(...choices);
    this.#layOut();
  }

  /** Whether there is anything to save. */
  offer(isOffered: boolean): void {
    this.#isOffered = isOffered;
    this.#layOut();
  }

  get #checked(): ExportFormat[] {
    const checked = this.#form.querySelectorAll<HTMLInputElement>("input[name=format]:checked");
    return [...checked].map(({ value }) => value);
  }

  #layOut(): void {
    this.#save.disabled = !this.#isOffered || this.#checked.length === 0;
    this.#tables.disabled = !this.#isOffered;
  }

  async #export(): Promise<void> {
    const formats = this.#checked;
    const isForAll = this.#form.querySelector<HTMLInputElement>("input[name=scope]:checked")?.value === "all";
    await this.#work(this.#words, async (engine, report) => {
      const { batch } = this.#session;
      const selected = this.#session.selected.peek();
      const images = isForAll || selected === null ? batch.images : [selected];
      const exported = await filesOf({ engine, batch, images, formats, ...this.#choices() }, report);
      // The CSV has no rows of images that the sample submission does not list.
      const files = isForAll
        ? await Promise.all(
            exported.files.map(async (file) =>
              file.name === csvFileName ? { ...file, blob: await this.#session.submission() } : file,
            ),
          )
        : exported.files;
      const name = isForAll || selected?.imageId == null ? "nucleoscope" : selected.fileStem;
      return { name, images, exported: { ...exported, files } };
    });
  }

  #saveTables(): Promise<void> {
    return this.#work(this.#tableWords, async (engine, report) => {
      const { batch } = this.#session;
      const { images } = batch;
      const formats = ["summary", "measurements"];
      const exported = await filesOf({ engine, batch, images, formats, ...this.#choices() }, report);
      return { name: "nucleoscope-tables", images, exported };
    });
  }

  /** Saves one ZIP archive; shows the progress and what is missing from it. */
  async #work(
    words: HTMLElement,
    make: (
      engine: Engine,
      report: (words: string) => void,
    ) => Promise<{ readonly name: string; readonly images: readonly BatchImage[]; readonly exported: ExportedFiles }>,
  ): Promise<void> {
    // The button stays enabled: a disabled one would lose the focus.
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      const engine = await this.#session.ready;
      const { name, images, exported } = await make(engine, (progress) => setText(words, progress));
      const { files, written, failed } = exported;
      setText(words, text.packing);
      save(`${name}.zip`, await engine.archive(files));
      this.#session.markSaved(written);
      const left = images.filter(({ state }) => state.kind !== "done").length;
      const parts = [text.filesSaved(files.map((file) => file.name))];
      if (left > 0) parts.push(text.unfinishedLeftOut(left));
      const [first] = failed;
      if (first !== undefined) {
        parts.push(text.unwrittenLeftOut(failed.length, first.image.name, explanation(first.error)));
      }
      setText(words, parts.join(" "));
    } catch (error) {
      setText(words, text.notSaved(explanation(reportOf(error))));
    }
    this.#isWorking = false;
  }
}
