import assert from "node:assert/strict";
import { test } from "vitest";
import { Formats } from "../../packages/nucleoscope/src/languages/formats.ts";
import { tableText } from "../../packages/nucleoscope/src/results/table-text.ts";

test("rows are copied in their order with headings, with all digits, and without a value as nothing", () => {
  const columns = [
    { heading: "Nucleus", values: [1, 2, 3] },
    { heading: "Area (px²)", values: [12.345678901234, Number.NaN, 3] },
  ];
  assert.equal(tableText(columns, [2, 0, 1], String), "Nucleus\tArea (px²)\n3\t3\n1\t12.345678901234\n2\t\n");
  const german = tableText(columns, [0], new Formats("de").ungrouped);
  assert.equal(german.split("\n")[1], "1\t12,345678901234");
});
