/** Workers that crash or fall silent: what they were to make is tried again, and then its reason is said. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { faulty, setFaults, startedWorkers } from "./faults.mjs";
import { exampleSet, Stage } from "./harness.mjs";

/** So often is a task tried. */
const attempts = 3;

let stage;
let set;

before(async () => {
  set = exampleSet(3);
  stage = await Stage.open();
});
after(() => stage.close());

/** A visit with one image done, whose workers fail from now on in this way. */
async function visitWith(faults, { count = 1, files = set.images.slice(0, count) } = {}) {
  const visit = await stage.page(faulty());
  await visit.drop(files);
  await visit.finished(new RegExp(`^${count} images? done`));
  await visit.page.locator(".table-body .table-row").first().waitFor();
  await setFaults(visit.page, faults);
  return visit;
}

const viewerMessage = ({ page }) => page.locator("#viewer-message");

/** Waits and makes sure that no worker is started of its own accord. */
async function staysQuiet(page) {
  const before = await startedWorkers(page);
  await page.waitForTimeout(3000);
  assert.equal(await startedWorkers(page), before);
}

describe("an image whose worker crashes", () => {
  test("is tried again, and done", async () => {
    const visit = await stage.page(faulty({ segmenter_infer: "trap" }, 2));
    await visit.drop(set.images.slice(0, 2));
    assert.match(await visit.finished(), /^2 images done, [\d,]+ nuclei\.$/);
    await visit.leave();
  });

  test("fails after three tries with its reason, and can be tried again by itself and with the others", async () => {
    const visit = await stage.page(faulty({ segmenter_infer: "trap" }));
    const { page } = visit;
    await visit.drop(set.images);
    await visit.finished(/^0 images done.*3 failed/);
    for (const { reason } of await visit.list()) assert.match(reason, /stopped unexpectedly, 3 times/);
    assert.match(await viewerMessage(visit).textContent(), /stopped unexpectedly.*Close other tabs/);
    await visit.picture("crashed");
    await staysQuiet(page);
    // The reader, the bench, and the network's: one at first, and one for each try that failed.
    assert.ok((await startedWorkers(page)) <= 3 + 3 * attempts);

    await setFaults(page, {});
    await viewerMessage(visit).getByRole("button", { name: "Try again" }).click();
    await visit.finished(/^1 image done.*2 failed/);
    assert.equal(await viewerMessage(visit).isVisible(), false);
    await page.getByRole("button", { name: "Try failed images again" }).click();
    await visit.finished(/^3 images done, [\d,]+ nuclei\.$/);
    assert.equal(await page.locator("#retry-failed").isVisible(), false);
    await visit.leave();
  });
});

describe("a worker that falls silent", () => {
  test("is replaced after a while, and its image is done", async () => {
    const options = faulty({ segmenter_infer: "silence" }, 1);
    const visit = await stage.page({
      ...options,
      prepare: async (page) => {
        await page.clock.install();
        await options.prepare(page);
      },
    });
    const { page } = visit;
    await visit.drop(set.images.slice(0, 1));
    await page.locator('[data-state="working"]').waitFor();
    const before = await startedWorkers(page);
    await page.clock.runFor(10_000);
    assert.equal(await startedWorkers(page), before, "not at once");
    await page.clock.runFor(30_000);
    await visit.finished(/^1 image done/);
    assert.equal(await startedWorkers(page), before + 1);
    await visit.leave();
  });
});

/** An action in the page that leads to something that cannot be made; how often workers are started for it. */
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
      { nucleusmaps_picture: "trap" },
      /probability cannot be shown.*stopped/s,
      (page) => page.locator("#layout").selectOption("certainty"),
    ],
  ]) {
    test(`${name} says so in its place, starts no worker for ever, and can be tried again`, async () => {
      const visit = await visitWith(faults);
      const message = viewerMessage(visit);
      assert.ok((await startedBy(visit, () => show(visit.page), message.getByText(words))) <= attempts);
      await visit.picture(`no-picture-${name.replaceAll(" ", "-")}`);
      await setFaults(visit.page, {});
      await message.getByRole("button", { name: "Try again" }).click();
      await message.waitFor({ state: "hidden" });
      await visit.leave();
    });
  }
});

describe("measurements that cannot be made", () => {
  test("say so in their place and in the summary, and can be tried again", async () => {
    const visit = await stage.page(faulty({ segmentation_measure: "trap" }));
    const { page } = visit;
    await visit.drop(set.images.slice(0, 2));
    await visit.finished(/^2 images done/);
    const results = page.locator("#results");
    const failure = results.getByText(/could not be measured.*stopped/s).first();
    await failure.waitFor();
    assert.match(await failure.textContent(), new RegExp(set.ids[0]));
    await visit.picture("not-measured");
    await page.waitForTimeout(3000);
    await staysQuiet(page);
    // The reader for each image, the bench and the network's.
    assert.ok((await startedWorkers(page)) <= 3 + 2 * attempts);

    await setFaults(page, {});
    await results.getByRole("button", { name: "Try again" }).first().click();
    await page.locator(".table-body .table-row").first().waitFor();
    await page.getByRole("tab", { name: "Summary" }).click();
    const missing = results.getByText(/^Without 1 image that could not be measured/);
    await missing.waitFor();
    await visit.picture("missing-in-the-summary");
    await results.getByRole("button", { name: "Try again" }).click();
    await results.getByRole("heading", { name: "All 2 images" }).waitFor();
    assert.equal(await missing.isVisible(), false);
    await visit.leave();
  });
});

describe("nuclei that cannot be counted", () => {
  test("say so in their place, hold up no other image, and can be counted again", async () => {
    const visit = await visitWith({ countNuclei: "trap" }, { count: 2 });
    const { page } = visit;
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
    await visit.finished(/^2 images done, .*, 2 images not counted/);
    for (const { count } of await visit.list()) assert.match(count, /^[\d,]+ nuclei, not counted$/);
    await visit.picture("not-counted");

    await setFaults(page, {});
    await results.getByRole("button", { name: "Try again" }).first().click();
    await visit.finished(/^2 images done, .*, 1 image not counted/);
    const csv = await visit.csv();
    assert.match(csv, new RegExp(set.ids[0]));
    assert.doesNotMatch(csv, new RegExp(set.ids[1]));
    await page.getByRole("tab", { name: "Summary" }).click();
    await results.getByText(/^Without 1 image that could not be measured/).waitFor();
    await results.getByRole("button", { name: "Try again" }).click();
    await visit.finished(/^2 images done, [\d,]+ of [\d,]+ nuclei counted\.$/);
    assert.match(await visit.csv(), new RegExp(set.ids[1]));
    await visit.leave();
  });
});

describe("an adjustment that cannot be made", () => {
  test("leaves the nuclei as they were, says so, and can be tried again", async () => {
    const visit = await visitWith({ nucleusmaps_label: "trap" });
    const { page } = visit;
    const before = await visit.csv();
    const [{ count }] = await visit.list();
    const failure = page.getByRole("listitem").filter({ hasText: /could not be adjusted.*stopped/s });
    const slide = () =>
      page.locator("#tune-minimumArea").evaluate((input) => {
        input.value = "300";
        for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
      });
    assert.ok((await startedBy(visit, slide, failure)) <= attempts);
    assert.equal(await visit.csv(), before);
    await setFaults(page, {});
    await failure.getByRole("button", { name: "Try again" }).click();
    await page.waitForFunction((words) => document.querySelector(".count").textContent !== words, count);
    assert.notEqual(await visit.csv(), before);
    assert.equal(await failure.isVisible(), false);
    await visit.leave();
  });
});

describe("files that cannot be opened because the program crashes", () => {
  test("are not lost: they can be tried again, and given again", async () => {
    const visit = await stage.page(faulty({ sourcereader_openBatch: "trap" }));
    const { page } = visit;
    await visit.drop(set.images.slice(0, 1));
    const failure = page.getByRole("listitem").filter({ hasText: /could not be opened.*stopped/s });
    await failure.waitFor();
    await setFaults(page, {});
    await failure.getByRole("button", { name: "Try again" }).click();
    await visit.finished(/^1 image done/);
    assert.equal(await page.locator("#notices").isVisible(), false);
    await setFaults(page, { sourcereader_openBatch: "trap" });
    await visit.drop(set.images.slice(1, 2));
    await failure.waitFor();
    await setFaults(page, {});
    await visit.drop(set.images.slice(1, 2));
    await visit.finished(/^2 images done/);
    assert.doesNotMatch(await page.locator("#notice-list").textContent(), /was added before/);
    await visit.leave();
  });
});

describe("scores that cannot be summed up", () => {
  test("are said to be missing, and can be tried again", async () => {
    const visit = await stage.page(faulty({ summarizeScores: "trap" }));
    const { page } = visit;
    await visit.dropPath(set.folder);
    await visit.finished(/^3 images done/);
    const failure = page.getByRole("listitem").filter({ hasText: /scores could not be summed up.*stopped/s });
    await failure.waitFor();
    assert.equal(await page.locator("#score").isVisible(), false);
    await setFaults(page, {});
    await failure.getByRole("button", { name: "Try again" }).click();
    await page.locator("#score").waitFor();
    await visit.leave();
  });
});
