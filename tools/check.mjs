/** Formatting, lints and types of every language. Run by itself: `npm run check`. */
import { buildWasm } from "./build.mjs";
import { pythonEnvironment } from "./python.mjs";
import { addLinters, setUp, wasmTarget } from "./setup.mjs";
import { isStarted, main, run, runScript, step } from "./step.mjs";

/** The packages that become WebAssembly: with code that no other target compiles. */
const wasmPackages = ["nucleoscope", "nucleoscope-bench", "nucleoscope-kernels"];

const denyWarnings = ["--", "-D", "warnings"];

/** Formatting and lints of everything that needs no WebAssembly module to be there. */
export async function lint() {
  await addLinters();
  await step("Rust formatting", () => run("cargo", ["fmt", "--all", "--check"]));
  await step("TypeScript, JavaScript and CSS lints", () =>
    runScript("@biomejs/biome/bin/biome", ["lint", "--error-on-warnings", "."]),
  );
  await lintPython();
  await step("Rust lints", () =>
    run("cargo", ["clippy", "--workspace", "--all-targets", "--features", "cli", ...denyWarnings]),
  );
  await step("Rust lints, WebAssembly", () =>
    run("cargo", [
      "clippy",
      ...wasmPackages.flatMap((name) => ["--package", name]),
      ...["--lib", "--target", wasmTarget],
      ...denyWarnings,
    ]),
  );
}

/** Formatting and lints of the Python code; it is not run, so that none of its libraries are needed. */
async function lintPython() {
  await step("Python formatting and lints", async () => {
    const python = await pythonEnvironment({
      name: "lint-venv",
      requirements: "tools/lint-requirements.txt",
      user: "The lints",
    });
    await run(python, ["-m", "ruff", "check", "."]);
    await run(python, ["-m", "ruff", "format", "--check", "."]);
  });
}

/** Types of the page's code and of the tests, which need those that come with the WebAssembly module. */
export async function checkTypes() {
  await step("TypeScript types", async () => {
    for (const project of [".", "tests"]) await runScript("typescript/bin/tsc", ["--noEmit", "--project", project]);
  });
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await lint();
    await buildWasm();
    await checkTypes();
  });
}
