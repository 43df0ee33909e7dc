// The bindings: every exported function with real values, and every kind of error.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { segmenter, wasm } from "./module.mjs";

let nucleoscope;
let model;
before(async () => {
  nucleoscope = await wasm();
  model = await segmenter();
});

const isError = (code) => (error) => {
  assert.ok(error instanceof Error);
  assert.equal(error.name, "NucleoscopeError");
  assert.equal(error.code, code);
  assert.ok(error.message.length > 10 && error.remedy.length > 10);
  return true;
};

test("an image goes all the way to rows, outlines and a score", () => {
  const { png } = nucleoscope.exampleImage(1);
  const image = nucleoscope.DecodedImage.decode(png);
  assert.deepEqual([image.width, image.height, image.channels, image.bitDepth], [512, 384, 1, 8]);
  const told = [];
  const found = model.segment(image, undefined, (done, total) => told.push([done, total]));
  assert.ok(found.count > 50, `${found.count} nuclei`);
  assert.ok(told.length >= 1 && told.every(([done, total]) => done <= total));

  const labels = found.labels();
  assert.equal(labels.length, 512 * 384);
  const rows = found.csvRows("a,b").trimEnd().split("\n");
  assert.equal(rows.length, found.count);
  const masks = rows.map((row) => row.slice('"a,b",'.length));
  const lengths = masks.flatMap((mask) => mask.split(" ").map(Number).filter((_, index) => index % 2 === 1));
  assert.equal(
    lengths.reduce((sum, length) => sum + length, 0),
    labels.filter((label) => label !== 0).length,
  );

  const { points, offsets } = found.outlines();
  assert.ok(offsets.length - 1 >= found.count);
  assert.equal(points.length, 2 * offsets[offsets.length - 1]);

  const score = found.score(nucleoscope.Truth.fromRuns(masks));
  assert.equal(score.score, 1);
  const summary = nucleoscope.summarizeScores([score, score]);
  assert.equal(summary.images, 2);
  assert.equal(summary.counts.hits, 2 * found.count);
});

test("settings are used, and what is no setting is refused", () => {
  const image = nucleoscope.DecodedImage.decode(nucleoscope.exampleImage(1).png);
  const none = model.segment(image, { ...nucleoscope.defaultSettings(), smallestArea: 1e6 }, undefined);
  assert.equal(none.count, 0);
  assert.equal(none.diameter, undefined);
  assert.equal(none.csvRows("x"), "x,\n");
  assert.throws(() => model.segment(image, { threshold: "high" }, undefined), TypeError);
});

test("a preview has the size asked for and opaque pixels", () => {
  const image = nucleoscope.DecodedImage.decode(nucleoscope.exampleImage(2).png);
  assert.equal(image.channels, 3);
  const small = image.preview(64);
  assert.deepEqual([small.width, small.height, small.rgba.length], [64, 48, 64 * 48 * 4]);
  assert.ok(small.rgba.every((value, index) => index % 4 !== 3 || value === 255));
});

test("errors have a code, a message and a remedy", () => {
  const decode = (text) => nucleoscope.DecodedImage.decode(new TextEncoder().encode(text));
  assert.throws(() => decode(""), isError("image/empty"));
  assert.throws(() => decode("just text"), isError("image/unknown-format"));
  assert.throws(() => new nucleoscope.Segmenter(new Uint8Array([1, 2, 3])), isError("model/not-onnx"));
  assert.throws(() => nucleoscope.Truth.fromRuns(["1 2 3"]), isError("run-length/odd-count"));
  const image = nucleoscope.DecodedImage.decode(nucleoscope.exampleImage(1).png);
  const found = model.segment(image, undefined, undefined);
  const outside = nucleoscope.Truth.fromRuns([`${512 * 384} 2`]);
  assert.throws(() => found.score(outside), isError("truth/run"));
});

test("without images there is no summary", () => {
  assert.equal(nucleoscope.summarizeScores([]), null);
});
