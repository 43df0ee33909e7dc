import type { BatchImage } from "./batch.ts";
import type { Bench } from "./bench.ts";
import type { Measured } from "./engine/protocol.ts";
import { columnIndex, columnValues, heading, written, type ImageContext } from "./results/measurement-table.ts";
import { included, type Gate } from "./results/gates.ts";
import { ResultsPanel } from "./results/results-panel.ts";
import { summarise, type ImageSummary } from "./results/summary.ts";
import type { Viewer } from "./viewer.ts";

/** What is told of the nucleus under the pointer. */
const hoverColumns = ["area_um2", "area_px2", "circularity", "equivalent_diameter_px"];

/** The selected image's measurements, kept in step with the viewer. */
export class Measurements {
  readonly #viewer: Viewer;
  readonly #panel: ResultsPanel;
  #bench: Bench | null = null;
  #image: BatchImage | null = null;
  /** The images of the batch, as they were summed up last. */
  #images: readonly BatchImage[] = [];
  /** What the measurements shown are of. */
  #of: { readonly result: unknown; readonly regions: unknown; readonly pixelSize: unknown } | null = null;
  #isMeasuring = false;
  #measured: Measured | null = null;
  /** Summaries that need not be made again, with what else they depend on. */
  readonly #summaries = new WeakMap<object, { readonly of: string; readonly summary: ImageSummary }>();
  #summing = 0;

  constructor(host: HTMLElement, viewer: Viewer) {
    this.#viewer = viewer;
    this.#panel = new ResultsPanel(host, {
      selected: (label) => viewer.select(new Set(label === null ? [] : [label])),
      hovered: (label) => viewer.hover(label),
      brushed: (labels) => viewer.highlight(labels ?? new Set()),
      gatesChanged: () => {
        this.#exclude();
        void this.summarize(this.#images);
      },
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
    const of = { result, regions: image?.regions, pixelSize: image?.pixelSize };
    const before = this.#of;
    const isSame = before?.result === result && before.regions === of.regions && before.pixelSize === of.pixelSize;
    if (isSame && this.#image === image) return;
    const isOther = this.#image !== image;
    this.#image = image;
    this.#of = of;
    if (isOther || result === null) this.#take(null);
    if (image !== null && result !== null) void this.#measure();
  }

  /** Sums up every finished image, one after the other; asked again, it begins anew. */
  async summarize(images: readonly BatchImage[]): Promise<void> {
    this.#images = images;
    const turn = ++this.#summing;
    const summaries: ImageSummary[] = [];
    for (const image of images) {
      const summary = await this.#summaryOf(image);
      if (turn !== this.#summing) return;
      if (summary !== null) summaries.push(summary);
    }
    this.#panel.showBatch(summaries);
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

  /** Measures what is shown: one at a time, and again as long as it has changed in the meantime. */
  async #measure(): Promise<void> {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    let of: object | null = null;
    while (this.#of !== null && this.#of !== of && this.#image !== null) {
      of = this.#of;
      try {
        const measured = await this.#bench?.measure(this.#image);
        if (this.#of === of && measured != null) this.#take(measured);
      } catch {
        // The worker was replaced; the image's next change asks again.
        if (this.#of === of) this.#of = null;
      }
    }
    this.#isMeasuring = false;
  }

  async #summaryOf(image: BatchImage): Promise<ImageSummary | null> {
    if (image.state.kind !== "done" || this.#bench === null) return null;
    const { result } = image.state;
    const of = JSON.stringify([this.gates, image.regions, image.pixelSize]);
    const known = this.#summaries.get(result);
    if (known?.of === of) return known.summary;
    try {
      const measured = await this.#bench.measure(image);
      const context = measured === null ? null : contextOf(image, measured);
      if (measured === null || context === null) return null;
      const isIncluded = included(measured.table, this.gates).map((isIn, row) => isIn & (measured.inside[row] ?? 0));
      const summary = summarise(measured.table, isIncluded, context);
      this.#summaries.set(result, { of, summary });
      return summary;
    } catch {
      // An image that cannot be read any more is left out; its export says why.
      return null;
    }
  }

  #take(measured: Measured | null): void {
    this.#measured = measured;
    const context = measured === null || this.#image === null ? null : contextOf(this.#image, measured);
    if (measured === null || context === null) {
      this.#panel.show(null, null);
      return;
    }
    this.#panel.show(insideOnly(measured), context);
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

function contextOf({ state, name, regions, pixelSize }: BatchImage, { regionPixels }: Measured): ImageContext | null {
  if (state.kind !== "done") return null;
  const { width, height, stack } = state.result;
  return {
    imageName: name,
    width,
    height,
    pixelSize: pixelSize === null ? stack.pixelSize : { x: pixelSize, y: pixelSize },
    regionPixels: regions.length > 0 ? regionPixels : null,
  };
}

/** Nuclei outside the regions keep their row and number but have no values, so that nothing counts them. */
function insideOnly({ table, inside }: Measured): Measured["table"] {
  if (inside.every((isInside) => isInside === 1)) return table;
  const values = table.values.map((value, index) => (inside[index % table.rows] === 1 ? value : Number.NaN));
  return { ...table, values };
}
