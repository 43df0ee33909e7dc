import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "vitest";
import { findingsIn, rulesOf } from "../../tools/words.mjs";

const rules = rulesOf([
  { pattern: "rims?", say: "contour", enabled: true },
  { pattern: "maps", say: "probability maps", enabled: false },
]);

describe("the words check", () => {
  test("names the line, the word and what to say", () => {
    assert.deepEqual(findingsIn("a.md", "An edge.\nIts Rim and rims.", rules), [
      { line: 2, found: "Rim", say: "contour" },
      { line: 2, found: "rims", say: "contour" },
    ]);
  });

  test("finds whole words only, and those of entries that are enabled", () => {
    assert.deepEqual(findingsIn("a.ts", "const trim = maps.rim_of; // rim-like", rules), []);
  });

  test("reads the comments of Rust and no other code, and no file of another kind", () => {
    const code = "/// The rim.\nlet rim = 1;\n  // A rim.";
    assert.deepEqual(
      findingsIn("a.rs", code, rules).map(({ line }) => line),
      [1, 3],
    );
    assert.deepEqual(findingsIn("a.py", code, rules), []);
  });

  test("has a list whose patterns are valid, each with a replacement", () => {
    const entries: { pattern: string; say: string; enabled: boolean }[] = JSON.parse(
      readFileSync(new URL("../../tools/words.json", import.meta.url), "utf8"),
    );
    assert.ok(entries.some(({ enabled }) => enabled));
    assert.equal(rulesOf(entries.map((entry) => ({ ...entry, enabled: true }))).length, entries.length);
    for (const { say } of entries) assert.ok(say.length > 0);
  });
});
