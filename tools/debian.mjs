/** Packages of Debian and its relatives, where this process may install them. */
import { output, run } from "./step.mjs";

/** Whether {@link install} has a chance. */
export function canInstall() {
  return process.getuid?.() === 0 && output("apt-get", ["--version"]) !== undefined;
}

/** Installs packages, without what they merely recommend. */
export async function install(...packages) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "--quiet"], { env });
  await run("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...packages], { env });
}
