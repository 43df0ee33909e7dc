/** Counts the nuclei in the chosen image. The folder `nucleoscope` is a copy of the package's folder `dist`. */
import { createEngine, segment } from "./nucleoscope/index.js";

const file = document.querySelector("#file");
const result = document.querySelector("#result");

async function count(engine) {
  const image = await segment(engine, file.files[0], {
    onProgress: (share) => {
      result.textContent = `${Math.round(100 * share)} %`;
    },
  });
  result.textContent = `${image.count} nuclei`;
}

const show = ({ message, help }) => {
  result.textContent = `${message} ${help ?? ""}`;
};

try {
  const engine = await createEngine();
  file.addEventListener("change", () => count(engine).catch(show));
  result.textContent = "Choose an image.";
} catch (error) {
  show(error);
}
