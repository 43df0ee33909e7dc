import type { BatchImage } from "./batch.ts";
import type { Bench } from "./bench.ts";
import { reportOf } from "./engine/engine-error.ts";
import type { ErrorReport, Measured } from "./engine/protocol.ts";
import { columnIndex, columnValues, heading, written, type ImageContext } from "./results/measurement-table.ts";
import { included, type Gate } from "./results/gates.ts";
import { ResultsPanel } from "./results/results-panel.ts";
import { summarise, type ImageSummary } from "./results/summary.ts";
import type { Viewer } from "./viewer.ts";
import { counted, explanation } from "./wording.ts";

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
  /** Why nuclei could not be measured: they are not measured again unless the user says so. */
  readonly #failures = new WeakMap<object, { readonly of: string; readonly error: ErrorReport }>();
  /** What is being measured: the panel and the summary ask for the same. */
  readonly #running = new WeakMap<object, { readonly of: string; readonly measured: Promise<Measured | null> }>();
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
    const missing: { readonly image: BatchImage; readonly error: ErrorReport }[] = [];
    for (const image of images) {
      const summary = await this.#summaryOf(image);
      if (turn !== this.#summing) return;
      if (summary !== null) summaries.push(summary);
      const error = this.#failureOf(image);
      if (error !== null) missing.push({ image, error });
    }
    this.#panel.showBatch(summaries);
    const [first] = missing;
    const words =
      first === undefined
        ? null
        : `Without ${counted(missing.length, "image")} that could not be measured. ${first.image.name}: ${explanation(first.error)}`;
    this.#panel.showMissing(words, () => this.#tryAgain(missing.map(({ image }) => image)));
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
      const image = this.#image;
      const measured = await this.#measuresOf(image);
      if (this.#of !== of) continue;
      if (measured !== null) this.#take(measured);
      else this.#fail(image);
    }
    this.#isMeasuring = false;
  }

  /** The measures of an image; null where it has none, or where they could not be made, which is remembered. */
  async #measuresOf(image: BatchImage): Promise<Measured | null> {
    if (image.state.kind !== "done" || this.#bench === null || this.#failureOf(image) !== null) return null;
    const { result } = image.state;
    const of = inputsOf(image);
    const running = this.#running.get(result);
    if (running?.of === of) return running.measured;
    const measured = this.#bench
      .measure(image)
      .catch((error: unknown) => {
        this.#failures.set(result, { of, error: reportOf(error) });
        return null;
      })
      .finally(() => this.#running.delete(result));
    this.#running.set(result, { of, measured });
    return measured;
  }

  #failureOf(image: BatchImage): ErrorReport | null {
    if (image.state.kind !== "done") return null;
    const failure = this.#failures.get(image.state.result);
    return failure?.of === inputsOf(image) ? failure.error : null;
  }

  #fail(image: BatchImage): void {
    const error = this.#failureOf(image);
    if (error === null) return;
    this.#measured = null;
    this.#panel.fail(`${image.name} could not be measured. ${explanation(error)}`, () => this.#tryAgain([image]));
  }

  #tryAgain(images: readonly BatchImage[]): void {
    for (const { state } of images) if (state.kind === "done") this.#failures.delete(state.result);
    if (this.#of !== null && this.#image !== null && images.includes(this.#image)) {
      // Another object than before: what is shown is measured once more.
      this.#of = { ...this.#of };
      void this.#measure();
    }
    void this.summarize(this.#images);
  }

  async #summaryOf(image: BatchImage): Promise<ImageSummary | null> {
    if (image.state.kind !== "done" || this.#bench === null) return null;
    const { result } = image.state;
    const of = JSON.stringify([this.gates, image.regions, image.pixelSize]);
    const known = this.#summaries.get(result);
    if (known?.of === of) return known.summary;
    const measured = await this.#measuresOf(image);
    const context = measured === null ? null : contextOf(image, measured);
    if (measured === null || context === null) return null;
    const isIncluded = included(measured.table, this.gates).map((isIn, row) => isIn & (measured.inside[row] ?? 0));
    const summary = summarise(measured.table, isIncluded, context);
    this.#summaries.set(result, { of, summary });
    return summary;
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

/** What the measures of nuclei depend on besides the nuclei. */
function inputsOf({ regions, pixelSize, selection }: BatchImage): string {
  return JSON.stringify([regions, pixelSize, selection]);
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
