import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./bundle.mjs";

const { gatesFromJson, gatesToJson, included, unused, withGate } = await load("results/gates.ts");

const table = {
  columns: [
    { key: "area_px2", label: "Area", unit: "px²" },
    { key: "distance_px", label: "Distance", unit: "px" },
  ],
  rows: 4,
  values: Float64Array.of(100, 200, 300, 400, 5, Number.NaN, 15, 20),
};

const gate = (key, minimum, maximum, keep = "inside") => ({ key, minimum, maximum, keep });

describe("gates", () => {
  test("keep every nucleus when there are none", () => {
    assert.deepEqual([...included(table, [])], [1, 1, 1, 1]);
  });

  test("keep what is inside, ends included", () => {
    assert.deepEqual([...included(table, [gate("area_px2", 200, 300)])], [0, 1, 1, 0]);
    assert.deepEqual([...included(table, [gate("area_px2", 200, null)])], [0, 1, 1, 1]);
    assert.deepEqual([...included(table, [gate("area_px2", null, 200)])], [1, 1, 0, 0]);
  });

  test("keep what is outside", () => {
    assert.deepEqual([...included(table, [gate("area_px2", 200, 300, "outside")])], [1, 0, 0, 1]);
  });

  test("find a nucleus without a value inside no range", () => {
    assert.deepEqual([...included(table, [gate("distance_px", 0, 100)])], [1, 0, 1, 1]);
    assert.deepEqual([...included(table, [gate("distance_px", 0, 10, "outside")])], [0, 1, 1, 1]);
  });

  test("must all be passed", () => {
    assert.deepEqual([...included(table, [gate("area_px2", 200, null), gate("distance_px", null, 15)])], [0, 0, 1, 0]);
  });

  test("on other images' columns change nothing, and are named", () => {
    const foreign = gate("red_mean", 1e6, null);
    assert.deepEqual([...included(table, [foreign])], [1, 1, 1, 1]);
    assert.deepEqual(unused(table, [foreign, gate("area_px2", 1, 2)]), [foreign]);
  });

  test("give way to a new one of the same kind on the same column", () => {
    const first = withGate([], gate("area_px2", 100, null));
    const second = withGate(first, gate("area_px2", 200, 250, "outside"));
    assert.deepEqual(withGate(second, gate("area_px2", 150, null)), [
      gate("area_px2", 200, 250, "outside"),
      gate("area_px2", 150, null),
    ]);
  });
});

describe("gates as JSON", () => {
  test("are the same when read back", () => {
    const gates = [gate("area_px2", 200.5, null), gate("distance_px", -1, 3, "outside")];
    assert.deepEqual(gatesFromJson(JSON.parse(JSON.stringify(gatesToJson(gates)))), gates);
  });

  test("may leave out what is usual", () => {
    assert.deepEqual(gatesFromJson([{ key: "area_px2", minimum: 3 }]), [gate("area_px2", 3, null)]);
  });

  test("are refused with the gate's number and a remedy when they are wrong", () => {
    const wrong = [
      [{ key: "area_px2" }, /not a list/],
      [[null], /Gate 1 is not an object/],
      [[{ key: "a" }, { minimum: 3 }], /Gate 2 names no column/],
      [[{ key: "" }], /names no column/],
      [[{ key: "a", minimum: "3" }], /Gate 1 \(a\) has a limit that is not a number/],
      [[{ key: "a", maximum: Number.NaN }], /not a number/],
      [[{ key: "a", minimum: 4, maximum: 3 }], /minimum above its maximum/],
      [[{ key: "a", keep: "some" }], /neither/],
      [Array(65).fill({ key: "a" }), /65 gates/],
    ];
    for (const [json, message] of wrong) {
      assert.throws(
        () => gatesFromJson(json),
        (error) => {
          assert.equal(error.code, "gates/invalid");
          assert.match(error.message, message);
          assert.ok(error.remedy.length > 0);
          return true;
        },
        JSON.stringify(json),
      );
    }
  });

  test("take over nothing that they do not know", () => {
    assert.deepEqual(gatesFromJson([{ key: "a", color: "red" }]), [gate("a", null, null)]);
  });
});
