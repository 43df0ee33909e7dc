import { extent, quantile, thresholdFreedmanDiaconis } from "d3-array";
import { isWhole } from "./measurement-table.ts";

/** The fewest and the most bins that are useful. */
const fewestBins = 5;
const mostBins = 100;

/** Ranges of equal width that contain all values; each includes its lower end, the last one both ends. */
export interface Bins {
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

/**
 * Bins for these values without NaN: the requested number, or by the rule of Freedman and Diaconis
 * ("On the histogram as a density estimator", 1981), at least 5 and at most 100. Bins for whole numbers are
 * a whole number wide and begin half-way between two numbers, so that all contain equally many.
 * Null if there are no values.
 */
export function binsOf(values: Float64Array, asked: number | null = null): Bins | null {
  const finite = values.filter(Number.isFinite).sort();
  const [low, high] = extent(finite);
  if (low === undefined || high === undefined) return null;
  if (low === high) return { minimum: low - 0.5, maximum: high + 0.5, count: 1 };
  const count = asked ?? Math.min(Math.max(ruleOfThumb(finite, low, high), fewestBins), mostBins);
  if (!isWhole(finite)) return { minimum: low, maximum: high, count };
  const width = Math.max(1, Math.ceil((high - low + 1) / count));
  const filled = Math.ceil((high - low + 1) / width);
  return { minimum: low - 0.5, maximum: low - 0.5 + filled * width, count: filled };
}

function ruleOfThumb(sorted: Float64Array, low: number, high: number): number {
  const hasSpread = (quantile(sorted, 0.25) ?? 0) < (quantile(sorted, 0.75) ?? 0);
  // If the interquartile range is 0, the rule of Sturges.
  return hasSpread ? thresholdFreedmanDiaconis(sorted, low, high) : Math.ceil(Math.log2(sorted.length)) + 1;
}

/** The bin that contains a value, or -1. */
export function binAt({ minimum, maximum, count }: Bins, value: number): number {
  if (!(value >= minimum && value <= maximum)) return -1;
  return Math.min(Math.floor(((value - minimum) / (maximum - minimum)) * count), count - 1);
}

/** The lower end of a bin, which is the upper end of the bin before. */
export function binEdge({ minimum, maximum, count }: Bins, bin: number): number {
  return bin >= count ? maximum : minimum + ((maximum - minimum) * bin) / count;
}

/** How many values in each bin belong to nuclei that count. */
export function binCounts(bins: Bins, values: Float64Array, counts: (row: number) => boolean): Uint32Array {
  const filled = new Uint32Array(bins.count);
  values.forEach((value, row) => {
    const bin = binAt(bins, value);
    if (bin >= 0 && counts(row)) filled[bin] = (filled[bin] ?? 0) + 1;
  });
  return filled;
}
