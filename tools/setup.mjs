/** Installs what the build needs on a machine that has rustup and Node. */
import { existsSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { output, root, run, step, StepFailed } from "./step.mjs";

/** Rust's target for the browser. */
export const wasmTarget = "wasm32-unknown-unknown";

/** Installs the WebAssembly target and the packages in the lock file, if they are missing. */
export async function setUp() {
  await step("Set-up", async () => {
    const [major, minor] = process.versions.node.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 19)) {
      throw new StepFailed(`Node ${process.versions.node} is too old; install Node 20.19 or newer.`);
    }
    if (output("cargo", ["--version"]) === undefined) {
      throw new StepFailed("Rust is missing: install it with rustup, open a new terminal and try again.");
    }
    await addTarget();
    await installPackages();
  });
}

async function addTarget() {
  const library = output("rustc", ["--print", "target-libdir", "--target", wasmTarget])?.trim();
  if (library !== undefined && existsSync(library)) return;
  if (output("rustup", ["--version"]) === undefined) {
    throw new StepFailed(`Rust's ${wasmTarget} target is missing and so is rustup, which would add it.`);
  }
  await run("rustup", ["target", "add", wasmTarget]);
}

/** Installs the packages in a folder's lock file, if they are not installed already. */
export async function installPackages(folder = ".") {
  // npm writes this file at the end of a successful installation.
  const installed = join(root, folder, "node_modules", ".package-lock.json");
  const lock = join(root, folder, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  await run("npm", ["ci", "--no-audit", "--no-fund", "--prefix", folder]);
  const now = new Date();
  utimesSync(installed, now, now);
}

/** Adds rustfmt and clippy to a minimal toolchain. */
export async function addLinters() {
  for (const [command, component] of [
    ["cargo-fmt", "rustfmt"],
    ["cargo-clippy", "clippy"],
  ]) {
    if (output(command, ["--version"]) === undefined) await run("rustup", ["component", "add", component]);
  }
}
