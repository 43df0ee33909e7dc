/** The custom element in a page of somebody else: attributes, methods, events, several at once, and no trace. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { dist, scriptOptions } from "../../tools/build.mjs";
import { launch } from "./browsers/launch.mjs";
import { exampleSet } from "./harness.mjs";

const patience = 120_000;
let browser;
let server;
let address;
let set;

/** A page that knows only the element's script, and gives each element a fixed size. */
const host = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title><link rel="icon" href="data:,">
<style>nucleo-scope { display: block; width: 900px; height: 600px }</style>
<script type="module" src="element.js"></script></head><body><main id="host"></main></body></html>`;

before(async () => {
  set = exampleSet(2);
  const entryPoints = { element: "packages/nucleoscope/src/element.ts" };
  const { outputFiles } = await build({ ...scriptOptions(), entryPoints, outdir: dist, format: "esm", write: false });
  const files = new Map([
    ["/", ["text/html", host]],
    ["/element.js", ["text/javascript", outputFiles.find(({ path }) => path.endsWith("element.js")).contents]],
    ["/nucleoscope_bg.wasm", ["application/wasm", readFileSync(join(dist, "nucleoscope_bg.wasm"))]],
    ["/nuclei.onnx", ["application/octet-stream", readFileSync(join(dist, "nuclei.onnx"))]],
    ["/worker.js", ["text/javascript", readFileSync(join(dist, "worker.js"))]],
    ["/field.png", ["image/png", set.images[0].bytes]],
  ]);
  server = createServer(({ url }, response) => {
    const [type, content] = files.get(url) ?? ["text/plain", undefined];
    response.writeHead(content === undefined ? 404 : 200, { "content-type": type }).end(content);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  address = `http://localhost:${server.address().port}/`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

/** The host page, with functions to make elements and to give them files. */
async function open() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) errors.push(message.text());
  });
  await page.goto(address);
  await page.evaluate(
    (images) => {
      globalThis.files = images.map(({ name, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        return new File([bytes], name);
      });
      /** A connected element with attributes, whose events are kept. */
      globalThis.add = (attributes = {}) => {
        const element = document.createElement("nucleo-scope");
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        element.events = [];
        for (const type of ["progress", "result", "selection", "edit", "remove", "error"]) {
          element.addEventListener(type, ({ detail }) => element.events.push({ type, detail }));
        }
        document.getElementById("host").append(element);
        return element;
      };
      globalThis.once = (element, type) =>
        new Promise((resolve) => element.addEventListener(type, ({ detail }) => resolve(detail), { once: true }));
    },
    set.images.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString("base64") })),
  );
  return { page, errors, leave: () => context.close() };
}

describe("the element", () => {
  test("segments files, and its results, measurements and events agree", async () => {
    const { page, errors, leave } = await open();
    const found = await page.evaluate(async () => {
      const element = add();
      const results = await element.segment(files);
      const measurements = element.measurements().map(({ imageId, table, included }) => ({
        imageId,
        rows: table.rows,
        included: included.reduce((sum, one) => sum + one, 0),
      }));
      const reported = element.events.filter(({ type }) => type === "result").map(({ detail }) => detail);
      const progress = element.events.filter(({ type }) => type === "progress").length;
      const exported = await element.export(["bowl", "summary"]);
      return { results, measurements, reported, progress, names: exported.map(({ name }) => name) };
    });
    assert.deepEqual(
      found.results.map(({ imageId }) => imageId),
      set.ids,
    );
    for (const { imageId, nuclei, count } of found.results) {
      assert.ok(nuclei > 5, `${nuclei} nuclei`);
      assert.equal(count, nuclei, "without gates, all nuclei count");
      assert.deepEqual(
        found.measurements.find((measured) => measured.imageId === imageId),
        { imageId, rows: nuclei, included: nuclei },
      );
      assert.ok(found.reported.some((result) => result.imageId === imageId && result.nuclei === nuclei));
    }
    assert.ok(found.progress > 2);
    assert.ok(found.names.includes("submission.csv") && found.names.includes("summary.csv"), found.names.join());
    assert.deepEqual(errors, []);
    await leave();
  });

  test("attributes and properties are the same, and change the results", async () => {
    const { page, errors, leave } = await open();
    const found = await page.evaluate(async () => {
      const element = add({ src: "field.png", diameter: "20", mode: "view" });
      const first = await once(element, "result");
      const before = [element.diameter, element.mode, element.src];
      element.settings = { minimumArea: 300 };
      let fewer = first;
      while (fewer.nuclei === first.nuclei) fewer = await once(element, "result");
      element.mode = "edit";
      element.diameter = null;
      return { first, fewer, before, attributes: element.getAttributeNames(), mode: element.getAttribute("mode") };
    });
    assert.deepEqual(found.before, [20, "view", "field.png"]);
    assert.equal(found.first.imageId, "field");
    assert.ok(found.fewer.nuclei < found.first.nuclei);
    assert.deepEqual(found.attributes.sort(), ["mode", "settings", "src"]);
    assert.equal(found.mode, "edit");
    assert.deepEqual(errors, []);
    await leave();
  });

  test("two elements on a page are independent", async () => {
    const { page, errors, leave } = await open();
    const found = await page.evaluate(async () => {
      const [one, other] = [add(), add()];
      const results = await one.segment(files.slice(0, 1));
      const empty = other.results.length;
      const more = await other.segment(files);
      return { one: results.length, empty, other: more.length, still: one.results.length };
    });
    assert.deepEqual(found, { one: 1, empty: 0, other: 2, still: 1 });
    const ids = await page.evaluate(() => [...document.querySelectorAll("[id]")].map(({ id }) => id));
    assert.deepEqual(ids, ["host"], "no ids outside the shadow roots");
    assert.deepEqual(errors, []);
    await leave();
  });

  test("a drop goes to the element under the pointer", async () => {
    const { page, leave } = await open();
    const found = await page.evaluate(async () => {
      const [one, other] = [add(), add()];
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(files[0]);
      other.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      await once(other, "result");
      return [one.results.length, other.results.length];
    });
    assert.deepEqual(found, [0, 1]);
    await leave();
  });

  test("moving it keeps everything, removing it ends its workers, and it can be added again", async () => {
    const { page, errors, leave } = await open();
    const found = await page.evaluate(async () => {
      const started = [];
      globalThis.Worker = class extends globalThis.Worker {
        constructor(...rest) {
          super(...rest);
          started.push(this);
        }
        terminate() {
          this.isTerminated = true;
          super.terminate();
        }
      };
      const element = add();
      await element.segment(files.slice(0, 1));
      const section = document.createElement("section");
      document.getElementById("host").append(section);
      section.append(element);
      await new Promise((resolve) => setTimeout(resolve));
      const moved = element.results.length;
      element.remove();
      await new Promise((resolve) => setTimeout(resolve));
      const ended = started.every(({ isTerminated }) => isTerminated);
      section.append(element);
      const again = await element.segment(files.slice(1));
      return { moved, ended, workers: started.length > 0, again: again.length };
    });
    assert.deepEqual(found, { moved: 1, ended: true, workers: true, again: 1 });
    assert.deepEqual(errors, []);
    await leave();
  });

  test("its colours and areas are styled from outside", async () => {
    const { page, errors, leave } = await open();
    const found = await page.evaluate(async () => {
      const sheet = new CSSStyleSheet();
      const parts = ["toolbar", "drop", "list", "viewer", "tools", "picture", "panel", "tabs", "footer"];
      sheet.replaceSync(`
        nucleo-scope { --accent: rgb(1, 2, 3); --panel: rgb(4, 5, 6); --radius: 3px }
        ${parts.map((part, place) => `nucleo-scope::part(${part}) { outline: ${place + 1}px solid red }`).join("\n")}`);
      document.adoptedStyleSheets = [sheet];
      const element = add();
      await element.segment(files.slice(0, 1));
      const root = element.shadowRoot;
      const widths = parts.map((part) =>
        [...root.querySelectorAll(`[part=${part}]`)].map((one) => getComputedStyle(one).outlineWidth),
      );
      const styleOf = (selector) => getComputedStyle(root.querySelector(selector));
      return {
        widths,
        accent: styleOf("#download").backgroundColor,
        panel: styleOf(".list-panel").backgroundColor,
        radius: styleOf(".list-panel").borderRadius,
      };
    });
    found.widths.forEach((widths, place) => {
      assert.ok(widths.length > 0);
      for (const width of widths) assert.equal(width, `${place + 1}px`);
    });
    assert.equal(found.accent, "rgb(1, 2, 3)");
    assert.equal(found.panel, "rgb(4, 5, 6)");
    assert.equal(found.radius, "3px");
    assert.deepEqual(errors, []);
    await leave();
  });

  test("says which images were removed, and reports their results again if that is undone", async () => {
    const { page, errors, leave } = await open();
    const found = await page.evaluate(async () => {
      const element = add();
      const [first, second] = await element.segment(files);
      const root = element.shadowRoot;
      const named = (type) => element.events.filter((event) => event.type === type);
      root.querySelector("#remove").click();
      const one = named("remove").map(({ detail }) => detail.images);
      root.querySelector("#remove-all").click();
      const all = named("remove").at(-1).detail.images;
      const left = element.results.length;
      const before = named("result").length;
      root.querySelector("#message-list button").click();
      const again = named("result")
        .slice(before)
        .map(({ detail }) => detail.imageId);
      return { ids: [first.imageId, second.imageId], one, all, left, again };
    });
    assert.deepEqual(
      found.one.flat().map(({ imageId }) => imageId),
      found.ids.slice(0, 1),
    );
    assert.deepEqual(found.all.map(({ imageId }) => imageId).sort(), [...found.ids].sort());
    assert.ok(found.all.every(({ path }) => path.endsWith(".png")));
    assert.equal(found.left, 0);
    assert.deepEqual(found.again.sort(), [...found.ids].sort());
    assert.deepEqual(errors, []);
    await leave();
  });

  test("says what failed, with its path", async () => {
    const { page, leave } = await open();
    const found = await page.evaluate(async () => {
      const element = add();
      const failed = once(element, "error");
      await element.segment([new File(["no image"], "broken.png"), files[0]]);
      const missing = add({ src: "missing.png" });
      const notFound = await once(missing, "error");
      return { failed: await failed, results: element.results.length, notFound };
    });
    assert.equal(found.failed.path, "broken.png");
    assert.ok(found.failed.code.includes("/") && found.failed.help.length > 10);
    assert.equal(found.results, 1, "the good image has its result");
    assert.match(found.notFound.message, /404/);
    await leave();
  });
});
