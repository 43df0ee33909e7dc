/** `npm test`: sets up and runs every test. */
import { chromium, firefox } from "./browsers.mjs";
import { buildWasm, bundle } from "./build.mjs";
import { checkTypes, lint } from "./check.mjs";
import { testedPackages } from "./command-line.mjs";
import { e2e } from "./e2e.mjs";
import { packageTests } from "./pack-test.mjs";
import { readers, readerTests } from "./readers.mjs";
import { setUp } from "./setup.mjs";
import { main, run, runScript, step, together } from "./step.mjs";
import { wheelEnvironment, wheelTests } from "./wheel.mjs";
import { workflows, workflowTests } from "./workflows.mjs";

const rustTests = ["test", ...testedPackages];

await main(async () => {
  await setUp();
  // First, so that a missing browser or reader is reported before minutes of compiling.
  await chromium();
  await firefox();
  const outside = await readers();
  const python = await step("Python environment", wheelEnvironment);
  const forWorkflows = await workflows();
  await lint();
  // Both have long phases on one core: in parallel they take two thirds of the time.
  await together(
    buildWasm({ quick: true }),
    step("Rust tests, compiled", () => run("cargo", [...rustTests, "--no-run"])),
  );
  await checkTypes();
  await step("Rust tests", () => run("cargo", rustTests));
  await readerTests(outside);
  await wheelTests(python);
  await workflowTests(forWorkflows);
  await step("Page, benchmark, tool and WebAssembly tests", () => runScript("vitest/vitest.mjs", ["run"]));
  await bundle();
  await packageTests();
  await e2e();
  console.log("\nEverything passed.");
});
