/** The example with Next.js: built, rendered on the server, and used in Chromium. Installs its dependencies. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../../tools/browsers.mjs";
import { exampleSet } from "../e2e/harness.mjs";
import { countOf, installed, npm, startServer } from "./installed.mjs";

let browser;
let folder;
let image;

before(async () => {
  folder = installed("next", { isOffline: false });
  [image] = exampleSet(1).paths;
  browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
});
after(() => browser.close());

describe("Next.js", () => {
  test("renders the element on the server, and counts in the browser while settings change", async (context) => {
    npm(folder, "run", "build");
    const next = join(folder, "node_modules", "next", "dist", "bin", "next");
    const parameters = [next, "start", "--port", "0", "--hostname", "127.0.0.1"];
    const address = await startServer(process.execPath, parameters, { cwd: folder }, context);

    const html = await (await fetch(address)).text();
    assert.match(html, /<nucleo-scope assets="\/nucleoscope\/">/);

    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.location().url.endsWith("favicon.ico")) errors.push(message.text());
    });
    await page.goto(address);
    await page.locator("#image-chooser").setInputFiles(image);
    const counts = page.getByRole("list", { name: "Counts" });
    await counts.getByText(`${countOf(image)} nuclei`).waitFor();
    await page.evaluate(() => {
      document.querySelector("nucleo-scope").settings = { minimumArea: 350 };
    });
    await counts.getByText(`${countOf(image, "--minimum-area", "350")} nuclei`).waitFor();
    assert.equal(await counts.getByRole("listitem").count(), 1);
    await page.locator("#remove").click();
    await counts.getByRole("listitem").waitFor({ state: "detached" });
    assert.deepEqual(errors, []);
    await page.close();
  });
});
