/** Images that are segmented in blocks: segmented, cancelled, measured, exported. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { grayPng, unzip } from "./files.mjs";
import { Fixture } from "./harness.mjs";
import { readSubmission } from "./submission.mjs";

const [width, height] = [940, 700];
const spacing = 34;
/** Discs on a grid: many of them are on the borders of blocks, wherever these are. */
const image = grayPng(width, height, (x, y) => {
  const [across, down] = [(x % spacing) - spacing / 2, (y % spacing) - spacing / 2];
  return 12 + ((x * 7 + y * 13) % 5) + (across * across + down * down < 120 ? 150 : 0);
});
const file = { name: "large.png", bytes: image };
/** With this diameter, the scale is 1 and no pass is needed to estimate it. */
const settings = `#settings=${encodeURIComponent(JSON.stringify({ diameter: 24 }))}`;
const inBlocks = `?block=640&workers=2${settings}`;

let fixture;
before(async () => {
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** The image segmented on a page, and its rows of the CSV. */
async function segmented(query) {
  const session = await fixture.page({ query });
  await session.drop([file]);
  await session.finished();
  return { session, masks: readSubmission(await session.csv(), await session.done()).get("large") };
}

/** Moves a slider and releases it. */
async function setSlider(page, name, value) {
  await page.locator(`#tune-${name}`).evaluate((input, to) => {
    input.value = to;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, value);
}

describe("the picture of a large image", () => {
  test("has the image's own pixels at 100 %, and only visible tiles are made", async () => {
    const side = 8192;
    // The least and the most brightness are black and white, so automatic contrast changes nothing.
    const gray = (x, y) => (x ^ (3 * y)) & 255;
    const session = await fixture.page({ query: settings });
    const { page } = session;
    await session.drop([{ name: "picture.png", bytes: grayPng(side, side, gray) }]);
    // The nuclei are of no interest here.
    await page.locator("#viewer-details", { hasText: "8,192 × 8,192 px" }).waitFor();
    await session.cancel.click();
    await session.finished(/cancelled/);
    /** The gray values around the middle of the canvas, where the middle of the image is. */
    const seen = () =>
      page.evaluate(() => {
        const canvas = part("#canvas");
        const [left, top] = [Math.round(canvas.width / 2) - 200, Math.round(canvas.height / 2) - 100];
        const { data } = canvas.getContext("2d").getImageData(left, top, 400, 200);
        return Array.from(data.filter((_, place) => place % 4 === 0));
      });
    const isOwn = (values, [x, y]) =>
      values.every((value, place) => value === gray(x + (place % 400), y + Math.floor(place / 400)));
    const isExact = (values) =>
      [-1, 0, 1].some((x) => [-1, 0, 1].some((y) => isOwn(values, [side / 2 - 200 + x, side / 2 - 100 + y])));
    assert.equal(isExact(await seen()), false);
    await page.locator("#surface").focus();
    await page.keyboard.press("1");
    const end = Date.now() + 60_000;
    let values = await seen();
    while (!isExact(values) && Date.now() < end) {
      await page.waitForTimeout(200);
      values = await seen();
    }
    assert.ok(isExact(values), "the canvas has the image's own pixels");
    // A hint for pages that read their canvas often, which only this test does.
    await session.leave({ allowed: [/willReadFrequently/] });
  });
});

describe("a large image", () => {
  test("has the same nuclei as when segmented at once, and everything that needs no prediction", async () => {
    const whole = await segmented(settings);
    assert.equal(await whole.session.page.locator("#tiled-note").isVisible(), false);
    const { session, masks } = await segmented(inBlocks);
    const { page } = session;
    assert.ok(masks.length > 400, `${masks.length} nuclei`);
    assert.equal(masks.length, whole.masks.length);
    const area = (all) => all.flat().reduce((sum, [, length]) => sum + length, 0);
    assert.ok(Math.abs(area(masks) / area(whole.masks) - 1) < 1e-4, "no nucleus is cut");
    await whole.session.leave();

    assert.match(await page.locator("#tiled-note").textContent(), /on release/);
    for (const name of ["Split", "Draw", "Erase", "Add", "Rectangle region"])
      assert.equal(await page.getByLabel(name, { exact: true }).isDisabled(), false, name);
    await page.locator("#layout").selectOption("both");
    await session.picture("large");

    // The table has every nucleus, and the export writes them.
    const heading = page
      .locator("#results")
      .getByText(new RegExp(`${masks.length} nuclei`))
      .first();
    await heading.waitFor();
    await page.locator("#export > summary").click();
    for (const box of await page.locator("#export input[name=format]").all()) await box.check();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as ZIP" }).click(),
    ]);
    const entries = unzip(readFileSync(await download.path()));
    const table = entries.get("nuclei.csv").toString();
    assert.equal(table.trimEnd().split("\n").length - 1, masks.length);
    await page.keyboard.press("Escape");

    await session.leave();
  });

  test("follows the sliders without the network, with the nuclei of a new segmentation", async () => {
    const { session, masks } = await segmented(inBlocks);
    const { page } = session;
    await setSlider(page, "interiorThreshold", "0.9");
    await setSlider(page, "minimumArea", "60");
    await session.finished();
    assert.equal(await page.locator("#again").isVisible(), false);
    const tuning = encodeURIComponent(JSON.stringify({ diameter: 24, interiorThreshold: 0.9, minimumArea: 60 }));
    const adjusted = await session.csv();
    assert.notDeepEqual(readSubmission(adjusted, await session.done()).get("large"), masks);
    await session.leave();
    const fresh = await segmented(`?block=640&workers=2#settings=${tuning}`);
    assert.equal(adjusted, await fresh.session.csv());
    await fresh.session.leave();
  });

  test("is corrected, and keeps its corrections when a slider is moved", async () => {
    const { session, masks } = await segmented(inBlocks);
    const { page } = session;
    const count = async () => (await session.done()).get("large").nuclei;
    await page.locator("#surface").focus();
    await page.keyboard.press("]");
    await page.keyboard.press("Delete");
    await session.finished(new RegExp(` ${masks.length - 1} nuclei`));
    await session.counted();
    assert.equal(await count(), masks.length - 1);
    await setSlider(page, "minimumArea", "20");
    await session.finished(new RegExp(` ${masks.length - 1} nuclei`));
    await page.locator("#surface").focus();
    await page.keyboard.press("Control+z");
    await session.finished(new RegExp(` ${masks.length} nuclei`));
    const rows = readSubmission(await session.csv(), await session.done()).get("large");
    assert.deepEqual(rows, masks);
    await session.leave();
  });

  test("shows the nuclei of each block as soon as it is done", async () => {
    const session = await fixture.page({ query: `?block=400&workers=1${settings}` });
    const { page } = session;
    await session.drop([file]);
    await page.locator("#viewer-details", { hasText: /nuclei so far/ }).waitFor();
    const isDrawn = await page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const canvas = part("#canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      // Outlines are the only yellow on a gray image.
      return data.some((value, place) => place % 4 === 0 && value > 200 && data[place + 2] < 120);
    });
    assert.ok(isDrawn, "outlines are drawn");
    assert.equal(await session.cancel.isVisible(), true, "the others are still running");
    await session.finished();
    assert.doesNotMatch(await page.locator("#viewer-details").textContent(), /so far/);
    await session.leave();
  });

  test("is cancelled in the middle, and started again", async () => {
    const session = await fixture.page({ query: inBlocks });
    await session.drop([file]);
    await session.page.waitForFunction(() => {
      const percent = Number(part(".row .state")?.textContent.match(/(\d+) %/)?.[1] ?? 0);
      return percent > 10 && percent < 100;
    });
    await session.cancel.click();
    await session.finished(/cancelled/);
    await session.page.getByRole("button", { name: "Continue" }).click();
    assert.match(await session.finished(), /^1 image done/);
    await session.leave();
  });
});
