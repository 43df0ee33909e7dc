/** The example with Streamlit, in Chromium. Installs its requirements. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../../tools/browsers.mjs";
import { exampleSet } from "../e2e/harness.mjs";
import { countOf, pythonExample, startServer } from "./installed.mjs";

let browser;
let folder;
let python;
let images;

before(async () => {
  ({ folder, python } = await pythonExample("streamlit", join("workbench", "nucleoscope")));
  images = exampleSet(2).paths;
  browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
});
after(() => browser.close());

test("a page gets the counts of the images that are uploaded to it", async (context) => {
  const options = ["--server.headless=true", "--server.port=0", "--browser.gatherUsageStats=false"];
  const parameters = ["-m", "streamlit", "run", "app.py", "--server.address=localhost", ...options];
  const address = await startServer(python, parameters, { cwd: folder }, context);

  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(address);
  for (const image of images) {
    await page.locator("input[type=file]").first().setInputFiles(image);
    const metric = page.getByTestId("stMetric").filter({ hasText: basename(image) });
    await metric.getByText(`${countOf(image)} nuclei`).waitFor();
  }
  assert.equal(await page.getByTestId("stMetric").count(), 1);
  await page.frameLocator("iframe").locator("#remove").click();
  await page.getByTestId("stMetric").waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
  await page.close();
});
