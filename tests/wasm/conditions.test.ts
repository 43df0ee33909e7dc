/** The groups on the page have the numbers of `conditions.csv`, and images the groups of `summary.csv`. */
import assert from "node:assert/strict";
import { beforeAll, test } from "vitest";
import {
  conditionsOf,
  meanAndDeviation,
  quantitiesOf,
  type ConditionImage,
} from "../../packages/nucleoscope/src/results/conditions.ts";
import { segmenter, wasm } from "./module.ts";

let nucleoscope: any;
let model: any;
beforeAll(async () => {
  nucleoscope = await wasm();
  model = await segmenter();
});

/** The rows of a table without quoted fields. */
function rowsOf(files: { name: string; bytes: Uint8Array }[], name: string): Record<string, string>[] {
  const text = new TextDecoder().decode(files.find((file) => file.name === name)?.bytes);
  const [head = [], ...rows] = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(head.map((key, place) => [key, row[place] ?? ""])));
}

test("the numbers of groups on the page equal the exported ones", () => {
  const image = nucleoscope.DecodedImage.open(nucleoscope.exampleImage(1).png, {}, undefined, true);
  const found = model.infer(image, {}, undefined).label({}, []);
  const nuclei = nucleoscope.Segmentation.fromMasks({ masks: found.masks(), width: 512, height: 384, edited: [] });
  const table = nuclei.measure(image, 3);
  const formats = ["summary", "conditions"];
  // The same nuclei in several images, of which others count in each; none does in the last one.
  const images = [
    { path: "p/b1.tif", group: "b", x: 0, width: 512 },
    { path: "p/a1.tif", group: "a", x: 0, width: 300 },
    { path: "p/a2.tif", group: "a", x: 200, width: 312 },
    { path: "p/b2.tif", group: "b", x: 100, width: 150 },
    { path: "p/none.tif", group: "", x: 0, width: 400 },
    { path: "p/b3.tif", group: "b", x: 0, width: 1e-3 },
  ].map(({ path, group, x, width }) => {
    const regions = [{ kind: "rectangle", x, y: 0, width, height: 384 }];
    const pixelSize = null;
    const provenance = { model: null, start: "network", settings: {}, selection: {}, pixelSize, edits: [], gates: [] };
    const positive = { key: "gray_ring_mean", minimum: 20.5 };
    const of = { ...provenance, regions, group, positive, cellExpansion: 3 };
    const { part } = nuclei.exportFiles(image, new Uint8Array(), path, path, path, formats, [], of);
    const counted = { table, ...nucleoscope.countNuclei(table, 512, 384, null, regions, [], positive) };
    return { part, onPage: { path, name: path, group: group || null, counted } satisfies ConditionImage };
  });
  const failures = [{ imageId: "", path: "q/x.tif", reason: "cut short", group: "a" }];
  const parts = images.map(({ part }) => part);
  const files = nucleoscope.batchFiles(parts, failures, formats, {});
  assert.deepEqual(
    rowsOf(files, "summary.csv").map((row) => row["group"]),
    ["b", "a", "a", "b", "", "b", "a"],
  );

  const exported = rowsOf(files, "conditions.csv");
  const onPage = images.map(({ onPage: one }) => one);
  const quantities = quantitiesOf(onPage);
  const measures = new Set(exported.map((row) => row["measure"]));
  assert.ok(measures.has("nuclei_counted") && measures.has("area_px2") && measures.has("gray_mean"));
  assert.ok(measures.has("positive_percent") && measures.has("gray_ring_mean") && measures.has("cell_area_px2"));
  let compared = 0;
  for (const measure of measures) {
    const quantity = quantities.find(({ key }) => key === measure) ?? assert.fail(`${measure} is not on the page`);
    const rows = exported.filter((row) => row["measure"] === measure);
    const conditions = conditionsOf(onPage, quantity);
    assert.deepEqual(
      rows.map((row) => [row["group"], row["images"], row["nuclei"]]),
      conditions.map(({ name, images: { length }, nuclei: count }) => [name ?? "", String(length), String(count)]),
      measure,
    );
    for (const [place, condition] of conditions.entries()) {
      const { mean, deviation } = meanAndDeviation(condition);
      for (const [value, written] of [
        [mean, rows[place]?.["mean_of_images"]],
        [deviation, rows[place]?.["sd_of_images"]],
      ] as const) {
        if (Number.isNaN(value)) assert.equal(written, "", measure);
        else assert.ok(Math.abs(Number(written) - value) <= 1e-8 * Math.abs(value), `${measure}: ${written}, ${value}`);
        compared++;
      }
    }
  }
  assert.ok(compared >= 6 * measures.size);
});
