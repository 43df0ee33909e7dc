import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "vitest";
import { findingsIn, rulesOf } from "../../tools/words.mjs";

const rules = rulesOf([
  { pattern: "gizmos?", say: "device", enabled: true, except: ["docs/old-names.md"] },
  { pattern: "widgets?", say: "control", enabled: false },
]);

describe("the words check", () => {
  test("reports the line, the word and its replacement", () => {
    assert.deepEqual(findingsIn("a.md", "An edge.\nIts Gizmo and gizmos.", rules), [
      { line: 2, found: "Gizmo", say: "device" },
      { line: 2, found: "gizmos", say: "device" },
    ]);
  });

  test("finds whole words only, and only those of enabled entries", () => {
    assert.deepEqual(findingsIn("a.ts", "const gizmology = widgets.gizmo_of; // gizmo-like", rules), []);
  });

  test("skips the files that an entry excepts", () => {
    assert.deepEqual(findingsIn("docs/old-names.md", "A gizmo.", rules), []);
    assert.equal(findingsIn("docs/names.md", "A gizmo.", rules).length, 1);
  });

  test("skips quoted code in prose", () => {
    const text = "Was `gizmo`.\n```\nlet gizmo = 1;\n```\nA gizmo.";
    const lines = (name: string, content: string) => findingsIn(name, content, rules).map(({ line }) => line);
    assert.deepEqual(lines("a.md", text), [5]);
    assert.deepEqual(lines("a.rs", text.replace(/^/gm, "/// ")), [5]);
  });

  test("reads the comments of Rust and no other code, and no file of another kind", () => {
    const code = "/// The gizmo.\nlet gizmo = 1;\n  // A gizmo.";
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
