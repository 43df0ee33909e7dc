/** Formatting, lints and types. Run by itself: `npm run check`. */
import { join } from "node:path";
import { buildWasm } from "./build.mjs";
import { addLinters, setUp } from "./setup.mjs";
import { isStarted, main, root, run, step } from "./step.mjs";

/** Formatting and lints of the Rust code. */
export async function lint() {
  await addLinters();
  await step("Rust formatting", () => run("cargo", ["fmt", "--all", "--check"]));
  await step("Rust lints", () =>
    run("cargo", ["clippy", "--workspace", "--all-targets", "--features", "cli", "--", "-D", "warnings"]),
  );
}

/** Types of the page's code, which needs those that come with the WebAssembly module. */
export async function checkTypes() {
  await step("TypeScript types", () => run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--noEmit"]));
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await lint();
    await buildWasm();
    await checkTypes();
  });
}
