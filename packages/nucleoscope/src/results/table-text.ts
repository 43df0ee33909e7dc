/** What makes a spreadsheet take a text for a formula; as in `src/export/tables.rs`. */
const formula = /^'*[=+\-@＝＋－＠]/;

/** A column of a table to be copied. */
export interface TextColumn {
  readonly heading: string;
  /** By row; NaN if there is no value. */
  readonly values: ArrayLike<number>;
}

/**
 * Rows of a table with its headings, separated by tabs, as spreadsheets paste them. `written` is the notation of their
 * language: a spreadsheet that expects a decimal comma would read 1.234 as a thousand, or as a date. A heading that begins
 * like a formula gets an apostrophe in front of it.
 */
export function tableText(
  columns: readonly TextColumn[],
  rows: Iterable<number>,
  written: (value: number) => string,
): string {
  const lines = [columns.map(({ heading }) => (formula.test(heading) ? `'${heading}` : heading)).join("\t")];
  for (const row of rows) lines.push(columns.map(({ values }) => textOf(values[row], written)).join("\t"));
  return `${lines.join("\n")}\n`;
}

function textOf(value: number | undefined, written: (value: number) => string): string {
  return value === undefined || !Number.isFinite(value) ? "" : written(value);
}
