/** A batch needs no more memory than its results do, however long it is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { smallImage } from "./files.mjs";
import { Fixture } from "./harness.mjs";

/** The most that the page's process may have after 500 images, in relation to 50. */
const mostGrowth = 1.3;
/** The most bytes of JavaScript objects for an image with two nuclei; it needs about 9,000. */
const mostBytes = 40_000;

let fixture;
before(async () => {
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** The resident memory of the largest renderer, in kilobytes; null where the system does not tell. */
async function residentMemory() {
  if (process.platform !== "linux") return null;
  const protocol = await fixture.browser.newBrowserCDPSession();
  const { processInfo } = await protocol.send("SystemInfo.getProcessInfo");
  await protocol.detach();
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]));
  return Math.max(...sizes);
}

test("500 images need at most 1.3 times the memory of 50", async () => {
  const session = await fixture.page();
  const images = Array.from({ length: 500 }, (_, index) => smallImage(index));
  const protocol = await session.context.newCDPSession(session.page);
  const measure = async (words) => {
    await session.finished(words);
    await session.page.waitForFunction(() => !part("#download-tables").disabled);
    await protocol.send("HeapProfiler.collectGarbage");
    return { heap: (await session.metrics()).JSHeapUsedSize, resident: await residentMemory() };
  };
  await session.drop(images.slice(0, 50));
  const few = await measure(/^50 images done/);
  await session.drop(images.slice(50));
  const many = await measure(/^500 images done/);
  const perImage = (many.heap - few.heap) / 450;
  const growth = few.resident === null ? 1 : many.resident / few.resident;
  console.log(`${Math.round(perImage)} bytes of objects an image; the process grows ${growth.toFixed(2)} times`);
  assert.ok(perImage <= mostBytes, `${perImage} bytes an image`);
  assert.ok(growth <= mostGrowth, `the process has ${growth} times the memory`);
  // A canvas in each row would have more memory than all results.
  assert.equal(await session.page.evaluate(() => parts("#images canvas").length), 0);
  await session.leave();
});
