/** Settings as they travel: in links, in records, on the shelf. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./bundle.mjs";

const { parseEdits, parseRegions, parseSelection, parseTuning, sameTuning, tuningOf } = await load("tuning.ts");
const { linkOf, settingsIn } = await load("settings-link.ts");
const { isRecordName, readRecord } = await load("run-record.ts");
const { MapsShelf } = await load("maps-shelf.ts");
const { scaleBar } = await load("scale-bar.ts");

const tuning = {
  threshold: 0.6,
  seedDepth: 0.35,
  leastCertainty: 0.83,
  smallestArea: 25,
  smoothing: 0,
  fillHoles: true,
  dropAtEdge: false,
};

test("a tuning is read from something unknown, and nothing else with it", () => {
  assert.deepEqual(parseTuning({ ...tuning, effort: "fast", other: 1 }), tuning);
  assert.deepEqual(parseTuning({ threshold: "0.5", seedDepth: 7, fillHoles: 1, smoothing: Number.NaN }), {});
  for (const nothing of [null, undefined, 3, "x", []]) assert.deepEqual(parseTuning(nothing), {});
  assert.throws(() => tuningOf({ threshold: 0.5 }), /seedDepth/);
  assert.equal(sameTuning(tuning, { ...tuning }), true);
  assert.equal(sameTuning(tuning, { ...tuning, dropAtEdge: true }), false);
});

test("settings come back from a link as they went in", () => {
  const link = linkOf("https://example.org/nuclei/?workers=2#old", { ...tuning, diameter: 12.5 });
  assert.match(link, /^https:\/\/example\.org\/nuclei\/\?workers=2#settings=/);
  const { network, tuning: read } = settingsIn(new URL(link).hash);
  assert.deepEqual(network, { diameter: 12.5 });
  assert.deepEqual(read, tuning);
  const earlier = `#settings=${encodeURIComponent(JSON.stringify({ effort: "accurate", diameter: 30 }))}`;
  assert.deepEqual(settingsIn(earlier).network, { diameter: 30 }, "the mode that is gone is passed over");
  for (const hash of ["", "#", "#settings=", "#settings=%7B", "#settings=3", "#other=1"]) {
    assert.equal(settingsIn(hash), null, hash);
  }
});

test("corrections, regions and selections are read from something unknown", () => {
  const edits = [
    { kind: "delete", at: [[1, 2]] },
    { kind: "draw", path: [[1, 2], [3, 4]], radius: 4, to: [1, 2] },
    { kind: "erase", path: [[1, 2]], radius: 1 },
    { kind: "split", line: [[0, 0], [9, 9]] },
    { kind: "add", outline: [[0, 0], [9, 0], [9, 9]] },
    { kind: "merge", at: [[1, 2], [3, 4]] },
  ];
  assert.deepEqual(parseEdits(JSON.parse(JSON.stringify(edits))), edits);
  assert.deepEqual(
    parseEdits([{ kind: "explode" }, { kind: "delete", at: [[1]] }, { kind: "draw", path: [[1, 2]] }, null, 3]),
    [],
  );
  const regions = [
    { kind: "rectangle", x: 1, y: 2, width: 3, height: 4 },
    { kind: "polygon", points: [[0, 0], [1, 0], [1, 1]] },
  ];
  assert.deepEqual(parseRegions(regions), regions);
  assert.deepEqual(parseRegions([{ kind: "rectangle", x: 1 }, { kind: "polygon", points: "x" }]), []);
  assert.deepEqual(parseSelection({ channel: "DAPI", slice: { single: 3 }, frame: 2 }), {
    channel: "DAPI",
    slice: { single: 3 },
    frame: 2,
  });
  assert.deepEqual(parseSelection({ channel: -1, slice: "maximumProjection", frame: 0.5 }), {});
});

test("a record is known by its name and read with care", () => {
  assert.equal(isRecordName("folder/cells-nucleoscope.json"), true);
  assert.equal(isRecordName("cells-coco.json"), false);
  assert.equal(readRecord("{"), null);
  assert.equal(readRecord("{}"), null);
  const record = readRecord(
    JSON.stringify({
      image: { id: "cells" },
      settings: { ...tuning, effort: "accurate", diameter: null },
      edits: [{ kind: "delete", at: [[1, 2]] }],
      gates: [{ key: "area_px2", minimum: 10, maximum: null }],
    }),
  );
  assert.equal(record.imageId, "cells");
  assert.deepEqual(record.tuning, tuning);
  assert.deepEqual(record.network, { diameter: null }, "the mode that is gone is passed over");
  assert.deepEqual(record.edits, [{ kind: "delete", at: [[1, 2]] }]);
  assert.deepEqual([record.regions, record.selection], [[], {}]);
});

test("the shelf lets go of the maps that were put there first", () => {
  const shelf = new MapsShelf(100);
  const owners = [1, 2, 3].map(() => ({ maps: null }));
  const maps = (size) => ({ key: "", blob: { size }, width: 1, height: 1 });
  shelf.put(owners[0], maps(40));
  shelf.put(owners[1], maps(40));
  shelf.put(owners[0], maps(50));
  assert.deepEqual(owners.map((owner) => owner.maps?.blob.size ?? 0), [50, 40, 0]);
  shelf.put(owners[2], maps(60));
  assert.deepEqual(owners.map((owner) => owner.maps?.blob.size ?? 0), [0, 0, 60]);
  shelf.put(owners[1], maps(500));
  assert.deepEqual(owners.map((owner) => owner.maps?.blob.size ?? 0), [0, 500, 0], "the last is kept whatever its size");
  shelf.clear();
  assert.equal(owners[1].maps, null);
});

test("a scale bar has a round length and fits", () => {
  for (const [micrometres, length, words] of [
    [0.5, 50, "50 µm"],
    [0.325, 20, "20 µm"],
    [12, 1000, "1 mm"],
    [0.004, 0.2, "200 nm"],
  ]) {
    const bar = scaleBar(micrometres, 100);
    assert.equal(bar.words, words);
    assert.ok(Math.abs(bar.length - length) < 1e-9);
    assert.ok(bar.width <= 100 && bar.width > 30, `${bar.width}`);
  }
});
