/** The snippets in the guide are parts of files that tests run. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../tools/step.mjs";

const guide = readFileSync(join(root, "docs", "embedding.md"), "utf8");

test("every snippet in docs/embedding.md is part of the file that the comment above it names", () => {
  const snippets = [...guide.matchAll(/^<!-- (\S+) -->\n```\w+\n(.*?)^```$/gms)];
  assert.ok(snippets.length > 0);
  assert.equal(snippets.length, [...guide.matchAll(/^```\w+$/gm)].length, "a comment for every snippet");
  for (const [, path, text] of snippets) {
    assert.ok(readFileSync(join(root, path), "utf8").includes(text), `${path}:\n${text}`);
  }
});
