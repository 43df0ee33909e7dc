import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { extent } from "d3-array";
import { make, setText } from "../ui/dom.ts";
import * as text from "../text.ts";
import { ColumnChooser } from "./column-chooser.ts";
import {
  columnIndex,
  columnValues,
  defaultColumns,
  heading,
  isWhole,
  written,
  type MeasurementColumn,
  type MeasurementTable,
} from "./measurement-table.ts";
import { readCondition, type Condition } from "../session/row-filter.ts";
import { rowOrder, type Sorting } from "./row-order.ts";
import { tableText } from "./table-text.ts";

/** The height of a row in rem. */
const rowHeightInRem = 2;
/** Rows rendered above and below the visible ones. */
const overscan = 4;
/** The rows of headings and filters, before the first nucleus. */
const headRows = 2;
/** The column with the nuclei's numbers, which is always shown. */
const numberColumn: MeasurementColumn = { key: "", label: "Nucleus", unit: "" };

let tables = 0;

/** Callbacks of {@link NucleusTable}. */
export interface TableEvents {
  /** A nucleus was selected, or the selection was cleared. */
  readonly selected: (label: number | null) => void;
  /** The pointer or the keyboard moved to a nucleus, or off all nuclei. */
  readonly hovered: (label: number | null) => void;
}

/** A displayed column. */
interface ShownColumn {
  readonly column: MeasurementColumn;
  readonly values: Float64Array;
  readonly isWhole: boolean;
  readonly heading: HTMLElement;
  readonly filterCell: HTMLElement;
  readonly filter: HTMLInputElement;
}

/** A row's elements, which are reused for other nuclei when the table is scrolled. */
interface Row {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
  position: number;
}

/** The position of the keyboard: row -1 is the row of headings. */
interface Place {
  readonly row: number;
  readonly column: number;
}

/** A table of nuclei and their measurements, with sorting, filters and selection. */
export class NucleusTable {
  readonly element = make("div", "nucleus-table");
  readonly #events: TableEvents;
  readonly #id = `nucleus-table-${++tables}`;
  readonly #chooser = new ColumnChooser((keys) => this.#showColumns(keys));
  readonly #hideExcluded = make("input", "");
  readonly #onlyBrushed = make("input", "");
  readonly #onlyBrushedLabel = make("label", "toggle");
  readonly #clearFilters = make("button", "quiet", text.clearFilters);
  readonly #copy = make("button", "quiet", text.copyTable);
  readonly #count = make("p", "table-count");
  readonly #grid = make("div", "table-grid");
  readonly #head = make("div", "table-head");
  readonly #headings = make("div", "table-row");
  readonly #filters = make("div", "table-row table-filters");
  readonly #body = make("div", "table-body");
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #table: MeasurementTable | null = null;
  /** By row, 1 for the nuclei that count. */
  #included: Uint8Array = new Uint8Array();
  #brushed: ReadonlySet<number> | null = null;
  #columns: ShownColumn[] = [];
  /** The filter text of each column; kept when another image is shown. */
  readonly #filterTexts = new Map<string, string>();
  /** The columns that the user chose; null for the default ones. */
  #chosen: string[] | null = null;
  #sorting: Sorting = { key: null, descending: false };
  /** The rows shown, in order. */
  #order: Uint32Array = new Uint32Array();
  #rows: Row[] = [];
  #selected: number | null = null;
  #hovered: number | null = null;
  #place: Place = { row: 0, column: 0 };
  #markedCell: HTMLElement | undefined;
  #isVisible = false;
  #rowHeight = 32;
  #headHeight = 64;
  #filterTimer: ReturnType<typeof setTimeout> | undefined;
  #reportTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(events: TableEvents) {
    this.#events = events;
    this.#assemble();
    this.#virtualizer = new Virtualizer(this.#virtualOptions());
    this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    this.#listen();
    // The headings' height depends on the width of the window and the text size.
    new ResizeObserver(() => this.#measure()).observe(this.#head);
  }

  /** Shows the nuclei of an image; `included` is by row. */
  show(table: MeasurementTable, included: Uint8Array): void {
    this.#table = table;
    this.#included = included;
    this.#brushed = null;
    this.#selected = null;
    this.#hovered = null;
    this.#place = { row: 0, column: 0 };
    const keys = this.#chosen?.filter((key) => columnIndex(table, key) >= 0) ?? [];
    const shown = keys.length > 0 ? keys : defaultColumns(table);
    this.#chooser.offer(table.columns, shown);
    this.#grid.scrollTop = 0;
    this.#makeColumns(shown);
  }

  /** Keys of the columns shown. */
  get keys(): string[] {
    return this.#columns.map(({ column }) => column.key);
  }

  /** Shows which nuclei count. */
  include(included: Uint8Array): void {
    this.#included = included;
    this.#arrange();
  }

  /** Marks the nuclei that were brushed in a chart. */
  highlight(labels: ReadonlySet<number> | null): void {
    this.#brushed = labels;
    this.#onlyBrushedLabel.hidden = labels === null;
    if (this.#onlyBrushed.checked) this.#arrange();
    else this.#fillRows();
  }

  /** Marks a nucleus as selected. */
  select(label: number | null, { scroll = false } = {}): void {
    this.#selected = label;
    const row = label === null ? -1 : this.#order.indexOf(label - 1);
    if (row >= 0 && scroll) {
      this.#place = { row, column: this.#place.column };
      this.#virtualizer.scrollToIndex(row, { align: "auto" });
    }
    this.#fillRows();
    this.#showCount();
  }

  /** Marks the nucleus under the pointer in the viewer or a chart. */
  hover(label: number | null): void {
    if (this.#hovered === label) return;
    this.#hovered = label;
    this.#fillRows();
  }

  #assemble(): void {
    const help = make("p", "note");
    help.id = `${this.#id}-help`;
    const parts = text.tableHelp.split("`");
    help.append(...parts.map((part, place) => (place % 2 === 1 ? make("code", "", part) : part)));
    this.#count.setAttribute("aria-live", "polite");
    const tools = make("div", "table-tools");
    tools.append(
      this.#chooser.element,
      checkbox(this.#hideExcluded, text.hideNotCounted),
      checkbox(this.#onlyBrushed, text.onlyBrushed, this.#onlyBrushedLabel),
      this.#clearFilters,
      this.#copy,
      this.#count,
    );
    this.#onlyBrushedLabel.hidden = true;
    this.#copy.type = "button";
    this.#copy.title = text.copyTableHelp;
    this.#clearFilters.type = "button";
    this.#clearFilters.hidden = true;
    for (const part of [this.#head, this.#body]) part.setAttribute("role", "rowgroup");
    for (const [index, row] of [this.#headings, this.#filters].entries()) {
      row.setAttribute("role", "row");
      row.setAttribute("aria-rowindex", String(index + 1));
    }
    this.#head.append(this.#headings, this.#filters);
    this.#grid.tabIndex = 0;
    this.#grid.setAttribute("role", "grid");
    this.#grid.setAttribute("aria-label", text.tableName);
    this.#grid.setAttribute("aria-describedby", help.id);
    this.#grid.append(this.#head, this.#body);
    this.element.append(tools, this.#grid, help);
  }

  #listen(): void {
    this.#grid.addEventListener("keydown", (event) => this.#followKey(event));
    this.#grid.addEventListener("click", (event) => this.#followClick(event));
    this.#grid.addEventListener("pointerover", (event) => this.#pointAt(this.#rowOf(event)));
    this.#grid.addEventListener("pointerleave", () => this.#pointAt(-1));
    // Without selected text, Firefox sends the event to the page instead of the table that has the focus.
    const followCopy = (event: ClipboardEvent): void => this.#followCopy(event);
    this.#grid.addEventListener("focus", () => {
      document.addEventListener("copy", followCopy);
      this.#markPlace();
    });
    this.#grid.addEventListener("blur", () => {
      document.removeEventListener("copy", followCopy);
      this.#pointAt(-1);
      this.#markPlace();
    });
    this.#filters.addEventListener("input", () => {
      // Sorting after every letter would be slow in a large table.
      clearTimeout(this.#filterTimer);
      this.#filterTimer = setTimeout(() => this.#arrange(), 150);
    });
    for (const box of [this.#hideExcluded, this.#onlyBrushed]) {
      box.addEventListener("change", () => this.#arrange());
    }
    this.#copy.addEventListener("click", () => {
      const rows = [...this.#order];
      void copyText(this.#textOf(rows)).then((isCopied) =>
        this.#report(isCopied ? text.nucleiCopied(rows.length) : text.copyNotAllowed),
      );
    });
    this.#clearFilters.addEventListener("click", () => {
      for (const { filter } of this.#columns) filter.value = "";
      this.#filterTexts.clear();
      this.#arrange();
      this.#grid.focus();
    });
  }

  #virtualOptions(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    return {
      count: this.#order.length,
      getScrollElement: () => this.#grid,
      estimateSize: () => this.#rowHeight,
      scrollMargin: this.#headHeight,
      scrollPaddingStart: this.#headHeight,
      overscan,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.#fillRows(),
    };
  }

  #measure(): void {
    const height = this.#head.offsetHeight;
    const wasHidden = !this.#isVisible;
    this.#isVisible = height > 0;
    if (height === 0) return;
    this.#headHeight = height;
    this.#rowHeight = Math.round(
      rowHeightInRem * Number.parseFloat(getComputedStyle(document.documentElement).fontSize),
    );
    this.#layOut();
    // A hidden element loses its scroll position.
    if (wasHidden && this.#place.row > 0) this.#virtualizer.scrollToIndex(this.#place.row, { align: "auto" });
  }

  /** Sets the virtualizer's number and height of rows. */
  #layOut(): void {
    this.#virtualizer.setOptions(this.#virtualOptions());
    this.#virtualizer.measure();
    this.#body.style.height = `${this.#order.length * this.#rowHeight}px`;
    this.#fillRows();
  }

  #showColumns(keys: string[]): void {
    this.#chosen = keys;
    this.#makeColumns(keys);
  }

  #makeColumns(keys: readonly string[]): void {
    const table = this.#table;
    if (table === null) return;
    const numbers = Float64Array.from({ length: table.rows }, (_, row) => row + 1);
    const chosen = table.columns.flatMap((column, index) =>
      keys.includes(column.key) ? [{ column, values: columnValues(table, index) }] : [],
    );
    this.#columns = [{ column: numberColumn, values: numbers }, ...chosen].map(({ column, values }, index) =>
      this.#makeColumn(column, values, index),
    );
    this.#headings.replaceChildren(...this.#columns.map((column) => column.heading));
    this.#filters.replaceChildren(...this.#columns.map((column) => column.filterCell));
    const widths = this.#columns.map(widthOf);
    this.#grid.style.setProperty("--columns", widths.map((width) => `minmax(${width}rem, ${width}fr)`).join(" "));
    this.#grid.style.setProperty("--table-width", `${widths.reduce((sum, width) => sum + width, 0)}rem`);
    this.#grid.setAttribute("aria-colcount", String(this.#columns.length));
    this.#rows = [];
    this.#body.replaceChildren();
    if (!this.#columns.some(({ column }) => column.key === (this.#sorting.key ?? ""))) {
      this.#sorting = { key: null, descending: false };
    }
    this.#arrange();
  }

  #makeColumn(column: MeasurementColumn, values: Float64Array, index: number): ShownColumn {
    const isOfWhole = isWhole(values);
    const head = make("div", "table-heading");
    head.setAttribute("role", "columnheader");
    head.setAttribute("aria-colindex", String(index + 1));
    head.dataset["column"] = String(index);
    head.append(make("span", "table-heading-name", heading(column)));
    const filterCell = make("div", "table-filter");
    filterCell.setAttribute("role", "gridcell");
    filterCell.setAttribute("aria-colindex", String(index + 1));
    const filter = make("input", "");
    filter.type = "text";
    filter.placeholder = text.filter;
    filter.autocomplete = "off";
    filter.spellcheck = false;
    filter.value = this.#filterTexts.get(column.key) ?? "";
    filter.setAttribute("aria-label", text.filterColumn(heading(column)));
    filterCell.append(filter);
    return { column, values, isWhole: isOfWhole, heading: head, filterCell, filter };
  }

  /** Filters and sorts the rows. */
  #arrange(): void {
    const table = this.#table;
    if (table === null) return;
    const conditions = this.#conditions();
    const hides = this.#hideExcluded.checked;
    const brushed = this.#onlyBrushed.checked ? this.#brushed : null;
    this.#order = rowOrder(table, this.#sorting, (row) => {
      if (hides && this.#included[row] === 0) return false;
      if (brushed !== null && !brushed.has(row + 1)) return false;
      return conditions.every(({ values, condition }) => condition(values[row] ?? Number.NaN));
    });
    for (const { column, heading: head } of this.#columns) {
      const isSorted = (this.#sorting.key ?? "") === column.key;
      head.setAttribute("aria-sort", isSorted ? (this.#sorting.descending ? "descending" : "ascending") : "none");
    }
    this.#grid.setAttribute("aria-rowcount", String(this.#order.length + headRows));
    this.#place = { ...this.#place, row: Math.min(this.#place.row, this.#order.length - 1) };
    this.#layOut();
    this.#showCount();
  }

  /** The filters in effect; an invalid one is marked and ignored. */
  #conditions(): { values: Float64Array; condition: Condition }[] {
    const conditions = [];
    for (const { column, values, isWhole: isOfWhole, filter } of this.#columns) {
      this.#filterTexts.set(column.key, filter.value);
      const condition = readCondition(filter.value, text.decimalSign, (value) => written(value, isOfWhole));
      filter.setAttribute("aria-invalid", String(condition === undefined));
      filter.title = condition === undefined ? text.filterHelp : "";
      if (condition) conditions.push({ values, condition });
    }
    this.#clearFilters.hidden = this.#columns.every(({ filter }) => filter.value === "");
    return conditions;
  }

  #showCount(): void {
    const isInvalid = this.#columns.some(({ filter }) => filter.getAttribute("aria-invalid") === "true");
    const isHidden = this.#selected !== null && !this.#order.includes(this.#selected - 1);
    const hidden = isHidden ? this.#selected : null;
    setText(this.#count, text.nucleiShown(this.#order.length, this.#table?.rows ?? 0, isInvalid, hidden));
  }

  /** Fills the visible rows, reusing existing elements. */
  #fillRows(): void {
    const items = this.#virtualizer.getVirtualItems();
    const positions = new Set(items.map(({ index }) => index));
    const spare = this.#rows.filter(({ position }) => !positions.has(position));
    const byPosition = new Map(this.#rows.map((row) => [row.position, row]));
    for (const { index } of items) {
      const row = byPosition.get(index) ?? spare.pop() ?? this.#makeRow();
      this.#fillRow(row, index);
    }
    for (const row of spare) row.element.remove();
    this.#rows = this.#rows.filter((row) => !spare.includes(row));
    this.#markPlace();
  }

  #makeRow(): Row {
    const element = make("div", "table-row");
    element.setAttribute("role", "row");
    const cells = this.#columns.map((_, index) => {
      const cell = make("div", index === 0 ? "table-cell table-number" : "table-cell");
      cell.setAttribute("role", index === 0 ? "rowheader" : "gridcell");
      cell.setAttribute("aria-colindex", String(index + 1));
      cell.dataset["column"] = String(index);
      cell.append("");
      return cell;
    });
    element.append(...cells);
    this.#body.append(element);
    const row = { element, cells, position: -1 };
    this.#rows.push(row);
    return row;
  }

  #fillRow(row: Row, position: number): void {
    const { element, cells } = row;
    const nucleus = this.#order[position];
    if (nucleus === undefined) return;
    const label = nucleus + 1;
    row.position = position;
    element.style.transform = `translateY(${position * this.#rowHeight}px)`;
    element.style.height = `${this.#rowHeight}px`;
    element.dataset["row"] = String(position);
    element.setAttribute("aria-rowindex", String(position + headRows + 1));
    element.setAttribute("aria-selected", String(label === this.#selected));
    element.classList.toggle("is-excluded", this.#included[nucleus] === 0);
    element.classList.toggle("is-brushed", this.#brushed?.has(label) === true);
    element.classList.toggle("is-hovered", label === this.#hovered);
    for (const [index, { values, isWhole: isOfWhole }] of this.#columns.entries()) {
      const shown = written(values[nucleus] ?? Number.NaN, isOfWhole);
      const node = cells[index]?.firstChild;
      if (node && node.nodeValue !== shown) node.nodeValue = shown;
    }
  }

  /** The element at the keyboard's position, if it is rendered. */
  get #placeCell(): HTMLElement | undefined {
    const { row, column } = this.#place;
    if (row < 0) return this.#columns[column]?.heading;
    return this.#rows.find(({ position }) => position === row)?.cells[column];
  }

  /** Marks the keyboard's position while the table has the focus. */
  #markPlace(): void {
    const cell = this.#placeCell;
    if (cell !== this.#markedCell) {
      this.#markedCell?.removeAttribute("id");
      this.#markedCell?.classList.remove("is-place");
    }
    this.#markedCell = cell;
    if (cell === undefined) {
      this.#grid.removeAttribute("aria-activedescendant");
      return;
    }
    // Each position has its own id, so that a screen reader detects a new position in a reused element.
    cell.id = `${this.#id}-${this.#place.row}-${this.#place.column}`;
    this.#grid.setAttribute("aria-activedescendant", cell.id);
    cell.classList.toggle("is-place", this.#grid.matches(":focus"));
  }

  /** Copies the selected nucleus, or else all that are shown; selected text is copied as usual. */
  #followCopy(event: ClipboardEvent): void {
    if (event.clipboardData === null || !this.#grid.matches(":focus")) return;
    if (document.getSelection()?.isCollapsed === false) return;
    const selected = this.#selected === null ? -1 : this.#order.indexOf(this.#selected - 1);
    const rows = selected < 0 ? [...this.#order] : [...this.#order.subarray(selected, selected + 1)];
    event.clipboardData.setData("text/plain", this.#textOf(rows));
    event.preventDefault();
    this.#report(text.nucleiCopied(rows.length));
  }

  #textOf(rows: readonly number[]): string {
    const columns = this.#columns.map(({ column, values }) => ({ heading: heading(column), values }));
    return tableText(columns, rows, text.ungrouped);
  }

  /** Shows a text in place of the number of rows for a while. */
  #report(words: string): void {
    setText(this.#count, words);
    clearTimeout(this.#reportTimer);
    this.#reportTimer = setTimeout(() => this.#showCount(), 3000);
  }

  #followKey(event: KeyboardEvent): void {
    if (event.target !== this.#grid || event.altKey || event.metaKey) return;
    const { row, column } = this.#place;
    const lastRow = this.#order.length - 1;
    const lastColumn = this.#columns.length - 1;
    const page = Math.max(1, Math.floor((this.#grid.clientHeight - this.#headHeight) / this.#rowHeight) - 1);
    const toEnds = event.ctrlKey;
    const targets: Record<string, Place> = {
      ArrowDown: { row: toEnds ? lastRow : row + 1, column },
      ArrowUp: { row: toEnds ? 0 : row - 1, column },
      ArrowLeft: { row, column: toEnds ? 0 : column - 1 },
      ArrowRight: { row, column: toEnds ? lastColumn : column + 1 },
      PageDown: { row: row + page, column },
      PageUp: { row: Math.max(0, row - page), column },
      Home: { row: toEnds ? 0 : row, column: 0 },
      End: { row: toEnds ? lastRow : row, column: lastColumn },
    };
    const target = targets[event.key];
    if (target !== undefined) {
      this.#go({
        row: Math.min(Math.max(target.row, -1), lastRow),
        column: Math.min(Math.max(target.column, 0), lastColumn),
      });
    } else if (event.key === "Enter" || event.key === " ") this.#act();
    else if (event.key === "Escape" && this.#selected !== null) this.#choose(null);
    else return;
    event.preventDefault();
  }

  #go(place: Place): void {
    this.#place = place;
    if (place.row >= 0) this.#virtualizer.scrollToIndex(place.row, { align: "auto" });
    this.#fillRows();
    this.#scrollAside(place.column);
    this.#pointAt(place.row);
  }

  /** Scrolls to a column, next to the fixed column of numbers. */
  #scrollAside(column: number): void {
    const [first, shown] = [this.#columns[0], this.#columns[column]];
    if (first === undefined || shown === undefined || shown === first) return;
    const { offsetLeft: left, offsetWidth: width } = shown.heading;
    const fixed = first.heading.offsetWidth;
    const grid = this.#grid;
    if (left - fixed < grid.scrollLeft) grid.scrollLeft = left - fixed;
    else if (left + width > grid.scrollLeft + grid.clientWidth) grid.scrollLeft = left + width - grid.clientWidth;
  }

  #act(): void {
    const { row, column } = this.#place;
    if (row < 0) this.#sortBy(column);
    else this.#choose((this.#order[row] ?? -1) + 1 || null);
  }

  #followClick(event: MouseEvent): void {
    if (!(event.target instanceof Element)) return;
    const column = Number(event.target.closest<HTMLElement>("[data-column]")?.dataset["column"] ?? -1);
    if (column < 0) return;
    const row = this.#rowOf(event);
    this.#place = { row, column };
    if (row < 0) {
      this.#sortBy(column);
      return;
    }
    const label = (this.#order[row] ?? -1) + 1;
    // A second click clears the selection, unless it is part of a double click.
    if (label === this.#selected && event.detail < 2) this.#choose(null);
    else if (label !== this.#selected) this.#choose(label);
  }

  #rowOf({ target }: Event): number {
    if (!(target instanceof Element)) return -1;
    return Number(target.closest<HTMLElement>("[data-row]")?.dataset["row"] ?? -1);
  }

  #sortBy(column: number): void {
    const key = this.#columns[column]?.column.key;
    if (key === undefined) return;
    const isSorted = (this.#sorting.key ?? "") === key;
    this.#sorting = { key: key === "" ? null : key, descending: isSorted && !this.#sorting.descending };
    this.#grid.scrollTop = 0;
    this.#arrange();
  }

  #choose(label: number | null): void {
    this.#selected = label;
    this.#fillRows();
    this.#showCount();
    this.#events.selected(label);
  }

  /** The pointer or the keyboard moved to a row; -1 is none. */
  #pointAt(row: number): void {
    const nucleus = row < 0 ? undefined : this.#order[row];
    const label = nucleus === undefined ? null : nucleus + 1;
    if (label === this.#hovered) return;
    this.#hovered = label;
    this.#fillRows();
    this.#events.hovered(label);
  }
}

/** Copies a text; returns whether the browser allowed it. */
async function copyText(table: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(table);
    return true;
  } catch {
    return false;
  }
}

/** The width of a column in rem: enough for its longest numbers and the longest word of its heading. */
function widthOf({ column, values, isWhole: isOfWhole }: ShownColumn): number {
  const longestWord = Math.max(
    ...heading(column)
      .split(" ")
      .map((word) => word.length),
  );
  const ends = extent(values.filter(Number.isFinite)).map((end) => written(end ?? 0, isOfWhole).length);
  return Math.max(6, longestWord * 0.6 + 2, Math.max(...ends) * 0.65 + 2.5);
}

function checkbox(box: HTMLInputElement, name: string, label = make("label", "toggle")): HTMLLabelElement {
  box.type = "checkbox";
  label.append(box, ` ${name}`);
  return label;
}
