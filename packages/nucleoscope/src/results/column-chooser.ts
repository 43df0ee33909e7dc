import * as text from "../text.ts";
import { make, setText } from "../ui/dom.ts";
import { followMenu } from "../ui/menus.ts";
import { heading, type MeasurementColumn } from "./measurement-table.ts";

/** A menu of the columns that can be shown. */
export class ColumnChooser {
  readonly element = make("details", "column-chooser");
  readonly #title = make("summary", "column-chooser-title");
  readonly #list = make("div", "column-chooser-list");

  /** `changed` is called with the keys of the chosen columns. */
  constructor(changed: (keys: string[]) => void) {
    this.element.append(this.#title, this.#list);
    this.#list.setAttribute("role", "group");
    this.#list.setAttribute("aria-label", text.columnsShown);
    this.#list.addEventListener("change", () => {
      this.#count();
      changed(this.#boxes.filter(({ checked }) => checked).map(({ value }) => value));
    });
    followMenu(this.element);
  }

  /** Offers these columns; some of them are chosen. */
  offer(columns: readonly MeasurementColumn[], chosen: readonly string[]): void {
    this.#list.replaceChildren(
      ...columns.map((column) => {
        const label = make("label", "column-choice");
        const box = make("input", "");
        box.type = "checkbox";
        box.value = column.key;
        box.checked = chosen.includes(column.key);
        label.append(box, ` ${heading(column)}`);
        return label;
      }),
    );
    this.#count();
  }

  get #boxes(): HTMLInputElement[] {
    return [...this.#list.querySelectorAll("input")];
  }

  #count(): void {
    const boxes = this.#boxes;
    setText(this.#title, text.columnCount(boxes.filter(({ checked }) => checked).length, boxes.length));
  }
}
