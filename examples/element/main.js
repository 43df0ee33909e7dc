/** A tile and a workbench on one page. The folder `nucleoscope` is a copy of the package's folder `dist`. */
import "./nucleoscope/element.js";

const tile = document.querySelector("#tile");
const counts = document.querySelector("#counts");

tile.addEventListener("result", ({ detail }) => {
  counts.textContent = `${detail.imageId}: ${detail.count} nuclei`;
});
tile.addEventListener("error", ({ detail }) => {
  counts.textContent = `${detail.path ?? "Not started"}: ${detail.message} ${detail.help}`;
});

document.querySelector("#files").addEventListener("change", async (event) => {
  const results = await tile.segment(event.target.files);
  const total = results.reduce((sum, { count }) => sum + count, 0);
  counts.textContent = `${total} nuclei, files: ${results.length}`;
});
