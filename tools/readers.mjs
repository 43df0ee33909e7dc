/** The exports in the programs that read them: ImageJ and Python's libraries. By itself: `npm run readers`. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "./command-line.mjs";
import { setUp } from "./setup.mjs";
import { isStarted, main, output, root, run, step, StepFailed } from "./step.mjs";

const requirements = join(root, "tests/readers/requirements.txt");
const environment = join(root, "target/readers-venv");
const windows = process.platform === "win32";
const python = windows ? join(environment, "Scripts/python.exe") : join(environment, "bin/python");

const asRootOnDebian = () => process.getuid?.() === 0 && output("apt-get", ["--version"]) !== undefined;

async function install(...packages) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "--quiet"], { env });
  await run("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...packages], { env });
}

/** Makes what the reader tests need; returns the variables they ask for. */
export async function readers() {
  return step("Readers", async () => {
    await setUpPython();
    return imagej();
  });
}

/** Runs the reader tests with what `readers` returned. */
export async function readerTests(variables) {
  const program = await commandLine();
  const options = ["-p", "no:cacheprovider", "-W", "ignore:__array__:DeprecationWarning"];
  const env = { ...variables, NUCLEOSCOPE: program, PYTHONDONTWRITEBYTECODE: "1" };
  await step("Reader tests", () => run(python, ["-m", "pytest", ...options, "tests/readers"], { env }));
}

/** A virtual environment with the pinned packages; made anew when the pins change. */
async function setUpPython() {
  const stamp = join(environment, "requirements.sha256");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && output(python, ["--version"]) !== undefined) return;
  let system = pythonWithVenv();
  if (system === undefined && asRootOnDebian()) {
    await install("python3", "python3-venv");
    system = pythonWithVenv();
  }
  if (system === undefined) {
    throw new StepFailed(
      "The reader tests need Python 3.11 or later with its venv module and found none. Install it (on Debian: apt install python3-venv).",
    );
  }
  rmSync(environment, { recursive: true, force: true });
  await run(system, ["-m", "venv", environment]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements]);
  writeFileSync(stamp, wanted);
}

function pythonWithVenv() {
  const test = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  return ["python3", "/usr/bin/python3", "python"].find((name) => output(name, ["-c", test]) !== undefined);
}

/** Where the Java archives of ImageJ and BeanShell are. */
async function imagej() {
  let found = javaArchives();
  if (found === undefined && asRootOnDebian()) {
    await install("libij-java", "libbsh-java", "default-jre-headless");
    found = javaArchives();
  }
  if (found === undefined) {
    throw new StepFailed(
      "The reader tests need Java, ImageJ and BeanShell. Install them (on Debian: apt install libij-java libbsh-java default-jre-headless), or set IMAGEJ_JAR and BEANSHELL_JAR to ij.jar and bsh.jar.",
    );
  }
  return found;
}

function javaArchives() {
  const archives = {
    IMAGEJ_JAR: process.env.IMAGEJ_JAR ?? "/usr/share/java/ij.jar",
    BEANSHELL_JAR: process.env.BEANSHELL_JAR ?? "/usr/share/java/bsh.jar",
  };
  const isThere = output("java", ["-version"]) !== undefined && Object.values(archives).every((path) => existsSync(path));
  return isThere ? archives : undefined;
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await readerTests(await readers());
  });
}
