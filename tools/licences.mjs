/** Collects the licences of the libraries that are in built scripts, from the list of files that esbuild used. */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { root, StepFailed } from "./step.mjs";

/** The file with the licences, beside the scripts. */
export const licences = "THIRD-PARTY-LICENSES.txt";

/** The notices of all libraries of which these metafiles contain code. */
export function noticesOf(metafiles) {
  const used = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    ),
  );
  const folders = new Set(used.flatMap((path) => folderOf(path) ?? []));
  const notices = [...folders].sort().map(noticeOf);
  const title = "The scripts in this folder contain code of these libraries.\n";
  return [title, ...notices].join(`\n${"-".repeat(72)}\n\n`);
}

/** The folder of the library that a file belongs to; undefined for our own. */
function folderOf(path) {
  const parts = path.split(/[/\\]/);
  const place = parts.lastIndexOf("node_modules");
  if (place < 0) return undefined;
  const isScoped = parts[place + 1].startsWith("@");
  return join(root, parts.slice(0, place + (isScoped ? 3 : 2)).join(sep));
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new StepFailed(`${name} has no file with its licence.`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
