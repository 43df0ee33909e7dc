/** The command line, built for the tools. */
import { output, step, StepFailed } from "./step.mjs";

/**
 * Builds the command line and returns its path. It is built as one of its own tests builds it: a plain
 * build chooses other features for the dependencies and would compile them all once more.
 */
export async function commandLine() {
  return step("Command line", () => {
    const build = ["test", "--no-run", "--quiet", "--package", "nucleoscope-cli", "--test", "command_line"];
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
