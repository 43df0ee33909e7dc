/** The page in real browsers. Run by itself: `npm run e2e`. */
import { chromium, firefox } from "./browsers.mjs";
import { buildAll } from "./build.mjs";
import { commandLine } from "./command-line.mjs";
import { nodeTests } from "./node-tests.mjs";
import { isStarted, main } from "./step.mjs";

/** Runs the end-to-end tests on the page that has been built. */
export async function e2e() {
  const env = { CHROME: await chromium(), FIREFOX: await firefox(), NUCLEOSCOPE: await commandLine() };
  await nodeTests(`End-to-end tests in ${env.CHROME} and ${env.FIREFOX}`, "tests/e2e", { env, concurrency: 1 });
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await buildAll({ quick: true });
    await e2e();
  });
}
