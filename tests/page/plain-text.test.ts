import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plain } from "../../packages/nucleoscope/src/plain-text.ts";
import { tableText } from "../../packages/nucleoscope/src/results/table-text.ts";

interface Entry {
  readonly name: string;
  /** The name in plain text, if that differs. */
  readonly shown?: string;
}

const entries: readonly Entry[] = JSON.parse(
  readFileSync(new URL("../fixtures/hostile-names.json", import.meta.url), "utf8"),
);

test("names are shown as on the command line", () => {
  expect(entries.length).toBeGreaterThan(100);
  for (const { name, shown = name } of entries) expect(plain(name)).toBe(shown);
  for (const same of ["Zelle 7 (µm)", "می\u200cخواهم", "👩\u200d🔬", "e\u0301"]) expect(plain(same)).toBe(same);
});

test("no heading of a copied table is a formula, and no number is changed", () => {
  for (const { name } of entries) {
    const copied = tableText([{ heading: plain(name), values: [-1.5] }], [0], String);
    expect(copied).toMatch(/^[^\n]*\n-1\.5\n$/);
    expect(copied).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
  }
});
