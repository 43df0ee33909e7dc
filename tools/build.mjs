/** Builds the WebAssembly module and the page: `npm run build`. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setUp } from "./setup.mjs";
import { writeSingleFile } from "./single-file.mjs";
import { isStarted, main, root, run, step, StepFailed } from "./step.mjs";

const page = join(root, "www");
const library = join(root, "packages", "nucleoscope", "src");
const wasm = join(library, "wasm", "nucleoscope_bg.wasm");
const model = join(root, "model", "nuclei.onnx");

/** The folder with the finished page. */
export const dist = join(page, "dist");

/**
 * Compiles the module into `packages/nucleoscope/src/wasm/`: as published, or with `quick` in a third of the time; the quick
 * module is larger, and as fast.
 */
export async function buildWasm({ quick = false } = {}) {
  const options = quick ? ["--quick"] : [];
  await step("WebAssembly module", () =>
    run("cargo", ["run", "--quiet", "--package", "xtask", "--", "wasm", ...options]),
  );
}

/** Bundles the page into `www/dist/`: everything it needs, with relative paths, and the single file. */
export async function bundle() {
  await step("Page", async () => {
    for (const file of [wasm, model]) {
      if (!existsSync(file)) throw new StepFailed(`${file} is missing.`);
    }
    const { build } = await import("esbuild");
    const { version } = JSON.parse(readFileSync(join(root, "packages", "nucleoscope", "package.json"), "utf8"));
    const shared = {
      absWorkingDir: page,
      bundle: true,
      minify: true,
      legalComments: "none",
      logLevel: "warning",
      sourcemap: "linked",
      target: ["chrome100", "firefox100", "safari16.4"],
    };
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist, { recursive: true });
    await Promise.all([
      build({
        ...shared,
        entryPoints: { main: "src/main.ts" },
        outdir: dist,
        format: "esm",
        define: { VERSION: JSON.stringify(version) },
      }),
      // A classic script, so that it also runs from a Blob in a page without a server.
      build({ ...shared, entryPoints: { worker: join(library, "engine", "worker.ts") }, outdir: dist, format: "iife" }),
      build({ ...shared, entryPoints: { styles: join(library, "styles.css") }, outdir: dist }),
    ]);
    for (const file of ["index.html", "icon.svg"]) cpSync(join(page, file), join(dist, file));
    cpSync(wasm, join(dist, "nucleoscope_bg.wasm"));
    cpSync(model, join(dist, "nuclei.onnx"));
    writeSingleFile(dist);
  });
}

/** Sets up a fresh clone and builds the page. */
export async function buildAll(options) {
  await setUp();
  await buildWasm(options);
  await bundle();
}

if (isStarted(import.meta.url)) await main(() => buildAll());
