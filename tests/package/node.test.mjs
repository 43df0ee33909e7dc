/** `nucleoscope/node`, compared with the command line. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { commandLine, exampleSet, temporaryFolder } from "../e2e/harness.mjs";
import { imageJStack } from "../e2e/files.mjs";
import { installed } from "./installed.mjs";

let folder;
let set;
let nucleoscope;

before(async () => {
  folder = installed("node-batch");
  set = exampleSet(4);
  nucleoscope = await import(pathToFileURL(join(folder, "node_modules", "nucleoscope", "dist", "node.js")).href);
});
after(() => nucleoscope.close());

/** What the command line finds: the run lengths and the measurements of every image, by its id. */
function found(inputs, ...options) {
  const target = temporaryFolder();
  const [rows, table] = [join(target, "rows.csv"), join(target, "nuclei.csv")];
  commandLine("segment", ...inputs, "--output", rows, "--nuclei", table, ...options);
  const [, ...encoded] = readFileSync(rows, "utf8").trimEnd().split("\n");
  const [header, ...measured] = readFileSync(table, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const idsOf = new Set(encoded.map((row) => row.split(",")[0]));
  const images = [...idsOf].map((id) => {
    const runs = encoded.filter((row) => row.startsWith(`${id},`)).map((row) => row.slice(id.length + 1));
    const nuclei = measured
      .filter(([image]) => image === id)
      .map((cells) => Object.fromEntries(header.map((key, column) => [key, cells[column]])));
    return [id, { runs, nuclei }];
  });
  return new Map(images);
}

/** The label image that run lengths describe; they go down the columns. */
function labelsOf(runs, { width, height }) {
  const labels = new Uint32Array(width * height);
  for (const [index, run] of runs.entries()) {
    const numbers = run.split(" ").map(Number);
    for (let at = 0; at < numbers.length; at += 2) {
      for (let pixel = numbers[at] - 1; pixel < numbers[at] - 1 + numbers[at + 1]; pixel++) {
        labels[(pixel % height) * width + Math.floor(pixel / height)] = index + 1;
      }
    }
  }
  return labels;
}

async function assertSame(image, { runs, nuclei }) {
  assert.ok(image.count > 0);
  assert.equal(image.count, runs.length);
  assert.deepEqual(await image.toRle(), runs);
  assert.deepEqual(image.labels, labelsOf(runs, image));
  const measured = await image.measurements();
  assert.equal(measured.length, nuclei.length);
  for (const [row, expected] of nuclei.entries()) {
    const { image: _, folder: __, included: ___, edited, ...cells } = expected;
    const { edited: isEdited, ...values } = measured[row];
    assert.equal(isEdited, edited === "true" ? 1 : 0);
    const written = Object.entries(values).filter(([, value]) => value !== null);
    // The command line's table has the columns of all images; those of other images are empty.
    const read = Object.entries(cells).filter(([, cell]) => cell !== "");
    assert.deepEqual(
      written.map(([key]) => key),
      read.map(([key]) => key),
    );
    for (const [key, value] of written) {
      const cell = Number(cells[key]);
      // Tables have nine digits.
      assert.ok(Math.abs(value - cell) <= 1e-8 * Math.abs(value), `${key}: ${value}, ${cell}`);
    }
  }
}

async function collect(items) {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("segmentAll", () => {
  test("gives the labels, run lengths and measurements of the command line, in the order of the inputs", async () => {
    const expected = found(set.paths);
    const items = await collect(nucleoscope.segmentAll(set.paths));
    assert.deepEqual(
      items.map(({ input }) => input),
      set.paths,
    );
    for (const [index, { image, error }] of items.entries()) {
      assert.equal(error, undefined);
      assert.deepEqual(image.warnings, []);
      await assertSame(image, expected.get(set.ids[index]));
    }
  });

  test("reports each file that cannot be used with its code, and continues", async () => {
    const text = join(folder, "text.png");
    writeFileSync(text, "no image");
    const [first, second] = set.paths;
    const damaged = readFileSync(first).subarray(0, 2000);
    const missing = join(folder, "missing.png");
    const items = await collect(nucleoscope.segmentAll([first, text, missing, folder, damaged, second]));
    assert.deepEqual(
      items.map(({ error }) => error?.code),
      [undefined, "image/unknown-format", "file/io", "file/io", "image/truncated", undefined],
    );
    for (const { error } of items) {
      if (error === undefined) continue;
      assert.ok(error instanceof nucleoscope.EngineError);
      assert.ok(error.message.length > 0 && error.help.length > 0);
    }
    assert.equal(items[2].error.message, `${missing}: the file does not exist`);
  });

  test("stops when its signal is aborted or its loop is left, and can be used again", async () => {
    const controller = new AbortController();
    const items = nucleoscope.segmentAll(set.paths, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await assert.rejects(collect(items), { name: "AbortError" });
    await assert.rejects(collect(nucleoscope.segmentAll(set.paths, { signal: AbortSignal.abort() })), {
      name: "AbortError",
    });
    for await (const { image } of nucleoscope.segmentAll(set.paths)) {
      assert.ok(image.count > 0);
      break;
    }
    assert.equal((await collect(nucleoscope.segmentAll(set.paths.slice(0, 1)))).length, 1);
  });
});

describe("segment", () => {
  test("takes the command line's options", async () => {
    const [, path] = set.paths;
    const options = [
      "--minimum-area",
      "200",
      "--h",
      "0.1",
      "--diameter",
      "30",
      "--clear-border",
      "--pixel-size",
      "0.5",
    ];
    const [expected] = found([path], ...options).values();
    const settings = { minimumArea: 200, h: 0.1, diameter: 30, clearBorder: true, pixelSize: 0.5 };
    const image = await nucleoscope.segment(path, settings);
    await assertSame(image, expected);
    assert.ok("area_um2" in (await image.measurements())[0]);
  });

  test("takes a channel, a slice and a frame of a stack, numbered from 1", async () => {
    const disc = (x, y, [left, top]) => (Math.hypot(x - left, y - top) < 12 ? 3000 : 200);
    const places = [
      [30, 30],
      [70, 70],
      [30, 70],
      [70, 30],
    ];
    const path = join(temporaryFolder(), "stack.tif");
    const stack = imageJStack(100, 100, 2, 2, (channel, slice, x, y) => disc(x, y, places[2 * channel + slice]));
    writeFileSync(path, stack);
    const [expected] = found([path], "--channel", "2", "--slice", "1").values();
    const image = await nucleoscope.segment(pathToFileURL(path), { channel: 2, slice: 1, frame: 1 });
    await assertSame(image, expected);
    assert.equal(image.labels[70 * 100 + 30], 1, "the disc of the second channel's first slice");
    await assert.rejects(nucleoscope.segment(path, { channel: 3 }), { code: "image/no-such-channel" });
    await assert.rejects(nucleoscope.segment(path, { channel: 0 }), { code: "engine/bad-option" });
  });

  test("takes bytes, and segments again without the network", async () => {
    const [path] = set.paths;
    const bytes = readFileSync(path);
    const image = await nucleoscope.segment(bytes, { keepPrediction: true, workers: 1 });
    const adjusted = await image.adjust({ minimumArea: 300 });
    const expected = await nucleoscope.segment(path, { minimumArea: 300 });
    assert.ok(expected.count < image.count);
    assert.deepEqual(adjusted.labels, expected.labels);
    await assert.rejects(expected.adjust({}), { code: "engine/no-prediction" });
  });

  test("refuses options that do not exist, and values that are out of range", async () => {
    const [path] = set.paths;
    await assert.rejects(nucleoscope.segment(path, { minArea: 3 }), { code: "engine/bad-option" });
    await assert.rejects(nucleoscope.segment(path, { workers: 0 }), { code: "engine/bad-option" });
    for (const settings of [{ h: 7 }, { minimumArea: 2.5 }, { fillHoles: 1 }, { diameter: 0 }, { smoothing: "1" }]) {
      await assert.rejects(nucleoscope.segment(path, settings), { code: "engine/bad-option" });
    }
  });
});

describe("close", () => {
  test("ends the work, and the next call starts again", async () => {
    const running = nucleoscope.segment(set.paths[0]);
    await nucleoscope.close();
    await assert.rejects(running, { code: "engine/disposed" });
    assert.ok((await nucleoscope.segment(set.paths[0])).count > 0);
  });
});

/** Runs a script where the package is installed; it must end by itself. */
function node(...parameters) {
  return spawnSync(process.execPath, parameters, { cwd: folder, encoding: "utf8", timeout: 60_000 });
}

describe("a script", () => {
  test("of the example counts the nuclei and ends by itself", async () => {
    const { status, stdout, stderr } = node("batch.mjs", ...set.paths, "missing.png");
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, 1 + set.paths.length);
    for (const [index, { runs }] of [...found(set.paths).values()].entries()) {
      assert.ok(lines[index + 1].startsWith(`${set.paths[index]},${runs.length},`), lines[index + 1]);
    }
    assert.equal(
      stderr,
      "missing.png: the file does not exist\n  Check that the file exists and that you may read it.\n",
    );
    assert.equal(status, 1);
  });

  test("on the command line of Node ends by itself", () => {
    const code = `import { segment } from "nucleoscope/node";
      console.log((await segment(${JSON.stringify(set.paths[0])})).count);`;
    const { status, stdout, stderr } = node("--input-type=module", "--eval", code);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.ok(Number(stdout) > 0);
  });

  test("imports the entries without side effects, also without a browser", () => {
    const code = `
      const working = () => process.getActiveResourcesInfo().filter((name) => /Timeout|MessagePort|Worker/.test(name));
      const state = () => JSON.stringify([Object.getOwnPropertyNames(globalThis), working()]);
      const before = state();
      for (const entry of ["nucleoscope", "nucleoscope/node"]) console.log(Object.keys(await import(entry)).join());
      if (state() !== before) throw new Error("importing changed " + state());`;
    const { status, stdout, stderr } = node("--input-type=module", "--eval", code);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.equal(stdout, "Engine,EngineError,createEngine,segment\nEngineError,close,segment,segmentAll\n");
  });
});

describe("the archive", () => {
  test("has no dependencies, and no files but the package's own", () => {
    const manifest = JSON.parse(readFileSync(join(folder, "node_modules", "nucleoscope", "package.json"), "utf8"));
    assert.equal(manifest.dependencies, undefined);
    assert.equal(manifest.private, undefined);
    for (const [entry, target] of Object.entries(manifest.exports)) {
      if (entry === "./element") continue;
      for (const path of typeof target === "string" ? [target] : Object.values(target)) {
        assert.ok(readFileSync(join(folder, "node_modules", "nucleoscope", path)).length > 0, `${entry}: ${path}`);
      }
    }
    const listed = execFileSync("npm", ["pack", "--dry-run", "--json"], {
      cwd: join(folder, "node_modules", "nucleoscope"),
      encoding: "utf8",
    });
    const [{ files }] = Object.values(JSON.parse(listed));
    const unexpected = files.filter(({ path }) => !/^(package\.json|README\.md|dist\/.+)$/.test(path));
    assert.deepEqual(unexpected, []);
  });
});
