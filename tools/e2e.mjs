/** The page in a real browser. Run by itself: `npm run e2e`. */
import { buildAll } from "./build.mjs";
import { chromium } from "./chromium.mjs";
import { commandLine } from "./command-line.mjs";
import { nodeTests } from "./node-tests.mjs";
import { isStarted, main } from "./step.mjs";

/** Runs the end-to-end tests on the page that has been built. */
export async function e2e() {
  const browser = await chromium();
  const program = await commandLine();
  const env = { CHROME: browser, NUCLEOSCOPE: program };
  await nodeTests(`End-to-end tests in ${browser}`, "tests/e2e", { env, concurrency: 1 });
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await buildAll();
    await e2e();
  });
}
