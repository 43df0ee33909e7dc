import { tickStep } from "d3-array";
import { axisBottom, axisLeft, type Axis } from "d3-axis";
import type { NumberValue, ScaleLinear } from "d3-scale";
import { select } from "d3-selection";
import * as text from "../text.ts";
import { make, makeOption, makeSvg } from "../ui/dom.ts";
import { columnIndex, heading, type MeasurementColumn, type MeasurementTable } from "./measurement-table.ts";
import type { Gate } from "../session/gates.ts";
import type { ValueRange } from "../session/row-filter.ts";

/** A scale from values to pixels in the plot. */
export type Scale = ScaleLinear<number, number>;

/** Callbacks of a chart. */
export interface ChartEvents {
  /** The user marked a range: the nuclei in it, or null when it is cleared. */
  readonly brushed: (labels: ReadonlySet<number> | null) => void;
  /** The user made gates from the range. */
  readonly gated: (gates: readonly Gate[]) => void;
}

/** The series of a chart, with their names in the legend. */
export type Series = "included" | "excluded" | "brushed" | "selected";

const seriesWords: Record<Series, string> = {
  included: text.isCounted,
  excluded: text.isLeftOut,
  brushed: text.isBrushed,
  selected: text.isSelected,
};

/** Draws a chart again when the colour scheme changes, without keeping it alive. */
export function followColorScheme(chart: { refresh(): void }): void {
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const reference = new WeakRef(chart);
  const refresh = (): void => {
    const followed = reference.deref();
    if (followed === undefined) scheme.removeEventListener("change", refresh);
    else followed.refresh();
  };
  scheme.addEventListener("change", refresh);
}

/** The plot of a chart: axes, and layers to draw on. */
export class Chart {
  readonly element = make("div", "chart");
  /** Below the SVG, for drawings with too many parts for an SVG. */
  readonly canvas = make("canvas", "chart-canvas");
  /** Above the canvas; its origin is the upper left corner of the plot. */
  readonly plot = makeSvg("g", "chart-plot");
  readonly #svg = makeSvg("svg", "chart-svg");
  readonly #across = makeSvg("g", "chart-axis");
  readonly #up = makeSvg("g", "chart-axis");
  readonly #acrossTitle = makeSvg("text", "chart-title");
  readonly #upTitle = makeSvg("text", "chart-title");
  readonly #draw: () => void;
  #frame: number | null = null;

  /** `draw` is called in the next frame after a change, if the chart is visible. */
  constructor(draw: () => void) {
    this.#draw = draw;
    this.#svg.setAttribute("role", "img");
    this.canvas.setAttribute("aria-hidden", "true");
    this.#svg.append(this.plot, this.#acrossTitle, this.#upTitle);
    this.plot.append(this.#across, this.#up);
    this.element.append(this.canvas, this.#svg);
    new ResizeObserver(() => this.refresh()).observe(this.element);
    followColorScheme(this);
  }

  /** The parts of the chart, to copy and save it. */
  get parts(): { readonly svg: SVGSVGElement; readonly canvas: HTMLCanvasElement } {
    return { svg: this.#svg, canvas: this.canvas };
  }

  /** A description of the chart for screen readers. */
  set description(words: string) {
    this.#svg.setAttribute("aria-label", words);
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

  /** Draws in the next frame. */
  refresh(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const { width, height } = this.size;
      // Nothing can be drawn in a hidden tab; it is drawn when the tab opens, because its size changes then.
      if (width > 0 && height > 0) this.#draw();
    });
  }

  /** Draws the axes with their titles. */
  drawAxes(across: Scale, up: Scale, titles: { readonly across: string; readonly up: string }): void {
    const { left, top } = this.margin;
    const { width, height } = this.size;
    this.plot.setAttribute("transform", `translate(${left},${top})`);
    this.#across.setAttribute("transform", `translate(0,${height})`);
    drawAxis(this.#across, axisBottom(across), across, Math.max(3, Math.floor(width / 80)));
    drawUpwardAxis(this.#up, up, height);
    this.#acrossTitle.textContent = titles.across;
    this.#acrossTitle.setAttribute("transform", `translate(${left + width / 2},${this.element.clientHeight - 8})`);
    this.#upTitle.textContent = titles.up;
    this.#upTitle.setAttribute("transform", `translate(14,${top + height / 2}) rotate(-90)`);
  }

  /** The pointer's position in the plot. */
  placeOf(event: PointerEvent): { readonly x: number; readonly y: number } {
    const { left, top } = this.#svg.getBoundingClientRect();
    const margin = this.margin;
    return { x: event.clientX - left - margin.left, y: event.clientY - top - margin.top };
  }

  /** A colour from the style sheet. */
  color(series: Series): string {
    return getComputedStyle(this.element).getPropertyValue(`--chart-${series}`).trim();
  }
}

/** Draws the vertical axis of a plot, to the left of it. */
export function drawUpwardAxis(layer: SVGGElement, scale: Scale, height: number): void {
  drawAxis(layer, axisLeft(scale).tickPadding(6), scale, Math.max(2, Math.floor(height / 45)));
}

function drawAxis(layer: SVGGElement, axis: Axis<NumberValue>, scale: Scale, ticks: number): void {
  const [low = 0, high = 1] = scale.domain();
  const written = tickFormat(low, high, ticks, text.locale);
  select(layer).call(axis.ticks(ticks).tickFormat(written).tickSizeOuter(0));
}

/** Formats about this many ticks from `low` to `high`; long numbers are shortened: 200k, 3M. */
export function tickFormat(low: number, high: number, ticks: number, locale: string): (value: NumberValue) => string {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const power = largest < 1e5 ? 0 : Math.floor(Math.log10(largest) / 3);
  // Without the small number, an inaccurate logarithm of 0.001 could round to another digit.
  const digits = -Math.floor(Math.log10(tickStep(low, high, ticks) / 1000 ** power) + 1e-9);
  const { format } = new Intl.NumberFormat(locale, {
    minimumFractionDigits: power > 0 ? 0 : Math.min(Math.max(0, digits), 20),
    maximumFractionDigits: Math.min(Math.max(0, digits), 20),
  });
  // Adding 0 makes 0 of -0.
  return (value) => `${format(Number(value) / 1000 ** power + 0).replace("-", "−")}${" kMGTPE"[power]?.trim() ?? ""}`;
}

/** The legend of a chart's colours and shapes. */
export function legend(series: readonly Series[]): HTMLElement {
  const list = make("ul", "chart-legend");
  for (const one of series) {
    const item = make("li", "");
    item.append(make("span", `chart-key chart-key-${one}`), ` ${seriesWords[one]}`);
    list.append(item);
  }
  return list;
}

/** A drop-down list of columns. */
export class ColumnSelect {
  readonly element = make("label", "field");
  readonly #select = make("select", "");

  constructor(name: string, changed: () => void) {
    this.element.append(make("span", "field-name", name), this.#select);
    this.#select.addEventListener("change", changed);
  }

  /** Offers a table's columns; keeps the choice if possible, otherwise chooses the column with the given key. */
  offer(table: MeasurementTable, otherwise: string | undefined): void {
    const before = this.#select.value;
    this.#select.replaceChildren(...table.columns.map((column) => makeOption(column.key, heading(column))));
    const chosen = columnIndex(table, before) >= 0 ? before : otherwise;
    if (chosen !== undefined) this.#select.value = chosen;
  }

  /** The key of the chosen column. */
  get key(): string {
    return this.#select.value;
  }

  /** The chosen column, with its index in the table. */
  columnOf(table: MeasurementTable): { readonly index: number; readonly column: MeasurementColumn } | null {
    const index = columnIndex(table, this.key);
    const column = table.columns[index];
    return column === undefined ? null : { index, column };
  }
}

/** The pixels where a range begins and ends along an axis; an open end is the end of the axis. */
export function pixelsOf({ minimum, maximum }: ValueRange, scale: Scale): [number, number] {
  const place = scale.copy().clamp(true);
  const [first = 0, last = 0] = scale.domain();
  const ends = [place(minimum ?? first), place(maximum ?? last)];
  return [Math.min(...ends), Math.max(...ends)];
}

/** Moves a vertical line to a position, or hides it if that is NaN. */
export function placeLine(line: SVGLineElement, x: number, height: number): void {
  line.toggleAttribute("hidden", !Number.isFinite(x));
  if (!Number.isFinite(x)) return;
  for (const [name, value] of Object.entries({ x1: x, x2: x, y1: 0, y2: height }))
    line.setAttribute(name, String(value));
}

/** A button below a chart. */
export function button(words: string, action: () => void): HTMLButtonElement {
  const made = make("button", "", words);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}
