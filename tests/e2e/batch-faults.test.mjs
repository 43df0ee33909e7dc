/** Faults while 50 files are being segmented: every good one has its result once, every bad one its reason. */
import assert from "node:assert/strict";
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { faulty, keptFiles, setFaults, startedWorkers } from "./faults.mjs";
import { smallImage } from "./files.mjs";
import { findInElement, Fixture, Session, temporaryFolder } from "./harness.mjs";
import { readSubmission } from "./submission.mjs";

const images = Array.from({ length: 50 }, (_, index) => smallImage(index));
let fixture;
/** How many nuclei each image has where nothing fails, by id. */
let expected;

before(async () => {
  fixture = await Fixture.open();
  const session = await fixture.page();
  await session.drop(images);
  await session.finished(/^50 images done/);
  expected = new Map([...(await session.done())].map(([id, { nuclei }]) => [id, nuclei]));
  assert.ok([...expected.values()].filter((nuclei) => nuclei > 0).length > 40, "most images have nuclei");
  await session.leave();
});
after(() => fixture.close());

/** Asserts that each good image is on the list once, with its nuclei, and so in the CSV; each bad one with its reason. */
async function checkResults(session, { bad = [], reason = /^$/ } = {}) {
  const list = await session.list();
  assert.deepEqual(list.map(({ name }) => name).sort(), images.map(({ name }) => name).sort(), "each file once");
  const badNames = new Set(bad.map(({ name }) => name));
  for (const row of list.filter(({ name }) => badNames.has(name))) {
    assert.equal(row.state, "Failed", row.name);
    assert.match(row.reason, reason, row.name);
  }
  const good = new Map([...expected].filter(([id]) => !badNames.has(`${id}.png`)));
  const done = await session.done();
  const counts = new Map([...done].map(([id, { nuclei }]) => [id, nuclei]));
  assert.deepEqual(new Map([...counts].sort()), new Map([...good].sort()), "the nuclei of an undisturbed run");
  const csv = readSubmission(await session.csv(), done);
  assert.deepEqual([...csv].map(([id, nuclei]) => [id, nuclei.length]).sort(), [...good].sort(), "and so in the CSV");
}

/** Waits until this many images are done, while others are not. */
const someDone = ({ page }, count = 5) =>
  page.waitForFunction((least) => parts('[data-state="done"]').length >= least, count);

/** Loads the page again, once it has kept all files and has had time to keep the last results. */
async function reload({ page }, pause = 900) {
  while ((await page.evaluate(keptFiles)) < images.length) await page.waitForTimeout(50);
  await page.waitForTimeout(pause);
  const accept = (dialog) => dialog.accept();
  page.on("dialog", accept);
  await page.reload();
  page.off("dialog", accept);
  await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
}

describe("50 files, of which", () => {
  test("every third is corrupt: each of these has its reason, also after a reload", async () => {
    const session = await fixture.page();
    const bad = images.filter((_, index) => index % 3 === 0);
    const files = images.map((image) =>
      bad.includes(image) ? { ...image, bytes: image.bytes.subarray(0, image.bytes.length / 2) } : image,
    );
    await session.drop(files);
    await session.finished(/^33 images done.*17 failed/);
    await checkResults(session, { bad, reason: /\S+\. \S+/ });
    const before = await session.list();
    await reload(session);
    await session.finished(/^33 images done.*17 failed/);
    assert.deepEqual(await session.list(), before);
    await session.leave();
  });

  test("some are deleted while others are read: these fail with their reason, the others are kept", async () => {
    const session = await fixture.page({ query: "?workers=1" });
    const folder = temporaryFolder();
    const paths = images.map(({ name }) => join(folder, name));
    for (const [index, { bytes }] of images.entries()) writeFileSync(paths[index], bytes);
    await session.choose("Choose images", paths);
    await someDone(session, 1);
    const removed = images.slice(40);
    for (const { name } of removed) unlinkSync(join(folder, name));
    await session.finished(/^4\d images done/);
    const bad = (await session.list()).filter(({ state }) => state === "Failed");
    assert.ok(bad.length > 0 && bad.every(({ name }) => removed.some((image) => image.name === name)));
    await checkResults(session, { bad, reason: /can no longer read the file.*\. \S+/s });
    const before = await session.list();
    await reload(session);
    await session.finished(/^4\d images done/);
    assert.deepEqual(await session.list(), before);
    await session.leave();
  });
});

describe("50 files, while", () => {
  test("every seventh call of the network traps: their images are tried again", async () => {
    const session = await fixture.page(faulty({ segmenter_infer: { how: "trap", every: 7 } }));
    await session.drop(images);
    await session.finished(/^50 images done/);
    assert.ok((await startedWorkers(session.page)) >= 2 + 7, "workers were replaced");
    await checkResults(session);
    await session.leave();
  });

  test("workers have no memory left: their images are tried in new ones", async () => {
    const session = await fixture.page(faulty({ segmenter_infer: { how: "no memory", every: 9 } }));
    await session.drop(images);
    await session.finished(/^50 images done/);
    assert.ok((await startedWorkers(session.page)) >= 2 + 5, "workers were replaced");
    await checkResults(session);
    // A panic is written to the console.
    await session.leave({ allowed: [/failed to allocate|memory allocation/] });
  });

  test("a worker is terminated, and the tab is in the background for ten minutes", async () => {
    const options = faulty();
    const session = await fixture.page({
      ...options,
      query: "?workers=2",
      prepare: async (page) => {
        await page.clock.install();
        await options.prepare(page);
      },
    });
    const { page } = session;
    await session.drop(images);
    await someDone(session);
    const before = await startedWorkers(page);
    // In the background, no frame is drawn.
    await page.evaluate(() => {
      globalThis.frames = [];
      globalThis.drawn = requestAnimationFrame;
      globalThis.requestAnimationFrame = (frame) => globalThis.frames.push(frame);
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
      globalThis.terminateWorker(globalThis.startedWorkers() - 1);
    });
    await page.clock.fastForward("10:00");
    await page.clock.runFor(60_000);
    await page.evaluate(() => {
      globalThis.requestAnimationFrame = globalThis.drawn;
      for (const frame of globalThis.frames) requestAnimationFrame(frame);
      Reflect.deleteProperty(document, "hidden");
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await session.finished(/^50 images done/);
    assert.ok((await startedWorkers(page)) > before, "the worker was replaced");
    await page.clock.runFor(1000);
    await checkResults(session);
    await session.leave();
  });

  test("there is no space left to keep them: the page says so, and all have their results", async () => {
    const session = await fixture.page({
      query: "?workers=1",
      prepare: (page) =>
        page.addInitScript(() => {
          for (const [type, method] of [
            [IDBObjectStore, "put"],
            [Storage, "setItem"],
          ]) {
            const write = type.prototype[method];
            type.prototype[method] = function (...parameters) {
              if (globalThis.isFull) throw new DOMException("full", "QuotaExceededError");
              return write.apply(this, parameters);
            };
          }
        }),
    });
    const { page } = session;
    await session.drop(images);
    await someDone(session);
    await page.evaluate(() => (globalThis.isFull = true));
    await page.locator("#list-splitter").press("ArrowRight");
    await session.finished(/^50 images done/);
    await page.getByText("no space left to keep this session").waitFor();
    await checkResults(session);
    // What was kept before is complete in itself; the rest is segmented again.
    await reload(session);
    await session.finished(/^50 images done/);
    await checkResults(session);
    await session.leave();
  });

  test("the tab is reloaded, twice: nothing is missing, and nothing is there twice", async () => {
    const session = await fixture.page({ query: "?workers=1" });
    await session.drop(images);
    for (const least of [5, 15]) {
      await someDone(session, least);
      await reload(session, 450);
    }
    await session.finished(/^50 images done/);
    await checkResults(session);
    const before = await session.list();
    await reload(session);
    await session.finished(/^50 images done/);
    assert.deepEqual(await session.list(), before);
    await checkResults(session);
    await session.leave();
  });

  test("another tab works on files of its own: both have their results, and the first one's are kept", async () => {
    const session = await fixture.page({ query: "?workers=1" });
    await session.drop(images);
    await someDone(session);
    const page = await session.context.newPage();
    await page.addInitScript(findInElement);
    await page.goto(fixture.address);
    await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
    const other = new Session(page, session.context, { errors: [], requests: [] });
    await other.drop(Array.from({ length: 5 }, (_, index) => smallImage(100 + index)));
    await other.finished(/^5 images done/);
    await session.finished(/^50 images done/);
    assert.equal((await other.list()).length, 5);
    await checkResults(session);
    await page.close();
    await reload(session);
    await session.finished(/^50 images done/);
    await checkResults(session);
    await session.leave();
  });
});

test("a batch goes on after all its workers have failed for a while", async () => {
  const session = await fixture.page(faulty({ segmenter_infer: "trap" }));
  const { page } = session;
  await session.drop(images);
  await page.waitForFunction(() => parts('[data-state="failed"]').length >= 2);
  await setFaults(page, {});
  await session.finished(/^\d+ images? done.*failed/);
  await page.getByRole("button", { name: "Try failed images again" }).click();
  await session.finished(/^50 images done, [\d,]+ nuclei\.$/);
  await checkResults(session);
  await session.leave();
});
