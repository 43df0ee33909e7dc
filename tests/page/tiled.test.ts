import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { labelInBlocks, planShare, segmentInBlocks } from "../../packages/nucleoscope/src/engine/tiled.ts";
import type { Pool, RunOptions } from "../../packages/nucleoscope/src/engine/pool.ts";
import type {
  AssembleTask,
  Planned,
  Progress,
  SegmentTask,
  Task,
  TiledPrediction,
} from "../../packages/nucleoscope/src/engine/protocol.ts";
import { fake } from "../fake.ts";

/** 100 pixels: 1,200 bytes of prediction. */
const block = { window: { left: 0, top: 0, width: 20, height: 5 } };
const plan = fake<Planned["plan"]>({ width: 8, height: 8, scale: 1, levels: {}, blocks: [block, block, block] });
const stack = fake<Planned["stack"]>({ width: 8, height: 8 });
const task = fake<SegmentTask>({
  kind: "segment",
  key: "k",
  imageId: "i",
  settings: { diameter: 24 },
  edits: [{ kind: "delete", at: [] }],
});

/** A pool in which the test ends each task. */
class FakePool {
  jobs: any[] = [];
  run(given: Task, options: RunOptions) {
    return new Promise((resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
      this.jobs.push({ task: given, options, resolve, reject });
    });
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a large image", () => {
  test("is one task per block, assembled in their order whichever ends first", async () => {
    const pool = new FakePool();
    const calls: (Progress & { stage: "network" })[] = [];
    const found: object[] = [];
    const done = segmentInBlocks(fake<Pool>(pool), task, { plan, stack }, 0, {
      onProgress: (progress) => (progress.stage === "found" ? found : calls).push(progress as any),
    });
    assert.deepEqual(
      pool.jobs.map((job) => [job.task.kind, job.task.block, job.options.isAhead]),
      [
        ["block", 0, true],
        ["block", 1, true],
        ["block", 2, true],
      ],
    );
    pool.jobs[2].options.onProgress({ stage: "network", done: 1, total: 2 });
    pool.jobs[0].options.onProgress({ stage: "network", done: 2, total: 2 });
    const parts = calls.map(({ stage, done: part, total }) => [
      stage,
      total,
      ((part - planShare) / (1 - planShare)).toFixed(3),
    ]);
    assert.deepEqual(parts, [
      ["network", 1, "0.167"],
      ["network", 1, "0.500"],
    ]);
    for (const block of [2, 0, 1]) {
      pool.jobs[block].resolve({ nuclei: new Uint32Array([block]), outlines: block, prediction: null });
      await settled();
    }
    assert.deepEqual(
      found,
      [2, 0, 1].map((outlines) => ({ stage: "found", outlines })),
    );
    const last = pool.jobs[3];
    assert.equal(last.task.kind, "assemble");
    assert.deepEqual(
      [...last.task.blocks].map(([number]) => number),
      [0, 1, 2],
    );
    assert.deepEqual([last.task.edits, last.task.stack], [task.edits, stack]);
    last.resolve({ count: 5 });
    assert.deepEqual(await done, { nuclei: { count: 5 }, prediction: null });
  });

  test("keeps its predictions if they are small enough", async () => {
    for (const [mostBytes, isKept] of [
      [3600, true],
      [3599, false],
    ] as const) {
      const pool = new FakePool();
      const done = segmentInBlocks(fake<Pool>(pool), task, { plan, stack }, mostBytes);
      const predictions = [0, 1, 2].map((key) => (isKept ? { key } : null));
      for (const [position, job] of pool.jobs.entries()) {
        assert.equal(job.task.keepsPrediction, isKept);
        job.resolve({ nuclei: new Uint32Array(), outlines: null, prediction: predictions[position] });
      }
      await settled();
      pool.jobs[3].resolve({ count: 5 });
      assert.deepEqual((await done).prediction, isKept ? { plan, stack, blocks: predictions } : null);
    }
  });

  test("is labelled again block by block, without the network", async () => {
    const pool = new FakePool();
    const calls: Progress[] = [];
    const prediction = fake<TiledPrediction>({ plan, stack, blocks: [{ key: "a" }, { key: "b" }, { key: "c" }] });
    const request = fake<AssembleTask>({ settings: { h: 0.3 }, edits: task.edits });
    const done = labelInBlocks(fake<Pool>(pool), request, prediction, { onProgress: (step) => calls.push(step) });
    assert.deepEqual(
      pool.jobs.map(({ task: { kind, block: place, settings, prediction: own } }) => [
        kind,
        place,
        settings.h,
        own.key,
      ]),
      ["a", "b", "c"].map((key, place) => ["label-block", place, 0.3, key]),
    );
    for (const place of [1, 2, 0]) {
      pool.jobs[place].resolve(new Uint32Array([place]));
      await settled();
    }
    assert.deepEqual(
      calls,
      [1, 2, 3].map((finished) => ({ stage: "network", done: finished, total: 3 })),
    );
    const last = pool.jobs[3];
    assert.deepEqual([last.task.kind, last.task.edits, last.task.settings.h], ["assemble", task.edits, 0.3]);
    assert.deepEqual(
      last.task.blocks.map(([number]: number[]) => number),
      [0, 1, 2],
    );
    last.resolve({ count: 4 });
    assert.deepEqual(await done, { count: 4 });
  });

  test("fails with its first failed block, and the other blocks are cancelled", async () => {
    const pool = new FakePool();
    const done = segmentInBlocks(fake<Pool>(pool), task, { plan, stack }, 0);
    pool.jobs[1].reject(new Error("broken"));
    await assert.rejects(done, /broken/);
    assert.ok(pool.jobs.every((job) => job.options.signal.aborted));
    assert.equal(pool.jobs.length, 3, "nothing is assembled");
  });

  test("is cancelled with its blocks", async () => {
    for (const isEarly of [true, false]) {
      const pool = new FakePool();
      const controller = new AbortController();
      if (isEarly) controller.abort("stop");
      const done = segmentInBlocks(fake<Pool>(pool), task, { plan, stack }, 0, { signal: controller.signal });
      if (!isEarly) controller.abort("stop");
      if (isEarly) for (const job of pool.jobs) job.reject(job.options.signal.reason);
      await assert.rejects(done, (reason) => reason === "stop");
      assert.ok(pool.jobs.every((job) => job.options.signal.aborted));
    }
  });
});
