/** The file of results: how it is merged and checked. */
import { rows } from "./rows.mjs";
import { rounded } from "./statistics.mjs";

/** Parts of the results other than comparisons, each measured as a whole. */
export const extras = ["growth", "peak", "warm"];

/**
 * Merges new results with earlier ones of the same machine and versions: parts that were not measured again are
 * kept.
 */
export function merged(previous, now) {
  const isSame =
    previous !== null &&
    JSON.stringify([previous.machine, previous.versions]) === JSON.stringify([now.machine, now.versions]);
  const older = isSame ? previous : null;
  const newest = (name) =>
    [now, older].flatMap((results) => results?.comparisons ?? []).find((comparison) => comparison.name === name);
  return {
    machine: now.machine,
    versions: now.versions,
    comparisons: rows.map(({ name }) => newest(name)).filter((comparison) => comparison !== undefined),
    ...Object.fromEntries(extras.map((part) => [part, now[part] ?? older?.[part] ?? null])),
  };
}

/** The engines whose speed is compared with the processor's peak: comparison, whose value, and which peak. */
const engines = [
  ["Nucleoscope in WebAssembly", "network-SIDE", "ours", "gflops"],
  ["onnxruntime-web", "network-SIDE", "theirs", "gflops"],
  ["stock tract in WebAssembly", "network-SIDE-stock", "theirs", "gflops"],
  ["Nucleoscope", "native-SIDE", "ours", "nativeGflops"],
  ["onnxruntime (Python)", "native-SIDE", "theirs", "nativeGflops"],
  ["stock tract", "native-SIDE-stock", "theirs", "nativeGflops"],
];

/**
 * Adds the rate of each engine, if the peak is known. A multiplication and an addition count as two operations of
 * the network as defined, however an engine computes it: an engine that needs fewer can exceed the peak.
 */
export function withReached(results, multiplicationsPerPixel) {
  if (results.peak === null) return results;
  const rates = engines.flatMap(([engine, pattern, whose, peak]) =>
    [256, 512].flatMap((side) => {
      const name = pattern.replace("SIDE", String(side));
      const comparison = results.comparisons.find((other) => other.name === name);
      if (comparison === undefined) return [];
      const gflops = (2 * multiplicationsPerPixel * side * side) / comparison[whose] / 1e6;
      const share = rounded(gflops / results.peak[peak]);
      return [{ name: `${engine}, ${side} × ${side}`, gflops: rounded(gflops), share }];
    }),
  );
  return { ...results, peak: { ...results.peak, reached: rates } };
}

/** The names of missing rows and parts. */
export function missing(results) {
  const measured = new Set(results.comparisons.map(({ name }) => name));
  return [
    ...rows.map(({ name }) => name).filter((name) => !measured.has(name)),
    ...extras.filter((part) => results[part] === null),
  ];
}

/** Descriptions of what is wrong with results; empty if they can be published. */
export function faults(results) {
  const found = [];
  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
  for (const comparison of results.comparisons) {
    const { name, peer, ours, theirs, ratio, rounds, min, max } = comparison;
    const fault = (words) => found.push(`${name}: ${words}`);
    if (![ours, min, max].every(isNumber)) fault("ours, min or max is not a number");
    if (!(min <= ours && ours <= max)) fault("ours is not between min and max");
    if (!(Number.isInteger(rounds) && rounds > 0)) fault("rounds is not a positive whole number");
    if (peer === null) {
      if (theirs !== null || ratio !== null) fault("there are values of a peer that does not exist");
    } else if (!isNumber(theirs) || !(Math.abs(ours / theirs / ratio - 1) < 2e-3)) {
      fault("the ratio is not ours divided by theirs");
    }
  }
  const text = JSON.stringify(results);
  if (/(^|[\s"'(])(\/|[A-Za-z]:\\+|file:\/+)[\w.-]+[/\\]/.test(text))
    found.push("they contain a path on this computer");
  return found;
}
