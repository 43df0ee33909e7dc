/** Files in by every way, and the right CSV out. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { grayPng, zip } from "./files.mjs";
import { commandLine, exampleSet, Stage, temporaryFolder } from "./harness.mjs";
import { agreement, labelsOf, readSubmission } from "./submission.mjs";

let stage;
let set;

before(async () => {
  set = exampleSet(4);
  stage = await Stage.open();
});
after(() => stage.close());

/** The CSV's images, after every rule was checked and its counts were held against the list. */
async function checkedCsv(visit) {
  const listed = await visit.done();
  const images = readSubmission(await visit.csv(), listed);
  for (const [id, { nuclei }] of listed) {
    assert.equal(images.get(id)?.length ?? nuclei, nuclei, `the list and the CSV agree on ${id}`);
  }
  return images;
}

describe("a batch", () => {
  test("is worked on as soon as it is dropped; the list, the status and the CSV agree", async () => {
    const visit = await stage.page();
    assert.equal(await visit.download.isDisabled(), true);
    assert.equal(await visit.cancel.isVisible(), false);
    await visit.drop(set.images);
    const words = await visit.finished();
    const listed = await visit.done();
    const total = [...listed.values()].reduce((sum, { nuclei }) => sum + nuclei, 0);
    assert.ok(total > 0);
    assert.equal(words, `4 images done, ${total.toLocaleString("en")} nuclei.`);
    assert.deepEqual([...listed.keys()], set.ids);
    assert.equal(await visit.progress.getAttribute("aria-valuenow"), "4");
    assert.equal(await visit.progress.getAttribute("aria-valuemax"), "4");
    const images = await checkedCsv(visit);
    assert.deepEqual([...images.keys()], set.ids);
    assert.equal(await visit.page.locator("#score").isVisible(), false, "no score without ground truth");
    await visit.leave();
  });

  test('comes in by "Choose images", CSV files included, and is scored', async () => {
    const visit = await stage.page();
    await visit.choose("Choose images", [...set.paths, set.solution]);
    await visit.finished();
    await visit.page.locator("#score").waitFor();
    const score = Number(await visit.page.locator('[data-score="score"]').textContent());
    assert.ok(score > 0.2 && score <= 1, `the score is ${score}`);
    const hits = Number(await visit.page.locator('[data-score="truePositives"]').textContent());
    const misses = Number(await visit.page.locator('[data-score="falseNegatives"]').textContent());
    const truth = readFileSync(set.solution, "utf8").trim().split("\n").slice(1);
    assert.equal(hits + misses, truth.length, "every true nucleus is a hit or a miss");
    for (const { facts } of await visit.list()) assert.match(facts, /score [01]\.\d{3}/);
    await visit.picture("scored");
    await visit.leave();
  });

  test('comes in by "Choose folder", in the Bowl\'s layout, and follows the sample submission', async () => {
    const visit = await stage.page();
    await visit.choose("Choose folder", set.folder);
    await visit.finished();
    await visit.page.locator("#score").waitFor();
    const images = await checkedCsv(visit);
    const wanted = readFileSync(set.sampleSubmission, "utf8").trim().split("\n").slice(1);
    assert.deepEqual(
      [...images.keys()],
      [...new Set(wanted.map((row) => row.split(",")[0]))].filter((id) => set.ids.includes(id)),
    );
    await visit.leave();
  });

  test("comes in as a folder dropped by the operating system", async () => {
    const visit = await stage.page();
    await visit.dropPath(set.folder);
    await visit.finished(/^4 images done/);
    assert.deepEqual([...(await visit.done()).keys()].sort(), set.ids);
    await visit.page.locator("#score").waitFor();
    await visit.leave();
  });

  test("comes in as a ZIP archive, masks as ground truth", async () => {
    const visit = await stage.page();
    const entries = set.ids.slice(0, 2).flatMap(set.entriesOf);
    await visit.drop([{ name: "stage1_test.zip", bytes: zip(entries) }]);
    await visit.finished(/^2 images done/);
    await visit.page.locator("#score").waitFor();
    assert.deepEqual([...(await checkedCsv(visit)).keys()], set.ids.slice(0, 2));
    await visit.leave();
  });

  test("grows with more drops; ground truth may come last, and an id comes only once", async () => {
    const visit = await stage.page();
    await visit.drop(set.images.slice(0, 1));
    await visit.finished(/^1 image done/);
    await visit.drop(set.images.slice(0, 2));
    await visit.finished(/^2 images done/);
    assert.match(await visit.page.locator("#notices").textContent(), /was not added/);
    assert.equal(await visit.rows.count(), 2);
    await visit.drop([{ name: "stage1_solution.csv", bytes: readFileSync(set.solution) }]);
    await visit.page.locator("#score").waitFor();
    await visit.picture("notices");
    await visit.leave();
  });

  test("gives the same nuclei as the command line", async () => {
    const visit = await stage.page();
    await visit.drop(set.images);
    await visit.finished();
    const sizes = await visit.done();
    const text = await visit.csv();
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
    await visit.leave();
  });

  test("is segmented again with other settings, as the command line does with them", async () => {
    const visit = await stage.page();
    const { page } = visit;
    const again = page.getByRole("button", { name: "Segment again" });
    await visit.drop(set.images.slice(0, 2));
    await visit.finished();
    assert.equal(await again.isVisible(), false, "nothing to do again with the same settings");
    const firstWords = await visit.csv();
    await page.getByLabel("Nucleus diameter").fill("60");
    await again.click();
    await visit.finished(/^2 images done/);
    assert.equal(await again.isVisible(), false);
    const sizes = await visit.done();
    const text = await visit.csv();
    assert.notEqual(text, firstWords);
    const output = join(temporaryFolder(), "submission.csv");
    commandLine("segment", ...set.paths.slice(0, 2), "--diameter", "60", "--output", output);
    const [found, expected] = [text, readFileSync(output, "utf8")].map((csv) => readSubmission(csv, sizes));
    for (const [id, size] of sizes) {
      assert.ok(agreement(labelsOf(found.get(id), size), labelsOf(expected.get(id), size)) >= 0.999, id);
    }
    await page.getByLabel("Nucleus diameter").fill("");
    await again.click();
    await visit.finished(/^2 images done/);
    assert.equal(await visit.csv(), firstWords, "back to where it was");
    await visit.picture("settings");
    await visit.leave();
  });

  test("gives an image without nuclei one row with an empty field", async () => {
    const visit = await stage.page();
    await visit.drop([
      { name: "black.png", bytes: grayPng(64, 48, () => 0) },
      { name: "white.png", bytes: grayPng(48, 64, () => 255) },
      { name: "dot.png", bytes: grayPng(1, 1, () => 7) },
      { name: "line.png", bytes: grayPng(1, 300, (_, y) => y % 256) },
    ]);
    await visit.finished(/^4 images done/);
    const images = await checkedCsv(visit);
    assert.equal(images.size, 4);
    assert.equal(images.get("black").empty, true);
    await visit.leave();
  });

  test("is gone after Remove all, and the same files can come again", async () => {
    const visit = await stage.page();
    await visit.drop(set.images.slice(0, 2));
    await visit.finished();
    await visit.page.getByRole("button", { name: "Remove all" }).click();
    assert.equal(await visit.rows.count(), 0);
    assert.equal(await visit.download.isDisabled(), true);
    await visit.drop(set.images.slice(0, 2));
    await visit.finished(/^2 images done/);
    assert.equal((await checkedCsv(visit)).size, 2);
    await visit.leave();
  });

  test("may be the example, a different one each time", async () => {
    const visit = await stage.page();
    const example = visit.page.getByRole("button", { name: "Try an example" });
    await example.click();
    await visit.finished(/^1 image done/);
    await example.click();
    await visit.finished(/^2 images done/);
    const listed = [...(await visit.done()).values()];
    assert.equal(listed.length, 2);
    for (const { nuclei } of listed) assert.ok(nuclei > 10, `an example has nuclei: ${nuclei}`);
    await visit.leave();
  });

  test("keeps plain folders apart from the files in them that are no images", async () => {
    const folder = join(temporaryFolder(), "plain");
    mkdirSync(join(folder, "deep"), { recursive: true });
    writeFileSync(join(folder, "notes.txt"), "not an image");
    writeFileSync(join(folder, "deep", "one.png"), set.images[0].bytes);
    const visit = await stage.page();
    await visit.choose("Choose folder", folder);
    await visit.finished(/^1 image done/);
    assert.deepEqual(
      (await visit.list()).map(({ name }) => name),
      ["one.png"],
    );
    await visit.leave();
  });
});
