/** Finds the browsers for the tests, or installs them if possible. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { canInstall, install } from "./debian.mjs";
import { step, StepFailed } from "./step.mjs";

/** The path of Chromium, Chrome or Edge. */
export const chromium = () =>
  find({
    title: "Chromium",
    variable: "CHROME",
    debian: "chromium",
    commands: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"],
    applications: ["Google Chrome", "Chromium", "Microsoft Edge"].map((name) => [
      `${name}.app`,
      "Contents",
      "MacOS",
      name,
    ]),
    programs: [
      ["Google", "Chrome", "Application", "chrome.exe"],
      ["Chromium", "Application", "chrome.exe"],
      ["Microsoft", "Edge", "Application", "msedge.exe"],
    ],
  });

/** The path of Firefox. */
export const firefox = () =>
  find({
    title: "Firefox",
    variable: "FIREFOX",
    debian: "firefox-esr",
    commands: ["firefox", "firefox-esr"],
    applications: [["Firefox.app", "Contents", "MacOS", "firefox"]],
    programs: [["Mozilla Firefox", "firefox.exe"]],
  });

/**
 * A browser's path: from an environment variable, of an installed browser, or of Debian's package, which is installed.
 * `commands` are searched in PATH, `applications` in macOS's application folders, `programs` in Windows' program folders.
 */
async function find({ title, variable, debian, ...places }) {
  const asked = process.env[variable];
  if (asked !== undefined && asked !== "") {
    if (existsSync(asked)) return asked;
    throw new StepFailed(`${variable} is set to ${asked}, which does not exist.`);
  }
  const found = installed(places);
  if (found !== undefined) return found;
  if (canInstall()) {
    await step(title, () => install(debian));
    const now = installed(places);
    if (now !== undefined) return now;
  }
  throw new StepFailed(
    `${title} is needed to run the page in, and none was found. Install one, or set ${variable} to its path.`,
  );
}

/** The path of a program that is installed in one of its usual places, or undefined. */
export function installed({ commands, applications, programs }) {
  const { env, platform } = process;
  const folders = (env.PATH ?? "").split(platform === "win32" ? ";" : ":").filter((folder) => folder !== "");
  const candidates = folders.flatMap((folder) =>
    commands.map((name) => join(folder, platform === "win32" ? `${name}.exe` : name)),
  );
  for (const folder of ["/usr/bin", "/usr/local/bin", "/snap/bin"]) {
    candidates.push(...commands.map((name) => join(folder, name)));
  }
  for (const folder of ["/Applications", join(env.HOME ?? "/", "Applications")]) {
    candidates.push(...applications.map((path) => join(folder, ...path)));
  }
  for (const folder of [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA]) {
    if (folder !== undefined) candidates.push(...programs.map((path) => join(folder, ...path)));
  }
  return candidates.find((path) => existsSync(path));
}
