import { byId, makeSvg, setText, type Root } from "../ui/dom.ts";
import { binCounts, binsOf } from "./bins.ts";
import { columnIndex, columnValues, heading, written, type MeasurementTable } from "./measurement-table.ts";

/** The measurement that is shown, the first of these that the table has. */
const columns = ["area_um2", "area_px2"];
const bars = 24;

/** A histogram of the nuclei's areas without controls, for the small mode of the element. */
export class SmallHistogram {
  readonly #figure: HTMLElement;
  readonly #svg = makeSvg("svg", "small-histogram-bars");
  readonly #caption: HTMLElement;

  constructor(root: Root) {
    this.#figure = byId(root, "small-histogram", HTMLElement);
    this.#caption = byId(root, "small-histogram-caption", HTMLElement);
    this.#svg.setAttribute("preserveAspectRatio", "none");
    this.#svg.setAttribute("aria-hidden", "true");
    this.#figure.prepend(this.#svg);
  }

  /** Shows the areas of the nuclei that count; null shows nothing. */
  show(table: MeasurementTable | null, included: Uint8Array | null): void {
    const index = table === null ? -1 : columns.reduce((at, key) => (at < 0 ? columnIndex(table, key) : at), -1);
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
        const bar = makeSvg("rect", "small-histogram-bar");
        for (const [name, value] of Object.entries({ x: bin + 0.05, y: highest - height, width: 0.9, height })) {
          bar.setAttribute(name, String(value));
        }
        return bar;
      }),
    );
    const finite = shown.filter(Number.isFinite);
    const range = `${written(Math.min(...finite))} to ${written(Math.max(...finite))}`;
    setText(this.#caption, `${heading(column)} ${range}`);
  }
}
