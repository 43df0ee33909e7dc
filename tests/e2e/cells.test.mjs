/** Cells around nuclei, positive and negative nuclei, and names of regions: the page, its files and the command line. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { axeCrashes } from "./browsers/launch.mjs";
import { zip } from "./files.mjs";
import { commandLineIn, exampleSet, exported, Fixture, temporaryFolder } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The upper part of the first image, with a name. */
const half = JSON.stringify({
  type: "Feature",
  properties: { name: "cortex" },
  geometry: {
    type: "Polygon",
    coordinates: [
      [
        [0, 0],
        [256, 0],
        [256, 180],
        [0, 180],
        [0, 0],
      ],
    ],
  },
});

let fixture;
let set;

before(async () => {
  set = exampleSet(2);
  fixture = await Fixture.open();
});
after(() => fixture.close());

const rowsOf = (bytes) => {
  const [head, ...rows] = bytes.toString().trimEnd().split("\n");
  const keys = head.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((field, place) => [keys[place], field])));
};

/** Waits until a text on the page matches; returns it. */
async function waitForText({ page }, selector, pattern) {
  await page.waitForFunction(
    ([where, source]) => new RegExp(source).test(part(where)?.textContent ?? ""),
    [selector, pattern.source],
  );
  return page.locator(selector).textContent();
}

/** Expands nuclei into cells, and divides them by the mean of the ring. */
async function divide(session, expansion) {
  const { page } = session;
  await page.getByLabel("Pixel size").fill("0.5");
  await page.getByLabel("Cell expansion").fill(String(expansion));
  await page.getByLabel("Cell expansion").press("Tab");
  await page.locator(".positive-panel > summary").click();
  await page.waitForFunction(() => part('.positive-panel option[value="gray_ring_mean"]') !== null);
  await page.getByLabel("Measurement that makes nuclei positive").selectOption("gray_ring_mean");
  await waitForText(session, ".positive-panel > summary", /^Positive: \d+ of \d+ nuclei/);
  const suggested = Number(await page.getByLabel("positive from").inputValue());
  const minimum = Math.round(suggested);
  await page.getByLabel("positive from").fill(String(minimum));
  await page.getByLabel("positive from").press("Enter");
  await page.waitForFunction((value) => part(".positive-panel input").value === value, String(minimum));
  await session.counted();
  return minimum;
}

describe("positive nuclei and cells", () => {
  test("agree on the page, in every file, on the command line and after the record is repeated", async () => {
    const session = await fixture.page();
    const { page } = session;
    await session.drop([...set.images, { name: `${set.ids[0]}-regions.geojson`, bytes: Buffer.from(half) }]);
    await session.finished();
    const minimum = await divide(session, 2);
    assert.ok(minimum > 0, "Otsu's threshold is suggested");
    assert.equal(await page.locator("#cell-expansion-unit").textContent(), "µm");
    await waitForText(session, ".positive-panel > .note", /^All images: \d+ of \d+/);

    const entries = await exported(session);
    const nuclei = rowsOf(entries.get("nuclei.csv"));
    const expected = nuclei.map(({ included, gray_ring_mean: mean }) =>
      included === "false" ? "" : mean !== "" && Number(mean) >= minimum ? "positive" : "negative",
    );
    assert.deepEqual(
      nuclei.map((row) => row.class),
      expected,
    );
    const summary = rowsOf(entries.get("summary.csv"));
    const wordsOf = (positive, of) => `${positive} of ${of} nuclei (${((100 * positive) / of).toFixed(1)}\u00a0%)`;
    const ofImage = (image) => expected.filter((one, row) => one !== "" && nuclei[row].image === image);
    const positive = (classes) => classes.filter((one) => one === "positive").length;
    for (const row of summary) {
      const classes = ofImage(row.image);
      assert.deepEqual([Number(row.nuclei_positive), Number(row.nuclei_counted)], [positive(classes), classes.length]);
    }
    const first = ofImage(set.ids[0]);
    assert.equal(
      await page.locator(".positive-panel > summary").textContent(),
      `Positive: ${wordsOf(positive(first), first.length)}`,
    );
    const counted = expected.filter((one) => one !== "");
    assert.ok(positive(counted) > 0 && positive(counted) < counted.length, "both classes");
    assert.equal(
      await page.locator(".positive-panel > .note").textContent(),
      `All images: ${wordsOf(positive(counted), counted.length)}`,
    );
    await page.getByRole("tab", { name: "Summary" }).click();
    assert.match(await page.locator(".summary").textContent(), new RegExp(`Positive${positive(first)} of`));
    assert.ok(
      nuclei.every(
        ({ image, region, centroid_y_px: y }) =>
          image !== set.ids[0] || (region === "cortex") === Number(y) + 0.5 < 180,
      ),
    );
    assert.equal(await page.locator(".legend-positive").isVisible(), true);
    assert.equal(await page.locator(".legend-found").isVisible(), false);
    await session.picture("positive");
    await page.evaluate(axe);
    const violations = axeCrashes ? [] : await page.evaluate(async () => (await globalThis.axe.run()).violations);
    assert.deepEqual(
      violations.map(({ id }) => id),
      [],
      "no accessibility violations",
    );

    const folder = temporaryFolder();
    for (const { name, bytes } of set.images) writeFileSync(join(folder, name), bytes);
    const archive = zip([{ path: "results/nucleoscope.json", bytes: entries.get("nucleoscope.json") }]);
    writeFileSync(join(folder, "run.json"), entries.get("nucleoscope.json"));
    const names = set.images.map(({ name }) => name);
    const printed = commandLineIn(folder, "segment", ...names, "--record", "run.json", "--export-dir", "out");
    assert.match(printed, new RegExp(`${positive(counted)} positive \\(`));
    for (const name of readdirSync(join(folder, "out"))) {
      // The page adds the columns that are shown in the table; only the command line lists files that failed.
      if (["summary.csv", "conditions.csv", "failures.csv"].includes(name)) continue;
      assert.ok(readFileSync(join(folder, "out", name)).equals(entries.get(name)), `${name} is the same`);
    }
    await session.leave();

    const again = await fixture.page();
    await again.drop([...set.images, { name: "results.zip", bytes: archive }]);
    await again.finished();
    await again.counted();
    const words = await waitForText(again, ".positive-panel > summary", /^Positive: /);
    assert.equal(words, `Positive: ${wordsOf(positive(first), first.length)}`);
    assert.equal(await again.page.getByLabel("Cell expansion").inputValue(), "2");
    const repeated = await exported(again);
    for (const name of ["nuclei.csv", "nucleoscope.json"]) {
      assert.equal(repeated.get(name).toString(), entries.get(name).toString(), name);
    }
    await again.leave();
  });

  test("a region is renamed without counting again, and its name is in the files", async () => {
    const session = await fixture.page();
    const { page } = session;
    await session.drop([set.images[0], { name: "half.geojson", bytes: Buffer.from(half) }]);
    await session.finished();
    await session.counted();
    assert.equal(await page.getByLabel("Name of region 1").inputValue(), "cortex");
    await page.getByLabel("Name of region 1").fill("medulla");
    await page.getByLabel("Name of region 1").press("Tab");
    await session.counted();
    const entries = await exported(session, ["measurements", "geojson", "record"]);
    const regions = new Set(rowsOf(entries.get("nuclei.csv")).map(({ region }) => region));
    assert.deepEqual(regions, new Set(["", "medulla"]));
    const { features } = JSON.parse(entries.get(`${set.ids[0]}.geojson`).toString());
    assert.equal(features.at(-1).properties.name, "medulla");
    assert.equal(JSON.parse(entries.get("nucleoscope.json").toString()).images[0].regions[0].name, "medulla");
    await session.leave();
  });
});
