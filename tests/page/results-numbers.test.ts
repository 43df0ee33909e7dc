import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { positiveNuclei } from "../../packages/nucleoscope/src/text.ts";
import { binAt, binCounts, binEdge, binsOf } from "../../packages/nucleoscope/src/results/bins.ts";
import {
  density,
  standardDeviation,
  summariseBatch,
  together,
} from "../../packages/nucleoscope/src/results/summary.ts";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

describe("bins", () => {
  test("follow the rule of Freedman and Diaconis", () => {
    // 1000 values evenly from 0 to 1: the interquartile range is 0.5, so bins are 2 · 0.5 / 10 = 0.1 wide.
    const values = Float64Array.from({ length: 1000 }, (_, index) => index / 999);
    assert.deepEqual(binsOf(values), { minimum: 0, maximum: 1, count: 10 });
  });

  test("are neither too few nor too many", () => {
    assert.equal(binsOf(Float64Array.of(0.1, 0.2))?.count, 5);
    const withOutlier = Float64Array.from({ length: 1000 }, (_, index) => (index === 0 ? 1e6 : index / 999));
    assert.equal(binsOf(withOutlier)?.count, 100);
  });

  test("are as many as requested", () => {
    assert.equal(binsOf(Float64Array.of(0.5, 1, 2), 7)?.count, 7);
  });

  test("of whole numbers contain equally many of them", () => {
    const values = Float64Array.from({ length: 100 }, (_, index) => index % 10);
    const bins = binsOf(values, 10);
    assert.deepEqual(bins, { minimum: -0.5, maximum: 9.5, count: 10 });
    assert.deepEqual([...binCounts(bins, values, () => true)], Array(10).fill(10));
    assert.deepEqual(binsOf(values, 50), bins);
    assert.deepEqual(binsOf(values, 4), { minimum: -0.5, maximum: 11.5, count: 4 });
  });

  test("exist for one value, but not without values", () => {
    assert.deepEqual(binsOf(Float64Array.of(3, 3, Number.NaN)), { minimum: 2.5, maximum: 3.5, count: 1 });
    assert.equal(binsOf(Float64Array.of(Number.NaN)), null);
    assert.equal(binsOf(new Float64Array()), null);
  });

  test("include their lower end, the last one both ends", () => {
    const bins = { minimum: 0, maximum: 1, count: 4 };
    assert.deepEqual(
      [0, 0.25, 0.49, 0.99, 1, 1.1, -0.1, Number.NaN].map((value) => binAt(bins, value)),
      [0, 1, 1, 3, 3, -1, -1, -1],
    );
    assert.deepEqual(
      [0, 1, 4].map((bin) => binEdge(bins, bin)),
      [0, 0.25, 1],
    );
  });

  test("count every value once, and only the rows that count", () => {
    const values = Float64Array.from({ length: 500 }, (_, index) => Math.sin(index));
    const bins = binsOf(values) ?? assert.fail();
    const sum = (counts: Uint32Array) => counts.reduce((total: number, count: number) => total + count, 0);
    assert.equal(sum(binCounts(bins, values, () => true)), 500);
    assert.equal(sum(binCounts(bins, values, (row) => row < 100)), 100);
  });
});

/** Moments of some values. */
function momentsOf(values: number[]) {
  const count = values.length;
  const mean = values.reduce((sum: number, value: number) => sum + value, 0) / count;
  return { count, mean, squares: values.reduce((sum: number, value: number) => sum + (value - mean) ** 2, 0) };
}

describe("a density", () => {
  test("is per megapixel, or per mm² if the pixel size is known; without area there is none", () => {
    const summary = { nuclei: 4, included: 3, pixels: 500_000, squareMillimetres: null, columns: [] };
    assert.deepEqual(density(summary), { value: 6, unit: "per megapixel" });
    assert.deepEqual(density({ ...summary, squareMillimetres: 0.5 }), { value: 6, unit: "per mm²" });
    assert.equal(density({ ...summary, pixels: 0 }), null);
  });
});

describe("a summary of a batch", () => {
  const image = (values: any, squareMillimetres: number | null, unit = "px²", positive: number | null = null) => ({
    nuclei: values.length + 1,
    included: values.length,
    positive,
    pixels: 1e6,
    squareMillimetres,
    columns: [{ column: { key: "area", label: "Area", unit }, moments: momentsOf(values) }],
  });

  test("covers all nuclei together, and the images' means", () => {
    const batch = summariseBatch([image([1, 2, 3], 0.5), image([10], 0.5), image([], 1)]);
    assert.deepEqual([batch.images, batch.nuclei, batch.included], [3, 7, 4]);
    assert.deepEqual(density(batch), { value: 2, unit: "per mm²" });
    const [{ moments }] = batch.columns;
    assert.deepEqual([moments.count, moments.mean], [4, 4]);
    near(standardDeviation(moments), Math.sqrt((9 + 4 + 1 + 36) / 3));
    const [means] = batch.ofImageMeans;
    assert.deepEqual([means.moments.count, means.moments.mean], [2, 6]);
    near(standardDeviation(means.moments), Math.sqrt(32));
  });

  test("has its density in mm² only if every image has", () => {
    assert.equal(density(summariseBatch([image([1], 0.5), image([2], null)]))?.unit, "per megapixel");
    assert.equal(density(summariseBatch([])), null);
  });

  test("has the number of positive nuclei only if every image has", () => {
    const [two, one, none] = [image([1, 2, 3], null, "px²", 2), image([1], null, "px²", 1), image([1], null)];
    assert.equal(summariseBatch([two, one]).positive, 3);
    assert.equal(summariseBatch([two, none]).positive, null);
    assert.equal(positiveNuclei(1500, 2000), "1,500 of 2,000 nuclei (75.0\u00a0%)");
    assert.equal(positiveNuclei(0, 0), "0 of 0 nuclei");
  });

  test("does not mix units", () => {
    const batch = summariseBatch([image([1], null), image([2], null, "µm²")]);
    assert.deepEqual(
      batch.columns.map(({ column, moments }) => [column.unit, moments.mean]),
      [
        ["px²", 1],
        ["µm²", 2],
      ],
    );
  });

  test("does not depend on how the values are grouped", () => {
    const values = Array.from({ length: 300 }, (_, index) => 1e6 + Math.sin(index));
    const whole = momentsOf(values);
    for (const cut of [0, 1, 100, 300]) {
      const parts = together(momentsOf(values.slice(0, cut)), momentsOf(values.slice(cut)));
      assert.equal(parts.count, 300);
      assert.ok(Math.abs(parts.mean - whole.mean) < 1e-6);
      assert.ok(Math.abs(standardDeviation(parts) - standardDeviation(whole)) < 1e-6);
    }
  });
});
