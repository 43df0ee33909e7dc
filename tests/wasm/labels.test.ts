// The same probability maps give the same labels in WebAssembly as natively, bit for bit: tests/label_hashes.rs
// creates the same probability maps and compares the labels with the same file.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { beforeAll, test } from "vitest";
import { wasm } from "./module.ts";

const WIDTH = 131;
const HEIGHT = 97;
const GRAIN = 8;
const expected = JSON.parse(await readFile(new URL("../fixtures/label-hashes.json", import.meta.url), "utf8"));

let nucleoscope: Awaited<ReturnType<typeof wasm>>;
beforeAll(async () => {
  nucleoscope = await wasm();
});

/** Numbers that any platform computes exactly, as in tests/label_hashes.rs. */
function exact(seed: number) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 20) / 4096;
  };
}

function hills(next: () => number) {
  const columns = Math.floor(WIDTH / GRAIN) + 2;
  const knots = Float32Array.from({ length: columns * (Math.floor(HEIGHT / GRAIN) + 2) }, next);
  const round = Math.fround;
  const between = (a: number, b: number, share: number) => round(round(a * round(1 - share)) + round(b * share));
  return Float32Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => {
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    const first = Math.floor(y / GRAIN) * columns + Math.floor(x / GRAIN);
    const [u, v] = [(x % GRAIN) / 8, (y % GRAIN) / 8];
    const upper = between(knots[first], knots[first + 1], u);
    const lower = between(knots[first + columns], knots[first + columns + 1], u);
    return between(upper, lower, v);
  });
}

function hash(labels: Uint32Array) {
  return labels
    .reduce((sum: number, label: number) => Math.imul(sum ^ label, 0x01000193) >>> 0, 0x811c9dc5)
    .toString(16)
    .padStart(8, "0");
}

test("labels are the same bit for bit", () => {
  assert.equal(expected.length, 8);
  for (const { seed, nuclei, hash: expectedHash } of expected) {
    const next = exact(seed);
    const [interior, boundary, distance] = [hills(next), hills(next), hills(next)];
    const settings = {
      interiorThreshold: 0.375,
      boundaryWeight: seed % 2 === 0 ? 0 : 0.25,
      h: 0.0625,
      peakThreshold: 0.125,
      minimumConfidence: 0.5,
      minimumArea: 6,
      fillHoles: true,
    };
    const labels = nucleoscope.watershedMaps(WIDTH, HEIGHT, interior, boundary, distance, settings);
    assert.equal(
      labels.reduce((most, label) => Math.max(most, label), 0),
      nuclei,
      `nuclei with seed ${seed}`,
    );
    assert.equal(hash(labels), expectedHash, `labels with seed ${seed}`);
  }
});

test("probability maps of the wrong size are a TypeError", () => {
  const short = new Float32Array(3);
  assert.throws(() => nucleoscope.watershedMaps(2, 2, short, short, short, undefined), TypeError);
});
