/** Formatting, lints and types. Run by itself: `npm run check`. */
import { join } from "node:path";
import { buildWasm } from "./build.mjs";
import { addLinters, setUp } from "./setup.mjs";
import { isStarted, main, root, run, step } from "./step.mjs";

/** Every check that does not run the program. */
export async function check() {
  await addLinters();
  await step("Rust formatting", () => run("cargo", ["fmt", "--all", "--check"]));
  await step("Rust lints", () =>
    run("cargo", ["clippy", "--workspace", "--all-targets", "--features", "cli", "--", "-D", "warnings"]),
  );
  // TypeScript needs the types that come with the module.
  await buildWasm();
  await step("TypeScript types", () => run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--noEmit"]));
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await check();
  });
}
