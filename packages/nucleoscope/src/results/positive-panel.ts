import * as text from "../text.ts";
import { readNumber } from "../session/row-filter.ts";
import { make, makeOption, setText } from "../ui/dom.ts";
import type { Threshold } from "../wasm/nucleoscope.js";
import { button } from "./chart.ts";
import { heading, type MeasurementTable } from "./measurement-table.ts";
import { labelled, markInvalid, numberField } from "./range-fields.ts";
import { SmallHistogram } from "./small-histogram.ts";
import { summariseBatch, type ImageSummary } from "./summary.ts";

/** Callbacks of {@link PositivePanel}. */
export interface PositiveEvents {
  /** The threshold was changed; null: nuclei are not classified. */
  readonly thresholdChanged: (threshold: Threshold | null) => void;
  /** Suggests the threshold of a column; null if there is none. */
  readonly suggest: (key: string) => Promise<number | null>;
}

/** What the panel shows of an image. */
export interface PositiveFacts {
  readonly table: MeasurementTable;
  readonly included: Uint8Array;
  readonly summary: ImageSummary;
}

/** Divides the counted nuclei into positive and negative ones, by a threshold on a measurement. */
export class PositivePanel {
  readonly element = make("details", "positive-panel");
  readonly #title = make("summary", "");
  readonly #column = make("select", "");
  readonly #field = numberField();
  readonly #suggestion = button("Otsu", () => void this.#suggest());
  readonly #histogram: SmallHistogram;
  readonly #batch = make("p", "note");
  readonly #events: PositiveEvents;
  #threshold: Threshold | null = null;
  /** The columns that are offered. */
  #offered = "";

  constructor(events: PositiveEvents) {
    this.#events = events;
    this.#column.setAttribute("aria-label", text.positiveColumn);
    this.#column.addEventListener("change", () => {
      if (this.#column.value === "") events.thresholdChanged(null);
      else void this.#suggest();
    });
    this.#field.addEventListener("change", () => {
      markInvalid(this.#field);
      const minimum = readNumber(this.#field.value, text.decimalSign);
      if (minimum != null) events.thresholdChanged({ key: this.#column.value, minimum });
    });
    this.#suggestion.title = text.otsuHelp;
    const controls = make("div", "chart-controls");
    controls.append(this.#column, labelled(text.positiveFrom, this.#field), this.#suggestion);
    const figure = make("figure", "");
    this.#histogram = new SmallHistogram(figure);
    this.element.append(this.#title, controls, figure, this.#batch);
  }

  /** Shows the threshold in effect, and how many nuclei of the image and of all images are positive. */
  show(threshold: Threshold | null, facts: PositiveFacts | null, images: readonly ImageSummary[]): void {
    this.#threshold = threshold;
    this.element.hidden = facts === null;
    if (facts === null) return;
    const { table, included, summary } = facts;
    this.#offer(table);
    this.#column.value = threshold?.key ?? "";
    for (const part of [this.#field, this.#suggestion]) part.disabled = threshold === null;
    if (threshold === null) this.#field.value = "";
    else if (!this.#field.matches(":focus")) this.#field.value = text.ungrouped(threshold.minimum);
    const words =
      summary.positive === null ? text.positiveNotUsed : text.positiveOfImage(summary.positive, summary.included);
    setText(this.#title, threshold === null ? text.positiveTitle : words);
    this.#histogram.show(table, included, threshold === null ? [] : [threshold.key], threshold?.minimum);
    const all = summariseBatch(images);
    this.#batch.hidden = images.length < 2 || all.positive === null;
    setText(this.#batch, text.positiveOfAll(all.positive ?? 0, all.included));
  }

  #offer({ columns }: MeasurementTable): void {
    const offered = columns.filter(({ key }) => key !== "nucleus");
    const keys = offered.map(({ key }) => key).join();
    if (this.#offered === keys) return;
    this.#offered = keys;
    const options = offered.map((column) => makeOption(column.key, heading(column)));
    this.#column.replaceChildren(makeOption("", text.notDivided), ...options);
  }

  async #suggest(): Promise<void> {
    const { value: key } = this.#column;
    const found = await this.#events.suggest(key);
    // Without two different values, every nucleus is positive or none is: as before, or from 0.
    const minimum = found === null ? (this.#threshold?.minimum ?? 0) : Number(found.toPrecision(6));
    this.#events.thresholdChanged({ key, minimum });
  }
}
