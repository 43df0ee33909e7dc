/** Every error is reported clearly, and nothing else is affected. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { grayPng, hugeHeaderPng, zip } from "./files.mjs";
import { exampleSet, Fixture } from "./harness.mjs";
import { readSubmission } from "./submission.mjs";

let fixture;
let set;

before(async () => {
  set = exampleSet(20);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** Inserted before the worker's script: every second image makes a worker trap. */
const trapEverySecondImage = `
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (module, imports) {
    const instance = new Instance(module, imports);
    const exports = { ...instance.exports };
    let count = 0;
    exports.segmenter_infer = (...parameters) => {
      if (++count === 2) throw new WebAssembly.RuntimeError("unreachable");
      return instance.exports.segmenter_infer(...parameters);
    };
    return { exports };
  };
`;

describe("bad files among good ones", () => {
  test("fail with their reason and help; the good ones are done", async () => {
    const session = await fixture.page();
    const [first, second] = set.images;
    await session.drop([
      first,
      { name: "truncated.png", bytes: first.bytes.subarray(0, first.bytes.length / 2) },
      { name: "empty.png", bytes: Buffer.alloc(0) },
      { name: "text.png", bytes: Buffer.from("this is no image at all, only words\n".repeat(20)) },
      { name: "huge.png", bytes: hugeHeaderPng(60_000, 60_000) },
      { name: "broken.zip", bytes: Buffer.from("PK\x03\x04 and then nothing") },
      { name: "notes.pdf", bytes: Buffer.from("%PDF-1.4") },
      second,
    ]);
    const words = await session.finished();
    assert.match(words, /^2 images done, [\d,]+ nuclei, 6 failed\.$/);
    const list = await session.list();
    const failed = list.filter(({ state }) => state === "Failed");
    assert.deepEqual(failed.map(({ name }) => name).sort(), [
      "broken.zip",
      "empty.png",
      "huge.png",
      "notes.pdf",
      "text.png",
      "truncated.png",
    ]);
    for (const { name, reason } of failed) assert.match(reason, /\S.+\. \S.+\.$/s, `${name}: ${reason}`);
    assert.equal(new Set(failed.map(({ reason }) => reason)).size > 3, true, "the reasons differ");
    assert.match(await session.page.locator("#download-note").textContent(), /6 images failed/);
    const images = readSubmission(await session.csv(), await session.done());
    assert.deepEqual([...images.keys()], set.ids.slice(0, 2));
    await session.page.getByRole("option").filter({ hasText: "truncated.png" }).click();
    assert.equal(await session.page.locator("#viewer-message").isVisible(), true);
    await session.picture("failed");
    await session.leave();
  });

  test("affect only the score if they are ground truth", async () => {
    const session = await fixture.page();
    const [id] = set.ids;
    const [image, mask] = [set.entriesOf(id)[0], set.entriesOf(id).at(-1)];
    const wrong = { path: mask.path, bytes: grayPng(8, 8, () => 255) };
    await session.drop([{ name: "set.zip", bytes: zip([image, wrong]) }]);
    await session.finished(/^1 image done/);
    const [row] = await session.list();
    assert.match(row.reason, /^No score: .+/);
    assert.equal(await session.page.locator("#score").isVisible(), false);
    assert.equal(readSubmission(await session.csv(), await session.done()).size, 1);
    await session.leave();
  });

  test("that can still be opened show what is wrong with them", async () => {
    const session = await fixture.page();
    const jpeg = readFileSync(new URL("../fixtures/jpeg/gray.jpg", import.meta.url));
    await session.drop([{ name: "cut.jpg", bytes: jpeg.subarray(0, jpeg.length - 2) }]);
    await session.finished(/^1 image done/);
    const [row] = await session.list();
    assert.match(row.reason, /^Warning: .*its end mark is missing.*\.$/);
    await session.leave();
  });

  test("can be replaced by repaired ones of the same name", async () => {
    const session = await fixture.page();
    const [{ name, bytes }] = set.images;
    await session.drop([{ name, bytes: bytes.subarray(0, 100) }]);
    await session.finished(/^0 images done.*1 failed/);
    await session.drop([{ name, bytes }]);
    await session.finished(/^1 image done/);
    assert.equal(await session.rows.count(), 1);
    await session.leave();
  });
});

describe("a batch that is cancelled", () => {
  test("keeps finished images and can be continued", async () => {
    const session = await fixture.page({ query: "?workers=1" });
    await session.drop(set.images);
    await session.page.waitForFunction(() => parts('[data-state="done"]').length >= 2);
    await session.picture("working");
    assert.equal(await session.download.isDisabled(), true, "no incomplete CSV while work runs");
    await session.cancel.click();
    const words = await session.finished(/cancelled/);
    assert.equal(await session.cancel.isVisible(), false);
    const done = await session.done();
    assert.ok(done.size >= 2 && done.size < 20, `${done.size} images were done: ${words}`);
    assert.equal(readSubmission(await session.csv(), done).size, done.size);
    assert.match(await session.page.locator("#download-note").textContent(), /failed or not finished/);
    await session.picture("cancelled");
    await session.page.getByRole("button", { name: "Continue" }).click();
    await session.finished(/^20 images done/);
    assert.equal(readSubmission(await session.csv(), await session.done()).size, 20);
    await session.leave();
  });
});

describe("a worker that traps", () => {
  test("is replaced each time, and its image is tried again", async () => {
    const session = await fixture.page({
      query: "?workers=1",
      prepare: (page) =>
        page.route("**/worker.js", async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: trapEverySecondImage + (await response.text()) });
        }),
    });
    await session.drop(set.images.slice(0, 6));
    await session.finished();
    // Every second call traps: an image that gets the second call of three workers in a row is given up.
    const list = await session.list();
    const failed = list.filter(({ state }) => state === "Failed");
    assert.ok(failed.length <= 1 && list.length === 6, JSON.stringify(list));
    for (const { reason } of failed) assert.match(reason, /stopped unexpectedly, 3 times in a row/);
    assert.equal(readSubmission(await session.csv(), await session.done()).size, 6 - failed.length);
    await session.leave();
  });
});

describe("an asset that cannot be loaded", () => {
  for (const part of ["nuclei.onnx", "nucleoscope_bg.wasm", "worker.js"]) {
    test(`is reported once for the page, with a button to try again: ${part}`, async () => {
      const session = await fixture.page({
        ready: false,
        prepare: (page) => page.route(`**/${part}`, (route) => route.fulfill({ status: 503, body: "" })),
      });
      const alert = session.page.getByRole("alert");
      await alert.waitFor();
      assert.match(await alert.textContent(), new RegExp(`${part.replace(".", "\\.")}.*503`));
      await session.picture("not-loaded");
      await session.drop(set.images.slice(0, 1));
      await session.page.unroute(`**/${part}`);
      await session.page.getByRole("button", { name: "Try again" }).click();
      await session.finished(/^1 image done/);
      assert.equal(await alert.isVisible(), false);
      await session.leave({ allowed: [/status of 503/] });
    });
  }

  test("is an invalid model", async () => {
    const session = await fixture.page({
      ready: false,
      prepare: (page) => page.route("**/nuclei.onnx", (route) => route.fulfill({ body: "not a model" })),
    });
    const alert = session.page.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.textContent(), /\S+/);
    await session.leave();
  });
});
