import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "vitest";
import { chart, shareOfTarget } from "../../benchmarks/chart.mjs";
import { markdown, terminalTable, withBlock } from "../../benchmarks/report.mjs";
import { withReached } from "../../benchmarks/results.mjs";
import { rowOf, rows } from "../../benchmarks/rows.mjs";
import { compare } from "../../benchmarks/statistics.mjs";
import { sample } from "./sample.ts";

describe("tables", () => {
  test("for the terminal have a line for each row, in columns", () => {
    const lines = terminalTable(sample()).split("\n");
    assert.equal(lines.length, rows.length + 1);
    const column = lines[0].indexOf("needed");
    for (const line of lines.slice(1)) assert.match(line.slice(column), /^([≤≥]| )/, line);
  });

  test("in Markdown have as many cells in every line as in the header", () => {
    const results = withReached(sample(), 18_000);
    const tables = markdown(results)
      .split("\n\n")
      .filter((block) => block.startsWith("|"));
    assert.equal(tables.length, 3);
    for (const table of tables) {
      const counts = new Set(table.split("\n").map((line) => line.split("|").length));
      assert.equal(counts.size, 1, table);
    }
  });

  test("mark missed targets, and leave out what was not measured", () => {
    const results = { ...sample(), comparisons: [compare(rowOf("network-256"), [50], [100])] };
    const text = markdown({ ...results, growth: null, peak: null, warm: null });
    assert.match(text, /\| 50 ms \| onnxruntime-web: 100 ms \| 0\.50 \| ≤ 0\.4 \| ≤ 0\.28 \| \*\*no\*\* \| 1 \|/);
    assert.doesNotMatch(text, /###/);
  });
});

describe("the document", () => {
  test("changes only between its markers", () => {
    const document = "before\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n";
    const changed = withBlock(document, "new");
    assert.equal(changed, document.replace("old", "new"));
    assert.equal(withBlock(changed, "new"), changed);
    assert.throws(() => withBlock("no markers", "new"), /no block/);
  });

  test("that is published has the markers", () => {
    const document = readFileSync(new URL("../../docs/performance.md", import.meta.url), "utf8");
    assert.match(withBlock(document, "the new block"), /the new block/);
  });
});

describe("the chart", () => {
  /** The bars' right ends. */
  const ends = (svg: string) =>
    [...svg.matchAll(/<rect class="(met|missed)" x="(\d+)" y="\d+" width="([\d.]+)"/g)].map(([, kind, x, width]) => ({
      kind,
      end: Number(x) + Number(width),
    }));

  test("has a bar for each row with a target, which ends at the line if it is just met", () => {
    const svg = chart(sample());
    const bars = ends(svg);
    assert.equal(bars.length, rows.filter(({ target }) => target !== null).length);
    const line = Number(svg.match(/class="needed" x1="([\d.]+)"/)?.[1]);
    for (const { kind, end } of bars) {
      assert.equal(kind, "met");
      assert.ok(Math.abs(end - line) < 0.2, `${end} ${line}`);
    }
  });

  test("has shorter bars for better values, for every kind of row", () => {
    const batch = rowOf("batch-64");
    assert.ok(shareOfTarget(batch, 2) < 1 && shareOfTarget(batch, 1.2) > 1);
    const svg = chart({ comparisons: [compare(rowOf("network-256"), [20], [100]), compare(batch, [12], [10])] });
    const [network, slow] = ends(svg);
    assert.deepEqual([network.kind, slow.kind], ["met", "missed"]);
    assert.ok(network.end < slow.end);
  });

  test("cuts bars that are too long", () => {
    const [bar] = ends(chart({ comparisons: [compare(rowOf("network-256"), [900], [100])] }));
    assert.ok(bar.end < 900 - 100);
  });

  test("has room for every label", () => {
    for (const [, x, label] of chart(sample()).matchAll(/x="(\d+)" y="[\d.]+" text-anchor="end">([^<]+)</g)) {
      assert.ok(label.length * 6.5 < Number(x), `${label} (${label.length} characters)`);
    }
  });

  test("is well-formed: text is escaped and every element is closed", () => {
    const svg = chart(sample());
    const open: string[] = [];
    for (const [, closing, name, alone] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (closing) assert.equal(open.pop(), name);
      else if (!alone) open.push(name);
    }
    assert.deepEqual(open, []);
    assert.doesNotMatch(svg.replaceAll(/<[^>]*>/g, ""), /[<>]/);
  });
});
