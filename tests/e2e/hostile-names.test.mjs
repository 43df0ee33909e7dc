/** Names that are markup, formulas, paths or hidden characters, on the whole page: in files, channels, regions, groups and links. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../tools/step.mjs";
import { grayPng, omeTiff, zip } from "./files.mjs";
import { Fixture, exported } from "./harness.mjs";

let fixture;

before(async () => {
  fixture = await Fixture.open();
});
after(() => fixture.close());

const names = JSON.parse(readFileSync(join(root, "tests/fixtures/hostile-names.json"), "utf8")).map(
  ({ name, times = 1 }) => name.repeat(times),
);

/** As in `src/plain_text.rs`. */
const hidden =
  /[\p{Cc}\p{Bidi_C}\xad\u115f\u1160\u180e\u200b\u2028\u2029\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

const picture = grayPng(32, 32, (x, y) => (Math.hypot(x - 16, y - 16) < 8 ? 200 : 20));

/** XML with any character that XML allows; the others cannot be in an OME-TIFF. */
const xml = (name) =>
  [...name.slice(0, 200)]
    .filter((letter) => letter >= " " || "\t\n\r".includes(letter))
    .map((letter) => `&#${letter.codePointAt(0)};`)
    .join("");

/** Asserts that no name became an element, ran as a script, or controls how texts are shown. */
async function assertHarmless({ page }) {
  const found = await page.evaluate(() => {
    const root = shadow();
    const texts = [document.title];
    for (const element of root.querySelectorAll("*:not(style)")) {
      texts.push(...[...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data));
      for (const { name, value } of element.attributes) {
        if (/^(title|aria-label|placeholder|alt)$/.test(name)) texts.push(value);
      }
    }
    return {
      hacked: globalThis.hacked,
      names: [...root.querySelectorAll("[role=option] .name")].map((name) => getComputedStyle(name).unicodeBidi),
      title: document.title,
      texts: texts.map((text) => text.replaceAll(/\n\s*/g, "")),
      elements: root.querySelectorAll(
        "img:not(.thumbnail), script, iframe, object, embed, a[href^=javascript], b, [onload], [onerror], [onfocus]",
      ).length,
      wider: document.documentElement.scrollWidth > innerWidth,
    };
  });
  assert.equal(found.hacked, undefined, "no name ran as a script");
  assert.equal(found.elements, 0, "no name became an element");
  assert.ok(
    found.names.length > 0 && found.names.every((way) => way.startsWith("isolate")),
    "no name turns its neighbours",
  );
  assert.equal(found.wider, false, "no name makes the page wider");
  const shown = found.texts.filter((text) => hidden.test(text));
  assert.deepEqual(shown, [], "no text on the page has hidden characters");
}

/** The names of the images in the list. */
async function listed({ page }) {
  return page.locator("[role=option] .name").allTextContents();
}

const fileNameOnEverySystem = /^(?![.\-~])(?!(con|prn|aux|nul|com\d|lpt\d)\.)[^/\\:*?"<>|]{1,255}(?<![ .])$/i;

test("names of files are text, and are exported and restored exactly", { timeout: 300_000 }, async () => {
  const session = await fixture.page();
  // A hidden file is not opened, and `/` in the name of a dropped file is not possible.
  const given = names.filter((name) => !/^\.|^$/.test(name) && name.length < 3000 && !name.includes("/"));
  const files = given.map((name) => ({ name: `${name}.png`, bytes: picture }));
  const archive = zip(
    names.filter((name) => name.includes("/")).map((name) => ({ path: `${name}.png`, bytes: picture })),
  );
  const broken = { name: '\u202e<img src=x onerror="window.hacked=1">\u001b[2J.png', bytes: Buffer.from("no image") };
  await session.drop([...files, { name: "=<b>.zip", bytes: archive }, broken]);
  await session.finished();
  await session.counted();
  await assertHarmless(session);
  await session.picture("hostile-names");
  const shown = await listed(session);
  assert.ok(shown.includes("gpj.\\u{202e}exe.png") && shown.includes(`<img src=x onerror="window.hacked=1">.png`));

  const entries = await exported(session);
  const record = JSON.parse(entries.get("nucleoscope.json").toString());
  assert.ok(record.images.length > 90);
  for (const name of entries.keys()) {
    assert.match(name, fileNameOnEverySystem);
    assert.doesNotMatch(name, hidden);
  }
  assert.equal(new Set([...entries.keys()].map((name) => name.toUpperCase().toLowerCase())).size, entries.size);
  // The ids in the table, without the apostrophes in front of what looks like a formula, are those of the record.
  const cells = [
    ...entries
      .get("summary.csv")
      .toString()
      .matchAll(/(?:^|\n)(?:"((?:[^"]|"")*)"|([^,\n]*)),/g),
  ]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain)
    .slice(1);
  assert.deepEqual(
    cells.filter((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell)),
    [],
  );
  const originals = cells.map((cell) => cell.replaceAll(/(^|[,;\t\r\n])'(?='*[=+\-@\t\r\n＝＋－＠])/g, "$1"));
  const ids = record.images.map(({ id }) => id);
  assert.deepEqual(
    originals.filter((id) => ids.includes(id)),
    ids,
  );
  const parts = new Set(names.map((name) => `${name}.png`.split(/[/\\]/).at(-1)));
  assert.deepEqual(
    record.images.map(({ input }) => input.name).filter((name) => !parts.has(name)),
    [],
  );

  // The record and the same files again: no entry is without its image.
  const again = await fixture.page();
  const results = zip([{ path: "nucleoscope.json", bytes: entries.get("nucleoscope.json") }]);
  await again.drop([...files, { name: "=<b>.zip", bytes: archive }, broken, { name: "results.zip", bytes: results }]);
  await again.finished();
  assert.doesNotMatch((await again.page.locator("#message-list").textContent()) ?? "", /record/i);
  assert.deepEqual((await listed(again)).sort(), shown.sort());
  await again.leave();
  await session.leave();
});

test("names of channels, regions and groups, and values of links are text", { timeout: 300_000 }, async () => {
  const bad = [
    '<img src=x onerror="window.hacked=1">',
    "=1+\u00851\u202e",
    "\u05e9\u05dc\u05d5\u05dd\u2067",
    "x".repeat(4096),
  ];
  const query = `?workers=${encodeURIComponent(bad[0])}#settings=${encodeURIComponent(`h:0.2,${bad.slice(0, 3).join(":1,")}:1`)}`;
  const session = await fixture.page({ query });
  const { page } = session;
  const channels = bad.map((name) => ({ name: xml(name) }));
  const image = omeTiff(64, 64, channels, (_, x, y) => (Math.hypot(x - 30, y - 30) < 12 ? 900 : 50));
  await session.drop([{ name: "cells.ome.tif", bytes: image }]);
  await session.finished();
  const square = (name, start) => ({
    type: "Feature",
    properties: { name },
    geometry: {
      type: "Polygon",
      coordinates: [
        [
          [start, 0],
          [64, 0],
          [64, 64],
          [0, 64],
          [start, 0],
        ],
      ],
    },
  });
  const regions = { type: "FeatureCollection", features: bad.map((name, place) => square(name, place)) };
  await session.drop([{ name: `${bad[1]}.geojson`, bytes: Buffer.from(JSON.stringify(regions)) }]);
  await page
    .locator("#region-list li")
    .nth(bad.length - 1)
    .waitFor({ state: "attached" });
  await session.counted();
  await assertHarmless(session);

  // What is copied is pasted into spreadsheets.
  await session.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy table" }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).includes("\n"));
  const [heading, ...rows] = (await page.evaluate(() => navigator.clipboard.readText())).trimEnd().split("\n");
  const columns = heading.split("\t").length;
  assert.ok(rows.length > 0 && rows.every((row) => row.split("\t").length === columns));
  assert.deepEqual(
    heading.split("\t").filter((cell) => /^[=+\-@]/.test(cell)),
    [],
  );

  await page.getByRole("tab", { name: "Conditions" }).click();
  for (const name of bad) {
    await page.locator(".group-editor select").selectOption("hand");
    await page.locator(".group-images input").first().check();
    await page.locator(".group-hand input[type=text]").fill(name);
    await page.locator(".group-hand button").click();
    await assertHarmless(session);
  }
  await session.picture("hostile-channels");
  const entries = await exported(session, ["summary", "measurements", "conditions", "geojson", "record"]);
  const [recorded] = JSON.parse(entries.get("nucleoscope.json").toString()).images;
  assert.deepEqual(
    recorded.regions.map(({ name }) => name),
    bad,
  );
  assert.equal(recorded.group, bad.at(-1));
  for (const table of ["summary.csv", "nuclei.csv", "conditions.csv"]) {
    assert.doesNotMatch(entries.get(table).toString(), /(^|[,;\n])"?[=@]/, table);
  }
  await session.leave();
});
