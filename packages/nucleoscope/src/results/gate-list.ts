import * as text from "../text.ts";
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
    this.element.setAttribute("aria-label", text.gates);
    this.element.hidden = true;
  }

  /** Shows gates with the column names of a table. */
  show(gates: readonly Gate[], table: MeasurementTable | null): void {
    this.element.hidden = gates.length === 0;
    const list = make("ul", "gates");
    list.append(...gates.map((gate) => this.#item(gate, table)));
    this.element.replaceChildren(make("span", "gate-title", text.gates), list);
    if (gates.length > 1) this.element.append(this.#button(text.removeAllGates, text.removeAll, this.#removeAll));
  }

  #item(gate: Gate, table: MeasurementTable | null): HTMLElement {
    const item = make("li", "gate");
    const column = table?.columns.find(({ key }) => key === gate.key);
    const [low, high] = [gate.minimum, gate.maximum].map((end) => (end === null ? null : text.ungrouped(end)));
    const rule = text.gateRule(column === undefined ? gate.key : heading(column), low ?? null, high ?? null, gate.keep);
    const words = make("span", "", rule);
    if (table !== null && column === undefined) {
      words.append(" ", make("span", "gate-unused", text.gateNotUsed));
    }
    item.append(
      words,
      this.#button(text.removeGate(rule), "✕", () => this.#remove(gate)),
    );
    return item;
  }

  #button(label: string, words: string, action: () => void): HTMLButtonElement {
    const button = make("button", "quiet gate-remove", words);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.title = label;
    button.addEventListener("click", action);
    return button;
  }
}
