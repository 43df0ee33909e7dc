/** The score of the shipped network on annotated folders: `npm run evaluate -- DIR...`, with `--help` for more. */
import { commandLine } from "./command-line.mjs";
import { setUp } from "./setup.mjs";
import { main, run } from "./step.mjs";

await main(async () => {
  await setUp();
  const program = await commandLine();
  await run(program, ["evaluate", ...process.argv.slice(2)]);
});
