/** Adding files in every way, and the resulting CSV. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { grayPng, zip } from "./files.mjs";
import { commandLine, exampleSet, Fixture, temporaryFolder } from "./harness.mjs";
import { agreement, labelsOf, readSubmission } from "./submission.mjs";

let fixture;
let set;

before(async () => {
  set = exampleSet(4);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** The images in the CSV, after checking every rule and comparing the counts with the list. */
async function checkedCsv(session) {
  const listed = await session.done();
  const images = readSubmission(await session.csv(), listed);
  for (const [id, { nuclei }] of listed) {
    assert.equal(images.get(id)?.length ?? nuclei, nuclei, `the list and the CSV agree on ${id}`);
  }
  return images;
}

describe("a batch", () => {
  test("is segmented as soon as it is dropped; the list, the status and the CSV agree", async () => {
    const session = await fixture.page();
    assert.equal(await session.download.isDisabled(), true);
    assert.equal(await session.cancel.isVisible(), false);
    await session.drop(set.images);
    const words = await session.finished();
    const listed = await session.done();
    const total = [...listed.values()].reduce((sum, { nuclei }) => sum + nuclei, 0);
    assert.ok(total > 0);
    assert.equal(words, `4 images done, ${total.toLocaleString("en")} nuclei.`);
    assert.deepEqual([...listed.keys()], set.ids);
    assert.equal(await session.progress.getAttribute("aria-valuenow"), "4");
    assert.equal(await session.progress.getAttribute("aria-valuemax"), "4");
    const images = await checkedCsv(session);
    assert.deepEqual([...images.keys()], set.ids);
    assert.equal(await session.page.locator("#score").isVisible(), false, "no score without ground truth");
    await session.leave();
  });

  test('is opened with "Choose images", including CSV files, and is scored', async () => {
    const session = await fixture.page();
    await session.choose("Choose images", [...set.paths, set.solution]);
    await session.finished();
    await session.page.locator("#score").waitFor();
    const score = Number(await session.page.locator('[data-score="score"]').textContent());
    assert.ok(score > 0.2 && score <= 1, `the score is ${score}`);
    const found = Number(await session.page.locator('[data-score="truePositives"]').textContent());
    const missed = Number(await session.page.locator('[data-score="falseNegatives"]').textContent());
    const truth = readFileSync(set.solution, "utf8").trim().split("\n").slice(1);
    assert.equal(found + missed, truth.length, "every true nucleus is found or missed");
    for (const { facts } of await session.list()) assert.match(facts, /score [01]\.\d{3}/);
    await session.picture("scored");
    await session.leave();
  });

  test('is opened with "Choose folder", in the Bowl\'s layout, and follows the sample submission', {
    skip: onlyInChromium(reasons.folders),
  }, async () => {
    const session = await fixture.page();
    await session.choose("Choose folder", set.folder);
    await session.finished();
    await session.page.locator("#score").waitFor();
    const images = await checkedCsv(session);
    const wanted = readFileSync(set.sampleSubmission, "utf8").trim().split("\n").slice(1);
    assert.deepEqual(
      [...images.keys()],
      [...new Set(wanted.map((row) => row.split(",")[0]))].filter((id) => set.ids.includes(id)),
    );
    await session.leave();
  });

  test("is opened from a folder dropped by the operating system", {
    skip: onlyInChromium(reasons.folders),
  }, async () => {
    const session = await fixture.page();
    await session.dropPath(set.folder);
    await session.finished(/^4 images done/);
    assert.deepEqual([...(await session.done()).keys()].sort(), set.ids);
    await session.page.locator("#score").waitFor();
    await session.leave();
  });

  test("is opened from a ZIP archive, with masks as ground truth", async () => {
    const session = await fixture.page();
    const entries = set.ids.slice(0, 2).flatMap(set.entriesOf);
    await session.drop([{ name: "stage1_test.zip", bytes: zip(entries) }]);
    await session.finished(/^2 images done/);
    await session.page.locator("#score").waitFor();
    assert.deepEqual([...(await checkedCsv(session)).keys()], set.ids.slice(0, 2));
    await session.leave();
  });

  test("grows with more drops; ground truth may come last, and each id appears only once", async () => {
    const session = await fixture.page();
    await session.drop(set.images.slice(0, 1));
    await session.finished(/^1 image done/);
    await session.drop(set.images.slice(0, 2));
    await session.finished(/^2 images done/);
    assert.match(await session.page.locator("#messages").textContent(), /was not added/);
    assert.equal(await session.rows.count(), 2);
    await session.drop([{ name: "stage1_solution.csv", bytes: readFileSync(set.solution) }]);
    await session.page.locator("#score").waitFor();
    await session.picture("messages");
    await session.leave();
  });

  test("gives the same nuclei as the command line", async () => {
    const session = await fixture.page();
    await session.drop(set.images);
    await session.finished();
    const sizes = await session.done();
    const text = await session.csv();
    const output = join(temporaryFolder(), "submission.csv");
    commandLine("segment", ...set.paths, "--output", output);
    const native = readFileSync(output, "utf8");
    const [page, command] = [text, native].map((csv) => readSubmission(csv, sizes));
    assert.deepEqual([...page.keys()], [...command.keys()]);
    for (const [id, size] of sizes) {
      const share = agreement(labelsOf(page.get(id), size), labelsOf(command.get(id), size));
      assert.ok(share >= 0.999, `${id}: labels agree on ${(share * 100).toFixed(3)} % of pixels`);
    }
    console.log(`page and command line are ${text === native ? "identical" : "not identical, but agree"}`);
    await session.leave();
  });

  test("is segmented again with other settings, like the command line with the same settings", async () => {
    const session = await fixture.page();
    const { page } = session;
    const again = page.getByRole("button", { name: "Segment again" });
    await session.drop(set.images.slice(0, 2));
    await session.finished();
    assert.equal(await again.isVisible(), false, "nothing to segment again with the same settings");
    const firstWords = await session.csv();
    await page.getByLabel("Nucleus diameter").fill("60");
    await again.click();
    await session.finished(/^2 images done/);
    assert.equal(await again.isVisible(), false);
    const sizes = await session.done();
    const text = await session.csv();
    assert.notEqual(text, firstWords);
    const output = join(temporaryFolder(), "submission.csv");
    commandLine("segment", ...set.paths.slice(0, 2), "--diameter", "60", "--output", output);
    const [found, expected] = [text, readFileSync(output, "utf8")].map((csv) => readSubmission(csv, sizes));
    for (const [id, size] of sizes) {
      assert.ok(agreement(labelsOf(found.get(id), size), labelsOf(expected.get(id), size)) >= 0.999, id);
    }
    await page.getByLabel("Nucleus diameter").fill("");
    await again.click();
    await session.finished(/^2 images done/);
    assert.equal(await session.csv(), firstWords, "the same as before");
    await session.picture("settings");
    await session.leave();
  });

  test("gives an image without nuclei one row with an empty field", async () => {
    const session = await fixture.page();
    await session.drop([
      { name: "black.png", bytes: grayPng(64, 48, () => 0) },
      { name: "white.png", bytes: grayPng(48, 64, () => 255) },
      { name: "dot.png", bytes: grayPng(1, 1, () => 7) },
      { name: "line.png", bytes: grayPng(1, 300, (_, y) => y % 256) },
    ]);
    await session.finished(/^4 images done/);
    const images = await checkedCsv(session);
    assert.equal(images.size, 4);
    assert.equal(images.get("black").empty, true);
    await session.leave();
  });

  test("is empty after Remove all, and the same files can be added again", async () => {
    const session = await fixture.page();
    await session.drop(set.images.slice(0, 2));
    await session.finished();
    await session.page.getByRole("button", { name: "Remove all" }).click();
    assert.equal(await session.rows.count(), 0);
    assert.equal(await session.download.isDisabled(), true);
    await session.drop(set.images.slice(0, 2));
    await session.finished(/^2 images done/);
    assert.equal((await checkedCsv(session)).size, 2);
    await session.leave();
  });

  test("may be the example, a different one each time", async () => {
    const session = await fixture.page();
    const example = session.page.getByRole("button", { name: "Try an example" });
    await example.click();
    await session.finished(/^1 image done/);
    await example.click();
    await session.finished(/^2 images done/);
    const listed = [...(await session.done()).values()];
    assert.equal(listed.length, 2);
    for (const { nuclei } of listed) assert.ok(nuclei > 10, `an example has nuclei: ${nuclei}`);
    await session.leave();
  });

  test("skips the files in plain folders that are not images", { skip: onlyInChromium(reasons.folders) }, async () => {
    const folder = join(temporaryFolder(), "plain");
    mkdirSync(join(folder, "deep"), { recursive: true });
    writeFileSync(join(folder, "notes.txt"), "not an image");
    writeFileSync(join(folder, "deep", "one.png"), set.images[0].bytes);
    const session = await fixture.page();
    await session.choose("Choose folder", folder);
    await session.finished(/^1 image done/);
    assert.deepEqual(
      (await session.list()).map(({ name }) => name),
      ["one.png"],
    );
    await session.leave();
  });
});
