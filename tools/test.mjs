/** `npm test`: all set-up and every test. */
import { bundle } from "./build.mjs";
import { check } from "./check.mjs";
import { chromium } from "./chromium.mjs";
import { e2e } from "./e2e.mjs";
import { nodeTests } from "./node-tests.mjs";
import { setUp } from "./setup.mjs";
import { main, run, step } from "./step.mjs";

await main(async () => {
  await setUp();
  // Asked for first: a missing browser should not show only after minutes of compiling.
  await chromium();
  await check();
  await step("Rust tests", () => run("cargo", ["test", "--features", "cli"]));
  await nodeTests("Page tests", "tests/page");
  await nodeTests("WebAssembly tests", "tests/wasm");
  await bundle();
  await e2e();
  console.log("\nEverything passed.");
});
