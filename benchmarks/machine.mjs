/** The machine and the versions used for measuring. Contains nothing that identifies the computer. */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "../tools/step.mjs";

/** The computer. */
export function machine() {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "an unknown processor",
    cores: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

const modelCard = () => readFileSync(join(root, "model/README.md"), "utf8");

/** Versions that are pinned in this repository. */
export function pinnedVersions() {
  const packageOf = (folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  return {
    Nucleoscope: packageOf("packages/nucleoscope").version,
    model: modelCard().match(/^# Model card: \S+ (\S+)$/m)[1],
    tract: lock.match(/name = "tract-core"\nversion = "([^"]+)"/)[1],
    "onnxruntime-web": packageOf("benchmarks").devDependencies["onnxruntime-web"],
  };
}

/** Versions of Python packages, from the file that pins them. */
export function pythonVersions(...names) {
  const pins = readFileSync(join(root, "benchmarks/requirements.txt"), "utf8");
  return Object.fromEntries(names.map((name) => [name, pins.match(new RegExp(`^${name}==(.+)$`, "m"))[1]]));
}

/** Multiply-adds of the shipped network per pixel, from its model card. */
export function multiplicationsPerPixel() {
  const found = modelCard().match(/([\d.]+) G multiply-adds for 256×256/);
  if (found === null) throw new Error("the model card no longer says how many multiply-adds the network has");
  return (Number(found[1]) * 1e9) / (256 * 256);
}
