import { byId } from "./dom.ts";
import type { TableDialect } from "./wasm/nucleoscope.js";

/** The choice of how tables are written. */
export class TableDialectChoice {
  readonly #select = byId("table-dialect", HTMLSelectElement);

  /** As it is now; its values are `delimiter decimal`. */
  get dialect(): TableDialect {
    const [delimiter, decimal] = this.#select.value.split(" ");
    return { delimiter, decimal } as TableDialect;
  }
}
