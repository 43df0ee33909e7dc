import { csvNucleiOf } from "../session/batch.ts";
import type { Activity, Session } from "../session/session.ts";
import * as text from "../text.ts";
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
    const note = isBusy || isCounting || tally.images === 0 ? "" : text.missingFromCsv(submission);
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
      session.messages.addFailure(error, text.csvNotSaved, () => void this.#save());
    }
  }
}
