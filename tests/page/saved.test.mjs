/** What has been downloaded as it is now, and what leaving the page would lose. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./bundle.mjs";

const { Saved } = await load("saved.ts");

const image = (state) => ({ state, regions: [], gates: [], pixelSize: null });
const done = () => image({ kind: "done", result: {} });
const gate = { key: "area_px2", minimum: 10, maximum: null };

test("only results can be lost", () => {
  const saved = new Saved();
  const others = ["waiting", "failed", "cancelled"].map((kind) => image({ kind }));
  assert.equal(saved.isMissing([]), false);
  assert.equal(saved.isMissing(others), false);
  assert.equal(saved.isMissing([...others, done()]), true);
});

test("results count as saved once they were downloaded, each image for itself", () => {
  const saved = new Saved();
  const [first, second] = [done(), done()];
  saved.mark([first]);
  assert.equal(saved.isMissing([first]), false);
  assert.equal(saved.isMissing([first, second]), true);
  saved.mark([second, image({ kind: "failed" })]);
  assert.equal(saved.isMissing([first, second]), false);
});

for (const [name, change] of [
  ["other nuclei", (one) => (one.state = { kind: "done", result: {} })],
  ["other regions", (one) => (one.regions = [{ kind: "polygon", points: [] }])],
  ["another size of a pixel", (one) => (one.pixelSize = 0.5)],
]) {
  test(`${name} are to be saved again`, () => {
    const saved = new Saved();
    const one = done();
    saved.mark([one]);
    change(one);
    assert.equal(saved.isMissing([one]), true);
    saved.mark([one]);
    assert.equal(saved.isMissing([one]), false);
  });
}

test("other gates are to be saved again, and are saved when they are as they were", () => {
  const saved = new Saved();
  const one = done();
  saved.mark([one]);
  one.gates = [gate];
  assert.equal(saved.isMissing([one]), true);
  one.gates = [];
  assert.equal(saved.isMissing([one]), false);
});
