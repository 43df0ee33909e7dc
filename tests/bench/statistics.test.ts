import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { compare, interleaved, median, rounded } from "../../benchmarks/statistics.mjs";

const row = { name: "one", what: "a thing", unit: "ms", peer: "another", target: 0.4, aim: 0.28, better: "lower" };

describe("median", () => {
  test("is the middle value, whatever the order", () => {
    const values = [9, 1, 10];
    assert.equal(median(values), 9);
    assert.deepEqual(values, [9, 1, 10], "the values are not changed");
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.throws(() => median([]), RangeError);
  });
});

describe("rounded", () => {
  test("keeps four digits, at any size", () => {
    assert.equal(rounded(123456), 123500);
    assert.equal(rounded(0.000123456), 0.0001235);
  });
});

describe("interleaved", () => {
  test("measures engines in turns, forwards and backwards, and leaves out the warm-up", async () => {
    const order: string[] = [];
    const engine = (name: string) => async () => order.push(name);
    const engines = { a: engine("a"), b: engine("b") };
    const measured = await interleaved(engines, { rounds: 2, warmUp: 1 });
    assert.equal(order.join(""), "baabba");
    assert.deepEqual(measured, { a: [3, 6], b: [4, 5] });
  });

  test("fails if an engine fails", async () => {
    const broken = async () => {
      throw new Error("broken");
    };
    await assert.rejects(interleaved({ broken }, { rounds: 1, warmUp: 0 }), /broken/);
  });
});

describe("compare", () => {
  test("compares the medians with each other and with the target", () => {
    const { ours, theirs, ratio, rounds, min, max, met, aimMet } = compare(row, [40, 30, 35], [100, 90, 500]);
    assert.deepEqual(
      { ours, theirs, ratio, rounds, min, max },
      { ours: 35, theirs: 100, ratio: 0.35, rounds: 3, min: 30, max: 40 },
    );
    assert.deepEqual({ met, aimMet }, { met: true, aimMet: false });
    assert.equal(compare(row, [41], [100]).met, false);
  });

  test("treats larger values as better for rows where they are", () => {
    const higher = { ...row, target: 1.6, aim: 1.85, better: "higher" };
    assert.deepEqual([compare(higher, [17], [10]).met, compare(higher, [17], [10]).aimMet], [true, false]);
    assert.equal(compare(higher, [15], [10]).met, false);
  });

  test("compares the value itself with the target if there is no peer", () => {
    const alone = { ...row, peer: null, target: 4.5, aim: null };
    const comparison = compare(alone, [4]);
    assert.deepEqual(
      [comparison.theirs, comparison.ratio, comparison.met, comparison.aimMet],
      [null, null, true, null],
    );
    assert.throws(() => compare(alone, [4], [5]), TypeError);
    assert.throws(() => compare(row, [4]), TypeError);
  });
});
