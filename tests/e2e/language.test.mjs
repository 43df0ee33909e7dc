/** The page in the language that the browser prefers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { dist, textsIn } from "../../tools/build.mjs";
import { singleFile } from "../../tools/single-file.mjs";
import { unzip } from "./files.mjs";
import { exampleSet, Fixture } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let fixture;
let set;
let english;
let german;

before(async () => {
  [english, german] = [await textsIn("en"), await textsIn("de")];
  set = exampleSet(2);
  fixture = await Fixture.open();
});
after(() => fixture.close());

const germanPage = (options) => fixture.page({ locale: "de-DE", ...options });

/** Waits until all work has ended and the nuclei are counted. */
async function finished({ page }) {
  const done = () => part("#cancel").hidden && !part("#download").disabled && !part("#download-tables").disabled;
  await page.waitForFunction(done, undefined, { timeout: 120_000 });
}

/** Every text of the page: content, labels, descriptions. */
function texts({ page }) {
  return page.evaluate(() => {
    const found = [];
    const links = document.querySelectorAll("nucleo-scope > a");
    for (const root of [shadow(), ...links]) {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
        else for (const name of ["title", "aria-label", "placeholder"]) found.push(node.getAttribute(name) ?? "");
      }
    }
    return found.map((one) => one.trim()).filter((one) => one !== "");
  });
}

/** Asserts that none of the texts is English: not one of the English file, and without frequent words. */
function assertGerman(found) {
  const isWord = (name) => typeof english[name] === "string" && english[name].length > 1;
  const differing = Object.keys(english).filter((name) => isWord(name) && english[name] !== german[name]);
  const untranslated = new Set(differing.map((name) => english[name]));
  for (const word of Object.values(german)) untranslated.delete(word);
  const frequent = /\b(the|of|and|with|not|nucle(us|i)|images?|click|selected|are|is|to|from|all|by)\b/i;
  const names = /\bnuclei\.csv\b|\bnuclei \d+\.\d+\.\d+$/g;
  assert.ok(found.length > 100, "the page has texts");
  assert.deepEqual(
    found.filter((one) => untranslated.has(one) || frequent.test(one.replaceAll(names, ""))),
    [],
  );
}

describe("a German browser", () => {
  test("sees German texts and numbers in every panel; files stay the same", async () => {
    const plain = await fixture.page();
    await plain.drop(set.images);
    await plain.finished(/^2 images done/);
    const expected = await plain.csv();
    await plain.leave();

    const session = await germanPage();
    const { page } = session;
    assert.equal(await page.getAttribute("html", "lang"), "de");
    assertGerman(await texts(session));
    await session.drop(set.images);
    await finished(session);
    assert.match(await page.locator("#status").textContent(), /^2 Bilder /);
    for (const tab of await page.locator("#results [role=tab]").all()) {
      await tab.click();
      assertGerman(await texts(session));
    }
    await page.locator("#results [role=tab]").first().click();
    const cells = page.locator("#results [role=gridcell]");
    await cells
      .filter({ hasText: /^\d+,\d+$/ })
      .first()
      .waitFor();
    assert.equal(await cells.filter({ hasText: /\d\.\d{1,2}$/ }).count(), 0, "no decimal point");
    await page.locator("#surface").focus();
    await page.keyboard.press("?");
    assertGerman(await texts(session));
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations);
    assert.deepEqual(violations, []);
    await page.keyboard.press("Escape");
    await session.picture("german");
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#download").click()]);
    assert.equal(readFileSync(await download.path(), "utf8"), expected);
    const [tables] = await Promise.all([page.waitForEvent("download"), page.locator("#download-tables").click()]);
    const nuclei = unzip(readFileSync(await tables.path()))
      .get("nuclei.csv")
      .toString();
    assert.match(nuclei, /;area_px2;/);
    assert.match(nuclei, /;\d+,\d+;/, "tables for spreadsheets have decimal commas");
    await session.leave();
  });

  test("can change to English, and the address keeps the rest", async () => {
    const session = await germanPage({ query: "?workers=1" });
    const { page } = session;
    await page.getByRole("link", { name: "English" }).click();
    await page.getByRole("heading", { name: english.dropImages }).waitFor();
    const address = new URL(page.url());
    assert.equal(address.searchParams.get("lang"), "en");
    assert.equal(address.searchParams.get("workers"), "1");
    await page.getByRole("link", { name: "Deutsch" }).click();
    await page.getByRole("heading", { name: german.dropImages }).waitFor();
    await session.leave();
  });

  test("opens the single file in German", async () => {
    const session = await germanPage({ address: pathToFileURL(join(dist, singleFile)).href });
    await session.page.getByRole("button", { name: german.tryExample }).click();
    await finished(session);
    assertGerman(await texts(session));
    await session.leave();
  });
});

test("a browser in a language that the page does not have sees English", async () => {
  const session = await fixture.page({ locale: "fr-FR" });
  assert.equal(await session.page.getAttribute("html", "lang"), "en");
  await session.page.getByRole("heading", { name: english.dropImages }).waitFor();
  await session.leave();
});
