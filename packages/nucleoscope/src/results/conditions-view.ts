import * as text from "../text.ts";
import { make, makeOption, setText } from "../ui/dom.ts";
import {
  cautions,
  comparisonsOf,
  conditionsOf,
  meanAndDeviation,
  nameOf,
  quantitiesOf,
  type Comparison,
  type Condition,
  type ConditionImage,
  type Quantity,
} from "./conditions.ts";
import { ConditionsPlot, imageWords, type NucleiStyle } from "./conditions-plot.ts";
import { GroupEditor } from "./group-editor.ts";
import { noValue, written } from "./measurement-table.ts";
import type { GroupChange, GroupRule } from "../session/groups.ts";

/** Groups of images compared: how they are formed, a plot, a table and a test. */
export class ConditionsView {
  readonly element = make("div", "conditions");
  readonly #editor: GroupEditor;
  readonly #quantity = make("select", "");
  readonly #style = make("select", "");
  readonly #plot = new ConditionsPlot((value) => this.#describe(value === null ? null : imageWords(value)));
  readonly #reading = make("p", "chart-reading note");
  readonly #sampling = make("p", "note");
  readonly #legend = make("p", "note");
  readonly #results = make("div", "conditions-results");
  #images: readonly ConditionImage[] = [];
  #quantities: readonly Quantity[] = [];
  /** The quantity that the user chose, if any. */
  #chosen: string | null = null;

  /** `changed` is called with the user's changes of groups. */
  constructor(changed: (change: GroupChange) => void) {
    this.#editor = new GroupEditor(changed);
    this.#style.append(makeOption("dots", text.drawDots), makeOption("box", text.drawBoxes));
    const controls = make("div", "chart-controls");
    controls.append(field(text.compare, this.#quantity), field(text.drawNuclei, this.#style));
    this.#quantity.addEventListener("change", () => {
      this.#chosen = this.#quantity.value;
      this.#showQuantity();
    });
    this.#style.addEventListener("change", () => this.#showQuantity());
    this.element.append(
      this.#editor.element,
      controls,
      this.#plot.element,
      this.#reading,
      this.#sampling,
      this.#legend,
      this.#results,
    );
  }

  /** Shows all images with their groups; `selected` is the path of the selected image. */
  show(images: readonly ConditionImage[], rule: GroupRule, selected: string | null): void {
    this.#images = images;
    this.#editor.show(images, rule, selected);
    this.#quantities = quantitiesOf(images);
    this.#quantity.replaceChildren(...this.#quantities.map(({ key, title }) => makeOption(key, title)));
    const first = this.#quantities.find(({ key }) => key.startsWith("area_")) ?? this.#quantities[0];
    const chosen = this.#quantities.find(({ key }) => key === this.#chosen) ?? first;
    if (chosen !== undefined) this.#quantity.value = chosen.key;
    this.#showQuantity();
  }

  #showQuantity(): void {
    const quantity = this.#quantities.find(({ key }) => key === this.#quantity.value);
    if (quantity === undefined) return;
    const conditions = conditionsOf(this.#images, quantity);
    const style: NucleiStyle = this.#style.value === "box" ? "box" : "dots";
    const { drawn, all } = this.#plot.show(conditions, quantity, style);
    this.#sampling.hidden = drawn === all;
    setText(this.#legend, `${text.plotLegend} ${nucleiLegend(style, quantity)}`.trim());
    setText(this.#sampling, text.nucleiDrawn(drawn, all));
    this.#describe(null);
    this.#results.replaceChildren(
      groupsTable(conditions, quantity),
      ...missingNote(conditions),
      ...testPart(conditions, quantity),
    );
  }

  #describe(words: string | null): void {
    setText(this.#reading, words ?? text.plotHelp);
  }
}

function nucleiLegend(style: NucleiStyle, { isOfNuclei }: Quantity): string {
  if (style === "dots") return isOfNuclei ? text.dotsLegend : "";
  return text.boxLegend(isOfNuclei);
}

/** A labelled control. */
function field(name: string, control: HTMLElement): HTMLElement {
  const label = make("label", "field");
  label.append(make("span", "field-name", name), control);
  return label;
}

/** A table in a box that scrolls sideways. */
function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const scroller = make("div", "summary-scroller");
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", caption);
  const made = make("table", "summary-table");
  const headRow = make("tr", "");
  for (const name of head) {
    const cell = make("th", "", name);
    cell.scope = "col";
    headRow.append(cell);
  }
  const tableHead = make("thead", "");
  tableHead.append(headRow);
  const body = make("tbody", "");
  for (const [first = "", ...others] of rows) {
    const row = make("tr", "");
    const name = make("th", "", first);
    name.scope = "row";
    row.append(name, ...others.map((value) => make("td", "", value)));
    body.append(row);
  }
  made.append(make("caption", "", caption), tableHead, body);
  scroller.append(made);
  return scroller;
}

function groupsTable(conditions: readonly Condition[], { title, isOfNuclei }: Quantity): HTMLElement {
  const rows = conditions.map((condition) => {
    const { mean: value, deviation: spread } = meanAndDeviation(condition);
    const { images, nuclei } = condition;
    return [nameOf(condition), text.number(images.length), text.number(nuclei), written(value), written(spread)];
  });
  const head = [text.group, text.images, text.nuclei, text.meanOf(isOfNuclei), text.deviationOf(isOfNuclei)];
  return table(text.byGroup(title), head, rows);
}

/** Says how many images are in no row, and why. */
function missingNote(conditions: readonly Condition[]): HTMLElement[] {
  const missing = conditions.reduce((sum, condition) => sum + condition.missing, 0);
  return missing === 0 ? [] : [make("p", "note", text.imagesWithoutValue(missing))];
}

/** The test, what it is called, and what to be careful about. */
function testPart(conditions: readonly Condition[], { title }: Quantity): HTMLElement[] {
  const heading = make("h3", "", text.test);
  const comparisons = comparisonsOf(conditions).filter(({ test }) => test !== null);
  const notes = cautions(conditions).map((words) => make("p", "conditions-caution", words));
  if (comparisons.length === 0) return [heading, ...notes];
  const areSeveral = comparisons.length > 1;
  const name = areSeveral ? text.testOfMore(comparisons.length) : text.testOfTwo;
  const head = [text.groups, text.meansDifference, text.interval95, "t", "df", areSeveral ? "p (Holm)" : "p"];
  return [
    heading,
    make("p", "", name),
    table(text.differencesOf(title), head, comparisons.map(testRow)),
    ...notes,
    make("p", "note", text.testSamples),
  ];
}

function testRow({ first, second, test, p }: Comparison): string[] {
  if (test === null) return [];
  const { difference, interval, t, df } = test;
  return [
    `${nameOf(second)} − ${nameOf(first)}`,
    signed(difference),
    text.fromTo(signed(interval[0]), signed(interval[1])),
    signed(t),
    written(df),
    pWords(p),
  ];
}

/** A number with a real minus sign. */
function signed(value: number): string {
  return written(value).replace("-", "−");
}

/** A p value as it is usually printed. */
export function pWords(p: number): string {
  if (!Number.isFinite(p)) return noValue;
  return p < 0.0001 ? `< ${text.fixed(0.0001, 4)}` : text.fixed(p, 4);
}
