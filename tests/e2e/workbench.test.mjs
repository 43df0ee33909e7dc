/** Looking, tuning, correcting, measuring and exporting, on the real page. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { axeCrashes, onlyInChromium, reasons } from "./browsers/launch.mjs";
import { grayPng, imageJStack, unzip, zip } from "./files.mjs";
import { assertLight, commandLine, commandLineIn, exampleSet, Fixture, temporaryFolder, exported } from "./harness.mjs";
import { labelsOf, readSubmission } from "./submission.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let fixture;
let set;

before(async () => {
  set = exampleSet(3);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** A page with images on it, and what a user does there. */
async function opened(images, options) {
  const session = await fixture.page(options);
  await session.drop(images);
  await session.finished();
  return session;
}

/** The number of nuclei of the selected image, as the viewer tells it. */
async function count({ page }) {
  const words = await page.locator("#viewer-details").textContent();
  return Number(words.match(/([\d,]+) nucle/)[1].replaceAll(",", ""));
}

/** Does something and waits until the selected image has another number of nuclei. */
async function countAfter(session, action) {
  const before = await session.page.locator("#viewer-details").textContent();
  await action();
  await session.page.waitForFunction((words) => {
    const now = part("#viewer-details").textContent;
    return now !== words && /nucle/.test(now);
  }, before);
  return count(session);
}

/** Nuclei of one image, from the CSV: every rule of the format is checked on the way. */
async function nucleiOf(session, id) {
  const sizes = await session.done();
  const images = readSubmission(await session.csv(), sizes);
  const { width, height } = sizes.get(id);
  const labels = labelsOf(images.get(id), sizes.get(id));
  const sums = new Map();
  labels.forEach((label, index) => {
    if (label === 0) return;
    const sum = sums.get(label) ?? { x: 0, y: 0, area: 0 };
    // Column by column, as the CSV counts.
    sum.x += Math.floor(index / height) + 0.5;
    sum.y += (index % height) + 0.5;
    sum.area++;
    sums.set(label, sum);
  });
  return {
    width,
    height,
    labels,
    nuclei: [...sums].map(([label, { x, y, area }]) => ({ label, x: x / area, y: y / area, area })),
  };
}

/** Where places of the image are on the screen while the whole image is shown. */
async function screenOf({ page }, { width, height }) {
  await page.locator("#canvas").scrollIntoViewIfNeeded();
  const box = await page.locator("#canvas").boundingBox();
  const scale = Math.min(box.width / width, box.height / height);
  const left = box.x + (box.width - width * scale) / 2;
  const top = box.y + (box.height - height * scale) / 2;
  return ([x, y]) => [left + x * scale, top + y * scale];
}

async function drag({ page }, places) {
  const [first, ...rest] = places;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const place of rest) await page.mouse.move(...place, { steps: 4 });
  await page.mouse.up();
}

function linkFor(settings) {
  return `#settings=${encodeURIComponent(JSON.stringify(settings))}`;
}

async function noViolations(session, state) {
  if (axeCrashes) return;
  await session.page.evaluate(axe);
  const violations = await session.page.evaluate(async () => (await globalThis.axe.run()).violations);
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`),
    [],
    `no accessibility violations: ${state}`,
  );
}

/** The largest nuclei away from the rim, so that there is room to draw in them. */
function roomy({ nuclei, width, height }) {
  const isAway = ({ x, y }) => x > 24 && y > 24 && x < width - 24 && y < height - 24;
  return nuclei.filter(isAway).sort((left, right) => right.area - left.area);
}

describe("the workbench", () => {
  test("a click selects a nucleus in the picture and in the table, and vice versa", async () => {
    const session = await opened(set.images.slice(0, 1));
    const { page } = session;
    const found = await nucleiOf(session, set.ids[0]);
    const at = await screenOf(session, found);
    const [nucleus] = roomy(found);
    await page.mouse.move(...at([nucleus.x, nucleus.y]));
    await page.locator("#hover-words").waitFor();
    assert.match(await page.locator("#hover-words").textContent(), new RegExp(`^Nucleus ${nucleus.label} · Area`));
    assert.ok((await page.locator("#hover-words").textContent()).includes(String(nucleus.area)));
    await page.mouse.click(...at([nucleus.x, nucleus.y]));
    const row = page.locator('#results [role="row"][aria-selected="true"]');
    await row.waitFor();
    assert.equal(
      await row.locator('[role="gridcell"], [role="rowheader"]').first().textContent(),
      String(nucleus.label),
    );
    assert.equal(await page.locator("#edit-delete").isEnabled(), true);
    await session.picture("selected");
    await noViolations(session, "a nucleus is selected");
    await session.leave();
  });

  test("the sliders update the selected image at once, the others when released, and can be reset", async () => {
    const session = await opened(set.images);
    const { page } = session;
    const before = await session.csv();
    const first = await count(session);
    const slide = (value) =>
      page.locator("#tune-minimumArea").evaluate((input, to) => {
        input.value = String(to);
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }, value);
    const fewer = await countAfter(session, () => slide(200));
    assert.ok(fewer < first, `${fewer} of ${first} nuclei have 200 pixels`);
    await page.locator("#tune-minimumArea").dispatchEvent("change");
    await session.finished(/^3 images done/);
    await page.waitForFunction(() => !part("#download").disabled);
    const { nuclei } = await nucleiOf(session, set.ids[2]);
    assert.ok(
      nuclei.every(({ area }) => area >= 200),
      "the other images follow",
    );
    await session.picture("tuned");
    await page.locator("#tune-own").check();
    const own = await countAfter(session, () => page.locator("#tune-reset").click());
    assert.equal(own, first, "this image alone is as before");
    await session.finished(/^3 images done/);
    assert.ok((await nucleiOf(session, set.ids[2])).nuclei.every(({ area }) => area >= 200));
    await countAfter(session, () => page.locator("#tune-own").uncheck());
    await countAfter(session, () => page.locator("#tune-reset").click());
    await session.finished(/^3 images done/);
    await page.waitForFunction(() => !part("#download").disabled);
    assert.equal(await session.csv(), before, "everything is as it was");
    await session.leave();
  });

  test("settings are shared in a link", async () => {
    const session = await opened(set.images.slice(0, 1));
    const first = await count(session);
    const other = await opened(set.images.slice(0, 1), { query: linkFor({ minimumArea: 200, diameter: 30 }) });
    assert.equal(await other.page.getByLabel("Nucleus diameter").inputValue(), "30");
    assert.ok((await count(other)) < first);
    await other.allowClipboard();
    await other.page.getByRole("button", { name: "Copy link" }).click();
    await other.page.waitForFunction(() => /link/.test(part("#status").textContent));
    const copied = await other.page.evaluate(() => navigator.clipboard.readText());
    assert.match(decodeURIComponent(copied), /"minimumArea":200/);
    await session.leave();
    await other.leave();
  });

  test("nuclei are deleted, merged, split, drawn, erased and added, and everything can be undone", async () => {
    const session = await opened(set.images.slice(0, 1));
    const { page } = session;
    const id = set.ids[0];
    const start = await session.csv();
    const found = await nucleiOf(session, id);
    const total = found.nuclei.length;
    const at = await screenOf(session, found);
    const [largest, second] = roomy(found);
    const tool = (name) => page.getByRole("radio", { name, exact: true }).check();

    await page.mouse.click(...at([largest.x, largest.y]));
    assert.equal(await countAfter(session, () => page.keyboard.press("Delete")), total - 1);

    await tool("Add");
    const radius = Math.sqrt(largest.area / Math.PI) * 0.7;
    const circle = Array.from({ length: 17 }, (_, step) => (step / 16) * 2 * Math.PI).map((angle) =>
      at([largest.x + radius * Math.cos(angle), largest.y + radius * Math.sin(angle)]),
    );
    assert.equal(await countAfter(session, () => drag(session, circle)), total);

    await tool("Split");
    const reach = 2.5 * Math.sqrt(second.area / Math.PI);
    const split = await countAfter(session, () =>
      drag(session, [at([second.x, second.y - reach]), at([second.x, second.y + reach])]),
    );
    assert.ok(split > total, "the line cut at least one nucleus in two");

    // Both parts, selected and made one again.
    await tool("Select");
    const parts = roomy(await nucleiOf(session, id)).filter(
      ({ x, y }) => Math.hypot(x - second.x, y - second.y) < reach / 2,
    );
    assert.equal(parts.length, 2);
    await page.mouse.click(...at([parts[0].x, parts[0].y]));
    await page.keyboard.down("Shift");
    await page.mouse.click(...at([parts[1].x, parts[1].y]));
    await page.keyboard.up("Shift");
    assert.equal(await countAfter(session, () => page.keyboard.press("m")), split - 1);

    await tool("Erase");
    await page.locator("#brush").fill("60");
    assert.ok(
      (await countAfter(session, () => drag(session, [at([second.x, second.y]), at([second.x + 1, second.y])]))) <
        split - 1,
    );

    await tool("Draw");
    await page.locator("#brush").fill("6");
    const drawn = await countAfter(session, () =>
      drag(session, [at([second.x, second.y]), at([second.x + 4, second.y])]),
    );
    const corrected = await nucleiOf(session, id);
    assert.equal(corrected.nuclei.length, drawn);
    assert.notEqual(corrected.labels[Math.floor(second.x) * found.height + Math.floor(second.y)], 0);
    await session.picture("corrected");
    await noViolations(session, "corrected");

    await page.locator("#surface").focus();
    for (let step = 0; step < 6; step++) await page.keyboard.press("Control+z");
    await page.waitForFunction(() => part("#edit-undo").disabled && !part("#download").disabled);
    await session.finished();
    assert.equal(await session.csv(), start, "six steps undone");
    for (let step = 0; step < 6; step++) await page.getByRole("button", { name: "Redo" }).click();
    await page.waitForFunction(() => part("#edit-redo").disabled && !part("#download").disabled);
    assert.equal(await count(session), drawn, "and redone");
    await session.leave();
  });

  test("everything can be corrected with the keyboard alone", async () => {
    const session = await opened(set.images.slice(0, 1));
    const { page } = session;
    const total = await count(session);
    await page.locator("#surface").focus();
    await page.keyboard.press("]");
    assert.equal(await countAfter(session, () => page.keyboard.press("Delete")), total - 1);
    await page.locator('#tools input[value="erase"]').focus();
    await page.keyboard.press("Space");
    await page.locator("#brush").fill("80");
    await page.locator("#surface").focus();
    const before = await count(session);
    const erased = await countAfter(session, async () => {
      await page.keyboard.press("Space");
      for (let step = 0; step < 12; step++) await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Space");
    });
    assert.notEqual(erased, before);
    await session.picture("pen");
    await session.leave();
  });

  test("only nuclei inside a region of interest are counted", async () => {
    const session = await opened(set.images.slice(0, 1));
    const { page } = session;
    const found = await nucleiOf(session, set.ids[0]);
    const at = await screenOf(session, found);
    const inside = found.nuclei.filter(({ x, y }) => x < found.width / 2 && y < found.height / 2).length;
    assert.ok(inside > 0 && inside < found.nuclei.length);
    await page.getByRole("radio", { name: "Rectangle region" }).check();
    await drag(session, [at([1, 1]), at([found.width / 2, found.height / 2])]);
    await page.locator("#regions-clear:enabled").waitFor();
    await session.counted();
    const entries = await exported(session, ["measurements", "record"]);
    const rows = tableOf(entries.get("nuclei.csv"));
    const included = rows.filter((row) => row.included === "true").length;
    assert.equal(rows.length, found.nuclei.length, "the others are included and marked");
    assert.ok(Math.abs(included - inside) <= 1, `${included} rows, ${inside} nuclei inside`);
    await session.picture("region");
    await page.getByRole("button", { name: "Clear regions" }).click();
    await session.leave();
  });

  test("the export contains every file, and its record repeats the run", async () => {
    const session = await opened(set.images.slice(0, 2));
    const { page } = session;
    const found = await nucleiOf(session, set.ids[0]);
    const at = await screenOf(session, found);
    const [largest] = roomy(found);
    await page.mouse.click(...at([largest.x, largest.y]));
    await countAfter(session, () => page.keyboard.press("Delete"));
    await session.finished();
    const expected = await session.csv();
    const entries = await exported(session);
    await page.locator("#export > summary").click();
    await noViolations(session, "the export menu is open");
    await session.picture("exported");
    for (const id of set.ids.slice(0, 2)) {
      for (const ending of ["-labels.png", "-RoiSet.zip", ".geojson", "-outlines.svg", "-overlay.png"]) {
        assert.ok(entries.get(id + ending)?.length > 0, id + ending);
      }
    }
    const shared = ["submission.csv", "summary.csv", "conditions.csv", "nuclei.csv", "coco.json", "nucleoscope.json"];
    const formats = await page
      .locator("#export-formats label")
      .evaluateAll((labels) => labels.map(({ title }) => title));
    const ofImage = formats.filter((title) => title.includes(": ID"));
    assert.equal(entries.size, ofImage.length + formats.length, "one file per batch if the format allows it");
    for (const name of shared) assert.ok(entries.get(name)?.length > 0, name);
    assert.equal(entries.get("submission.csv").toString(), expected);
    const rois = unzip(entries.get(`${set.ids[0]}-RoiSet.zip`));
    assert.equal(rois.size, found.nuclei.length - 1);
    const [record] = JSON.parse(entries.get("nucleoscope.json").toString()).images;
    assert.equal(record.edits.length, 1);
    assert.match(record.model.sha256, /^[0-9a-f]{64}$/);
    assert.match(record.input.sha256, /^[0-9a-f]{64}$/);
    await session.leave();

    const again = await opened([
      ...set.images.slice(0, 2),
      { name: "nucleoscope.json", bytes: entries.get("nucleoscope.json") },
    ]);
    assert.equal(await again.csv(), expected, "the same nuclei from only the images and the record");
    assert.equal(await again.page.locator("#message-list").textContent(), "");
    await again.leave();
  });

  test("the exported ZIP with the images restores the session, with gates, regions and all settings", async () => {
    const folder = temporaryFolder();
    const options = ["--peak-threshold", "0.2", "--boundary-weight", "0.4", "--smoothing", "9", "--minimum-area", "40"];
    writeFileSync(
      join(folder, "half.geojson"),
      JSON.stringify({
        type: "Polygon",
        coordinates: [
          [
            [0, 0],
            [256, 0],
            [256, 100],
            [0, 100],
            [0, 0],
          ],
        ],
      }),
    );
    writeFileSync(join(folder, set.images[0].name), set.images[0].bytes);
    const made = commandLineIn(
      folder,
      "segment",
      set.images[0].name,
      "--export",
      "record,bowl,summary",
      "--export-dir",
      "out",
      "--pixel-size",
      "0.5,0.25",
      "--gate",
      "area:60..",
      "--regions",
      "half.geojson",
      ...options,
    );
    const [, counted] = /^1 images, (\d+) of \d+ nuclei counted/.exec(made);
    const record = readFileSync(join(folder, "out/nucleoscope.json"));
    const session = await fixture.page();
    const archive = zip([{ path: "results/nucleoscope.json", bytes: record }]);
    await session.drop([set.images[0], { name: "results.zip", bytes: archive }]);
    await session.finished();
    await session.counted();
    const [row] = await session.list();
    assert.match(row.count, new RegExp(`^${counted} of \\d+ nuclei counted$`));
    assert.equal(await session.csv(), readFileSync(join(folder, "out/submission.csv"), "utf8"));
    const entries = await exported(session, ["record", "summary"]);
    const settings = (bytes) => JSON.parse(bytes.toString()).images[0];
    const [was, is] = [settings(record), settings(entries.get("nucleoscope.json"))];
    assert.deepEqual(is, was, "the record of the repeated run is the same");
    assert.equal(entries.get("summary.csv").toString(), readFileSync(join(folder, "out/summary.csv"), "utf8"));
    await session.leave();
  });

  test("an invalid record is reported with the field, and the image is still segmented", async () => {
    const session = await fixture.page();
    const wrong = { format: 2, images: [{ id: set.ids[0], selection: { frame: 1e15 } }] };
    await session.drop([set.images[0], { name: "nucleoscope.json", bytes: Buffer.from(JSON.stringify(wrong)) }]);
    assert.match(await session.finished(), /^1 image done/);
    assert.match(
      await session.page.locator("#message-list").textContent(),
      /nucleoscope\.json was not used: images\[0\]\.selection\.frame is 1000000000000000/,
    );
    await session.leave();
  });

  test("gates change every number on the page and in the files, without measuring again", async () => {
    const session = await opened(set.images.slice(0, 2));
    const { page } = session;
    await session.counted();
    const areas = tableOf((await saveTables(session)).tables.get("nuclei.csv")).map((row) => Number(row.area_px2));
    const middle = areas.sort((left, right) => left - right)[Math.floor(areas.length / 2)];
    await page.getByRole("tab", { name: "Histogram" }).click();
    const range = page.getByRole("group", { name: "Range of Area (px²)" });
    await range.getByLabel("from").fill(String(middle));
    await range.getByLabel("to").fill("1e6");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Leave this range out" }).click();
    await page.getByRole("button", { name: "Remove gate: Area" }).waitFor();
    await session.counted();
    const rows = await session.list();
    const numbers = rows.map(({ count: words }) =>
      words
        .match(/^([\d,]+) of ([\d,]+) nuclei counted$/)
        .slice(1)
        .map(Number),
    );
    const { tables, kind } = await saveTables(session);
    assert.equal(kind, "nucleoscope-tables.zip");
    assert.deepEqual([...tables.keys()], ["summary.csv", "nuclei.csv"]);
    const nuclei = tableOf(tables.get("nuclei.csv"));
    const expected = set.ids.slice(0, 2).map((id) => {
      const own = nuclei.filter((row) => row.image === id);
      const kept = own.filter((row) => Number(row.area_px2) < middle);
      assert.deepEqual(
        own.filter((row) => row.included === "true"),
        kept,
        id,
      );
      return [kept.length, own.length];
    });
    assert.deepEqual(numbers, expected, "the list");
    const total = expected.reduce((sum, [kept]) => sum + kept, 0);
    assert.match(await session.status.textContent(), new RegExp(`^2 images done, ${total} of \\d+ nuclei counted\\.$`));
    assert.match(
      await page.locator("#viewer-details").textContent(),
      new RegExp(`${expected[0][0]} of ${expected[0][1]} nuclei counted`),
    );
    await page.getByText(`${set.ids[0]}.png: ${expected[0][0]} of ${expected[0][1]} nuclei counted`).waitFor();
    await page.getByRole("tab", { name: "Summary" }).click();
    const facts = await page.$$eval(".summary-part", (parts) =>
      parts.map((part) => [...part.querySelectorAll("dd")].map((fact) => fact.textContent)),
    );
    assert.deepEqual(
      facts.map(([all, kept]) => [Number(kept), Number(all)]),
      [expected[0], [total, expected.reduce((sum, [, all]) => sum + all, 0)]],
    );
    const summary = tableOf(tables.get("summary.csv"));
    assert.deepEqual(
      summary.map((row) => [Number(row.nuclei_counted), Number(row.nuclei_found)]),
      expected,
    );
    const csv = await session.csv();
    assert.equal(
      csv
        .trimEnd()
        .split("\n")
        .filter((line) => /,\d/.test(line)).length,
      total,
      "Download CSV",
    );
    await session.picture("gated");
    await noViolations(session, "gates");
    await page.locator("#table-dialect").selectOption("semicolon comma");
    const european = (await saveTables(session)).tables.get("summary.csv").toString();
    assert.match(european.split("\n")[1], /;\d+,\d+;/);
    await session.leave();
  });

  test("regions are read from GeoJSON, and refused files are counted", async () => {
    const session = await opened(set.images.slice(0, 1));
    const { page } = session;
    const square = [
      [
        [0, 0],
        [128, 0],
        [128, 256],
        [0, 256],
        [0, 0],
      ],
    ];
    await session.drop([
      { name: "half.geojson", bytes: Buffer.from(JSON.stringify({ type: "Polygon", coordinates: square })) },
      set.images[0],
    ]);
    await page.locator("#regions-clear:enabled").waitFor();
    assert.match(
      await session.finished(/not added\.$/),
      /^1 image done, [\d,]+ of [\d,]+ nuclei counted, 1 not added\.$/,
    );
    assert.match(await page.locator("#message-list").textContent(), /1 region from half\.geojson applied/);
    await session.leave();
  });

  test("the export equals the command line's, byte for byte", async () => {
    const session = await opened(set.images.slice(0, 1));
    const entries = await exported(session);
    const folder = join(temporaryFolder(), "exports");
    commandLineIn(dirname(set.paths[0]), "segment", basename(set.paths[0]), "--export", "all", "--export-dir", folder);
    // Only the command line lists files that failed.
    const names = readdirSync(folder).filter((name) => name !== "failures.csv");
    assert.equal(names.length, 11);
    assert.deepEqual([...entries.keys()].sort(), names.sort());
    for (const name of names) {
      assert.ok(readFileSync(join(folder, name)).equals(entries.get(name)), `${name} is the same`);
    }
    await session.leave();
  });

  test("a stack is projected, its channel can be chosen, its pixel size makes a scale bar", async () => {
    const disc = (x, y, centreX, centreY) => ((x - centreX) ** 2 + (y - centreY) ** 2 < 100 ? 900 : 100);
    const stack = imageJStack(160, 120, 2, 3, (channel, slice, x, y) =>
      channel === 0 ? disc(x, y, 30 + 45 * slice, 40) : disc(x, y, 80, 90),
    );
    const session = await opened([{ name: "stack.tif", bytes: stack }]);
    const { page } = session;
    assert.equal(await count(session), 3, "a disc in each slice of the first channel");
    await page.locator("#stack").waitFor();
    await session.picture("stack");
    await noViolations(session, "a stack");
    await page.locator("#results .table-heading-name", { hasText: "µm²" }).first().waitFor();
    await page.getByLabel("Pixel size").fill("2");
    const area = async () => {
      const entries = await exported(session, ["measurements"]);
      const [head, row] = entries
        .get("nuclei.csv")
        .toString()
        .split("\n")
        .map((line) => line.split(","));
      return Number(row[head.indexOf("area_um2")]) / Number(row[head.indexOf("area_px2")]);
    };
    assert.ok(Math.abs((await area()) - 4) < 1e-6, "the user's pixel size counts");
    await page.getByLabel("Pixel size").fill("");
    assert.ok(Math.abs((await area()) - 0.25) < 1e-6, "otherwise the file's");
    assert.equal(await countAfter(session, () => page.locator("#stack-channel").selectOption("1")), 1);
    await page.locator("#stack-channel").selectOption("0");
    await session.finished();
    assert.equal(await countAfter(session, () => page.locator("#stack-slice").selectOption("1")), 1);
    const entries = await exported(session, ["measurements", "labels"]);
    assert.match(entries.get("nuclei.csv").toString(), /area_um2/);
    await session.leave();
  });

  test("ground truth shows found, missed and extra nuclei, and can be corrected", async () => {
    const session = await fixture.page({ colorScheme: "dark" });
    const { page } = session;
    await noViolations(session, "the empty page");
    await session.drop([{ name: "stage1_test.zip", bytes: zip(set.entriesOf(set.ids[0])) }]);
    await session.finished();
    await page.locator("#legend").waitFor();
    await noViolations(session, "ground truth");
    await session.picture("truth");
    await page.getByRole("button", { name: "Start from ground truth" }).click();
    await page.waitForFunction(() => /score 1\.000/.test(part("#viewer-details").textContent));
    await session.leave();
  });

  test("the picture shows contrast, probability and numbers without changing the data", async () => {
    const session = await opened(set.images.slice(0, 1));
    const { page } = session;
    const before = await session.csv();
    const look = () => page.locator("#surface").screenshot();
    const changes = async (action, name) => {
      const previous = await look();
      await action();
      // Without a time limit of its own: if it never changes, the test times out.
      for (let tries = 0; tries < 300 && (await look()).equals(previous); tries++) await page.waitForTimeout(100);
      assert.notDeepEqual(await look(), previous, name);
    };
    await changes(() => page.locator("#overlay-style").selectOption("numbers"), "numbers");
    await session.picture("numbers");
    await changes(() => page.locator("#overlay-style").selectOption("filled"), "filled");
    await changes(() => page.locator("#layout").selectOption("both"), "side by side");
    await session.picture("side-by-side");
    await changes(() => page.locator("#layout").selectOption("image"), "image");
    await page.locator(".viewer summary").click();
    await changes(() => page.locator("#contrast-gamma").fill("3"), "gamma");
    await noViolations(session, "the contrast menu is open");
    await session.picture("contrast");
    await page.locator("#contrast-auto").click();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#contrast-gamma").isVisible(), false, "Escape closes the menu");
    await changes(() => page.locator("#overlay-style").selectOption("outlines"), "outlines");
    assert.equal(await session.csv(), before);
    await session.leave();
  });

  test("fingers select, draw and pinch", { skip: onlyInChromium(reasons.touch) }, async () => {
    const session = await opened(set.images.slice(0, 1), { hasTouch: true });
    const { page } = session;
    const found = await nucleiOf(session, set.ids[0]);
    const at = await screenOf(session, found);
    const [largest] = roomy(found);
    await page.touchscreen.tap(...at([largest.x, largest.y]));
    await page.locator("#edit-delete:enabled").waitFor();

    const protocol = await session.context.newCDPSession(page);
    const touch = (type, ...places) =>
      protocol.send("Input.dispatchTouchEvent", { type, touchPoints: places.map(([x, y], id) => ({ x, y, id })) });
    await page.getByRole("radio", { name: "Split" }).check();
    const reach = 2.5 * Math.sqrt(largest.area / Math.PI);
    const line = [-1, -0.5, 0, 0.5, 1].map((step) => at([largest.x, largest.y + step * reach]));
    const split = await countAfter(session, async () => {
      await touch("touchStart", line[0]);
      for (const place of line.slice(1)) await touch("touchMove", place);
      await touch("touchEnd");
    });
    assert.ok(split > found.nuclei.length, "a finger splits a nucleus");

    const zoom = () => page.locator("#zoom").textContent();
    const before = await zoom();
    const [x, y] = at([found.width / 2, found.height / 2]);
    await touch("touchStart", [x - 20, y], [x + 20, y]);
    for (let apart = 30; apart <= 90; apart += 10) await touch("touchMove", [x - apart, y], [x + apart, y]);
    await touch("touchEnd");
    await page.waitForFunction((words) => part("#zoom").textContent !== words, before);
    const percent = (words) => Number.parseInt(words.replaceAll(",", ""), 10);
    assert.ok(percent(await zoom()) > 2 * percent(before), `${before} became ${await zoom()}`);
    assert.equal(await count(session), split, "two fingers draw nothing");
    await session.leave();
  });

  test("the page stays responsive with twenty mixed files", async () => {
    const session = await fixture.page();
    const gray = set.images[0].bytes;
    const files = Array.from({ length: 20 }, (_, index) => {
      if (index % 4 === 0) return { name: `field-${index}.png`, bytes: gray };
      if (index % 4 === 1) return { name: `colour-${index}.png`, bytes: set.images[1].bytes };
      if (index % 4 === 2) return { name: `plain-${index}.png`, bytes: grayPng(96, 96, (x, y) => (x * y) % 256) };
      return { name: `stack-${index}.tif`, bytes: imageJStack(64, 64, 2, 3, (c, z, x, y) => (x + y * z + c) % 4096) };
    });
    const transfer = await session.pickUp(files);
    const tasks = await session.mainThreadTasks(async () => {
      await session.letGo(transfer);
      await session.finished(/^20 images done/);
    });
    assertLight(tasks, "twenty mixed files");
    await session.leave();
  });

  test("one megapixel with a thousand nuclei follows the slider", async () => {
    const folder = join(temporaryFolder(), "crowd");
    commandLine("example", folder, "--count", "1", "--side", "1024", "--nuclei", "900");
    const id = readdirSync(join(folder, "stage1_test"))[0];
    const bytes = readFileSync(join(folder, "stage1_test", id, "images", `${id}.png`));
    // One pass over the image is enough.
    const quick = { diameter: 22 };
    const prepare = (page) =>
      page.addInitScript(() => {
        globalThis.tasks = [];
        globalThis.Worker = class extends globalThis.Worker {
          postMessage(message, ...rest) {
            if (message.type === "task") globalThis.tasks.push(message.task.kind);
            super.postMessage(message, ...rest);
          }
        };
      });
    const session = await opened([{ name: "crowd.png", bytes }], { query: linkFor(quick), prepare });
    const nuclei = await count(session);
    assert.ok(nuclei > 600, `${nuclei} nuclei`);
    const { times, tasks } = await session.page.evaluate(async () => {
      const input = part("#tune-minimumArea");
      const words = part("#viewer-details");
      const times = [];
      globalThis.tasks.length = 0;
      for (let step = 0; step < 9; step++) {
        const changed = new Promise((resolve) => {
          const observer = new MutationObserver(() => {
            observer.disconnect();
            requestAnimationFrame(() => resolve(performance.now()));
          });
          observer.observe(words, { childList: true, characterData: true, subtree: true });
        });
        const start = performance.now();
        input.value = String(200 + 25 * step);
        input.dispatchEvent(new Event("input", { bubbles: true }));
        times.push((await changed) - start);
      }
      return { times, tasks: globalThis.tasks };
    });
    times.sort((left, right) => left - right);
    console.log(
      `slider to picture, ${nuclei} nuclei: median ${times[4].toFixed(0)} ms, worst ${times[8].toFixed(0)} ms`,
    );
    // Time depends on the computer; the work is one run of the watershed for each step, and never the network.
    assert.equal(tasks.filter((kind) => kind === "label").length, 9);
    assert.deepEqual(
      tasks.filter((kind) => !["label", "measure", "count"].includes(kind)),
      [],
    );

    // A worker that is still measuring would take the first request later.
    await session.counted();
    const inOneGo = await session.page.evaluate(async () => {
      const input = part("#tune-minimumArea");
      globalThis.tasks.length = 0;
      for (let step = 0; step < 50; step++) {
        input.value = String(100 + 8 * step);
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      return globalThis.tasks.filter((kind) => kind === "label").length;
    });
    assert.equal(inOneGo, 1, "one request runs, and only the last of the others follows");
    await session.page.waitForFunction(() => globalThis.tasks.filter((kind) => kind === "label").length === 2);
    await session.leave();
  });

  test("fits a phone and four times the text size", async () => {
    for (const viewport of [
      { width: 360, height: 740 },
      { width: 320, height: 256 },
    ]) {
      const session = await opened(set.images.slice(0, 1), { viewport });
      const overflow = await session.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `nothing is wider than ${viewport.width} pixels: ${overflow}`);
      await noViolations(session, `${viewport.width} pixels wide`);
      await session.picture(`narrow-${viewport.width}`);
      await session.leave();
    }
  });
});

/** A table's rows, with values by column name. */
function tableOf(bytes) {
  const [head, ...rows] = bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(head.map((key, place) => [key, row[place]])));
}

/** Downloads the tables; returns the archive's name and its entries. */
async function saveTables({ page }) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download tables" }).click(),
  ]);
  return { kind: download.suggestedFilename(), tables: unzip(readFileSync(await download.path())) };
}
