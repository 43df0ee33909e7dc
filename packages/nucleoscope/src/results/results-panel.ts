import { make, setText } from "../ui/dom.ts";
import { FailureNote } from "../ui/failure-note.ts";
import type { ConditionImage } from "./conditions.ts";
import { ConditionsView } from "./conditions-view.ts";
import { GateList } from "./gate-list.ts";
import { withGate, type Gate } from "../session/gates.ts";
import type { GroupChange, GroupRule } from "../session/groups.ts";
import { Histogram } from "./histogram.ts";
import type { MeasurementTable } from "./measurement-table.ts";
import { NucleusTable } from "./nucleus-table.ts";
import { PositivePanel, type PositiveEvents } from "./positive-panel.ts";
import { Scatter } from "./scatter.ts";
import { SummaryView } from "./summary-view.ts";
import type { ImageSummary } from "./summary.ts";
import { Tabs } from "./tabs.ts";
import * as text from "../text.ts";
import type { Threshold } from "../wasm/nucleoscope.js";

/** Which nuclei of an image count. */
export interface CountedRows {
  /** By row, 1 for the nuclei that count and 0 for the others. */
  readonly included: Uint8Array;
  readonly summary: ImageSummary;
}

/** Callbacks of {@link ResultsPanel} for the user's actions; calls of its methods do not trigger them. */
export interface ResultsEvents extends PositiveEvents {
  /** A nucleus was selected, or the selection was cleared. */
  readonly selected: (label: number | null) => void;
  /** The pointer moved to a nucleus, or off all nuclei. */
  readonly hovered: (label: number | null) => void;
  /** A range was marked in a chart: the nuclei in it, or null when it is cleared. */
  readonly brushed: (labels: ReadonlySet<number> | null) => void;
  /** The gates were changed; the caller then passes the new counts to `count`. */
  readonly gatesChanged: (before: readonly Gate[], after: readonly Gate[]) => void;
  /** The groups of images were changed; the caller then passes the images to `showConditions`. */
  readonly groupsChanged: (change: GroupChange) => void;
}

/** The images of the batch with their groups. */
export interface Conditions {
  readonly images: readonly ConditionImage[];
  /** How groups are found that were not set by hand. */
  readonly rule: GroupRule;
  /** The path of the selected image. */
  readonly selected: string | null;
}

const tabNames = [text.tableTab, text.histogramTab, text.scatterTab, text.summaryTab, text.conditionsTab];

/** The measurements of the selected image: a linked table, charts and summary. */
export class ResultsPanel {
  readonly #events: ResultsEvents;
  readonly #name = make("span", "panel-count");
  readonly #message = make("p", "results-message");
  /** Why the image could not be measured, and why other images are missing from the summary. */
  readonly #failure = new FailureNote();
  readonly #missing = new FailureNote();
  readonly #gateList: GateList;
  readonly #positive: PositivePanel;
  readonly #table: NucleusTable;
  readonly #histogram: Histogram;
  readonly #scatter: Scatter;
  readonly #summary = new SummaryView();
  readonly #conditionsView: ConditionsView;
  readonly #tabs: Tabs;
  #measured: MeasurementTable | null = null;
  #counted: (CountedRows & { readonly imageName: string }) | null = null;
  #gates: readonly Gate[] = [];
  #threshold: Threshold | null = null;
  #batch: readonly ImageSummary[] = [];
  #conditions: Conditions = { images: [], rule: { kind: "folder" }, selected: null };

  /** Creates the panel inside an element of the page. */
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
    this.#positive = new PositivePanel(events);
    this.#conditionsView = new ConditionsView(events.groupsChanged);
    const summary = make("div", "");
    summary.append(this.#missing.element, this.#summary.element);
    const parts = [
      this.#table.element,
      this.#histogram.element,
      this.#scatter.element,
      summary,
      this.#conditionsView.element,
    ];
    const panels = parts.map((element, index) => [tabNames[index] ?? "", element] as const);
    this.#tabs = new Tabs(text.measurements, panels, () => {
      this.#showSummary();
      this.#showConditions();
    });
    const head = make("div", "panel-head");
    head.append(make("h2", "", text.measurements), this.#name);
    host.classList.add("results-panel");
    host.append(head, this.#message, this.#failure.element, this.#gateList.element);
    host.append(this.#positive.element, this.#tabs.element);
    this.show(null, null);
  }

  /** Shows an image's measurements; null if there are none (yet). The gates stay. */
  show(table: MeasurementTable | null, counted: (CountedRows & { readonly imageName: string }) | null): void {
    const hadFocus = this.#failure.hasFocus;
    this.#failure.hide();
    this.#measured = table;
    this.#counted = counted;
    const isEmpty = table === null || table.rows === 0;
    this.#tabs.element.hidden = isEmpty;
    this.#message.hidden = !isEmpty;
    setText(this.#message, table === null ? text.nothingMeasured : text.nothingToMeasure);
    if (table !== null && counted !== null) {
      this.#table.show(table, counted.included);
      this.#histogram.show(table, counted.included);
      this.#scatter.show(table, counted.included);
    }
    this.#gateList.show(this.#gates, table);
    this.#refreshSummary();
    if (hadFocus && !isEmpty) this.#tabs.focus();
  }

  /** Shows why there are no measurements of the image. */
  fail(words: string, tryAgain: () => void): void {
    const hadFocus = this.#failure.hasFocus;
    this.show(null, null);
    this.#message.hidden = true;
    this.#failure.show(words, tryAgain);
    if (hadFocus) this.#failure.focus();
  }

  /** Updates which nuclei of the image count. */
  count(counted: CountedRows): void {
    if (this.#counted === null) return;
    this.#counted = { ...this.#counted, included: counted.included, summary: counted.summary };
    this.#table.include(counted.included);
    this.#histogram.include(counted.included);
    this.#scatter.include(counted.included);
    this.#refreshSummary();
  }

  /** Keys of the columns that the table shows. */
  get columns(): readonly string[] {
    return this.#measured === null ? [] : this.#table.keys.filter((key) => key !== "");
  }

  /** Sets the summaries of all finished images, for the summary of the batch. */
  showBatch(images: readonly ImageSummary[]): void {
    this.#batch = images;
    this.#refreshSummary();
  }

  /** Compares the groups of images. */
  showConditions(conditions: Conditions): void {
    this.#conditions = conditions;
    this.#showConditions();
  }

  /** Shows which images are missing from the summary of the batch, and why; null if none is. */
  showMissing(words: string | null, tryAgain: () => void): void {
    if (words === null) this.#missing.hide();
    else this.#missing.show(words, tryAgain);
  }

  /** Marks a nucleus as selected and scrolls to it. */
  select(label: number | null): void {
    this.#table.select(label, { scroll: true });
    this.#histogram.select(label);
    this.#scatter.select(label);
  }

  /** Marks the nucleus under the pointer. */
  hover(label: number | null): void {
    this.#table.hover(label);
    this.#histogram.hover(label);
    this.#scatter.hover(label);
  }

  /** The gates in effect. */
  get gates(): readonly Gate[] {
    return this.#gates;
  }

  set gates(gates: readonly Gate[]) {
    this.#gates = gates;
    this.#gateList.show(this.#gates, this.#measured);
  }

  /** The threshold in effect. */
  set threshold(threshold: Threshold | null) {
    this.#threshold = threshold;
    this.#refreshSummary();
  }

  #changeGates(gates: readonly Gate[]): void {
    const hadFocus = this.#gateList.element.matches(":focus-within");
    const before = this.#gates;
    this.gates = gates;
    // The pressed button is gone: the focus must not return to the top of the page.
    if (hadFocus) this.#tabs.focus();
    this.#events.gatesChanged(before, this.#gates);
  }

  #choose(label: number | null): void {
    this.select(label);
    this.#events.selected(label);
  }

  #pointAt(label: number | null): void {
    this.hover(label);
    this.#events.hovered(label);
  }

  /** A range was marked in one chart: clears the other chart's. */
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
    const table = this.#measured;
    const facts = table === null || this.#counted === null ? null : { table, ...this.#counted };
    this.#positive.show(this.#threshold, facts, this.#batch);
    this.#showSummary();
  }

  #words(): string {
    if (this.#counted === null) return "";
    const { imageName, summary } = this.#counted;
    return `${imageName}: ${text.countedNuclei(summary.included, summary.nuclei)}`;
  }

  /** Compares the groups, if that is visible. */
  #showConditions(): void {
    if (tabNames[this.#tabs.shown] !== text.conditionsTab) return;
    const { images, rule, selected } = this.#conditions;
    this.#conditionsView.show(images, rule, selected);
  }

  /** Summarises the columns shown in the table, if the summary is visible. */
  #showSummary(): void {
    const isShown = tabNames[this.#tabs.shown] === text.summaryTab;
    if (!isShown || this.#counted === null) return;
    this.#summary.show(this.#counted.summary, this.#batch, this.#table.keys);
  }
}
