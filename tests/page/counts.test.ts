/** Which nuclei count: what the page requests from its workers, and how often. */
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { Counts } from "../../packages/nucleoscope/src/session/counts.ts";
import { countFailureOf, countWords } from "../../packages/nucleoscope/src/session/batch.ts";
import type { BatchImage } from "../../packages/nucleoscope/src/session/batch.ts";
import type { Engine } from "../../packages/nucleoscope/src/engine/engine.ts";
import type { Gate } from "../../packages/nucleoscope/src/session/gates.ts";
import { fake } from "../fake.ts";

type Done = BatchImage["state"] & { kind: "done" };

const gate = (minimum: number): Gate => ({ key: "area_px2", minimum, maximum: null, keep: "inside" });

/** Finished images, and an engine that records its requests. */
function batchOf(count: number) {
  const asked: string[] = [];
  const engine: Record<"measure" | "count", (task: any) => Promise<object>> = {
    measure: async ({ imageId }) => {
      asked.push(`measure ${imageId}`);
      return { columns: [], rows: 0, values: new Float64Array() };
    },
    count: async ({ gates, regions }) => {
      asked.push("count");
      return { included: new Uint8Array(), summary: { included: gates.length + regions.length } };
    },
  };
  const images = Array.from({ length: count }, (_, index) =>
    fake<BatchImage>({
      imageId: String(index),
      source: {},
      selection: {},
      pixelSize: null,
      regions: [],
      gates: [],
      positive: null,
      cellExpansion: 0,
      counted: null,
      countFailure: null,
      state: { kind: "done", result: { width: 1, height: 1, stack: { pixelSize: null } } },
    }),
  );
  const calls: string[] = [];
  const counts = new Counts({
    counted: ({ imageId }) => calls.push(String(imageId)),
    settled: () => calls.push("settled"),
  });
  counts.use(fake<Engine>(engine));
  return { asked, engine, images, calls, counts };
}

const measured = (asked: string[]) => asked.filter((task: string) => task.startsWith("measure"));

describe("counting", () => {
  test("measures each image once, however often gates and regions change", async () => {
    const { asked, images, calls, counts } = batchOf(5);
    await counts.askAll(images);
    assert.deepEqual(
      measured(asked),
      images.map(({ imageId }) => `measure ${imageId}`),
    );
    assert.deepEqual(calls, ["0", "1", "2", "3", "4", "settled"]);
    asked.length = 0;
    for (const minimum of [1, 2, 3]) {
      for (const image of images) image.gates = [gate(minimum)];
      await counts.askAll(images);
    }
    images[2].regions = [{ kind: "rectangle", x: 0, y: 0, width: 1, height: 1 }];
    await counts.askAll(images);
    assert.deepEqual(measured(asked), [], "nothing is decoded or measured for a gate or a region");
    assert.equal(asked.length, 3 * 5 + 1, "only what changed is counted");
    assert.equal(counts.of(images[2])?.counted.summary.included, 2);
  });

  test("measures again for cells, and only counts again for a threshold", async () => {
    const { asked, images, counts } = batchOf(1);
    await counts.askAll(images);
    asked.length = 0;
    images[0].positive = { key: "area_px2", minimum: 3 };
    assert.equal(counts.of(images[0]), null, "not known for the new threshold");
    await counts.askAll(images);
    assert.deepEqual(asked, ["count"]);
    images[0].cellExpansion = 2;
    assert.equal(counts.tableOf(images[0]), null);
    await counts.askAll(images);
    assert.deepEqual(asked, ["count", "measure 0", "count"]);
  });

  test("requests nothing when nothing has changed", async () => {
    const { asked, images, counts } = batchOf(2);
    await counts.askAll(images);
    asked.length = 0;
    await counts.askAll(images);
    await counts.ask(images[0]);
    assert.deepEqual(asked, []);
  });

  test("measures again after another segmentation or pixel size", async () => {
    const { asked, images, counts } = batchOf(1);
    const [image] = images;
    await counts.ask(image);
    image.pixelSize = { x: 1, y: 1 };
    await counts.ask(image);
    image.state = { kind: "done", result: { ...(image.state as Done).result } };
    await counts.ask(image);
    assert.equal(measured(asked).length, 3);
  });

  test("repeats until nothing has changed in the meantime", async () => {
    const { images, counts } = batchOf(1);
    const [image] = images;
    const first = counts.ask(image);
    image.gates = [gate(1), gate(2)];
    await Promise.all([first, counts.ask(image)]);
    assert.equal(counts.of(image)?.counted.summary.included, 2);
  });

  for (const step of ["measure", "count"] as const) {
    test(`reports why an image failed at “${step}”, continues with the others, and retries only on request`, async () => {
      const { engine, images, calls, counts } = batchOf(3);
      const whole = engine[step];
      let tries = 0;
      engine[step] = async () => {
        tries++;
        throw new Error("the worker stopped");
      };
      images[0].gates = [gate(1)];
      Object.assign((images[0].state as Done).result, { count: 5 });
      assert.equal(countWords(images[0]), "5 nuclei, counting…");
      await counts.ask(images[0]);
      engine[step] = whole;
      await counts.askAll(images);
      await counts.ask(images[0]);
      assert.equal(tries, 1);
      assert.match(countFailureOf(images[0])?.message ?? "", /the worker stopped/);
      assert.equal(countWords(images[0]), "5 nuclei, not counted");
      assert.deepEqual([counts.of(images[0]), counts.of(images[1]) !== null], [null, true]);
      assert.deepEqual(new Set(calls), new Set(["0", "1", "2", "settled"]));

      await counts.tryAgain([images[0]]);
      assert.equal(countFailureOf(images[0]), null);
      assert.equal(counts.of(images[0])?.counted.summary.included, 1);
    });
  }

  test("tries a failed image again when its input changes", async () => {
    const { engine, images, counts } = batchOf(1);
    const [image] = images;
    const { count } = engine;
    engine.count = () => Promise.reject(new Error("the worker stopped"));
    await counts.ask(image);
    engine.count = count;
    image.gates = [gate(1), gate(2)];
    assert.equal(countFailureOf(image), null);
    await counts.ask(image);
    assert.equal(counts.of(image)?.counted.summary.included, 2);
  });
});
