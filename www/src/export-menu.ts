import type { Batch, BatchImage } from "./batch.ts";
import { requestOf } from "./bench.ts";
import { byId, setText } from "./elements.ts";
import { reportOf } from "./engine/engine-error.ts";
import type { Engine } from "./engine/engine.ts";
import type { NamedBlob } from "./engine/protocol.ts";
import { save } from "./save.ts";
import { counted, explanation } from "./wording.ts";
import type { ExportFormat } from "./wasm/nucleoscope.js";

/** What else goes into the archive, and what the record says. */
export interface ExportContext {
  readonly engine: Engine;
  readonly batch: Batch;
  readonly selected: BatchImage | null;
  /** The Bowl's CSV of the whole batch. */
  readonly submission: NamedBlob;
  recordOf(image: BatchImage): unknown;
}

/** The menu that saves one ZIP archive with the chosen files of one image or of all. */
export class ExportMenu {
  readonly #form = byId("export-form", HTMLFormElement);
  readonly #save = byId("export-save", HTMLButtonElement);
  readonly #words = byId("export-words", HTMLElement);
  readonly #context: () => Promise<ExportContext>;
  #isOffered = false;
  #isWorking = false;

  /** `context` is asked for when the user saves. */
  constructor(context: () => Promise<ExportContext>) {
    this.#context = context;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#export();
    });
    this.#form.addEventListener("change", () => this.#layOut());
    this.#layOut();
  }

  /** Whether there is anything to save. */
  offer(isOffered: boolean): void {
    this.#isOffered = isOffered;
    this.#layOut();
  }

  get #formats(): ExportFormat[] {
    const checked = this.#form.querySelectorAll<HTMLInputElement>("input[name=format]:checked");
    return [...checked].map(({ value }) => value as ExportFormat);
  }

  #layOut(): void {
    this.#save.disabled = !this.#isOffered || this.#formats.length === 0;
  }

  async #export(): Promise<void> {
    // The button stays enabled: a disabled one would lose the focus.
    if (this.#isWorking) return;
    const formats = this.#formats;
    const isForAll = this.#form.querySelector<HTMLInputElement>("input[name=scope]:checked")?.value === "all";
    this.#isWorking = true;
    try {
      const context = await this.#context();
      const { batch, selected, engine } = context;
      const images = isForAll || selected === null ? batch.images : [selected];
      const done = images.filter(({ state }) => state.kind === "done");
      const files = isForAll && formats.includes("bowl") ? [context.submission] : [];
      for (const [index, image] of done.entries()) {
        setText(this.#words, `Writing ${index + 1} of ${counted(done.length, "image")}…`);
        files.push(...(await filesOf(image, formats, context)));
      }
      setText(this.#words, "Packing…");
      const name = isForAll || selected?.imageId == null ? "nucleoscope" : selected.imageId;
      save(`${name}.zip`, await engine.archive(files));
      const left = images.length - done.length;
      setText(this.#words, `Saved ${counted(files.length, "file")}.${left > 0 ? ` Without ${counted(left, "image")} not done.` : ""}`);
    } catch (error) {
      setText(this.#words, `Not saved: ${explanation(reportOf(error))}`);
    }
    this.#isWorking = false;
  }
}

async function filesOf(
  image: BatchImage,
  formats: readonly ExportFormat[],
  { engine, recordOf }: ExportContext,
): Promise<NamedBlob[]> {
  const request = requestOf(image);
  if (request === null || image.state.kind !== "done") return [];
  return engine.exportFiles({ ...request, fileStem: image.fileStem }, image.state.result, image.regions, formats, recordOf(image));
}
