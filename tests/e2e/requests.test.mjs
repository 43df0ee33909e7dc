/** What is requested while people work, and what the Content-Security-Policy forbids: nothing, and nothing that is used. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { dist, scriptOptions } from "../../tools/build.mjs";
import { headersOf } from "../../tools/hosting.mjs";
import { serve } from "../../tools/serve.mjs";
import { serviceWorker } from "../../tools/service-worker.mjs";
import { singleFile } from "../../tools/single-file.mjs";
import { exampleSet, exported, Fixture, temporaryFolder } from "./harness.mjs";

/** The strictest policy with which the element works. */
const elementPolicy = [
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; style-src 'self'",
  "img-src blob: data:; connect-src 'self'; require-trusted-types-for 'script'; trusted-types nucleoscope",
].join("; ");

/** Where browsers report what a policy forbids, also in workers. */
const reports = "violations";

let fixture;
let set;

before(async () => {
  set = exampleSet(2);
  fixture = await Fixture.open({ serviceWorker: true });
});
after(() => fixture.close());

/** A server that keeps the paths of all requests, and is told about violations of its policy. */
async function recording(folder, policyOf) {
  const served = await serve(folder, 0, {
    headersOf: (name) => ({
      ...headersOf(name),
      "Content-Security-Policy": `${policyOf(name)}; report-uri /${reports}`,
    }),
  });
  served.server.unref();
  const asked = [];
  served.server.on("request", ({ url }) => asked.push(new URL(url, "http://localhost").pathname.slice(1)));
  return { ...served, asked };
}

/** What a page does in an hour: files are dropped, settings moved, results exported, help opened. */
async function work(session) {
  const { page } = session;
  await session.drop(set.images);
  await session.finished(/^2 images done/);
  await session.counted();
  const details = await page.locator("#viewer-details").textContent();
  await page.locator("#tune-minimumArea").focus();
  await page.keyboard.press("End");
  await page.waitForFunction((before) => part("#viewer-details").textContent !== before, details);
  for (const tab of await page.locator("#results [role=tab]").all()) await tab.click();
  assert.equal((await exported(session)).size > 10, true);
  assert.match(await session.csv(), /^ImageId,EncodedPixels\n/);
  await page.locator("#surface").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
}

/** The addresses that a session requested, without those inside the page. */
const outside = ({ watch }) => watch.requests.filter((address) => !/^(blob|data):/.test(address));

describe("nothing is requested after the page has been loaded", () => {
  test("by the served page, in both languages", async () => {
    const { address, asked } = await recording(dist, (name) => headersOf(name)["Content-Security-Policy"]);
    const session = await fixture.page({ address });
    const { page } = session;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const own = [...asked, ""];
    for (const language of ["en", "de"]) {
      if (language === "de") {
        await page.getByRole("link", { name: "Deutsch" }).click();
        await page.waitForURL(/lang=de/);
        await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
        await page.waitForTimeout(500);
      }
      const before = [asked.length, outside(session).length];
      if (language === "en") await work(session);
      else await page.locator("#download:enabled").click();
      await page.waitForTimeout(500);
      assert.deepEqual(asked.slice(before[0]), [], "at the server");
      assert.deepEqual(outside(session).slice(before[1]), [], "in the browser");
    }
    const others = asked.filter((name) => !own.includes(name) && name !== serviceWorker);
    assert.deepEqual(others, [], "another language needs no other files");
    await session.leave();
  });

  test("by the single file, opened from a disk", async () => {
    const address = pathToFileURL(join(dist, singleFile)).href;
    const session = await fixture.page({ address });
    await work(session);
    await session.page.getByRole("link", { name: "Deutsch" }).click();
    await session.page.waitForURL(/lang=de/);
    await session.page.locator("#model:not(:empty)").waitFor({ state: "attached" });
    assert.deepEqual(new Set(outside(session)), new Set([address, `${address}?lang=de`]));
    await session.leave();
  });

  test("by the element in another page, under the strictest policy with which it works", async () => {
    const folder = temporaryFolder();
    const entryPoints = { element: "packages/nucleoscope/src/element.ts" };
    await build({ ...scriptOptions(), entryPoints, outdir: folder, format: "esm", sourcemap: false });
    for (const name of ["nucleoscope_bg.wasm", "nuclei.onnx", "worker.js"])
      cpSync(join(dist, name), join(folder, name));
    writeFileSync(join(folder, "style.css"), "nucleo-scope { display: block; height: 700px }");
    writeFileSync(
      join(folder, "index.html"),
      `<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,">
      <link rel="stylesheet" href="style.css"><script type="module" src="element.js"></script>
      <body><nucleo-scope></nucleo-scope></body></html>`,
    );
    const { address, asked } = await recording(folder, () => elementPolicy);
    const session = await fixture.page({ address });
    const before = asked.length;
    await work(session);
    assert.deepEqual(asked.slice(before), []);
    const files = ["", "style.css", "element.js", "nucleoscope_bg.wasm", "nuclei.onnx", "worker.js"];
    assert.deepEqual([...asked].sort(), files.sort(), "each file is requested once");
    assert.deepEqual(outside(session).slice(files.length), []);
    await session.leave();
  });
});

test("a violation of the policy is noticed here", async () => {
  const { address, asked } = await recording(dist, (name) => headersOf(name)["Content-Security-Policy"]);
  const session = await fixture.page({ address });
  await session.page
    .evaluate(async () => {
      await fetch("https://images.example/").catch(() => {});
      const address = URL.createObjectURL(new Blob(["fetch('https://images.example/').catch(() => {})"]));
      const policy = globalThis.trustedTypes?.createPolicy("test", { createScriptURL: (url) => url });
      new Worker(policy?.createScriptURL(address) ?? address);
    })
    .catch(() => {});
  await session.page.waitForFunction(() => globalThis.violations.length > 0);
  for (let tries = 0; tries < 50 && !asked.includes(reports); tries++) await session.page.waitForTimeout(100);
  assert.ok(asked.includes(reports), "the server is told");
  await session.context.close();
});

test("the policy of the guide for embedding is the tested one", () => {
  const guide = readFileSync(new URL("../../docs/embedding.md", import.meta.url), "utf8");
  for (const directive of elementPolicy.split("; ")) assert.ok(guide.includes(directive), directive);
});
