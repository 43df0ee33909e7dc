/** The package in a page of somebody else, in Chromium. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../../tools/browsers.mjs";
import { dist as www } from "../../tools/build.mjs";
import { exampleSet, temporaryFolder } from "../e2e/harness.mjs";
import { countOf, distIn, examples, installed, serveFiles } from "./installed.mjs";

/** The strictest policy with which the engine works. */
const policy = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; connect-src 'self'",
};

let browser;
let top;
let dist;
let image;
let nuclei;

before(async () => {
  dist = distIn(installed());
  top = temporaryFolder();
  const set = exampleSet(1);
  [image] = set.paths;
  nuclei = countOf(image);
  browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
});
after(() => browser.close());

/** A new, empty folder. */
const newFolder = () => mkdtempSync(join(top, "site-"));

/** Opens an address and returns the page, with its errors. */
async function open(address) {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(address);
  return { page, errors, result: page.getByRole("status") };
}

async function assertCounts({ page, errors, result }) {
  await result.filter({ hasText: "Choose an image." }).waitFor();
  await page.getByLabel("Image").setInputFiles(image);
  await result.filter({ hasText: "nuclei" }).waitFor();
  assert.equal(await result.textContent(), `${nuclei} nuclei`);
  assert.deepEqual(errors, []);
  await page.close();
}

/** A folder with an example's files and the package's beside them. */
function site() {
  const folder = newFolder();
  cpSync(join(examples, "plain-html"), folder, { recursive: true });
  cpSync(dist, join(folder, "nucleoscope"), { recursive: true });
  return folder;
}

describe("the plain page", () => {
  test("counts as the command line does, under a strict Content-Security-Policy", async (context) => {
    const folder = site();
    const find = (path) => join(folder, path === "/" ? "index.html" : path);
    await assertCounts(await open(await serveFiles(find, context, { headers: policy })));
  });

  for (const name of ["nucleoscope_bg.wasm", "nuclei.onnx", "worker.js"]) {
    test(`names ${name} if the server sends an HTML page instead of it`, async (context) => {
      const folder = site();
      const find = (path) => (path.endsWith(name) ? undefined : join(folder, path));
      const address = await serveFiles(find, context, { fallback: join(folder, "index.html") });
      const { page, result } = await open(address);
      await result.filter({ hasText: "HTML page" }).waitFor();
      const text = await result.textContent();
      assert.ok(text.includes(`instead of ${address}nucleoscope/${name}.`), text);
      assert.ok(text.includes("set its address in the options"), text);
      await page.close();
    });
  }
});

describe("a page with the package on another server", () => {
  /** Opens the example with the address and the hashes filled in; `find` finds the package's files. */
  async function openExample(context, find) {
    const cdn = await serveFiles(find, context, { headers: { "access-control-allow-origin": "*" } });
    const hashes = JSON.parse(readFileSync(join(dist, "integrity.json"), "utf8"));
    const folder = newFolder();
    for (const name of ["index.html", "main.js"]) {
      const text = readFileSync(join(examples, "cdn", name), "utf8")
        .replaceAll("https://cdn.example/nucleoscope@0.1.0/dist/", cdn)
        .replaceAll(/INTEGRITY OF ([\w.]+)/g, (_, file) => hashes[file]);
      writeFileSync(join(folder, name), text);
    }
    return open(await serveFiles((path) => join(folder, path === "/" ? "index.html" : path), context));
  }

  test("counts; the worker's script is from the other server, too", async (context) => {
    await assertCounts(await openExample(context, (path) => join(dist, path)));
  });

  for (const name of ["index.js", "worker.js", "nuclei.onnx", "nucleoscope_bg.wasm"]) {
    test(`refuses ${name} with other contents`, async (context) => {
      const changed = join(newFolder(), name);
      writeFileSync(changed, "");
      const find = (path) => (path.endsWith(name) ? changed : join(dist, path));
      const { page, errors } = await openExample(context, find);
      const isRefused = () => errors.some((error) => error.includes("integrity") && error.includes(name));
      for (let tries = 0; tries < 100 && !isRefused(); tries++) await page.waitForTimeout(100);
      assert.ok(isRefused(), errors.join());
      assert.equal(await page.getByRole("status").textContent(), "Loading…");
      await page.close();
    });
  }
});

describe("a page with elements", () => {
  test("counts in a tile, beside a workbench that stays empty", async (context) => {
    const folder = newFolder();
    cpSync(join(examples, "element"), folder, { recursive: true });
    cpSync(dist, join(folder, "nucleoscope"), { recursive: true });
    const find = (path) => join(folder, path === "/" ? "index.html" : path);
    const { page, errors } = await open(await serveFiles(find, context));
    const counts = page.locator("#counts");
    await page.locator("#files").setInputFiles(image);
    await counts.filter({ hasText: "files: 1" }).waitFor();
    assert.equal(await counts.textContent(), `${nuclei} nuclei, files: 1`);
    assert.equal(await page.evaluate(() => document.querySelector("#workbench").results.length), 0);
    const size = await page.locator("#tile").boundingBox();
    assert.deepEqual([size.width, size.height], [320, 240]);
    assert.equal(await page.locator("#tile #small-histogram").isVisible(), true);
    assert.deepEqual(errors, []);
    await page.close();
  });
});

describe("a page with a frame", () => {
  test("counts with the workbench of another server", async (context) => {
    const workbench = await serveFiles((path) => join(www, path === "/" ? "index.html" : path), context);
    const folder = newFolder();
    cpSync(dist, join(folder, "nucleoscope"), { recursive: true });
    cpSync(join(examples, "iframe"), folder, { recursive: true });
    const script = readFileSync(join(examples, "iframe", "main.js"), "utf8");
    writeFileSync(join(folder, "main.js"), script.replace("https://nucleoscope.example/", workbench));
    const find = (path) => join(folder, path === "/" ? "index.html" : path);
    const { page, errors } = await open(await serveFiles(find, context));
    const result = page.locator("#result");
    await result.filter({ hasText: "Choose an image." }).waitFor();
    await page.getByLabel("Image", { exact: true }).setInputFiles(image);
    await result.filter({ hasText: "nuclei" }).waitFor();
    assert.equal(await result.textContent(), `${nuclei} nuclei`);
    assert.deepEqual(errors, []);
    await page.close();
  });
});
