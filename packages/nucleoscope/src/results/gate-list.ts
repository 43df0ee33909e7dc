import { make } from "../ui/dom.ts";
import type { Gate } from "../session/gates.ts";
import { heading, type MeasurementTable } from "./measurement-table.ts";

/** The gates in effect, each with a button to remove it. */
export class GateList {
  readonly element = make("div", "gate-list");
  readonly #remove: (gate: Gate) => void;
  readonly #removeAll: () => void;

  constructor(remove: (gate: Gate) => void, removeAll: () => void) {
    this.#remove = remove;
    this.#removeAll = removeAll;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Gates");
    this.element.hidden = true;
  }

  /** Shows gates with the column names of a table. */
  show(gates: readonly Gate[], table: MeasurementTable | null): void {
    this.element.hidden = gates.length === 0;
    const list = make("ul", "gates");
    list.append(...gates.map((gate) => this.#item(gate, table)));
    this.element.replaceChildren(make("span", "gate-title", "Gates"), list);
    if (gates.length > 1) this.element.append(this.#button("Remove all gates", "Remove all", this.#removeAll));
  }

  #item(gate: Gate, table: MeasurementTable | null): HTMLElement {
    const item = make("li", "gate");
    const column = table?.columns.find(({ key }) => key === gate.key);
    const words = gateWords(gate, column === undefined ? gate.key : heading(column));
    const text = make("span", "", words);
    if (table !== null && column === undefined) {
      text.append(" ", make("span", "gate-unused", "(not used: this image has no such measurement)"));
    }
    item.append(
      text,
      this.#button(`Remove gate: ${words}`, "✕", () => this.#remove(gate)),
    );
    return item;
  }

  #button(label: string, text: string, action: () => void): HTMLButtonElement {
    const button = make("button", "quiet gate-remove", text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.title = label;
    button.addEventListener("click", action);
    return button;
  }
}

/** The values that a gate keeps, as text: `Area (px²): 200 or more`, `Area (px²): outside 200 to 300`. */
export function gateWords({ minimum, maximum, keep }: Gate, name: string): string {
  const isInside = keep === "inside";
  if (minimum !== null && maximum !== null) return `${name}: ${isInside ? "" : "outside "}${minimum} to ${maximum}`;
  if (minimum !== null) return `${name}: ${isInside ? `${minimum} or more` : `below ${minimum}`}`;
  if (maximum !== null) return `${name}: ${isInside ? `${maximum} or less` : `above ${maximum}`}`;
  return `${name}: ${isInside ? "any value" : "no value"}`;
}
