/** The picture: drawing many nuclei, and the tools that work on it. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { serve } from "../../tools/serve.mjs";
import { root } from "../../tools/step.mjs";
import { browserName } from "./browsers/launch.mjs";
import { commandLine, exampleSet, Fixture, screens, temporaryFolder } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let fixture;
let server;
let harness;
let set;

before(async () => {
  set = exampleSet(2);
  fixture = await Fixture.open();
  const folder = temporaryFolder();
  const inHarness = (name) => join(root, "tests", "e2e", "viewer", name);
  await build({
    bundle: true,
    logLevel: "warning",
    format: "esm",
    entryPoints: [inHarness("harness.ts")],
    outfile: join(folder, "harness.js"),
  });
  cpSync(inHarness("harness.html"), join(folder, "index.html"));
  cpSync(inHarness("harness.css"), join(folder, "harness.css"));
  ({ server, address: harness } = await serve(folder, 0, { headersOf: () => ({}) }));
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await fixture.close();
});

/** Prints the processor time of the page's main thread for each of the steps of an action, in milliseconds. */
async function timed(session, name, steps, step) {
  const tasks = await session.mainThreadTasks(async () => {
    for (let index = 0; index < steps; index++) {
      await step(index);
      await session.page.waitForTimeout(40);
    }
  });
  if (tasks === null) return;
  const sum = tasks.reduce((total, { processor }) => total + processor, 0);
  const longest = Math.max(...tasks.map(({ processor }) => processor));
  console.log(`${name}: ${(sum / steps).toFixed(1)} ms a step, longest task ${longest.toFixed(1)} ms`);
}

/** The work done by an action: drawings of each canvas, and tiles. */
async function workOf({ page }, action) {
  const before = await page.evaluate(() => work());
  await action();
  await settled(page);
  const now = await page.evaluate(() => work());
  return Object.fromEntries(Object.entries(now).map(([key, value]) => [key, value - before[key]]));
}

/** Waits until no more tiles are drawn. */
async function settled(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let quiet = 0, before = ""; quiet < 12; quiet++) {
      await frame();
      const now = JSON.stringify(work());
      if (now !== before) quiet = 0;
      before = now;
    }
  });
}

describe("30,000 nuclei", () => {
  let session;
  let page;

  before(async () => {
    session = await fixture.page({ address: harness, ready: false, viewport: { width: 1000, height: 700 } });
    ({ page } = session);
    await page.evaluate(() => show(30_000, 8192));
    await settled(page);
  });
  after(() => session.leave());

  test("a hover draws the highlight alone", async () => {
    await page.mouse.move(200, 200);
    const work = await workOf(session, () =>
      timed(session, "hover", 20, (step) => page.mouse.move(200 + 23 * step, 200 + 17 * step)),
    );
    assert.equal(work.picture, 0);
    assert.equal(work.nucleusTiles, 0);
    assert.ok(work.marks > 0);
  });

  test("a selection of a few or of many nuclei leaves the picture alone", async () => {
    for (const size of [3, 10_000]) {
      const work = await workOf(session, () =>
        page.evaluate((count) => mark({ selected: new Set(Array.from({ length: count }, (_, n) => n + 1)) }), size),
      );
      assert.equal(work.picture, 0);
      assert.equal(work.nucleusTiles, 0);
    }
    const hover = await workOf(session, () => page.mouse.move(300, 300));
    assert.equal(hover.picture, 0);
    await page.evaluate(() => mark({}));
  });

  test("a move draws only the tiles that come into view", async () => {
    await page.mouse.move(500, 350);
    for (const [name, wheel] of [
      ["whole image", 0],
      ["half size", -950],
      ["full size", -350],
      ["four times", -700],
    ]) {
      await page.mouse.wheel(0, wheel);
      await settled(page);
      await page.mouse.down();
      const work = await workOf(session, () =>
        timed(session, `move, ${name}`, 25, (step) => page.mouse.move(500 + 6 * step, 350 + 4 * step)),
      );
      await page.mouse.up();
      assert.ok(work.nucleusTiles <= 16, `${work.nucleusTiles} tiles`);
      const back = await workOf(session, async () => {
        await page.mouse.move(644, 446);
        await page.mouse.down();
        await page.mouse.move(500, 350, { steps: 3 });
        await page.mouse.up();
      });
      assert.ok(back.nucleusTiles <= 4, `${back.nucleusTiles} tiles on the way back`);
    }
  });

  test("while it zooms, the tiles are scaled; then they are drawn again", async () => {
    await page.evaluate(() => {
      canvas.viewport.fit();
      canvas.redraw();
    });
    await settled(page);
    await page.mouse.move(500, 350);
    const work = await workOf(session, () =>
      timed(session, "zoom", 24, (step) => page.mouse.wheel(0, step < 12 ? -60 : 60)),
    );
    await timed(session, "zoom, then all tiles", 2, async (step) => {
      await page.mouse.wheel(0, step === 0 ? -60 : 60);
      await settled(page);
    });
    // A screen of 1,000 x 700 pixels has 20 tiles; without a pause, they are drawn once.
    assert.ok(work.nucleusTiles <= 3 * 20, `${work.nucleusTiles} tiles`);
  });
});

/** A page with one image, segmented and measured. */
async function opened(options) {
  const session = await fixture.page(options);
  await session.page.evaluate(() => {
    globalThis.selections = [];
    document
      .querySelector("nucleo-scope")
      .addEventListener("selection", ({ detail }) => selections.push(detail.labels.length));
  });
  await session.drop(set.images.slice(0, 1));
  await session.finished();
  await session.counted();
  const box = await session.page.locator("#surface").boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  return { session, page: session.page, at };
}

async function drag(page, from, to, options) {
  await page.mouse.move(...from);
  await page.mouse.down(options);
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up(options);
}

const total = async (page) =>
  Number((await page.locator("#viewer-details").textContent()).match(/([\d,]+) nucle/)[1].replaceAll(",", ""));

const tool = (page) => page.evaluate(() => part("#tools input:checked").value);

/** The bounds of what is drawn on the upper canvas, in pixels of the canvas. */
const marked = (page) =>
  page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const { width, height } = part("#marks");
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    context.drawImage(part("#marks"), 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const bounds = { left: Infinity, right: -Infinity };
    for (let index = 3; index < data.length; index += 4) {
      if (data[index] < 128) continue;
      const x = ((index - 3) / 4) % width;
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x);
    }
    return bounds.right - bounds.left;
  });

async function noViolations(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0].target}`),
    [],
  );
}

describe("the tools", () => {
  test("space and the middle button move the picture under any tool", async () => {
    const { session, page, at } = await opened({ bypassCSP: true });
    await page.keyboard.press("v");
    await page.locator("#zoom-actual").click();
    await page.getByRole("radio", { name: "Erase", exact: true }).check();
    const picture = () => page.locator("#canvas").screenshot();
    let before = await picture();
    const moved = async (name) => {
      await page.mouse.move(...at(0.01, 0.99));
      const now = await picture();
      assert.notDeepEqual(now, before, name);
      before = now;
    };
    await page.keyboard.down(" ");
    await drag(page, at(0.5, 0.5), at(0.6, 0.6));
    await page.keyboard.up(" ");
    await moved("space");
    await drag(page, at(0.5, 0.5), at(0.6, 0.6), { button: "middle" });
    await moved("middle button");
    assert.equal(await page.locator("#edit-undo").isDisabled(), true, "nothing was erased");
    await session.leave();
  });

  test("a ring shows the brush, whose width follows keys and the wheel", async () => {
    const { session, page, at } = await opened();
    await page.locator("#brush").fill("60");
    await page.locator("#surface").focus();
    await page.keyboard.press("b");
    assert.equal(await tool(page), "draw");
    await page.mouse.move(...at(0.5, 0.5));
    const small = await marked(page);
    for (let step = 0; step < 6; step++) await page.keyboard.press(".");
    const width = Number(await page.locator("#brush").inputValue());
    assert.ok(width > 90, `${width} px`);
    const large = await marked(page);
    assert.ok(Math.abs(large / small - width / 60) < 0.1, `from ${small} to ${large} pixels`);
    await page.keyboard.down("Alt");
    await page.mouse.wheel(0, 100);
    await page.keyboard.up("Alt");
    assert.ok(Number(await page.locator("#brush").inputValue()) < width);
    await session.picture("brush");
    await session.leave();
  });

  test("a drag with Shift selects the nuclei in a box; with a click, one more", async () => {
    const { session, page, at } = await opened();
    await page.keyboard.down("Shift");
    await drag(page, at(0.001, 0.001), at(0.999, 0.999));
    await page.keyboard.up("Shift");
    const all = await total(page);
    assert.equal(await page.evaluate(() => selections.at(-1)), all);
    await session.picture("box");
    await page.locator("#surface").focus();
    await page.keyboard.press("Escape");
    await page.keyboard.down("Shift");
    await drag(page, at(0.001, 0.001), at(0.5, 0.5));
    await page.keyboard.up("Shift");
    const some = await page.evaluate(() => selections.at(-1));
    assert.ok(some > 0 && some < all, `${some} of ${all}`);
    await session.leave();
  });

  test("regions have names, areas and numbers of nuclei, and every change can be undone", async () => {
    const { session, page, at } = await opened({ bypassCSP: true });
    await page.locator("#surface").focus();
    await page.keyboard.press("r");
    const items = page.locator("#region-list li");
    await drag(page, at(0.35, 0.2), at(0.45, 0.8));
    await drag(page, at(0.5, 0.2), at(0.7, 0.8));
    await session.counted();
    assert.equal(await items.count(), 2);
    assert.match(await items.nth(1).textContent(), /^Remove[\d,]+ px² · \d+ nucle/);
    await page.locator("#pixel-size").fill("0.5");
    await page.locator("#pixel-size").press("Enter");
    await page.waitForFunction(() => /mm² · \d/.test(part("#region-list").textContent));
    await page.getByRole("textbox", { name: "Name of region 2" }).fill("Tumour");
    await page.getByRole("textbox", { name: "Name of region 2" }).press("Enter");
    await page.getByRole("button", { name: "Remove Tumour" }).waitFor();
    await session.counted();
    const record = await page.evaluate(async () => {
      const [file] = await document.querySelector("nucleo-scope").export(["record"]);
      return JSON.parse(await file.blob.text());
    });
    assert.equal(record.images[0].regions.length, 2, "files have the regions, without names");
    await noViolations(page, "regions");
    await session.picture("regions");
    await page.getByRole("button", { name: "Remove region 1" }).click();
    assert.equal(await items.count(), 1);
    await page.getByRole("button", { name: "Clear regions" }).click();
    assert.equal(await items.count(), 0);
    await page.locator("#surface").focus();
    const undone = [1, 2, 2, 1, 0];
    for (const count of undone) {
      await page.keyboard.press("Control+z");
      assert.equal(await items.count(), count);
    }
    assert.equal(await page.locator("#edit-undo").isDisabled(), true);
    for (const count of [1, 2, 2, 1, 0]) {
      await page.keyboard.press("Control+y");
      assert.equal(await items.count(), count);
    }
    await session.leave();
  });

  test("a nucleus that is selected out of view is moved into view, with the picture", async () => {
    const { session, page } = await opened();
    await page.locator("#surface").focus();
    for (let step = 0; step < 12; step++) await page.keyboard.press("+");
    const picture = () => page.locator("#canvas").screenshot();
    const before = await picture();
    await page.keyboard.press("[");
    assert.notDeepEqual(await picture(), before);
    await session.leave();
  });

  test("keys choose the tools, except while text is typed", async () => {
    const { session, page } = await opened();
    await page.locator("#surface").focus();
    for (const [key, name] of Object.entries({
      s: "split",
      b: "draw",
      e: "erase",
      a: "add",
      R: "rectangle",
      f: "polygon",
      v: "select",
    })) {
      await page.keyboard.press(key);
      assert.equal(await tool(page), name);
    }
    await page.keyboard.press("o");
    assert.equal(await page.locator("#show-outlines").isChecked(), false);
    await page.keyboard.press("Control+e");
    await page.getByRole("searchbox", { name: "Search images" }).pressSequentially("sba?");
    assert.equal(await tool(page), "select");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await session.leave();
  });

  test("the sheet of keys opens with ? and a button, and the focus returns", async () => {
    const { session, page } = await opened({ bypassCSP: true });
    await page.locator("#surface").focus();
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await sheet.waitFor();
    await noViolations(page, "keys");
    await session.picture("keys");
    await page.keyboard.press("s");
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => shadow().activeElement.id), "surface");
    assert.equal(await tool(page), "select");
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await page.getByRole("button", { name: "Close" }).click();
    assert.equal(await page.evaluate(() => shadow().activeElement.id), "show-keys");
    await session.leave();
  });
});

test("900 nuclei on the page: a hover, or a wheel in the table, leaves the picture alone", async () => {
  const folder = join(temporaryFolder(), "crowd");
  commandLine("example", folder, "--count", "1", "--side", "1024", "--nuclei", "900");
  const id = readdirSync(join(folder, "stage1_test"))[0];
  const bytes = readFileSync(join(folder, "stage1_test", id, "images", `${id}.png`));
  const session = await fixture.page({
    prepare: (page) =>
      page.addInitScript(() => {
        globalThis.pictures = 0;
        const { clearRect } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.clearRect = function (...bounds) {
          if (this.canvas.id === "canvas") globalThis.pictures++;
          return clearRect.apply(this, bounds);
        };
      }),
  });
  const { page } = session;
  await session.drop([{ name: "crowd.png", bytes }]);
  await session.finished();
  await session.counted();
  await page.waitForTimeout(1000);
  await page.locator(".table-grid").evaluate((element) => element.scrollIntoView({ block: "end" }));
  const picture = await page.locator("#canvas").boundingBox();
  const grid = await page.locator(".table-grid").boundingBox();
  const before = await page.evaluate(() => pictures);
  assert.ok(before > 0);
  await timed(session, "hover, on the page", 10, (step) =>
    page.mouse.move(picture.x + picture.width * (0.3 + 0.04 * step), picture.y + picture.height / 2 + 7 * step),
  );
  await page.mouse.move(grid.x + grid.width / 2, grid.y + grid.height - 20);
  await timed(session, "wheel in the table", 30, () => page.mouse.wheel(0, 120));
  assert.ok((await page.locator(".table-grid").evaluate(({ scrollTop }) => scrollTop)) > 1000);
  assert.equal(await page.evaluate(() => pictures), before);
  await session.leave();
});

describe("copying", () => {
  const permissions = ["clipboard-read", "clipboard-write"];

  test("copies the selected nucleus, or all that are shown, with headings", async () => {
    const { session, page } = await opened({ permissions });
    const pasted = () => page.evaluate(() => navigator.clipboard.readText());
    const all = await total(page);
    const grid = page.getByRole("grid", { name: "Measurements of the nuclei" });
    await page.getByRole("button", { name: "Copy table" }).click();
    await page.getByText(`${all} nuclei copied`).waitFor();
    const lines = (await pasted()).trimEnd().split("\n");
    assert.equal(lines.length, all + 1);
    assert.match(lines[0], /^Nucleus\tArea \(px²\)\t/);
    await grid.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+c");
    await page.getByText("1 nucleus copied").waitFor();
    const [headings, row, ...others] = (await pasted()).trimEnd().split("\n");
    assert.equal(headings, lines[0]);
    assert.equal(row, lines[Number(row.split("\t")[0])]);
    assert.deepEqual(others, []);
    await session.leave();
  });

  test("a chart is copied and saved as it looks", async () => {
    const { session, page } = await opened({ permissions });
    for (const name of ["Histogram", "Scatter plot"]) {
      await page.getByRole("tab", { name }).click();
      const panel = page.getByRole("tabpanel", { name });
      const saved = async (button) => {
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          panel.getByRole("button", { name: button }).click(),
        ]);
        return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
      };
      const svg = await saved("Save SVG");
      assert.match(svg.name, /^(histogram|scatter) area_px2.*\.svg$/);
      const text = svg.bytes.toString();
      assert.match(text, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      assert.match(text, />Area \(px²\)</);
      for (const series of ["Counted", "Left out", "Brushed", "Selected nucleus"]) {
        assert.match(text, new RegExp(`<text [^>]*>${series}</text>`));
      }
      const png = await saved("Save PNG");
      assert.deepEqual([...png.bytes.subarray(1, 4)], [...Buffer.from("PNG")]);
      mkdirSync(screens, { recursive: true });
      writeFileSync(join(screens, `chart-${name}.png`), png.bytes);
      await panel.getByRole("button", { name: "Copy chart" }).click();
      await panel.getByText("Copied", { exact: true }).waitFor();
      // Firefox has no pictures in its clipboard without a screen.
      if (browserName !== "chromium") continue;
      assert.deepEqual(
        await page.evaluate(async () => (await navigator.clipboard.read()).flatMap(({ types }) => types)),
        ["image/png"],
      );
    }
    await session.picture("chart-buttons");
    await session.leave();
  });
});
