/** Which results have been downloaded, and which would be lost by leaving the page. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { Saved } from "../../packages/nucleoscope/src/session/saved.ts";
import type { BatchImage } from "../../packages/nucleoscope/src/session/batch.ts";
import { fake } from "../fake.ts";
import type { Gate } from "../../packages/nucleoscope/src/session/gates.ts";

const image = (state: object) => fake<BatchImage>({ state, regions: [], gates: [], pixelSize: null });
const done = () => image({ kind: "done", result: {} });
const gate: Gate = { key: "area_px2", minimum: 10, maximum: null, keep: "inside" };

test("only results can be lost", () => {
  const saved = new Saved();
  const others = ["waiting", "failed", "cancelled"].map((kind) => image({ kind }));
  assert.equal(saved.isMissing([]), false);
  assert.equal(saved.isMissing(others), false);
  assert.equal(saved.isMissing([...others, done()]), true);
});

test("results count as saved once they were downloaded, separately for each image", () => {
  const saved = new Saved();
  const [first, second] = [done(), done()];
  saved.mark([first]);
  assert.equal(saved.isMissing([first]), false);
  assert.equal(saved.isMissing([first, second]), true);
  saved.mark([second, image({ kind: "failed" })]);
  assert.equal(saved.isMissing([first, second]), false);
});

const changes: [string, (one: BatchImage) => void][] = [
  ["other nuclei", (one) => (one.state = done().state)],
  ["other regions", (one) => (one.regions = [{ kind: "polygon", points: [] }])],
  ["another pixel size", (one) => (one.pixelSize = { x: 0.5, y: 0.5 })],
];
for (const [name, change] of changes) {
  test(`${name} make an image unsaved`, () => {
    const saved = new Saved();
    const one = done();
    saved.mark([one]);
    change(one);
    assert.equal(saved.isMissing([one]), true);
    saved.mark([one]);
    assert.equal(saved.isMissing([one]), false);
  });
}

test("changed gates make an image unsaved, until they are changed back", () => {
  const saved = new Saved();
  const one = done();
  saved.mark([one]);
  one.gates = [gate];
  assert.equal(saved.isMissing([one]), true);
  one.gates = [];
  assert.equal(saved.isMissing([one]), false);
});
