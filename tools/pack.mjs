/** Builds the npm package and packs it: `npm run pack`. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { buildWasm, languages, scriptOptions, version } from "./build.mjs";
import { writeThirdParty } from "./licences.mjs";
import { setUp } from "./setup.mjs";
import { isStarted, main, output, root, runScript, step, StepFailed } from "./step.mjs";

const folder = join(root, "packages", "nucleoscope");
const source = join(folder, "src");
const wasm = join(source, "wasm");

/** The folder with the package's code and assets. */
export const packageDist = join(folder, "dist");

/** The folder for the packed package. */
export const packed = join(root, "target", "npm");

/** The package's entries that are imported, by the names of their files. */
const entries = ["index", "node", "element", "frame"].filter((name) => existsSync(join(source, `${name}.ts`)));

/** Builds `packages/nucleoscope/dist/` from the WebAssembly module in `packages/nucleoscope/src/wasm/`. */
export async function buildPackage() {
  await step("npm package", async () => {
    const assets = [join(wasm, "nucleoscope_bg.wasm"), join(root, "model", "nuclei.onnx")];
    for (const file of assets) if (!existsSync(file)) throw new StepFailed(`${file} is missing.`);
    rmSync(packageDist, { recursive: true, force: true });
    mkdirSync(packageDist, { recursive: true });
    const { build } = await import("esbuild");
    const forBrowsers = { ...scriptOptions(), outdir: packageDist, minify: false, sourcemap: false };
    const forNode = { ...forBrowsers, target: "node20", platform: "node", format: "esm" };
    const pathOf = (name) => join(source, `${name}.ts`);
    const built = await Promise.all([
      build({
        ...forBrowsers,
        entryPoints: entries.filter((name) => name !== "node").map(pathOf),
        format: "esm",
        minify: true,
      }),
      ...Object.keys(languages)
        .filter((code) => code !== "en")
        .map((code) =>
          build({
            ...forBrowsers,
            plugins: scriptOptions(code).plugins,
            entryPoints: { [`element.${code}`]: pathOf("element") },
            format: "esm",
            minify: true,
          }),
        ),
      // Classic and self-contained: it is started from a Blob, and imported by Node's worker.
      build({ ...forBrowsers, entryPoints: { worker: pathOf("engine/worker") }, format: "iife", minify: true }),
      build({ ...forNode, entryPoints: { node: pathOf("node"), "node-worker": pathOf("node/node-worker") } }),
    ]);
    const metafiles = built.map(({ metafile }) => metafile);
    writeThirdParty(packageDist, metafiles, version());
    for (const file of assets) cpSync(file, join(packageDist, file.slice(dirname(file).length + 1)));
    for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) cpSync(join(root, name), join(packageDist, name));
    writeIntegrity();
    await writeTypes();
  });
}

/** Writes the hash of every file that a page loads, for Subresource Integrity: `integrity.json`. */
function writeIntegrity() {
  const names = readdirSync(packageDist).filter((name) => /\.(js|wasm|onnx)$/.test(name) && !name.startsWith("node"));
  const hashOf = (name) =>
    `sha384-${createHash("sha384")
      .update(readFileSync(join(packageDist, name)))
      .digest("base64")}`;
  const hashes = Object.fromEntries(names.sort().map((name) => [name, hashOf(name)]));
  writeFileSync(join(packageDist, "integrity.json"), `${JSON.stringify(hashes, null, 2)}\n`);
}

/** Writes the declarations of the entries and of the modules that they mention. */
async function writeTypes() {
  const declared = join(root, "target", "npm-types");
  rmSync(declared, { recursive: true, force: true });
  await runScript("typescript/bin/tsc", ["--project", join(folder, "tsconfig.types.json"), "--outDir", declared]);
  const pending = entries.map((name) => join(declared, `${name}.d.ts`));
  const seen = new Set(pending);
  for (const file of pending) {
    const target = join(packageDist, relative(declared, file));
    mkdirSync(dirname(target), { recursive: true });
    // Compilers before 5.0, and other programs, do not resolve imports of `.ts` in declarations.
    const text = textOf(file, declared).replaceAll(/(from ")(\.[^"]+)\.ts"/g, '$1$2.js"');
    writeFileSync(target, text);
    for (const [, path] of text.matchAll(/from "(\.[^"]+)\.js"/g)) {
      const next = resolve(dirname(file), `${path}.d.ts`);
      if (seen.has(next)) continue;
      seen.add(next);
      pending.push(next);
    }
  }
}

/** A declaration; of the WebAssembly module's only the types of data, without its classes and functions. */
function textOf(file, declared) {
  if (existsSync(file)) return readFileSync(file, "utf8");
  const text = readFileSync(join(source, relative(declared, file)), "utf8");
  const start = text.indexOf("export class ");
  return text.slice(0, text.lastIndexOf("/**", start));
}

/** Packs the built package into a folder; returns the path of the archive. */
export async function pack(target) {
  return step("npm pack", () => {
    mkdirSync(target, { recursive: true });
    const listed = output("npm", ["pack", folder, "--pack-destination", target, "--json"], { errors: "inherit" });
    if (listed === undefined) throw new StepFailed("The package could not be packed.");
    const [{ filename, unpackedSize }] = Object.values(JSON.parse(listed));
    const archive = join(target, filename);
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
    console.log(
      `${relative(root, archive)}: ${megabytes(statSync(archive).size)}, unpacked ${megabytes(unpackedSize)}`,
    );
    return archive;
  });
}

if (isStarted(import.meta.url)) {
  await main(async () => {
    await setUp();
    await buildWasm();
    await buildPackage();
    await pack(packed);
  });
}
