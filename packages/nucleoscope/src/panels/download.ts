import { reportOf } from "../engine/engine-error.ts";
import { counted } from "../format.ts";
import { csvNucleiOf } from "../session/batch.ts";
import type { Activity, Session } from "../session/session.ts";
import type { Submission } from "../session/submission.ts";
import { byId, setText, type Root } from "../ui/dom.ts";
import { save } from "../ui/save.ts";

/** The name of the downloaded file. */
export const csvFileName = "submission.csv";

/** The button that saves the Bowl's CSV, and the note about what is missing from it. */
export class Download {
  readonly #session: Session;
  readonly #button: HTMLButtonElement;
  readonly #note: HTMLElement;

  constructor(root: Root, session: Session) {
    this.#session = session;
    this.#button = byId(root, "download", HTMLButtonElement);
    this.#note = byId(root, "download-note", HTMLElement);
    this.#button.addEventListener("click", () => void this.#save());
  }

  /** Enables the button, except while work runs: the file would be out of date at once. */
  offer({ isBusy, tally, submission }: Activity): void {
    const isCounting = tally.counted === null;
    this.#button.disabled = isBusy || isCounting || submission.images.length === 0;
    const note = isBusy || isCounting || tally.images === 0 ? "" : describe(submission);
    setText(this.#note, note);
    this.#note.hidden = note === "";
  }

  async #save(): Promise<void> {
    const session = this.#session;
    const done = session.batch.images.filter((image) => csvNucleiOf(image) !== null);
    try {
      save(csvFileName, await session.submission());
      session.markSaved(done);
    } catch (error) {
      const { message, help } = reportOf(error);
      const action = { label: "Try again", run: () => void this.#save() };
      session.messages.add([{ message: `The CSV could not be saved: ${message}`, help, action }]);
    }
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
