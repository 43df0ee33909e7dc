/** Groups of images on the whole page: found in folders, changed, exported, and restored from the record. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { grayPng } from "./files.mjs";
import { Fixture, temporaryFolder, exported } from "./harness.mjs";

let fixture;
let plate;
let images;

before(async () => {
  plate = join(temporaryFolder(), "plate");
  images = ["control/dmso_1.png", "control/dmso_2.png", "treated/drug_1.png", "treated/drug_2.png"];
  for (const [place, path] of images.entries()) {
    mkdirSync(join(plate, path, ".."), { recursive: true });
    writeFileSync(join(plate, path), discs(9 + place));
  }
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** A picture of bright discs of almost this radius, in rows. */
function discs(radius) {
  return grayPng(256, 256, (x, y) => {
    const [column, row] = [x, y].map((place) => Math.floor(place / 42));
    const distance = Math.hypot(x - column * 42 - 21, y - row * 42 - 21);
    const size = radius + ((column * 3 + row * 5) % 4) / 2;
    return Math.round(20 + 180 / (1 + Math.exp(1.5 * (distance - size))));
  });
}

const tableOf = (bytes) => {
  const [head, ...rows] = bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(head.map((key, place) => [key, row[place]])));
};

/** The groups in the tab, with their numbers. */
async function groupsShown(page) {
  return page
    .getByRole("table", { name: /by group$/ })
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
}

test("groups are those of the folders, can be changed, and are exported and restored", {
  skip: onlyInChromium(reasons.folders),
}, async () => {
  const session = await fixture.page();
  const { page } = session;
  await session.dropPath(plate);
  await session.finished(/^4 images done/);
  await session.counted();
  await page.getByRole("tab", { name: "Conditions" }).click();
  await page.getByText("Welch's t-test of the images' values").waitFor();
  const shown = await groupsShown(page);
  assert.deepEqual(
    shown.map(([name, count]) => [name, count]),
    [
      ["control", "2"],
      ["treated", "2"],
    ],
  );
  const entries = await exported(session, ["summary", "conditions"]);
  assert.deepEqual(
    tableOf(entries.get("summary.csv")).map(({ group }) => group),
    ["control", "control", "treated", "treated"],
  );
  const areas = tableOf(entries.get("conditions.csv")).filter(({ measure }) => measure === "area_px2");
  const short = (text) =>
    new Intl.NumberFormat("en", { minimumSignificantDigits: 4, maximumSignificantDigits: 4 }).format(text);
  assert.deepEqual(
    areas.map((row) => [row.group, row.images, row.nuclei, short(row.mean_of_images), short(row.sd_of_images)]),
    shown,
  );

  await page.locator(".group-editor > summary").click();
  await page.getByLabel("Group images by").selectOption({ label: "File name pattern" });
  await page.getByRole("button", { name: "Apply to all images" }).click();
  assert.deepEqual(
    (await groupsShown(page)).map(([name]) => name),
    ["dmso", "drug"],
  );
  await page.getByLabel("Group images by").selectOption({ label: "By hand" });
  const list = page.getByRole("group", { name: "Images", exact: true });
  for (const box of await list.getByRole("checkbox").all()) await box.setChecked(false);
  await list.getByLabel("drug_2.png").check();
  await page.getByRole("button", { name: "Set group" }).click();
  const changed = await groupsShown(page);
  assert.deepEqual(
    changed.map(([name, count]) => [name, count]),
    [
      ["dmso", "2"],
      ["drug", "1"],
      ["No group", "1"],
    ],
  );
  await page.getByText("The group drug cannot be tested").waitFor();
  await session.picture("conditions");
  const record = (await exported(session, ["record", "summary"])).get("nucleoscope.json");
  await session.leave();

  const again = await fixture.page();
  await again.dropPath(plate);
  await again.finished(/^4 images done/);
  await again.drop([{ name: "nucleoscope.json", bytes: record }]);
  await again.finished(/^4 images done/);
  await again.counted();
  await again.page.getByRole("tab", { name: "Conditions" }).click();
  await again.page.getByText("The group drug cannot be tested").waitFor();
  assert.deepEqual(await groupsShown(again.page), changed);
  await again.leave();
});
