import { make } from "../ui/dom.ts";
import * as text from "../text.ts";
import { heading, written } from "./measurement-table.ts";
import {
  density,
  standardDeviation,
  summariseBatch,
  type BatchSummary,
  type ColumnSummary,
  type ImageSummary,
} from "./summary.ts";

/** The summary of an image, next to the summary of all images. */
export class SummaryView {
  readonly element = make("div", "summary");

  /** Shows an image's summary and, if there are several images, the batch's; `keys` are the columns to show. */
  show(image: ImageSummary, batch: readonly ImageSummary[], keys: readonly string[]): void {
    const parts = [part(text.summaryOfImage, image, [valuesTable(image.columns, keys, text.valuesOfImage)])];
    if (batch.length > 1) parts.push(batchPart(summariseBatch(batch), keys));
    this.element.replaceChildren(...parts);
  }
}

function batchPart(batch: BatchSummary, keys: readonly string[]): HTMLElement {
  return part(text.summaryOfAll(batch.images), batch, [
    valuesTable(batch.columns, keys, text.valuesOfAll),
    valuesTable(batch.ofImageMeans, keys, text.valuesOfMeans),
  ]);
}

function part(title: string, summary: ImageSummary, tables: readonly HTMLElement[]): HTMLElement {
  const section = make("section", "summary-part");
  const list = make("dl", "summary-facts");
  list.append(
    fact(text.nuclei, text.number(summary.nuclei)),
    fact(text.isCounted, text.number(summary.included)),
    ...(summary.positive === null
      ? []
      : [fact(text.legendPositive, text.positiveNuclei(summary.positive, summary.included))]),
    ...densityFacts(summary),
  );
  section.append(make("h3", "", title), list, ...tables);
  return section;
}

function densityFacts(summary: ImageSummary): HTMLElement[] {
  const found = density(summary);
  if (found === null) return [];
  const { pixels, squareMillimetres } = summary;
  const area =
    squareMillimetres === null ? text.megapixels(written(pixels / 1e6)) : `${written(squareMillimetres)} mm²`;
  return [fact(text.density, text.densityValue(written(found.value), found.unit)), fact(text.areaAnalysed, area)];
}

function fact(name: string, value: string): HTMLElement {
  const pair = make("div", "");
  pair.append(make("dt", "", name), make("dd", "", value));
  return pair;
}

/** A table with the mean, SD and n of some columns. */
function valuesTable(columns: readonly ColumnSummary[], keys: readonly string[], caption: string): HTMLElement {
  const scroller = make("div", "summary-scroller");
  const table = make("table", "summary-table");
  const head = make("tr", "");
  for (const name of [text.measurement, text.mean, text.standardDeviation, "n"]) {
    const cell = make("th", "", name);
    cell.scope = "col";
    head.append(cell);
  }
  const tableHead = make("thead", "");
  tableHead.append(head);
  const body = make("tbody", "");
  body.append(...columns.filter(({ column }) => keys.includes(column.key)).map(valuesRow));
  table.append(make("caption", "", caption), tableHead, body);
  scroller.append(table);
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", caption);
  return scroller;
}

function valuesRow({ column, moments }: ColumnSummary): HTMLElement {
  const row = make("tr", "");
  const name = make("th", "", heading(column));
  name.scope = "row";
  row.append(name);
  for (const value of [written(moments.mean), written(standardDeviation(moments)), text.number(moments.count)]) {
    row.append(make("td", "", value));
  }
  return row;
}
