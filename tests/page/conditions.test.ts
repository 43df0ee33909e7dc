/** Groups of images compared: means of image means, and Welch's test against SciPy's numbers. */
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import {
  boxOf,
  cautions,
  comparisonsOf,
  conditionsOf,
  meanAndDeviation,
  nucleusValues,
  quantitiesOf,
  spread,
  type ConditionImage,
  type Quantity,
} from "../../packages/nucleoscope/src/results/conditions.ts";
import { criticalT, holm, twoSidedP, welch } from "../../packages/nucleoscope/src/results/conditions-statistics.ts";
import { momentsOf, summariseBatch } from "../../packages/nucleoscope/src/results/summary.ts";

const near = (actual: number, expected: number, precision = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= precision * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

const area = { key: "area_px2", label: "Area", unit: "px²" };
const areaQuantity: Quantity = { key: "area_px2", title: "Area (px²)", isOfNuclei: true };

/** An image with nuclei of these areas; a negative area is left out of the counted nuclei. */
function image(
  path: string,
  group: string | null,
  areas: readonly number[],
  mm2: number | null = null,
  positive: number | null = null,
): ConditionImage {
  const included = Uint8Array.from(areas, (value) => (value < 0 ? 0 : 1));
  const kept = areas.filter((value) => !(value < 0));
  const summary = {
    nuclei: areas.length,
    included: kept.length,
    positive,
    pixels: 2e6,
    squareMillimetres: mm2,
    columns: [{ column: area, moments: momentsOf(kept) }],
  };
  const table = { columns: [area], rows: areas.length, values: Float64Array.from(areas) };
  return { path, name: path, group, counted: { table, included, summary } };
}

const images = [
  image("c1", "control", [10, 20, -999], 0.5),
  image("c2", "control", [30], 0.5),
  image("t1", "treated", [50, 70], 1),
  image("t2", "treated", [-5], 1),
  image("x", null, [1, 2, 3]),
  { path: "late", name: "late", group: "control", counted: null },
];

describe("groups", () => {
  test("have the mean and standard deviation of their images' means, over the counted nuclei", () => {
    const [control, treated, none] = conditionsOf(images, areaQuantity);
    assert.ok(control !== undefined && treated !== undefined && none !== undefined);
    assert.deepEqual([control.name, control.images.length, control.nuclei, control.missing], ["control", 2, 3, 1]);
    near(meanAndDeviation(control).mean, (15 + 30) / 2);
    near(meanAndDeviation(control).deviation, Math.sqrt(2 * 7.5 ** 2));
    // An image without counted nuclei has no mean.
    assert.deepEqual([treated.images.length, treated.nuclei, treated.missing], [1, 2, 1]);
    assert.ok(Number.isNaN(meanAndDeviation(treated).deviation));
    assert.equal(none.name, null);
  });

  test("count an image without counted nuclei as 0 nuclei, with density 0", () => {
    const [count, perMm2, perMegapixel] = quantitiesOf(images);
    assert.ok(count !== undefined && perMm2 !== undefined && perMegapixel !== undefined);
    const means = (quantity: Quantity) => conditionsOf(images, quantity).map(({ ofImages }) => ofImages.mean);
    assert.deepEqual(means(count), [1.5, 1, 3]);
    assert.deepEqual(means(perMm2), [3, 1, Number.NaN]);
    assert.deepEqual(means(perMegapixel), [0.75, 0.5, 1.5]);
  });

  test("offer the density per mm² only if an area is known", () => {
    const keys = quantitiesOf([image("a", null, [1])]).map(({ key }) => key);
    assert.deepEqual(keys, ["nuclei_counted", "density_per_megapixel", "area_px2"]);
  });

  test("compare the percentage of positive nuclei if nuclei are classified", () => {
    const classified = [
      image("a", "x", [1, 2, 3, -4], null, 1),
      image("b", "x", [1, 2], null, 2),
      image("c", "x", [-1], null, 0),
      image("d", "x", [1]),
    ];
    const quantity = quantitiesOf(classified).find(({ key }) => key === "positive_percent") ?? assert.fail();
    const [group] = conditionsOf(classified, quantity);
    // An image without counted nuclei has no percentage, and neither has one without the measurement.
    assert.deepEqual([group?.images.length, group?.nuclei, group?.missing], [2, 5, 2]);
    near(group?.ofImages.mean ?? Number.NaN, (100 / 3 + 100) / 2);
  });

  test("are not compared by the numbers of nuclei", () => {
    const [, , ...columns] = quantitiesOf([image("a", null, [1]), image("b", null, [1])]);
    assert.deepEqual(columns, [areaQuantity]);
    const numbered = image("a", null, [1]);
    const column = { column: { key: "nucleus", label: "Nucleus", unit: "" }, moments: momentsOf([1]) };
    const summary = { ...(numbered.counted?.summary ?? assert.fail()), columns: [column] };
    const counted = { ...(numbered.counted ?? assert.fail()), summary };
    assert.ok(quantitiesOf([{ ...numbered, counted }]).every(({ key }) => key !== "nucleus"));
  });

  test("agree with the summary of the batch", () => {
    const one = images.map((each) => ({ ...each, group: "all" }));
    const [all] = conditionsOf(one, areaQuantity);
    const batch = summariseBatch(one.flatMap(({ counted }) => counted?.summary ?? []));
    near(all?.ofImages.mean ?? Number.NaN, batch.ofImageMeans[0]?.moments.mean ?? Number.NaN);
    near(all?.ofImages.squares ?? Number.NaN, batch.ofImageMeans[0]?.moments.squares ?? Number.NaN);
    assert.equal(all?.nuclei, batch.columns[0]?.moments.count);
  });

  test("do not depend on the order of the images", () => {
    const many = Array.from({ length: 40 }, (_, place) =>
      image(`${place}`, ["a", "b", null, "c"][place % 4] ?? null, [Math.sin(place), place ** 0.3, 100 / (place + 1)]),
    );
    const before = conditionsOf(many, areaQuantity);
    const shuffled = many.map((_, place) => many[(place * 7 + 3) % many.length] ?? assert.fail());
    assert.deepEqual(conditionsOf(shuffled, areaQuantity), before);
    assert.deepEqual(conditionsOf([...many].reverse(), areaQuantity), before);
    assert.deepEqual(comparisonsOf(conditionsOf(shuffled, areaQuantity)), comparisonsOf(before));
  });
});

describe("Student's t distribution agrees with SciPy", () => {
  test.each([
    [0.5, 1, 0.7048327646991335],
    [2, 1.7, 0.20549011285266228],
    [2.5, 3, 0.08770664700806556],
    [-3.1, 4.37, 0.03215657354661671],
    [1.96, 1000, 0.050273184955748736],
    [12, 8, 2.143866747688769e-6],
    [0, 5, 1],
    [40, 2.2, 0.00034231547656460564],
    [1e-3, 30, 0.9992087357664851],
    [6, 250_000, 1.975874570972846e-9],
  ])("p of t = %s with %s degrees of freedom", (t, df, expected) => {
    const found = twoSidedP(t, df);
    assert.ok(Math.abs(found / expected - 1) < 1e-9, `${found} is not ${expected}`);
  });

  test.each([
    [1, 12.706204736174694],
    [1.3, 7.500529325562029],
    [2, 4.302652729749462],
    [4.37, 2.6861481000408847],
    [10, 2.228138851986274],
    [99.5, 1.9840936109906238],
    [1e5, 1.9599877075346095],
  ])("the critical t of %s degrees of freedom", (df, expected) => near(criticalT(df), expected, 1e-10));
});

describe("Welch's test", () => {
  test("agrees with SciPy", () => {
    const cases = [
      {
        first: [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4],
        second: [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 24.4],
        t: 2.8529548701715215,
        df: 27.88730398842012,
        p: 0.008071938172194903,
        difference: 2.833333333333332,
        interval: [0.7986439248746979, 4.868022741791966],
      },
      {
        first: [3.0, 4.0, 1.0, 2.1],
        second: [490.2, 340.0, 433.9],
        t: 9.559497721932658,
        df: 2.0008523488562844,
        p: 0.010751561149784488,
        difference: 418.84166666666664,
        interval: [230.40135134335262, 607.2819819899806],
      },
    ];
    for (const { first, second, t, df, p, difference, interval } of cases) {
      const test = welch(momentsOf(first), momentsOf(second));
      assert.ok(test !== null);
      near(test.t, t, 1e-10);
      near(test.df, df, 1e-10);
      near(test.p, p, 1e-10);
      near(test.difference, difference, 1e-10);
      near(test.interval[0], interval[0] ?? 0, 1e-9);
      near(test.interval[1], interval[1] ?? 0, 1e-9);
    }
  });

  test("needs two images in each group, and values that differ", () => {
    assert.equal(welch(momentsOf([1]), momentsOf([1, 2])), null);
    assert.equal(welch(momentsOf([1, 1]), momentsOf([2, 2])), null);
    assert.equal(welch(momentsOf([]), momentsOf([])), null);
    assert.notEqual(welch(momentsOf([1, 1]), momentsOf([2, 3])), null);
  });

  test("has its p values adjusted by Holm's procedure", () => {
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert.deepEqual(
      holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(10))),
      [0.03, 0.06, 0.06, 0.02],
    );
    assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
    assert.deepEqual(holm([]), []);
  });

  test("of three groups is made of every pair, without the images that have no group", () => {
    const three = ["a", "b", "c"].flatMap((group, place) =>
      [1, 2, 4].map((value) => image(group + value, group, [value + 10 * place])),
    );
    const found = comparisonsOf(conditionsOf([...three, image("x", null, [1])], areaQuantity));
    assert.deepEqual(
      found.map(({ first, second }) => `${first.name}-${second.name}`),
      ["a-b", "a-c", "b-c"],
    );
    const raw = found.map(({ test }) => test?.p ?? Number.NaN);
    assert.deepEqual(
      found.map(({ p }) => p),
      holm(raw),
    );
    const [pair] = comparisonsOf(conditionsOf(three.slice(0, 6), areaQuantity));
    assert.equal(pair?.p, pair?.test?.p, "a single test is not adjusted");
  });

  test("is refused or doubted in plain words if there are too few images", () => {
    const of = (...sizes: number[]) =>
      conditionsOf(
        sizes.flatMap((size, place) =>
          Array.from({ length: size }, (_, one) => image(`${place}-${one}`, `g${place}`, [one + place])),
        ),
        areaQuantity,
      );
    assert.match(cautions(of(3)).join(" "), /at least two groups/);
    assert.match(cautions(of(3, 1)).join(" "), /The group g1 cannot be tested: .* at least 2 images/);
    assert.match(cautions(of(2, 3)).join(" "), /fewer than 3 images in a group \(g0\).* means little/);
    assert.deepEqual(cautions(of(3, 3)), []);
    const same = conditionsOf(
      ["a", "a2", "b", "b2"].map((path) => image(path, path.charAt(0), [5])),
      areaQuantity,
    );
    assert.match(cautions(same).join(" "), /all have the same value/);
  });
});

describe("the dots of nuclei", () => {
  const [control] = conditionsOf(images, areaQuantity);
  assert.ok(control !== undefined);

  test("are the counted nuclei, with their image", () => {
    const found = nucleusValues(control, areaQuantity, 100);
    assert.deepEqual([...found.values], [10, 20, 30]);
    assert.deepEqual([...found.images], [0, 0, 1]);
    assert.equal(found.all, 3);
  });

  test("are sampled evenly when they are too many, and their number is kept", () => {
    const areas = Array.from({ length: 1000 }, (_, row) => row);
    const [group] = conditionsOf([image("a", "g", areas)], areaQuantity);
    assert.ok(group !== undefined);
    const found = nucleusValues(group, areaQuantity, 10);
    assert.deepEqual(
      [...found.values],
      Array.from({ length: 10 }, (_, step) => step * 100 + 99),
    );
    assert.equal(found.all, 1000);
    assert.equal(nucleusValues(group, { ...areaQuantity, isOfNuclei: false }, 10).all, 0);
  });

  test("lie apart within their column, widest where most values are", () => {
    const values = Float64Array.from({ length: 400 }, (_, row) => (row < 300 ? 0.5 : row / 400));
    const places = spread(values, 0, 1);
    assert.ok(places.every((place) => Math.abs(place) <= 1));
    assert.equal(new Set(places.slice(0, 300)).size, 300);
    assert.ok(Math.max(...places.slice(0, 300)) > 0.9);
    assert.ok(Math.max(...places.slice(310).map(Math.abs)) < 0.4);
    assert.deepEqual([...spread(Float64Array.of(3), 3, 3)], [0]);
  });
});

test("a box has the quartiles, and whiskers within 1.5 times their distance", () => {
  assert.deepEqual(boxOf(Float64Array.of(5, 1, 2, 3, 4, 100)), {
    low: 1,
    lower: 2.25,
    median: 3.5,
    upper: 4.75,
    high: 5,
  });
  assert.equal(boxOf(new Float64Array()), null);
});
