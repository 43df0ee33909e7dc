/** Checks that the project does not use the words that `tools/words.json` replaces. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { isStarted, main, root, StepFailed, step } from "./step.mjs";

/**
 * An entry of `tools/words.json`: a regular expression, matched as whole words in any case, and what to write instead.
 * `except` lists the files that have to use the word, for example because they test that an old name is still read.
 * @typedef {{ pattern: string, say: string, enabled: boolean, except?: string[] }} Entry
 */

const skippedFolders = new Set(["node_modules", "target", "dist", "wasm", "fixtures"]);

/** The parts of a file that are checked: prose without quoted code, and TypeScript and HTML as a whole. */
const checkedPartsOf = {
  ".md": withoutCode,
  ".html": (lines) => lines,
  ".ts": (lines) => lines,
  ".rs": (lines) => withoutCode(lines.map((line) => /^\s*\/\/[/!]?(.*)/.exec(line)?.[1] ?? "")),
};

/** Lines of Markdown with empty strings in the place of code: fenced blocks, and what is between backticks. */
function withoutCode(lines) {
  let isFenced = false;
  return lines.map((line) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isFenced = !isFenced;
    return isFence || isFenced ? "" : line.replace(/`[^`]*`/g, "``");
  });
}

/** The enabled entries, with compiled patterns. */
export function rulesOf(entries) {
  return entries
    .filter(({ enabled }) => enabled)
    .map(({ pattern, say, except = [] }) => ({
      pattern: new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, "gi"),
      say,
      except,
    }));
}

/**
 * The listed words that a file contains; `name` is its path from the repository's root.
 * @returns {{ line: number, found: string, say: string }[]}
 */
export function findingsIn(name, text, rules) {
  const checkedParts = checkedPartsOf[extname(name)];
  if (checkedParts === undefined) return [];
  const applicable = rules.filter(({ except }) => !except.includes(name));
  return checkedParts(text.split("\n")).flatMap((content, index) =>
    applicable.flatMap(({ pattern, say }) =>
      [...content.matchAll(pattern)].map(([found]) => ({ line: index + 1, found, say })),
    ),
  );
}

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !entry.name.startsWith(".") && !skippedFolders.has(entry.name))
      yield* filesIn(path);
  }
}

/** Fails when a file contains a listed word. */
export async function words() {
  await step("Words", () => {
    const rules = rulesOf(JSON.parse(readFileSync(join(root, "tools/words.json"), "utf8")));
    const lines = [...filesIn(root)].flatMap((path) => {
      const name = relative(root, path).replaceAll(sep, "/");
      return findingsIn(name, readFileSync(path, "utf8"), rules).map(
        ({ line, found, say }) => `${name}:${line}: "${found}": say ${say}`,
      );
    });
    for (const line of lines) console.error(line);
    if (lines.length > 0) throw new StepFailed(`${lines.length} words to replace; the list is tools/words.json.`);
  });
}

if (isStarted(import.meta.url)) await main(words);
