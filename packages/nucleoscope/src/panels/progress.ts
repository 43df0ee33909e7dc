import type { WorkProgress } from "../session/work.ts";
import * as text from "../text.ts";
import { setText } from "../ui/dom.ts";

/** The progress bar of the batch and the text beside it. */
export class ProgressBar {
  readonly #bar: HTMLElement;
  readonly #fill: HTMLElement;
  readonly #words: HTMLElement;

  constructor(bar: HTMLElement, words: HTMLElement) {
    this.#bar = bar;
    this.#fill = bar.appendChild(document.createElement("div"));
    this.#words = words;
  }

  /** Shows the progress. */
  show(progress: WorkProgress): void {
    const words = text.workProgress(progress);
    this.#bar.setAttribute("aria-valuemax", String(progress.total));
    this.#bar.setAttribute("aria-valuenow", String(progress.done));
    this.#bar.setAttribute("aria-valuetext", words);
    this.#fill.style.transform = `scaleX(${progress.fraction})`;
    setText(this.#words, words);
  }
}
