/** Uses a workbench in a frame, on another server. */
import { NucleoscopeFrame } from "./nucleoscope/frame.js";

const workbench = "https://nucleoscope.example/";
const frame = document.querySelector("#frame");
const file = document.querySelector("#file");
const result = document.querySelector("#result");

frame.src = `${workbench}?embed=1&mode=view&origin=${encodeURIComponent(location.origin)}`;
const client = new NucleoscopeFrame(frame);

client.on("error", ({ message, help }) => {
  result.textContent = `${message} ${help}`;
});
file.addEventListener("change", async () => {
  const [chosen] = file.files;
  const results = await client.segment([{ name: chosen.name, content: chosen }]);
  result.textContent = `${results[0].count} nuclei`;
});
await client.ready;
result.textContent = "Choose an image.";
