import { axisBottom, axisLeft } from "d3-axis";
import type { ScaleLinear } from "d3-scale";
import { select } from "d3-selection";
import { make } from "../dom.ts";
import { columnIndex, heading, type MeasurementColumn, type MeasurementTable } from "./measurement-table.ts";
import type { Gate } from "./gates.ts";
import type { ValueRange } from "./row-filter.ts";

/** A scale from values to pixels of the plot. */
export type Scale = ScaleLinear<number, number>;

/** What charts tell about the nuclei they show. */
export interface ChartEvents {
  /** The nuclei in the range that was marked; null when none is marked any more. */
  readonly brushed: (labels: ReadonlySet<number> | null) => void;
  /** Gates were asked for. */
  readonly gated: (gates: readonly Gate[]) => void;
}

/** A series of a chart, as the legend names it. */
export type Series = "included" | "excluded" | "brushed" | "selected";

const seriesWords: Record<Series, string> = {
  included: "Counted",
  excluded: "Left out",
  brushed: "Brushed",
  selected: "Selected nucleus",
};

const namespace = "http://www.w3.org/2000/svg";

/** A new element of an SVG. */
export function makeSvg<K extends keyof SVGElementTagNameMap>(tag: K, className: string): SVGElementTagNameMap[K] {
  const made = document.createElementNS(namespace, tag);
  made.setAttribute("class", className);
  return made;
}

/** The plot of a chart: axes, and room for what is drawn between them. */
export class Chart {
  readonly element = make("div", "chart");
  /** Under the plot, for what has too many parts for an SVG. */
  readonly canvas = make("canvas", "chart-canvas");
  /** Over the canvas; its origin is the upper left corner of the plot. */
  readonly plot = makeSvg("g", "chart-plot");
  readonly #svg = makeSvg("svg", "chart-svg");
  readonly #across = makeSvg("g", "chart-axis");
  readonly #up = makeSvg("g", "chart-axis");
  readonly #acrossTitle = makeSvg("text", "chart-title");
  readonly #upTitle = makeSvg("text", "chart-title");
  readonly #draw: () => void;
  #frame: number | null = null;

  /** `draw` is called with the next frame after anything changed, while there is room. */
  constructor(draw: () => void) {
    this.#draw = draw;
    this.#svg.setAttribute("role", "img");
    this.canvas.setAttribute("aria-hidden", "true");
    this.#svg.append(this.plot, this.#acrossTitle, this.#upTitle);
    this.plot.append(this.#across, this.#up);
    this.element.append(this.canvas, this.#svg);
    new ResizeObserver(() => this.refresh()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.refresh());
  }

  /** What the chart shows, for those who do not see it. */
  set description(text: string) {
    this.#svg.setAttribute("aria-label", text);
  }

  /** Space around the plot, in CSS pixels. */
  get margin(): { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number } {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    return { left: 4.25 * rem, top: 0.75 * rem, right: 1.5 * rem, bottom: 3.25 * rem };
  }

  /** The size of the plot in CSS pixels. */
  get size(): { readonly width: number; readonly height: number } {
    const { left, top, right, bottom } = this.margin;
    const { clientWidth, clientHeight } = this.element;
    return { width: Math.max(0, clientWidth - left - right), height: Math.max(0, clientHeight - top - bottom) };
  }

  /** Draws with the next frame. */
  refresh(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const { width, height } = this.size;
      // Nothing can be drawn behind a closed tab; it is drawn when that opens, as its size changes then.
      if (width > 0 && height > 0) this.#draw();
    });
  }

  /** Draws the axes with their titles. */
  drawAxes(across: Scale, up: Scale, titles: { readonly across: string; readonly up: string }): void {
    const { left, top } = this.margin;
    const { width, height } = this.size;
    this.plot.setAttribute("transform", `translate(${left},${top})`);
    this.#across.setAttribute("transform", `translate(0,${height})`);
    const acrossTicks = Math.max(3, Math.floor(width / 80));
    const upTicks = Math.max(2, Math.floor(height / 45));
    select(this.#across).call(axisBottom(across).ticks(acrossTicks, formatOf(across)).tickSizeOuter(0));
    select(this.#up).call(axisLeft(up).ticks(upTicks, formatOf(up)).tickSizeOuter(0).tickPadding(6));
    this.#acrossTitle.textContent = titles.across;
    this.#acrossTitle.setAttribute("transform", `translate(${left + width / 2},${this.element.clientHeight - 8})`);
    this.#upTitle.textContent = titles.up;
    this.#upTitle.setAttribute("transform", `translate(14,${top + height / 2}) rotate(-90)`);
  }

  /** The pointer's place in the plot. */
  placeOf(event: PointerEvent): { readonly x: number; readonly y: number } {
    const { left, top } = this.#svg.getBoundingClientRect();
    const margin = this.margin;
    return { x: event.clientX - left - margin.left, y: event.clientY - top - margin.top };
  }

  /** A colour of the style sheet. */
  color(series: Series): string {
    return getComputedStyle(this.element).getPropertyValue(`--chart-${series}`).trim();
  }
}

/** Long numbers are shortened: 200k, 3M. */
function formatOf(scale: Scale): string | undefined {
  return Math.max(...scale.domain().map(Math.abs)) >= 1e5 ? "~s" : undefined;
}

/** What the colours and shapes of a chart mean. */
export function legend(series: readonly Series[]): HTMLElement {
  const list = make("ul", "chart-legend");
  for (const one of series) {
    const item = make("li", "");
    item.append(make("span", `chart-key chart-key-${one}`), ` ${seriesWords[one]}`);
    list.append(item);
  }
  return list;
}

/** A list to choose a column from. */
export class ColumnSelect {
  readonly element = make("label", "field");
  readonly #select = make("select", "");

  constructor(text: string, changed: () => void) {
    this.element.append(make("span", "field-name", text), this.#select);
    this.#select.addEventListener("change", changed);
  }

  /** Offers a table's columns; the one chosen before stays, or else the one of the key given is chosen. */
  offer(table: MeasurementTable, otherwise: string | undefined): void {
    const before = this.#select.value;
    this.#select.replaceChildren(
      ...table.columns.map((column) => {
        const option = make("option", "", heading(column));
        option.value = column.key;
        return option;
      }),
    );
    const wanted = columnIndex(table, before) >= 0 ? before : otherwise;
    if (wanted !== undefined) this.#select.value = wanted;
  }

  /** The key of the column chosen. */
  get key(): string {
    return this.#select.value;
  }

  /** The column chosen, with its place in the table. */
  columnOf(table: MeasurementTable): { readonly index: number; readonly column: MeasurementColumn } | null {
    const index = columnIndex(table, this.key);
    const column = table.columns[index];
    return column === undefined ? null : { index, column };
  }
}

/** Where a range begins and ends along an axis: an open end is the axis's own. */
export function pixelsOf({ minimum, maximum }: ValueRange, scale: Scale): [number, number] {
  const place = scale.copy().clamp(true);
  const [first = 0, last = 0] = scale.domain();
  const ends = [place(minimum ?? first), place(maximum ?? last)];
  return [Math.min(...ends), Math.max(...ends)];
}

/** Puts a vertical line where it belongs, or takes it away where that is nowhere (NaN). */
export function placeLine(line: SVGLineElement, x: number, height: number): void {
  line.toggleAttribute("hidden", !Number.isFinite(x));
  if (!Number.isFinite(x)) return;
  for (const [name, value] of Object.entries({ x1: x, x2: x, y1: 0, y2: height }))
    line.setAttribute(name, String(value));
}

/** A button of a chart. */
export function button(text: string, action: () => void): HTMLButtonElement {
  const made = make("button", "", text);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}
