/** Builds the command line for the tools. */
import { output, step, StepFailed } from "./step.mjs";

/** Cargo's options for the packages that `npm test` tests, always together. */
export const testedPackages = ["nucleoscope", "nucleoscope-bench", "nucleoscope-cli", "nucleoscope-fuzz"].flatMap(
  (name) => ["--package", name],
);

/**
 * Builds the command line and returns its path. It is built like its tests, together with the same packages: a
 * separate build would select other features of the dependencies and compile all of them again. With `release`, it is
 * built as it is released.
 */
export async function commandLine({ release = false } = {}) {
  const build = release
    ? ["build", "--release", "--package", "nucleoscope-cli"]
    : ["test", "--no-run", ...testedPackages, "--test", "command_line"];
  return step("Command line", () => {
    const program = programBuiltBy(
      [...build, "--quiet"],
      ({ name, kind }) => name === "nucleoscope" && kind.includes("bin"),
    );
    if (program === undefined) throw new StepFailed("The command line could not be built.");
    return program;
  });
}

/** Runs `cargo` and returns the path of the last program among what it built whose target the condition accepts. */
export function programBuiltBy(options, condition) {
  return output("cargo", [...options, "--message-format", "json-render-diagnostics"], { errors: "inherit" })
    ?.split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .findLast((message) => message.executable && condition(message.target))?.executable;
}
