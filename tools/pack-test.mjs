/**
 * Tests the packed npm package: `npm run pack-test`; with `-- --bundlers` and `-- --python`, also examples with
 * dependencies.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "./browsers.mjs";
import { buildWasm } from "./build.mjs";
import { commandLine } from "./command-line.mjs";
import { buildPackage, pack, packed } from "./pack.mjs";
import { setUp } from "./setup.mjs";
import { isStarted, main, root, run, step } from "./step.mjs";

/**
 * Packs the package and runs its tests. Those of bundlers and of examples in Python are left out by default, because
 * their examples install packages that no lock file pins.
 */
export async function packageTests({ bundlers = false, python = false } = {}) {
  await buildPackage();
  await pack(packed);
  const env = { CHROME: await chromium(), NUCLEOSCOPE: await commandLine() };
  const folder = join(root, "tests", "package");
  const isRun = (name) =>
    name.endsWith(".test.mjs") && (bundlers || !name.startsWith("bundler-")) && (python || !name.startsWith("python-"));
  const files = readdirSync(folder).filter(isRun).sort();
  await step("Tests of the npm package", () =>
    run(process.execPath, ["--test", "--test-concurrency=1", ...files.map((name) => join(folder, name))], { env }),
  );
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await buildWasm({ quick: true });
    const { argv } = process;
    await packageTests({ bundlers: argv.includes("--bundlers"), python: argv.includes("--python") });
  });
}
