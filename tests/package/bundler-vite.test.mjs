/** The example with Vite and React: built, served in development, and used in Chromium. Installs its dependencies. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../../tools/browsers.mjs";
import { exampleSet } from "../e2e/harness.mjs";
import { countOf, installed, npm, serveFiles, startServer } from "./installed.mjs";

let browser;
let folder;
let image;

before(async () => {
  folder = installed("vite-react", { isOffline: false });
  [image] = exampleSet(1).paths;
  browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
});
after(() => browser.close());

async function assertCounts(address) {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(address);
  await page.getByLabel("Image").setInputFiles(image);
  const status = page.getByRole("status");
  await status.filter({ hasText: `${countOf(image)} nuclei` }).waitFor();
  await page.getByLabel("Minimum area").fill("350");
  await status.filter({ hasText: `${countOf(image, "--minimum-area", "350")} nuclei` }).waitFor();
  assert.deepEqual(errors, []);
  await page.close();
}

describe("Vite and React", () => {
  test("build a page that counts while the slider moves", async (context) => {
    npm(folder, "run", "build");
    const dist = join(folder, "dist");
    await assertCounts(await serveFiles((path) => join(dist, path === "/" ? "index.html" : path), context));
  });

  test("serve the same page in development", async (context) => {
    const vite = join(folder, "node_modules", "vite", "bin", "vite.js");
    const parameters = [vite, "--port", "0", "--host", "127.0.0.1"];
    const address = await startServer(process.execPath, parameters, { cwd: folder }, context);
    await assertCounts(address);
  });
});
