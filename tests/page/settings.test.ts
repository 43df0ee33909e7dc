/** Settings in links and records, and the cache of predictions. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { hasTuning, parseTuning, sameTuning, tuningOf } from "../../packages/nucleoscope/src/session/tuning.ts";
import { linkOf, settingsIn } from "../../packages/nucleoscope/src/session/settings-link.ts";
import { optionsIn } from "../../www/src/address-options.ts";
import { RecordedRuns } from "../../packages/nucleoscope/src/session/recorded-runs.ts";
import { PredictionCache } from "../../packages/nucleoscope/src/session/prediction-cache.ts";
import { scaleBar } from "../../packages/nucleoscope/src/viewer/scale-bar.ts";
import type { BatchImage } from "../../packages/nucleoscope/src/session/batch.ts";
import type { Engine } from "../../packages/nucleoscope/src/engine/engine.ts";
import type { CachedPrediction, Inferred, TiledPrediction } from "../../packages/nucleoscope/src/engine/protocol.ts";
import type { Setting } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";
import { fake } from "../fake.ts";

const setting = (name: string, oldName: string | null, other: Partial<Setting>): Setting => ({
  name,
  oldName,
  label: name,
  help: "",
  unit: "",
  kind: "number",
  minimum: 0,
  maximum: 1,
  default: 0,
  slider: null,
  ...other,
});
const slider = (minimum: number, maximum: number, step = 0.01) => ({
  minimum,
  maximum,
  step,
  reversed: false,
  help: null,
});

const list: readonly Setting[] = [
  setting("interiorThreshold", "threshold", { slider: slider(0.05, 0.95) }),
  setting("h", "seedDepth", { slider: { ...slider(0.02, 1), reversed: true } }),
  setting("minimumConfidence", "leastCertainty", { slider: slider(0, 1) }),
  setting("minimumArea", "smallestArea", { kind: "count", maximum: 2 ** 32 - 1, slider: slider(0, 500, 1) }),
  setting("smoothing", null, { maximum: 16, slider: slider(0, 8, 0.1) }),
  setting("peakThreshold", "seedMinimum", {}),
  setting("fillHoles", null, { kind: "switch" }),
  setting("clearBorder", "dropAtEdge", { kind: "switch" }),
];

const tuning = {
  interiorThreshold: 0.6,
  h: 0.35,
  minimumConfidence: 0.85,
  minimumArea: 25,
  smoothing: 0,
  fillHoles: true,
  clearBorder: false,
};

test("a tuning is read from unknown data, without other fields", () => {
  const parse = (unknown: unknown) => parseTuning(unknown, list).tuning;
  assert.deepEqual(parse({ ...tuning, effort: "fast", peakThreshold: 0.2, other: 1 }), tuning);
  assert.deepEqual(
    parse({ interiorThreshold: "0.5", h: 7, fillHoles: 1, smoothing: Number.NaN, minimumArea: 0.5 }),
    {},
  );
  assert.deepEqual(parse({ minimumArea: 5000 }), { minimumArea: 5000 }, "a count may lie outside its slider's range");
  for (const nothing of [null, undefined, 3, "x", []]) assert.deepEqual(parse(nothing), {});
  assert.deepEqual(tuningOf({ ...tuning, peakThreshold: 0.1, diameter: 9 }, list), tuning);
  assert.throws(() => tuningOf({ interiorThreshold: 0.5 }, list), /lack h, minimumConfidence/);
  assert.equal(sameTuning(tuning, { ...tuning }), true);
  assert.equal(sameTuning(tuning, { ...tuning, clearBorder: true }), false);
  assert.equal(hasTuning({ ...tuning, diameter: 9 }, tuning), true);
  assert.equal(hasTuning({ ...tuning, h: 0.1 }, tuning), false);
});

test("settings with old names are read and reported", () => {
  const old = { threshold: 0.5, seedDepth: 0.2, dropAtEdge: true, smoothing: 1 };
  const shared = settingsIn(`#settings=${encodeURIComponent(JSON.stringify(old))}`, list) ?? assert.fail();
  assert.deepEqual(shared.tuning, { interiorThreshold: 0.5, h: 0.2, smoothing: 1, clearBorder: true });
  assert.deepEqual(shared.oldNames, ["threshold", "seedDepth", "dropAtEdge"]);
  assert.deepEqual(shared.ignored, []);
  assert.deepEqual(parseTuning({ threshold: 0.5, interiorThreshold: 0.6 }, list).tuning, { interiorThreshold: 0.6 });
});

test("settings in a link are read back unchanged", () => {
  const link = linkOf("https://example.org/nuclei/?workers=2#old", { ...tuning, diameter: 12.5 });
  assert.match(link, /^https:\/\/example\.org\/nuclei\/\?workers=2#settings=/);
  const { network, tuning: read, ignored } = settingsIn(new URL(link).hash, list) ?? assert.fail();
  assert.deepEqual(network, { diameter: 12.5 });
  assert.deepEqual(read, tuning);
  assert.deepEqual(ignored, []);
  for (const hash of ["", "#", "#other=1"]) assert.equal(settingsIn(hash, list), null, hash);
});

test("invalid settings in a link are reported, and the others are used", () => {
  for (const [text, ignored] of [
    ["", [""]],
    ["{", ["{"]],
    ["3", ["3"]],
    ["[1]", ["0 1"]],
    [JSON.stringify({ ...tuning, interiorThreshold: 7 }), ["interiorThreshold 7"]],
    [JSON.stringify({ ...tuning, diameter: -3, other: null }), ["diameter -3", "other null"]],
    [JSON.stringify({ ...tuning, diameter: 1e15 }), ["diameter 1000000000000000"]],
  ] as [string, string[]][]) {
    const shared = settingsIn(`#settings=${encodeURIComponent(text)}`, list) ?? assert.fail();
    assert.deepEqual(shared.ignored, ignored, text);
    assert.ok(shared.network.diameter === null);
  }
  const { interiorThreshold, ...others } = tuning;
  const shared =
    settingsIn(`#settings=${encodeURIComponent(JSON.stringify({ ...others, interiorThreshold: 7 }))}`, list) ??
    assert.fail();
  assert.deepEqual(shared.tuning, others);
});

test("an address sets the number of workers and the size of blocks, within limits", () => {
  const asked = (search: string) => {
    const { workers, sizes, messages } = optionsIn(search);
    return [workers, sizes?.longestBlock, messages.length];
  };
  assert.deepEqual(asked(""), [undefined, undefined, 0]);
  assert.deepEqual(asked("?workers=3&block=512&other=x"), [3, 512, 0]);
  assert.deepEqual(optionsIn("?block=512").sizes, { largestWhole: 512 * 512, longestBlock: 512 });
  for (const wrong of ["-1", "0", "1.5", "17", "1e15", "NaN", "Infinity", "two", ""]) {
    assert.deepEqual(asked(`?workers=${wrong}`), [undefined, undefined, 1], wrong);
    const [message] = optionsIn(`?workers=${wrong}`).messages;
    assert.match(message.message, new RegExp(`workers=${wrong},.* 1 to 16`));
  }
  for (const wrong of ["-512", "319", "1e15", "512.5"]) {
    assert.deepEqual(asked(`?block=${wrong}&workers=2`), [2, undefined, 1], wrong);
  }
});

test("a record's settings are used unchanged, and differences are reported", async () => {
  const settings = {
    ...tuning,
    smoothing: 15,
    minimumArea: 1e6,
    peakThreshold: 0.1,
    boundaryWeight: 0.7,
    diameter: 2000,
  };
  const run = {
    id: "a",
    input: { name: "a.png", folder: "", sha256: "of the file" },
    model: { name: "other", version: "9", sha256: "another" },
    start: "network",
    settings,
    selection: { channel: null, slice: { single: 2 }, frame: 1 },
    pixelSize: { x: 0.5, y: 0.4 },
    edits: [{ kind: "delete", at: [[1, 2]] }],
    regions: [{ kind: "rectangle", x: 0, y: 0, width: 9, height: 9 }],
    gates: [{ key: "area_px2", minimum: 3, maximum: null, keep: "inside" }],
    positive: { key: "gray_mean", minimum: 5 },
    cellExpansion: 1.5,
    group: "treated",
  };
  const fromTruth = { ...run, id: "b", model: null, start: "groundTruth", settings: null, gates: [], group: null };
  const engine = fake<Engine>({
    modelIdentity: { name: "nuclei", version: "1", sha256: "this" },
    settingList: list,
    readRecord: async ({ blob }: { blob: Blob }) => {
      if (blob.size === 0)
        throw Object.assign(new Error("x"), {
          code: "record/field",
          message: "images[0].selection.frame is 1e15",
          help: "Correct it.",
        });
      return [run, fromTruth];
    },
    hash: async () => "of another file",
  });
  const runs = new RecordedRuns();
  const source = (text: string) => ({ path: "nucleoscope.json", source: { blob: new Blob([text]), entry: null } });
  const good = source("{}");
  assert.match((await runs.read([source(""), good], engine))[0].message, /selection\.frame is 1e15/);
  assert.equal(runs.size, 2);
  const image = (imageId: string) => {
    const edits = {
      steps: [],
      replace(list: any) {
        this.steps = list;
      },
    };
    return fake<BatchImage>({ imageId, path: `${imageId}.png`, source: {}, state: { kind: "waiting" }, edits });
  };
  const [a, b, c] = ["a", "b", "c"].map(image);
  const { images, messages } = await runs.applyTo([a, b, c], engine);
  assert.deepEqual(images, [a, b]);
  assert.equal(a.recorded, settings);
  assert.deepEqual(a.tuning, { ...tuning, smoothing: 15, minimumArea: 1e6 });
  assert.deepEqual(
    [a.selection, a.pixelSize, a.regions, a.gates, a.positive, a.cellExpansion, a.group],
    [run.selection, run.pixelSize, run.regions, run.gates, run.positive, 1.5, "treated"],
  );
  assert.deepEqual([a.edits.steps, b.edits.steps], [run.edits, []]);
  assert.deepEqual(
    messages.map(({ message }) => /not the file|another model/.exec(message)?.[0]),
    ["not the file", "not the file", "another model"],
  );
  assert.equal(runs.editsFromTruth(a), null);
  assert.deepEqual(runs.editsFromTruth(b), run.edits, "kept until the image is done");
  b.state = fake<BatchImage["state"]>({ kind: "done" });
  assert.deepEqual(runs.editsFromTruth(b), run.edits);
  assert.equal(runs.editsFromTruth(b), null);
  await runs.read([good], engine);
  assert.equal(runs.size, 0, "a record is applied once, however often the files are opened");
});

test("the cache drops the oldest predictions first", () => {
  const cache = new PredictionCache(100);
  const owners = [1, 2, 3].map(() => ({ prediction: null as CachedPrediction | null }));
  const prediction = (size: number) => fake<CachedPrediction>({ key: "", blob: { size }, width: 1, height: 1 });
  cache.put(owners[0], prediction(40));
  cache.put(owners[1], prediction(40));
  cache.put(owners[0], prediction(50));
  assert.deepEqual(
    owners.map((owner) => owner.prediction?.blob.size ?? 0),
    [50, 40, 0],
  );
  cache.put(owners[2], prediction(60));
  assert.deepEqual(
    owners.map((owner) => owner.prediction?.blob.size ?? 0),
    [0, 0, 60],
  );
  cache.put(owners[1], prediction(500));
  assert.deepEqual(
    owners.map((owner) => owner.prediction?.blob.size ?? 0),
    [0, 500, 0],
    "the last is kept whatever its size",
  );
  cache.clear();
  assert.equal(owners[1].prediction, null);
});

test("the prediction of a large image counts with all its blocks", () => {
  const cache = new PredictionCache(100);
  const owners = [1, 2].map(() => ({ prediction: null as Inferred["prediction"] }));
  const block = fake<CachedPrediction>({ key: "", blob: { size: 30 }, width: 1, height: 1 });
  cache.put(owners[0], fake<TiledPrediction>({ blocks: [block, block] }));
  cache.put(owners[1], block);
  assert.ok(owners[0].prediction !== null);
  cache.put(owners[1], fake<TiledPrediction>({ blocks: [block, block] }));
  assert.equal(owners[0].prediction, null);
});

test("a scale bar has a round length and fits", () => {
  for (const [micrometres, length, words] of [
    [0.5, 50, "50 µm"],
    [0.325, 20, "20 µm"],
    [12, 1000, "1 mm"],
    [0.004, 0.2, "200 nm"],
  ] as [number, number, string][]) {
    const bar = scaleBar(micrometres, 100);
    assert.equal(bar.words, words);
    assert.ok(Math.abs(bar.length - length) < 1e-9);
    assert.ok(bar.width <= 100 && bar.width > 30, `${bar.width}`);
  }
});
