/** The panel of measurements by itself: fast with 20,000 nuclei, and accessible. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { assertLight } from "./harness.mjs";
import { openPanel } from "./results/fixture.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const many = { rows: 20_000, columns: 40 };

let fixture;

before(async () => {
  fixture = await openPanel();
});
after(() => fixture.close());

/** A session with a table shown. */
async function sessionWith({ rows = 200, columns = 13 } = {}, options = {}) {
  const session = await fixture.page({ ready: false, ...options });
  await session.page.evaluate(
    ([rowCount, columnCount]) => {
      globalThis.table = tableOf(rowCount, columnCount);
      show(table);
    },
    [rows, columns],
  );
  await settled(session.page);
  return session;
}

const settled = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

const grid = (page) => page.getByRole("grid", { name: "Measurements of the nuclei" });
const tab = (page, name) => page.getByRole("tab", { name });
const calls = (page, kind) =>
  page.evaluate((kindAsked) => globalThis.calls.filter((event) => event.kind === kindAsked).at(-1)?.value, kind);

/** The texts of the visible cells, row by row, in their order. */
const cells = (page) =>
  page.$$eval(".table-body .table-row", (rows) =>
    rows
      .sort((left, right) => left.ariaRowIndex - right.ariaRowIndex)
      .map((row) => [...row.children].map((cell) => cell.textContent)),
  );

/** The text of the cell at the keyboard's position, and its row's number. */
const place = async (page) => {
  await settled(page);
  return page.evaluate(() => {
    const cell = document.getElementById(document.querySelector("[role=grid]").getAttribute("aria-activedescendant"));
    return { text: cell.textContent, row: Number(cell.parentElement.ariaRowIndex), column: Number(cell.ariaColIndex) };
  });
};

describe("20,000 nuclei with 40 measurements", () => {
  test("are shown, sorted and scrolled without a long task", async () => {
    const session = await sessionWith(many);
    const { page } = session;
    const work = {
      show: () => page.evaluate(() => show(table)),
      sort: () => page.getByRole("columnheader", { name: "Area" }).click(),
      filter: async () => {
        const all = await grid(page).getAttribute("aria-rowcount");
        await page.getByLabel("Filter Circularity").fill("> 0.9");
        await page.waitForFunction((count) => document.querySelector("[role=grid]").ariaRowCount !== count, all);
      },
      histogram: async () => {
        await tab(page, "Histogram").click();
        await settled(page);
      },
      scatter: async () => {
        await tab(page, "Scatter").click();
        await settled(page);
      },
      summary: () => tab(page, "Summary").click(),
    };
    for (const [name, action] of Object.entries(work)) {
      assertLight(await session.mainThreadTasks(action), name);
      const rows = await page.locator(".table-row").count();
      assert.ok(rows < 60, `${name}: ${rows} rows`);
    }
    await session.leave();
  });

  test("scroll by reusing the visible rows, with every column shown", {
    skip: onlyInChromium(reasons.metrics),
  }, async () => {
    const session = await sessionWith(many);
    const { page } = session;
    await page.locator(".column-chooser-title").click();
    for (const box of await page.locator(".column-choice input").all()) await box.check();
    await page.keyboard.press("Escape");
    await settled(page);
    const scroll = async (pixels) => {
      const scroller = document.querySelector("[role=grid]");
      const body = scroller.querySelector(".table-body");
      const changes = new MutationObserver(() => undefined);
      changes.observe(body, { childList: true, characterData: true, subtree: true });
      const written = [];
      for (let step = 1; step <= 60; step++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        changes.takeRecords();
        scroller.scrollTop = step * pixels;
        scroller.dispatchEvent(new Event("scroll"));
        written.push(changes.takeRecords().length);
      }
      changes.disconnect();
      scroller.scrollTop = 0;
      const rows = body.querySelectorAll(".table-row").length;
      return { rows, most: Math.max(...written), all: written.reduce((sum, count) => sum + count, 0) };
    };
    const rowHeight = (await page.locator(".table-body .table-row").first().boundingBox()).height;
    // A wheel scrolls by about 100 pixels per frame; dragging the scroll bar shows new rows in every frame.
    for (const pixels of [100, 700]) {
      const before = await session.metrics();
      const { rows, most, all } = await page.evaluate(scroll, pixels);
      const after = await session.metrics();
      const layouts = after.LayoutCount - before.LayoutCount;
      console.log(
        `${pixels} px a frame, 40 columns: ${all} cells written in 60 frames, at most ${most} in one, ${layouts} layouts`,
      );
      assert.ok(rows < 60, `${rows} rows`);
      const newRows = Math.min(rows, Math.ceil(pixels / rowHeight) + 1) + 1;
      assert.ok(all > 0 && most <= newRows * many.columns, `${most} cells in a frame for ${newRows} new rows`);
      // One for each frame, and some for the rest of the page.
      assert.ok(layouts >= 30 && layouts <= 150, `${layouts} layouts in 60 frames`);
    }
    await settled(page);
    assert.ok((await page.locator(".table-body .table-row").count()) < 60);
    await session.leave();
  });
});

describe("the table", () => {
  test("works with the keyboard alone", async () => {
    const session = await sessionWith({ rows: 1000 });
    const { page } = session;
    await grid(page).focus();
    assert.deepEqual(await place(page), { text: "1", row: 3, column: 1 });
    await page.keyboard.press("ArrowDown");
    assert.deepEqual(await place(page), { text: "2", row: 4, column: 1 });
    await page.keyboard.press("End");
    assert.equal((await place(page)).column, 8);
    await page.keyboard.press("Home");
    await page.keyboard.press("PageDown");
    assert.ok((await place(page)).row > 8);
    await page.keyboard.press("Control+End");
    assert.deepEqual(await place(page), { text: (await cells(page)).at(-1).at(-1), row: 1002, column: 8 });
    await page.keyboard.press("Enter");
    assert.equal(await calls(page, "selected"), 1000);
    assert.equal(await page.locator('[role=row][aria-selected="true"] [role=rowheader]').textContent(), "1,000");
    await page.keyboard.press("Escape");
    assert.equal(await calls(page, "selected"), null);
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await place(page), { text: "Area (px²)", row: 1, column: 2 });
    await page.keyboard.press("Enter");
    assert.equal(await page.getByRole("columnheader", { name: "Area" }).getAttribute("aria-sort"), "ascending");
    const areas = async () => (await cells(page)).map(([, area]) => Number(area.replace(",", "")));
    assert.deepEqual(
      await areas(),
      (await areas()).toSorted((left, right) => left - right),
    );
    await page.keyboard.press("Enter");
    assert.equal(await page.getByRole("columnheader", { name: "Area" }).getAttribute("aria-sort"), "descending");
    assert.deepEqual(
      await areas(),
      (await areas()).toSorted((left, right) => right - left),
    );
    await session.leave();
  });

  test("keeps the keyboard's row visible below the headings", async () => {
    const session = await sessionWith({ rows: 1000 });
    const { page } = session;
    await grid(page).focus();
    await page.keyboard.press("Control+End");
    for (let step = 0; step < 30; step++) await page.keyboard.press("ArrowUp");
    await settled(page);
    const [cell, head] = await page.evaluate(() =>
      [".is-place", ".table-head"].map((selector) => document.querySelector(selector).getBoundingClientRect()),
    );
    assert.ok(cell.top >= head.bottom - 1, `${cell.top} is under the headings, which end at ${head.bottom}`);
    await session.leave();
  });

  test("filters by what is typed under a heading", async () => {
    const session = await sessionWith({ rows: 1000 });
    const { page } = session;
    const shown = async () => Number(await grid(page).getAttribute("aria-rowcount")) - 2;
    const expected = await page.evaluate(() => table.values.subarray(0, 1000).filter((area) => area > 500).length);
    await page.getByLabel("Filter Area").fill("> 500");
    await page.waitForFunction(() => document.querySelector("[role=grid]").ariaRowCount !== "1002");
    assert.equal(await shown(), expected);
    await page.getByLabel("Filter Area").fill("about 500");
    await page.locator('[aria-invalid="true"]').waitFor();
    assert.equal(await shown(), 1000);
    await page.getByRole("button", { name: "Clear filters" }).click();
    assert.equal(await page.locator('[aria-invalid="true"]').count(), 0);
    await session.leave();
  });

  test("scrolls to a nucleus that is selected elsewhere, and reports if it is hidden", async () => {
    const session = await sessionWith({ rows: 1000 });
    const { page } = session;
    await page.evaluate(() => panel.select(700));
    await page.locator('[role=row][aria-selected="true"]').waitFor();
    assert.equal(await page.locator('[role=row][aria-selected="true"] [role=rowheader]').textContent(), "700");
    assert.equal(await calls(page, "selected"), undefined, "a selection by the program triggers no callback");
    await page.getByLabel("Filter Nucleus").fill("< 10");
    await page.getByText("nucleus 700 is hidden").waitFor();
    await session.leave();
  });

  test("shows the nucleus that was selected while another tab was open", async () => {
    const session = await sessionWith({ rows: 1000 });
    const { page } = session;
    await tab(page, "Histogram").click();
    await page.evaluate(() => panel.select(700));
    await tab(page, "Table").click();
    const row = page.locator('[role=row][aria-selected="true"]');
    await row.waitFor();
    assert.equal(await row.getByRole("rowheader").textContent(), "700");
    await session.leave();
  });

  test("reports the nucleus under the pointer", async () => {
    const session = await sessionWith();
    const { page } = session;
    await page.getByRole("rowheader", { name: "3", exact: true }).hover();
    assert.equal(await calls(page, "hovered"), 3);
    await page.mouse.move(1, 1);
    assert.equal(await calls(page, "hovered"), null);
    await session.leave();
  });
});

describe("the charts", () => {
  /** Drags across a part of the visible chart, given in fractions of its size. */
  async function drag(page, from, to) {
    const box = await page.locator(".chart:visible .overlay").boundingBox();
    const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    await page.mouse.move(...at(from));
    await page.mouse.down();
    await page.mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]));
    await page.mouse.move(...at(to));
    await page.mouse.up();
    await settled(page);
  }

  /** Labels whose value of a column is in a range, ends included. */
  const within = (page, key, minimum, maximum) =>
    page.evaluate(
      ([wanted, low, high]) => {
        const column = table.columns.findIndex((candidate) => candidate.key === wanted);
        const values = table.values.subarray(column * table.rows, (column + 1) * table.rows);
        return [...values.keys()].filter((row) => values[row] >= low && values[row] <= high).map((row) => row + 1);
      },
      [key, minimum, maximum],
    );

  const field = (page, name, end) => page.getByRole("group", { name }).getByLabel(end);

  test("mark nuclei with a drag across the histogram, and the table follows", async () => {
    const session = await sessionWith();
    const { page } = session;
    await tab(page, "Histogram").click();
    await settled(page);
    await drag(page, [0.2, 0.5], [0.6, 0.5]);
    const ends = [];
    for (const end of ["from", "to"]) ends.push(Number(await field(page, "Range of Area (px²)", end).inputValue()));
    const labels = await calls(page, "brushed");
    assert.ok(labels.length > 0 && labels.length < 200);
    assert.deepEqual(labels, await within(page, "area_px2", ...ends));
    await tab(page, "Table").click();
    await page.getByLabel("Brushed nuclei only").check();
    assert.equal(Number(await grid(page).getAttribute("aria-rowcount")) - 2, labels.length);
    await session.leave();
  });

  test("mark nuclei with typed ranges, and make gates of them", async () => {
    const session = await sessionWith();
    const { page } = session;
    await tab(page, "Histogram").focus();
    await tab(page, "Table").focus();
    await page.keyboard.press("ArrowRight");
    await field(page, "Range of Area (px²)", "from").fill("300");
    await page.keyboard.press("Enter");
    assert.deepEqual(await calls(page, "brushed"), await within(page, "area_px2", 300, Number.MAX_VALUE));
    await page.getByRole("button", { name: "Keep only this range" }).press("Enter");
    const gate = { key: "area_px2", minimum: 300, maximum: null, keep: "inside" };
    assert.deepEqual(await calls(page, "gatesChanged"), [gate]);
    assert.deepEqual(await page.evaluate(() => panel.gates), [gate]);
    const kept = (await within(page, "area_px2", 300, Number.MAX_VALUE)).length;
    await page.getByText(`field-1.tif: ${kept} of 200 nuclei counted`).waitFor();
    await tab(page, "Table").click();
    await page.getByLabel("Hide nuclei that do not count").check();
    assert.equal(Number(await grid(page).getAttribute("aria-rowcount")) - 2, kept);
    await tab(page, "Summary").click();
    await page.getByText(`${(kept / (2048 * 2048 * 0.25e-6)).toPrecision(4)} per mm²`).waitFor();
    await page.getByRole("button", { name: "Remove gate: Area (px²): 300 or more" }).click();
    assert.deepEqual(await calls(page, "gatesChanged"), []);
    await session.leave();
  });

  test("mark nuclei with a rectangle in the scatter plot; a click selects one", async () => {
    const session = await sessionWith();
    const { page } = session;
    await tab(page, "Scatter").click();
    await settled(page);
    await drag(page, [0.1, 0.1], [0.7, 0.6]);
    const across = [];
    for (const end of ["from", "to"]) across.push(Number(await field(page, "Range of Area (px²)", end).inputValue()));
    const up = [];
    for (const end of ["from", "to"]) up.push(Number(await field(page, "Range of Circularity", end).inputValue()));
    const inBoth = new Set(await within(page, "circularity", ...up));
    const labels = await calls(page, "brushed");
    assert.ok(labels.length > 0 && labels.length < 200);
    assert.deepEqual(
      labels,
      (await within(page, "area_px2", ...across)).filter((label) => inBoth.has(label)),
    );
    await page.evaluate(() => panel.hover(5));
    const ring = await page.locator(".chart-ring-hovered").boundingBox();
    await page.mouse.click(ring.x + ring.width / 2, ring.y + ring.height / 2);
    const selected = await calls(page, "selected");
    assert.ok(Number.isInteger(selected));
    await session.leave();
  });

  test("stay fast while 20,000 nuclei are brushed", async () => {
    const session = await sessionWith(many);
    const { page } = session;
    await tab(page, "Scatter").click();
    await settled(page);
    const tasks = await session.mainThreadTasks(() => drag(page, [0.05, 0.05], [0.9, 0.9]));
    assertLight(tasks, "brushing");
    await session.leave();
  });
});

describe("accessibility", () => {
  for (const colorScheme of ["light", "dark"]) {
    const skip = colorScheme === "dark" && onlyInChromium(reasons.media);
    test(`axe finds nothing in any tab, ${colorScheme}`, { skip }, async () => {
      const session = await sessionWith({ rows: 200 }, { colorScheme });
      const { page } = session;
      await page.evaluate(() => {
        panel.gates = [
          { key: "area_px2", minimum: 200, maximum: null, keep: "inside" },
          { key: "circularity", minimum: 0.5, maximum: 0.6, keep: "outside" },
        ];
        panel.select(3);
      });
      await page.evaluate(axe);
      for (const name of ["Table", "Histogram", "Scatter", "Summary"]) {
        await tab(page, name).click();
        await settled(page);
        const { violations } = await page.evaluate(() => axe.run());
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
        assert.deepEqual(found, [], name);
      }
      await session.leave();
    });
  }

  for (const [name, options] of [
    ["phone", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
    ["400 % zoom", { viewport: { width: 320, height: 256 } }],
  ]) {
    test(`nothing is wider than the screen, ${name}`, async () => {
      const session = await sessionWith({ rows: 200 }, options);
      const { page } = session;
      for (const panelName of ["Table", "Histogram", "Scatter", "Summary"]) {
        await tab(page, panelName).click();
        await settled(page);
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.equal(sideways, 0, panelName);
      }
      await session.leave();
    });
  }

  test("a message is shown when there is nothing to measure", async () => {
    const session = await sessionWith();
    const { page } = session;
    await page.evaluate(() => show(null));
    await page.getByText("once an image has been segmented").waitFor();
    await page.evaluate(() => show(tableOf(0, 13)));
    await page.getByText("No nuclei were found in this image").waitFor();
    await page.evaluate(() => show(tableOf(1, 13)));
    for (const name of ["Histogram", "Scatter", "Summary", "Table"]) {
      await tab(page, name).click();
      await settled(page);
    }
    assert.equal((await cells(page)).length, 1);
    await session.leave();
  });
});
