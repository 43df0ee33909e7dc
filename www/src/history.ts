/** Steps that can be taken back and taken again. */
export class History<Step> {
  #steps: Step[] = [];
  #position = 0;

  /** The steps that count, in order. */
  get steps(): readonly Step[] {
    return this.#steps.slice(0, this.#position);
  }

  /** Whether there is a step to take back. */
  get canUndo(): boolean {
    return this.#position > 0;
  }

  /** Whether a step was taken back and can be taken again. */
  get canRedo(): boolean {
    return this.#position < this.#steps.length;
  }

  /** Takes a step; those that were taken back are gone. */
  push(step: Step): void {
    this.#steps.splice(this.#position, Infinity, step);
    this.#position = this.#steps.length;
  }

  /** Takes the last step back; false without one. */
  undo(): boolean {
    if (!this.canUndo) return false;
    this.#position--;
    return true;
  }

  /** Takes the step again that was taken back last; false without one. */
  redo(): boolean {
    if (!this.canRedo) return false;
    this.#position++;
    return true;
  }

  /** Starts anew with steps that were taken elsewhere. */
  replace(steps: readonly Step[]): void {
    this.#steps = [...steps];
    this.#position = steps.length;
  }
}
