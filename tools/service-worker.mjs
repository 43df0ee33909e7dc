/** Builds the service worker of the page, with the list of the files that it keeps. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { isForServer } from "./hosting.mjs";
import { billOfMaterials } from "./licences.mjs";
import { singleFile } from "./single-file.mjs";
import { root } from "./step.mjs";

/** The service worker's name, in the folder of the page. */
export const serviceWorker = "service-worker.js";

/**
 * Files of the built page that the service worker does not keep: maps and the bill of materials are for developers, the
 * single file is there to be saved, and some files are for the server.
 */
const isLeftOut = (name) =>
  extname(name) === ".map" || [singleFile, serviceWorker, billOfMaterials].includes(name) || isForServer(name);

/** The files of a built page that the service worker keeps, by address, with their hashes. The page itself is "". */
export function keptFiles(folder) {
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile() && !isLeftOut(name));
  const hashOf = (name) =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("base64");
  return Object.fromEntries(names.sort().map((name) => [name === "index.html" ? "" : name, `sha256-${hashOf(name)}`]));
}

/** Writes {@link serviceWorker} into the folder of a built page, after everything else. */
export async function writeServiceWorker(folder, options) {
  const { build } = await import("esbuild");
  const files = JSON.stringify(keptFiles(folder));
  const version = createHash("sha256").update(files).digest("hex").slice(0, 16);
  await build({
    ...options,
    entryPoints: { [serviceWorker.replace(/\.js$/, "")]: join(root, "www", "src", "service-worker.ts") },
    define: { FILES: files, FILES_VERSION: JSON.stringify(version) },
    outdir: folder,
    format: "iife",
    sourcemap: false,
  });
}
