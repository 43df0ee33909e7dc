/** Browsers that lack something: what the page needs is named, and it works without the rest. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { dist } from "../../tools/build.mjs";
import { singleFile } from "../../tools/single-file.mjs";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { exampleSet, Fixture } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const fromDisk = { address: pathToFileURL(join(dist, singleFile)).href };
let fixture;

before(async () => {
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** What is removed before the page is loaded, and what the page calls it. */
const needed = {
  WebAssembly: () => delete globalThis.WebAssembly,
  "WebAssembly SIMD": () => {
    WebAssembly.validate = () => false;
  },
  "Web Workers": () => delete globalThis.Worker,
  "Custom elements": () => delete Element.prototype.attachShadow,
  "Constructable style sheets": () => delete CSSStyleSheet.prototype.replaceSync,
  createImageBitmap: () => delete globalThis.createImageBitmap,
  ResizeObserver: () => delete globalThis.ResizeObserver,
  "<dialog>": () => delete globalThis.HTMLDialogElement,
  "JavaScript of 2023": () => delete Object.hasOwn,
};

/** Opens the page in a browser that lacks something, and returns what it shows in place of the page. */
async function shown(remove, options = {}) {
  const session = await fixture.page({ ready: false, prepare: (page) => page.addInitScript(remove), ...options });
  const alert = session.page.getByRole("alert");
  await alert.waitFor();
  return { session, words: await alert.textContent() };
}

describe("a browser that lacks", () => {
  for (const [name, remove] of Object.entries(needed)) {
    test(`${name} learns so, and which versions work`, async () => {
      const { session, words } = await shown(remove);
      assert.match(words, /^Nucleoscope does not work in this browserIt lacks:/);
      assert.deepEqual(
        await session.page.getByRole("listitem").allTextContents(),
        [name],
        "nothing else is said to be missing",
      );
      assert.match(words, /Chrome or Edge 105, Firefox 121 or Safari 16\.4/);
      await session.leave();
    });
  }

  test("something that only the single file needs is named there", async () => {
    const { session, words } = await shown(() => delete globalThis.DecompressionStream, fromDisk);
    assert.match(words, /It lacks:DecompressionStreamUse/);
    await session.leave({ allowed: [/DecompressionStream/] });
  });

  test("something learns so in German, readable for everybody", async () => {
    const { session, words } = await shown(needed.WebAssembly, { locale: "de-DE" });
    assert.match(words, /funktioniert in diesem Browser nichtIhm fehlt:WebAssemblyVerwenden/);
    await session.page.evaluate(axe);
    const violations = await session.page.evaluate(async () => (await globalThis.axe.run()).violations);
    assert.deepEqual(violations, []);
    await session.picture("unsupported");
    await session.leave();
  });

  test("JavaScript, or has it switched off, learns so", { skip: onlyInChromium(reasons.javaScript) }, async () => {
    const session = await fixture.page({ ready: false, javaScriptEnabled: false });
    await session.page.locator("noscript p").waitFor();
    await session.context.close();
  });

  test("only what is convenient can do everything else", async () => {
    const session = await fixture.page({
      prepare: (page) =>
        page.addInitScript(() => {
          for (const name of ["caches", "Notification", "ClipboardItem"]) delete globalThis[name];
          Object.defineProperty(globalThis, "indexedDB", { value: undefined });
          for (const name of ["clipboard", "locks", "serviceWorker", "storage"]) delete Navigator.prototype[name];
        }),
    });
    await session.drop(exampleSet(1).images);
    await session.finished(/^1 image done/);
    assert.match(await session.csv(), /^ImageId,EncodedPixels\n/);
    await session.leave();
  });
});

test("a script of the page that is not loaded, or not understood, is reported in place of the page", async () => {
  const answered = (answer) => (page) => page.route("**/page.en.js", (route) => route.fulfill(answer));
  for (const [answer, expected] of [
    [{ status: 503, body: "" }, /page\.en\.js: this part of the page could not be loaded/],
    [{ body: "let of the future ~ ;", contentType: "text/javascript" }, /It lacks:.*SyntaxError/],
  ]) {
    const session = await fixture.page({ ready: false, prepare: answered(answer) });
    const alert = session.page.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.textContent(), expected);
    await session.context.close();
  }
});
