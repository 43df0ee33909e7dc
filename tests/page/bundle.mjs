/** Loads a TypeScript module of the page into Node. */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** The module's exports; `path` is relative to `www/src`. */
export async function load(path) {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(`../../www/src/${path}`, import.meta.url))],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
  });
  return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString("base64")}`);
}
