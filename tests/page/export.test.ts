/** Exports: what goes into the files, and what an image that cannot be written costs. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { filesOf } from "../../www/src/exporter.ts";
import type { ExportOrder } from "../../www/src/exporter.ts";
import { fake } from "../fake.ts";

/** Finished images, and an engine that cannot write those named in `broken`. */
function orderOf(names: string[], broken: string[]) {
  const told: { parts: Blob[]; failures: { imageId: string; path: string; reason: string }[] }[] = [];
  const engine = {
    modelIdentity: {},
    exportFiles: async ({ imageId }: { imageId: string }) => {
      if (broken.includes(imageId)) throw new Error(`${imageId} is gone`);
      return { files: [{ name: `${imageId}.csv` }], part: imageId };
    },
    batchFiles: async (parts: Blob[], failures: any) => {
      told.push({ parts: [...parts], failures });
      return [{ name: "all.csv" }];
    },
  };
  const images = names.map((imageId: string) => ({
    imageId,
    path: `${imageId}.png`,
    source: {},
    edits: { steps: [] },
    regions: [],
    gates: [],
    state: { kind: "done", result: {} },
  }));
  return {
    order: fake<ExportOrder>({
      engine,
      images,
      batch: { wanted: null },
      formats: ["summary"],
      measures: [],
      dialect: {},
    }),
    images,
    told,
  };
}

const unsaid = () => undefined;

test("an image that cannot be written costs no other image its files", async () => {
  const { order, images, told } = orderOf(["a", "b", "c"], ["b"]);
  const { files, written, failed } = await filesOf(order, unsaid);
  assert.deepEqual(
    files.map(({ name }) => name),
    ["all.csv", "a.csv", "c.csv"],
  );
  assert.deepEqual(written, [images[0], images[2]]);
  assert.deepEqual(
    failed.map(({ image }) => image),
    [images[1]],
  );
  assert.match(failed[0].error.message, /b is gone/);
  assert.deepEqual(told[0].parts, ["a", "c"]);
  assert.deepEqual(
    told[0].failures.map(({ imageId, path }) => [imageId, path]),
    [["b", "b.png"]],
  );
  assert.match(told[0].failures[0].reason, /b is gone/);
});

test("an export of which no image can be written fails with the reason", async () => {
  const { order, told } = orderOf(["a", "b"], ["a", "b"]);
  await assert.rejects(filesOf(order, unsaid), /b is gone/);
  assert.deepEqual(told, []);
});
