import { setText } from "./dom.ts";
import { save } from "./save.ts";
import { submissionOf, type Submission } from "./submission.ts";
import { rowsOf, type Batch } from "./batch.ts";
import { counted } from "./format.ts";

/** The name of the file that is downloaded. */
const fileName = "submission.csv";

/** The button that saves the Bowl's CSV, and the words that say what is not in it. */
export class Download {
  readonly #button: HTMLButtonElement;
  readonly #note: HTMLElement;
  #parts: string[] = [];

  /** `saved` is called when the file has been given to the browser. */
  constructor(button: HTMLButtonElement, note: HTMLElement, saved: () => void) {
    this.#button = button;
    this.#note = note;
    button.addEventListener("click", () => {
      save(this.file.name, this.file.blob);
      saved();
    });
  }

  /** Offers what is finished; not while work runs, when the file would be out of date at once. */
  offer(batch: Batch, header: string, busy: boolean): void {
    const submission = submissionOf(
      header,
      batch.images.map((image) => ({ imageId: image.imageId, csvRows: rowsOf(image) })),
      batch.wanted,
    );
    this.#parts = submission.parts;
    const isCounting = batch.tally().counted === null;
    this.#button.disabled = busy || isCounting || submission.parts.length < 2;
    const note = busy || isCounting || batch.images.length === 0 ? "" : describe(submission);
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }

  /** The file as it would be saved now. */
  get file(): { readonly name: string; readonly blob: Blob } {
    return { name: fileName, blob: new Blob(this.#parts, { type: "text/csv;charset=utf-8" }) };
  }
}

/** What is not in the file, in words; empty when everything is. */
export function describe({ unfinished, unwanted, missing }: Submission): string {
  const parts: string[] = [];
  if (unfinished > 0) parts.push(`${counted(unfinished, "image")} failed or not done`);
  if (unwanted > 0) parts.push(`${counted(unwanted, "image")} that the sample submission does not ask for`);
  const left = parts.length === 0 ? "" : `Not in the CSV: ${parts.join("; ")}.`;
  const absent =
    missing === 0 ? "" : `The sample submission asks for ${counted(missing, "image")} more than the list has.`;
  return [left, absent].filter((text) => text !== "").join(" ");
}
