/** So many images must be finished before their time says something about the rest. */
const enough = 3;

/** Or a part of the work that took so many milliseconds: a large image may be the only one. */
const longEnough = 20_000;
const largeEnough = 0.05;

/** Estimates how long a batch still takes, from how long its images have taken so far. */
export class TimeLeft {
  readonly #start: number;

  /** The time at which work began, in milliseconds. */
  constructor(start: number) {
    this.#start = start;
  }

  /** The seconds left, or null while too little is known. Parts of images count. */
  estimate(now: number, done: number, total: number): number | null {
    const isTelling = now - this.#start >= longEnough && done >= largeEnough * total;
    if ((done < Math.min(enough, total) && !isTelling) || done >= total) return null;
    return (((now - this.#start) / done) * (total - done)) / 1000;
  }
}
