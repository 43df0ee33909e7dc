/** The main ways of working in WebKit: `npm run e2e -- --browser webkit`. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { dist } from "../../../tools/build.mjs";
import { serve } from "../../../tools/serve.mjs";
import { singleFile } from "../../../tools/single-file.mjs";
import { findWebKit, WebDriver } from "../browsers/webdriver.mjs";
import { unzip } from "../files.mjs";
import { commandLine, exampleSet, findInElement, screens, temporaryFolder } from "../harness.mjs";
import { agreement, labelsOf, readSubmission } from "../submission.mjs";

const webkit = findWebKit();
const skip =
  webkit === null && "WebKitWebDriver, its MiniBrowser or xvfb-run is missing (Debian: webkit2gtk-driver, xvfb)";

let server;
let address;
let set;
let browser;

before(async () => {
  if (webkit === null) return;
  set = exampleSet(2);
  const served = await serve(dist, 0);
  ({ server, address } = served);
  browser = await WebDriver.start(webkit);
  console.log(`WebKitGTK ${browser.version}`);
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Opens the page; resolves when it is ready for images. Saved files are kept in the page, as `saved`. */
async function open(address) {
  await browser.open(address);
  await browser.run(`() => {
    (${findInElement})();
    globalThis.saved = [];
    globalThis.errors = [];
    addEventListener("error", ({ message }) => errors.push(message));
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      errors.push(violatedDirective + ": " + blockedURI);
    });
    const blobs = new Map();
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const address = createObjectURL.call(URL, blob);
      blobs.set(address, blob);
      return address;
    };
    const { click } = HTMLAnchorElement.prototype;
    HTMLAnchorElement.prototype.click = function () {
      if (!this.hasAttribute("download")) return click.call(this);
      saved.push({ name: this.download, bytes: blobs.get(this.href).arrayBuffer() });
    };
  }`);
  await browser.until(`() => (part("#model")?.textContent ?? "") !== ""`);
}

/** Presses a button that saves a file; resolves to the file. */
async function saved(selector) {
  await (await browser.element("(selector) => part(selector)", selector)).click();
  await browser.until("() => saved.length > 0");
  const { name, base64 } = await browser.run(`async () => {
    const { name, bytes } = saved.shift();
    const text = [...new Uint8Array(await bytes)].map((byte) => String.fromCharCode(byte)).join("");
    return { name, base64: btoa(text) };
  }`);
  return { name, bytes: Buffer.from(base64, "base64") };
}

const finished = (count) =>
  browser.until(
    `(count) => part("#status").textContent.startsWith(count + " images done") && part("#cancel").hidden`,
    count,
  );

const nuclei = () =>
  browser.run(`() => Number(part("#viewer-details").textContent.match(/([\\d,]+) nucle/)[1].replaceAll(",", ""))`);

describe("WebKit", { skip }, () => {
  test("images have the command line's nuclei, and are adjusted and exported", async () => {
    await open(address);
    await (await browser.element(`() => part("#image-chooser")`)).type(set.paths.join("\n"));
    await finished(2);

    const output = join(temporaryFolder(), "submission.csv");
    commandLine("segment", ...set.paths, "--output", output);
    const sizes = new Map(set.images.map(({ bytes }, at) => [set.ids[at], pngSize(bytes)]));
    const csv = await saved("#download");
    assert.equal(csv.name, "submission.csv");
    const texts = [csv.bytes.toString(), readFileSync(output, "utf8")];
    const [fromPage, fromCommand] = texts.map((text) => readSubmission(text, sizes));
    assert.deepEqual([...fromPage.keys()], set.ids);
    for (const [id, size] of sizes) {
      const share = agreement(labelsOf(fromPage.get(id), size), labelsOf(fromCommand.get(id), size));
      assert.ok(share >= 0.999, `${id}: labels agree on ${(share * 100).toFixed(3)} % of pixels`);
    }

    const before = await nuclei();
    assert.equal(before, fromPage.get(set.ids[0]).length);
    const outlined = await browser.run(`() => {
        const { width, height } = part("#canvas");
        const { data } = part("#canvas").getContext("2d").getImageData(0, 0, width, height);
        return new Set(new Uint32Array(data.buffer)).size;
      }`);
    assert.ok(outlined > 10, "a picture is drawn");
    // The key End.
    await (await browser.element(`() => part("#tune-minimumArea")`)).type("\uE010");
    await browser.until(
      `(before) => Number(part("#viewer-details").textContent.match(/[\\d,]+(?= nucle)/)) < before`,
      before,
    );

    await (await browser.element(`() => part("#export > summary")`)).click();
    await (await browser.element(`() => part("input[name=scope][value=selected]")`)).click();
    const archive = await saved("#export-save");
    assert.equal(archive.name, `${set.ids[0]}.zip`);
    assert.equal(unzip(archive.bytes).size, 11, "every format");
    mkdirSync(screens, { recursive: true });
    writeFileSync(join(screens, "webkit.png"), await browser.screenshot());
    assert.deepEqual(await browser.run("() => errors"), []);
  });

  test("a dropped image is segmented", async () => {
    await open(address);
    await browser.run(
      `(base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], "dropped.png"));
        document.querySelector("nucleo-scope").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
      }`,
      set.images[1].bytes.toString("base64"),
    );
    await browser.until(`() => /dropped/.test(part("[role=listbox]").textContent) && part("#cancel").hidden`);
    assert.deepEqual(await browser.run("() => errors"), []);
  });

  test("the single file says why it cannot work from a disk", async () => {
    await browser.open(pathToFileURL(join(dist, singleFile)).href);
    const words = await browser.until(`() => document.querySelector("main > [role=alert]")?.textContent`);
    assert.match(words, /does not work in this browser.*reading files in a page that was opened from a disk/s);
  });
});

/** The width and height in a PNG file's header. */
function pngSize(bytes) {
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
