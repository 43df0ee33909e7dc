import { countFailureOf, type BatchImage } from "./batch.ts";
import type { Counts } from "./counts.ts";
import type { ErrorReport } from "./engine/protocol.ts";
import { columnIndex, columnValues, heading, written } from "./results/measurement-table.ts";
import type { Gate } from "./results/gates.ts";
import { ResultsPanel } from "./results/results-panel.ts";
import type { Viewer } from "./viewer.ts";
import type { CountedNuclei, MeasurementTable } from "./wasm/nucleoscope.js";
import { counted, explanation } from "./format.ts";

/** What is told of the nucleus under the pointer. */
const hoverColumns = ["area_um2", "area_px2", "circularity", "equivalent_diameter_px"];

/** The selected image's measurements, kept in step with the viewer. */
export class Measurements {
  readonly #viewer: Viewer;
  readonly #counts: Counts;
  readonly #panel: ResultsPanel;
  #image: BatchImage | null = null;
  /** The images of the batch, as they were summed up last. */
  #images: readonly BatchImage[] = [];
  /** What is shown of it. */
  #table: MeasurementTable | null = null;
  #counted: CountedNuclei | null = null;

  /** `gatesChanged` is told the gates before and after. */
  constructor(
    host: HTMLElement,
    viewer: Viewer,
    counts: Counts,
    gatesChanged: (before: readonly Gate[], after: readonly Gate[]) => void,
  ) {
    this.#viewer = viewer;
    this.#counts = counts;
    this.#panel = new ResultsPanel(host, {
      selected: (label) => viewer.select(new Set(label === null ? [] : [label])),
      hovered: (label) => viewer.hover(label),
      brushed: (labels) => viewer.highlight(labels ?? new Set()),
      gatesChanged,
    });
  }

  /** Keys of the columns that are shown. */
  get columns(): readonly string[] {
    return this.#panel.columns;
  }

  /** Shows the measurements of an image, as soon as they are there. */
  show(image: BatchImage | null): void {
    const isOther = this.#image !== image;
    this.#image = image;
    if (image === null || this.#panel.gates !== image.gates) this.#panel.gates = image?.gates ?? [];
    if (isOther || image?.state.kind !== "done") this.#take(null);
    if (image === null || image.state.kind !== "done") return;
    this.update(image);
    void this.#counts.ask(image);
  }

  /** Takes up that it is known which nuclei of an image count, or why it is not. */
  update(image: BatchImage): void {
    if (image !== this.#image) return;
    const error = countFailureOf(image);
    if (this.#counts.of(image) !== null) this.#take(image);
    else if (error !== null) this.#fail(image, error);
  }

  /** Shows the summary of all images whose nuclei are counted, and says which could not be. */
  summarize(images: readonly BatchImage[]): void {
    this.#images = images;
    this.#panel.showBatch(images.flatMap((image) => this.#counts.of(image)?.counted.summary ?? []));
    const missing = images.filter((image) => countFailureOf(image) !== null);
    const [first] = missing;
    const error = first === undefined ? null : countFailureOf(first);
    const words =
      first === undefined || error === null
        ? null
        : `Without ${counted(missing.length, "image")} that could not be measured. ${first.name}: ${explanation(error)}`;
    this.#panel.showMissing(words, () => this.#tryAgain(missing));
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

  #fail(image: BatchImage, error: ErrorReport): void {
    this.#table = null;
    this.#counted = null;
    this.#panel.fail(`${image.name} could not be measured. ${explanation(error)}`, () => this.#tryAgain([image]));
  }

  #tryAgain(images: readonly BatchImage[]): void {
    void this.#counts.tryAgain(images).then(() => this.#counts.askAll(this.#images));
  }

  #take(image: BatchImage | null): void {
    const found = image === null ? null : this.#counts.of(image);
    if (image === null || found === null) {
      this.#table = null;
      this.#counted = null;
      this.#panel.show(null, null);
      return;
    }
    const { table, counted } = found;
    if (this.#table === table && this.#counted === counted) return;
    this.#counted = counted;
    if (this.#panel.gates !== image.gates) this.#panel.gates = image.gates;
    // What was measured is shown once: only what counts has changed.
    if (this.#table === table) this.#panel.count(counted);
    else this.#panel.show(table, { imageName: image.name, ...counted });
    this.#table = table;
    const leftOut = [...counted.included.keys()].filter((row) => counted.included[row] === 0);
    this.#viewer.exclude(new Set(leftOut.map((row) => row + 1)));
  }

  #wordsOf(label: number): string {
    const table = this.#table;
    if (table === null || label > table.rows) return `Nucleus ${label}`;
    const words = hoverColumns.flatMap((key) => {
      const index = columnIndex(table, key);
      const column = table.columns[index];
      if (column === undefined) return [];
      return `${heading(column)} ${written(columnValues(table, index)[label - 1] ?? Number.NaN)}`;
    });
    return [`Nucleus ${label}`, ...words].join(" · ");
  }
}
