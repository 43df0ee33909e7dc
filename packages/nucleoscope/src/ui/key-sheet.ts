import * as text from "../text.ts";
import { byId, make, type Root } from "./dom.ts";

/** The keys by group; alternatives are separated by spaces. */
const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    text.keysOfTools,
    [
      ["V", text.toolSelect],
      ["S", text.toolSplit],
      ["B", text.keyDraw],
      ["E", text.toolErase],
      ["A", text.toolAdd],
      ["R", text.toolRectangle],
      ["F", text.toolPolygon],
      [", .", text.keyBrush],
    ],
  ],
  [
    text.keysOfPicture,
    [
      ["+ −", text.keyZoom],
      ["0 1", text.keyWhole],
      ["↑ ↓ ← →", text.keyMove],
      [text.spaceKey, text.keySpace],
      ["O", text.keyOutlines],
    ],
  ],
  [
    text.keysOfNuclei,
    [
      ["[ ]", text.keyNeighbour],
      [text.shiftKey, text.keyShift],
      [text.deleteKey, text.keyDelete],
      ["M", text.mergeNucleiHelp],
      ["Esc", text.keyEscape],
    ],
  ],
  [
    text.keysEverywhere,
    [
      [`${text.controlKey}+Z`, text.keyUndo],
      [`${text.controlKey}+Y`, text.redo],
      [`${text.controlKey}+C`, text.keyCopy],
      ["?", text.keyHelp],
    ],
  ],
];

/** A dialog with all keys. */
export class KeySheet {
  readonly #dialog: HTMLDialogElement;
  readonly #close: HTMLButtonElement;

  constructor(root: Root) {
    this.#dialog = byId(root, "keys", HTMLDialogElement);
    byId(root, "keys-groups", HTMLElement).append(
      ...groups.map(([title, keys]) => {
        const group = make("section", "");
        const list = make("dl", "");
        for (const [key, words] of keys) {
          const term = make("dt", "");
          term.append(...key.split(" ").map((one) => make("kbd", "", one)));
          const row = make("div", "");
          row.append(term, make("dd", "", words));
          list.append(row);
        }
        group.append(make("h3", "", title), list);
        return group;
      }),
    );
    byId(root, "show-keys", HTMLButtonElement).addEventListener("click", () => this.open());
    this.#close = byId(root, "keys-close", HTMLButtonElement);
    this.#close.addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", (event) => {
      // The dialog's content covers it: only the backdrop is outside.
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** Opens the dialog; when it is closed, the focus returns. */
  open(): void {
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#close.focus();
  }
}
