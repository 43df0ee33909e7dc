/**
 * Collects the licences and the bill of materials of what is built: of the libraries in scripts, from the list of files
 * that esbuild used, and of the crates in the WebAssembly module, which `cargo xtask` lists.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { output, root, StepFailed } from "./step.mjs";

/** The file with the licences, beside the scripts. */
export const licences = "THIRD-PARTY-LICENSES.txt";

/** The file with the bill of materials (CycloneDX), beside the scripts. */
export const billOfMaterials = "sbom.cdx.json";

const divider = `\n${"-".repeat(72)}\n\n`;

/** Writes both files into a folder with built scripts and the WebAssembly module; `version` is that of what is built. */
export function writeThirdParty(folder, metafiles, version) {
  const target = ["nucleoscope-wasm", "wasm32-unknown-unknown"];
  writeFileSync(join(folder, licences), [noticesOf(metafiles), xtask("licences", ...target)].join(divider));
  const bill = withLibraries(JSON.parse(xtask("sbom", ...target)), librariesOf(metafiles), version);
  writeFileSync(join(folder, billOfMaterials), `${JSON.stringify(bill, null, 2)}\n`);
}

/** What `cargo xtask` prints. */
export function xtask(...options) {
  const printed = output("cargo", ["run", "--quiet", "--package", "xtask", "--", ...options], { errors: "inherit" });
  if (printed === undefined) throw new StepFailed(`cargo xtask ${options.join(" ")} failed.`);
  return printed;
}

/** The notices of all libraries of which these metafiles contain code. */
export function noticesOf(metafiles) {
  const title = "The scripts in this folder contain code of these libraries.\n";
  return [title, ...librariesOf(metafiles).map(noticeOf)].join(divider);
}

/** The libraries of which these metafiles contain code, in the order of their folders. */
function librariesOf(metafiles) {
  const used = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    ),
  );
  const folders = new Set(used.flatMap((path) => folderOf(path) ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { folder, name, version, license };
  });
}

/** The folder of the library that a file belongs to; undefined for our own. */
function folderOf(path) {
  const parts = path.split(/[/\\]/);
  const place = parts.lastIndexOf("node_modules");
  if (place < 0) return undefined;
  const isScoped = parts[place + 1].startsWith("@");
  return join(root, parts.slice(0, place + (isScoped ? 3 : 2)).join(sep));
}

function noticeOf({ folder, name, version, license }) {
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new StepFailed(`${name} has no file with its licence.`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

/** The bill of materials of the WebAssembly module as that of the whole, which also contains libraries of scripts. */
function withLibraries(bill, libraries, version) {
  const whole = { type: "application", "bom-ref": `pkg:npm/nucleoscope@${version}`, name: "nucleoscope", version };
  const components = libraries.map(({ name, version: own, license }) => {
    const purl = `pkg:npm/${name.replace("@", "%40")}@${own}`;
    return { type: "library", "bom-ref": purl, name, version: own, purl, licenses: [{ expression: license }] };
  });
  const module = bill.metadata.component;
  const references = [module, ...components].map((component) => component["bom-ref"]);
  return {
    ...bill,
    metadata: { ...bill.metadata, component: { ...whole, licenses: module.licenses } },
    components: [module, ...bill.components, ...components],
    dependencies: [
      { ref: whole["bom-ref"], dependsOn: [...references, "model:nuclei.onnx"] },
      ...bill.dependencies,
      ...components.map((component) => ({ ref: component["bom-ref"] })),
    ],
  };
}
