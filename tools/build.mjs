/** Builds the WebAssembly module and the page: `npm run build`. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeThirdParty } from "./licences.mjs";
import { writeGuide } from "./guide.mjs";
import { metaPolicy, writeHosting } from "./hosting.mjs";
import { writeServiceWorker } from "./service-worker.mjs";
import { setUp } from "./setup.mjs";
import { writeSingleFile } from "./single-file.mjs";
import { isStarted, main, root, run, step, StepFailed } from "./step.mjs";

const page = join(root, "www");
const library = join(root, "packages", "nucleoscope", "src");
const wasm = join(library, "wasm", "nucleoscope_bg.wasm");
const model = join(root, "model", "nuclei.onnx");

/** What a browser needs to install the page. */
const installed = ["manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png"];

/** The languages by their codes: the names of the files with their texts. */
export const languages = { en: "english", de: "german" };

/** The texts of the loader, which has them in all languages. */
const loaderTexts = [
  ...["unsupportedTitle", "unsupported", "supportedBrowsers", "newJavaScript", "readingInWorkers"],
  ...["scriptFailed", "newVersion", "useNewVersion", "otherWindowsOpen"],
];

/** Every browser with modules reads this JavaScript. */
const loaderTarget = "es2017";

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

/** The version of the npm package, which the page has too. */
export function version() {
  return JSON.parse(readFileSync(join(root, "packages", "nucleoscope", "package.json"), "utf8")).version;
}

/** What esbuild needs to bundle a script of the page or of the package, with the texts of a language. */
export function scriptOptions(language = "en") {
  return {
    absWorkingDir: root,
    plugins: [styleSheets, inLanguage(language)],
    alias: Object.fromEntries(
      ["d3-transition", "d3-interpolate", "d3-format"].map((name) => [name, join(library, "ui", "d3-replacements.ts")]),
    ),
    define: { VERSION: JSON.stringify(version()), LANGUAGES: JSON.stringify(Object.keys(languages)) },
    // The page names its assets itself.
    logOverride: { "empty-import-meta": "silent", "import-is-undefined": "error" },
    bundle: true,
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    sourcemap: "linked",
    target: ["chrome100", "firefox100", "safari16.4"],
  };
}

/** Bundles the page into `www/dist/`: everything it needs, with relative paths, and the single file. */
export async function bundle() {
  await step("Page", async () => {
    for (const file of [wasm, model]) {
      if (!existsSync(file)) throw new StepFailed(`${file} is missing.`);
    }
    const { build } = await import("esbuild");
    const shared = scriptOptions();
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist, { recursive: true });
    const built = await Promise.all([
      build({ ...(await loaderOptions()), entryPoints: { main: join(page, "src", "main.ts") }, outdir: dist }),
      ...Object.keys(languages).map((code) =>
        build({
          ...scriptOptions(code),
          entryPoints: { [`page.${code}`]: join(page, "src", "page.ts") },
          outdir: dist,
          format: "iife",
        }),
      ),
      // A classic script, so that it also runs from a Blob in a page without a server.
      build({ ...shared, entryPoints: { worker: join(library, "engine", "worker.ts") }, outdir: dist, format: "iife" }),
      build({ ...shared, entryPoints: { styles: join(page, "styles.css") }, outdir: dist, plugins: [] }),
    ]);
    await Promise.all(
      readdirSync(dist)
        .filter((name) => name.endsWith(".js"))
        .map(minifyAgain),
    );
    const metafiles = built.map(({ metafile }) => metafile);
    writeThirdParty(dist, metafiles, version());
    // The icon is inside, so that the page can change it and back without a request.
    const icon = `data:image/svg+xml;base64,${readFileSync(join(page, "icon.svg"), "base64")}`;
    const html = readFileSync(join(page, "index.html"), "utf8")
      .replace('href="icon.svg"', `href="${icon}"`)
      .replace("{{policy}}", metaPolicy);
    writeFileSync(join(dist, "index.html"), html);
    cpSync(wasm, join(dist, "nucleoscope_bg.wasm"));
    cpSync(model, join(dist, "nuclei.onnx"));
    for (const name of installed) cpSync(join(page, name), join(dist, name));
    await writeGuide(dist);
    await writeSingleFile(dist, await checkScript());
    writeHosting(dist);
    await writeServiceWorker(dist, shared);
  });
}

/** What the loader and the check before the single file's scripts are built with: they also start in older browsers. */
async function loaderOptions() {
  const shared = scriptOptions();
  const texts = {};
  for (const code of Object.keys(languages)) {
    const all = await textsIn(code);
    texts[code] = Object.fromEntries(loaderTexts.map((name) => [name, all[name]]));
  }
  return {
    ...shared,
    define: { ...shared.define, LOADER_TEXTS: JSON.stringify(texts) },
    format: "iife",
    target: loaderTarget,
  };
}

/** The script that shows what a browser lacks, for the single file. */
async function checkScript() {
  const { build } = await import("esbuild");
  const entryPoints = [join(page, "src", "check.ts")];
  const options = { ...(await loaderOptions()), entryPoints, sourcemap: false, write: false };
  const { outputFiles } = await build(options);
  return outputFiles[0].text;
}

/** Minifies a built script with Oxc as well: the page's is then 4 % smaller after compression. */
async function minifyAgain(name) {
  const { minify } = await import("rolldown/utils");
  const [file, mapFile] = [join(dist, name), join(dist, `${name}.map`)];
  const { code, map, errors } = await minify(name, readFileSync(file, "utf8"), {
    compress: { target: name === "main.js" ? loaderTarget : scriptOptions().target },
    mangle: { toplevel: true },
    sourcemap: true,
    inputMap: JSON.parse(readFileSync(mapFile, "utf8")),
  });
  if (errors.length > 0) throw new StepFailed(`${name} cannot be minified: ${errors[0].message}`);
  writeFileSync(file, `${code}\n//# sourceMappingURL=${name}.map\n`);
  writeFileSync(mapFile, JSON.stringify(map));
}

/** The texts of a language, as the page's modules see them. */
export async function textsIn(language) {
  const { build } = await import("esbuild");
  const entryPoints = [textFile(language)];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}

function textFile(language) {
  return join(library, "languages", `${languages[language]}.ts`);
}

/** Takes the texts of a language in place of the English ones; templates have `{{name}}` for the text of that name. */
function inLanguage(language) {
  return {
    name: "language",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/languages\/english\.ts$/ }, () => ({ path: textFile(language) }));
      onLoad({ filter: /\.html$/ }, async ({ path }) => {
        const texts = await textsIn(language);
        const html = readFileSync(path, "utf8").replaceAll(/\{\{(\w+)\}\}/g, (_, name) => {
          if (typeof texts[name] !== "string") throw new Error(`${textFile(language)} has no text named ${name}.`);
          return texts[name];
        });
        const indentation = /\n\s+/g;
        return { contents: html.replaceAll(indentation, "\n"), loader: "text" };
      });
    },
  };
}

/** Imports style sheets into scripts as minified text. */
const styleSheets = {
  name: "style-sheets",
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await esbuild.transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

/** Sets up a fresh clone and builds the page. */
export async function buildAll(options) {
  await setUp();
  await buildWasm(options);
  await bundle();
}

if (isStarted(import.meta.url)) await main(() => buildAll());
