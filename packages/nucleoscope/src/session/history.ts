/** A list of steps with undo and redo. */
export class History<Step> {
  #steps: Step[] = [];
  #position = 0;

  /** The steps in effect, in order. */
  get steps(): readonly Step[] {
    return this.#steps.slice(0, this.#position);
  }

  /** Whether there is a step to undo. */
  get canUndo(): boolean {
    return this.#position > 0;
  }

  /** Whether there is an undone step to redo. */
  get canRedo(): boolean {
    return this.#position < this.#steps.length;
  }

  /** Adds a step; undone steps are dropped. */
  push(step: Step): void {
    this.#steps.splice(this.#position, Infinity, step);
    this.#position = this.#steps.length;
  }

  /** Undoes the last step; returns false if there is none. */
  undo(): boolean {
    if (!this.canUndo) return false;
    this.#position--;
    return true;
  }

  /** Redoes the step that was undone last; returns false if there is none. */
  redo(): boolean {
    if (!this.canRedo) return false;
    this.#position++;
    return true;
  }

  /** Replaces all steps. */
  replace(steps: readonly Step[]): void {
    this.#steps = [...steps];
    this.#position = steps.length;
  }
}
