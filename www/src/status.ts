import { setText } from "./dom.ts";

/** Between two announcements of passing news, in milliseconds. */
const pause = 4000;

/** Says what happens, in a live region: the end of things at once, passing news only now and then. */
export class Status {
  readonly #element: Element;
  #last = Number.NEGATIVE_INFINITY;
  #waiting: number | undefined;

  constructor(element: Element) {
    this.#element = element;
  }

  /** Says something now; news that waited is out of date. */
  say(text: string): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#last = performance.now();
    setText(this.#element, text);
  }

  /** Says something soon; of several, the newest. */
  mention(text: () => string): void {
    if (this.#waiting !== undefined) return;
    const delay = Math.max(0, this.#last + pause - performance.now());
    this.#waiting = setTimeout(() => this.say(text()), delay);
  }
}
