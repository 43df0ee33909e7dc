/** A column of a table to be copied. */
export interface TextColumn {
  readonly heading: string;
  /** By row; NaN if there is no value. */
  readonly values: ArrayLike<number>;
}

/** Rows of a table with its headings, separated by tabs, as spreadsheets paste them. */
export function tableText(columns: readonly TextColumn[], rows: Iterable<number>): string {
  const lines = [columns.map(({ heading }) => heading).join("\t")];
  for (const row of rows) lines.push(columns.map(({ values }) => textOf(values[row])).join("\t"));
  return `${lines.join("\n")}\n`;
}

/** All digits that are needed to tell a value from its neighbours. */
function textOf(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "" : String(value);
}
