/**
 * Tests the page in real browsers: `npm run e2e`, all in Chromium and the main ways of working in Firefox.
 * `npm run e2e -- --browser firefox` tests all in Firefox, and `--browser webkit` the main ways in WebKit.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, firefox } from "./browsers.mjs";
import { buildAll } from "./build.mjs";
import { commandLine } from "./command-line.mjs";
import { isStarted, main, root, run, step, StepFailed } from "./step.mjs";

/** Runs the end-to-end tests on the built page in a browser, with Node's test runner. */
export async function e2e(browser = "chromium") {
  const env = { NUCLEOSCOPE: await commandLine(), E2E_BROWSER: browser };
  if (browser === "chromium") env.CHROME = await chromium();
  if (browser !== "webkit") env.FIREFOX = await firefox();
  const folder = join(root, "tests/e2e");
  const all = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
  const files = browser === "webkit" ? [join("webkit", "main-ways.test.mjs")] : all.sort();
  // Two files at a time: each waits for its page most of the time.
  await step(`End-to-end tests in ${[env.CHROME, env.FIREFOX].filter(Boolean).join(" and ") || browser}`, () =>
    run(process.execPath, ["--test", "--test-concurrency=2", ...files.map((name) => join(folder, name))], { env }),
  );
}

/** The browser in `--browser NAME`. */
function chosenBrowser([option, name, ...others]) {
  if (option === undefined) return undefined;
  if (option === "--browser" && others.length === 0 && ["chromium", "firefox", "webkit"].includes(name)) return name;
  throw new StepFailed("Use: npm run e2e -- --browser chromium|firefox|webkit");
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    const browser = chosenBrowser(process.argv.slice(2));
    await buildAll({ quick: true });
    await e2e(browser);
  });
}
