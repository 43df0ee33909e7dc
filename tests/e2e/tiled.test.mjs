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

    assert.match(await page.locator("#tiled-note").textContent(), /Segment again/);
    assert.equal(await page.locator("#tiled-note").isVisible(), true);
    for (const name of ["Split", "Draw", "Erase", "Add"])
      assert.equal(await page.getByLabel(name, { exact: true }).isDisabled(), true, name);
    assert.equal(await page.getByLabel("Rectangle region").isDisabled(), false);
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

    // A slider takes effect with "Segment again".
    assert.equal(await page.locator("#again").isVisible(), false);
    await page.locator("#tune-minimumArea").evaluate((input) => {
      input.value = "500";
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await page.getByRole("button", { name: "Segment again" }).click();
    await session.finished(/ 0 nuclei/);
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
