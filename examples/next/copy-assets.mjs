/** Copies the files that the element loads to `public/nucleoscope/`. */
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";

for (const name of ["nucleoscope_bg.wasm", "nuclei.onnx", "worker.js"]) {
  cpSync(fileURLToPath(import.meta.resolve(`nucleoscope/${name}`)), `public/nucleoscope/${name}`);
}
