/** What was measured of an image's nuclei, and how it is written. */

/** One kind of measurement. */
export interface MeasurementColumn {
  /** The name in exports, such as `area_px2`: unique in its table. */
  readonly key: string;
  /** The name people read, such as `Area`. */
  readonly label: string;
  /** Such as `px²`; empty for pure numbers. */
  readonly unit: string;
}

/** The measurements of an image's nuclei, numbered from 1. */
export interface MeasurementTable {
  readonly columns: readonly MeasurementColumn[];
  /** Row r is nucleus r + 1. */
  readonly rows: number;
  /** Column after column: `values[c * rows + r]`; NaN where there is no value. */
  readonly values: Float64Array;
}

/** The column of this name, or -1. */
export function columnIndex(table: MeasurementTable, key: string): number {
  return table.columns.findIndex((column) => column.key === key);
}

/** All values of a column, by row. */
export function columnValues({ rows, values }: MeasurementTable, column: number): Float64Array {
  return values.subarray(column * rows, (column + 1) * rows);
}

/** Whether every value there is, is a whole number. */
export function isWhole(values: Float64Array): boolean {
  return values.every((value) => Number.isNaN(value) || Number.isInteger(value));
}

/** `Area (px²)`, or the name alone of a pure number. */
export function heading({ label, unit }: MeasurementColumn): string {
  return unit === "" ? label : `${label} (${unit})`;
}

const short = new Intl.NumberFormat("en", { minimumSignificantDigits: 4, maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const scientific = new Intl.NumberFormat("en", {
  notation: "scientific",
  minimumFractionDigits: 3,
  maximumFractionDigits: 3,
});

/** What stands where there is no value. */
export const noValue = "–";

/** Four significant digits, but never fewer than all before the decimal point. */
export function written(value: number, isOfWholeColumn = false): string {
  if (!Number.isFinite(value)) return noValue;
  const size = Math.abs(value);
  if (size >= 1e10 || (size > 0 && size < 1e-3)) return scientific.format(value);
  return size >= 1000 || value === 0 || isOfWholeColumn ? whole.format(value) : short.format(value);
}

/** The columns that most people look at first, most wanted first. */
const wanted = [
  /^area/,
  /^circularity/,
  /^major_axis/,
  /(^|_)mean(_|$)/,
  /^minor_axis/,
  /^solidity/,
  /^nearest_neighbour/,
  /^perimeter/,
  /^equivalent_diameter/,
];

/** Keys of the columns to show unless told otherwise; with the nucleus's number they make eight. */
export function defaultColumns({ columns }: MeasurementTable, most = 7): string[] {
  const keys = columns.map(({ key }) => key);
  const first = wanted.flatMap((pattern) => keys.filter((key) => pattern.test(key)).slice(0, 3));
  return [...new Set([...first, ...keys])].slice(0, most);
}
