/** The channels of an image: how they are drawn, apart from what is segmented and measured. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { axeCrashes } from "./browsers/launch.mjs";
import { grayPng, omeTiff } from "./files.mjs";
import { exported, Fixture } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let fixture;

before(async () => {
  fixture = await Fixture.open();
});
after(() => fixture.close());

const disc = (x, y, centreX, centreY) => (x - centreX) ** 2 + (y - centreY) ** 2 < 100;
const centres = [
  [30, 40],
  [80, 40],
  [120, 80],
];
/** Three discs in DAPI, of which the last is bright in GFP; GFP also has a square without a nucleus. */
const stack = omeTiff(160, 120, [{ name: "DAPI" }, { name: "GFP" }], (channel, x, y) => {
  if (channel === 0) return centres.some((centre) => disc(x, y, ...centre)) ? 900 : 100;
  return disc(x, y, 120, 80) || (x >= 20 && x < 40 && y >= 80 && y < 100) ? 4000 : 50;
});

/** A page with images, without outlines. */
async function opened(images) {
  const session = await fixture.page();
  await session.drop(images);
  await session.finished();
  await session.counted();
  await session.page.locator("#show-outlines").uncheck();
  return session;
}

/** Which saturated colours are in the picture, as `0` or `1` for red, green and blue. */
function colors({ page }) {
  return page.evaluate(() => {
    const { width, height } = part("#canvas");
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(part("#canvas"), 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const found = new Set();
    for (let at = 0; at < data.length; at += 4) {
      const values = [...data.subarray(at, at + 3)];
      if (data[at + 3] === 255 && values.every((value) => value < 8 || value > 247)) {
        found.add(values.map((value) => (value > 127 ? 1 : 0)).join(""));
      }
    }
    return [...found].filter((color) => color !== "000").sort();
  });
}

/** Waits until the picture has these colours and no others. */
async function shows(session, expected) {
  let seen = null;
  for (let tries = 0; tries < 300; tries++) {
    seen = await colors(session);
    if (JSON.stringify(seen) === JSON.stringify(expected)) return;
    await session.page.waitForTimeout(100);
  }
  assert.deepEqual(seen, expected);
}

/** The channels whose display is kept on this computer. */
function keptDisplays(page) {
  return page.evaluate(async () => {
    const answer = (request) =>
      new Promise((resolve) => {
        request.onsuccess = () => resolve(request.result);
      });
    const database = await answer(indexedDB.open("nucleoscope"));
    const state = await answer(database.transaction("state").objectStore("state").get("state"));
    database.close();
    return Object.keys(state?.displays ?? {});
  });
}

/** The headings of the table of nuclei. */
const headings = ({ page }) => page.locator("#results .table-heading-name").allTextContents();

describe("an image with several channels", () => {
  test("is a composite; its display changes neither nuclei nor measurements", async () => {
    const session = await opened([{ name: "stack.ome.tif", bytes: stack }]);
    const { page } = session;
    const csv = await session.csv();
    const menu = page.locator("#contrast-title");
    assert.equal(await menu.textContent(), "Channels");
    await menu.click();
    assert.match(await page.locator("#channels").textContent(), /1: DAPI, segmented.*2: GFP/);
    await shows(session, ["001", "010", "011"]);
    const rows = await page.locator("#results [role=row]").allTextContents();
    const shown = await headings(session);
    for (const name of ["DAPI mean", "GFP mean"]) assert.ok(shown.includes(name), `${name} in ${shown}`);
    await page.evaluate(axe);
    const violations = axeCrashes ? [] : await page.evaluate(async () => (await globalThis.axe.run()).violations);
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
      [],
    );
    await session.picture("channels");

    await page.getByLabel("Show 2: GFP").uncheck();
    await shows(session, ["001"]);
    await page.getByLabel("Show 2: GFP").check();
    await page.getByLabel("Show 1: DAPI").uncheck();
    await shows(session, ["010"]);
    await page.getByLabel("Colour of 2: GFP").fill("#ff0000");
    await shows(session, ["100"]);
    await page.getByLabel("Limits of 2: GFP").check();
    assert.match(await page.locator("#contrast-low").getAttribute("placeholder"), /^auto: 50$/);
    await page.locator("#contrast-low").fill("5000");
    await page.locator("#contrast-high").fill("6000");
    await shows(session, []);
    await page.locator("#contrast-auto").click();
    assert.equal(await page.locator("#contrast-high").inputValue(), "");
    await shows(session, ["100"]);

    assert.equal(await session.csv(), csv);
    assert.deepEqual(await page.locator("#results [role=row]").allTextContents(), rows);
    const table = (await exported(session, ["measurements"])).get("nuclei.csv").toString();
    assert.match(table, /dapi_mean.*gfp_mean/);
    await session.leave();
  });

  test("is drawn like others with the same channels, also after a reload; other images keep their own", async () => {
    const gray = grayPng(160, 120, (x, y) => (centres.some((centre) => disc(x, y, ...centre)) ? 255 : 0));
    const session = await opened([
      { name: "a.ome.tif", bytes: stack },
      { name: "b.ome.tif", bytes: stack },
      { name: "gray.png", bytes: gray },
    ]);
    const { page } = session;
    await page.locator("#contrast-title").click();
    await page.getByLabel("Show 1: DAPI").uncheck();
    await shows(session, ["010"]);
    await session.rows.nth(1).click();
    await shows(session, ["010"]);
    await session.rows.nth(2).click();
    await shows(session, ["111"]);
    assert.equal(await page.locator("#contrast-title").textContent(), "Contrast");
    assert.equal(await page.locator("#channels").isVisible(), false);
    while (!(await keptDisplays(page)).includes("DAPI\nGFP")) await page.waitForTimeout(100);
    await page.reload();
    await page.waitForFunction(() => parts("[role=option]").length === 3);
    await session.rows.nth(0).click();
    await page.locator("#show-outlines").uncheck();
    await shows(session, ["010"]);
    await session.leave();
  });

  test("has the colours of its file, and shows up to six channels at first", async () => {
    const names = ["A", "B", "C", "D", "E", "F", "G"];
    const channels = names.map((name, index) => ({ name, color: index === 0 ? [255, 0, 255] : undefined }));
    const bytes = omeTiff(160, 120, channels, (channel, x) => (Math.floor(x / 20) === channel ? 900 : 0));
    const session = await opened([{ name: "many.ome.tif", bytes }]);
    const { page } = session;
    await page.locator("#contrast-title").click();
    assert.equal(await page.getByLabel("Colour of 1: A").inputValue(), "#ff00ff");
    assert.equal(await page.locator("#channels [type=checkbox]:checked").count(), 6);
    await session.picture("channels-many");
    await session.leave();
  });
});
