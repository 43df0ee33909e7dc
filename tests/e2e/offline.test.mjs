/** The served page without a network, and while a new version of it is published. */
import assert from "node:assert/strict";
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { dist, scriptOptions } from "../../tools/build.mjs";
import { headersOf } from "../../tools/hosting.mjs";
import { serve } from "../../tools/serve.mjs";
import { keptFiles, serviceWorker, writeServiceWorker } from "../../tools/service-worker.mjs";
import { singleFile } from "../../tools/single-file.mjs";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { exampleSet, Fixture, temporaryFolder } from "./harness.mjs";

let fixture;
let set;

before(async () => {
  set = exampleSet(2);
  fixture = await Fixture.open({ serviceWorker: true });
});
after(() => fixture.close());

/** A server whose folder can be exchanged, and the paths that it was asked for. */
async function site(folder) {
  const link = join(temporaryFolder(), "site");
  symlinkSync(folder, link);
  const host = { headersOf: (name) => (name === "host.html" ? {} : headersOf(name)) };
  const { server, address } = await serve(link, 0, host);
  server.unref();
  const asked = [];
  server.on("request", ({ url }) => asked.push(url.slice(1)));
  return {
    server,
    address,
    asked,
    publish: (next) => {
      rmSync(link);
      symlinkSync(next, link);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A copy of the built page in which every file that runs is different. */
async function anotherBuild() {
  const folder = temporaryFolder();
  cpSync(dist, folder, { recursive: true });
  for (const name of ["main.js", "worker.js"]) appendFileSync(join(folder, name), "\n// another build\n");
  const html = readFileSync(join(folder, "index.html"), "utf8");
  writeFileSync(join(folder, "index.html"), html.replace("<title>", '<meta name="build" content="another" /><title>'));
  // A custom section without content, which changes nothing.
  appendFileSync(join(folder, "nucleoscope_bg.wasm"), Buffer.from([0, 4, 3, ...Buffer.from("new")]));
  await writeServiceWorker(folder, scriptOptions());
  return folder;
}

/** Waits until the service worker has stored a version. */
const stored = (page) => page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active.scriptURL));

/** The hashes of the files that a page gets when it asks for them. */
const filesOf = ({ page }, names) =>
  page.evaluate(async (all) => {
    const hashes = {};
    for (const name of all) {
      const bytes = await (await fetch(name === "" ? "./" : name)).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      hashes[name] = `sha256-${btoa(String.fromCharCode(...digest))}`;
    }
    return hashes;
  }, names);

/** Looks for a new version; resolves to whether one is installed and waits. */
const update = ({ page }) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update().catch(() => {});
    const { installing } = registration;
    if (installing !== null && installing.state === "installing") {
      await new Promise((resolve) => installing.addEventListener("statechange", resolve, { once: true }));
    }
    return registration.waiting !== null;
  });

describe("the served page", () => {
  test("opens and segments without its server after one visit", async () => {
    const { address, asked, close } = await site(dist);
    const first = await fixture.page({ address });
    await stored(first.page);
    const names = Object.keys(keptFiles(dist));
    assert.ok(
      ["", "main.js", "nuclei.onnx"].every((name) => names.includes(name)),
      names.join(),
    );
    assert.ok(!names.includes(singleFile) && !names.some((name) => name.endsWith(".map")));
    const once = new Set(asked);
    assert.deepEqual([...once].sort(), [...names, serviceWorker].sort(), "only its own files are requested");

    const before = asked.length;
    await first.drop(set.images);
    await first.finished(/^2 images done/);
    const expected = await first.csv();
    assert.equal(asked.length, before, "nothing is requested while it works");
    close();

    const { page } = first;
    await page.reload();
    await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
    // The session of the first visit is opened again.
    await first.finished(/^2 images done/);
    assert.equal(await first.csv(), expected);
    await page.getByRole("button", { name: "Try an example" }).click();
    await first.finished(/^3 images done/);

    const other = await first.context.newPage();
    await other.goto(`${address}?workers=1`);
    await other.locator("#model:not(:empty)").waitFor({ state: "attached" });
    await first.leave({ allowed: [/net::ERR_/, /already open/] });
  });

  test("never mixes the files of two versions", async () => {
    const another = await anotherBuild();
    const [old, latest] = [keptFiles(dist), keptFiles(another)];
    const names = Object.keys(old);
    const { address, publish, close } = await site(dist);
    const first = await fixture.page({ address });
    await stored(first.page);
    await first.page.reload();
    await first.page.locator("#model:not(:empty)").waitFor({ state: "attached" });
    assert.deepEqual(await filesOf(first, names), old);

    // A part of the new version has been copied to the server: a file is an old one, then one is missing.
    const part = temporaryFolder();
    cpSync(another, part, { recursive: true });
    publish(part);
    for (const change of [
      () => cpSync(join(dist, "worker.js"), join(part, "worker.js")),
      () => rmSync(join(part, "nuclei.onnx")),
    ]) {
      change();
      assert.equal(await update(first), false, "a version that is not complete is not installed");
      assert.deepEqual(await filesOf(first, names), old);
      await first.page.reload();
      await first.page.locator("#model:not(:empty)").waitFor({ state: "attached" });
      assert.deepEqual(await filesOf(first, names), old, "after a reload, too");
    }

    publish(another);
    assert.equal(await update(first), true, "the new version waits");
    assert.deepEqual(await filesOf(first, names), old, "a page that is open keeps its files");
    const second = await first.context.newPage();
    await second.goto(address);
    await second.locator("#model:not(:empty)").waitFor({ state: "attached" });
    assert.deepEqual(await filesOf({ page: second }, names), old, "another page of the old version, too");
    await second.getByRole("button", { name: "Try an example" }).click();
    await second
      .getByRole("status")
      .filter({ hasText: /^1 image done/ })
      .waitFor();
    await second.close();

    // The last page of the old version is closed.
    await first.page.goto("about:blank");
    const third = await first.context.newPage();
    for (let tries = 0; tries < 50; tries++) {
      await third.goto(address);
      if ((await third.locator('meta[name="build"]').count()) > 0) break;
      await third.goto("about:blank");
    }
    assert.deepEqual(await filesOf({ page: third }, names), latest);
    assert.equal(await third.evaluate(async () => (await caches.keys()).length), 1, "the old version is deleted");
    close();
    await third.reload();
    await third.locator("#model:not(:empty)").waitFor({ state: "attached" });
    await first.context.close();
  });

  test("announces a new version, and uses it at once only if asked, alone and idle", async () => {
    const another = await anotherBuild();
    const [old, latest] = [keptFiles(dist), keptFiles(another)];
    const names = Object.keys(old);
    const { address, publish, close } = await site(dist);
    const session = await fixture.page({ address, query: "?workers=1" });
    const { page } = session;
    await stored(page);
    await page.reload();
    await page.locator("#model:not(:empty)").waitFor({ state: "attached" });
    assert.equal(await page.locator("#update").count(), 0);

    publish(another);
    assert.equal(await update(session), true);
    const note = page.getByRole("status").filter({ hasText: "A new version of Nucleoscope is ready" });
    await note.waitFor();
    await session.picture("update");
    const use = page.getByRole("button", { name: "Reload and use it now" });
    assert.deepEqual(await filesOf(session, names), old, "it is not used yet");

    await session.drop(set.images);
    await page.locator("#use-update:disabled").waitFor();
    await session.finished(/^2 images done/);
    await page.locator("#use-update:enabled").waitFor();

    const second = await session.context.newPage();
    await second.goto(address);
    await second.getByText("A new version of Nucleoscope is ready").waitFor();
    await use.click();
    await page.getByText("Close the other windows").waitFor();
    for (const each of [page, second]) assert.deepEqual(await filesOf({ page: each }, names), old);
    await second.close();

    await use.click();
    await page.locator('meta[name="build"]').waitFor({ state: "attached" });
    await session.finished(/^2 images done/);
    assert.deepEqual(await filesOf(session, names), latest);
    assert.equal(await page.locator("#update").count(), 0);
    assert.equal(await page.evaluate(async () => (await caches.keys()).length), 1, "the old version is deleted");
    await session.leave({ allowed: [/already open/] });
    close();
  });

  test("has no service worker in a frame or as a single file", async () => {
    const folder = temporaryFolder();
    cpSync(dist, folder, { recursive: true });
    writeFileSync(join(folder, "host.html"), '<!doctype html><title>Host</title><iframe src="./"></iframe>');
    const { address, asked, close } = await site(folder);
    for (const query of ["host.html", "?embed=1"]) {
      const session = await fixture.page({ address: address + query, ready: false });
      const [frame] = session.page.frames().slice(-1);
      await frame.locator("#model:not(:empty)").waitFor({ state: "attached" });
      await session.context.close();
    }
    const single = await fixture.page({ address: `${address}${singleFile}` });
    await single.leave();
    assert.ok(!asked.includes(serviceWorker), asked.join());
    close();
  });

  test("can be installed", { skip: onlyInChromium(reasons.installation) }, async () => {
    const session = await fixture.page();
    const protocol = await session.context.newCDPSession(session.page);
    const { data, errors } = await protocol.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    const { icons, start_url } = JSON.parse(data);
    assert.equal(start_url, "./");
    for (const { src } of icons) assert.ok(readdirSync(dist).includes(src), src);
    await stored(session.page);
    const { installabilityErrors } = await protocol.send("Page.getInstallabilityErrors");
    assert.deepEqual(
      installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"),
      [],
    );
    await session.leave();
  });
});
