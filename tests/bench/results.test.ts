import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "vitest";
import { measurements } from "../../benchmarks/measurements.mjs";
import { faults, merged, missing, withReached } from "../../benchmarks/results.mjs";
import { groups, rowOf, rows } from "../../benchmarks/rows.mjs";
import { compare } from "../../benchmarks/statistics.mjs";
import { sample } from "./sample.ts";

const published = new URL("../../benchmarks/results.json", import.meta.url);

describe("rows", () => {
  test("have unique names, and every group can be measured", () => {
    assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
    assert.deepEqual(Object.keys(groups), Object.keys(measurements));
    assert.throws(() => rowOf("nothing"), RangeError);
  });

  test("have goals at least as strict as their targets", () => {
    for (const { name, better, target, aim } of rows) {
      if (target === null || aim === null) continue;
      assert.ok(better === "higher" ? aim >= target : aim <= target, name);
    }
  });
});

describe("results", () => {
  test("are merged with those of the same machine and versions", () => {
    const now: Partial<ReturnType<typeof sample>> = {
      ...sample(),
      comparisons: [compare(rowOf("network-512"), [1], [2])],
    };
    delete now.growth;
    const { comparisons, growth } = merged(sample(), now) as ReturnType<typeof sample>;
    assert.deepEqual(
      comparisons.map(({ name }) => name),
      rows.map(({ name }) => name),
      "in the order of the rows",
    );
    assert.equal(comparisons.find(({ name }) => name === "network-512")?.ours, 1, "the newer one counts");
    assert.deepEqual(growth, sample().growth);
    for (const changed of [{ machine: { ...sample().machine, cores: 3 } }, { versions: { tract: "1.2.4" } }]) {
      const alone: Partial<typeof now> = merged(sample(), { ...now, ...changed });
      assert.deepEqual(alone.comparisons, now.comparisons);
      assert.equal(alone.growth, null);
    }
  });

  test("list what is missing", () => {
    assert.deepEqual(missing(sample()), []);
    const { comparisons, ...rest } = sample();
    assert.deepEqual(missing({ ...rest, comparisons: comparisons.slice(1), warm: null }), [rows[0].name, "warm"]);
  });

  test("compare engines with the peak", () => {
    const results = sample();
    results.comparisons = [compare(rowOf("network-256"), [10], [20])];
    const { reached } = withReached(results, 1e9 / 256 ** 2).peak;
    assert.deepEqual(reached, [
      { name: "Nucleoscope in WebAssembly, 256 × 256", gflops: 200, share: 4 },
      { name: "onnxruntime-web, 256 × 256", gflops: 100, share: 2 },
    ]);
    assert.equal(withReached({ ...results, peak: null }, 1).peak, null);
  });

  test("are refused if they are inconsistent", () => {
    assert.deepEqual(faults(sample()), []);
    const broken = (change: any) => {
      const results = sample();
      results.comparisons[0] = { ...results.comparisons[0], ...change };
      return faults(results).join();
    };
    assert.match(broken({ ours: Number.NaN }), /not a number/);
    assert.match(broken({ ratio: 0.9 }), /not ours divided by theirs/);
    assert.match(broken({ theirs: null }), /not ours divided by theirs/);
    assert.match(broken({ rounds: 0 }), /not a positive whole number/);
    assert.match(broken({ max: 1 }), /between min and max/);
    assert.match(broken({ peer: null }), /does not exist/);
  });

  test("contain no path on a computer", () => {
    for (const path of ["/home/somebody/model", "C:\\Users\\somebody", "file:///tmp/x"]) {
      assert.match(faults({ ...sample(), note: `read from ${path}` }).join(), /path/, path);
    }
  });

  test("that are published are valid", { skip: !existsSync(published) }, () => {
    assert.deepEqual(faults(JSON.parse(readFileSync(published, "utf8"))), []);
  });
});
