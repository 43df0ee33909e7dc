/** The page in a frame of another origin: messages, origins, and sandboxes. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { dist, scriptOptions } from "../../tools/build.mjs";
import { headersOf } from "../../tools/hosting.mjs";
import { serve } from "../../tools/serve.mjs";
import { launch } from "./browsers/launch.mjs";
import { exampleSet } from "./harness.mjs";

const patience = 120_000;
let browser;
let page;
let workbench;
let container;
let containers;
let set;

/** A server of a page with the client, as another origin than the workbench's. */
async function serveContainer(script) {
  const server = createServer(({ url }, response) => {
    const isScript = url === "/frame.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : "<!doctype html><title>Container</title><body></body>");
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return { server, address: `http://localhost:${server.address().port}/` };
}

before(async () => {
  set = exampleSet(1);
  const entryPoints = { frame: "packages/nucleoscope/src/frame.ts" };
  const { outputFiles } = await build({ ...scriptOptions(), entryPoints, outdir: dist, format: "esm", write: false });
  const script = outputFiles.find(({ path }) => path.endsWith("frame.js")).contents;
  assert.ok(script.length < 3000, `the client has ${script.length} bytes`);
  const ancestors = ["http://localhost:*"];
  workbench = await serve(dist, 0, { headersOf: (name) => headersOf(name, { ancestors }) });
  containers = [await serveContainer(script), await serveContainer(script)];
  container = containers[0].address;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  for (const { server } of [workbench, ...(containers ?? [])]) {
    server?.closeAllConnections();
    server?.close();
  }
});

/** Opens the containing page with a frame, and waits for `ready` unless it is not to come. */
async function open({ address = container, query = "", sandbox, ready = true } = {}) {
  page = await browser.newPage();
  page.setDefaultTimeout(patience);
  await page.goto(address);
  const origin = new URL(container).origin;
  const bytes = set.images[0].bytes;
  await page.evaluate(
    async ([src, flags, base64]) => {
      const { NucleoscopeFrame } = await import("/frame.js");
      const frame = document.createElement("iframe");
      frame.width = "900";
      frame.height = "600";
      if (flags !== undefined) frame.setAttribute("sandbox", flags);
      frame.src = src;
      globalThis.client = new NucleoscopeFrame(frame, flags === undefined ? {} : { origin: "*" });
      globalThis.bytes = () => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
      document.body.append(frame);
    },
    [
      `${workbench.address}?embed=1&origin=${encodeURIComponent(origin)}${query}`,
      sandbox,
      Buffer.from(bytes).toString("base64"),
    ],
  );
  if (ready) await page.evaluate(() => client.ready);
  return page;
}

describe("a frame", () => {
  test("segments what the page sends, and answers with results, tables and files", async () => {
    await open();
    const found = await page.evaluate(async () => {
      const events = [];
      client.on("result", (result) => events.push(result));
      const buffer = bytes();
      const results = await client.segment([{ name: "field.png", content: buffer }]);
      const [measured] = await client.measurements();
      const files = await client.export(["bowl"]);
      const csv = await files.find(({ name }) => name === "submission.csv").blob.text();
      return { results, events, moved: buffer.byteLength === 0, rows: measured.table.rows, lines: csv.split("\n") };
    });
    const [{ imageId, nuclei, count }] = found.results;
    assert.equal(imageId, "field");
    assert.ok(nuclei > 5 && count === nuclei);
    assert.deepEqual(found.events, found.results);
    assert.equal(found.rows, nuclei);
    assert.equal(found.lines.filter((line) => line.startsWith("field,")).length, nuclei);
    assert.ok(found.moved, "the buffer was transferred, not copied");
    await page.close();
  });

  test("opens the image in its address, and changes settings when asked", async () => {
    await open({ query: "&mode=view" });
    const found = await page.evaluate(async () => {
      const [first] = await client.segment([{ name: "field.png", content: bytes() }]);
      const changed = new Promise((resolve) => client.on("result", resolve));
      await client.set({ settings: { minimumArea: 300 } });
      return { first, changed: await changed };
    });
    assert.ok(found.changed.nuclei < found.first.nuclei);
    const element = page.frames()[1].locator("nucleo-scope");
    assert.equal(await element.getAttribute("mode"), "view");
    await page.close();
  });

  test("an unknown method and another version are refused by name", async () => {
    await open();
    const answers = await page.evaluate(async () => {
      const frame = document.querySelector("iframe").contentWindow;
      const answered = [];
      const done = new Promise((resolve) => {
        window.addEventListener("message", ({ data }) => {
          if (data.kind === "failure" && answered.push(data.error.code) === 2) resolve();
        });
      });
      frame.postMessage({ nucleoscope: 1, kind: "request", id: 1, method: "erase", arguments: {} }, "*");
      frame.postMessage({ nucleoscope: 9, kind: "request", id: 2, method: "open", arguments: {} }, "*");
      await done;
      return answered;
    });
    assert.deepEqual(answers, ["frame/unknown-method", "frame/unsupported-version"]);
    await page.close();
  });

  test("a page of another origin gets no answer", async () => {
    await open({ address: containers[1].address, ready: false });
    const frame = page.frames()[1];
    await frame.locator("#model:not(:empty)").waitFor({ state: "attached" });
    const heard = await page.evaluate(async () => {
      let messages = 0;
      window.addEventListener("message", () => messages++);
      const request = { nucleoscope: 1, kind: "request", id: 1, method: "measurements", arguments: {} };
      document.querySelector("iframe").contentWindow.postMessage(request, "*");
      await new Promise((resolve) => setTimeout(resolve, 500));
      return messages;
    });
    assert.equal(heard, 0);
    await page.close();
  });

  test("a sandbox without allow-same-origin says what is missing", async () => {
    await open({ sandbox: "allow-scripts", ready: false });
    const failure = page.frames()[1].locator("#load-failure-words");
    await failure.filter({ hasText: "allow-same-origin" }).waitFor();
    await page.close();
  });
});
