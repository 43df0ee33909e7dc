/** Installs packages on Debian and its derivatives, if this process may. */
import { output, run } from "./step.mjs";

/** Whether {@link install} can be used. */
export function canInstall() {
  return process.getuid?.() === 0 && output("apt-get", ["--version"]) !== undefined;
}

/** Installs packages without recommended ones. */
export async function install(...packages) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "--quiet"], { env });
  await run("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...packages], { env });
}
