/** How many images must be finished for an estimate. */
const enough = 3;

/** With fewer images, how many milliseconds and which share of the work an estimate needs: a large image may be the only one. */
const longEnough = 20_000;
const largeEnough = 0.05;

/** Estimates the time left for a batch from the time its pixels have taken so far. */
export class TimeLeft {
  readonly #start: number;

  /** `start` is the time at which work began, in milliseconds. */
  constructor(start: number) {
    this.#start = start;
  }

  /**
   * The seconds left, or null while too little is known. `done` of `total` images have ended, parts of images
   * included; `fraction` is the share of their pixels.
   */
  estimate(now: number, done: number, total: number, fraction: number): number | null {
    const isLongEnough = now - this.#start >= longEnough && fraction >= largeEnough;
    if ((done < Math.min(enough, total) && !isLongEnough) || done >= total || fraction <= 0) return null;
    return (((now - this.#start) / fraction) * (1 - fraction)) / 1000;
  }
}
