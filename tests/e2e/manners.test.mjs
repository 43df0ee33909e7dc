/** The page's manners: responsive, private, accessible with the keyboard, and usable on every screen. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { onlyInChromium, reasons } from "./browsers/launch.mjs";
import { assertLight, exampleSet, Fixture } from "./harness.mjs";

let fixture;
let set;

before(async () => {
  set = exampleSet(20);
  fixture = await Fixture.open({ serviceWorker: true });
});
after(() => fixture.close());

describe("the page", () => {
  test("has no heavy task on its own thread while 20 images run", async () => {
    const session = await fixture.page();
    const tasks = await session.mainThreadTasks(async () => {
      await session.choose("Choose images", set.paths);
      await session.finished(/^20 images done/);
    });
    assertLight(tasks, "20 images");
    assert.ok(tasks === null || tasks.length > 20);
    await session.leave();
  });

  test("makes no requests once it is loaded, and works without a network", async () => {
    const session = await fixture.page();
    await session.page.waitForLoadState("networkidle");
    // The service worker has stored the page's files; what it requests is seen by the server only.
    await session.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    const asked = [];
    fixture.server.on("request", ({ url }) => asked.push(url));
    const before = session.watch.requests.filter((address) => address.startsWith("http")).length;
    for (const address of session.watch.requests) {
      assert.ok(address.startsWith(fixture.address) || address.startsWith("blob:"), address);
    }
    await session.context.setOffline(true);
    await session.page.getByRole("button", { name: "Try an example" }).click();
    await session.finished(/^1 image done/);
    // So many that they are not done before the button is clicked.
    await session.drop(set.images);
    await session.cancel.click();
    await session.finished(/cancelled/);
    await session.page.getByRole("button", { name: "Continue" }).click();
    await session.finished(/^21 images done/);
    await session.csv();
    assert.equal(session.watch.requests.filter((address) => address.startsWith("http")).length, before);
    assert.deepEqual(asked, [], "the server is not asked for anything");
    await session.leave();
  });

  test("works with the keyboard alone", async () => {
    const session = await fixture.page();
    const { page } = session;
    const focused = () => page.evaluate(() => shadow().activeElement?.id ?? "");
    const tabTo = async (id) => {
      for (let presses = 0; presses < 30; presses++) {
        if ((await focused()) === id) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`Tab does not reach ${id}`);
    };
    await tabTo("try-example");
    await page.keyboard.press("Enter");
    await session.finished(/^1 image done/);
    await tabTo("try-example");
    await page.keyboard.press("Space");
    await session.finished(/^2 images done/);
    await tabTo("images");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator('[aria-selected="true"] .name').textContent(), "example-2.png");
    assert.equal(await page.locator("#viewer-title").textContent(), "example-2.png");
    await page.keyboard.press("Home");
    assert.equal(await page.locator("#viewer-title").textContent(), "example-1.png");
    await page.keyboard.press("End");
    assert.equal(await page.locator("#viewer-title").textContent(), "example-2.png");
    await tabTo("show-outlines");
    await page.keyboard.press("Space");
    assert.equal(await page.locator("#show-outlines").isChecked(), false);
    await tabTo("surface");
    const zoom = async () => {
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      return page.locator("#zoom").textContent();
    };
    const fitted = await zoom();
    await page.keyboard.press("1");
    assert.equal(await zoom(), "100 %");
    await page.keyboard.press("+");
    assert.equal(await zoom(), "125 %");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("-");
    assert.equal(await zoom(), "100 %");
    await page.keyboard.press("0");
    assert.equal(await zoom(), fitted);
    await page.getByRole("button", { name: "Download CSV" }).focus();
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    assert.equal(download.suggestedFilename(), "submission.csv");
    await session.leave();
  });

  test("keeps the focus when buttons appear and disappear", async () => {
    const session = await fixture.page({ query: "?workers=1" });
    const focused = () => session.page.evaluate(() => shadow().activeElement?.id);
    await session.drop(set.images);
    await session.cancel.focus();
    await session.page.keyboard.press("Enter");
    await session.finished(/cancelled/);
    assert.equal(await focused(), "continue");
    await session.page.keyboard.press("Enter");
    assert.equal(await focused(), "cancel");
    await session.finished(/^20 images done/);
    assert.equal(await focused(), "download");
    await session.leave();
  });

  test("draws the outlines, and hides them when asked", async () => {
    const session = await fixture.page();
    const { page } = session;
    await page.getByRole("button", { name: "Try an example" }).click();
    await session.finished(/^1 image done/);
    const yellow = () =>
      page.evaluate(async () => {
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        const shown = await createImageBitmap(part("#canvas"));
        const copy = new OffscreenCanvas(shown.width, shown.height).getContext("2d");
        copy.drawImage(shown, 0, 0);
        const { data } = copy.getImageData(0, 0, shown.width, shown.height);
        let count = 0;
        for (let index = 0; index < data.length; index += 4) {
          if (data[index] > 200 && data[index + 1] > 180 && data[index + 2] < 140) count++;
        }
        return count;
      });
    assert.ok((await yellow()) > 500);
    await page.getByLabel("Show outlines").uncheck();
    assert.equal(await yellow(), 0);
    await session.leave();
  });

  test("announces a batch in few words", async () => {
    const session = await fixture.page();
    await session.page.evaluate(() => {
      globalThis.announced = [];
      const status = part("#status");
      new MutationObserver(() => globalThis.announced.push(status.textContent)).observe(status, { childList: true });
    });
    const start = Date.now();
    await session.choose("Choose images", set.paths);
    await session.finished(/^20 images done/);
    const seconds = (Date.now() - start) / 1000;
    const announced = await session.page.evaluate(() => globalThis.announced);
    assert.equal(announced[0], "Opening the files…");
    assert.match(announced.at(-1), /^20 images done, [\d,]+ nuclei\.$/);
    // The beginning, the end, and progress every four seconds at most, however long it takes.
    assert.ok(announced.length <= 4 + seconds / 4, `${announced.length} announcements in ${seconds} s`);
    await session.leave();
  });

  test("stays smooth with a list of 2,000 images", async () => {
    const session = await fixture.page({ query: "?workers=1" });
    const { page } = session;
    const transfer = await session.pickUp(
      Array.from({ length: 2000 }, (_, index) => ({ name: `image-${index}.png`, bytes: "x" })),
    );
    await page.evaluate(() => {
      let rows = 0;
      globalThis.made = [];
      const list = part("#images");
      new MutationObserver((changes) => {
        rows += changes.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0);
      }).observe(list, { childList: true });
      const frame = () => {
        globalThis.made.push(rows);
        rows = 0;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const tasks = await session.mainThreadTasks(async () => {
      await session.letGo(transfer);
      await page.waitForFunction(() => parts("[role=option]").length === 2000);
    });
    assertLight(tasks, "2,000 images");
    const made = await page.evaluate(() => globalThis.made);
    assert.equal(
      made.reduce((sum, rows) => sum + rows, 0),
      2000,
    );
    assert.ok(Math.max(...made) <= 60, `${Math.max(...made)} rows in a frame`);
    await session.finished(/2,000 failed/);
    await session.leave();
  });

  for (const [name, options] of [
    ["light", { viewport: { width: 1280, height: 800 } }],
    ["dark", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
    ["phone", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
    ["large", { viewport: { width: 3840, height: 2160 } }],
  ]) {
    const skip = options.colorScheme !== undefined && onlyInChromium(reasons.media);
    test(`fits a screen: ${name}`, { skip }, async () => {
      const session = await fixture.page(options);
      const { page } = session;
      const sideways = () =>
        page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await session.picture(`${name}-empty`);
      assert.equal(await sideways(), 0);
      await session.drop(set.images.slice(0, 8));
      await session.finished(/^8 images done/);
      await page.waitForTimeout(300);
      await session.picture(`${name}-done`);
      assert.equal(await sideways(), 0);
      await session.leave();
    });
  }
});
