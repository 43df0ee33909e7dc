/** The example with Jupyter: the notebook in JupyterLab, in Chromium. Installs its requirements. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../../tools/browsers.mjs";
import { commandLine, exampleSet } from "../e2e/harness.mjs";
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

/** Starts JupyterLab, opens a notebook and runs its cells; returns the page, and a function that runs the last again. */
async function openNotebook(context, name, errors) {
  const parameters = ["-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--allow-root", "--port=0"];
  const options = { cwd: folder, env: { JUPYTER_CONFIG_DIR: folder, JUPYTER_RUNTIME_DIR: folder } };
  const address = new URL(await startServer(python, parameters, options, context));
  address.pathname = `/lab/tree/${name}`;
  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  page.setDefaultTimeout(120_000);
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(String(address));
  await page.getByText("Python 3 (ipykernel) | Idle").waitFor();
  const run = (command) => page.evaluate((id) => globalThis.jupyterapp.commands.execute(id), command);
  await run("notebook:run-all-cells");
  return { page, runLast: () => run("notebook:run-cell") };
}

/** Runs the last cell until it shows a text: results arrive in the kernel a moment later than in the element. */
async function assertLast({ page, runLast }, text) {
  const cell = page.locator(".jp-Cell").last();
  const output = cell.locator(".jp-OutputArea");
  await cell.locator(".jp-InputArea-prompt").click();
  let shown = "";
  for (let tries = 0; tries < 40 && !shown.includes(text); tries++) {
    await page.waitForTimeout(500);
    await runLast();
    shown = (await output.textContent()) ?? "";
  }
  assert.ok(shown.includes(text), shown);
}

test("a notebook gets a table with a row for each nucleus that the command line counts", async (context) => {
  const errors = [];
  const notebook = await openNotebook(context, "example.ipynb", errors);
  const { page } = notebook;
  const element = page.locator("nucleo-scope");
  await element.locator("#image-chooser").setInputFiles(image);
  await page.waitForFunction(() => document.querySelector("nucleo-scope").results.length === 1);
  await assertLast(notebook, `${countOf(image)} rows × `);
  assert.deepEqual(errors, []);
  await page.close();
});

test("a notebook opens an image by its path; the table has the command line's measurements", async (context) => {
  copyFileSync(image, join(folder, "image.png"));
  const text = readFileSync(join(folder, "example.ipynb"), "utf8");
  const summary =
    "table = widget.table(); print(len(table), *table.columns[:4], table.sum(numeric_only=True).get('area_px2'))";
  const changed = text.replace("= Nucleoscope()", '= Nucleoscope(\\"image.png\\")').replace("widget.table()", summary);
  writeFileSync(join(folder, "path.ipynb"), changed);

  const rows = join(folder, "rows.csv");
  commandLine("segment", image, "--nuclei", rows);
  const [head, ...nuclei] = readFileSync(rows, "utf8").trimEnd().split("\n");
  const area = head.split(",").indexOf("area_px2");
  const sum = nuclei.reduce((total, row) => total + Number(row.split(",")[area]), 0);

  const errors = [];
  const notebook = await openNotebook(context, "path.ipynb", errors);
  await assertLast(notebook, `${nuclei.length} image nucleus included area_px2 ${sum}.0`);
  await notebook.page.locator("nucleo-scope #remove").click();
  await notebook.page.waitForFunction(() => document.querySelector("nucleo-scope").results.length === 0);
  await assertLast(notebook, "0 None");
  assert.deepEqual(errors, []);
  await notebook.page.close();
});
