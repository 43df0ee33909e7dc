import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { planShare, segmentInBlocks } from "../../packages/nucleoscope/src/engine/tiled.ts";
import type { Pool, RunOptions } from "../../packages/nucleoscope/src/engine/pool.ts";
import type { Planned, Progress, SegmentTask, Task } from "../../packages/nucleoscope/src/engine/protocol.ts";
import { fake } from "../fake.ts";

const plan = fake<Planned["plan"]>({ width: 8, height: 8, scale: 1, levels: {}, blocks: [{}, {}, {}] });
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
    const done = segmentInBlocks(
      fake<Pool>(pool),
      task,
      { plan, stack },
      { onProgress: (progress) => calls.push(progress as Progress & { stage: "network" }) },
    );
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
    for (const block of [2, 0, 1]) pool.jobs[block].resolve(new Uint32Array([block]));
    await settled();
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

  test("fails with its first failed block, and the other blocks are cancelled", async () => {
    const pool = new FakePool();
    const done = segmentInBlocks(fake<Pool>(pool), task, { plan, stack });
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
      const done = segmentInBlocks(fake<Pool>(pool), task, { plan, stack }, { signal: controller.signal });
      if (!isEarly) controller.abort("stop");
      if (isEarly) for (const job of pool.jobs) job.reject(job.options.signal.reason);
      await assert.rejects(done, (reason) => reason === "stop");
      assert.ok(pool.jobs.every((job) => job.options.signal.aborted));
    }
  });
});
