import * as text from "../text.ts";
import { make, makeSvg, setText } from "../ui/dom.ts";
import { binCounts, binEdge, binsOf } from "./bins.ts";
import { columnIndex, columnValues, heading, written, type MeasurementTable } from "./measurement-table.ts";

const bars = 24;

/** A histogram of a measurement without controls. */
export class SmallHistogram {
  readonly #figure: HTMLElement;
  readonly #svg = makeSvg("svg", "small-histogram-bars");
  readonly #caption = make("figcaption", "");

  constructor(figure: HTMLElement) {
    this.#figure = figure;
    this.#svg.setAttribute("preserveAspectRatio", "none");
    this.#svg.setAttribute("aria-hidden", "true");
    this.#figure.append(this.#svg, this.#caption);
  }

  /**
   * Shows the measurement with the first of these keys that the table has, of the nuclei that count; null shows
   * nothing. Bars from `mark` on have another colour.
   */
  show(
    table: MeasurementTable | null,
    included: Uint8Array | null,
    keys: readonly string[],
    mark: number = Number.POSITIVE_INFINITY,
  ): void {
    const index = table === null ? -1 : keys.reduce((at, key) => (at < 0 ? columnIndex(table, key) : at), -1);
    const column = table?.columns[index];
    const counts = (row: number): boolean => included === null || included[row] === 1;
    const values = table === null || column === undefined ? new Float64Array() : columnValues(table, index);
    const shown = values.filter((_, row) => counts(row));
    const bins = binsOf(shown, bars);
    this.#figure.hidden = bins === null;
    if (bins === null || column === undefined) return;
    const heights = binCounts(bins, shown, () => true);
    const highest = Math.max(...heights, 1);
    this.#svg.setAttribute("viewBox", `0 0 ${bins.count} ${highest}`);
    this.#svg.replaceChildren(
      ...[...heights].map((height, bin) => {
        const isMarked = (binEdge(bins, bin) + binEdge(bins, bin + 1)) / 2 >= mark;
        const bar = makeSvg("rect", `small-histogram-bar${isMarked ? " is-positive" : ""}`);
        for (const [name, value] of Object.entries({ x: bin + 0.05, y: highest - height, width: 0.9, height })) {
          bar.setAttribute(name, String(value));
        }
        return bar;
      }),
    );
    const finite = shown.filter(Number.isFinite);
    const range = text.fromTo(written(Math.min(...finite)), written(Math.max(...finite)));
    setText(this.#caption, `${heading(column)} ${range}`);
  }
}
