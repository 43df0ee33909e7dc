/** Groups of images compared in the panel of measurements: numbers, tests, keyboard, speed and accessibility. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { assertLight } from "./harness.mjs";
import { openPanel } from "./results/fixture.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const twoGroups = [1, 2, 3, 4].flatMap((field) => [`plate/control/c${field}_x.tif`, `plate/treated/t${field}_x.tif`]);

let fixture;

before(async () => {
  fixture = await openPanel();
});
after(() => fixture.close());

const settled = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** A session with the tab open, and images with these paths. */
async function sessionWith(paths, { rows = 60, growth = 0.02, ...options } = {}) {
  const session = await fixture.page({ ready: false, ...options });
  const { page } = session;
  await page.evaluate(
    ([all, count, step]) => {
      // As on the page, where the panel is as high as its contents.
      document.querySelector("#host").classList.add("results-section");
      show(tableOf(count, 13));
      showBatch(all, count, step);
    },
    [paths, rows, growth],
  );
  await page.getByRole("tab", { name: "Conditions" }).click();
  await settled(page);
  return session;
}

/** The rows of a table, by its caption. */
const rowsOf = (page, name) =>
  page
    .getByRole("table", { name })
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

const lastCall = (page) =>
  page.evaluate(() => globalThis.calls.filter(({ kind }) => kind === "groupsChanged").at(-1)?.value);

const openGroups = async (page) => {
  const editor = page.locator(".group-editor");
  if (!(await editor.evaluate((element) => element.open))) await editor.locator("summary").click();
};

/** Saves a picture if a folder for pictures is given. */
async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

describe("the numbers", () => {
  test("are those of the counted nuclei, and follow the gates", async () => {
    const session = await sessionWith(twoGroups);
    const { page } = session;
    const expected = (minimum) =>
      page.evaluate((least) => {
        const { values, rows } = tableOf(60, 13);
        const means = [0, 1, 2, 3, 4, 5, 6, 7].map((place) => {
          const areas = [...values.subarray(0, rows)].map((area) => area * (1 + 0.02 * place));
          const kept = areas.filter((area) => area >= least);
          return { count: kept.length, mean: kept.reduce((sum, area) => sum + area, 0) / kept.length };
        });
        const number = (value) => new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value);
        return [0, 1].map((first) => {
          const group = means.filter((_, place) => place % 2 === first);
          const mean = group.reduce((sum, image) => sum + image.mean, 0) / group.length;
          const squares = group.reduce((sum, image) => sum + (image.mean - mean) ** 2, 0);
          const nuclei = group.reduce((sum, image) => sum + image.count, 0);
          return ["4", `${nuclei}`, number(mean), number(Math.sqrt(squares / 3))];
        });
      }, minimum);
    const shown = async () =>
      (await rowsOf(page, "Area (px²) by group")).map(([, ...numbers]) => numbers.map((text) => String(Number(text))));
    const asNumbers = (rows) => rows.map((row) => row.map((text) => String(Number(text))));
    assert.deepEqual(await shown(), asNumbers(await expected(0)));
    assert.deepEqual(
      (await rowsOf(page, "Area (px²) by group")).map(([name]) => name),
      ["control", "treated"],
    );
    const labels = await page.locator(".conditions-number").allTextContents();
    assert.deepEqual(labels, ["n = 4 images", "240 nuclei", "n = 4 images", "240 nuclei"]);
    await page.evaluate((paths) => {
      panel.gates = [{ key: "area_px2", minimum: 400, maximum: null, keep: "inside" }];
      showBatch(paths, 60);
    }, twoGroups);
    const gated = await expected(400);
    assert.notEqual(gated[0][1], "240");
    assert.deepEqual(await shown(), asNumbers(gated));
    await session.leave();
  });

  test("change with the quantity: the number of nuclei has one value an image", async () => {
    const session = await sessionWith(twoGroups);
    const { page } = session;
    await page.getByLabel("Compare").selectOption({ label: "Number of nuclei" });
    const [control] = await rowsOf(page, "Number of nuclei by group");
    assert.deepEqual(control, ["control", "4", "240", "60.00", "0"]);
    await page.getByText("Groups whose images all have the same value cannot be tested.").waitFor();
    await page.getByLabel("Draw").selectOption("box");
    await settled(page);
    await page.getByText("Boxes are the median and quartiles of the images").waitFor();
    await session.leave();
  });
});

describe("the test", () => {
  test("of two groups is Welch's, with difference, interval, t, df and p", async () => {
    const session = await sessionWith(twoGroups);
    const { page } = session;
    await page.getByText("Welch's t-test of the images' values, two-sided.").waitFor();
    const [[groups, difference, interval, , , p]] = await rowsOf(page, "Differences of Area (px²)");
    assert.equal(groups, "treated − control");
    assert.ok(Number(difference) > 0);
    assert.match(interval, /^−[\d.]+ to [\d.]+$/);
    assert.ok(Number(p) > 0.05 && Number(p) < 1);
    await page.getByText("The samples are images (n), not nuclei.").waitFor();
    await session.leave();
  });

  test("of three groups names Holm, and small groups are named in plain words", async () => {
    const paths = ["a", "b", "c"].flatMap((group) => [1, 2].map((field) => `plate/${group}/${group}${field}.tif`));
    const session = await sessionWith([...paths, "plate/d/d1.tif"]);
    const { page } = session;
    await page.getByText("adjusted by Holm's method for 3 tests").waitFor();
    assert.equal((await rowsOf(page, /^Differences/)).length, 3);
    await page.getByText("The group d cannot be tested").waitFor();
    await page.getByText("With fewer than 3 images in a group (a, b, c), a p value means little").waitFor();
    await session.leave();
  });

  test("is refused without groups", async () => {
    const session = await sessionWith(["one.tif", "two.tif"]);
    await session.page.getByText("No test: at least two groups of images are needed.").waitFor();
    await session.leave();
  });
});

describe("groups", () => {
  test("come from a file name pattern, with a preview of each group", async () => {
    const session = await sessionWith(["dmso_1.tif", "dmso_2.tif", "drug_1.tif", "blank.tif"]);
    const { page } = session;
    await openGroups(page);
    await page.getByLabel("Group images by").selectOption({ label: "File name pattern" });
    assert.deepEqual(await page.locator(".group-preview li").allTextContents(), [
      "dmso 2 images: dmso_1.tif, dmso_2.tif",
      "drug 1 image: drug_1.tif",
      "No group 1 image: blank.tif",
    ]);
    await page.getByRole("textbox", { name: "Pattern" }).fill("no mark");
    await page.getByText("Write {group} once").waitFor();
    assert.ok(await page.getByRole("button", { name: "Apply to all images" }).isDisabled());
    await page.getByRole("textbox", { name: "Pattern" }).fill("{group}_*");
    await page.getByRole("textbox", { name: "Pattern" }).press("Enter");
    assert.deepEqual(await lastCall(page), { kind: "template", template: "{group}_*" });
    assert.deepEqual(
      (await rowsOf(page, /by group/)).map(([name, images]) => [name, images]),
      [
        ["dmso", "2"],
        ["drug", "1"],
        ["No group", "1"],
      ],
    );
    await page.getByLabel("Group images by").selectOption({ label: "Regular expression" });
    await page.getByRole("textbox", { name: "Pattern" }).fill("(");
    await page.locator(".group-problem:not(:empty)").waitFor();
    await page.getByRole("textbox", { name: "Pattern" }).fill("^(d)");
    await page.getByRole("button", { name: "Apply to all images" }).click();
    assert.deepEqual((await rowsOf(page, /by group/))[0].slice(0, 2), ["d", "3"]);
    await session.leave();
  });

  test("are set by hand, with the keyboard alone", async () => {
    const session = await sessionWith(["1.tif", "2.tif", "3.tif"]);
    const { page } = session;
    await openGroups(page);
    await page.getByLabel("Group images by").selectOption({ label: "By hand" });
    assert.ok(await page.getByLabel("1.tif").isChecked(), "the selected image is ticked");
    await page.getByLabel("3.tif").focus();
    await page.keyboard.press("Space");
    await page.getByLabel("Group of the ticked images").focus();
    await page.keyboard.type("control");
    await page.keyboard.press("Enter");
    assert.deepEqual(await lastCall(page), { paths: ["1.tif", "3.tif"], name: "control" });
    assert.deepEqual(await page.locator(".group-current").allTextContents(), ["control", "No group", "control"]);
    await page.keyboard.press("Enter");
    await page.getByText("Tick at least one image.").waitFor();
    await session.leave();
  });
});

describe("the plot", () => {
  test("reads the image under the pointer", async () => {
    const session = await sessionWith(twoGroups);
    const { page } = session;
    const dot = await page.locator(".conditions-image").first().boundingBox();
    await page.mouse.move(dot.x + dot.width / 2, dot.y + dot.height / 2);
    await page.getByText(/^c1_x\.tif: [\d.]+, 60 nuclei$/).waitFor();
    await session.leave();
  });

  test("of 80,000 nuclei draws a selection, says so, and causes no long task", async () => {
    const session = await sessionWith([], { rows: 10 });
    const { page } = session;
    await page.getByRole("tab", { name: "Summary" }).click();
    await page.evaluate((paths) => showBatch(paths, 10_000), twoGroups);
    const open = () =>
      page
        .getByRole("tab", { name: "Conditions" })
        .click()
        .then(() => settled(page));
    assertLight(await session.mainThreadTasks(open), "opening the tab");
    await page.getByText("12,000 of 80,000 nuclei are drawn").waitFor();
    const box = async () => {
      await page.getByLabel("Draw").selectOption("box");
      await settled(page);
    };
    assertLight(await session.mainThreadTasks(box), "box plot");
    assert.ok(await page.getByText("nuclei are drawn").isHidden());
    await session.leave();
  });
});

describe("accessibility", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      const skip = colorScheme === "dark" && onlyInChromium(reasons.media);
      test(`axe finds nothing and nothing is wider than the screen, ${colorScheme}, ${width} px`, {
        skip,
      }, async () => {
        const session = await sessionWith([...twoGroups, "plate/x.tif"], {
          rows: 300,
          colorScheme,
          viewport: { width, height: 844 },
        });
        const { page } = session;
        await page.evaluate(axe);
        const check = async (name) => {
          await settled(page);
          await picture(page, `conditions-${colorScheme}-${width}-${name}`);
          const { violations } = await page.evaluate(() => axe.run());
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
          assert.deepEqual(found, [], name);
          const sideways = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          assert.equal(sideways, 0, name);
        };
        await check("dots");
        await page.getByLabel("Draw").selectOption("box");
        await check("box");
        await openGroups(page);
        for (const way of ["Folder", "File name pattern", "Regular expression", "By hand", "No groups"]) {
          await page.getByLabel("Group images by").selectOption({ label: way });
          await check(way.replaceAll(" ", "-").toLowerCase());
        }
        await page.getByLabel("Group images by").selectOption({ label: "File name pattern" });
        await page.getByRole("textbox", { name: "Pattern" }).fill("x");
        await check("problem");
        await session.leave();
      });
    }
  }
});
