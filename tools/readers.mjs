/** Tests the exports with programs that read them, ImageJ and Python libraries: `npm run readers`. */
import { existsSync } from "node:fs";
import { commandLine } from "./command-line.mjs";
import { canInstall, install } from "./debian.mjs";
import { pythonEnvironment } from "./python.mjs";
import { setUp } from "./setup.mjs";
import { isStarted, main, output, run, step, StepFailed } from "./step.mjs";

const setUpPython = () =>
  pythonEnvironment({
    name: "readers-venv",
    requirements: "tests/readers/requirements.txt",
    user: "The reader tests",
  });

/** Installs what the reader tests need; returns their Python and their environment variables. */
export async function readers() {
  return step("Readers", async () => {
    const python = await setUpPython();
    return { python, variables: await imagej() };
  });
}

/** Runs the reader tests with the result of `readers`. */
export async function readerTests({ python, variables }) {
  const program = await commandLine();
  const options = ["-p", "no:cacheprovider", "-W", "ignore:__array__:DeprecationWarning"];
  const env = { ...variables, NUCLEOSCOPE: program, PYTHONDONTWRITEBYTECODE: "1" };
  await step("Reader tests", () => run(python, ["-m", "pytest", ...options, "tests/readers"], { env }));
}

/** The paths of the Java archives of ImageJ and BeanShell, as environment variables. */
export async function imagej() {
  let found = javaArchives();
  if (found === undefined && canInstall()) {
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
  const isThere =
    output("java", ["-version"]) !== undefined && Object.values(archives).every((path) => existsSync(path));
  return isThere ? archives : undefined;
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await readerTests(await readers());
  });
}
