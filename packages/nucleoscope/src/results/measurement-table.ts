/** The measurements of an image's nuclei, and how values are formatted. */

import { plain } from "../plain-text.ts";
import * as text from "../text.ts";

/** One kind of measurement. */
export interface MeasurementColumn {
  /** The name in exported files, such as `area_px2`: unique in its table. */
  readonly key: string;
  /** The name in English, such as `Area`. */
  readonly label: string;
  /** Such as `px²`; empty for pure numbers. */
  readonly unit: string;
}

/** The measurements of an image's nuclei, numbered from 1. */
export interface MeasurementTable {
  readonly columns: readonly MeasurementColumn[];
  /** Row r is nucleus r + 1. */
  readonly rows: number;
  /** Column after column: `values[c * rows + r]`; NaN if there is no value. */
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

/** Whether all values other than NaN are whole numbers. */
export function isWhole(values: Float64Array): boolean {
  return values.every((value) => Number.isNaN(value) || Number.isInteger(value));
}

/** `Area (px²)`, or only the name if there is no unit. */
export function heading(column: MeasurementColumn, name = text.measurementName(column)): string {
  return plain(column.unit === "" ? name : `${name} (${column.unit})`);
}

const short = new Intl.NumberFormat(text.locale, { minimumSignificantDigits: 4, maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat(text.locale, { maximumFractionDigits: 0 });
const scientific = new Intl.NumberFormat(text.locale, {
  notation: "scientific",
  minimumFractionDigits: 3,
  maximumFractionDigits: 3,
});

/** Shown instead of a missing value. */
export const noValue = "–";

/** Formats a value with four significant digits, or all digits before the decimal point if they are more. */
export function written(value: number, isOfWholeColumn = false): string {
  if (!Number.isFinite(value)) return noValue;
  const size = Math.abs(value);
  if (size >= 1e10 || (size > 0 && size < 1e-3)) return scientific.format(value);
  return size >= 1000 || value === 0 || isOfWholeColumn ? whole.format(value) : short.format(value);
}

/** The mean intensity of a channel. */
const mean = /(^|_)mean(_|$)/;

/** Patterns of the columns shown by default, the most important first. */
const preferred = [
  /^area/,
  /^circularity/,
  /^major_axis/,
  mean,
  /^minor_axis/,
  /^solidity/,
  /^nearest_neighbour/,
  /^perimeter/,
  /^equivalent_diameter/,
];

/** Keys of the columns shown by default: seven, eight with the nucleus's number, and the mean of every channel. */
export function defaultColumns({ columns }: MeasurementTable, most = 7): string[] {
  const keys = columns.map(({ key }) => key);
  const first = preferred.flatMap((pattern) => keys.filter((key) => pattern.test(key)).slice(0, 3));
  const shown = [...new Set([...first, ...keys])].slice(0, most);
  return [...new Set([...shown, ...keys.filter((key) => mean.test(key))])];
}
