/** Finds a Chromium to run the page in, or installs one where that is possible. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { canInstall, install } from "./debian.mjs";
import { step, StepFailed } from "./step.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/** The browser's path. */
export async function chromium() {
  const asked = process.env.CHROME;
  if (asked !== undefined && asked !== "") {
    if (existsSync(asked)) return asked;
    throw new StepFailed(`CHROME is set to ${asked}, which does not exist.`);
  }
  const found = installed();
  if (found !== undefined) return found;
  if (canInstall()) {
    await step("Chromium", () => install("chromium"));
    const now = installed();
    if (now !== undefined) return now;
  }
  throw new StepFailed(
    "Chromium or Chrome is needed to run the page in, and none was found. Install one, or set CHROME to its path.",
  );
}

function installed() {
  const { env, platform } = process;
  const folders = (env.PATH ?? "").split(platform === "win32" ? ";" : ":").filter((folder) => folder !== "");
  const candidates = folders.flatMap((folder) =>
    names.map((name) => join(folder, platform === "win32" ? `${name}.exe` : name)),
  );
  for (const folder of ["/usr/bin", "/usr/local/bin", "/snap/bin"]) {
    candidates.push(...names.map((name) => join(folder, name)));
  }
  for (const folder of ["/Applications", join(env.HOME ?? "/", "Applications")]) {
    for (const name of ["Google Chrome", "Chromium", "Microsoft Edge"]) {
      candidates.push(join(folder, `${name}.app`, "Contents", "MacOS", name));
    }
  }
  for (const folder of [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA]) {
    if (folder === undefined) continue;
    candidates.push(join(folder, "Google", "Chrome", "Application", "chrome.exe"));
    candidates.push(join(folder, "Chromium", "Application", "chrome.exe"));
    candidates.push(join(folder, "Microsoft", "Edge", "Application", "msedge.exe"));
  }
  return candidates.find((path) => existsSync(path));
}
