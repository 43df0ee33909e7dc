/** Builds the command line for the tools. */
import { output, step, StepFailed } from "./step.mjs";

/** Cargo's options for the packages that `npm test` tests, always together. */
export const testedPackages = ["nucleoscope", "nucleoscope-bench", "nucleoscope-cli"].flatMap((name) => [
  "--package",
  name,
]);

/**
 * Builds the command line and returns its path. It is built like its tests, together with the same packages: a
 * separate build would select other features of the dependencies and compile all of them again.
 */
export async function commandLine() {
  return step("Command line", () => {
    const build = ["test", "--no-run", "--quiet", ...testedPackages, "--test", "command_line"];
    const messages = output("cargo", [...build, "--message-format", "json-render-diagnostics"], { errors: "inherit" });
    const program = messages
      ?.split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
      .findLast((message) => message.executable && message.target.kind.includes("bin"))?.executable;
    if (program === undefined) throw new StepFailed("The command line could not be built.");
    return program;
  });
}
