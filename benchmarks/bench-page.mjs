/** The benchmarks' page, built from `benchmarks/page`, the crate's module and onnxruntime-web. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../tools/serve.mjs";
import { installPackages } from "../tools/setup.mjs";
import { root, run, step } from "../tools/step.mjs";

const folder = join(root, "target", "bench-page");
const module = join(root, "target", "bench-wasm", "nucleoscope_bench_bg.wasm");
const peer = join(root, "benchmarks", "node_modules", "onnxruntime-web", "dist", "ort-wasm-simd-threaded.wasm");

/** Builds the page. */
export async function buildBenchPage() {
  await step("onnxruntime-web", () => installPackages("benchmarks"));
  await step("WebAssembly module of the benchmarks", () =>
    run("cargo", ["run", "--quiet", "--package", "xtask", "--", "wasm", "bench"]),
  );
  await step("Page of the benchmarks", async () => {
    const { build } = await import("esbuild");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await build({
      absWorkingDir: join(root, "benchmarks"),
      entryPoints: { main: "page/main.mjs" },
      outdir: folder,
      bundle: true,
      format: "esm",
      target: "es2022",
      logLevel: "warning",
    });
    cpSync(join(root, "benchmarks/page/index.html"), join(folder, "index.html"));
    cpSync(join(root, "model/nuclei.onnx"), join(folder, "nuclei.onnx"));
    cpSync(module, join(folder, "nucleoscope_bench_bg.wasm"));
    cpSync(peer, join(folder, "onnxruntime.wasm"));
  });
}

/** Opens the page in a browser, ready to measure; `close` closes the page and its server. */
export async function openBenchPage(browser) {
  const { server, address } = await serve(folder, 0, { headersOf: () => ({}) });
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on("pageerror", (error) => console.error(`page: ${error.message}`));
  await page.goto(address);
  await page.waitForFunction(() => globalThis.isReady === true, undefined, { timeout: 60_000 });
  const close = async () => {
    await page.close();
    server.closeAllConnections();
    server.close();
  };
  return { page, close };
}
