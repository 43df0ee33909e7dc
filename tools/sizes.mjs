/** Compares what a first visit downloads with its budgets, after a build: `npm run sizes`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { dist } from "./build.mjs";
import { isForServer } from "./hosting.mjs";
import { singleFile } from "./single-file.mjs";
import { isStarted, main, step, StepFailed } from "./step.mjs";

const compress = promisify(brotliCompress);

/** Budgets in megabytes after Brotli; the module is built with link-time optimisation. */
const budgets = {
  "nucleoscope_bg.wasm": 1.85,
  "nuclei.onnx": 1.3,
  "everything else": 0.15,
  total: 3.2,
  // Other languages, icons, the guide with its pictures, licences: what only the service worker requests, or whoever opens it.
  later: 0.9,
};

/** What the page needs to work; "total" is the sum of these files. */
const needed = new Set([
  "index.html",
  "main.js",
  "page.en.js",
  "styles.css",
  "worker.js",
  "nucleoscope_bg.wasm",
  "nuclei.onnx",
]);

/** Every file of the page with its size, and the Brotli size of each part with a budget. */
export async function measured() {
  if (!existsSync(join(dist, "index.html"))) throw new StepFailed('The page is not built: run "npm run build".');
  // Source maps are only loaded by developers, the single file only by those who save it.
  const names = readdirSync(dist).filter(
    (name) => extname(name) !== ".map" && name !== singleFile && !isForServer(name),
  );
  const files = await Promise.all(names.map(async (name) => ({ name, ...(await sizeOf(join(dist, name))) })));
  const used = Object.fromEntries(Object.keys(budgets).map((part) => [part, 0]));
  for (const { name, compressed } of files) {
    if (!needed.has(name)) used.later += compressed;
    else {
      used[name in budgets ? name : "everything else"] += compressed;
      used.total += compressed;
    }
  }
  return { files, used };
}

/** Prints the size of every file of the built page; fails when a budget is exceeded. */
export async function sizes() {
  await step("Sizes", async () => {
    const { files, used } = await measured();
    for (const { name, bytes, compressed } of files) {
      console.log(`${name.padEnd(24)}${megabytes(bytes)} MB ${megabytes(compressed)} MB with Brotli`);
    }
    const exceeded = Object.entries(budgets).filter(([part, budget]) => used[part] > budget * 1e6);
    for (const part of ["total", "later"]) {
      console.log(`${part.padEnd(24)}${"".padStart(12)}${megabytes(used[part])} MB with Brotli`);
    }
    if (exceeded.length > 0) {
      const words = exceeded.map(([part, budget]) => `${part}: ${megabytes(used[part]).trim()} MB of ${budget} MB`);
      throw new StepFailed(`Larger than their budgets in tools/sizes.mjs: ${words.join("; ")}.`);
    }
  });
}

async function sizeOf(file) {
  const bytes = readFileSync(file);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return { bytes: bytes.length, compressed: (await compress(bytes, { params })).length };
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(3).padStart(9);
}

if (isStarted(import.meta.url)) await main(sizes);
