/**
 * `npm run bench`: compares Nucleoscope with onnxruntime-web, stock tract, scikit-image and onnxruntime.
 *
 * A full run writes `benchmarks/results.json`, `docs/performance.svg` and the table in `docs/performance.md`; `--only`
 * updates the same files and keeps the results that it does not measure. `--quick`, and builds with another profile
 * than the shipped one, write to `target/bench/` instead.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "../tools/setup.mjs";
import { main, output, root, step, StepFailed } from "../tools/step.mjs";
import { chart } from "./chart.mjs";
import { machine, multiplicationsPerPixel, pinnedVersions, pythonVersions } from "./machine.mjs";
import { measurements, plans } from "./measurements.mjs";
import { markdown, terminalTable, withBlock } from "./report.mjs";
import { faults, merged, missing, withReached } from "./results.mjs";
import { groups } from "./rows.mjs";

const usage = `npm run bench -- [--only NAME,...] [--quick]
names: ${Object.keys(groups).join(", ")}; or the name of a row, which is measured with its group`;

function groupOf(name) {
  return Object.keys(groups).find((group) => group === name || groups[group].some((row) => row.name === name));
}

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: { only: { type: "string" }, quick: { type: "boolean", default: false }, help: { type: "boolean" } },
    }));
  } catch (error) {
    throw new StepFailed(`${error.message}\n${usage}`);
  }
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const names = values.only?.split(",") ?? Object.keys(groups);
  const unknown = names.filter((name) => groupOf(name) === undefined);
  if (unknown.length > 0) throw new StepFailed(`There is no group or row named "${unknown.join('", "')}".\n${usage}`);
  const requested = new Set(names.map(groupOf));
  return { names: Object.keys(groups).filter((group) => requested.has(group)), quick: values.quick };
}

/** Measures the groups; returns the results, and descriptions of the groups that failed. */
async function measure(names, plan, fixture) {
  const found = { comparisons: [] };
  const failures = [];
  for (const name of names) {
    const parts = [...new Set(groups[name].map(({ what, peer }) => (peer === null ? what : `compared with ${peer}`)))];
    const title = parts.length === 0 ? name : `${name} (${parts.join("; ")})`;
    try {
      const {
        comparisons = [],
        notRun,
        ...rest
      } = await step(`Measuring ${title}`, () => measurements[name](fixture, plan));
      found.comparisons.push(...comparisons);
      Object.assign(found, rest);
      if (notRun !== undefined) failures.push({ name, words: `${title}: ${notRun}` });
    } catch (error) {
      // The browser's errors have a stack in their message.
      failures.push({ name, words: `${title}: ${error.message.split("\n")[0]}` });
    }
  }
  return { found, failures };
}

function previousResults(file, failures) {
  if (!existsSync(file)) return null;
  const previous = JSON.parse(readFileSync(file, "utf8"));
  // Earlier results of a group that failed now are dropped.
  const failed = failures.map(({ name }) => name);
  const names = new Set(failed.flatMap((name) => groups[name].map((row) => row.name)));
  const kept = Object.fromEntries(Object.entries(previous).filter(([part]) => !failed.includes(part)));
  return { ...kept, comparisons: previous.comparisons.filter(({ name }) => !names.has(name)) };
}

function write(results, folders) {
  mkdirSync(folders.results, { recursive: true });
  mkdirSync(folders.documents, { recursive: true });
  writeFileSync(join(folders.results, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folders.documents, "performance.svg"), chart(results));
  const document = readFileSync(join(root, "docs/performance.md"), "utf8");
  writeFileSync(join(folders.documents, "performance.md"), withBlock(document, markdown(results)));
}

await main(async () => {
  const { names, quick } = options();
  await setUp();
  // Imported here, because its packages have only just been installed.
  const { Fixture } = await import("./fixture.mjs");
  const fixture = new Fixture();
  const { found, failures } = await measure(names, quick ? plans.quick : plans.full, fixture);
  const browser = await fixture.browserVersion();
  await fixture.close();
  const versions = {
    ...pinnedVersions(),
    ...pythonVersions("onnxruntime", "scikit-image", "numpy"),
    Chromium: browser,
    rustc: output("rustc", ["--version"]).split(" ")[1],
  };
  const isShippedBuild = !Object.keys(process.env).some((name) => name.startsWith("CARGO_PROFILE_"));
  const isKept = isShippedBuild && !quick;
  const file = join(root, "benchmarks/results.json");
  const previous = isKept ? previousResults(file, failures) : null;
  const results = withReached(merged(previous, { machine: machine(), versions, ...found }), multiplicationsPerPixel());
  const wrong = faults(results);
  if (wrong.length > 0) throw new StepFailed(`The results are invalid and were not written: ${wrong.join("; ")}.`);
  const aside = join(root, "target/bench");
  write(
    results,
    isKept
      ? { results: join(root, "benchmarks"), documents: join(root, "docs") }
      : { results: aside, documents: aside },
  );
  console.log(`\n${terminalTable(results)}`);
  if (!isKept) console.log("\nWritten to target/bench only: a quick run, or not the shipped build.");
  const gaps = missing(results);
  if (gaps.length > 0) console.log(`\nNever measured: ${gaps.join(", ")}.`);
  const short = results.comparisons.filter(({ met }) => met === false).map(({ name }) => name);
  if (short.length > 0) console.log(`\nNot within the target: ${short.join(", ")}.`);
  if (failures.length > 0) {
    throw new StepFailed(`NOT MEASURED:\n${failures.map(({ words }) => `- ${words}`).join("\n")}`);
  }
});
