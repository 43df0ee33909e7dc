/** Groups of images (conditions), compared by the means of their images. */

import { quantile } from "d3-array";
import { plain } from "../plain-text.ts";
import * as text from "../text.ts";
import { sortedGroups, type Group } from "../session/groups.ts";
import { holm, welch, type WelchTest } from "./conditions-statistics.ts";
import { columnIndex, columnValues, heading, type MeasurementTable } from "./measurement-table.ts";
import { momentsOf, standardDeviation, type ImageSummary, type Moments } from "./summary.ts";

/** An image of the batch, with its group. */
export interface ConditionImage {
  readonly path: string;
  readonly name: string;
  readonly group: string | null;
  /** Null while its nuclei have not been counted. */
  readonly counted: {
    readonly table: MeasurementTable;
    readonly included: Uint8Array;
    readonly summary: ImageSummary;
  } | null;
}

/** A quantity that can be compared: one of each image, or a measurement of each nucleus. */
export interface Quantity {
  /** As `measure` in `conditions.csv`. */
  readonly key: string;
  readonly title: string;
  /** Whether every nucleus has a value; otherwise only the image has one. */
  readonly isOfNuclei: boolean;
}

/** Counted nuclei. */
const count: Quantity = { key: "nuclei_counted", title: text.nucleiNumber, isOfNuclei: false };
const perMegapixel: Quantity = {
  key: "density_per_megapixel",
  title: text.densityPerMegapixel,
  isOfNuclei: false,
};
const perMm2: Quantity = { key: "density_per_mm2", title: text.densityPerMm2, isOfNuclei: false };

const positive: Quantity = { key: "positive_percent", title: text.positivePercent, isOfNuclei: false };

/** What can be compared between these images: count, density, share of positive nuclei, and every measurement that one of them has. */
export function quantitiesOf(images: readonly ConditionImage[]): Quantity[] {
  const summaries = images.flatMap(({ counted }) => counted?.summary ?? []);
  const areInMm2 = summaries.some(({ squareMillimetres }) => squareMillimetres !== null);
  const columns = new Map<string, Quantity>();
  for (const { column } of summaries.flatMap((summary) => summary.columns)) {
    // The number of a nucleus measures nothing.
    if (!columns.has(column.key) && column.key !== "nucleus") {
      columns.set(column.key, { key: column.key, title: heading(column), isOfNuclei: true });
    }
  }
  const areClassified = summaries.some((summary) => summary.positive !== null);
  return [
    count,
    ...(areInMm2 ? [perMm2] : []),
    perMegapixel,
    ...(areClassified ? [positive] : []),
    ...columns.values(),
  ];
}

/** The value of an image: its number, its density, or the mean of its counted nuclei; NaN if it has none. */
export interface ImageValue {
  readonly image: ConditionImage;
  readonly value: number;
  /** The number of nuclei behind the value. */
  readonly nuclei: number;
}

/** The value of an image. */
function imageValue(summary: ImageSummary, { key }: Quantity): Omit<ImageValue, "image"> {
  const { included, pixels, squareMillimetres, columns } = summary;
  const perArea = (area: number | null): number => (area !== null && area > 0 ? included / area : Number.NaN);
  if (key === count.key) return { value: included, nuclei: included };
  if (key === perMegapixel.key) return { value: perArea(pixels / 1e6), nuclei: included };
  if (key === perMm2.key) return { value: perArea(squareMillimetres), nuclei: included };
  if (key === positive.key) return { value: (100 * (summary.positive ?? Number.NaN)) / included, nuclei: included };
  const found = columns.find(({ column }) => column.key === key);
  return { value: found?.moments.mean ?? Number.NaN, nuclei: found?.moments.count ?? 0 };
}

/** A group of images with the quantity that is compared. */
export interface Condition {
  readonly name: string | null;
  /** The images that have a value. */
  readonly images: readonly ImageValue[];
  /** Images that are not counted yet, or have no value because none of their nuclei counts. */
  readonly missing: number;
  /** The number of nuclei behind the images' values. */
  readonly nuclei: number;
  /** Number, mean and spread of the images' values, each image with equal weight. */
  readonly ofImages: Moments;
}

/** The groups of images in the order of their names, those without a group last. */
export function conditionsOf(images: readonly ConditionImage[], quantity: Quantity): Condition[] {
  return sortedGroups(images.map(({ group }) => group)).map((group) => conditionOf(group, images, quantity));
}

function conditionOf({ name, places }: Group, images: readonly ConditionImage[], quantity: Quantity): Condition {
  const values = places.flatMap((place) => {
    const image = images[place];
    if (image === undefined || image.counted === null) return [];
    return [{ image, ...imageValue(image.counted.summary, quantity) }];
  });
  const found = values.filter(({ value }) => Number.isFinite(value));
  // So that rounding does not depend on the order of the images.
  found.sort((left, right) => (left.image.path < right.image.path ? -1 : 1));
  return {
    name,
    images: found,
    missing: places.length - found.length,
    nuclei: found.reduce((sum, { nuclei }) => sum + nuclei, 0),
    ofImages: momentsOf(found.map(({ value }) => value)),
  };
}

/** The name of a group, or words for the images without one. */
export function nameOf({ name }: Pick<Condition, "name">): string {
  return plain(name ?? text.noGroup);
}

/** The mean of the images' values, and its standard deviation; NaN for fewer than two images. */
export function meanAndDeviation({ ofImages }: Condition): { readonly mean: number; readonly deviation: number } {
  return { mean: ofImages.mean, deviation: standardDeviation(ofImages) };
}

/** The test of two groups. */
export interface Comparison {
  readonly first: Condition;
  readonly second: Condition;
  /** Null if the groups cannot be tested. */
  readonly test: WelchTest | null;
  /** Holm's p value if there are several tests, otherwise the test's own. */
  readonly p: number;
}

/** All pairs of groups; images without a group are in none. */
export function comparisonsOf(conditions: readonly Condition[]): Comparison[] {
  const groups = conditions.filter(({ name }) => name !== null);
  const pairs = groups.flatMap((first, place) =>
    groups.slice(place + 1).map((second) => ({ first, second, test: welch(first.ofImages, second.ofImages) })),
  );
  const adjusted = holm(pairs.flatMap(({ test }) => test?.p ?? []));
  return pairs.map((pair) => ({ ...pair, p: pair.test === null ? Number.NaN : (adjusted.shift() ?? Number.NaN) }));
}

/** The values of a group's counted nuclei, image after image; at most `most`, taken at equal steps. */
export interface NucleusValues {
  readonly values: Float64Array;
  /** For each value, the place of its image in `Condition.images`. */
  readonly images: Uint32Array;
  /** The number of nuclei with a value, drawn or not. */
  readonly all: number;
}

/** The values to draw for a group's nuclei. */
export function nucleusValues({ images }: Condition, { key, isOfNuclei }: Quantity, most: number): NucleusValues {
  const found = images.map(({ image: { counted } }) => {
    const column = counted === null || !isOfNuclei ? -1 : columnIndex(counted.table, key);
    if (counted === null || column < 0) return new Float64Array();
    const counts = (value: number, row: number): boolean => counted.included[row] === 1 && Number.isFinite(value);
    return columnValues(counted.table, column).filter(counts);
  });
  const all = found.reduce((sum, { length }) => sum + length, 0);
  const drawn = Math.min(all, most);
  const values = new Float64Array(drawn);
  const places = new Uint32Array(drawn);
  let [seen, taken] = [0, 0];
  for (const [place, of] of found.entries()) {
    for (const value of of) {
      seen++;
      if (Math.floor((seen * drawn) / all) === taken) continue;
      values[taken] = value;
      places[taken] = place;
      taken++;
    }
  }
  return { values, images: places, all };
}

/**
 * Horizontal positions from -1 to 1 that spread values of similar size: the wider, the more there are, in the order of
 * the van der Corput sequence, so that no two lie close together.
 */
export function spread(values: Float64Array, minimum: number, maximum: number, bins = 40): Float32Array {
  const size = (maximum - minimum) / bins || 1;
  const binOf = (value: number): number => Math.min(bins - 1, Math.max(0, Math.floor((value - minimum) / size)));
  const filled = new Uint32Array(bins);
  for (const value of values) filled[binOf(value)] = (filled[binOf(value)] ?? 0) + 1;
  const most = filled.reduce((left, right) => Math.max(left, right), 1);
  const seen = new Uint32Array(bins);
  return Float32Array.from(values, (value) => {
    const bin = binOf(value);
    const number = (seen[bin] ?? 0) + 1;
    seen[bin] = number;
    return (2 * radicalInverse(number) - 1) * Math.sqrt((filled[bin] ?? 0) / most);
  });
}

/** The number's binary digits mirrored at the point: 1, 2, 3 … become 0.5, 0.25, 0.75 … */
function radicalInverse(number: number): number {
  let [rest, digit, sum] = [number, 0.5, 0];
  for (; rest > 0; rest >>= 1, digit /= 2) sum += (rest & 1) * digit;
  return sum;
}

/** The five numbers of a box plot: quartiles, and the furthest values within 1.5 interquartile ranges (Tukey). */
export interface Box {
  readonly low: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly high: number;
}

/** The box of some finite values; null without values. */
export function boxOf(values: Float64Array): Box | null {
  const sorted = values.slice().sort();
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((part) => quantile(sorted, part));
  if (lower === undefined || median === undefined || upper === undefined) return null;
  const reach = 1.5 * (upper - lower);
  const low = sorted.find((value) => value >= lower - reach) ?? lower;
  const high = sorted.filter((value) => value <= upper + reach).at(-1) ?? upper;
  return { low, lower, median, upper, high };
}

/** What keeps groups from being tested, or makes the result doubtful; empty if nothing does. */
export function cautions(conditions: readonly Condition[]): string[] {
  const groups = conditions.filter(({ name }) => name !== null);
  if (groups.length < 2) return [text.testNeedsGroups];
  const single = groups.filter(({ images }) => images.length < 2);
  const few = groups.filter(({ images }) => images.length === 2);
  const words: string[] = [];
  if (single.length > 0) words.push(text.testNeedsImages(single.map(nameOf)));
  if (few.length > 0) words.push(text.testOfFew(few.map(nameOf)));
  if (comparisonsOf(groups).some(({ first, second, test }) => test === null && areEnough(first, second))) {
    words.push(text.testOfEqual);
  }
  return words;
}

function areEnough(first: Condition, second: Condition): boolean {
  return Math.min(first.images.length, second.images.length) >= 2;
}
