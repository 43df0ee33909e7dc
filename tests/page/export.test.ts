/** Exports: the content of the files, and images that cannot be written. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { filesOf } from "../../packages/nucleoscope/src/session/exporter.ts";
import type { ExportOrder } from "../../packages/nucleoscope/src/session/exporter.ts";
import { fake } from "../fake.ts";

/** Finished images, and an engine that cannot write those named in `broken`. */
function orderOf(names: string[], broken: string[]) {
  const calls: { parts: Blob[]; failures: { imageId: string; path: string; reason: string }[] }[] = [];
  const engine = {
    modelIdentity: {},
    exportFiles: async ({ imageId }: { imageId: string }) => {
      if (broken.includes(imageId)) throw new Error(`${imageId} is gone`);
      return { files: [{ name: `${imageId}.csv` }], part: imageId };
    },
    batchFiles: async (parts: Blob[], failures: any) => {
      calls.push({ parts: [...parts], failures });
      return [{ name: "all.csv" }];
    },
  };
  const images = names.map((imageId: string) => ({
    imageId,
    path: `${imageId}.png`,
    source: {},
    edits: { steps: [] },
    regions: [{ kind: "rectangle", x: 0, y: 0, width: 9, height: 9, name: "cortex" }],
    gates: [],
    positive: { key: "gray_mean", minimum: 5 },
    cellExpansion: 1.5,
    state: { kind: "done", result: {} },
  }));
  return {
    order: fake<ExportOrder>({
      engine,
      images,
      batch: { requestedIds: null },
      formats: ["summary"],
      measures: [],
      dialect: {},
    }),
    images,
    calls,
  };
}

const silent = () => undefined;

test("an image that cannot be written does not affect other images' files", async () => {
  const { order, images, calls } = orderOf(["a", "b", "c"], ["b"]);
  const { files, written, failed } = await filesOf(order, silent);
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
  assert.deepEqual(calls[0].parts, ["a", "c"]);
  assert.deepEqual(
    calls[0].failures.map(({ imageId, path }) => [imageId, path]),
    [["b", "b.png"]],
  );
  assert.match(calls[0].failures[0].reason, /b is gone/);
});

test("an export fails with the reason if no image can be written", async () => {
  const { order, calls } = orderOf(["a", "b"], ["a", "b"]);
  await assert.rejects(filesOf(order, silent), /b is gone/);
  assert.deepEqual(calls, []);
});
