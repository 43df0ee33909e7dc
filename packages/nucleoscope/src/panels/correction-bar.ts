import { byId, type Root } from "../ui/dom.ts";
import { isTyping } from "../ui/shortcuts.ts";

/** The actions on the selected nuclei and on the list of corrections. */
export interface CorrectionActions {
  delete(): void;
  merge(): void;
  undo(): void;
  redo(): void;
  clearRegions(): void;
  startFromTruth(): void;
}

/** What the buttons' states depend on. */
export interface CorrectionState {
  readonly selected: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly regions: number;
  readonly canStartFromTruth: boolean;
}

/** The buttons for correcting nuclei, and their keyboard shortcuts. */
export class CorrectionBar {
  readonly #buttons: Readonly<Record<keyof CorrectionActions, HTMLButtonElement>>;

  /** Shortcuts work while the focus is in `area`, except while text is typed. */
  constructor(root: Root, actions: CorrectionActions, area: HTMLElement) {
    const button = (id: string): HTMLButtonElement => byId(root, id, HTMLButtonElement);
    this.#buttons = {
      delete: button("edit-delete"),
      merge: button("edit-merge"),
      undo: button("edit-undo"),
      redo: button("edit-redo"),
      clearRegions: button("regions-clear"),
      startFromTruth: button("start-from-truth"),
    };
    for (const name of Object.keys(this.#buttons) as (keyof CorrectionActions)[]) {
      this.#buttons[name].addEventListener("click", () => actions[name]());
    }
    area.addEventListener("keydown", (event) => {
      const name = actionOf(event);
      if (name === null || isTyping(event.target) || this.#buttons[name].disabled) return;
      event.preventDefault();
      actions[name]();
    });
  }

  /** Enables the buttons that can be used. */
  show({ selected, canUndo, canRedo, regions, canStartFromTruth }: CorrectionState): void {
    this.#buttons.delete.disabled = selected === 0;
    this.#buttons.merge.disabled = selected < 2;
    this.#buttons.undo.disabled = !canUndo;
    this.#buttons.redo.disabled = !canRedo;
    this.#buttons.clearRegions.disabled = regions === 0;
    this.#buttons.startFromTruth.hidden = !canStartFromTruth;
  }
}

function actionOf({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): keyof CorrectionActions | null {
  if (altKey) return null;
  if (ctrlKey || metaKey) {
    if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
    return key.toLowerCase() === "y" ? "redo" : null;
  }
  if (key === "Delete" || key === "Backspace") return "delete";
  return key === "m" ? "merge" : null;
}
