import { max } from "d3-array";
import { brushX, type BrushSelection } from "d3-brush";
import { scaleLinear } from "d3-scale";
import { make, setText, makeSvg } from "../ui/dom.ts";
import * as text from "../text.ts";
import { binAt, binCounts, binEdge, binsOf, type Bins } from "./bins.ts";
import { BrushLayer } from "./brush-layer.ts";
import { exportButtons } from "./chart-export.ts";
import { button, Chart, ColumnSelect, legend, pixelsOf, placeLine, type ChartEvents, type Scale } from "./chart.ts";
import { isWithin, type Gate } from "../session/gates.ts";
import { columnValues, defaultColumns, heading, isWhole, written, type MeasurementTable } from "./measurement-table.ts";
import { isOpen, openRange, RangeFields, tidy } from "./range-fields.ts";
import type { ValueRange } from "../session/row-filter.ts";

const mostBinsAsked = 200;
const nobody: ReadonlySet<number> = new Set();

/** A histogram of one column, with a brush. */
export class Histogram {
  readonly element = make("div", "chart-panel");
  readonly #events: ChartEvents;
  readonly #column = new ColumnSelect(text.column, () => this.#changeColumn());
  readonly #binCount = make("input", "");
  readonly #chart = new Chart(() => this.#draw());
  readonly #bars = {
    excluded: makeSvg("path", "bars bars-excluded"),
    included: makeSvg("path", "bars bars-included"),
    brushed: makeSvg("path", "bars bars-brushed"),
  };
  readonly #selectedLine = makeSvg("line", "chart-line chart-line-selected");
  readonly #hoveredLine = makeSvg("line", "chart-line chart-line-hovered");
  readonly #brush = new BrushLayer(brushX<null>(), (selection) => this.#followBrush(selection));
  readonly #reading = make("p", "chart-reading note");
  readonly #fields = new RangeFields((range) => this.#mark(range));
  readonly #buttons: readonly HTMLButtonElement[];
  #table: MeasurementTable | null = null;
  #included: Uint8Array = new Uint8Array();
  #values: Float64Array = new Float64Array();
  #isWhole = false;
  #bins: Bins | null = null;
  #range: ValueRange = openRange;
  #brushed: ReadonlySet<number> = nobody;
  #selected: number | null = null;
  #hovered: number | null = null;
  #across: Scale = scaleLinear();

  constructor(events: ChartEvents) {
    this.#events = events;
    this.#buttons = [
      button(text.keepRange, () => this.#gate("inside")),
      button(text.leaveRangeOut, () => this.#gate("outside")),
      button(text.clearRange, () => {
        this.#mark(openRange);
        // The button is now disabled, and a disabled button would keep the focus.
        this.#fields.focus();
      }),
    ];
    this.#binCount.type = "number";
    this.#binCount.min = "1";
    this.#binCount.max = String(mostBinsAsked);
    this.#binCount.addEventListener("change", () => this.#bin());
    const bins = make("label", "field");
    bins.append(make("span", "field-name", text.bins), this.#binCount);
    const controls = make("div", "chart-controls");
    controls.append(this.#column.element, bins);
    const { excluded, included, brushed } = this.#bars;
    this.#chart.plot.prepend(excluded, included, brushed);
    this.#chart.plot.append(this.#hoveredLine, this.#selectedLine, this.#brush.element);
    const actions = make("div", "chart-controls");
    actions.append(this.#fields.element, ...this.#buttons);
    const series = legend(["included", "excluded", "brushed", "selected"]);
    const saving = exportButtons(
      () => ({ ...this.#chart.parts, legend: series }),
      () => `histogram ${this.#column.key}`,
    );
    this.element.append(controls, this.#chart.element, series, this.#reading, actions, saving);
    this.#chart.element.addEventListener("pointermove", (event) => {
      if (event.buttons === 0) this.#read(this.#chart.placeOf(event).x);
    });
    this.#chart.element.addEventListener("pointerleave", () => this.#describeRange());
  }

  /** Shows the nuclei of an image; `included` is by row. The chosen column stays. */
  show(table: MeasurementTable, included: Uint8Array): void {
    this.#table = table;
    this.#included = included;
    this.#brushed = nobody;
    this.#selected = null;
    this.#hovered = null;
    this.#column.offer(table, defaultColumns(table)[0]);
    this.#takeColumn();
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
    this.#placeLines();
  }

  /** Marks the nucleus under the pointer. */
  hover(label: number | null): void {
    this.#hovered = label;
    this.#placeLines();
  }

  /** Clears the range without calling back. */
  clearBrush(): void {
    this.#range = openRange;
    this.#fields.range = openRange;
    this.#chart.refresh();
    this.#describeRange();
  }

  #changeColumn(): void {
    const wasMarked = !isOpen(this.#range);
    this.#takeColumn();
    if (wasMarked) this.#events.brushed(null);
  }

  /** Shows the chosen column, without a marked range. */
  #takeColumn(): void {
    const chosen = this.#table === null ? null : this.#column.columnOf(this.#table);
    this.#values =
      this.#table === null || chosen === null ? new Float64Array() : columnValues(this.#table, chosen.index);
    this.#isWhole = isWhole(this.#values);
    this.#binCount.value = "";
    this.#fields.title = chosen === null ? text.range : text.rangeOf(heading(chosen.column));
    this.#bin();
    this.clearBrush();
  }

  #bin(): void {
    const asked = this.#binCount.valueAsNumber;
    const isGiven = Number.isInteger(asked) && asked >= 1 && asked <= mostBinsAsked;
    this.#bins = binsOf(this.#values, isGiven ? asked : null);
    this.#binCount.placeholder = isGiven || this.#bins === null ? text.automatic : text.automaticBins(this.#bins.count);
    this.#chart.refresh();
  }

  #followBrush(selection: BrushSelection | null): void {
    if (this.#bins === null) return;
    if (selection === null) {
      this.#mark(openRange);
      return;
    }
    const [left, right] = selection as [number, number];
    const span = this.#bins.maximum - this.#bins.minimum;
    this.#mark(tidy(this.#across.invert(left), this.#across.invert(right), span, this.#isWhole));
  }

  #mark(range: ValueRange): void {
    if (isOpen(range) && isOpen(this.#range)) return;
    this.#range = range;
    this.#fields.range = range;
    const labels = isOpen(range) ? null : this.#labelsWithin(range);
    this.#brushed = labels ?? nobody;
    this.#chart.refresh();
    this.#describeRange();
    this.#events.brushed(labels);
  }

  #labelsWithin(range: ValueRange): Set<number> {
    const labels = new Set<number>();
    this.#values.forEach((value, row) => {
      if (isWithin(range, value)) labels.add(row + 1);
    });
    return labels;
  }

  #gate(keep: Gate["keep"]): void {
    if (isOpen(this.#range)) return;
    this.#events.gated([{ key: this.#column.key, ...this.#range, keep }]);
  }

  #draw(): void {
    const chosen = this.#table === null ? null : this.#column.columnOf(this.#table);
    const bins = this.#bins ?? { minimum: 0, maximum: 1, count: 1 };
    const { width, height } = this.#chart.size;
    const all = binCounts(bins, this.#values, () => true);
    const included = binCounts(bins, this.#values, (row) => this.#included[row] === 1);
    const brushed = binCounts(bins, this.#values, (row) => this.#brushed.has(row + 1));
    this.#across = scaleLinear([bins.minimum, bins.maximum], [0, width]);
    const up = scaleLinear([0, Math.max(1, max(all) ?? 0)], [height, 0]).nice();
    const across = chosen === null ? "" : heading(chosen.column);
    this.#chart.drawAxes(this.#across, up, { across, up: text.nuclei });
    for (const [path, counts] of [
      [this.#bars.excluded, all],
      [this.#bars.included, included],
      [this.#bars.brushed, brushed],
    ] as const) {
      path.setAttribute("d", barsPath(bins, counts, this.#across, up));
    }
    this.#placeLines();
    this.#brush.fit(width, height);
    this.#moveBrush();
    this.#chart.description = text.histogramOf(across, this.#values.length, bins.count);
    for (const one of this.#buttons) one.disabled = isOpen(this.#range);
  }

  #placeLines(): void {
    for (const [line, label] of [
      [this.#selectedLine, this.#selected],
      [this.#hoveredLine, this.#hovered],
    ] as const) {
      const value = label === null ? undefined : this.#values[label - 1];
      placeLine(line, this.#across(value ?? Number.NaN), this.#chart.size.height);
    }
  }

  /** Moves the brush to the marked range. */
  #moveBrush(): void {
    const [low, high] = pixelsOf(this.#range, this.#across);
    this.#brush.move(!isOpen(this.#range) && high > low ? [low, high] : null);
  }

  /** Shows how many nuclei are in the bin at this position. */
  #read(x: number): void {
    const bins = this.#bins;
    const bin = bins === null ? -1 : binAt(bins, this.#across.invert(x));
    if (bins === null || bin < 0) {
      this.#describeRange();
      return;
    }
    const within = { minimum: binEdge(bins, bin), maximum: binEdge(bins, bin + 1) };
    let count = 0;
    for (const value of this.#values) if (binAt(bins, value) === bin) count++;
    setText(this.#reading, text.nucleiInBin(written(within.minimum), written(within.maximum), count));
  }

  #describeRange(): void {
    setText(this.#reading, isOpen(this.#range) ? text.histogramHelp : text.nucleiInRange(this.#brushed.size));
  }
}

/** The bars as one path, with gaps between them if there is room. */
function barsPath(bins: Bins, counts: Uint32Array, across: Scale, up: Scale): string {
  const foot = up(0);
  let path = "";
  counts.forEach((count, bin) => {
    if (count === 0) return;
    const left = across(binEdge(bins, bin));
    const right = across(binEdge(bins, bin + 1));
    const gap = right - left > 4 ? 1 : 0;
    path += `M${left.toFixed(2)},${foot}V${up(count).toFixed(2)}H${(right - gap).toFixed(2)}V${foot}Z`;
  });
  return path;
}
