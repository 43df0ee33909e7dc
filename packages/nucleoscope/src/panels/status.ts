import { setText } from "../ui/dom.ts";

/** The shortest time between two progress announcements, in milliseconds. */
const pause = 4000;

/** Announces what happens in a live region: results at once, progress only now and then. */
export class Status {
  readonly #element: Element;
  #last = Number.NEGATIVE_INFINITY;
  #waiting: number | undefined;

  constructor(element: Element) {
    this.#element = element;
  }

  /** Announces a text now and discards one that was waiting. */
  announce(text: string): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#last = performance.now();
    setText(this.#element, text);
  }

  /** Announces a text soon; of several calls, only one is announced, with the text of that time. */
  mention(text: () => string): void {
    if (this.#waiting !== undefined) return;
    const delay = Math.max(0, this.#last + pause - performance.now());
    this.#waiting = setTimeout(() => this.announce(text()), delay);
  }
}
