import { History } from "./history.ts";
import type { Edit, Region } from "../wasm/nucleoscope.js";

/** A step that was made: a correction, or a change of the regions. */
type Step = "edit" | { readonly before: readonly Region[]; readonly after: readonly Region[] };

/** What was undone or redone: a correction, or the regions that the image has now. */
export type Undone = { readonly regions: readonly Region[] } | "edit";

/** In which order the nuclei of an image were corrected and its regions were changed, to undo and redo both. */
export class ImageHistory {
  readonly #edits: History<Edit>;
  readonly #steps = new History<Step>();

  /** `edits` may be replaced by others at any time; these are undone last. */
  constructor(edits: History<Edit>) {
    this.#edits = edits;
  }

  /** Whether there is something to undo. */
  get canUndo(): boolean {
    return this.#edits.canUndo || this.#steps.steps.some((step) => step !== "edit");
  }

  /** Whether there is something to redo. */
  get canRedo(): boolean {
    return this.#edits.canRedo || this.#steps.canRedo;
  }

  /** Adds a correction. */
  correct(edit: Edit): void {
    this.#edits.push(edit);
    this.#steps.push("edit");
  }

  /** Notes that the regions were changed. */
  changeRegions(before: readonly Region[], after: readonly Region[]): void {
    // As with corrections, what was undone before a change cannot be redone.
    this.#edits.replace(this.#edits.steps);
    this.#steps.push({ before, after });
  }

  /** Undoes the last step; null if there is none. */
  undo(): Undone | null {
    while (this.#steps.canUndo) {
      const step = this.#steps.steps.at(-1);
      this.#steps.undo();
      if (step !== undefined && step !== "edit") return { regions: step.before };
      if (this.#edits.undo()) return "edit";
    }
    return this.#edits.undo() ? "edit" : null;
  }

  /** Redoes the step that was undone last; null if there is none. */
  redo(): Undone | null {
    while (this.#steps.redo()) {
      const step = this.#steps.steps.at(-1);
      if (step !== undefined && step !== "edit") return { regions: step.after };
      if (this.#edits.redo()) return "edit";
    }
    return this.#edits.redo() ? "edit" : null;
  }
}
