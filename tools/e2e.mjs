/**
 * Tests the page in real browsers: `npm run e2e`, all in Chromium and the main ways of working in Firefox.
 * `npm run e2e -- --browser firefox` tests all in Firefox, and `--browser webkit` the main ways in WebKit.
 * `npm run e2e -- --random MINUTES`, with `--seed SEED` if wanted, does anything at random instead.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium, firefox } from "./browsers.mjs";
import { buildAll } from "./build.mjs";
import { commandLine } from "./command-line.mjs";
import { isStarted, main, root, run, step, StepFailed } from "./step.mjs";

const folder = join(root, "tests/e2e");

async function environment(browser) {
  return {
    NUCLEOSCOPE: await commandLine(),
    E2E_BROWSER: browser,
    ...(browser === "chromium" ? { CHROME: await chromium() } : {}),
    ...(browser === "webkit" ? {} : { FIREFOX: await firefox() }),
  };
}

/** Runs the end-to-end tests on the built page in a browser, with Node's test runner. */
export async function e2e(browser = "chromium") {
  const env = await environment(browser);
  const all = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
  const files = browser === "webkit" ? [join("webkit", "main-ways.test.mjs")] : all.sort();
  // Two files at a time: each waits for its page most of the time.
  await step(`End-to-end tests in ${[env.CHROME, env.FIREFOX].filter(Boolean).join(" and ") || browser}`, () =>
    run(process.execPath, ["--test", "--test-concurrency=2", ...files.map((name) => join(folder, name))], { env }),
  );
}

/** Uses the page at random for some minutes. */
async function atRandom(minutes, seed) {
  const env = await environment("chromium");
  const given = ["--random", minutes, ...(seed === undefined ? [] : ["--seed", seed])];
  await step(`The page at random, ${minutes} minutes`, () =>
    run(process.execPath, [join(folder, "random.mjs"), ...given], { env }),
  );
}

function options() {
  const usage = "Use: npm run e2e -- [--browser chromium|firefox|webkit] or [--random MINUTES [--seed SEED]]";
  try {
    const text = { type: "string" };
    const { values } = parseArgs({ options: { browser: text, random: text, seed: text } });
    if ([undefined, "chromium", "firefox", "webkit"].includes(values.browser)) return values;
  } catch {
    // Answered below.
  }
  throw new StepFailed(usage);
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    const { browser, random, seed } = options();
    await buildAll({ quick: true });
    if (random === undefined) await e2e(browser);
    else await atRandom(random, seed);
  });
}
