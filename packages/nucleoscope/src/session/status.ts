import { signal, type ReadonlySignal } from "@preact/signals-core";

/** The shortest time between two progress announcements, in milliseconds. */
const pause = 4000;

/** What is announced in a live region: results at once, progress only now and then. */
export class Status {
  readonly #text = signal("");
  #last = Number.NEGATIVE_INFINITY;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  /** The last announcement. */
  get text(): ReadonlySignal<string> {
    return this.#text;
  }

  /** Announces a text now and discards one that was waiting. */
  announce(text: string): void {
    this.discard();
    this.#last = performance.now();
    this.#text.value = text;
  }

  /** Announces a text soon; of several calls, only one is announced, with the text of that time. */
  mention(text: () => string): void {
    if (this.#waiting !== undefined) return;
    const delay = Math.max(0, this.#last + pause - performance.now());
    this.#waiting = setTimeout(() => this.announce(text()), delay);
  }

  /** Discards an announcement that is waiting. */
  discard(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }
}
