/** The command line, built for the tools. */
import { output, step, StepFailed } from "./step.mjs";

/** Options of Cargo: the packages that `npm test` tests, always together. */
export const testedPackages = ["nucleoscope", "nucleoscope-bench", "nucleoscope-cli"].flatMap((name) => [
  "--package",
  name,
]);

/**
 * Builds the command line and returns its path. It is built as its tests are, together with the same packages: a
 * build by itself chooses other features for the dependencies and would compile them all once more.
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
