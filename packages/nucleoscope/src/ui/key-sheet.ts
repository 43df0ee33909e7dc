import { byId, make, type Root } from "./dom.ts";

/** The keys by group; alternatives are separated by spaces. */
const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Tools",
    [
      ["V", "Select"],
      ["S", "Split"],
      ["B", "Draw with the brush"],
      ["E", "Erase"],
      ["A", "Add"],
      ["R", "Rectangle region"],
      ["F", "Free region"],
      [", .", "Smaller or larger brush; Alt + wheel does the same"],
    ],
  ],
  [
    "Picture",
    [
      ["+ −", "Zoom in or out"],
      ["0 1", "Whole image, or 100 %"],
      ["↑ ↓ ← →", "Move the picture; with a drawing tool, the pen"],
      ["Space", "Hold and drag to move the picture; press to start or end a line at the pen"],
      ["O", "Show or hide outlines"],
    ],
  ],
  [
    "Nuclei",
    [
      ["[ ]", "Select the previous or next nucleus; with Shift, add it"],
      ["Shift", "Click to add a nucleus to the selection, drag to add all nuclei in a box"],
      ["Delete", "Delete the selected nuclei"],
      ["M", "Merge the selected nuclei"],
      ["Esc", "Cancel a line, or clear the selection"],
    ],
  ],
  [
    "Everywhere",
    [
      ["Ctrl+Z", "Undo a correction or a region"],
      ["Ctrl+Y", "Redo"],
      ["Ctrl+C", "In the table: copy the selected nucleus, or all nuclei shown"],
      ["?", "Show these keys"],
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
