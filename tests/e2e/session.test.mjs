/** The session is kept on this computer: after a reload or a crash, everything is as it was. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { exampleSet, Fixture, Session } from "./harness.mjs";

let fixture;
let set;
before(async () => {
  set = exampleSet(3);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** Records the tasks that the page sends to its workers. */
const recordTasks = (page) =>
  page.addInitScript(() => {
    globalThis.tasks = [];
    globalThis.Worker = class extends globalThis.Worker {
      postMessage(message, ...rest) {
        if (message.type === "task") globalThis.tasks.push(message.task.kind);
        super.postMessage(message, ...rest);
      }
    };
  });

/** How many images have been kept. */
const keptImages = (page) =>
  page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open("nucleoscope");
      request.onsuccess = () => resolve(request.result);
    });
    const count = await new Promise((resolve) => {
      const request = database.transaction("images").objectStore("images").count();
      request.onsuccess = () => resolve(request.result);
    });
    database.close();
    return count;
  });

/** Waits until a number of images has been kept; without a time limit of its own. */
async function kept(page, images) {
  // Not with waitForFunction, which does not wait for a promise.
  while ((await keptImages(page)) !== images) await page.waitForTimeout(50);
}

/** Reloads without the question that unsaved results cause. */
async function reload(page) {
  const accept = (dialog) => dialog.accept();
  page.on("dialog", accept);
  await page.reload();
  page.off("dialog", accept);
  await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
}

describe("the kept session", () => {
  test("comes back after a reload with results, corrections, settings and selection, without the network", async () => {
    const session = await fixture.page({ prepare: recordTasks });
    const { page } = session;
    await session.drop(set.images);
    await session.finished(/^3 images done/);
    await session.rows.nth(1).click();
    await page.locator("#surface").focus();
    await page.keyboard.press("]");
    await page.keyboard.press("Delete");
    await page.waitForFunction(() => !part("#edit-undo").disabled && !part("#download").disabled);
    await page.locator("#pixel-size").fill("0.5");
    await session.counted();
    const before = await session.list();
    const csv = await session.csv();
    await kept(page, 3);
    await page.waitForTimeout(800);

    await reload(page);
    await session.finished(/^3 images done/);
    await session.counted();
    assert.deepEqual(await session.list(), before);
    assert.equal(await session.csv(), csv, "the same nuclei, with the correction");
    assert.match(await page.locator("#message-list").textContent(), /3 images of your last visit/);
    assert.equal(await page.locator("#viewer-title").textContent(), set.images[1].name);
    const tasks = await page.evaluate(() => globalThis.tasks);
    assert.ok(!tasks.includes("segment"), `the network did not run: ${tasks.join()}`);

    // A correction of a restored image can be undone, which needs its prediction again.
    const edited = before[1].count;
    await page.locator("#edit-undo").click();
    await page.waitForFunction((count) => part('[aria-selected="true"] .count').textContent !== count, edited);
    await session.leave();
  });

  test("an image that was not finished is segmented after the reload", async () => {
    const session = await fixture.page({ query: "?workers=1" });
    const { page } = session;
    await session.drop(set.images);
    // At once, so that the others are not finished before.
    await page.waitForFunction(() => {
      if (parts('[data-state="done"]').length === 0) return false;
      part("#cancel").click();
      return true;
    });
    await kept(page, (await session.done()).size);
    await page.waitForTimeout(800);
    await reload(page);
    await session.finished(/^3 images done/);
    await session.leave();
  });

  test("nothing comes back after “Remove all” or “Delete it”", async () => {
    const session = await fixture.page();
    const { page } = session;
    await session.drop(set.images.slice(0, 1));
    await session.finished(/^1 image done/);
    await kept(page, 1);
    await page.getByRole("button", { name: "Remove all" }).click();
    await kept(page, 0);
    await reload(page);
    await page.waitForTimeout(500);
    assert.equal((await session.list()).length, 0);

    await session.drop(set.images.slice(0, 1));
    await session.finished(/^1 image done/);
    await kept(page, 1);
    await page.getByRole("button", { name: "Delete it" }).click();
    await kept(page, 0);
    await reload(page);
    await page.waitForTimeout(500);
    assert.equal((await session.list()).length, 0);
    await session.leave();
  });

  test("a second tab starts empty and changes nothing of the first", async () => {
    const session = await fixture.page();
    await session.drop(set.images.slice(0, 2));
    await session.finished(/^2 images done/);
    await kept(session.page, 2);
    const page = await session.context.newPage();
    await page.goto(fixture.address);
    await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
    const other = new Session(page, session.context, { errors: [], requests: [] });
    await page.getByRole("button", { name: "Try an example" }).click();
    await other.rows.first().filter({ hasText: "Done" }).waitFor();
    await page.waitForTimeout(800);
    assert.equal((await other.list()).length, 1);
    await page.close({ runBeforeUnload: false });
    await kept(session.page, 2);
    await reload(session.page);
    await session.finished(/^2 images done/);
    await session.leave();
  });
});
