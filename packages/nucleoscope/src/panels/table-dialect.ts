import * as text from "../text.ts";
import { byId, type Root } from "../ui/dom.ts";
import type { TableDialect } from "../wasm/nucleoscope.js";

/** The choice of delimiter and decimal sign for tables. */
export class TableDialectChoice {
  readonly #select: HTMLSelectElement;

  constructor(root: Root) {
    this.#select = byId(root, "table-dialect", HTMLSelectElement);
    // Spreadsheets in a language with a decimal comma expect it, and a semicolon.
    if (text.decimalSign === ",") this.#select.value = "semicolon comma";
  }

  /** The current choice; the select's values are `delimiter decimal`. */
  get dialect(): TableDialect {
    const [delimiter, decimal] = this.#select.value.split(" ");
    return { delimiter, decimal } as TableDialect;
  }
}
