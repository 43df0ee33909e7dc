/** Virtual environments with pinned packages, for the tools that run in Python. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canInstall, install } from "./debian.mjs";
import { output, root, run, StepFailed } from "./step.mjs";

const windows = process.platform === "win32";

/**
 * Creates an environment in `target/` and returns its Python; it is created again when the pinned versions change.
 * `user` names what needs it, for the message if there is no Python.
 */
export async function pythonEnvironment({ name, requirements, user }) {
  const environment = join(root, "target", name);
  const python = windows ? join(environment, "Scripts/python.exe") : join(environment, "bin/python");
  const pins = join(root, requirements);
  const stamp = join(environment, "requirements.sha256");
  const current = createHash("sha256").update(readFileSync(pins)).digest("hex");
  const isCurrent = existsSync(stamp) && readFileSync(stamp, "utf8") === current;
  if (isCurrent && output(python, ["--version"]) !== undefined) return python;
  let system = pythonWithVenv();
  if (system === undefined && canInstall()) {
    await install("python3", "python3-venv");
    system = pythonWithVenv();
  }
  if (system === undefined) {
    throw new StepFailed(
      `${user} need Python 3.11 or later with its venv module and found none. Install it (on Debian: apt install python3-venv).`,
    );
  }
  rmSync(environment, { recursive: true, force: true });
  await run(system, ["-m", "venv", environment]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", pins]);
  writeFileSync(stamp, current);
  return python;
}

function pythonWithVenv() {
  const test = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  return ["python3", "/usr/bin/python3", "python"].find((name) => output(name, ["-c", test]) !== undefined);
}
