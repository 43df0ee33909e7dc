import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { Batch, countBasis } from "../../packages/nucleoscope/src/session/batch.ts";
import type { BatchImage, CountBasis, ImageState } from "../../packages/nucleoscope/src/session/batch.ts";
import type { BatchPlan } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";
import { fake } from "../fake.ts";

const file = (path: string, contents = path) => ({ path, blob: new File([contents], path), explicit: true });
const planned = (imageId: string, index: number, truth: object | null = null) => ({
  imageId,
  fileStem: imageId,
  path: `${imageId}.png`,
  size: 1,
  source: { file: index, entry: null },
  truth,
  ignoredInScoring: false,
});
const plan = (images: object[], rest = {}) =>
  fake<BatchPlan>({ images, failures: [], warnings: [], requested: null, ...rest });
const result = (count: number, score: object | null = null) =>
  fake<ImageState & { kind: "done" }>({ kind: "done", result: { count, score, masks: new Uint8Array() } });

describe("batch", () => {
  test("opens every file again with each drop, so that ground truth can be added later", async () => {
    const batch = new Batch();
    await batch.remember([file("a.png")]);
    const first = batch.update(plan([planned("a", 0)]));
    assert.equal(first.added.length, 1);
    assert.deepEqual(
      (await batch.remember([file("truth.csv")])).files.map(({ path }) => path),
      ["a.png", "truth.csv"],
    );
    first.added[0].state = result(3);
    const runs = { kind: "runs", masks: ["1 2"] };
    const second = batch.update(plan([planned("a", 0, runs)]));
    assert.deepEqual(second.added, []);
    assert.deepEqual(second.again, [first.added[0]]);
    assert.deepEqual(batch.update(plan([planned("a", 0, { ...runs, masks: ["1 2"] })])).again, []);
  });

  test("resolves sources to the files that were added", async () => {
    const batch = new Batch();
    const files = [file("set.zip"), file("mask.png")];
    await batch.remember(files);
    const truth = { kind: "masks", sources: [{ file: 1, entry: null }] };
    const image = { ...planned("a", 0, truth), source: { file: 0, entry: 7 } };
    const [added] = batch.update(plan([image])).added;
    assert.deepEqual([added.source?.blob === files[0].blob, added.source?.entry], [true, 7]);
    assert.deepEqual(
      fake<{ sources: { blob: Blob; entry: number | null }[] }>(added.truth ?? {}).sources.map(({ blob, entry }) => [
        blob === files[1].blob,
        entry,
      ]),
      [[true, null]],
    );
  });

  test("names an image by its file, or by its id if that comes from the folder", async () => {
    const batch = new Batch();
    await batch.remember(["a", "b", "c"].map((path) => file(path)));
    const paths = ["folder/a.tif", "b/images/image.png", "c.v2.png"];
    const ids = ["a", "b", "c.v2"];
    const { added } = batch.update(plan(ids.map((id, index) => ({ ...planned(id, index), path: paths[index] }))));
    assert.deepEqual(
      added.map(({ name }) => name),
      ["a.tif", "b", "c.v2.png"],
    );
  });

  test("lists files that failed once", () => {
    const batch = new Batch();
    const failures = [{ path: "x.zip", error: { code: "archive/broken", message: "broken", help: "" } }];
    const first = batch.update(plan([], { failures }));
    assert.deepEqual(
      first.added.map(({ name, imageId, state }) => [name, imageId, state.kind]),
      [["x.zip", null, "failed"]],
    );
    assert.deepEqual(batch.update(plan([], { failures })).added, []);
  });

  test("refuses a file that was added before", async () => {
    const batch = new Batch();
    await batch.remember([file("a.png")]);
    batch.update(plan([planned("a", 0)]));
    const { files, refused } = await batch.remember([file("a.png"), file("b.png")]);
    assert.deepEqual(refused, ["a.png"]);
    assert.equal(files.length, 2);
  });

  test("keeps a different file of the same name, by itself or with its folder", async () => {
    const batch = new Batch();
    await batch.remember([file("a.png", "1"), file("p/images/a.png", "1"), file("p/masks/1.png", "1")]);
    const { files, refused } = await batch.remember([
      file("a.png", "2"),
      file("p/images/a.png", "2"),
      // The same bytes as in the first folder, but another image.
      file("p/masks/1.png", "1"),
    ]);
    assert.deepEqual(refused, []);
    assert.deepEqual(
      files.slice(3).map(({ path }) => path),
      ["a (2).png", "p (2)/images/a.png", "p (2)/masks/1.png"],
    );
    // The same name in one drop: from different folders.
    const together = await batch.remember([file("b.png", "1"), file("b.png", "1"), file("a.png", "3")]);
    assert.deepEqual(
      together.files.slice(6).map(({ path }) => path),
      ["b.png", "b (2).png", "a (3).png"],
    );
  });

  test("replaces a failed file with a new one", async () => {
    const batch = new Batch();
    await batch.remember([file("a.png")]);
    const [image] = batch.update(plan([planned("a", 0)])).added;
    image.state = fake<ImageState>({ kind: "failed", error: {} });
    const repaired = file("a.png", "repaired");
    assert.deepEqual((await batch.remember([repaired])).refused, []);
    const update = batch.update(plan([planned("a", 0)]));
    assert.deepEqual(update.added, []);
    assert.deepEqual(update.again, [image]);
    assert.equal(image.source?.blob, repaired.blob);
    assert.equal(batch.images.length, 1);
  });

  test("changes the id of an image on the list when one of the same name is added", async () => {
    const batch = new Batch();
    await batch.remember([file("b/x.png")]);
    const [image] = batch.update(plan([{ ...planned("x", 0), path: "b/x.png" }])).added;
    image.state = result(3);
    await batch.remember([file("a/x.png")]);
    const update = batch.update(
      plan([
        { ...planned("a_x", 1), path: "a/x.png" },
        { ...planned("b_x", 0), path: "b/x.png" },
      ]),
    );
    assert.deepEqual(
      update.added.map(({ imageId }) => imageId),
      ["a_x"],
    );
    assert.deepEqual([update.renamed, update.again], [[image], []]);
    const { imageId, fileStem, name } = image;
    assert.deepEqual([imageId, fileStem, name], ["b_x", "b_x", "b_x"]);
    assert.deepEqual(batch.update(plan([{ ...planned("b_x", 0), path: "b/x.png" }])).renamed, []);
  });

  test("keeps an image removed, whatever is opened later, until its file is added again", async () => {
    const batch = new Batch();
    await batch.remember(["a", "b"].map((id) => file(`${id}.png`)));
    const [first, second] = batch.update(plan([planned("a", 0), planned("b", 1)])).added;
    first.state = result(3);
    assert.equal(batch.remove(first), 0);
    assert.deepEqual([batch.images, batch.has(first), batch.tally().nuclei], [[second], false, 0]);
    assert.equal(batch.remove(first), -1, "it was removed before");
    await batch.remember([file("c.png")]);
    const all = plan([planned("a", 0), planned("b", 1), planned("c", 2)]);
    assert.deepEqual(
      batch.update(all).added.map(({ name }) => name),
      ["c.png"],
    );
    const { refused } = await batch.remember([file("a.png"), file("b.png")]);
    assert.deepEqual(refused, ["b.png"]);
    const [again] = batch.update(all).added;
    assert.deepEqual([again.name, again.state.kind, again === first], ["a.png", "waiting", false]);
  });

  test("restores an image of an archive with the archive", async () => {
    const batch = new Batch();
    await batch.remember([file("set.zip")]);
    const inside = plan([{ ...planned("a", 0), path: "set.zip/a.png" }]);
    const [image] = batch.update(inside).added;
    batch.remove(image);
    assert.deepEqual(batch.update(inside).added, []);
    assert.deepEqual((await batch.remember([file("set.zip")])).refused, []);
    assert.equal(batch.update(inside).added.length, 1);
  });

  test("puts removed images back in their positions", async () => {
    const batch = new Batch();
    const failures = [{ path: "x.zip", error: { code: "archive/broken", message: "broken", help: "" } }];
    await batch.remember(["a.png", "b.png", "x.zip"].map((path) => file(path)));
    const all = plan([planned("a", 0), planned("b", 1)], { failures });
    batch.update(all);
    const before = [...batch.images];
    const places = before.map((image) => [image, batch.remove(image)] as const);
    assert.deepEqual(batch.images, []);
    assert.deepEqual(batch.update(all).added, []);
    for (const [image, place] of places.reverse()) batch.putBack(image, place);
    assert.deepEqual(batch.images, before);
    assert.ok(batch.has(before[0]));
    assert.deepEqual(batch.update(all).added, [], "nothing is added twice");
  });

  test("forgets files that could not be opened", async () => {
    const batch = new Batch();
    await batch.remember([file("a.png")]);
    const wrong = [file("b.png"), file("c.png")];
    await batch.remember(wrong);
    batch.forget(wrong);
    const { files, refused } = await batch.remember([file("c.png"), file("a.png")]);
    assert.deepEqual([files.map(({ path }) => path), refused], [["a.png", "c.png"], ["a.png"]]);
  });

  test("counts nuclei, and collects the scores that count", async () => {
    const batch = new Batch();
    await batch.remember(["a", "b", "c", "d"].map((path) => file(path)));
    const { added } = batch.update(plan(["a", "b", "c", "d"].map((id, index) => planned(id, index))));
    added[0].state = result(3, { score: 0.5 });
    added[1].state = result(4, { score: 0.7 });
    added[1].ignoredInScoring = true;
    added[2].state = fake<ImageState>({ kind: "failed", error: {} });
    added[3].state = { kind: "cancelled" };
    assert.deepEqual(batch.tally(), {
      images: 4,
      done: 2,
      failed: 1,
      cancelled: 1,
      nuclei: 7,
      counted: 7,
      uncounted: 0,
    });
    added[0].gates = [{ key: "area_px2", minimum: 3, maximum: null, keep: "inside" }];
    assert.equal(batch.tally().counted, null, "not known yet");
    const state = fake<ImageState & { kind: "done" }>(added[0].state);
    const counted = (of: CountBasis) => fake<BatchImage["counted"]>({ summary: { included: 1 }, of });
    added[0].counted = counted(countBasis(added[0], state.result));
    assert.equal(batch.tally().counted, 5);
    added[0].regions = [{ kind: "rectangle", x: 0, y: 0, width: 1, height: 1 }];
    assert.equal(batch.tally().counted, null, "for other regions");
    const of = countBasis(added[0], state.result);
    added[0].countFailure = { of, error: { code: "x", message: "m", help: "r" } };
    const { counted: count, uncounted } = batch.tally();
    assert.deepEqual([count, uncounted], [4, 1], "an image that could not be counted does not delay the others");
    added[0].regions = [];
    assert.equal(batch.tally().counted, null, "it failed with other regions");
    assert.deepEqual(batch.scores(), [{ score: 0.5 }]);
  });
});
