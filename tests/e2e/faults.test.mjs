/** Workers that crash or stop answering: their tasks are tried again, and then the reason is shown. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { faulty, setFaults, startedWorkers } from "./faults.mjs";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { exampleSet, Fixture } from "./harness.mjs";

/** How often a task is tried. */
const attempts = 3;

let fixture;
let set;

before(async () => {
  set = exampleSet(3);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** A session with one finished image, whose workers fail in this way from now on. */
async function sessionWith(faults, { count = 1, files = set.images.slice(0, count) } = {}) {
  const session = await fixture.page(faulty());
  await session.drop(files);
  await session.finished(new RegExp(`^${count} images? done`));
  await session.page.locator(".table-body .table-row").first().waitFor();
  await setFaults(session.page, faults);
  return session;
}

const viewerMessage = ({ page }) => page.locator("#viewer-message");

/** Waits, and asserts that no worker is started in the meantime. */
async function staysQuiet(page) {
  const before = await startedWorkers(page);
  await page.waitForTimeout(3000);
  assert.equal(await startedWorkers(page), before);
}

describe("an image whose worker crashes", () => {
  test("is tried again, and succeeds", async () => {
    const session = await fixture.page(faulty({ segmenter_infer: "trap" }, 2));
    await session.drop(set.images.slice(0, 2));
    assert.match(await session.finished(), /^2 images done, [\d,]+ nuclei\.$/);
    await session.leave();
  });

  test("fails after three tries with its reason, and can be retried by itself and with the others", async () => {
    const session = await fixture.page(faulty({ segmenter_infer: "trap" }));
    const { page } = session;
    await session.drop(set.images);
    await session.finished(/^0 images done.*3 failed/);
    for (const { reason } of await session.list()) assert.match(reason, /stopped unexpectedly, 3 times/);
    assert.match(await viewerMessage(session).textContent(), /stopped unexpectedly.*Close other tabs/);
    await session.picture("crashed");
    await staysQuiet(page);
    // The reader, the interactive worker, and the segmenters: one at first, and one for each failed try.
    assert.ok((await startedWorkers(page)) <= 3 + 3 * attempts);

    await setFaults(page, {});
    await viewerMessage(session).getByRole("button", { name: "Try again" }).click();
    await session.finished(/^1 image done.*2 failed/);
    assert.equal(await viewerMessage(session).isVisible(), false);
    await page.getByRole("button", { name: "Try failed images again" }).click();
    await session.finished(/^3 images done, [\d,]+ nuclei\.$/);
    assert.equal(await page.locator("#retry-failed").isVisible(), false);
    await session.leave();
  });
});

describe("a worker that stops answering", () => {
  test("is replaced after a while, and its image is done", async () => {
    const options = faulty({ segmenter_infer: "silence" }, 1);
    const session = await fixture.page({
      ...options,
      prepare: async (page) => {
        await page.clock.install();
        await options.prepare(page);
      },
    });
    const { page } = session;
    await session.drop(set.images.slice(0, 1));
    await page.locator('[data-state="working"]').waitFor();
    const before = await startedWorkers(page);
    await page.clock.runFor(10_000);
    assert.equal(await startedWorkers(page), before, "not at once");
    await page.clock.runFor(30_000);
    await session.finished(/^1 image done/);
    assert.equal(await startedWorkers(page), before + 1);
    await session.leave();
  });
});

/** Performs an action that fails in the worker; returns how many workers are started for it. */
async function startedBy({ page }, action, failure) {
  const before = await startedWorkers(page);
  await action();
  await failure.waitFor();
  const started = (await startedWorkers(page)) - before;
  await staysQuiet(page);
  return started;
}

describe("a picture that cannot be made", () => {
  for (const [name, faults, words, show] of [
    [
      "of the image",
      { decodedimage_preview: "trap" },
      /picture cannot be shown.*stopped/s,
      (page) =>
        page.locator("#contrast-gamma").evaluate((input) => {
          input.value = "2";
          input.dispatchEvent(new Event("input"));
        }),
    ],
    [
      "of the probability",
      { prediction_picture: "trap" },
      /probability cannot be shown.*stopped/s,
      (page) => page.locator("#layout").selectOption("probability"),
    ],
  ]) {
    test(`${name} shows the reason in its place, does not keep starting workers, and can be retried`, async () => {
      const session = await sessionWith(faults);
      const message = viewerMessage(session);
      assert.ok((await startedBy(session, () => show(session.page), message.getByText(words))) <= attempts);
      await session.picture(`no-picture-${name.replaceAll(" ", "-")}`);
      await setFaults(session.page, {});
      await message.getByRole("button", { name: "Try again" }).click();
      await message.waitFor({ state: "hidden" });
      await session.leave();
    });
  }
});

describe("measurements that cannot be made", () => {
  test("show the reason in their place and in the summary, and can be retried", async () => {
    const session = await fixture.page(faulty({ segmentation_measure: "trap" }));
    const { page } = session;
    await session.drop(set.images.slice(0, 2));
    await session.finished(/^2 images done/);
    const results = page.locator("#results");
    const failure = results.getByText(/could not be measured.*stopped/s).first();
    await failure.waitFor();
    assert.match(await failure.textContent(), new RegExp(set.ids[0]));
    await session.picture("not-measured");
    await page.waitForTimeout(3000);
    await staysQuiet(page);
    // The reader for each image, the interactive worker and the segmenter.
    assert.ok((await startedWorkers(page)) <= 3 + 2 * attempts);

    await setFaults(page, {});
    await results.getByRole("button", { name: "Try again" }).first().click();
    await page.locator(".table-body .table-row").first().waitFor();
    await page.getByRole("tab", { name: "Summary" }).click();
    const missing = results.getByText(/^1 image could not be measured/);
    await missing.waitFor();
    await session.picture("missing-in-the-summary");
    await results.getByRole("button", { name: "Try again" }).click();
    await results.getByRole("heading", { name: "All 2 images" }).waitFor();
    assert.equal(await missing.isVisible(), false);
    await session.leave();
  });
});

describe("nuclei that cannot be counted", () => {
  test("show the reason in their place, do not delay other images, and can be retried", async () => {
    const session = await sessionWith({ countNuclei: "trap" }, { count: 2 });
    const { page } = session;
    const results = page.locator("#results");
    await page.getByRole("tab", { name: "Histogram" }).click();
    const range = page.getByRole("group", { name: "Range of Area (px²)" });
    await range.getByLabel("from").fill("120");
    await range.getByLabel("to").fill("1e6");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Leave this range out" }).click();
    await results
      .getByText(/could not be measured.*stopped/s)
      .first()
      .waitFor();
    await session.finished(/^2 images done, .*, 2 images not counted/);
    for (const { count } of await session.list()) assert.match(count, /^[\d,]+ nuclei, not counted$/);
    await session.picture("not-counted");

    await setFaults(page, {});
    await results.getByRole("button", { name: "Try again" }).first().click();
    await session.finished(/^2 images done, .*, 1 image not counted/);
    const csv = await session.csv();
    assert.match(csv, new RegExp(set.ids[0]));
    assert.doesNotMatch(csv, new RegExp(set.ids[1]));
    await page.getByRole("tab", { name: "Summary" }).click();
    await results.getByText(/^1 image could not be measured/).waitFor();
    await results.getByRole("button", { name: "Try again" }).click();
    await session.finished(/^2 images done, [\d,]+ of [\d,]+ nuclei counted\.$/);
    assert.match(await session.csv(), new RegExp(set.ids[1]));
    await session.leave();
  });
});

describe("an adjustment that cannot be made", () => {
  test("leaves the nuclei unchanged, shows the reason, and can be retried", async () => {
    const session = await sessionWith({ prediction_label: "trap" });
    const { page } = session;
    const before = await session.csv();
    const [{ count }] = await session.list();
    const failure = page.getByRole("listitem").filter({ hasText: /could not be adjusted.*stopped/s });
    const slide = () =>
      page.locator("#tune-minimumArea").evaluate((input) => {
        input.value = "300";
        for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
      });
    assert.ok((await startedBy(session, slide, failure)) <= attempts);
    assert.equal(await session.csv(), before);
    await setFaults(page, {});
    await failure.getByRole("button", { name: "Try again" }).click();
    await page.waitForFunction((words) => part(".count").textContent !== words, count);
    assert.notEqual(await session.csv(), before);
    assert.equal(await failure.isVisible(), false);
    await session.leave();
  });
});

describe("files that cannot be opened because the program crashes", () => {
  test("are not lost: they can be retried, and added again", async () => {
    const session = await fixture.page(faulty({ sourcereader_openBatch: "trap" }));
    const { page } = session;
    await session.drop(set.images.slice(0, 1));
    const failure = page.getByRole("listitem").filter({ hasText: /could not be opened.*stopped/s });
    await failure.waitFor();
    await setFaults(page, {});
    await failure.getByRole("button", { name: "Try again" }).click();
    await session.finished(/^1 image done/);
    assert.equal(await page.locator("#messages").isVisible(), false);
    await setFaults(page, { sourcereader_openBatch: "trap" });
    await session.drop(set.images.slice(1, 2));
    await failure.waitFor();
    await setFaults(page, {});
    await session.drop(set.images.slice(1, 2));
    await session.finished(/^2 images done/);
    assert.doesNotMatch(await page.locator("#message-list").textContent(), /was added before/);
    await session.leave();
  });
});

describe("scores that cannot be summarised", () => {
  test("show the reason, and can be retried", { skip: onlyInChromium(reasons.folders) }, async () => {
    const session = await fixture.page(faulty({ summarizeScores: "trap" }));
    const { page } = session;
    await session.dropPath(set.folder);
    await session.finished(/^3 images done/);
    const failure = page.getByRole("listitem").filter({ hasText: /scores could not be summarised.*stopped/s });
    await failure.waitFor();
    assert.equal(await page.locator("#score").isVisible(), false);
    await setFaults(page, {});
    await failure.getByRole("button", { name: "Try again" }).click();
    await page.locator("#score").waitFor();
    await session.leave();
  });
});
