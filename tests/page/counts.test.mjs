/** Which nuclei count: what the page asks its workers for, and how often. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./bundle.mjs";

const { Counts } = await load("counts.ts");

const gate = (minimum) => ({ key: "area_px2", minimum, maximum: null, keep: "inside" });

/** Finished images, and an engine that writes down what it is asked for. */
function batchOf(count) {
  const asked = [];
  const engine = {
    measure: async ({ imageId }) => {
      asked.push(`measure ${imageId}`);
      return { columns: [], rows: 0, values: new Float64Array() };
    },
    count: async ({ gates, regions }) => {
      asked.push("count");
      return { included: new Uint8Array(), csvRows: "", summary: { included: gates.length + regions.length } };
    },
  };
  const images = Array.from({ length: count }, (_, index) => ({
    imageId: String(index),
    source: {},
    selection: {},
    pixelSize: null,
    regions: [],
    gates: [],
    counted: null,
    state: { kind: "done", result: { width: 1, height: 1, csvRows: "", stack: { pixelSize: null } } },
  }));
  const told = [];
  const counts = new Counts({ counted: ({ imageId }) => told.push(imageId), settled: () => told.push("settled") });
  counts.use(engine);
  return { asked, images, told, counts };
}

const measured = (asked) => asked.filter((task) => task.startsWith("measure"));

describe("counting", () => {
  test("measures each image once, however often gates and regions change", async () => {
    const { asked, images, told, counts } = batchOf(5);
    await counts.askAll(images);
    assert.deepEqual(measured(asked), images.map(({ imageId }) => `measure ${imageId}`));
    assert.deepEqual(told, ["0", "1", "2", "3", "4", "settled"]);
    asked.length = 0;
    for (const minimum of [1, 2, 3]) {
      for (const image of images) image.gates = [gate(minimum)];
      await counts.askAll(images);
    }
    images[2].regions = [{ kind: "rectangle", x: 0, y: 0, width: 1, height: 1 }];
    await counts.askAll(images);
    assert.deepEqual(measured(asked), [], "nothing is decoded or measured for a gate or a region");
    assert.equal(asked.length, 3 * 5 + 1, "only what changed is counted");
    assert.equal(counts.of(images[2]).counted.summary.included, 2);
  });

  test("asks for nothing when nothing has changed", async () => {
    const { asked, images, counts } = batchOf(2);
    await counts.askAll(images);
    asked.length = 0;
    await counts.askAll(images);
    await counts.ask(images[0]);
    assert.deepEqual(asked, []);
  });

  test("measures anew what was segmented anew, or has another pixel size", async () => {
    const { asked, images, counts } = batchOf(1);
    const [image] = images;
    await counts.ask(image);
    image.pixelSize = { x: 1, y: 1 };
    await counts.ask(image);
    image.state = { kind: "done", result: { ...image.state.result } };
    await counts.ask(image);
    assert.equal(measured(asked).length, 3);
  });

  test("goes on as long as something changes in the meantime", async () => {
    const { images, counts } = batchOf(1);
    const [image] = images;
    const first = counts.ask(image);
    image.gates = [gate(1), gate(2)];
    await Promise.all([first, counts.ask(image)]);
    assert.equal(counts.of(image).counted.summary.included, 2);
  });
});
