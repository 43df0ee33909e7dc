import { setText } from "./elements.ts";
import { save } from "./save.ts";
import { rowsUnder, submissionOf, type Submission } from "./submission.ts";
import type { Batch } from "./batch.ts";
import { counted } from "./wording.ts";

/** The name of the file that is downloaded. */
const fileName = "submission.csv";

/** The button that saves the Bowl's CSV, and the words that say what is not in it. */
export class Download {
  readonly #button: HTMLButtonElement;
  readonly #note: HTMLElement;
  #parts: string[] = [];

  constructor(button: HTMLButtonElement, note: HTMLElement) {
    this.#button = button;
    this.#note = note;
    button.addEventListener("click", () => save(this.file.name, this.file.blob));
  }

  /** Offers what is finished; not while work runs, when the file would be out of date at once. */
  offer(batch: Batch, header: string, busy: boolean): void {
    const submission = submissionOf(
      header,
      batch.images.map(({ imageId, csvId, state }) => ({
        imageId,
        csvRows: state.kind === "done" ? rowsUnder(csvId, state.result.csvRows) : null,
      })),
      batch.wanted,
    );
    this.#parts = submission.parts;
    this.#button.disabled = busy || submission.parts.length < 2;
    const note = busy || batch.images.length === 0 ? "" : describe(submission);
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
  const absent = missing === 0 ? "" : `The sample submission asks for ${counted(missing, "image")} more than the list has.`;
  return [left, absent].filter((text) => text !== "").join(" ");
}
