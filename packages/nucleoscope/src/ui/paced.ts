/** Milliseconds between two updates: each new frame takes processor time from the workers. */
const pause = 200;

/** Runs an update in the next frame after it was requested, but only a few times a second. */
export class Paced {
  readonly #update: () => void;
  #last = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame: number | null = null;

  constructor(update: () => void) {
    this.#update = update;
  }

  /** Requests an update. */
  soon(): void {
    if (this.#frame === null) this.#timer ??= setTimeout(() => this.now(), this.#last + pause - performance.now());
  }

  /** Requests an update in the next frame. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#last = performance.now();
      this.#update();
    });
  }
}
