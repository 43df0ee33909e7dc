/** The panel of measurements on a page by itself. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { serve } from "../../../tools/serve.mjs";
import { root } from "../../../tools/step.mjs";
import { launch } from "../browsers/launch.mjs";
import { Fixture, temporaryFolder } from "../harness.mjs";

/** A browser and a server for the page. */
export async function openPanel() {
  const folder = temporaryFolder();
  await build({
    bundle: true,
    logLevel: "warning",
    format: "esm",
    entryPoints: [join(root, "tests/e2e/results/harness.ts")],
    outfile: join(folder, "harness.js"),
  });
  // The page's root stands for the element, except that it is as high as its content.
  const styles = ["styles.css", "results/results.css"].map((name) =>
    readFileSync(join(root, "packages/nucleoscope/src", name), "utf8").replaceAll(":host", ":root"),
  );
  writeFileSync(join(folder, "styles.css"), `${styles.join("\n")}\n:root { height: auto; overflow: visible }`);
  cpSync(join(root, "tests/e2e/results/harness.html"), join(folder, "index.html"));
  const browser = await launch();
  const { server, address } = await serve(folder, 0, { headersOf: () => ({}) });
  return new Fixture(browser, server, address);
}
