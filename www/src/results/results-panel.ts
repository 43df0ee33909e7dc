import { make, setText } from "../elements.ts";
import { FailureNote } from "../failure-note.ts";
import { GateList } from "./gate-list.ts";
import { gatesToJson, included, withGate, type Gate } from "./gates.ts";
import { Histogram } from "./histogram.ts";
import type { ImageContext, MeasurementTable } from "./measurement-table.ts";
import { NucleusTable } from "./nucleus-table.ts";
import { Scatter } from "./scatter.ts";
import { countWords, SummaryView } from "./summary-view.ts";
import { summarise, type ImageSummary } from "./summary.ts";
import { Tabs } from "./tabs.ts";

/** What the panel tells; nothing is told of what the program itself asked for. */
export interface ResultsEvents {
  /** A nucleus was selected, or none any more. */
  readonly selected: (label: number | null) => void;
  /** A nucleus is pointed at, or none. */
  readonly hovered: (label: number | null) => void;
  /** A range was marked in a chart: these nuclei are in it. */
  readonly brushed: (labels: ReadonlySet<number> | null) => void;
  /** The gates were changed. */
  readonly gatesChanged: (gates: readonly Gate[]) => void;
}

const tabNames = ["Table", "Histogram", "Scatter plot", "Summary"] as const;

/** The measurements of the selected image: a table, charts and a summary that know of each other. */
export class ResultsPanel {
  readonly #events: ResultsEvents;
  readonly #name = make("span", "panel-count");
  readonly #message = make("p", "results-message");
  /** Why the image could not be measured, and why others are missing in the summary. */
  readonly #failure = new FailureNote();
  readonly #missing = new FailureNote();
  readonly #gateList: GateList;
  readonly #table: NucleusTable;
  readonly #histogram: Histogram;
  readonly #scatter: Scatter;
  readonly #summary = new SummaryView();
  readonly #tabs: Tabs;
  #measured: MeasurementTable | null = null;
  #context: ImageContext | null = null;
  #gates: readonly Gate[] = [];
  #included: Uint8Array = new Uint8Array();
  #batch: readonly ImageSummary[] = [];

  /** Builds itself inside an element of the page. */
  constructor(host: HTMLElement, events: ResultsEvents) {
    this.#events = events;
    const single = {
      selected: (label: number | null) => this.#choose(label),
      hovered: (label: number | null) => this.#pointAt(label),
    };
    const gated = (gates: readonly Gate[]): void => this.#changeGates(gates.reduce(withGate, this.#gates));
    this.#table = new NucleusTable(single);
    this.#histogram = new Histogram({ gated, brushed: (labels) => this.#brush(labels, this.#histogram) });
    this.#scatter = new Scatter({ ...single, gated, brushed: (labels) => this.#brush(labels, this.#scatter) });
    this.#gateList = new GateList(
      (gate) => this.#changeGates(this.#gates.filter((other) => other !== gate)),
      () => this.#changeGates([]),
    );
    const summary = make("div", "");
    summary.append(this.#missing.element, this.#summary.element);
    const parts = [this.#table.element, this.#histogram.element, this.#scatter.element, summary];
    const panels = parts.map((element, index) => [tabNames[index] ?? "", element] as const);
    this.#tabs = new Tabs("Measurements", panels, () => this.#showSummary());
    const head = make("div", "panel-head");
    head.append(make("h2", "", "Measurements"), this.#name);
    host.classList.add("results-panel");
    host.append(head, this.#message, this.#failure.element, this.#gateList.element, this.#tabs.element);
    this.show(null, null);
  }

  /** Shows an image's measurements; null where there are none (yet). The gates stay. */
  show(table: MeasurementTable | null, context: ImageContext | null): void {
    const hadFocus = this.#failure.hasFocus;
    this.#failure.hide();
    this.#measured = table;
    this.#context = context;
    this.#included = table === null ? new Uint8Array() : included(table, this.#gates);
    const isEmpty = table === null || table.rows === 0;
    this.#tabs.element.hidden = isEmpty;
    this.#message.hidden = !isEmpty;
    setText(
      this.#message,
      table === null
        ? "The measurements appear here once an image has been segmented and is selected."
        : "No nuclei were found in this image, so there is nothing to measure.",
    );
    if (table !== null) {
      this.#table.show(table, this.#included);
      this.#histogram.show(table, this.#included);
      this.#scatter.show(table, this.#included);
    }
    this.#gateList.show(this.#gates, table);
    this.#refreshSummary();
    if (hadFocus && !isEmpty) this.#tabs.focus();
  }

  /** Says why there are no measurements of the image. */
  fail(words: string, tryAgain: () => void): void {
    const hadFocus = this.#failure.hasFocus;
    this.show(null, null);
    this.#message.hidden = true;
    this.#failure.show(words, tryAgain);
    if (hadFocus) this.#failure.focus();
  }

  /** Takes the summaries of all finished images, made with these gates, for the summary of the batch. */
  showBatch(images: readonly ImageSummary[]): void {
    this.#batch = images;
    this.#refreshSummary();
  }

  /** Says which images are missing in the summary of the batch, and why; null where none is. */
  showMissing(words: string | null, tryAgain: () => void): void {
    if (words === null) this.#missing.hide();
    else this.#missing.show(words, tryAgain);
  }

  /** Marks a nucleus as selected and brings it into sight. */
  select(label: number | null): void {
    this.#table.select(label, { scroll: true });
    this.#histogram.select(label);
    this.#scatter.select(label);
  }

  /** Marks a nucleus as pointed at. */
  hover(label: number | null): void {
    this.#table.hover(label);
    this.#histogram.hover(label);
    this.#scatter.hover(label);
  }

  /** The gates in force. */
  get gates(): readonly Gate[] {
    return this.#gates;
  }

  set gates(gates: readonly Gate[]) {
    this.#gates = gatesToJson(gates);
    if (this.#measured !== null) this.#included = included(this.#measured, this.#gates);
    this.#table.include(this.#included);
    this.#histogram.include(this.#included);
    this.#scatter.include(this.#included);
    this.#gateList.show(this.#gates, this.#measured);
    this.#refreshSummary();
  }

  #changeGates(gates: readonly Gate[]): void {
    const hadFocus = this.#gateList.element.contains(document.activeElement);
    this.gates = gates;
    // The button that was pressed is gone: the keyboard must not fall back to the top of the page.
    if (hadFocus) this.#tabs.focus();
    this.#events.gatesChanged(this.#gates);
  }

  #choose(label: number | null): void {
    this.select(label);
    this.#events.selected(label);
  }

  #pointAt(label: number | null): void {
    this.hover(label);
    this.#events.hovered(label);
  }

  /** A range was marked in one chart: the other one's is out of date. */
  #brush(labels: ReadonlySet<number> | null, source: Histogram | Scatter): void {
    for (const chart of [this.#histogram, this.#scatter]) {
      if (chart !== source) chart.clearBrush();
      chart.highlight(labels);
    }
    this.#table.highlight(labels);
    this.#events.brushed(labels);
  }

  #refreshSummary(): void {
    setText(this.#name, this.#words());
    this.#showSummary();
  }

  #words(): string {
    if (this.#measured === null || this.#context === null) return "";
    const kept = this.#included.reduce((sum, one) => sum + one, 0);
    return `${this.#context.imageName}: ${countWords({ nuclei: this.#measured.rows, included: kept })}`;
  }

  /** Sums up the columns that are shown in the table, while the summary is looked at. */
  #showSummary(): void {
    const isShown = tabNames[this.#tabs.shown] === "Summary";
    if (!isShown || this.#measured === null || this.#context === null) return;
    const summary = summarise(this.#measured, this.#included, this.#context);
    this.#summary.show(summary, this.#batch, this.#table.keys);
  }
}
