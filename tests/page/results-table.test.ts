import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { defaultColumns, heading, written } from "../../packages/nucleoscope/src/results/measurement-table.ts";
import { Formats } from "../../packages/nucleoscope/src/languages/formats.ts";
import { tickFormat } from "../../packages/nucleoscope/src/results/chart.ts";
import { readCondition, readNumber } from "../../packages/nucleoscope/src/session/row-filter.ts";
import { rowOrder } from "../../packages/nucleoscope/src/results/row-order.ts";

/** A table from columns given as `{ key: values }`. */
function tableOf(columns: Record<string, number[]>) {
  const keys = Object.keys(columns);
  return {
    columns: keys.map((key) => ({ key, label: key, unit: "" })),
    rows: columns[keys[0]].length,
    values: Float64Array.from(keys.flatMap((key) => columns[key])),
  };
}

describe("numbers", () => {
  test("have four significant digits, and all those before the decimal point", () => {
    assert.deepEqual(
      [0.123456, 1.5, 12.3456, 999.96, 1234.5, 1_234_567.8, 0, -0.5, Number.NaN].map((value) => written(value)),
      ["0.1235", "1.500", "12.35", "1,000", "1,235", "1,234,568", "0", "-0.5000", "–"],
    );
  });

  test("of integer columns have no decimals; very large and small ones have powers of ten", () => {
    assert.deepEqual(
      [7, 1200].map((value) => written(value, true)),
      ["7", "1,200"],
    );
    assert.deepEqual(
      [2.5e12, 0.000012345].map((value) => written(value)),
      ["2.500E12", "1.235E-5"],
    );
  });

  test("have their unit in the heading", () => {
    assert.equal(heading({ key: "a", label: "Area", unit: "px²" }), "Area (px²)");
    assert.equal(heading({ key: "c", label: "Circularity", unit: "" }), "Circularity");
  });
});

describe("columns shown by default", () => {
  test("are the most important ones", () => {
    const keys = [
      "touches_edge",
      "area_px2",
      "red_mean",
      "red_median",
      "green_mean",
      "solidity",
      "circularity",
      "x",
      "y",
    ];
    const table = tableOf(Object.fromEntries(keys.map((key) => [key, [1]])));
    assert.deepEqual(defaultColumns(table, 5), ["area_px2", "circularity", "red_mean", "green_mean", "solidity"]);
  });

  test("have the mean of every channel, however many there are", () => {
    const shape = ["area_px2", "area_um2", "circularity", "major_axis_px", "major_axis_um", "minor_axis_px"];
    const means = ["dapi", "gfp", "mcherry", "cy5"].map((name) => `${name}_mean`);
    const keys = [...shape, ...means.flatMap((key) => [key, key.replace("mean", "median")])];
    const table = tableOf(Object.fromEntries(keys.map((key) => [key, [1]])));
    assert.deepEqual(defaultColumns(table), [...shape.slice(0, 5), ...means]);
  });

  test("are the first ones if none of these exist", () => {
    assert.deepEqual(defaultColumns(tableOf({ p: [1], q: [1] })), ["p", "q"]);
  });
});

describe("the order of rows", () => {
  const table = tableOf({ size: [3, Number.NaN, 1, 3, Number.NaN, 2] });
  const order = (key: string | null, descending: boolean, isShown: (row: number) => boolean = () => true) => [
    ...rowOrder(table, { key, descending }, isShown),
  ];

  test("has rows without a value last in both directions", () => {
    assert.deepEqual(order("size", false), [2, 5, 0, 3, 1, 4]);
    assert.deepEqual(order("size", true), [0, 3, 5, 2, 1, 4]);
  });

  test("is by number without a column, or with an unknown one", () => {
    assert.deepEqual(order(null, false), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(order(null, true), [5, 4, 3, 2, 1, 0]);
    assert.deepEqual(order("gone", false), [0, 1, 2, 3, 4, 5]);
  });

  test("leaves out hidden rows", () => {
    assert.deepEqual(
      order("size", false, (row) => row % 2 === 0),
      [2, 0, 4],
    );
  });
});

describe("filters", () => {
  const kept = (text: string, values: number[]) =>
    values.filter(readCondition(text, ".", (value) => written(value)) ?? assert.fail());

  test("compare", () => {
    const values = [199, 200, 201];
    assert.deepEqual(kept("> 200", values), [201]);
    assert.deepEqual(kept(">=200", values), [200, 201]);
    assert.deepEqual(kept("≥ 200", values), [200, 201]);
    assert.deepEqual(kept("<200", values), [199]);
    assert.deepEqual(kept(" <= 200 ", values), [199, 200]);
    assert.deepEqual(kept("= 200", values), [200]);
  });

  test("accept ranges with both ends, in either order", () => {
    for (const text of ["2 to 4", "2-4", "2 – 4", "2..4", "4 to 2"]) {
      assert.deepEqual(kept(text, [1, 2, 3, 4, 5]), [2, 3, 4], text);
    }
    assert.deepEqual(kept("-4 to -2", [-5, -4, -2, -1]), [-4, -2]);
    assert.deepEqual(kept("-4--2", [-5, -4, -2, -1]), [-4, -2]);
  });

  test("find values as shown, although they are rounded", () => {
    assert.deepEqual(kept("0.1235", [0.12346, 0.12354, 0.1236]), [0.12346, 0.12354]);
    assert.deepEqual(kept("1,235", [1234.6, 1236]), [1234.6]);
  });

  test("read a comma as the decimal sign, unless it separates thousands", () => {
    assert.deepEqual(kept("> 0,9", [0.8, 0.95, 8, 900]), [0.95, 8, 900]);
    assert.deepEqual(kept("0,125 to 0,5", [0.1, 0.2, 0.6, 125]), [0.2]);
    assert.deepEqual(kept("< ,5", [0.4, 0.6]), [0.4]);
    assert.deepEqual(kept("> 1,5", [1, 2, 14, 16]), [2, 14, 16]);
    assert.deepEqual(kept("> 12,3456", [12, 13]), [13]);
    assert.deepEqual(kept("> 1,000", [2, 1001]), [1001]);
    assert.deepEqual(kept("> 1,234.5", [1234, 1235]), [1235]);
  });

  test("never match missing values", () => {
    for (const text of ["> 0", "< 0", "0 to 1", "= 0"]) assert.deepEqual(kept(text, [Number.NaN]), [], text);
  });

  test("have no condition when empty, and are undefined when invalid", () => {
    assert.equal(readCondition("  ", ".", String), null);
    for (const text of ["large", ">", "> 2 px", "1 2", "2 to", "--3", "> 1,2,3", "> 1,234,5", "> 1.5.2"]) {
      assert.equal(readCondition(text, ".", String), undefined, text);
    }
  });

  test("read a point as the thousands separator where the decimal sign is a comma, unless it can only be one", () => {
    const keptWithComma = (text: string, values: number[]) =>
      values.filter(readCondition(text, ",", (value) => value.toLocaleString("de")) ?? assert.fail());
    assert.deepEqual(keptWithComma("> 1.234,5", [1234, 1235]), [1235]);
    assert.deepEqual(keptWithComma("> 1.000", [2, 1001]), [1001]);
    assert.deepEqual(keptWithComma("0,9", [0.9, 9]), [0.9]);
    assert.deepEqual(keptWithComma("> 0.5", [0.4, 0.6]), [0.6]);
    assert.deepEqual(keptWithComma("0,2 bis 0,4", [0.1, 0.3, 0.5]), [0.3]);
    assert.deepEqual(keptWithComma("0,2..0,4", [0.1, 0.3, 0.5]), [0.3]);
    assert.deepEqual(keptWithComma("1.234,5", [1234.5, 1234.6]), [1234.5]);
    assert.equal(readCondition("> 1.234.5", ",", String), undefined);
  });
});

describe("a typed number", () => {
  test("is read as the language writes it, and with a point or a comma before decimals", () => {
    for (const [text, withPoint, withComma] of [
      ["1,234.5", 1234.5, undefined],
      ["1.234,5", undefined, 1234.5],
      ["1,234", 1234, 1.234],
      ["1.000", 1, 1000],
      ["12.345.678", undefined, 12_345_678],
      ["0,9", 0.9, 0.9],
      ["0.5", 0.5, 0.5],
      ["0.125", 0.125, 0.125],
      ["1.5", 1.5, 1.5],
      ["-1,5e-3", -0.0015, -0.0015],
      ["1\u00a0234,5", 1234.5, 1234.5],
      ["1’234.5", 1234.5, 1234.5],
      ["12,34,567", 1_234_567, undefined],
      ["  ", null, null],
      ["many", undefined, undefined],
    ] as const) {
      assert.deepEqual([readNumber(text, "."), readNumber(text, ",")], [withPoint, withComma], text);
    }
  });

  test("is written with the decimal sign of the language and without thousands separators", () => {
    for (const [language, written] of [
      ["en", "1234.5"],
      ["de", "1234,5"],
    ]) {
      const { ungrouped, decimalSign } = new Formats(language);
      assert.equal(ungrouped(1234.5), written);
      assert.equal(readNumber(ungrouped(1234.5), decimalSign), 1234.5);
    }
  });
});

describe("the ticks of an axis", () => {
  const ticks = (low: number, high: number, locale: string) => [low, 0, high].map(tickFormat(low, high, 5, locale));

  test("have as many decimals as their step, and letters for thousands and millions", () => {
    assert.deepEqual(ticks(-1, 1, "en"), ["−1.0", "0.0", "1.0"]);
    assert.deepEqual(ticks(-0.01, 0.005, "en"), ["−0.010", "0.000", "0.005"]);
    assert.deepEqual(ticks(-5000, 10_000, "en"), ["−5,000", "0", "10,000"]);
    assert.deepEqual(ticks(0, 250_000, "en"), ["0k", "0k", "250k"]);
    assert.deepEqual([500_000, 1e6].map(tickFormat(0, 2e6, 5, "en")), ["0.5M", "1M"]);
  });

  test("are written in the language", () => {
    assert.deepEqual(ticks(-1, 1, "de"), ["−1,0", "0,0", "1,0"]);
    assert.deepEqual(ticks(0, 10_000, "de"), ["0", "0", "10.000"]);
    assert.deepEqual([500_000, 1e6].map(tickFormat(0, 2e6, 5, "de")), ["0,5M", "1M"]);
  });
});
