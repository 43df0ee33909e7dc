import { setText } from "../ui/dom.ts";
import { save } from "../ui/save.ts";
import { submissionOf, type Submission } from "../session/submission.ts";
import { csvNucleiOf, type Batch, type BatchImage } from "../session/batch.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import type { ErrorReport } from "../engine/protocol.ts";
import { counted } from "../format.ts";
import type { CsvImage } from "../wasm/nucleoscope.js";

/** The name of the downloaded file. */
export const csvFileName = "submission.csv";

/** Called after a press on the button. */
export interface DownloadListener {
  /** The file has been passed to the browser; these images are in it. */
  saved(images: readonly BatchImage[]): void;
  failed(error: ErrorReport): void;
}

/** The button that saves the Bowl's CSV, and the note about what is missing from it. */
export class Download {
  readonly #button: HTMLButtonElement;
  readonly #note: HTMLElement;
  readonly #engine: () => Promise<Engine>;
  readonly #listener: DownloadListener;
  #images: readonly CsvImage[] = [];
  #done: readonly BatchImage[] = [];

  constructor(button: HTMLButtonElement, note: HTMLElement, engine: () => Promise<Engine>, listener: DownloadListener) {
    this.#button = button;
    this.#note = note;
    this.#engine = engine;
    this.#listener = listener;
    button.addEventListener("click", () => void this.save());
  }

  /** Saves the file. */
  async save(): Promise<void> {
    const done = this.#done;
    try {
      save(csvFileName, await this.file());
      this.#listener.saved(done);
    } catch (error) {
      this.#listener.failed(reportOf(error));
    }
  }

  /** Enables the button, except while work runs: the file would be out of date at once. */
  offer(batch: Batch, busy: boolean): void {
    const submission = submissionOf(
      batch.images.map((image) => ({ imageId: image.imageId, nuclei: csvNucleiOf(image) })),
      batch.requestedIds,
    );
    this.#images = submission.images;
    this.#done = batch.images.filter((image) => csvNucleiOf(image) !== null);
    const isCounting = batch.tally().counted === null;
    this.#button.disabled = busy || isCounting || submission.images.length === 0;
    const note = busy || isCounting || batch.images.length === 0 ? "" : describe(submission);
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }

  /** The file with the current results. */
  async file(): Promise<Blob> {
    const engine = await this.#engine();
    return engine.csv(this.#images);
  }
}

/** Text: what is missing from the file; empty if nothing is. */
export function describe({ unfinished, notRequested, missing }: Submission): string {
  const parts: string[] = [];
  if (unfinished > 0) parts.push(`${counted(unfinished, "image")} failed or not finished`);
  if (notRequested > 0) parts.push(`${counted(notRequested, "image")} that the sample submission does not list`);
  const left = parts.length === 0 ? "" : `Not in the CSV: ${parts.join("; ")}.`;
  const absent =
    missing === 0
      ? ""
      : `${counted(missing, "image")} of the sample submission ${missing === 1 ? "is" : "are"} not in the list.`;
  return [left, absent].filter((text) => text !== "").join(" ");
}
