/** Welch's t-test on the means of images, with Student's t distribution. */

import { standardDeviation, type Moments } from "./summary.ts";

/** Welch's t-test of two groups (Welch, "The generalization of 'Student's' problem", 1947). */
export interface WelchTest {
  /** The mean of the second group less that of the first. */
  readonly difference: number;
  /** The 95 % confidence interval of the difference. */
  readonly interval: readonly [number, number];
  readonly t: number;
  /** Degrees of freedom by Welch and Satterthwaite. */
  readonly df: number;
  /** Two-sided. */
  readonly p: number;
}

/** The test of two groups; null if one has fewer than two values, or no value differs from its group's mean. */
export function welch(first: Moments, second: Moments): WelchTest | null {
  const parts = [first, second].map((group) => standardDeviation(group) ** 2 / group.count);
  const [one = Number.NaN, other = Number.NaN] = parts;
  const variance = one + other;
  if (!(variance > 0)) return null;
  const error = Math.sqrt(variance);
  const df = variance ** 2 / (one ** 2 / (first.count - 1) + other ** 2 / (second.count - 1));
  const difference = second.mean - first.mean;
  const t = difference / error;
  const reach = criticalT(df) * error;
  return { difference, interval: [difference - reach, difference + reach], t, df, p: twoSidedP(t, df) };
}

/**
 * p values adjusted for their number, in the same order (Holm, "A simple sequentially rejective multiple test
 * procedure", 1979).
 */
export function holm(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((left, right) => (values[left] ?? 0) - (values[right] ?? 0));
  const adjusted = new Array<number>(values.length).fill(0);
  let largest = 0;
  for (const [rank, place] of order.entries()) {
    largest = Math.min(1, Math.max(largest, (values[place] ?? 0) * (values.length - rank)));
    adjusted[place] = largest;
  }
  return adjusted;
}

/** The probability of a t at least as far from 0. */
export function twoSidedP(t: number, df: number): number {
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}

/** The t that 2.5 % of the distribution exceed, by bisection. */
export function criticalT(df: number): number {
  let [low, high] = [0, 1];
  while (twoSidedP(high, df) > 0.05) [low, high] = [high, high * 2];
  while (true) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (twoSidedP(middle, df) > 0.05) low = middle;
    else high = middle;
  }
}

/** The regularised incomplete beta function, from its continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (!(x > 0)) return x === 0 ? 0 : Number.NaN;
  if (x >= 1) return 1;
  // The fraction converges fast on this side only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  const factor = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta) / a;
  return (
    factor *
    continuedFraction((step) => {
      const m = Math.floor(step / 2);
      const numerator = step % 2 === 0 ? m * (b - m) : -(a + m) * (a + b + m);
      return (numerator * x) / ((a + step - 1) * (a + step));
    })
  );
}

/** 1 / (1 + d₁ / (1 + d₂ / …)), by the algorithm of Lentz as modified by Thompson and Barnett (1986). */
function continuedFraction(coefficient: (step: number) => number): number {
  const tiny = 1e-300;
  const notZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let [c, d, fraction] = [1, 0, 1];
  for (let step = 1; step < 10_000; step++) {
    const term = coefficient(step);
    d = 1 / notZero(1 + term * d);
    c = notZero(1 + term / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return 1 / fraction;
}

/** Coefficients of Lanczos's approximation for g = 7, as computed by Godfrey. */
const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The natural logarithm of the gamma function, for x ≥ 0.5. */
function logGamma(x: number): number {
  const sum = lanczos.reduce((total, factor, place) => total + factor / (x + place), 0.99999999999980993);
  const base = x + 6.5;
  return Math.log(2 * Math.PI) / 2 + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}
