/** Words that the project does not use, with those that it uses in their place: `tools/words.json`. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { isStarted, main, root, StepFailed, step } from "./step.mjs";

const skippedFolders = new Set(["node_modules", "target", "dist", "wasm", "fixtures"]);

/** The lines of a file that are prose: of Rust the comments, of everything else all. */
const proseOf = {
  ".md": () => true,
  ".html": () => true,
  ".ts": () => true,
  ".rs": (line) => /^\s*\/\//.test(line),
};

/** The entries of the list that are in force, with their patterns as whole words in any case. */
export function rulesOf(entries) {
  return entries
    .filter(({ enabled }) => enabled)
    .map(({ pattern, say }) => ({ pattern: new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, "gi"), say }));
}

/**
 * The words of the list that a text has; `name` is its file's.
 * @returns {{ line: number, found: string, say: string }[]}
 */
export function findingsIn(name, text, rules) {
  const isProse = proseOf[extname(name)];
  if (isProse === undefined) return [];
  return text.split("\n").flatMap((content, index) => {
    if (!isProse(content)) return [];
    return rules.flatMap(({ pattern, say }) =>
      [...content.matchAll(pattern)].map(([found]) => ({ line: index + 1, found, say })),
    );
  });
}

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !entry.name.startsWith(".") && !skippedFolders.has(entry.name))
      yield* filesIn(path);
  }
}

/** Fails when a file has a word that the list replaces. */
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
