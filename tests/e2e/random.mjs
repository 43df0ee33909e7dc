/** A user who does anything at any time, chosen by a seed; and a check of what the page has at the end. */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { isStarted } from "../../tools/step.mjs";
import { randomNumbers, smallImage } from "./files.mjs";
import { exported, Fixture } from "./harness.mjs";
import { readSubmission } from "./submission.mjs";

/** More images than this are not added. */
const mostImages = 120;

/** Functions for the actions, in the page. */
function findWhatToPress() {
  /** Presses a button, if a user can. */
  globalThis.press = (selector) => {
    const button = globalThis.part(selector);
    if (button !== null && !button.disabled && button.getClientRects().length > 0) button.click();
  };
  /** Sets a field, as a user does; a check box changes. */
  globalThis.fill = (field, value, types = ["input", "change"]) => {
    if (field === null || field.disabled) return;
    if (field.type === "checkbox") field.checked = !field.checked;
    else field.value = String(value);
    for (const type of types) field.dispatchEvent(new Event(type, { bubbles: true }));
  };
  globalThis.pick = (list, share) => list[Math.floor(share * list.length)] ?? null;
  /** Presses one of these that a user can press. */
  globalThis.pressOne = (selector, share) => {
    const buttons = Array.from(globalThis.parts(selector));
    const isThere = (button) => !button.disabled && button.getClientRects().length > 0;
    globalThis.pick(buttons.filter(isThere), share)?.click();
  };
}

/** Presses one of several buttons. */
const pressOne = (selector) => (page, random) =>
  page.evaluate(([wanted, share]) => globalThis.pressOne(wanted, share), [selector, random()]);

const press = (selector) => (page) => page.evaluate((wanted) => globalThis.press(wanted), selector);

/** Chooses an option of a list. */
const choose = (selector) => (page, random) =>
  page.evaluate(
    ([wanted, share]) => {
      const list = part(wanted);
      globalThis.fill(list, globalThis.pick(list.options, share).value);
    },
    [selector, random()],
  );

/** Fills a field of the adjustments with one of some texts. */
const type = (selector, values) => (page, random) =>
  page.evaluate(
    ([wanted, value]) => globalThis.fill(part(wanted), value),
    [selector, values[Math.floor(random() * values.length)]],
  );

/** Presses keys in the picture. */
const keys = (choices) => async (page, random) => {
  const pressed = choices[Math.floor(random() * choices.length)];
  if (!(await page.locator("#surface").isVisible())) return;
  await page.locator("#surface").focus();
  for (const key of pressed.split(" ")) await page.keyboard.press(key);
};

/** Draws a line on the picture with a tool. */
async function draw(page, random) {
  const surface = page.locator("#surface");
  if (!(await surface.isVisible())) return;
  await surface.focus();
  await page.keyboard.press("sbearfv"[Math.floor(random() * 7)]);
  const box = await surface.boundingBox();
  const place = () => [box.x + box.width * (0.2 + 0.6 * random()), box.y + box.height * (0.2 + 0.6 * random())];
  await page.mouse.move(...place());
  await page.mouse.down();
  for (let points = 1 + Math.floor(random() * 4); points > 0; points--) await page.mouse.move(...place(), { steps: 3 });
  await page.mouse.up();
  await surface.focus();
  await page.keyboard.press("v");
}

async function drop(page, random, session) {
  const count = 1 + Math.floor(random() * 8);
  if ((await page.evaluate(() => parts("[role=option]").length)) + count > mostImages) return;
  const files = Array.from({ length: count }, () => {
    const image = smallImage(Math.floor(random() * 400), random() < 0.1 ? 160 : 64);
    const fate = random();
    if (fate < 0.1) return { ...image, bytes: image.bytes.subarray(0, 60) };
    return fate < 0.2 ? { name: `folder/${image.name}`, bytes: image.bytes } : image;
  });
  await session.drop(files);
}

/** Selects rows in the list with the mouse or keys. */
const select = (page, random) =>
  page.evaluate((share) => globalThis.pick(parts("[role=option]"), share)?.click(), random());

const slide = (page, random) =>
  page.evaluate(
    ([which, share, isFinal]) => {
      const field = globalThis.pick(parts("#tune-settings input"), which);
      if (field === null) return;
      const [from, to] = [Number(field.min), Number(field.max)];
      globalThis.fill(field, from + share * (to - from), isFinal ? ["input", "change"] : ["input"]);
    },
    [random(), random(), random() < 0.7],
  );

/** Leaves a range of a measurement out, or keeps only it. */
const gate = (page, random) =>
  page.evaluate(
    ([from, which]) => {
      parts("#results [role=tab]")[1]?.click();
      const panel = parts("#results [role=tabpanel]")[1];
      const [minimum, maximum] = panel?.querySelectorAll(".range-fields input") ?? [];
      if (minimum === undefined || panel.getClientRects().length === 0) return;
      globalThis.fill(minimum, Math.round(from * 150));
      globalThis.fill(maximum, Math.round(from * 150) + 100);
      globalThis.pick(minimum.closest(".chart-controls").querySelectorAll("button:not([disabled])"), which)?.click();
    },
    [random(), random()],
  );

/** Loads the page again, in the same or the other language; what was kept comes back. */
async function reload(page, random) {
  await page.waitForTimeout(500 * random());
  const language = ["", "?lang=de", "?lang=en", "?workers=1"][Math.floor(random() * 4)];
  await openAgain(page, language);
}

async function openAgain(page, query) {
  await page.goto(`${new URL(page.url()).origin}/${query}`);
  await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
}

/** What can happen, and how often in relation to the others. */
const actions = {
  drop: [8, drop],
  select: [10, select],
  slide: [8, slide],
  "delete a nucleus": [5, keys(["] Delete", "] ] Delete", "[ Delete", "] } m"])],
  draw: [6, draw],
  undo: [4, keys(["Control+z", "Control+z Control+z Control+z"])],
  redo: [3, keys(["Control+Shift+z", "Control+y"])],
  zoom: [4, keys(["+", "-", "0", "1", "+ + + ArrowLeft", "o", ". .", ","])],
  gate: [3, gate],
  "remove a gate": [3, press(".gate-remove")],
  "clear regions": [1, press("#regions-clear")],
  tab: [3, pressOne("#results [role=tab]")],
  sort: [3, choose("#list-order")],
  search: [2, type("#list-search", ["", "", "small", "small-00", "nothing of the kind"])],
  layout: [2, choose("#layout")],
  overlay: [2, choose("#overlay-style")],
  diameter: [1, type("#diameter", ["", "20", "8", "-3"])],
  "pixel size": [1, type("#pixel-size", ["", "0.5"])],
  cells: [1, type("#cell-expansion", ["", "0", "3"])],
  "own settings": [1, (page) => page.evaluate(() => globalThis.fill(part("#tune-own"), 0))],
  reset: [1, press("#tune-reset")],
  csv: [2, press("#download")],
  tables: [2, press("#download-tables")],
  archive: [
    1,
    (page) =>
      page.evaluate(() => {
        part("#export").open = true;
        globalThis.press("#export-save");
      }),
  ],
  cancel: [2, press("#cancel")],
  continue: [2, press("#continue")],
  "segment again": [2, press("#again")],
  "try again": [1, press("#retry-failed")],
  remove: [3, press("#remove")],
  "remove all": [0.5, press("#remove-all")],
  "press in a message": [3, pressOne("#message-list button")],
  resize: [1, (page, random) => page.setViewportSize({ width: random() < 0.3 ? 390 : 1280, height: 844 })],
  wait: [4, (page, random) => page.waitForTimeout(600 * random())],
  "press in the results": [2, pressOne("#results button")],
  reload: [0.7, reload],
};

/** The action with this number: always the same for a seed. */
function actionOf(seed, number) {
  const random = randomNumbers(seed * 1_000_003 + number);
  const all = Object.entries(actions);
  let share = random() * all.reduce((sum, [, [weight]]) => sum + weight, 0);
  for (const [name, [weight, run]] of all) {
    share -= weight;
    if (share < 0) return { name, run: (session) => run(session.page, random, session) };
  }
  throw new Error("one of the weights is not a number");
}

/** Options for the session in which {@link playRandomly} plays. */
export const randomOptions = {
  prepare: async (page) => {
    await page.addInitScript(findWhatToPress);
    page.on("dialog", (dialog) => dialog.accept());
  },
};

/** Does what the seed says for some milliseconds; returns how many actions there were. Throws with the list of them. */
export async function playRandomly(session, seed, milliseconds) {
  const done = [];
  const until = Date.now() + milliseconds;
  try {
    while (Date.now() < until) {
      const { name, run } = actionOf(seed, done.length);
      done.push(name);
      await run(session);
      assert.deepEqual(session.watch.errors, [], "the console is clean");
    }
    // The last actions may have removed everything, or chosen settings with which there are no nuclei.
    await session.page.evaluate(() => {
      globalThis.fill(part("#diameter"), "");
      part("#tune-reset").click();
    });
    await session.drop(Array.from({ length: 6 }, (_, index) => smallImage(500 + index)));
    await finish(session);
    await leaveSomeOut(session.page);
    await finish(session);
    await checkEverything(session);
  } catch (error) {
    console.log(`Seed ${seed}, ${done.length} actions: ${done.join(", ")}`);
    throw error;
  }
  return done.length;
}

/** Ends all work: continues what was cancelled, and waits until everything is segmented and counted. */
async function finish({ page }) {
  await page.setViewportSize({ width: 1280, height: 800 });
  // The kept session comes back in English.
  await page.waitForTimeout(1000);
  if ((await page.evaluate(() => document.documentElement.lang)) !== "en") await openAgain(page, "?lang=en");
  await page.evaluate(() => {
    globalThis.fill(part("#list-search"), "");
    globalThis.fill(part("#table-dialect"), "comma point");
    part("#export").open = false;
  });
  // Each step may begin work of another kind.
  let isMore = true;
  while (isMore) {
    await page.waitForFunction(
      () => {
        const states = Array.from(parts("[role=option]"), ({ dataset }) => dataset.state);
        const done = states.filter((state) => state === "done").length;
        const isQuiet = part("#cancel").hidden && !states.includes("waiting") && !states.includes("working");
        if (!isQuiet || document.querySelector("nucleo-scope").results.length !== done) return false;
        return done === 0 || !part("#download-tables").disabled;
      },
      undefined,
      { timeout: 120_000 },
    );
    isMore = await page.evaluate(() => {
      const next = ["#continue", "#again"].map(part).find((button) => !button.hidden);
      next?.click();
      return next !== undefined;
    });
  }
}

/** Leaves nuclei out by a gate, if there are any, so that not all of them count. */
async function leaveSomeOut(page) {
  const isMeasured = await page.evaluate(() => {
    const largest = [...document.querySelector("nucleo-scope").results].sort(
      (one, other) => other.nuclei - one.nuclei,
    )[0];
    if ((largest?.nuclei ?? 0) === 0) return false;
    const rows = [...parts("[role=option]")];
    rows.find((row) => row.querySelector(".name").title === largest.path)?.click();
    return true;
  });
  if (!isMeasured) return;
  await page.locator("#results [role=tab]").first().waitFor();
  // Areas from 105 to 205 pixels, with the button that leaves them out.
  const shares = [0.7, 0.5];
  await gate(page, () => shares.shift());
}

/** Compares the list, the element's results, and the exported files, from whose run lengths all counts are made again. */
async function checkEverything(session) {
  const { page } = session;
  const { rows, results } = await page.evaluate(() => ({
    rows: Array.from(parts("[role=option]"), ({ dataset }) => dataset.state),
    results: document.querySelector("nucleo-scope").results,
  }));
  assert.deepEqual(
    [...new Set(rows)].filter((state) => !["done", "failed"].includes(state)),
    [],
    "all has ended",
  );
  assert.equal(results.length, rows.filter((state) => state === "done").length, "the list and the results agree");
  assert.equal(new Set(results.map(({ imageId }) => imageId)).size, results.length, "each image once");
  assert.ok(results.length >= 6, `${results.length} results`);
  const sum = (key) => results.reduce((sofar, result) => sofar + result[key], 0);
  console.log(`${results.length} images, ${sum("count")} of ${sum("nuclei")} nuclei counted`);
  const sizes = new Map(results.map(({ imageId, width, height }) => [imageId, { width, height }]));
  const files = await exported(session, ["bowl", "summary", "measurements"]);
  const csv = readSubmission(files.get("submission.csv").toString(), sizes);
  const summary = table(files.get("summary.csv").toString());
  const nuclei = table(files.get("nuclei.csv").toString());
  for (const { imageId, nuclei: found, count } of results) {
    assert.equal(csv.get(imageId)?.length, count, `${imageId}: nuclei in the CSV`);
    const row = summary.find(({ image }) => image === imageId);
    assert.equal(Number(row.nuclei_found), found, `${imageId}: nuclei found in the summary`);
    assert.equal(Number(row.nuclei_counted), count, `${imageId}: nuclei counted in the summary`);
    const measured = nuclei.filter(({ image }) => image === imageId);
    assert.equal(measured.length, found, `${imageId}: rows of nuclei`);
    const included = measured
      .filter((nucleus) => nucleus.included === "true")
      .map((nucleus) => Number(nucleus.area_px2));
    const areas = csv.get(imageId).map((runs) => runs.reduce((sum, [, length]) => sum + length, 0));
    assert.deepEqual(areas.sort(ascending), included.sort(ascending), `${imageId}: areas from the run lengths`);
  }
}

const ascending = (left, right) => left - right;

/** The rows of a table without quotes that contain line ends, as objects. */
function table(text) {
  const [header, ...rows] = text.trimEnd().split(/\r?\n/).map(fieldsOf);
  return rows.map((fields) => Object.fromEntries(header.map((name, column) => [name, fields[column]])));
}

function fieldsOf(line) {
  return Array.from(line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g), ([, field]) => field.replace(/^"|"$/g, ""));
}

/** Plays for some minutes, two in each session, with one seed after the other. */
async function playLong(minutes, seed) {
  const fixture = await Fixture.open();
  const until = Date.now() + minutes * 60_000;
  let actionsDone = 0;
  for (let now = seed; Date.now() < until; now++) {
    const session = await fixture.page(randomOptions);
    const count = await playRandomly(session, now, Math.min(120_000, until - Date.now()));
    await session.leave();
    actionsDone += count;
    console.log(`Seed ${now}: ${count} actions`);
  }
  console.log(`${actionsDone} actions in ${minutes} minutes, without an error.`);
  await fixture.close();
}

if (isStarted(import.meta.url)) {
  const { values } = parseArgs({ options: { random: { type: "string" }, seed: { type: "string", default: "1" } } });
  await playLong(Number(values.random), Number(values.seed));
}
