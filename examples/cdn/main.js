/** Counts the nuclei in the chosen image, with all files from another server, whose contents are checked. */
import { createEngine, segment } from "nucleoscope";

const cdn = "https://cdn.example/nucleoscope@0.1.0/dist/";
const asset = (name, integrity) => () => fetch(cdn + name, { integrity });

const engine = await createEngine({
  wasm: asset("nucleoscope_bg.wasm", "INTEGRITY OF nucleoscope_bg.wasm"),
  model: asset("nuclei.onnx", "INTEGRITY OF nuclei.onnx"),
  modelLimits: null,
  worker: asset("worker.js", "INTEGRITY OF worker.js"),
});

const file = document.querySelector("#file");
const result = document.querySelector("#result");
result.textContent = "Choose an image.";
file.addEventListener("change", async () => {
  const image = await segment(engine, file.files[0]);
  result.textContent = `${image.count} nuclei`;
});
