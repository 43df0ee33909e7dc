/** The guide to the page: beside the served page, and inside the single file. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { dist } from "../../tools/build.mjs";
import { singleFile } from "../../tools/single-file.mjs";
import { Fixture } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let fixture;

before(async () => {
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** Opens the guide with a link of a session's page. */
async function guideOf({ page, context }, link) {
  const [guide] = await Promise.all([context.waitForEvent("page"), link.click()]);
  await guide.getByRole("heading", { level: 1 }).first().waitFor();
  return { page, guide };
}

/** Asserts that the guide has its styles, and that its links lead to its headings. */
async function assertComplete(guide) {
  const found = await guide.evaluate(() => ({
    title: document.title,
    isStyled: getComputedStyle(document.body).display === "grid",
    toNothing: [...document.querySelectorAll('a[href^="#"]')]
      .map((link) => link.getAttribute("href").slice(1))
      .filter((id) => document.getElementById(id) === null),
    away: [...document.querySelectorAll("a:not([href^='#'])")].map((link) => link.href),
    sideways: document.documentElement.scrollWidth - innerWidth,
  }));
  assert.equal(found.title, "Guide · Nucleoscope");
  assert.ok(found.isStyled, "the styles are allowed");
  assert.deepEqual(found.toNothing, []);
  assert.ok(
    found.away.every((address) => address.startsWith("https:")),
    found.away.join(),
  );
  assert.ok(found.sideways <= 0);
  await guide.getByRole("link", { name: "Exports", exact: true }).first().click();
  const top = await guide.evaluate(() => document.getElementById("exports").getBoundingClientRect().top);
  assert.ok(top >= 0 && top < 100, `the heading is at ${top}`);
}

describe("the guide", () => {
  test("opens from the footer and from the list of keys, with its pictures", async () => {
    const session = await fixture.page();
    const footer = session.page.getByRole("link", { name: "Guide" });
    const { guide } = await guideOf(session, footer);
    await assertComplete(guide);
    const pictures = await guide.evaluate(async () => {
      const images = [...document.images];
      for (const image of images) image.loading = "eager";
      await Promise.all(images.map((image) => image.decode()));
      return images.map((image) => image.naturalWidth > 100 && image.alt.length > 10);
    });
    assert.ok(pictures.length > 3 && pictures.every(Boolean));
    await guide.evaluate(axe);
    const { violations } = await guide.evaluate(() => globalThis.axe.run());
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
      [],
    );
    await guide.close();
    await session.page.getByRole("button", { name: "Try an example" }).press("?");
    await session.page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    const again = await guideOf(session, session.page.locator('a[slot="help"]'));
    await again.guide.close();
    await session.leave();
  });

  test("opens from the single file, without a server", async () => {
    const session = await fixture.page({ address: pathToFileURL(join(dist, singleFile)).href });
    const { guide } = await guideOf(session, session.page.getByRole("link", { name: "Guide" }));
    await assertComplete(guide);
    assert.equal(await guide.evaluate(() => document.images.length), 0, "it has no pictures");
    await guide.close();
    await session.leave();
  });
});
