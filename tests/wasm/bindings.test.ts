// The bindings: every exported function with real values, and every kind of error.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { beforeAll, test } from "vitest";
import { imageJStack, zip } from "../e2e/files.mjs";
import { segmenter, wasm } from "./module.ts";

/** Untyped, because the tests often pass wrong values on purpose. */
let nucleoscope: any;
let model: any;
beforeAll(async () => {
  nucleoscope = await wasm();
  model = await segmenter();
});

const isError = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Error);
  assert.equal(error.name, "NucleoscopeError");
  assert.ok("code" in error && "help" in error);
  assert.equal(error.code, code);
  assert.ok(error.message.length > 10 && String(error.help).length > 10);
  return true;
};

test("guesses about an image are reported with its stack", async () => {
  const jpeg = await readFile(new URL("../fixtures/jpeg/gray.jpg", import.meta.url));
  const stack = (bytes: Uint8Array) => nucleoscope.DecodedImage.open(bytes, {}, undefined, false).stack();
  assert.deepEqual(stack(jpeg).warnings, []);
  const [warning] = stack(jpeg.subarray(0, jpeg.length - 2)).warnings;
  assert.equal(warning.code, "image/jpeg");
  assert.match(warning.message, /end mark is missing/);
});

const example = (seed: number) =>
  nucleoscope.DecodedImage.open(nucleoscope.exampleImage(seed).png, {}, undefined, true);

/** The rows of the Bowl's CSV of one image, without the header. */
const rowsIn = (csv: Uint8Array) => new TextDecoder().decode(csv).replace("ImageId,EncodedPixels\n", "");

/** An image, and its nuclei with the given settings. */
function segmented(seed: number, settings = {}, edits = []) {
  const image = example(seed);
  const prediction = model.infer(image, settings, undefined);
  return { image, prediction, found: prediction.label(settings, edits) };
}

test("a large image has the same nuclei in blocks as at once", () => {
  const sizes = { largestWhole: 300 * 300, longestBlock: 360 };
  const settings = { diameter: 24 };
  const image = nucleoscope.DecodedImage.open(nucleoscope.exampleImage(1).png, {}, undefined, false);
  assert.equal(model.planTiled(image, settings, undefined, undefined), undefined, "it is not a large image");
  const plan = structuredClone(model.planTiled(image, settings, sizes, undefined));
  assert.ok(plan.blocks.length > 1, JSON.stringify(plan.blocks));
  const calls: number[][] = [];
  const predictions = plan.blocks.map((_: unknown, block: number) =>
    model.inferBlock(image, plan, block, (done: number, total: number) => calls.push([done, total])),
  );
  const found = predictions.map((prediction: any, block: number) => prediction.labelBlock(plan, block, settings));
  assert.deepEqual(
    calls,
    plan.blocks.map(() => [1, 1]),
  );
  const whole = model.infer(image, settings, undefined).label(settings, []);
  const together = nucleoscope.Segmentation.fromBlocks(plan, found, settings);
  assert.equal(together.count, whole.count);
  // What a block outlines is in the whole image, apart from nuclei that two blocks find.
  const blockLines = found.map((nuclei: Uint32Array) => nucleoscope.blockOutlines(plan.width, plan.height, nuclei));
  const lineCount = blockLines.reduce((sum: number, { labels }: any) => sum + labels.length, 0);
  assert.ok(lineCount >= together.outlines().labels.length && lineCount < 1.5 * together.outlines().labels.length);

  // Corrections have the same result without the label image.
  const [x, y] = [...together.outlines().points].slice(0, 2).map((place) => place + 0.5);
  const edits = [
    { kind: "delete", at: [[x, y]] },
    { kind: "draw", path: [[plan.width / 2, plan.height / 2]], radius: 9, to: null },
    { kind: "delete", at: [[-1, 0]] },
  ];
  const expected = nucleoscope.Segmentation.fromTruth(nucleoscope.Truth.fromMasks(together.masks()), image, edits);
  const corrected = new nucleoscope.SparseSegmentation(plan.width, plan.height, together.masks(), edits);
  for (const of of ["masks", "edited", "refusedEdits"]) assert.deepEqual(corrected[of](), expected[of](), of);
  assert.deepEqual([corrected.count, corrected.diameter], [expected.count, expected.diameter]);
  assert.equal(corrected.outlines().labels.length, expected.outlines().labels.length);
  assert.equal(corrected.score(nucleoscope.Truth.fromMasks(expected.masks())).score, 1);

  // Other settings need no network, and have the result of a new segmentation.
  const other = { ...settings, minimumArea: 300, interiorThreshold: 0.6, smoothing: 1 };
  const again = predictions.map((prediction: any, block: number) => {
    const { width, height } = prediction;
    return new nucleoscope.Prediction(width, height, prediction.values()).labelBlock(plan, block, other);
  });
  const fresh = structuredClone(model.planTiled(image, other, sizes, undefined));
  const freshBlocks = fresh.blocks.map((_: unknown, block: number) =>
    model.inferBlock(image, fresh, block, undefined).labelBlock(fresh, block, other),
  );
  const relabelled = nucleoscope.Segmentation.fromBlocks(plan, again, other);
  assert.notEqual(relabelled.count, together.count);
  assert.deepEqual(relabelled.masks(), nucleoscope.Segmentation.fromBlocks(fresh, freshBlocks, other).masks());

  assert.throws(() => model.inferBlock(image, plan, 99, undefined), TypeError);
  assert.throws(() => model.inferBlock(image, { ...plan, width: 9 }, 0, undefined), TypeError);
  assert.throws(() => model.infer(image, settings, undefined).labelBlock(plan, 0, settings), TypeError);
  assert.throws(() => nucleoscope.blockOutlines(plan.width, plan.height, [7]), TypeError);
  assert.throws(() => nucleoscope.Segmentation.fromBlocks(plan, [new Uint32Array([7])], settings), TypeError);
  assert.throws(() => new nucleoscope.SparseSegmentation(9, 9, new Uint8Array([1]), []), TypeError);
  assert.throws(
    () => new nucleoscope.SparseSegmentation(1, 1, together.masks(), []),
    isError("run-length/outside-image"),
  );
});

test("an image becomes rows, outlines and a score", () => {
  const image = example(1);
  const { width, height, bitDepth, isColor, channels, slices, pixelSize } = image.stack();
  assert.deepEqual([width, height, bitDepth, isColor, slices, pixelSize], [512, 384, 8, false, 1, null]);
  assert.deepEqual(channels, [{ name: "gray", color: null }]);
  const calls: number[][] = [];
  const found = model.infer(image, {}, (done: number, total: number) => calls.push([done, total])).label({}, []);
  assert.ok(found.count > 50, `${found.count} nuclei`);
  assert.ok(calls.length >= 1 && calls.every(([done, total]) => done <= total));

  const labels = found.labels();
  assert.equal(labels.length, 512 * 384);
  const nuclei = found.masks();
  const csv = (imageId: string, included: Uint8Array | null = null) =>
    rowsIn(nucleoscope.bowlCsv([{ imageId, masks: nuclei, included }]));
  const rows = csv("a,b").trimEnd().split("\n");
  assert.equal(rows.length, found.count);
  const masks = rows.map((row: string) => row.slice('"a,b",'.length));
  const lengths = masks.flatMap((mask: string) =>
    mask
      .split(" ")
      .map(Number)
      .filter((_: unknown, index: number) => index % 2 === 1),
  );
  assert.equal(
    lengths.reduce((sum: number, length: number) => sum + length, 0),
    labels.filter((label: number) => label !== 0).length,
  );

  const { points, offsets, labels: numbers } = found.outlines();
  assert.ok(offsets.length - 1 >= found.count);
  assert.equal(numbers.length, offsets.length - 1);
  assert.deepEqual(new Set(numbers).size, found.count);
  assert.equal(points.length, 2 * offsets[offsets.length - 1]);

  const first = Uint8Array.from(masks, (_: string, index: number) => Number(index === 0));
  assert.equal(csv("b_x", first), `b_x,${masks[0]}\n`, "under the id that the image has now");
  assert.equal(
    csv(
      "$&",
      first.map(() => 0),
    ),
    "$&,\n",
  );

  const truth = nucleoscope.Truth.fromMasks(nuclei);
  const score = found.score(truth);
  assert.equal(score.score, 1);
  assert.deepEqual(found.truthOutlines(truth).points, points);
  const summary = nucleoscope.summarizeScores([score, score]);
  assert.equal(summary.images, 2);
  assert.equal(summary.counts.truePositives, 2 * found.count);
});

test("settings are used, and unknown ones are refused", () => {
  const { image, found: none } = segmented(1, { ...nucleoscope.defaultSettings(), minimumArea: 1e6 });
  assert.equal(none.count, 0);
  assert.equal(none.diameter, undefined);
  assert.equal(rowsIn(nucleoscope.bowlCsv([{ imageId: "x", masks: none.masks(), included: null }])), "x,\n");
  assert.throws(() => model.infer(image, { interiorThreshold: "high" }, undefined), TypeError);
});

test("invalid numbers of images, settings and corrections are errors, and the module still works", () => {
  const { png } = nucleoscope.exampleImage(1);
  const { image, prediction } = segmented(1);
  for (const wrong of [
    () => nucleoscope.DecodedImage.open(png, { frame: 1e15 }, undefined, false),
    () => nucleoscope.DecodedImage.open(png, { frame: -1 }, undefined, false),
    () => nucleoscope.DecodedImage.open(png, { slice: { single: 0.5 } }, undefined, false),
    () => prediction.label({ minimumArea: -3 }, []),
    () => prediction.label({ minimumArea: 1e15 }, []),
    () => prediction.label({}, [{ kind: "erase", path: [[1, "x"]], radius: 2 }]),
    () => model.planTiled(image, {}, { largestWhole: -1, longestBlock: 2000 }, undefined),
    () => model.inferBlock(image, { width: 3 }, 0, undefined),
    () => image.preview(64, [{ gamma: "x" }], undefined),
    () => image.preview(64, [], { left: "x" }),
    () => nucleoscope.summarizeScores([3]),
    () => new nucleoscope.Prediction(3, 3, prediction.values()),
  ]) {
    assert.throws(wrong, isError("argument/invalid"), String(wrong));
  }
  assert.ok(prediction.label({}, []).count > 0);
});

test("a preview has the requested size and opaque pixels", () => {
  const image = example(2);
  assert.equal(image.stack().isColor, true);
  const small = image.preview(64, [], undefined);
  assert.deepEqual([small.width, small.height, small.rgba.length], [64, 48, 64 * 48 * 4]);
  assert.ok(small.rgba.every((value: number, index: number) => index % 4 !== 3 || value === 255));
  const [display] = image.stack().displays;
  const dark = image.preview(64, [{ ...display, low: 1e6, high: 2e6 }], undefined);
  assert.ok(dark.rgba.every((value: number, index: number) => value === (index % 4 === 3 ? 255 : 0)));
});

test("a preview of a stack adds up its visible channels in their colours", () => {
  const tiff = imageJStack(2, 1, 2, 1, (channel: number, _: number, x: number) => (channel === x ? 1000 : 0));
  const image = nucleoscope.DecodedImage.open(tiff, {}, undefined, true);
  const { displays } = image.stack();
  const colors = displays.map(({ color }: { color: number[] }) => color);
  assert.deepEqual(colors, [
    [0, 0, 255],
    [0, 255, 0],
  ]);
  assert.deepEqual([...image.preview(0, displays).rgba], [0, 0, 255, 255, 0, 255, 0, 255]);
  const [first, second] = image.withLimits(displays);
  assert.deepEqual([first.low, first.high], [0, 1000]);
  const hidden = image.preview(0, [
    { ...first, visible: false },
    { ...second, high: 2000 },
  ]);
  assert.deepEqual([...hidden.rgba], [0, 0, 0, 255, 0, 127, 0, 255]);
  const segmented = nucleoscope.DecodedImage.open(tiff, {}, undefined, false);
  assert.throws(() => segmented.preview(0, displays), isError("image/no-such-channel"));
});

test("a prediction is restored from its bytes and gives the same nuclei", () => {
  const { image, prediction, found } = segmented(1);
  const again = new nucleoscope.Prediction(image.width, image.height, prediction.values());
  assert.deepEqual(again.label({}, []).labels(), found.labels());
  assert.ok(again.label({ minimumArea: 300 }, []).count < found.count);
  const { width, height } = again.picture(64);
  assert.deepEqual([width, height], [64, 48]);
  assert.throws(() => new nucleoscope.Prediction(3, 3, prediction.values()), TypeError);
});

test("corrections change nuclei, mark them as edited, and give a reason if they change nothing", () => {
  const { prediction, found } = segmented(1);
  const labels = found.labels();
  const inside = labels.findIndex((label: number) => label !== 0);
  const place = [(inside % 512) + 0.5, Math.floor(inside / 512) + 0.5];
  const without = prediction.label({}, [
    { kind: "delete", at: [place] },
    { kind: "delete", at: [place] },
  ]);
  assert.equal(without.count, found.count - 1);
  assert.equal(without.labels()[inside], 0);
  const refused = without.refusedEdits();
  assert.deepEqual(
    refused.map(({ edit }: { edit: number }) => edit),
    [1],
  );
  assert.ok(refused[0].reason.length > 5);
  const outline = [
    [0, 0],
    [9, 0],
    [9, 9],
    [0, 9],
  ];
  const more = prediction.label({}, [
    { kind: "delete", at: [place] },
    { kind: "add", outline },
  ]);
  assert.equal(more.edited().length, 1);
  assert.throws(() => prediction.label({}, [{ kind: "explode" }]), TypeError);
});

/** Finished nuclei of an example, their measurements, and the input of exports. */
function finished() {
  const { image, found } = segmented(1);
  const masks = structuredClone(found.masks());
  const nuclei = nucleoscope.Segmentation.fromMasks({ masks, width: 512, height: 384, edited: [2] });
  return { image, found, masks, nuclei, table: nuclei.measure(image, 0) };
}

const provenance = {
  model: null,
  start: "network",
  settings: {},
  selection: {},
  pixelSize: null,
  edits: [],
  regions: [],
  gates: [],
  group: null,
};
const allFormats = (): string[] => nucleoscope.exportFormats().map(({ name }: { name: string }) => name);
const text = (files: { name: string; bytes: Uint8Array }[], name: string) =>
  new TextDecoder().decode(files.find((file) => file.name === name)?.bytes);
const rowsOf = (csv: string): Record<string, string>[] => {
  const [head, ...rows] = csv
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(head.map((key, place) => [key, row[place]])));
};

test("export formats describe themselves", () => {
  const formats = nucleoscope.exportFormats();
  assert.deepEqual(allFormats().slice(0, 2), ["bowl", "summary"]);
  for (const { label, description, file } of formats) assert.ok(label !== "" && description !== "" && file !== "");
});

test("finished nuclei are measured, counted and exported", () => {
  const { image, found, nuclei, table } = finished();
  assert.deepEqual(nuclei.labels(), found.labels());
  assert.deepEqual([...nuclei.edited()], [2]);
  assert.equal(table.rows, found.count);
  assert.equal(table.values.length, table.rows * table.columns.length);
  const area = table.columns.findIndex(({ key }: { key: string }) => key === "area_px2");
  const areas = table.values.slice(area * table.rows, (area + 1) * table.rows);
  assert.equal(
    areas.reduce((sum: number, one: number) => sum + one, 0),
    found.labels().filter((label: number) => label !== 0).length,
  );

  const regions = [{ kind: "rectangle", x: 0, y: 0, width: 256, height: 384 }];
  const { included, summary } = nucleoscope.countNuclei(table, 512, 384, null, regions, []);
  assert.ok(summary.included > 0 && summary.included < summary.nuclei);
  assert.deepEqual([summary.nuclei, summary.pixels, summary.squareMillimetres], [found.count, 256 * 384, null]);

  const file = new Uint8Array([1]);
  const { files, part } = nuclei.exportFiles(image, file, "cells", "cells", "a/cells.png", allFormats(), [], {
    ...provenance,
    regions,
  });
  const shared = nucleoscope.batchFiles([part], [], allFormats(), { delimiter: "comma", decimal: "point" });
  assert.equal(files.length + shared.length, allFormats().length);
  const rows = rowsOf(text(shared, "nuclei.csv"));
  assert.deepEqual(
    rows.map((row) => Number(row.included === "true")),
    [...included],
  );
  const [record] = JSON.parse(text(shared, "nucleoscope.json")).images;
  assert.deepEqual(record.input, { name: "cells.png", folder: "a", sha256: nucleoscope.sha256(file) });
  const [read] = nucleoscope.readRecord(new TextEncoder().encode(text(shared, "nucleoscope.json")));
  assert.deepEqual(
    [read.id, read.regions, read.settings.peakThreshold],
    ["cells", regions, nucleoscope.defaultSettings().peakThreshold],
  );

  const archive = new nucleoscope.Archive();
  archive.add("a.txt", new Uint8Array([1, 2]));
  assert.throws(() => archive.add("a.txt", new Uint8Array([1, 2])), isError("export/archive"));
  const masks = new Uint8Array([1, 1, 2]);
  assert.throws(
    () => nucleoscope.Segmentation.fromMasks({ masks, width: 1, height: 1, edited: [] }),
    isError("run-length/outside-image"),
  );
  assert.throws(() => nucleoscope.batchFiles([file], [], allFormats(), {}), TypeError);
  assert.throws(() => nucleoscope.countNuclei({ ...table, rows: 3 }, 512, 384, null, [], []), TypeError);
});

test("cells are measured, outlined and divided by a threshold, as in the files", () => {
  const { image, nuclei } = finished();
  const table = nuclei.measure(image, 3);
  const columnOf = (key: string): number[] => {
    const start = table.columns.findIndex((column: { key: string }) => column.key === key) * table.rows;
    assert.ok(start >= 0, key);
    return [...table.values.slice(start, start + table.rows)];
  };
  const ratios = columnOf("nucleus_cell_area_ratio");
  assert.ok(ratios.every((ratio) => ratio > 0 && ratio < 1));
  const outlines = nuclei.cellOutlines(3, null);
  assert.equal(new Set(outlines.labels).size, table.rows);
  assert.deepEqual(nuclei.cellOutlines(1.5, { x: 0.5, y: 0.5 }), outlines);
  assert.deepEqual(nuclei.cellOutlines(0, null), nuclei.outlines());

  const means = columnOf("gray_ring_mean");
  const minimum = Number(nucleoscope.otsuThreshold(Float64Array.from(means)).toPrecision(6));
  assert.ok(minimum > Math.min(...means) && minimum < Math.max(...means));
  assert.equal(nucleoscope.otsuThreshold(Float64Array.of(3, 3)), undefined);
  const positive = { key: "gray_ring_mean", minimum };
  const regions = [{ kind: "rectangle", x: 0, y: 0, width: 256, height: 384, name: "left half" }];
  const counted = nucleoscope.countNuclei(table, 512, 384, null, regions, [], positive);
  const expected = means.map((mean, row) => Number(counted.included[row] === 1 && mean >= minimum));
  assert.deepEqual([...counted.positive], expected);
  assert.equal(
    counted.summary.positive,
    expected.reduce((sum, one) => sum + one, 0),
  );
  const missing = { key: "red_mean", minimum };
  const unclassified = nucleoscope.countNuclei(table, 512, 384, null, regions, [], missing);
  assert.deepEqual([unclassified.positive, unclassified.summary.positive], [null, null]);

  const given = { ...provenance, regions, positive, cellExpansion: 3 };
  const file = new Uint8Array([1]);
  const { part, files } = nuclei.exportFiles(image, file, "cells", "cells", "cells.png", allFormats(), [], given);
  const shared = nucleoscope.batchFiles([part], [], allFormats(), { delimiter: "comma", decimal: "point" });
  const rows = rowsOf(text(shared, "nuclei.csv"));
  const classes = means.map((mean, row) =>
    counted.included[row] === 0 ? "" : mean >= minimum ? "positive" : "negative",
  );
  assert.deepEqual(
    rows.map((row) => row.class),
    classes,
  );
  const [summary] = rowsOf(text(shared, "summary.csv"));
  assert.equal(Number(summary?.nuclei_positive), counted.summary.positive);
  assert.equal(summary?.cell_expansion_px, "3");
  const [record] = nucleoscope.readRecord(new TextEncoder().encode(text(shared, "nucleoscope.json")));
  assert.deepEqual([record.positive, record.cellExpansion, record.regions], [positive, 3, regions]);
  const geojson = files.find(({ name }: { name: string }) => name === "cells.geojson");
  assert.deepEqual(nucleoscope.readRegions(geojson.bytes)[0].name, "left half");
});

test("masks pass from the CSV, through every worker, to the CSV as they are, and only the CSV is text", () => {
  // The start of the last run is more than a JavaScript number holds exactly.
  const masks = ["1 3 10 5", "40 2", "9007199254740993 7"];
  const csv = ["ImageId,EncodedPixels", ...masks.map((mask) => `a,${mask}`), ""].join("\n");
  const blob = Object.assign(Buffer.from(csv), { size: csv.length });
  Object.assign(globalThis, {
    FileReaderSync: class {
      readAsArrayBuffer = (part: Buffer) => Uint8Array.from(part).buffer;
    },
  });
  const image = Object.assign(Buffer.from("image"), { size: 5 });
  const plan = new nucleoscope.SourceReader().openBatch([
    { path: "a.png", blob: image, explicit: true, number: 1 },
    { path: "truth.csv", blob, explicit: true, number: 2 },
  ]);
  const truth = structuredClone(plan.images[0].truth);
  assert.deepEqual([truth.kind, truth.masks.constructor.name], ["runs", "Uint8Array"]);
  assert.ok(truth.masks.length < masks.join("").length);
  const written = (imageId: string, masks: Uint8Array) =>
    rowsIn(nucleoscope.bowlCsv([{ imageId, masks, included: null }]));
  assert.equal(written("a", truth.masks), csv.slice(csv.indexOf("\n") + 1));

  const { found, masks: sent, nuclei } = finished();
  assert.ok(sent instanceof Uint8Array);
  assert.deepEqual(nuclei.masks(), found.masks(), "as they were sent");
  assert.deepEqual(nuclei.labels(), found.labels());
  assert.equal(nuclei.score(nucleoscope.Truth.fromMasks(sent)).score, 1);
  assert.equal(written(" ", sent).trim().split("\n").length, found.count);
  // Text is read where a CSV file is opened, and nowhere else.
  const text = new TextEncoder().encode("1 3 10 5");
  assert.throws(() => nucleoscope.Truth.fromMasks(text), TypeError);
  assert.throws(() => nucleoscope.Segmentation.fromMasks({ masks: text, width: 9, height: 9, edited: [] }), TypeError);
  assert.throws(() => nucleoscope.bowlCsv([{ imageId: "a", masks: text, included: null }]), TypeError);
});

test("the page's summary equals the exported tables, with any regions and gates", () => {
  const { image, nuclei, table, masks } = finished();
  let state = 7;
  const random = (low: number, high: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  };
  const keys = ["area_px2", "circularity", "gray_mean", "nearest_neighbour_px", "touches_edge"];
  const gateOn = (key: string) => {
    const column = table.columns.findIndex((candidate: { key: string }) => candidate.key === key);
    const values = table.values.subarray(column * table.rows, (column + 1) * table.rows);
    const ends = [0, 1].map(() => values[Math.floor(random(0, table.rows))]).sort((left, right) => left - right);
    return {
      key,
      minimum: ends[0],
      maximum: random(0, 1) < 0.3 ? null : ends[1],
      keep: random(0, 1) < 0.6 ? "inside" : "outside",
    };
  };
  for (let round = 0; round < 12; round++) {
    const gates = keys.filter(() => random(0, 1) < 0.3).map(gateOn);
    const corners = Array.from({ length: 5 }, () => [random(-50, 560), random(-50, 430)]);
    const regions = random(0, 1) < 0.5 ? [] : [{ kind: "polygon", points: corners }];
    const { included, summary } = nucleoscope.countNuclei(table, 512, 384, null, regions, gates);
    const formats = ["summary", "measurements", "bowl"];
    const { part } = nuclei.exportFiles(image, new Uint8Array(), "cells", "cells", "cells.png", formats, [], {
      ...provenance,
      regions,
      gates,
    });
    const shared = nucleoscope.batchFiles(
      [part],
      [{ imageId: "b", path: "x/b.png", reason: "cut short" }],
      formats,
      {},
    );
    const rows = rowsOf(text(shared, "nuclei.csv"));
    assert.deepEqual(
      rows.map((row) => Number(row.included === "true")),
      [...included],
    );
    const [row, failed] = rowsOf(text(shared, "summary.csv"));
    assert.deepEqual(
      [failed.image, failed.folder, failed.nuclei_counted, failed.warnings],
      ["b", "x", "", "failed: cut short"],
    );
    const kept = rows.filter((one) => one.included === "true");
    assert.deepEqual([Number(row.nuclei_counted), Number(row.nuclei_found)], [kept.length, rows.length]);
    assert.deepEqual(
      [summary.included, summary.nuclei, summary.pixels],
      [kept.length, rows.length, Number(row.area_px2)],
    );
    const areas = kept.map((one) => Number(one.area_px2));
    const mean = areas.reduce((sum: number, one: number) => sum + one, 0) / areas.length;
    const { moments } = summary.columns.find(({ column }: { column: { key: string } }) => column.key === "area_px2");
    if (areas.length > 0) {
      assert.ok(
        Math.abs(moments.mean - mean) < 1e-6 * mean && Math.abs(Number(row.area_px2_mean) - mean) < 1e-6 * mean,
      );
    } else assert.deepEqual([Number.isNaN(moments.mean), row.area_px2_mean], [true, ""]);
    const csv = new TextDecoder().decode(nucleoscope.bowlCsv([{ imageId: "cells", masks, included }]));
    assert.equal(csv, text(shared, "submission.csv"), "Download CSV has the same nuclei");
  }
});

test("errors of records and regions name the field", () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const wrong = { format: 2, images: [{ id: "a", selection: { frame: 1e15 } }] };
  assert.throws(
    () => nucleoscope.readRecord(bytes(wrong)),
    (error: Error) => {
      assert.match(error.message, /^images\[0\]\.selection\.frame is 1000000000000000/);
      return isError("record/field")(error);
    },
  );
  assert.throws(() => nucleoscope.readRecord(bytes([])), isError("record/not-a-record"));
  assert.throws(() => nucleoscope.readRegions(bytes({})), isError("regions/not-geojson"));
  const square = [
    [
      [0, 0],
      [4, 0],
      [4, 4],
      [0, 4],
      [0, 0],
    ],
  ];
  assert.deepEqual(nucleoscope.readRegions(bytes({ type: "Polygon", coordinates: square })), [
    {
      kind: "polygon",
      points: [
        [0, 0],
        [4, 0],
        [4, 4],
        [0, 4],
      ],
    },
  ]);
});

test("errors have a code, a message and help", () => {
  const decode = (text: string) => nucleoscope.DecodedImage.open(new TextEncoder().encode(text), {}, undefined, false);
  assert.throws(() => decode(""), isError("image/empty"));
  assert.throws(() => decode("just text"), isError("image/unknown-format"));
  assert.throws(() => new nucleoscope.Segmenter(new Uint8Array([1, 2, 3])), isError("model/not-onnx"));
  assert.throws(() => nucleoscope.Truth.fromMasks(new Uint8Array([2, 1])), isError("argument/invalid"));
  const { image, found } = segmented(1);
  assert.throws(
    () => nucleoscope.DecodedImage.open(nucleoscope.exampleImage(1).png, { frame: 3 }, undefined, false),
    isError("image/no-such-frame"),
  );
  // One run that starts at the last of 512 · 384 pixels and has two.
  const outside = nucleoscope.Truth.fromMasks(new Uint8Array([1, 0x80, 0x80, 0x0c, 2]));
  assert.throws(() => found.score(outside), isError("truth/run"));
  assert.throws(() => nucleoscope.Segmentation.fromTruth(outside, image, []), isError("truth/run"));
});

test("without images there is no summary", () => {
  assert.equal(nucleoscope.summarizeScores([]), null);
});

test("a reader reads an archive's directory once, however many of its files it reads", () => {
  const count = 100;
  // Larger than the blocks that are read at once, so that only the last ones contain the directory.
  const contents = (index: number) => `image ${index}`.padEnd(20_000, ".");
  const entries = Array.from({ length: count }, (_, index) => ({
    path: `${index}/images/${index}.png`,
    bytes: Buffer.from(contents(index)),
  }));
  const bytes = zip(entries);
  const directory = bytes.indexOf("PK\u0001\u0002");
  let read = 0;
  type Part = { size: number; slice: (from: number, to: number) => Part; read: () => ArrayBuffer };
  // Node lacks both of a browser's classes for reading a blob synchronously.
  const part = (start: number, end: number): Part => ({
    size: end - start,
    slice: (from: number, to: number) => part(start + from, start + to),
    read: () => {
      read += Math.max(0, end - Math.max(start, directory));
      return Uint8Array.from(bytes.subarray(start, end)).buffer;
    },
  });
  class FileReaderSync {
    readAsArrayBuffer(blob: Part) {
      return blob.read();
    }
  }
  Object.assign(globalThis, { FileReaderSync });
  const blob = part(0, bytes.length);
  const reader = new nucleoscope.SourceReader();
  const plan = reader.openBatch([{ path: "a.zip", blob, explicit: true, number: 7 }]);
  assert.equal(plan.images.length, count);
  assert.deepEqual(
    [plan.images[0].imageId, plan.images[0].fileStem, plan.images[0].source],
    ["0", "0", { file: 0, entry: 0 }],
  );
  const opened = read;
  const size = bytes.length - directory;
  // It is read in blocks, some of which overlap. Reading it for each file would add up to a hundred times its size.
  assert.ok(opened >= size && opened < 20 * size, `${opened} bytes read, ${size} are there`);
  for (let entry = 0; entry < count; entry++) {
    assert.equal(Buffer.from(reader.read(7, blob, entry)).toString(), contents(entry));
  }
  assert.ok(read < opened + 20 * size, `${read - opened} bytes read for the files`);
  // Another worker, which did not open the batch, reads it once.
  const other = new nucleoscope.SourceReader();
  read = 0;
  for (let entry = 0; entry < count; entry++) other.read(7, blob, entry);
  assert.ok(read >= size && read < 20 * size, `${read} bytes read, ${size} are there`);
  // A file with another number is another archive.
  const single = zip([{ path: "b.png", bytes: Buffer.from("b") }]);
  const small = {
    size: single.length,
    slice: (from: number, to: number) => ({ read: () => Uint8Array.from(single.subarray(from, to)).buffer }),
  };
  assert.equal(Buffer.from(other.read(8, small, 0)).toString(), "b");
  assert.throws(() => other.read(8, small, 1), isError("archive/no-such-entry"));
});
