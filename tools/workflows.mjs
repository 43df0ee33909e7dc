/** Tests the workflows, the container's file, the release archive and the scripts for QuPath and Fiji: `npm run workflows`. */
import { commandLine } from "./command-line.mjs";
import { canInstall, install } from "./debian.mjs";
import { pythonEnvironment } from "./python.mjs";
import { imagej } from "./readers.mjs";
import { setUp } from "./setup.mjs";
import { isStarted, main, output, run, step, StepFailed } from "./step.mjs";

/** Installs what the tests of workflows need; returns their Python and their environment variables. */
export async function workflows() {
  return step("Workflows", async () => {
    const python = await pythonEnvironment({
      name: "workflows-venv",
      requirements: "tests/workflows/requirements.txt",
      user: "The tests of workflows",
    });
    const variables = await imagej();
    const hasGroovy = () => output("groovy", ["--version"]) !== undefined;
    if (!hasGroovy() && canInstall()) await install("groovy");
    if (!hasGroovy()) {
      throw new StepFailed("The tests of workflows need Groovy. Install it (on Debian: apt install groovy).");
    }
    return { python, variables };
  });
}

/** Runs the tests of workflows with the result of `workflows`. */
export async function workflowTests({ python, variables }) {
  const program = await commandLine();
  const env = { ...variables, NUCLEOSCOPE: program, PYTHONDONTWRITEBYTECODE: "1" };
  await step("Workflow tests", () =>
    run(python, ["-m", "pytest", "-p", "no:cacheprovider", "tests/workflows"], { env }),
  );
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await workflowTests(await workflows());
  });
}
