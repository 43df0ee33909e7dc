/** The session without a page: files in, results and events out. */
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { Engine } from "../../packages/nucleoscope/src/engine/engine.ts";
import type { BatchFile } from "../../packages/nucleoscope/src/engine/protocol.ts";
import type { BatchImage } from "../../packages/nucleoscope/src/session/batch.ts";
import { Session } from "../../packages/nucleoscope/src/session/session.ts";
import type { StackInfo } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";
import { fake } from "../fake.ts";

const setting = {
  name: "minimumArea",
  label: "Minimum area",
  help: "",
  unit: "px²",
  kind: "number",
  oldName: null,
  minimum: 0,
  maximum: 1000,
  slider: { minimum: 0, maximum: 100, step: 1, reversed: false, help: "" },
};

/** The nuclei of an image: as many as its name says, without those removed by edits. */
function nucleiOf(name: string, edits: readonly object[], minimumArea: number) {
  const count = Math.max(0, Number.parseInt(name, 10) - edits.length - minimumArea);
  return {
    count,
    width: 8,
    height: 6,
    masks: new Uint8Array(),
    score: null,
    truthOutlines: null,
    truthError: null,
    refusedEdits: [],
    isTiled: name.includes("large"),
    uncorrected: name.includes("large") ? new Uint8Array() : null,
    edited: edits.length > 0,
    stack: stackOf(),
  };
}

const display = { color: [255, 255, 255], low: null, high: null, gamma: 1, visible: true } as const;

/** A stack with channels of these names, or a gray image. */
function stackOf(...names: string[]) {
  const displays =
    names.length > 1 ? names.map((_, channel) => ({ ...display, channel })) : [{ ...display, channel: null }];
  return { pixelSize: null, warnings: [], channels: names.map((name) => ({ name, color: null })), displays };
}

interface Request {
  readonly imageId: string;
  readonly settings: { readonly minimumArea: number; readonly diameter: number | null };
  readonly edits: readonly object[];
}

/** An engine that segments `3.png` into three nuclei, and records its requests. */
function makeEngine() {
  const requests: string[] = [];
  /** Requests to measure and to count. */
  const counting: string[] = [];
  const failing = new Set<string>();
  const segmented = ({ imageId, settings, edits }: Request) => nucleiOf(imageId, edits, settings.minimumArea);
  const engine = {
    settings: { minimumArea: 0 },
    settingList: [setting],
    exportFormats: [],
    model: { name: "fake", version: "1" },
    modelIdentity: { name: "fake", version: "1", sha256: "" },
    useModel: async (model: Blob | null) => {
      if (model !== null && (await model.text()) === "hostile.onnx") throw new Error("it crashed");
      engine.modelIdentity = {
        name: model === null ? "fake" : "other",
        version: "1",
        sha256: model === null ? "" : "b",
      };
      return engine.modelIdentity;
    },
    disposed: 0,
    dispose(): void {
      engine.disposed++;
    },
    openBatch: async (files: readonly BatchFile[]) => ({
      images: files.map(({ path }, file) => ({
        imageId: path.replace(".png", ""),
        name: path,
        fileStem: path,
        path,
        source: { file, entry: null },
        truth: null,
        ignoredInScoring: false,
      })),
      failures: [],
      warnings: [],
      records: [],
      requested: null,
    }),
    segment: async (request: Request) => {
      requests.push(`segment ${request.imageId}`);
      if (failing.has(request.imageId)) throw new Error("out of memory");
      const isKept = !request.imageId.includes("unkept");
      const prediction = isKept ? { key: request.imageId, blob: new Blob() } : null;
      return { nuclei: segmented(request), prediction, model: engine.modelIdentity };
    },
    label: async (request: Request, _: object, __: boolean, options: { signal?: AbortSignal } = {}) => {
      requests.push(`label ${request.imageId}`);
      await Promise.resolve();
      options.signal?.throwIfAborted();
      return segmented(request);
    },
    correctTiled: async (request: Request) => {
      requests.push(`correct ${request.imageId}`);
      return segmented(request);
    },
    measure: async (request: Request, _: object, cellExpansion: number) => {
      counting.push(`measure ${request.imageId}${cellExpansion > 0 ? ` with cells of ${cellExpansion}` : ""}`);
      return { columns: [{ key: "area_px2" }], rows: 3, values: Float64Array.of(2, 4, 8) };
    },
    count: async ({ gates, positive }: { readonly gates: readonly object[]; readonly positive: object | null }) => {
      counting.push("count");
      const included = Uint8Array.of(1, 0, 1);
      return { included, summary: { included: gates.length === 0 ? 9 : 1, positive: positive === null ? null : 1 } };
    },
    otsu: async (values: Float64Array) => values.reduce((sum, value) => sum + value, 0),
  };
  return { engine, requests, counting, failing };
}

function makeSession(settingsHash = "") {
  const made = makeEngine();
  const session = new Session({ createEngine: async () => fake<Engine>(made.engine), settingsHash });
  return { ...made, session };
}

const filesOf = (...names: string[]) =>
  Promise.resolve({
    files: names.map((path) => ({ path, blob: new File([path], path), explicit: true })),
    unreadable: [],
  });

/** Opens files and waits until everything is counted. */
async function opened(session: Session, ...names: string[]): Promise<readonly BatchImage[]> {
  await session.open(filesOf(...names));
  await session.settled();
  return session.images.value;
}

describe("a model among the files", () => {
  test("is used for new images; others can be segmented again, and each has its model", async () => {
    const { session, requests } = makeSession();
    await opened(session, "3.png");
    assert.equal(session.model.value?.first, "");
    const [first, second] = await opened(session, "other.onnx", "4.png");
    assert.equal(`${session.model.value?.name}, not ${session.model.value?.first}`, "other, not fake 1");
    assert.deepEqual([first?.model?.sha256, second?.model?.sha256], ["", "b"]);
    assert.equal(session.activity.value.outdated, 1);
    assert.equal(session.modelFiles.length, 1, "the session keeps it");
    session.segmentOutdated();
    await session.settled();
    assert.deepEqual(requests, ["segment 3", "segment 4", "segment 3"]);
    assert.equal(first?.model?.sha256, "b");
    await session.useModel("fake 1", null);
    assert.deepEqual([session.model.value?.name, session.model.value?.first], ["fake", ""]);
    assert.deepEqual([session.activity.value.outdated, session.modelFiles.length], [2, 0]);
  });

  test("changes nothing if it is refused, and the images are segmented", async () => {
    const { session } = makeSession();
    const errors: (string | null)[] = [];
    session.on("error", ({ path }) => errors.push(path));
    const [image] = await opened(session, "hostile.onnx", "3.png");
    assert.equal(image?.model?.sha256, "");
    assert.deepEqual([session.model.value?.name, session.activity.value.outdated], ["fake", 0]);
    assert.deepEqual(errors, ["hostile.onnx"]);
    const [message] = session.messages.shown.value;
    assert.equal(
      message?.message,
      "hostile.onnx is not used: Something went wrong inside the program: it crashed. The model in use is still fake 1",
    );
  });

  test("in a folder is ignored", async () => {
    const { session } = makeSession();
    const file = new File(["x"], "x.onnx");
    await session.open(Promise.resolve({ files: [{ path: "f/x.onnx", blob: file, explicit: false }], unreadable: [] }));
    assert.equal(session.model.value?.name, "fake");
  });
});

const count = (image: BatchImage | undefined) => (image?.state.kind === "done" ? image.state.result.count : null);

describe("a session", () => {
  test("segments what is opened, selects the first image, and announces the sum", async () => {
    const { session, requests } = makeSession();
    const images = await opened(session, "3.png", "4.png");
    assert.deepEqual(requests, ["segment 3", "segment 4"]);
    assert.deepEqual(images.map(count), [3, 4]);
    assert.equal(session.selected.value, images[0]);
    assert.equal(session.status.value, "2 images done, 7 nuclei.");
    assert.equal(session.activity.value.submission.images.length, 2);
  });

  test("keeps the selected image when more are opened", async () => {
    const { session } = makeSession();
    const [first] = await opened(session, "3.png");
    await opened(session, "5.png");
    assert.equal(session.selected.value, first);
    assert.equal(session.images.value.length, 2);
  });

  test("a failed image does not stop the others, is reported, and can be tried again", async () => {
    const { session, failing } = makeSession();
    const errors: (string | null)[] = [];
    session.on("error", ({ path }) => errors.push(path));
    failing.add("4");
    await opened(session, "3.png", "4.png", "5.png");
    assert.deepEqual(session.images.value.map(count), [3, null, 5]);
    assert.deepEqual(errors, ["4.png"]);
    assert.equal(session.activity.value.failed, 1);
    failing.clear();
    session.retryFailed();
    await session.settled();
    assert.deepEqual(session.images.value.map(count), [3, 4, 5]);
  });

  test("a correction changes the nuclei, and is undone and made again without the network", async () => {
    const { session, requests } = makeSession();
    const events: string[] = [];
    session.on("edit", ({ name }) => events.push(name));
    const [image] = await opened(session, "3.png");
    session.correct({ kind: "delete", at: [] });
    await session.settled();
    assert.equal(count(image), 2);
    session.undo();
    await session.settled();
    assert.equal(count(image), 3);
    session.redo();
    await session.settled();
    assert.equal(count(image), 2);
    session.redo();
    assert.deepEqual(events, ["3.png", "3.png", "3.png"], "a redo without anything to redo is no event");
    assert.deepEqual(requests, ["segment 3", "label 3", "label 3", "label 3"]);
  });

  test("a slider updates the selected image at once, and the others when it is released", async () => {
    const { session } = makeSession();
    const [first, second] = await opened(session, "3.png", "4.png");
    session.tune({ minimumArea: 1 }, false);
    await session.settled();
    assert.deepEqual([count(first), count(second)], [2, 4]);
    session.tune({ minimumArea: 2 }, true);
    await session.settled();
    assert.deepEqual([count(first), count(second)], [1, 2]);
  });

  test("a large image follows a slider when it is released, and is corrected without its prediction", async () => {
    const { session, requests } = makeSession();
    const [image] = await opened(session, "9 large.png");
    session.tune({ minimumArea: 1 }, false);
    await session.settled();
    assert.equal(count(image), 9);
    session.tune({ minimumArea: 2 }, true);
    await session.settled();
    session.correct({ kind: "delete", at: [] });
    await session.settled();
    assert.equal(count(image), 6);
    session.tune({ minimumArea: 1 }, true);
    await session.settled();
    assert.equal(count(image), 7);
    assert.deepEqual(requests, ["segment 9 large", "label 9 large", "correct 9 large", "label 9 large"]);
    assert.equal(session.activity.value.outdated, 0);
  });

  test("a slider that is moved again cancels what a large image no longer needs", async () => {
    const { session, requests } = makeSession();
    const [image] = await opened(session, "9 large.png");
    session.tune({ minimumArea: 1 }, true);
    session.tune({ minimumArea: 4 }, true);
    await session.settled();
    assert.equal(count(image), 5);
    assert.deepEqual(requests, ["segment 9 large", "label 9 large", "label 9 large"]);
    assert.deepEqual(session.messages.shown.value, []);
  });

  test("a large image without a prediction is corrected, and waits for Segment again after a slider", async () => {
    const { session, requests } = makeSession();
    const [image] = await opened(session, "9 large unkept.png");
    session.tune({ minimumArea: 2 }, true);
    await session.settled();
    assert.equal(session.activity.value.outdated, 1);
    session.correct({ kind: "delete", at: [] });
    await session.settled();
    assert.equal(count(image), 8, "with the settings that its nuclei have");
    assert.equal(session.activity.value.outdated, 1);
    session.segmentOutdated();
    await session.settled();
    assert.equal(count(image), 6);
    assert.equal(session.activity.value.outdated, 0);
    const name = "9 large unkept";
    assert.deepEqual(requests, [`segment ${name}`, `correct ${name}`, `segment ${name}`]);
  });

  test("an image's own tuning does not change the others", async () => {
    const { session } = makeSession();
    const [first, second] = await opened(session, "3.png", "4.png");
    session.setTuningScope(true);
    session.tune({ minimumArea: 2 }, true);
    await session.settled();
    assert.deepEqual([count(first), count(second)], [1, 4]);
    assert.deepEqual(session.tuning.value, { tuning: { minimumArea: 2 }, isOwn: true });
    session.select(second ?? null);
    assert.deepEqual(session.tuning.value, { tuning: { minimumArea: 0 }, isOwn: false });
  });

  test("another diameter makes finished images outdated until they are segmented again", async () => {
    const { session, requests } = makeSession();
    await opened(session, "3.png");
    session.setDiameter(30);
    assert.equal(session.activity.value.outdated, 1);
    session.segmentOutdated();
    await session.settled();
    assert.equal(session.activity.value.outdated, 0);
    assert.equal(requests.length, 2);
  });

  test("gates apply to every image and to images opened later", async () => {
    const { session } = makeSession();
    await opened(session, "3.png");
    session.changeGates([], [{ key: "area_px2", minimum: 1, maximum: null, keep: "inside" }]);
    const images = await opened(session, "4.png");
    assert.deepEqual(
      images.map(({ gates }) => gates.length),
      [1, 1],
    );
    assert.equal(session.activity.value.tally.counted, 2);
  });

  test("images with the same channels are drawn alike, others are not", async () => {
    const { session } = makeSession();
    const images = await opened(session, "1.png", "2.png", "3.png", "4.png");
    const stacks = [stackOf("DAPI", "GFP"), stackOf("DAPI", "GFP"), stackOf("DAPI", "RFP"), stackOf()];
    images.forEach((image, index) => {
      image.stack = fake<StackInfo>(stacks[index] ?? {});
    });
    const shown = () => images.map((image) => session.displaysOf(image).map(({ visible }) => visible));
    assert.deepEqual(shown(), [[true, true], [true, true], [true, true], [true]]);
    session.select(images[0] ?? null);
    const [first, second] = images.flatMap((image) => session.displaysOf(image));
    assert.ok(first !== undefined && second !== undefined);
    session.setDisplays([{ ...first, visible: false }, second]);
    assert.deepEqual(shown(), [[false, true], [false, true], [true, true], [true]]);
    assert.deepEqual(Object.keys(session.shared.displays), ["DAPI\nGFP"], "it is kept");
    assert.deepEqual(images.map(count), [1, 2, 3, 4], "no nuclei change");
  });

  test("a threshold and an expansion apply to every image and to images opened later", async () => {
    const { session, counting } = makeSession();
    const images = await opened(session, "3.png", "5.png");
    counting.length = 0;
    session.setPositive({ key: "area_px2", minimum: 4 });
    await session.settled();
    assert.deepEqual(counting, ["count", "count"], "nothing is measured again");
    assert.deepEqual(
      images.map((image) => session.counts.of(image)?.counted.summary.positive),
      [1, 1],
    );
    assert.equal(await session.suggestThreshold("area_px2"), 20, "from the counted nuclei of all images");
    assert.equal(await session.suggestThreshold("gray_mean"), 0, "no values");
    session.setCellExpansion(2.5);
    await session.settled();
    assert.deepEqual(counting.filter((request) => request.startsWith("measure")).sort(), [
      "measure 3 with cells of 2.5",
      "measure 5 with cells of 2.5",
    ]);
    const [, , third] = await opened(session, "4.png");
    assert.deepEqual([third?.positive, third?.cellExpansion], [{ key: "area_px2", minimum: 4 }, 2.5]);
    assert.equal(session.shared.cellExpansion, 2.5);
  });

  test("renaming a region counts nothing again, and is undone", async () => {
    const { session, counting } = makeSession();
    const [image] = await opened(session, "3.png");
    const region = { kind: "rectangle", x: 0, y: 0, width: 4, height: 4 } as const;
    session.setRegions([region]);
    await session.settled();
    counting.length = 0;
    session.setRegions([{ ...region, name: "cortex" }]);
    assert.notEqual(session.counts.of(image ?? assert.fail()), null, "known at once");
    assert.equal(image?.regions[0]?.name, "cortex");
    session.undo();
    assert.equal(image?.regions[0]?.name, undefined);
    await session.settled();
    assert.deepEqual(counting, []);
    session.setRegions([{ ...region, width: 5 }]);
    await session.settled();
    assert.deepEqual(counting, ["count"]);
  });

  test("removed images come back with their results, one by one or all together", async () => {
    const { session } = makeSession();
    const images = await opened(session, "3.png", "4.png", "5.png");
    session.select(images[1] ?? null);
    session.removeSelected();
    session.removeSelected();
    assert.deepEqual(
      session.images.value.map(({ name }) => name),
      ["3.png"],
    );
    session.messages.shown.value.at(-1)?.action?.run();
    assert.deepEqual(session.images.value.map(count), [3, 4, 5]);
    session.removeAll();
    assert.equal(session.selected.value, null);
    assert.deepEqual(session.images.value, []);
    session.messages.shown.value.at(-1)?.action?.run();
    assert.deepEqual(session.images.value.map(count), [3, 4, 5]);
  });

  test("settings in a link are used, and unknown ones are named", async () => {
    const settings = encodeURIComponent(JSON.stringify({ diameter: 20, minimumArea: 1, nonsense: 3 }));
    const { session } = makeSession(`#settings=${settings}`);
    const [image] = await opened(session, "3.png");
    assert.equal(count(image), 2);
    assert.equal(session.diameter.value, 20);
    assert.match(session.messages.shown.value[0]?.message ?? "", /nonsense/);
  });

  test("an engine that cannot be loaded is reported, and loaded at the next attempt", async () => {
    const { engine } = makeEngine();
    let attempts = 0;
    const session = new Session({
      createEngine: async () => {
        if (attempts++ === 0) throw new Error("no connection");
        return fake<Engine>(engine);
      },
    });
    const opening = opened(session, "3.png");
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    assert.match(session.loadFailure.value?.message ?? "", /no connection/);
    await session.load();
    assert.equal(session.loadFailure.value, null);
    assert.deepEqual((await opening).map(count), [3]);
  });

  test("two sessions share nothing, and a disposed one frees its engine and falls silent", async () => {
    const [one, other] = [makeSession(), makeSession()];
    await opened(one.session, "3.png");
    assert.deepEqual(other.session.images.value, []);
    let events = 0;
    one.session.on("image", () => events++);
    one.session.dispose();
    one.session.setPixelSize({ x: 1, y: 1 });
    assert.equal(one.engine.disposed, 1);
    assert.equal(other.engine.disposed, 0);
    assert.equal(events, 0);
  });
});
