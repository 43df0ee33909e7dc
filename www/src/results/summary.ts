import { columnValues, type ImageContext, type MeasurementColumn, type MeasurementTable } from "./measurement-table.ts";

/** Number, mean and spread of some values. */
export interface Moments {
  readonly count: number;
  /** NaN of no values. */
  readonly mean: number;
  /** Sum of the squared distances from the mean. */
  readonly squares: number;
}

/** The included nuclei's values of a column. */
export interface ColumnSummary {
  readonly column: MeasurementColumn;
  readonly moments: Moments;
}

/** What an image's nuclei have in common. */
export interface ImageSummary {
  readonly imageName: string;
  /** All nuclei. */
  readonly nuclei: number;
  /** Those that the gates keep. */
  readonly included: number;
  /** Pixels that nuclei were looked for in. */
  readonly pixels: number;
  /** The same in mm²; null without a pixel size. */
  readonly squareMillimetres: number | null;
  readonly columns: readonly ColumnSummary[];
}

/** What the nuclei of several images have in common. */
export interface BatchSummary extends Omit<ImageSummary, "imageName"> {
  readonly images: number;
  /**
   * Of each column, mean and spread of the images' own means: nuclei of one image are seldom independent
   * of each other.
   */
  readonly ofImageMeans: readonly ColumnSummary[];
}

/** Nuclei per area. */
export interface Density {
  readonly value: number;
  readonly unit: "per mm²" | "per megapixel";
}

const none: Moments = { count: 0, mean: Number.NaN, squares: 0 };

/** Sums an image up; `included` is by row, as `gates.ts` tells it. */
export function summarise(table: MeasurementTable, included: Uint8Array, context: ImageContext): ImageSummary {
  const { pixelSize } = context;
  const pixels = context.regionPixels ?? context.width * context.height;
  return {
    imageName: context.imageName,
    nuclei: table.rows,
    included: included.reduce((sum, one) => sum + one, 0),
    pixels,
    squareMillimetres: pixelSize === null ? null : (pixels * pixelSize.x * pixelSize.y) / 1e6,
    columns: table.columns.map((column, index) => ({
      column,
      moments: momentsOf(columnValues(table, index), included),
    })),
  };
}

/** Sums several images up. The area in mm² is known only where it is known of every image. */
export function summariseBatch(images: readonly ImageSummary[]): BatchSummary {
  const total = (of: (image: ImageSummary) => number): number => images.reduce((sum, image) => sum + of(image), 0);
  const byColumn = new Map<string, { column: MeasurementColumn; parts: Moments[] }>();
  for (const { column, moments } of images.flatMap((image) => image.columns)) {
    const known = byColumn.get(identity(column));
    if (known === undefined) byColumn.set(identity(column), { column, parts: [moments] });
    else known.parts.push(moments);
  }
  const columns = [...byColumn.values()];
  const areKnown = images.length > 0 && images.every((image) => image.squareMillimetres !== null);
  return {
    images: images.length,
    nuclei: total((image) => image.nuclei),
    included: total((image) => image.included),
    pixels: total((image) => image.pixels),
    squareMillimetres: areKnown ? total((image) => image.squareMillimetres ?? 0) : null,
    columns: columns.map(({ column, parts }) => ({ column, moments: parts.reduce(together, none) })),
    ofImageMeans: columns.map(({ column, parts }) => ({
      column,
      moments: momentsOf(Float64Array.from(parts, ({ mean }) => mean)),
    })),
  };
}

/** Columns of one name but another unit (px here, µm there) must not be mixed. */
function identity({ key, unit }: MeasurementColumn): string {
  return `${key} ${unit}`;
}

/** Included nuclei per mm² where the area is known, else per million pixels; null of no area. */
export function density(summary: Omit<ImageSummary, "imageName" | "columns">): Density | null {
  const { included, pixels, squareMillimetres } = summary;
  if (!(pixels > 0)) return null;
  if (squareMillimetres !== null && squareMillimetres > 0) {
    return { value: included / squareMillimetres, unit: "per mm²" };
  }
  return { value: (included / pixels) * 1e6, unit: "per megapixel" };
}

/** Moments of the values that are numbers; with `included`, of those whose row it keeps. */
export function momentsOf(values: Float64Array, included?: Uint8Array): Moments {
  const finite = new Float64Array(values.length);
  let count = 0;
  let sum = 0;
  // Plain loops: a table of 20,000 nuclei has most of a million values.
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? Number.NaN;
    if (!Number.isFinite(value) || included?.[row] === 0) continue;
    finite[count++] = value;
    sum += value;
  }
  if (count === 0) return none;
  const mean = sum / count;
  let squares = 0;
  for (let index = 0; index < count; index++) squares += ((finite[index] ?? mean) - mean) ** 2;
  return { count, mean, squares };
}

/** Moments of two sets of values (Chan, Golub and LeVeque, "Updating formulae", 1979). */
export function together(left: Moments, right: Moments): Moments {
  if (left.count === 0 || right.count === 0) return left.count === 0 ? right : left;
  const count = left.count + right.count;
  const apart = right.mean - left.mean;
  return {
    count,
    mean: left.mean + (apart * right.count) / count,
    squares: left.squares + right.squares + (apart ** 2 * left.count * right.count) / count,
  };
}

/** Standard deviation of a sample (divided by n - 1); NaN of fewer than two values. */
export function standardDeviation({ count, squares }: Moments): number {
  return count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1));
}
