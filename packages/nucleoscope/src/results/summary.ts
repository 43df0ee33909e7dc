import type { MeasurementColumn } from "./measurement-table.ts";

/** Number, mean and sum of squares of some values. */
export interface Moments {
  readonly count: number;
  /** NaN without values. */
  readonly mean: number;
  /** Sum of the squared distances from the mean. */
  readonly squares: number;
}

/** A column's moments over the counted nuclei. */
export interface ColumnSummary {
  readonly column: MeasurementColumn;
  readonly moments: Moments;
}

/** The summary of an image's nuclei. */
export interface ImageSummary {
  /** All nuclei. */
  readonly nuclei: number;
  /** Nuclei that count. */
  readonly included: number;
  /** Positive nuclei among these; null if nuclei are not classified. */
  readonly positive: number | null;
  /** The area in which they were counted, in pixels. */
  readonly pixels: number;
  /** The same in mm²; null without a pixel size. */
  readonly squareMillimetres: number | null;
  readonly columns: readonly ColumnSummary[];
}

/** The summary of several images' nuclei. */
export interface BatchSummary extends ImageSummary {
  readonly images: number;
  /**
   * For each column, the moments of the images' means: nuclei of one image are seldom independent
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

/** Summarises several images. The area in mm² and the positive nuclei are null unless they are known for every image. */
export function summariseBatch(images: readonly ImageSummary[]): BatchSummary {
  const total = (of: (image: ImageSummary) => number): number => images.reduce((sum, image) => sum + of(image), 0);
  const byColumn = new Map<string, { column: MeasurementColumn; parts: Moments[] }>();
  for (const { column, moments } of images.flatMap((image) => image.columns)) {
    const known = byColumn.get(identity(column));
    if (known === undefined) byColumn.set(identity(column), { column, parts: [moments] });
    else known.parts.push(moments);
  }
  const columns = [...byColumn.values()];
  const totalOf = (of: (image: ImageSummary) => number | null): number | null =>
    images.length > 0 && images.every((image) => of(image) !== null) ? total((image) => of(image) ?? 0) : null;
  return {
    images: images.length,
    nuclei: total((image) => image.nuclei),
    included: total((image) => image.included),
    pixels: total((image) => image.pixels),
    positive: totalOf((image) => image.positive),
    squareMillimetres: totalOf((image) => image.squareMillimetres),
    columns: columns.map(({ column, parts }) => ({ column, moments: parts.reduce(together, none) })),
    ofImageMeans: columns.map(({ column, parts }) => ({
      column,
      moments: momentsOf(parts.map(({ mean }) => mean)),
    })),
  };
}

/** Columns with the same name but different units (px, µm) must not be mixed. */
function identity({ key, unit }: MeasurementColumn): string {
  return `${key} ${unit}`;
}

/** Counted nuclei per mm² if the area is known, otherwise per million pixels; null without area. */
export function density(summary: Pick<ImageSummary, "included" | "pixels" | "squareMillimetres">): Density | null {
  const { included, pixels, squareMillimetres } = summary;
  if (!(pixels > 0)) return null;
  if (squareMillimetres !== null && squareMillimetres > 0) {
    return { value: included / squareMillimetres, unit: "per mm²" };
  }
  return { value: (included / pixels) * 1e6, unit: "per megapixel" };
}

/** Moments of the values other than NaN. */
export function momentsOf(values: readonly number[]): Moments {
  return values
    .filter(Number.isFinite)
    .map((mean) => ({ count: 1, mean, squares: 0 }))
    .reduce(together, none);
}

/** Moments of two sets of values together (Chan, Golub and LeVeque, "Updating formulae", 1979). */
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

/** Standard deviation of a sample (divided by n - 1); NaN for fewer than two values. */
export function standardDeviation({ count, squares }: Moments): number {
  return count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1));
}
