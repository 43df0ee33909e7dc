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
  // First, so that a missing browser is reported before minutes of compiling.
  await chromium();
  await firefox();
  // Packages are installed one after the other, because apt has a lock, while the lints compile.
  const install = async () => ({
    outside: await readers(),
    python: await step("Python environment", wheelEnvironment),
    forWorkflows: await workflows(),
  });
  const installed = install();
  await together(lint(), installed);
  const { outside, python, forWorkflows } = await installed;
  // Both have long phases on one core: in parallel they take two thirds of the time.
  await together(
    buildWasm({ quick: true }),
    step("Rust tests, compiled", () => run("cargo", [...rustTests, "--no-run"])),
  );
  await checkTypes();
  await step("Rust tests", () => run("cargo", rustTests));
  // The Python package is compiled for minutes; the others are programs in one thread.
  const others = async () => {
    await readerTests(outside);
    await workflowTests(forWorkflows);
    await step("Page, benchmark, tool and WebAssembly tests", () => runScript("vitest/vitest.mjs", ["run"]));
  };
  await together(wheelTests(python), others());
  await bundle();
  await packageTests();
  await e2e();
  console.log("\nEverything passed.");
});
