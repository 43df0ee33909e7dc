/**
 * Checks formatting, lints, types and documentation of every language: `npm run check`. With `-- --advisories`, it also
 * looks up the dependencies in the databases of known vulnerabilities, which takes a network and changes with the day.
 */
import { dirname, join } from "node:path";
import { buildWasm } from "./build.mjs";
import { buildFuzzWasm, fuzzWasm } from "./fuzz.mjs";
import { pythonEnvironment } from "./python.mjs";
import { addLinters, setUp, wasmTarget } from "./setup.mjs";
import { isStarted, main, output, run, runScript, step } from "./step.mjs";
import { words } from "./words.mjs";

/** The packages that are compiled to WebAssembly: they have code that no other target compiles. */
const wasmPackages = ["nucleoscope-wasm", "nucleoscope-bench", "nucleoscope-kernels"];

const denyWarnings = ["--", "-D", "warnings"];

/** Checks the formatting and lints that do not need the WebAssembly module. */
export async function lint() {
  await addLinters();
  const program = await linters();
  await step("Spelling", () => run(program("typos"), []));
  await words();
  await step("TypeScript, JavaScript, JSON, CSS and HTML", () =>
    runScript("@biomejs/biome/bin/biome", ["ci", "--error-on-warnings", "."]),
  );
  await step("Python", async () => {
    await run(program("ruff"), ["check", "."]);
    await run(program("ruff"), ["format", "--check", "."]);
  });
  await step("Rust formatting", () => run("cargo", ["fmt", "--all", "--check"]));
  await step("Rust lints", () => run("cargo", ["clippy", "--workspace", "--all-targets", ...denyWarnings]));
  await step("Rust documentation and public API", () => run("cargo", ["xtask", "public-api"]));
}

/** Installs the linters that are Python packages; returns a function from a program's name to its path. */
async function linters() {
  const python = await pythonEnvironment({
    name: "lint-venv",
    requirements: "tools/lint-requirements.txt",
    user: "The lints",
  });
  return (name) => join(dirname(python), process.platform === "win32" ? `${name}.exe` : name);
}

/** Checks what compiles all dependencies once more, so that `npm test` leaves it out: the library without features, and the code that only WebAssembly has. */
async function lintOtherBuilds() {
  await step("Rust lints, library without features", () =>
    run("cargo", ["clippy", "--package", "nucleoscope", "--no-default-features", "--lib", ...denyWarnings]),
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

/** Checks the types of the code for browsers, of the code for Node, and of the tests, which need the types of the WebAssembly module. */
export async function checkTypes() {
  await step("TypeScript types", async () => {
    const projects = [".", "packages/nucleoscope/tsconfig.node.json", "www/tsconfig.service-worker.json", "tests"];
    for (const project of projects) await runScript("typescript/bin/tsc", ["--noEmit", "--project", project]);
  });
}

/** Checks licences and sources of the Rust dependencies and, if requested, the advisories on all dependencies. */
async function checkDependencies({ advisories }) {
  const program = await linters();
  const kinds = ["bans", "licenses", "sources", ...(advisories ? ["advisories"] : [])];
  await step("Rust dependencies", () => run(program("cargo-deny"), ["--workspace", "check", ...kinds]));
  // Those of the benchmarks have their own list, and are in nothing that is published.
  if (advisories) await step("npm packages", () => run("npm", ["audit"]));
}

/** Runs the training project's tests if PyTorch is installed. It has several gigabytes, so nothing here installs it. */
async function testTraining() {
  const python = ["python3", "python"].find((name) => output(name, ["-c", "import onnx, pytest, torch"]) !== undefined);
  await step("Training tests", async () => {
    if (python === undefined) console.log("skipped: found no Python with torch, onnx and pytest");
    else await run(python, ["-m", "pytest", "-p", "no:cacheprovider", "--quiet", "model/training/tests"]);
  });
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await lint();
    await lintOtherBuilds();
    await checkDependencies({ advisories: process.argv.includes("--advisories") });
    await buildWasm({ quick: true });
    await checkTypes();
    await buildFuzzWasm();
    await step("Fuzzing in WebAssembly", () => fuzzWasm({ cases: 1500, without: ["model"] }));
    await testTraining();
  });
}
