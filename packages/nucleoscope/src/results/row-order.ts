import { columnIndex, columnValues, type MeasurementTable } from "./measurement-table.ts";

/** The column by which rows are sorted; null stands for the nuclei's numbers. */
export interface Sorting {
  readonly key: string | null;
  readonly descending: boolean;
}

/**
 * The rows to show, in order. Rows without a value come last in both directions; rows with equal values keep
 * the order of their numbers.
 */
export function rowOrder(
  table: MeasurementTable,
  { key, descending }: Sorting,
  isShown: (row: number) => boolean,
): Uint32Array {
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row).filter(isShown);
  const column = key === null ? -1 : columnIndex(table, key);
  if (column < 0) return descending ? rows.reverse() : rows;
  const values = columnValues(table, column);
  const direction = descending ? -1 : 1;
  return rows.sort((left, right) => {
    const [a, b] = [values[left] ?? Number.NaN, values[right] ?? Number.NaN];
    if (a < b) return -direction;
    if (a > b) return direction;
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || left - right;
  });
}
