/** Runs the `*.test.mjs` files of a folder with Node's own test runner. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root, run, step } from "./step.mjs";

/** Fails when a test fails; says so when the folder has none. */
export async function nodeTests(title, folder, { env = {}, concurrency } = {}) {
  const path = join(root, folder);
  const files = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".test.mjs")).sort() : [];
  await step(title, async () => {
    if (files.length === 0) {
      console.log(`no tests in ${folder}`);
      return;
    }
    const options = concurrency === undefined ? [] : [`--test-concurrency=${concurrency}`];
    await run(process.execPath, ["--test", ...options, ...files.map((name) => join(path, name))], { env });
  });
}
