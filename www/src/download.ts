import { setText } from "./dom.ts";
import { save } from "./save.ts";
import { submissionOf, type Submission } from "./submission.ts";
import { rowsOf, type Batch } from "./batch.ts";
import { counted } from "./format.ts";

/** The name of the downloaded file. */
const fileName = "submission.csv";

/** The button that saves the Bowl's CSV, and the note about what is missing from it. */
export class Download {
  readonly #button: HTMLButtonElement;
  readonly #note: HTMLElement;
  #parts: string[] = [];

  /** `saved` is called when the file has been passed to the browser. */
  constructor(button: HTMLButtonElement, note: HTMLElement, saved: () => void) {
    this.#button = button;
    this.#note = note;
    button.addEventListener("click", () => {
      save(this.file.name, this.file.blob);
      saved();
    });
  }

  /** Enables the button, except while work runs: the file would be out of date at once. */
  offer(batch: Batch, header: string, busy: boolean): void {
    const submission = submissionOf(
      header,
      batch.images.map((image) => ({ imageId: image.imageId, csvRows: rowsOf(image) })),
      batch.requestedIds,
    );
    this.#parts = submission.parts;
    const isCounting = batch.tally().counted === null;
    this.#button.disabled = busy || isCounting || submission.parts.length < 2;
    const note = busy || isCounting || batch.images.length === 0 ? "" : describe(submission);
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }

  /** The file with the current results. */
  get file(): { readonly name: string; readonly blob: Blob } {
    return { name: fileName, blob: new Blob(this.#parts, { type: "text/csv;charset=utf-8" }) };
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
