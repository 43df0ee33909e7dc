/**
 * Tests the page in real browsers: `npm run e2e`. With `--random MINUTES`, and `--seed SEED` if wanted, does anything
 * at random instead.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, firefox } from "./browsers.mjs";
import { buildAll } from "./build.mjs";
import { commandLine } from "./command-line.mjs";
import { isStarted, main, root, run, step } from "./step.mjs";

/** Runs the end-to-end tests on the built page, with Node's test runner. */
export async function e2e() {
  const env = { CHROME: await chromium(), FIREFOX: await firefox(), NUCLEOSCOPE: await commandLine() };
  const folder = join(root, "tests/e2e");
  const given = process.argv.slice(2);
  if (isStarted(import.meta.url) && given.includes("--random")) {
    return run(process.execPath, [join(folder, "random.mjs"), ...given], { env });
  }
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".test.mjs"))
    .sort();
  // Two files at a time: each waits for its page most of the time.
  await step(`End-to-end tests in ${env.CHROME} and ${env.FIREFOX}`, () =>
    run(process.execPath, ["--test", "--test-concurrency=2", ...files.map((name) => join(folder, name))], { env }),
  );
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await buildAll({ quick: true });
    await e2e();
  });
}
