import { extent } from "d3-array";
import { brush, type BrushSelection } from "d3-brush";
import { scaleLinear } from "d3-scale";
import { make, setText, makeSvg } from "../ui/dom.ts";
import * as text from "../text.ts";
import { BrushLayer } from "./brush-layer.ts";
import { button, Chart, ColumnSelect, legend, pixelsOf, type ChartEvents, type Scale } from "./chart.ts";
import { exportButtons } from "./chart-export.ts";
import { isWithin } from "../session/gates.ts";
import { columnValues, defaultColumns, heading, isWhole, written, type MeasurementTable } from "./measurement-table.ts";
import { isOpen, openRange, RangeFields, tidy } from "./range-fields.ts";
import type { ValueRange } from "../session/row-filter.ts";

/** The largest distance at which the pointer selects a nucleus, in CSS pixels. */
const reach = 10;
const nobody: ReadonlySet<number> = new Set();

/** Callbacks of {@link Scatter}: single nuclei can be hovered and selected, too. */
export interface ScatterEvents extends ChartEvents {
  readonly selected: (label: number | null) => void;
  readonly hovered: (label: number | null) => void;
}

/** One of the two axes of the plot. */
class Direction {
  readonly column: ColumnSelect;
  readonly fields: RangeFields;
  scale: Scale = scaleLinear();
  range: ValueRange = openRange;
  values: Float64Array = new Float64Array();
  isWhole = false;
  title = "";
  /** The position of each nucleus along the axis, in pixels of the plot. */
  pixels = new Float32Array();

  constructor(name: string, chosen: () => void, marked: () => void) {
    this.column = new ColumnSelect(name, chosen);
    this.fields = new RangeFields((range) => {
      this.range = range;
      marked();
    });
  }

  /** Shows the chosen column, without a marked range. */
  take(table: MeasurementTable): void {
    const chosen = this.column.columnOf(table);
    this.values = chosen === null ? new Float64Array() : columnValues(table, chosen.index);
    this.isWhole = isWhole(this.values);
    this.title = chosen === null ? "" : heading(chosen.column);
    this.fields.title = chosen === null ? text.range : text.rangeOf(this.title);
    this.mark(openRange);
  }

  mark(range: ValueRange): void {
    this.range = range;
    this.fields.range = range;
  }

  /** Marks the range between two pixels. */
  markPixels(first: number, second: number): void {
    const [low, high] = [this.scale.invert(first), this.scale.invert(second)].sort((a, b) => a - b);
    const [start = 0, end = 0] = this.scale.domain();
    this.mark(tidy(low ?? 0, high ?? 0, end - start, this.isWhole));
  }

  /** Fits the scale to the values, for these pixels. */
  fit(from: number, to: number): void {
    const [low = 0, high = 1] = extent(this.values.filter(Number.isFinite));
    const padding = low === high ? 0.5 : (high - low) * 0.02;
    this.scale = scaleLinear([low - padding, high + padding], [from, to]).nice();
    const [start = 0, end = 1] = this.scale.domain();
    // Calling the scale would take most of the drawing time.
    const slope = (to - from) / (end - start);
    this.pixels = Float32Array.from(this.values, (value) => from + (value - start) * slope);
  }
}

/** A scatter plot of two measurements. */
export class Scatter {
  readonly element = make("div", "chart-panel");
  readonly #events: ScatterEvents;
  readonly #across = new Direction(
    text.horizontal,
    () => this.#changeColumns(),
    () => this.#marked(),
  );
  readonly #up = new Direction(
    text.vertical,
    () => this.#changeColumns(),
    () => this.#marked(),
  );
  readonly #chart = new Chart(() => this.#draw());
  readonly #brush = new BrushLayer(brush<null>(), (selection) => this.#followBrush(selection));
  readonly #selectedRing = makeSvg("circle", "chart-ring chart-ring-selected");
  readonly #hoveredRing = makeSvg("circle", "chart-ring chart-ring-hovered");
  readonly #reading = make("p", "chart-reading note");
  readonly #buttons: readonly HTMLButtonElement[];
  #table: MeasurementTable | null = null;
  #included: Uint8Array = new Uint8Array();
  #brushed: ReadonlySet<number> = nobody;
  #selected: number | null = null;
  #hovered: number | null = null;
  #pressed: { readonly x: number; readonly y: number } | null = null;

  constructor(events: ScatterEvents) {
    this.#events = events;
    this.#buttons = [
      button(text.keepThese, () => this.#gate()),
      button(text.clearRange, () => {
        this.#unmark();
        this.#marked();
        // The button is now disabled, and a disabled button would keep the focus.
        this.#across.fields.focus();
      }),
    ];
    const controls = make("div", "chart-controls");
    controls.append(this.#across.column.element, this.#up.column.element);
    const actions = make("div", "chart-controls");
    actions.append(this.#across.fields.element, this.#up.fields.element, ...this.#buttons);
    this.#hoveredRing.setAttribute("r", "7");
    this.#selectedRing.setAttribute("r", "9");
    this.#chart.plot.append(this.#hoveredRing, this.#selectedRing, this.#brush.element);
    const series = legend(["included", "excluded", "brushed", "selected"]);
    const saving = exportButtons(
      () => ({ ...this.#chart.parts, legend: series }),
      () => `scatter ${this.#across.column.key} ${this.#up.column.key}`,
    );
    this.element.append(controls, this.#chart.element, series, this.#reading, actions, saving);
    this.#followPointer(this.#chart.element);
  }

  /** Shows the nuclei of an image; `included` is by row. The chosen columns stay. */
  show(table: MeasurementTable, included: Uint8Array): void {
    this.#table = table;
    this.#included = included;
    this.#brushed = nobody;
    this.#selected = null;
    this.#hovered = null;
    const [first, second] = defaultColumns(table);
    this.#across.column.offer(table, first);
    this.#up.column.offer(table, second ?? first);
    this.#takeColumns();
  }

  /** Shows which nuclei count. */
  include(included: Uint8Array): void {
    this.#included = included;
    this.#chart.refresh();
  }

  /** Marks nuclei that were brushed, in this chart or another. */
  highlight(labels: ReadonlySet<number> | null): void {
    this.#brushed = labels ?? nobody;
    this.#chart.refresh();
  }

  /** Marks the selected nucleus. */
  select(label: number | null): void {
    this.#selected = label;
    this.#placeRings();
  }

  /** Marks the nucleus under the pointer. */
  hover(label: number | null): void {
    this.#hovered = label;
    this.#placeRings();
  }

  /** Clears the ranges without calling back. */
  clearBrush(): void {
    this.#unmark();
    this.#chart.refresh();
    this.#describeRange();
  }

  #unmark(): void {
    this.#across.mark(openRange);
    this.#up.mark(openRange);
  }

  get #isMarked(): boolean {
    return !isOpen(this.#across.range) || !isOpen(this.#up.range);
  }

  #changeColumns(): void {
    const wasMarked = this.#isMarked;
    this.#takeColumns();
    if (wasMarked) this.#events.brushed(null);
  }

  #takeColumns(): void {
    if (this.#table === null) return;
    this.#across.take(this.#table);
    this.#up.take(this.#table);
    this.clearBrush();
  }

  #followBrush(selection: BrushSelection | null): void {
    if (selection === null) {
      if (!this.#isMarked) return;
      this.#unmark();
    } else {
      const [[left, top], [right, bottom]] = selection as [[number, number], [number, number]];
      this.#across.markPixels(left, right);
      this.#up.markPixels(top, bottom);
    }
    this.#marked();
  }

  /** Updates everything that depends on the ranges. */
  #marked(): void {
    const labels = this.#isMarked ? this.#labelsWithin() : null;
    this.#brushed = labels ?? nobody;
    this.#chart.refresh();
    this.#describeRange();
    this.#events.brushed(labels);
  }

  /** The nuclei in the ranges; a nucleus that lacks one of the two values is not in the plot. */
  #labelsWithin(): Set<number> {
    const labels = new Set<number>();
    const [across, up] = [this.#across, this.#up];
    across.values.forEach((value, row) => {
      if (isWithin(across.range, value) && isWithin(up.range, up.values[row] ?? Number.NaN)) labels.add(row + 1);
    });
    return labels;
  }

  #gate(): void {
    const gates = [this.#across, this.#up]
      .filter(({ range }) => !isOpen(range))
      .map(({ column, range }) => ({ key: column.key, ...range, keep: "inside" }) as const);
    if (gates.length > 0) this.#events.gated(gates);
  }

  #draw(): void {
    const { width, height } = this.#chart.size;
    this.#across.fit(0, width);
    this.#up.fit(height, 0);
    const titles = { across: this.#across.title, up: this.#up.title };
    this.#chart.drawAxes(this.#across.scale, this.#up.scale, titles);
    this.#drawPoints();
    this.#placeRings();
    this.#brush.fit(width, height);
    const [left, right] = pixelsOf(this.#across.range, this.#across.scale);
    const [top, bottom] = pixelsOf(this.#up.range, this.#up.scale);
    const hasArea = this.#isMarked && right > left && bottom > top;
    this.#brush.move(
      hasArea
        ? [
            [left, top],
            [right, bottom],
          ]
        : null,
    );
    this.#chart.description = text.scatterOf(titles.up, titles.across, this.#across.values.length);
    for (const one of this.#buttons) one.disabled = !this.#isMarked;
  }

  /** Draws small squares on a canvas, by far the fastest kind of mark, so that they follow a brush. */
  #drawPoints(): void {
    const { canvas } = this.#chart;
    const { clientWidth, clientHeight } = this.#chart.element;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(clientWidth * ratio);
    canvas.height = Math.round(clientHeight * ratio);
    const context = canvas.getContext("2d");
    if (context === null) return;
    const { left, top } = this.#chart.margin;
    for (const series of ["excluded", "included", "brushed"] as const) {
      const side = Math.round((series === "brushed" ? 6 : 4) * ratio);
      context.fillStyle = this.#chart.color(series);
      context.strokeStyle = context.fillStyle;
      context.lineWidth = ratio;
      // Many overlapping points add up to a stronger colour.
      context.globalAlpha = series === "included" ? 0.6 : 1;
      for (const row of this.#rowsOf(series)) {
        const x = Math.round((left + (this.#across.pixels[row] ?? Number.NaN)) * ratio - side / 2);
        const y = Math.round((top + (this.#up.pixels[row] ?? Number.NaN)) * ratio - side / 2);
        if (Number.isNaN(x + y)) continue;
        if (series === "excluded") context.strokeRect(x + 0.5, y + 0.5, side, side);
        else context.fillRect(x, y, side, side);
      }
    }
  }

  #rowsOf(series: "excluded" | "included" | "brushed"): Uint32Array {
    const rows = Uint32Array.from(this.#across.values.keys());
    if (series === "brushed") return rows.filter((row) => this.#brushed.has(row + 1));
    const kept = series === "included" ? 1 : 0;
    return rows.filter((row) => this.#included[row] === kept && !this.#brushed.has(row + 1));
  }

  #placeRings(): void {
    for (const [ring, label] of [
      [this.#selectedRing, this.#selected],
      [this.#hoveredRing, this.#hovered],
    ] as const) {
      const place = label === null ? null : this.#placeOf(label - 1);
      ring.toggleAttribute("hidden", place === null);
      if (place === null) continue;
      ring.setAttribute("cx", String(place.x));
      ring.setAttribute("cy", String(place.y));
    }
  }

  #placeOf(row: number): { readonly x: number; readonly y: number } | null {
    const x = this.#across.pixels[row] ?? Number.NaN;
    const y = this.#up.pixels[row] ?? Number.NaN;
    return Number.isFinite(x + y) ? { x, y } : null;
  }

  #followPointer(element: HTMLElement): void {
    element.addEventListener("pointermove", (event) => {
      if (event.buttons === 0) this.#pointAt(this.#nearest(this.#chart.placeOf(event)));
    });
    element.addEventListener("pointerleave", () => this.#pointAt(null));
    element.addEventListener("pointerdown", (event) => {
      this.#pressed = this.#chart.placeOf(event);
    });
    element.addEventListener("pointerup", (event) => {
      const { x, y } = this.#chart.placeOf(event);
      const isClick = this.#pressed !== null && Math.hypot(x - this.#pressed.x, y - this.#pressed.y) < 3;
      this.#pressed = null;
      const label = isClick ? this.#nearest({ x, y }) : null;
      if (label === null) return;
      this.select(label);
      this.#events.selected(label);
    });
  }

  /** The nucleus nearest to a point, within reach. */
  #nearest(place: { readonly x: number; readonly y: number }): number | null {
    let best: number | null = null;
    let bestDistance = reach;
    for (let row = 0; row < this.#across.values.length; row++) {
      const x = this.#across.pixels[row] ?? Number.NaN;
      const y = this.#up.pixels[row] ?? Number.NaN;
      const distance = Math.hypot(x - place.x, y - place.y);
      if (distance < bestDistance) [best, bestDistance] = [row + 1, distance];
    }
    return best;
  }

  #pointAt(label: number | null): void {
    if (label === this.#hovered) return;
    this.hover(label);
    this.#events.hovered(label);
    if (label === null) this.#describeRange();
    else {
      const [across, up] = [this.#across, this.#up].map(
        ({ title, values, isWhole: isOfWhole }) => `${title}: ${written(values[label - 1] ?? Number.NaN, isOfWhole)}`,
      );
      setText(this.#reading, `${text.nucleusTitle(label)}. ${across}. ${up}.`);
    }
  }

  #describeRange(): void {
    setText(this.#reading, this.#isMarked ? text.nucleiInRange(this.#brushed.size) : text.scatterHelp);
  }
}
