/** So many images must be finished before their time says something about the rest. */
const enough = 3;

/** Estimates how long a batch still takes, from how long its images have taken so far. */
export class TimeLeft {
  readonly #start: number;

  /** The time at which work began, in milliseconds. */
  constructor(start: number) {
    this.#start = start;
  }

  /** The seconds left, or null while too little is known. Parts of images count. */
  estimate(now: number, done: number, total: number): number | null {
    if (done < Math.min(enough, total) || done >= total) return null;
    return (((now - this.#start) / done) * (total - done)) / 1000;
  }
}
