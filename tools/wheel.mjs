/** Builds the Python package, installs it in an environment of its own and tests it: `npm run wheel`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine } from "./command-line.mjs";
import { licences, xtask } from "./licences.mjs";
import { pythonEnvironment } from "./python.mjs";
import { setUp } from "./setup.mjs";
import { isStarted, main, root, run, step, StepFailed } from "./step.mjs";

const crate = "crates/python";
const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
const stub = join(crate, "python/nucleoscope/_nucleoscope.pyi");
const wheels = join(root, "target/python");
/** A released wheel has at most this many bytes. */
const largestWheel = 10_000_000;

/** The environment of the tests, with maturin. */
export async function wheelEnvironment() {
  return pythonEnvironment({
    name: "wheel-venv",
    requirements: `${crate}/tests/requirements.txt`,
    user: "The tests of the Python package",
  });
}

/** Builds the wheel and returns its path. */
async function build(python, { release = false } = {}) {
  rmSync(wheels, { recursive: true, force: true });
  // `license-files` in pyproject.toml puts it into the wheel.
  writeFileSync(join(root, crate, licences), xtask("licences", "nucleoscope-python", "host"));
  const options = ["--manifest-path", `${crate}/Cargo.toml`, "--out", wheels, "--interpreter", python];
  const size = release ? ["--release", "--strip", "--compression-level", "9"] : ["--compression-level", "1"];
  // Rust's linker there can merge functions with the same code: 8 % of the wheel.
  const hasRustLinker = process.platform === "linux" && process.arch === "x64";
  const linker = release && hasRustLinker ? ["--", "-C", "link-arg=-Wl,--icf=all"] : [];
  await run(python, ["-m", "maturin", "build", "--quiet", ...size, ...options, ...linker], {
    // The folder of this computer is in the wheel otherwise.
    env: release ? { CARGO_BUILD_RUSTFLAGS: `--remap-path-prefix=${join(cargoHome, "registry", "src")}=crates` } : {},
  });
  const wheel = join(
    wheels,
    readdirSync(wheels).find((name) => name.endsWith(".whl")),
  );
  console.log(`${wheel}: ${(statSync(wheel).size / 1e6).toFixed(1)} MB`);
  if (release && statSync(wheel).size > largestWheel) {
    throw new StepFailed(`The wheel is larger than ${largestWheel / 1e6} MB.`);
  }
  return wheel;
}

/** Compares the type stub with the module, or writes it. */
async function checkStub(python, { write = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "nucleoscope-stub-"));
  try {
    const options = ["--manifest-path", `${crate}/Cargo.toml`, "--out", folder, "--interpreter", python];
    await run(python, ["-m", "maturin", "generate-stubs", "--quiet", ...options]);
    const file = readdirSync(folder, { recursive: true }).find((name) => name.endsWith(".pyi"));
    const generated = readFileSync(join(folder, file), "utf8");
    const path = join(root, stub);
    if (write) writeFileSync(path, generated);
    else if (!existsSync(path) || readFileSync(path, "utf8") !== generated) {
      throw new StepFailed(`${stub} is out of date: npm run wheel -- --write-stub`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs a wheel in the environment. */
async function install(python, wheel) {
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--force-reinstall"];
  await run(python, ["-m", "pip", "install", ...options, wheel]);
}

/** Builds the wheel as it is released and installs it; returns the Python that has it. */
export async function releasedWheel() {
  const python = await wheelEnvironment();
  await install(python, await build(python, { release: true }));
  return python;
}

/** Tests the package; `python` is that of the environment. */
export async function wheelTests(python) {
  const program = await commandLine();
  await step("Python package", async () => {
    const wheel = await build(python);
    await checkStub(python);
    await install(python, wheel);
    const env = { NUCLEOSCOPE: program, PYTHONDONTWRITEBYTECODE: "1" };
    const pytest = ["-m", "pytest", "-p", "no:cacheprovider"];
    await run(python, [...pytest, `${crate}/tests`], { env });
    await run(python, [...pytest, "--nbmake", "docs/notebooks"], { env });
  });
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    const python = await wheelEnvironment();
    const options = process.argv.slice(2);
    if (options.includes("--write-stub")) await checkStub(python, { write: true });
    else if (options.includes("--release")) await build(python, { release: true });
    else await wheelTests(python);
  });
}
