import { countFailureOf, type BatchImage } from "../session/batch.ts";
import type { Counts } from "../session/counts.ts";
import type { ErrorReport } from "../engine/protocol.ts";
import type { ConditionImage } from "./conditions.ts";
import { columnIndex, columnValues, heading, written } from "./measurement-table.ts";
import type { Gate } from "../session/gates.ts";
import type { GroupChange, GroupRule } from "../session/groups.ts";
import type { PositiveEvents } from "./positive-panel.ts";
import { ResultsPanel } from "./results-panel.ts";
import type { Viewer } from "../viewer/viewer.ts";
import type { CountedNuclei, MeasurementTable } from "../wasm/nucleoscope.js";
import { explanation } from "../format.ts";
import * as text from "../text.ts";

/** The measurements shown for the nucleus under the pointer. */
const hoverColumns = ["area_um2", "area_px2", "circularity", "equivalent_diameter_px"];

/** How images are grouped, and what is called when the user changes that. */
export interface Groups {
  readonly rule: () => GroupRule;
  readonly changed: (change: GroupChange) => void;
}

/** The measurements of the selected image, synchronised with the viewer. */
export class Measurements {
  readonly #viewer: Viewer;
  readonly #counts: Counts;
  readonly #groups: Groups;
  readonly #panel: ResultsPanel;
  #image: BatchImage | null = null;
  /** The images of the last summary. */
  #images: readonly BatchImage[] = [];
  /** The measurements that are shown. */
  #table: MeasurementTable | null = null;
  #counted: CountedNuclei | null = null;

  /** `gatesChanged` is called with the gates before and after a change. */
  constructor(
    host: HTMLElement,
    viewer: Viewer,
    counts: Counts,
    gatesChanged: (before: readonly Gate[], after: readonly Gate[]) => void,
    groups: Groups,
    positive: PositiveEvents,
  ) {
    this.#viewer = viewer;
    this.#counts = counts;
    this.#groups = groups;
    this.#panel = new ResultsPanel(host, {
      selected: (label) => viewer.select(new Set(label === null ? [] : [label])),
      hovered: (label) => viewer.hover(label),
      brushed: (labels) => viewer.highlight(labels ?? new Set()),
      gatesChanged,
      groupsChanged: groups.changed,
      ...positive,
    });
  }

  /** Keys of the columns shown in the table. */
  get columns(): readonly string[] {
    return this.#panel.columns;
  }

  /** Shows the measurements of an image as soon as they are available. */
  show(image: BatchImage | null): void {
    const isOther = this.#image !== image;
    this.#image = image;
    if (image === null || this.#panel.gates !== image.gates) this.#panel.gates = image?.gates ?? [];
    if (isOther || image?.state.kind !== "done") this.#take(null);
    if (image === null || image.state.kind !== "done") return;
    this.update(image);
    void this.#counts.ask(image);
  }

  /** Updates the panel after the nuclei of an image have been counted, or counting has failed. */
  update(image: BatchImage): void {
    if (image !== this.#image) return;
    const error = countFailureOf(image);
    if (this.#counts.of(image) !== null) this.#take(image);
    else if (error !== null) this.#fail(image, error);
  }

  /** Shows the summary of all images with counted nuclei, and which images could not be measured. */
  summarize(images: readonly BatchImage[]): void {
    this.#images = images;
    this.#panel.showBatch(images.flatMap((image) => this.#counts.of(image)?.counted.summary ?? []));
    this.#panel.showConditions({
      images: images.filter(({ imageId }) => imageId !== null).map((image) => this.#conditionOf(image)),
      rule: this.#groups.rule(),
      selected: this.#image?.path ?? null,
    });
    const missing = images.filter((image) => countFailureOf(image) !== null);
    const [first] = missing;
    const error = first === undefined ? null : countFailureOf(first);
    const words =
      first === undefined || error === null
        ? null
        : text.imagesNotMeasured(missing.length, first.name, explanation(error));
    this.#panel.showMissing(words, () => this.#tryAgain(missing));
  }

  /** Marks a nucleus as selected in the table and the charts. */
  select(label: number | null): void {
    this.#panel.select(label);
  }

  /** Marks the nucleus under the pointer and shows its measurements. */
  hover(label: number | null): void {
    this.#panel.hover(label);
    this.#viewer.describeHovered(label === null ? "" : this.#wordsOf(label));
  }

  #conditionOf(image: BatchImage): ConditionImage {
    const { path, name, group } = image;
    const found = this.#counts.of(image);
    const counted = found === null ? null : { table: found.table, ...found.counted };
    return { path, name, group: group || null, counted };
  }

  #fail(image: BatchImage, error: ErrorReport): void {
    this.#table = null;
    this.#counted = null;
    this.#panel.fail(text.imageNotMeasured(image.name, explanation(error)), () => this.#tryAgain([image]));
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
    this.#panel.threshold = image.positive;
    // The measurements are shown already; only which nuclei count has changed.
    if (this.#table === table) this.#panel.count(counted);
    else this.#panel.show(table, { imageName: image.name, ...counted });
    this.#table = table;
    this.#viewer.classify(counted);
  }

  #wordsOf(label: number): string {
    const table = this.#table;
    if (table === null || label > table.rows) return text.nucleusTitle(label);
    const words = hoverColumns.flatMap((key) => {
      const index = columnIndex(table, key);
      const column = table.columns[index];
      if (column === undefined) return [];
      return `${heading(column)} ${written(columnValues(table, index)[label - 1] ?? Number.NaN)}`;
    });
    const { positive = null, included } = this.#counted ?? {};
    if (positive !== null && included?.[label - 1] === 1)
      words.unshift(positive[label - 1] === 1 ? text.hoveredPositive : text.hoveredNegative);
    return [text.nucleusTitle(label), ...words].join(" · ");
  }
}
