/** Formats results: a table for the terminal and the block in docs/performance.md. */
import { rowOf } from "./rows.mjs";

const begin = "<!-- results:begin -->";
const end = "<!-- results:end -->";

const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const amount = (value, unit) => (unit === "" ? value.toExponential(1) : `${number(value)} ${unit}`);

function cells({ name, peer, ours, theirs, unit, ratio, rounds, better, target, met, aim, aimMet }) {
  const sign = better === "higher" ? "≥" : "≤";
  const goal = (value) => (value === null ? "" : `${sign} ${ratio === null ? amount(value, unit) : number(value)}`);
  return [
    rowOf(name).what,
    amount(ours, unit),
    peer === null ? "" : `${peer}: ${amount(theirs, unit)}`,
    ratio === null ? "" : ratio.toFixed(2),
    goal(target),
    goal(aim),
    met === null ? "" : aimMet === true ? "goal met" : met ? "yes" : "**no**",
    String(rounds),
  ];
}

const header = ["what", "ours", "compared with", "ratio", "needed", "goal", "met", "rounds"];

/** The comparisons as lines for the terminal. */
export function terminalTable({ comparisons }) {
  const lines = [
    header,
    ...comparisons.map((comparison) => cells(comparison).map((cell) => cell.replaceAll("**", ""))),
  ];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function markdownTable(head, lines) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...lines.map(line)].join("\n");
}

/** Everything that was measured, as Markdown. */
export function markdown(results) {
  const { machine, versions, comparisons, growth, peak, warm } = results;
  const words = [];
  const { processor, cores, memory } = machine;
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  words.push(`Measured on ${processor}, ${cores} cores, ${memory}, with ${names.join(", ")}.`);
  words.push("![Each figure relative to its target](performance.svg)");
  words.push(markdownTable(header, comparisons.map(cells)));
  if (growth !== null) {
    words.push("### Time against pixels", "One pass, one worker, in the page, from the drop until the image is done:");
    words.push(
      markdownTable(
        ["image", "seconds", "seconds per megapixel", "rounds"],
        growth.map(({ side, seconds, rounds }) => [
          `${side} × ${side}`,
          number(seconds),
          number(seconds / ((side * side) / 1e6)),
          String(rounds),
        ]),
      ),
    );
  }
  if (peak !== null) {
    const { gflops, nativeGflops, reached } = peak;
    words.push("### Against the processor's peak");
    words.push(
      `Independent multiplications and additions: ${number(gflops)} GFLOP/s in WebAssembly and ${number(nativeGflops)} GFLOP/s outside the browser, one thread each.`,
    );
    words.push(
      markdownTable(
        ["network", "GFLOP/s", "share of the peak"],
        reached.map(({ name, gflops: rate, share }) => [name, number(rate), `${Math.round(share * 100)} %`]),
      ),
    );
  }
  if (warm !== null) {
    words.push("### The first image");
    words.push(
      `In a module that has just been compiled, the network took ${warm.milliseconds.map((time) => number(time)).join(", ")} ms on its first ${warm.milliseconds.length} images of 256 × 256: the first took ${number(warm.ratio)} times as long as the last.`,
    );
  }
  return words.join("\n\n");
}

/** A document with its generated block replaced. */
export function withBlock(document, block) {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no block between ${begin} and ${end}`);
  return `${document.slice(0, from + begin.length)}\n${block}\n${document.slice(to)}`;
}
