/** Steps of the build: prints a header and the time, and stops at the first failure. */
import { spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository's root folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";

/** The failure of a step; its message is all that the user needs. */
export class StepFailed extends Error {}

/** Runs one step under a header and prints how long it took. */
export async function step(title, work) {
  console.log(`\n── ${title}`);
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  try {
    const result = await work();
    console.log(`── ${title}: done in ${seconds()} s`);
    return result;
  } catch (error) {
    console.error(`── ${title}: FAILED after ${seconds()} s`);
    throw error;
  }
}

/** Waits for all steps, then fails if any of them failed. */
export async function together(...steps) {
  const failed = (await Promise.allSettled(steps)).find(({ status }) => status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Whether a module is the script that was passed to Node. */
export function isStarted(moduleUrl) {
  const [, script] = process.argv;
  return script !== undefined && pathToFileURL(realpathSync(script)).href === moduleUrl;
}

/** Runs a script's steps; exits with code 1 if one fails. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof StepFailed ? `\n${error.message}` : error);
    process.exit(1);
  }
}

/** Runs a command in the repository's root and shows its output; fails if the command fails. */
export function run(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(executable(command), args, {
      cwd: root,
      stdio: quiet ? ["ignore", "ignore", "inherit"] : ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
      shell: windows && command === "npm",
    });
    child.on("error", () => reject(new StepFailed(`"${command}" could not be started. Is it installed?`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new StepFailed(`"${command} ${args.join(" ")}" failed (${signal ?? `exit code ${code}`}).`));
    });
  });
}

/** Runs a script of an installed npm package; `script` is its path in `node_modules`. */
export function runScript(script, args) {
  return run(process.execPath, [join(root, "node_modules", script), ...args]);
}

/** A command's standard output, or undefined if it cannot be run or fails. */
export function output(command, args, { errors = "ignore" } = {}) {
  const stdio = ["ignore", "pipe", errors];
  const result = spawnSync(executable(command), args, { cwd: root, encoding: "utf8", stdio, maxBuffer: 1 << 28 });
  return result.status === 0 ? result.stdout : undefined;
}

function executable(command) {
  return windows && command === "npm" ? "npm.cmd" : command;
}
