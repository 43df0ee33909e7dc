/**
 * Measures the page with a growing list of small images: `node benchmarks/long-batch.mjs [IMAGES] [WORKERS]`, on the
 * built page. For each length: memory, the longest task of the page's main thread, and its processor time per image.
 */
import { readFileSync } from "node:fs";
import { smallImage } from "../tests/e2e/files.mjs";
import { Fixture } from "../tests/e2e/harness.mjs";

const most = Number(process.argv[2] ?? 2000);
const workers = Number(process.argv[3] ?? 2);
const lengths = [...[50, 500, 1000].filter((length) => length < most), most];
/** The ticks of the system's processor times in a second. */
const ticks = 100;

const fixture = await Fixture.open();
const session = await fixture.page({
  query: `?workers=${workers}`,
  prepare: (page) =>
    page.addInitScript(() => {
      globalThis.longTasks = [];
      new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries())).observe({ type: "longtask" });
    }),
});
const { page } = session;
const protocol = await session.context.newCDPSession(page);
const browser = await fixture.browser.newBrowserCDPSession();

/** The process with the page: the largest renderer. */
async function renderer() {
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  const renderers = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => ({ id, resident: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]) }));
  return renderers.sort((left, right) => right.resident - left.resident)[0];
}

/** The processor time of a process's main thread, in milliseconds. */
function processorTime(process) {
  const stat = readFileSync(`/proc/${process}/task/${process}/stat`, "utf8");
  const [, user, system] = /^(?:\S+ ){11}(\d+) (\d+)/.exec(stat.slice(stat.lastIndexOf(")") + 2));
  return ((Number(user) + Number(system)) * 1000) / ticks;
}

let before = 0;
for (const length of lengths) {
  const { id } = await renderer();
  const start = processorTime(id);
  await session.drop(Array.from({ length: length - before }, (_, index) => smallImage(before + index)));
  await page.evaluate(() => globalThis.longTasks.splice(0));
  await page.waitForFunction(
    (words) => part("#status").textContent.startsWith(words) && !part("#download-tables").disabled,
    `${length.toLocaleString("en")} images done`,
    { polling: 200, timeout: 0 },
  );
  const main = (processorTime(id) - start) / (length - before);
  await protocol.send("HeapProfiler.collectGarbage");
  const heap = (await session.metrics()).JSHeapUsedSize / 1e6;
  const { resident } = await renderer();
  const longest = await page.evaluate(() => Math.max(0, ...globalThis.longTasks.map(({ duration }) => duration)));
  console.log(
    `${length} images: process ${Math.round(resident / 1024)} MB, objects ${heap.toFixed(1)} MB, ` +
      `longest task ${Math.round(longest)} ms, main thread ${main.toFixed(1)} ms an image`,
  );
  before = length;
}
await session.leave();
await fixture.close();
