/** Prints the number of nuclei in each image as CSV: `node batch.mjs IMAGE…`. */
import { segmentAll } from "nucleoscope/node";

let failed = 0;
console.log("image,nuclei,mean_area_px2");
for await (const { input, image, error } of segmentAll(process.argv.slice(2))) {
  if (error !== undefined) {
    console.error(`${error.message}\n  ${error.help}`);
    failed++;
    continue;
  }
  const areas = (await image.measurements()).map((nucleus) => nucleus.area_px2);
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
  console.log(`${input},${image.count},${mean.toFixed(1)}`);
}
process.exitCode = failed === 0 ? 0 : 1;
