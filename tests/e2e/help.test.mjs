/** Help where it is needed: explanations of settings, the first hint, and a notification after long work. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { exampleSet, Fixture } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let fixture;
let set;

before(async () => {
  set = exampleSet(6);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** Lets time pass fifty times as fast for the page's code, and replaces notifications by a list of them. */
async function prepareLongWork(page) {
  await page.addInitScript(() => {
    const now = performance.now.bind(performance);
    performance.now = () => 50 * now();
    globalThis.notified = [];
    globalThis.Notification = class extends EventTarget {
      static permission = "default";
      static requestPermission = async () => {
        globalThis.asked = true;
        return "granted";
      };
      constructor(title, { body }) {
        super();
        globalThis.notified.push(`${title}: ${body}`);
      }
    };
  });
}

describe("help", () => {
  test("each setting is explained in a sentence, with two pictures", async () => {
    const session = await fixture.page();
    const { page } = session;
    await session.drop(set.images.slice(0, 1));
    await session.finished(/^1 image done/);
    const buttons = page.getByRole("button", { name: /^About / });
    assert.equal(await buttons.count(), await page.locator("#tune-settings input").count());
    await page.evaluate(axe);
    for (const button of await buttons.all()) {
      await button.press("Enter");
      assert.equal(await button.getAttribute("aria-expanded"), "true");
      const note = page.locator(".setting-help:visible");
      assert.match(await note.locator("p").textContent(), /^[A-Z].{10,}[^.]\.$/);
      assert.equal(await note.locator("svg").count(), 2);
      const { violations } = await note.evaluate((one) => globalThis.axe.run(one));
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
        [],
      );
      await page.keyboard.press("Escape");
      assert.equal(await note.count(), 0);
      assert.equal(await button.evaluate((one) => one.matches(":focus")), true);
    }
    await session.leave();
  });

  test("the first hint stays away once it has been dismissed", async () => {
    const session = await fixture.page();
    const hint = session.page.getByText("New here?");
    await session.page.getByRole("button", { name: "Got it" }).click();
    await hint.waitFor({ state: "hidden" });
    await session.page.reload();
    await session.page.locator("#model:not(:empty)").waitFor({ state: "attached" });
    assert.equal(await hint.isVisible(), false);
    await session.leave();
  });

  test("a notification is shown after long work, if it was asked for and the page is not seen", async () => {
    for (const isSeen of [false, true]) {
      const session = await fixture.page({ query: "?workers=1", prepare: prepareLongWork });
      const { page } = session;
      const images = Array.from({ length: 5 }, (_, copy) =>
        set.images.map(({ name, bytes }) => ({
          name: `${copy}-${name}`,
          bytes: Buffer.concat([bytes, Buffer.from([copy])]),
        })),
      ).flat();
      await session.drop(images);
      await page.getByLabel("Notify me when finished").check();
      assert.equal(await page.evaluate(() => globalThis.asked), true, "the choice asks for permission");
      if (!isSeen) await page.evaluate(() => Object.defineProperty(document, "hidden", { get: () => true }));
      await session.finished(/^30 images done/);
      const expected = isSeen ? [] : ["Nucleoscope: 30 images done"];
      assert.deepEqual(await page.evaluate(() => globalThis.notified), expected);
      assert.equal(await page.getByLabel("Notify me when finished").isVisible(), false);
      await session.leave();
    }
  });
});
