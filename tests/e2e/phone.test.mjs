/** The page on a phone: the picture first, panels as sheets. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { exampleSet, Fixture } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let fixture;
let set;

before(async () => {
  set = exampleSet(2);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** The part that a tab opens. */
const parts = {
  Images: "#images",
  Adjust: "#tune-settings",
  Results: "#results",
  Export: "#download-tables",
};

describe("on a phone", () => {
  test("panels open as sheets with a tab, and close in four ways, with the focus", async () => {
    const session = await fixture.page({ viewport: { width: 390, height: 844 }, hasTouch: true });
    const { page } = session;
    await session.drop(set.images);
    await session.finished(/^2 images done/);
    await session.page.evaluate(axe);
    const tabs = page.getByRole("navigation", { name: "Panels" });
    const focused = () => page.evaluate(() => shadow().activeElement?.textContent);
    const picture = await page.locator("#surface").boundingBox();
    assert.ok(picture.height >= 0.6 * 844, `the picture is ${picture.height} pixels high`);

    for (const [name, selector] of Object.entries(parts)) {
      const tab = tabs.getByRole("button", { name });
      const part = page.locator(selector);
      assert.equal(await part.isVisible(), false);
      const close = page.getByRole("button", { name: `Close ${name}` });
      const closings = [
        () => close.click(),
        () => page.keyboard.press("Escape"),
        async () => {
          const { x, y } = await close.boundingBox();
          await page.mouse.move(x - 150, y + 10);
          await page.mouse.down();
          await page.mouse.move(x - 150, y + 40);
          await page.mouse.move(x - 150, y + 90);
          await page.mouse.up();
        },
      ];
      for (const closing of closings) {
        await tab.click();
        await part.waitFor();
        assert.equal(await focused(), "Close", "the focus is in the sheet");
        assert.equal(await tab.getAttribute("aria-expanded"), "true");
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        assert.deepEqual(
          violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0].html}`),
          [],
        );
        await closing();
        await part.waitFor({ state: "hidden" });
        assert.equal(await focused(), name, "the focus is back at the tab");
      }
      await tab.click();
      await part.waitFor();
      await page.locator("#surface").click({ position: { x: 20, y: 20 } });
      await part.waitFor({ state: "hidden" });
      assert.deepEqual(await page.locator("#surface").boundingBox(), picture, "the picture does not move");
    }
    await session.leave();
  });

  test("images are chosen, adjusted and saved in the sheets, 320 pixels wide", async () => {
    const session = await fixture.page({ viewport: { width: 320, height: 640 }, hasTouch: true });
    const { page } = session;
    await session.drop(set.images);
    await session.finished(/^2 images done/);
    const tab = (name) => page.locator(".sheet-tabs").getByRole("button", { name }).click();
    const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(await sideways(), 0);
    await tab("Images");
    await session.rows.nth(1).click();
    assert.equal(await page.locator("#viewer-title").textContent(), set.images[1].name);
    await tab("Adjust");
    await page.getByRole("slider", { name: "Minimum area" }).fill("400");
    await page.waitForFunction(() => part("#tune-reset").disabled === false);
    await tab("Results");
    await session.counted();
    assert.ok((await page.locator("#results tbody tr, #results [role=row]").count()) > 1);
    assert.equal(await sideways(), 0);
    await tab("Export");
    await session.csv();
    await page.getByText("Export…").click();
    await page.getByRole("button", { name: "Save as ZIP" }).waitFor();
    assert.equal(await sideways(), 0);
    await session.leave();
  });
});
