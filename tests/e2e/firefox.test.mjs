/** The page in Firefox, served and as a single file opened from a disk: the most common actions. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import puppeteer from "puppeteer-core";
import { firefox } from "../../tools/browsers.mjs";
import { dist } from "../../tools/build.mjs";
import { serve } from "../../tools/serve.mjs";
import { singleFile } from "../../tools/single-file.mjs";
import { keptFiles, scripts } from "./faults.mjs";
import { smallImage, unzip } from "./files.mjs";
import { commandLine, exampleSet, findInElement, screens, temporaryFolder } from "./harness.mjs";
import { agreement, labelsOf, readSubmission } from "./submission.mjs";

const patience = 60_000;
const downloads = temporaryFolder();
let browser;
let server;
let set;
let places;

before(async () => {
  set = exampleSet(2);
  const served = await serve(dist, 0);
  server = served.server;
  places = { served: served.address, "a single file": pathToFileURL(join(dist, singleFile)).href };
  browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: await firefox(),
    extraPrefsFirefox: { "browser.download.dir": downloads, "browser.download.folderList": 2 },
  });
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

/** A page that is ready for images, with storage of its own, and its errors. */
async function open(address, scripts = []) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  for (const script of scripts) await page.evaluateOnNewDocument(...script);
  const errors = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.setDefaultTimeout(patience);
  await page.setViewport({ width: 1280, height: 800 });
  await page.evaluateOnNewDocument(findInElement);
  await page.goto(address);
  await page.waitForFunction(() => (part("#model")?.textContent ?? "") !== "");
  return { page, errors };
}

async function finished(page, count) {
  const words = new RegExp(`^${count} images? done`).source;
  await page.waitForFunction(
    (source) => new RegExp(source).test(part("#status").textContent) && part("#cancel").hidden,
    {},
    words,
  );
}

const nucleiOf = (page) =>
  page.$eval("nucleo-scope >>> #viewer-details", (details) =>
    Number(details.textContent.match(/([\d,]+) nucle/)[1].replaceAll(",", "")),
  );

/** Presses a button and returns the bytes of the saved file. */
async function saved(page, button, name) {
  const path = join(downloads, name);
  rmSync(path, { force: true });
  await page.click(`nucleo-scope >>> ${button}`);
  const until = Date.now() + patience;
  while (Date.now() < until) {
    // Firefox writes to NAME.part, with an empty NAME beside it until the download is complete.
    const names = readdirSync(downloads);
    const bytes = names.includes(name) && !names.some((other) => other.endsWith(".part")) ? readFileSync(path) : "";
    if (bytes.length > 0) return bytes;
    await sleep(50);
  }
  assert.fail(`${name} was not saved`);
}

describe("Firefox", () => {
  for (const place of ["served", "a single file"]) {
    test(`${place}: images have the command line's nuclei, and are adjusted and exported`, async () => {
      const { page, errors } = await open(places[place]);
      await (await page.$("nucleo-scope >>> #image-chooser")).uploadFile(...set.paths);
      await finished(page, 2);

      const output = join(temporaryFolder(), "submission.csv");
      commandLine("segment", ...set.paths, "--output", output);
      const sizes = new Map(set.ids.map((id) => [id, pngSize(set, id)]));
      const csv = (await saved(page, "#download", "submission.csv")).toString();
      const [fromPage, fromCommand] = [csv, readFileSync(output, "utf8")].map((text) => readSubmission(text, sizes));
      assert.deepEqual([...fromPage.keys()], set.ids);
      for (const [id, size] of sizes) {
        const share = agreement(labelsOf(fromPage.get(id), size), labelsOf(fromCommand.get(id), size));
        assert.ok(share >= 0.999, `${id}: labels agree on ${(share * 100).toFixed(3)} % of pixels`);
      }

      const before = await nucleiOf(page);
      assert.equal(before, fromPage.get(set.ids[0]).length);
      const details = await page.$eval("nucleo-scope >>> #viewer-details", ({ textContent }) => textContent);
      await page.focus("nucleo-scope >>> #tune-minimumArea");
      await page.keyboard.press("End");
      await page.waitForFunction((text) => part("#viewer-details").textContent !== text, {}, details);
      assert.ok((await nucleiOf(page)) < before, "small ones are dropped");

      await page.click("nucleo-scope >>> #export > summary");
      await page.click("nucleo-scope >>> input[name=scope][value=selected]");
      const entries = unzip(await saved(page, "#export-save", `${set.ids[0]}.zip`));
      assert.equal(entries.size, 11, "every format");
      mkdirSync(screens, { recursive: true });
      await page.screenshot({ path: join(screens, `firefox-${place.replaceAll(" ", "-")}.png`) });
      await page.close();
      assert.deepEqual(errors, [], "the console is clean");
    });
  }
});

/** A batch of 50 files, every third of them cut off. */
function batchWithBadFiles() {
  const folder = temporaryFolder();
  return Array.from({ length: 50 }, (_, index) => {
    const { name, bytes } = smallImage(index);
    const path = join(folder, name);
    writeFileSync(path, index % 3 === 0 ? bytes.subarray(0, bytes.length / 2) : bytes);
    return path;
  });
}

const listOf = (page) =>
  page.evaluate(() =>
    Array.from(parts("[role=option]"), (row) =>
      [".name", ".state", ".count", ".reason"].map((part) => row.querySelector(part).textContent),
    ),
  );

describe("Firefox, with 50 files of which every third is corrupt, while calls of the network trap", () => {
  test("has each result and each reason once, after reloads before and after the end", async () => {
    const { page, errors } = await open(
      `${places.served}?workers=1`,
      scripts({ segmenter_infer: { how: "trap", every: 20 } }),
    );
    page.on("dialog", (dialog) => dialog.accept());
    await (await page.$("nucleo-scope >>> #image-chooser")).uploadFile(...batchWithBadFiles());
    await page.waitForFunction(() => parts('[data-state="done"]').length >= 5);
    const again = async () => {
      while ((await page.evaluate(keptFiles)) < 50) await sleep(50);
      await sleep(900);
      await page.reload();
      await page.waitForFunction(() => (part("#model")?.textContent ?? "") !== "");
      await finished(page, 33);
    };
    await again();
    const list = await listOf(page);
    assert.equal(new Set(list.map(([name]) => name)).size, 50);
    for (const [index, [name, state, , reason]] of [...list].sort().entries()) {
      assert.equal(state, index % 3 === 0 ? "Failed" : "Done", name);
      assert.equal(/\S+\. \S+/.test(reason), index % 3 === 0, `${name}: ${reason}`);
    }
    const sizes = new Map(list.map(([name]) => [name.replace(".png", ""), { width: 64, height: 64 }]));
    const csv = readSubmission((await saved(page, "#download", "submission.csv")).toString(), sizes);
    const counts = list
      .filter(([, state]) => state === "Done")
      .map(([name, , count]) => [name.replace(".png", ""), Number.parseInt(count, 10)]);
    assert.deepEqual([...csv].map(([id, nuclei]) => [id, nuclei.length]).sort(), counts.sort());
    await again();
    assert.deepEqual(await listOf(page), list);
    await page.close();
    assert.deepEqual(errors, [], "the console is clean");
  });
});

/** The width and height in a PNG file's header. */
function pngSize({ images }, id) {
  const { bytes } = images.find(({ name }) => name === `${id}.png`);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
