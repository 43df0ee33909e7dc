/** The example with Jupyter: the notebook in JupyterLab, in Chromium. Installs its requirements. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../../tools/browsers.mjs";
import { exampleSet } from "../e2e/harness.mjs";
import { countOf, pythonExample, startServer } from "./installed.mjs";

let browser;
let folder;
let python;
let image;

before(async () => {
  ({ folder, python } = await pythonExample("jupyter", "nucleoscope"));
  [image] = exampleSet(1).paths;
  browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
});
after(() => browser.close());

test("a notebook gets a table with a row for each nucleus that the command line counts", async (context) => {
  const parameters = ["-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--allow-root", "--port=0"];
  const options = { cwd: folder, env: { JUPYTER_CONFIG_DIR: folder, JUPYTER_RUNTIME_DIR: folder } };
  const address = new URL(await startServer(python, parameters, options, context));
  const nuclei = countOf(image);

  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  page.setDefaultTimeout(120_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  address.pathname = "/lab/tree/example.ipynb";
  await page.goto(String(address));
  await page.getByRole("heading", { name: "Nuclei in a notebook" }).waitFor();
  const run = (command) => page.evaluate((name) => globalThis.jupyterapp.commands.execute(name), command);
  await page.getByText("Python 3 (ipykernel) | Idle").waitFor();
  await run("notebook:run-all-cells");

  const element = page.locator("nucleo-scope");
  await element.locator("#image-chooser").setInputFiles(image);
  await page.waitForFunction(() => document.querySelector("nucleo-scope").results.length === 1);
  // The last cell is selected; the results arrive a moment later than in the element.
  const table = page.getByText(`${nuclei} rows × `);
  for (let tries = 0; tries < 20 && !(await table.isVisible()); tries++) {
    await page.waitForTimeout(500);
    await run("notebook:run-cell");
  }
  assert.equal(await table.isVisible(), true, await page.locator(".jp-OutputArea").last().textContent());
  assert.deepEqual(errors, []);
  await page.close();
});
