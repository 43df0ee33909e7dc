import * as text from "../text.ts";
import { setText } from "../ui/dom.ts";
import type { ScoreSummary } from "../wasm/nucleoscope.js";

/** The score of the whole batch against its ground truth. */
export class ScorePanel {
  readonly #section: HTMLElement;
  readonly #note: HTMLElement;
  readonly #values: ReadonlyMap<string, HTMLElement>;

  /** Values are written to the elements with a `data-score` attribute in the section. */
  constructor(section: HTMLElement, note: HTMLElement) {
    this.#section = section;
    this.#note = note;
    const values = [...section.querySelectorAll<HTMLElement>("[data-score]")];
    this.#values = new Map(values.map((element) => [element.dataset["score"] ?? "", element]));
  }

  /** Shows a summary; `ignored` images were left out of it. */
  show(summary: ScoreSummary, ignored: number): void {
    this.#set("score", scoreText(summary.score));
    const { low, high } = summary.interval;
    this.#set("interval", text.scoreInterval(scoreText(low), scoreText(high), summary.images));
    this.#set("average-precision-50", scoreText(summary.averagePrecision50));
    this.#set("average-precision-75", scoreText(summary.averagePrecision75));
    this.#set("truePositives", text.number(summary.counts.truePositives));
    this.#set("falseNegatives", text.number(summary.counts.falseNegatives));
    this.#set("falsePositives", text.number(summary.counts.falsePositives));
    setText(this.#note, ignored === 0 ? "" : text.ignoredLeftOut(ignored));
    this.#note.hidden = ignored === 0;
    this.#section.hidden = false;
  }

  /** Hides the panel. */
  hide(): void {
    this.#section.hidden = true;
  }

  #set(name: string, words: string): void {
    const element = this.#values.get(name);
    if (element !== undefined) setText(element, words);
  }
}

function scoreText(score: number): string {
  return text.fixed(score, 3);
}
