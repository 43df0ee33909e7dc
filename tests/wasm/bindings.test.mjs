// The bindings: every exported function with real values, and every kind of error.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
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

test("what was guessed of an image is told with what its file holds", async () => {
  const jpeg = await readFile(new URL("../fixtures/jpeg/gray.jpg", import.meta.url));
  const stack = (bytes) => nucleoscope.DecodedImage.open(bytes, {}, undefined, false).stack();
  assert.deepEqual(stack(jpeg).warnings, []);
  const [warning] = stack(jpeg.subarray(0, jpeg.length - 2)).warnings;
  assert.equal(warning.code, "image/jpeg");
  assert.match(warning.message, /end mark is missing/);
});

const example = (seed) => nucleoscope.DecodedImage.open(nucleoscope.exampleImage(seed).png, {}, undefined, true);

/** An image, and its nuclei by the settings given. */
function segmented(seed, settings = {}, edits = []) {
  const image = example(seed);
  const maps = model.infer(image, settings, undefined);
  return { image, maps, found: maps.label(settings, edits) };
}

test("a large image is segmented block by block, as well as at once", () => {
  const sizes = { largestWhole: 300 * 300, longestBlock: 360 };
  const settings = { effort: "fast", diameter: 24 };
  const image = nucleoscope.DecodedImage.open(nucleoscope.exampleImage(1).png, {}, undefined, false);
  assert.equal(model.planField(image, settings, undefined, undefined), undefined, "it is not large");
  const plan = structuredClone(model.planField(image, settings, sizes, undefined));
  assert.ok(plan.blocks.length > 1, JSON.stringify(plan.blocks));
  const told = [];
  const found = plan.blocks.map((_, block) =>
    model.findInBlock(image, settings, plan, block, (done, total) => told.push([done, total])),
  );
  assert.deepEqual(told, plan.blocks.map(() => [1, 1]));
  const whole = model.infer(image, settings, undefined).label(settings, []);
  const together = nucleoscope.Segmentation.fromBlocks(plan, found, settings, []);
  assert.equal(together.count, whole.count);
  const edits = [{ kind: "delete", at: [[...together.outlines().points].slice(0, 2).map((place) => place + 0.5)] }];
  assert.equal(nucleoscope.Segmentation.fromBlocks(plan, found, settings, edits).count, whole.count - 1);

  assert.throws(() => model.findInBlock(image, settings, plan, 99, undefined), TypeError);
  assert.throws(() => model.findInBlock(image, settings, { ...plan, width: 9 }, 0, undefined), TypeError);
  assert.throws(() => nucleoscope.Segmentation.fromBlocks(plan, [new Uint32Array([7])], settings, []), TypeError);
});

test("an image goes all the way to rows, outlines and a score", () => {
  const image = example(1);
  const { width, height, bitDepth, isColor, channels, slices, pixelSize } = image.stack();
  assert.deepEqual([width, height, bitDepth, isColor, slices, pixelSize], [512, 384, 8, false, 1, null]);
  assert.deepEqual(channels, [{ name: "gray", color: null }]);
  const told = [];
  const found = model.infer(image, {}, (done, total) => told.push([done, total])).label({}, []);
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

  const { points, offsets, labels: numbers } = found.outlines();
  assert.ok(offsets.length - 1 >= found.count);
  assert.equal(numbers.length, offsets.length - 1);
  assert.deepEqual(new Set(numbers).size, found.count);
  assert.equal(points.length, 2 * offsets[offsets.length - 1]);

  const truth = nucleoscope.Truth.fromRuns(masks);
  const score = found.score(truth);
  assert.equal(score.score, 1);
  assert.deepEqual(found.truthOutlines(truth).points, points);
  const summary = nucleoscope.summarizeScores([score, score]);
  assert.equal(summary.images, 2);
  assert.equal(summary.counts.hits, 2 * found.count);
});

test("settings are used, and what is no setting is refused", () => {
  const { image, found: none } = segmented(1, { ...nucleoscope.defaultSettings(), smallestArea: 1e6 });
  assert.equal(none.count, 0);
  assert.equal(none.diameter, undefined);
  assert.equal(none.csvRows("x"), "x,\n");
  assert.throws(() => model.infer(image, { threshold: "high" }, undefined), TypeError);
});

test("a preview has the size asked for and opaque pixels", () => {
  const image = example(2);
  assert.equal(image.stack().isColor, true);
  const small = image.preview(64, {});
  assert.deepEqual([small.width, small.height, small.rgba.length], [64, 48, 64 * 48 * 4]);
  assert.ok(small.rgba.every((value, index) => index % 4 !== 3 || value === 255));
  const dark = image.preview(64, { low: 1e6, high: 2e6 });
  assert.ok(dark.rgba.every((value, index) => value === (index % 4 === 3 ? 255 : 0)));
});

test("maps come back from their bytes and give the same nuclei", () => {
  const { image, maps, found } = segmented(1);
  const again = new nucleoscope.NucleusMaps(image.width, image.height, maps.values());
  assert.deepEqual(again.label({}, []).labels(), found.labels());
  assert.ok(again.label({ smallestArea: 300 }, []).count < found.count);
  const { width, height } = again.picture(64);
  assert.deepEqual([width, height], [64, 48]);
  assert.throws(() => new nucleoscope.NucleusMaps(3, 3, maps.values()), TypeError);
});

test("corrections change nuclei, are marked, and say why they change nothing", () => {
  const { maps, found } = segmented(1);
  const labels = found.labels();
  const inside = labels.findIndex((label) => label !== 0);
  const place = [(inside % 512) + 0.5, Math.floor(inside / 512) + 0.5];
  const without = maps.label({}, [{ kind: "delete", at: [place] }, { kind: "delete", at: [place] }]);
  assert.equal(without.count, found.count - 1);
  assert.equal(without.labels()[inside], 0);
  const refused = without.refusedEdits();
  assert.deepEqual(refused.map(({ edit }) => edit), [1]);
  assert.ok(refused[0].reason.length > 5);
  const outline = [[0, 0], [9, 0], [9, 9], [0, 9]];
  const more = maps.label({}, [{ kind: "delete", at: [place] }, { kind: "add", outline }]);
  assert.equal(more.marked().length, 1);
  assert.throws(() => maps.label({}, [{ kind: "explode" }]), TypeError);
});

test("finished nuclei are measured, counted in regions and exported", () => {
  const { image, found } = segmented(1);
  const csvRows = found.csvRows("cells");
  const again = nucleoscope.Segmentation.fromCsvRows({ csvRows, width: 512, height: 384, marked: [2] });
  assert.deepEqual(again.labels(), found.labels());
  assert.deepEqual([...again.marked()], [2]);
  const table = again.measure(image);
  assert.equal(table.rows, found.count);
  assert.equal(table.values.length, table.rows * table.columns.length);
  const area = table.columns.findIndex(({ key }) => key === "area_px2");
  const areas = table.values.slice(area * table.rows, (area + 1) * table.rows);
  assert.equal(areas.reduce((sum, one) => sum + one, 0), found.labels().filter((label) => label !== 0).length);

  const left = [{ kind: "rectangle", x: 0, y: 0, width: 256, height: 384 }];
  const inside = again.inside(left).reduce((sum, one) => sum + one, 0);
  assert.ok(inside > 0 && inside < found.count);
  assert.equal(again.regionPixels(left), 256 * 384);

  const record = { input: { name: "cells.png", sha256: "" }, model: null, settings: {}, edits: [] };
  const formats = ["bowl", "measurements", "labels", "rois", "geojson", "coco", "svg", "overlay", "record"];
  const files = again.exportFiles(image, new Uint8Array([1]), "cells", formats, left, record);
  assert.equal(files.length, 9);
  const csv = new TextDecoder().decode(files.find(({ name }) => name === "cells-measurements.csv").bytes);
  assert.equal(csv.trimEnd().split("\n").length, inside + 1);
  const told = JSON.parse(new TextDecoder().decode(files.find(({ name }) => name === "cells-nucleoscope.json").bytes));
  assert.equal(told.input.sha256, nucleoscope.sha256(new Uint8Array([1])));

  const archive = new nucleoscope.Archive();
  archive.add("a.txt", new Uint8Array([1, 2]));
  assert.throws(() => archive.add("a.txt", new Uint8Array([1, 2])), isError("export/archive"));
  assert.throws(() => nucleoscope.Segmentation.fromCsvRows({ csvRows: "x", width: 1, height: 1, marked: [] }));
});

test("errors have a code, a message and a remedy", () => {
  const decode = (text) => nucleoscope.DecodedImage.open(new TextEncoder().encode(text), {}, undefined, false);
  assert.throws(() => decode(""), isError("image/empty"));
  assert.throws(() => decode("just text"), isError("image/unknown-format"));
  assert.throws(() => new nucleoscope.Segmenter(new Uint8Array([1, 2, 3])), isError("model/not-onnx"));
  assert.throws(() => nucleoscope.Truth.fromRuns(["1 2 3"]), isError("run-length/odd-count"));
  const { image, found } = segmented(1);
  assert.throws(
    () => nucleoscope.DecodedImage.open(nucleoscope.exampleImage(1).png, { frame: 3 }, undefined, false),
    isError("image/no-such-frame"),
  );
  const outside = nucleoscope.Truth.fromRuns([`${512 * 384} 2`]);
  assert.throws(() => found.score(outside), isError("truth/run"));
  assert.throws(() => nucleoscope.Segmentation.fromTruth(outside, image, []), isError("truth/run"));
});

test("without images there is no summary", () => {
  assert.equal(nucleoscope.summarizeScores([]), null);
});
