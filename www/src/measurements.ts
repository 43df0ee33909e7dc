import type { BatchImage } from "./batch.ts";
import type { Bench } from "./bench.ts";
import type { Measured } from "./engine/protocol.ts";
import { columnIndex, columnValues, heading, written } from "./results/measurement-table.ts";
import { included, type Gate } from "./results/gates.ts";
import { ResultsPanel } from "./results/results-panel.ts";
import type { Viewer } from "./viewer.ts";

/** What is told of the nucleus under the pointer. */
const hoverColumns = ["area_um2", "area_px2", "circularity", "equivalent_diameter_px"];

/** The selected image's measurements, kept in step with the viewer. */
export class Measurements {
  readonly #viewer: Viewer;
  readonly #panel: ResultsPanel;
  #bench: Bench | null = null;
  #image: BatchImage | null = null;
  /** What the measurements shown are of. */
  #of: { readonly result: unknown; readonly regions: unknown } | null = null;
  #measured: Measured | null = null;

  constructor(host: HTMLElement, viewer: Viewer) {
    this.#viewer = viewer;
    this.#panel = new ResultsPanel(host, {
      selected: (label) => viewer.select(new Set(label === null ? [] : [label])),
      hovered: (label) => viewer.hover(label),
      brushed: (labels) => viewer.highlight(labels ?? new Set()),
      gatesChanged: () => this.#exclude(),
    });
  }

  /** What measures. */
  use(bench: Bench): void {
    this.#bench = bench;
  }

  /** Ranges outside which nuclei do not count. */
  get gates(): readonly Gate[] {
    return this.#panel.gates;
  }

  set gates(gates: readonly Gate[]) {
    this.#panel.gates = gates;
    this.#exclude();
  }

  /** Shows the measurements of an image as soon as they are there. */
  show(image: BatchImage | null): void {
    const result = image?.state.kind === "done" ? image.state.result : null;
    const isSame = this.#image === image && this.#of?.result === result && this.#of.regions === image?.regions;
    if (isSame) return;
    const isOther = this.#image !== image;
    this.#image = image;
    this.#of = { result, regions: image?.regions };
    if (isOther || result === null) this.#take(null);
    if (image !== null && result !== null) void this.#measure(image, this.#of);
  }

  /** Marks a nucleus in table and charts. */
  select(label: number | null): void {
    this.#panel.select(label);
  }

  /** Marks the nucleus under the pointer, and says what was measured of it. */
  hover(label: number | null): void {
    this.#panel.hover(label);
    this.#viewer.describeHovered(label === null ? "" : this.#wordsOf(label));
  }

  async #measure(image: BatchImage, of: object): Promise<void> {
    try {
      const measured = await this.#bench?.measure(image);
      // Only the last question's answer is shown.
      if (this.#of === of && measured != null) this.#take(measured);
    } catch {
      // The worker was replaced; the image's next change asks again.
      if (this.#of === of) this.#of = null;
    }
  }

  #take(measured: Measured | null): void {
    this.#measured = measured;
    const { state, name, regions } = this.#image ?? {};
    if (measured === null || state?.kind !== "done" || name === undefined) {
      this.#panel.show(null, null);
      return;
    }
    const { width, height, stack } = state.result;
    this.#panel.show(insideOnly(measured), {
      imageName: name,
      width,
      height,
      pixelSize: stack.pixelSize,
      regionPixels: regions !== undefined && regions.length > 0 ? measured.regionPixels : null,
    });
    this.#exclude();
  }

  /** Nuclei outside every region, or outside a gate, are drawn as left out. */
  #exclude(): void {
    const measured = this.#measured;
    if (measured === null) return;
    const isIncluded = included(measured.table, this.gates);
    const excluded = new Set<number>();
    isIncluded.forEach((isIn, row) => {
      if (isIn === 0 || measured.inside[row] === 0) excluded.add(row + 1);
    });
    this.#viewer.exclude(excluded);
  }

  #wordsOf(label: number): string {
    const table = this.#measured?.table;
    if (table === undefined || label > table.rows) return `Nucleus ${label}`;
    const words = hoverColumns.flatMap((key) => {
      const index = columnIndex(table, key);
      const column = table.columns[index];
      if (column === undefined) return [];
      return `${heading(column)} ${written(columnValues(table, index)[label - 1] ?? Number.NaN)}`;
    });
    return [`Nucleus ${label}`, ...words].join(" · ");
  }
}

/** Nuclei outside the regions keep their row and number but have no values, so that nothing counts them. */
function insideOnly({ table, inside }: Measured): Measured["table"] {
  if (inside.every((isInside) => isInside === 1)) return table;
  const values = table.values.map((value, index) => (inside[index % table.rows] === 1 ? value : Number.NaN));
  return { ...table, values };
}
