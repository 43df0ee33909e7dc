import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { load } from "./bundle.mjs";

const { defaultWorkers, idleTime, keptHeap, Pool } = await load("engine/pool.ts");

const about = { model: { name: "fake" }, csvHeader: "header\n" };
const task = (seed) => ({ kind: "example", seed });

/** A worker that does nothing by itself: each test says what it answers. */
class FakeWorker {
  sent = [];
  terminated = false;
  postMessage(message) {
    this.sent.push(message);
  }
  terminate() {
    this.terminated = true;
  }
  answer(message) {
    this.onmessage({ data: message });
  }
  get id() {
    return this.sent.at(-1).id;
  }
  get seed() {
    return this.sent.at(-1).task.seed;
  }
  ready() {
    this.answer({ type: "ready", about });
  }
  finish(outcome, heap = 0) {
    this.answer({ type: "result", id: this.id, outcome, heap });
  }
}

describe("Pool", () => {
  let workers;
  const start = () => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  };
  const living = () => workers.filter((worker) => !worker.terminated);

  beforeEach(() => {
    workers = [];
  });

  test("runs tasks in the order they came, one at a time in each worker", async () => {
    const pool = new Pool(start, 1);
    const all = [1, 2, 3].map((seed) => pool.run(task(seed)));
    assert.equal(workers.length, 1);
    assert.deepEqual(workers[0].sent, [], "nothing is sent before the worker is ready");
    workers[0].ready();
    const seen = [];
    for (let round = 0; round < 3; round++) {
      assert.equal(workers[0].sent.length, round + 1);
      seen.push(workers[0].seed);
      workers[0].finish(`outcome ${workers[0].seed}`);
    }
    assert.deepEqual(seen, [1, 2, 3]);
    assert.deepEqual(await Promise.all(all), ["outcome 1", "outcome 2", "outcome 3"]);
  });

  test("starts no more workers than it may, and none without work", () => {
    const pool = new Pool(start, 2);
    assert.equal(workers.length, 0);
    for (const seed of [1, 2, 3, 4]) pool.run(task(seed)).catch(() => undefined);
    assert.equal(workers.length, 2);
    for (const worker of workers) worker.ready();
    assert.deepEqual(
      workers.map((worker) => worker.seed),
      [1, 2],
    );
    workers[1].finish();
    assert.equal(workers[1].seed, 3);
    pool.dispose();
  });

  test("says what the first worker says about itself", async () => {
    const pool = new Pool(start, 2);
    const said = pool.warmUp();
    assert.equal(workers.length, 1);
    workers[0].ready();
    assert.deepEqual(await said, about);
  });

  test("reports progress of the running task only", async () => {
    const pool = new Pool(start, 1);
    const seen = [];
    const done = pool.run(task(1), { onProgress: (progress) => seen.push(progress) });
    workers[0].ready();
    workers[0].answer({ type: "progress", id: workers[0].id, progress: { stage: "network", done: 1, total: 2 } });
    workers[0].answer({ type: "progress", id: 999, progress: { stage: "network", done: 2, total: 2 } });
    workers[0].finish("end");
    assert.equal(await done, "end");
    assert.deepEqual(seen, [{ stage: "network", done: 1, total: 2 }]);
  });

  test("ends a task with the worker's typed error and goes on in the same worker", async () => {
    const pool = new Pool(start, 1);
    const first = pool.run(task(1));
    const second = pool.run(task(2));
    workers[0].ready();
    const error = { code: "image/truncated", message: "too short", remedy: "copy it again" };
    workers[0].answer({ type: "error", id: workers[0].id, error, heap: 0 });
    await assert.rejects(first, error);
    workers[0].finish("fine");
    assert.equal(await second, "fine");
    assert.equal(workers.length, 1);
  });

  test("cancels a queued task without touching the worker", async () => {
    const pool = new Pool(start, 1);
    const controller = new AbortController();
    const first = pool.run(task(1));
    const second = pool.run(task(2), { signal: controller.signal });
    workers[0].ready();
    controller.abort();
    await assert.rejects(second, { name: "AbortError" });
    assert.equal(workers[0].terminated, false);
    workers[0].finish("fine");
    assert.equal(await first, "fine");
    assert.equal(workers[0].sent.length, 1, "the cancelled task was never sent");
  });

  test("cancels a running task by replacing its worker", async () => {
    const pool = new Pool(start, 1);
    const controller = new AbortController();
    const first = pool.run(task(1), { signal: controller.signal });
    const second = pool.run(task(2));
    workers[0].ready();
    controller.abort();
    await assert.rejects(first, { name: "AbortError" });
    assert.equal(workers[0].terminated, true);
    assert.equal(workers.length, 2);
    workers[0].finish("too late");
    workers[1].ready();
    assert.equal(workers[1].seed, 2);
    workers[1].finish("fine");
    assert.equal(await second, "fine");
  });

  test("refuses a task that is cancelled beforehand, and forgets signals of ended tasks", async () => {
    const pool = new Pool(start, 1);
    await assert.rejects(pool.run(task(1), { signal: AbortSignal.abort() }), { name: "AbortError" });
    assert.equal(workers.length, 0);
    const controller = new AbortController();
    const done = pool.run(task(2), { signal: controller.signal });
    workers[0].ready();
    workers[0].finish("fine");
    await done;
    controller.abort();
    assert.equal(workers[0].terminated, false);
  });

  for (const [name, crash] of [
    ["a trap that the worker reports", (worker) => worker.answer({ type: "crash", message: "unreachable" })],
    ["an error event", (worker) => worker.onerror({ message: "unreachable", preventDefault() {} })],
    ["a message that cannot be read", (worker) => worker.onmessageerror({})],
  ]) {
    test(`replaces a worker after ${name}; only the task in its hand is lost`, async () => {
      const pool = new Pool(start, 1);
      const all = [1, 2, 3].map((seed) => pool.run(task(seed)));
      workers[0].ready();
      workers[0].finish("one");
      crash(workers[0]);
      await assert.rejects(all[1], (error) => {
        assert.equal(error.code, "engine/crashed");
        assert.notEqual(error.remedy, "");
        return true;
      });
      assert.equal(workers[0].terminated, true);
      assert.equal(workers.length, 2);
      workers[1].ready();
      workers[1].finish("three");
      assert.equal(await all[0], "one");
      assert.equal(await all[2], "three");
    });
  }

  test("ignores whatever a replaced worker still says", async () => {
    const pool = new Pool(start, 1);
    const lost = pool.run(task(1));
    workers[0].ready();
    const { id } = workers[0];
    workers[0].answer({ type: "crash", message: "unreachable" });
    await assert.rejects(lost);
    workers[0].answer({ type: "crash", message: "again" });
    workers[0].answer({ type: "result", id, outcome: "too late" });
    assert.equal(living().length, 0);
  });

  test("tells everyone when the model is refused, and later tasks too", async () => {
    const pool = new Pool(start, 2);
    const said = pool.warmUp();
    const waiting = pool.run(task(1));
    const error = { code: "network/not-a-model", message: "not an ONNX model", remedy: "use another" };
    workers[0].answer({ type: "refused", error });
    await assert.rejects(said, error);
    await assert.rejects(waiting, error);
    await assert.rejects(pool.run(task(2)), error);
    assert.equal(living().length, 0);
  });

  test("gives up after some workers in a row could not start, and tries again for later tasks", async () => {
    const pool = new Pool(start, 1);
    const said = pool.warmUp();
    const waiting = pool.run(task(1));
    for (let attempt = 0; attempt < 3; attempt++) living()[0].answer({ type: "crash", message: "out of memory" });
    await assert.rejects(said, { code: "engine/not-started" });
    await assert.rejects(waiting, { code: "engine/not-started" });
    assert.equal(living().length, 0);
    const later = pool.run(task(2));
    living()[0].ready();
    living()[0].finish("fine");
    assert.equal(await later, "fine");
  });

  test("starts again by itself when the first worker could not start", async () => {
    const pool = new Pool(start, 1);
    const said = pool.warmUp();
    workers[0].answer({ type: "crash", message: "out of memory" });
    workers[1].ready();
    assert.deepEqual(await said, about);
  });

  test("ends everything when it is disposed of", async () => {
    const pool = new Pool(start, 1);
    const tasks = [pool.run(task(1)), pool.run(task(2))];
    workers[0].ready();
    pool.dispose();
    for (const ended of tasks) await assert.rejects(ended, { code: "engine/disposed" });
    await assert.rejects(pool.run(task(3)), { code: "engine/disposed" });
    assert.equal(living().length, 0);
  });

  test("ends workers that have had no work for long, but keeps one, and starts new ones for new work", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const pool = new Pool(start, 3);
    const all = [1, 2, 3].map((seed) => pool.run(task(seed)));
    for (const worker of workers) worker.ready();
    for (const worker of workers) worker.finish();
    await Promise.all(all);
    context.mock.timers.tick(idleTime - 1);
    assert.equal(living().length, 3);
    context.mock.timers.tick(1);
    assert.equal(living().length, 1);
    const later = [4, 5].map((seed) => pool.run(task(seed)));
    assert.equal(living().length, 2, "the warm one and a new one");
    living()[1].ready();
    for (const worker of living()) worker.finish("fine");
    assert.deepEqual(await Promise.all(later), ["fine", "fine"]);
    pool.dispose();
  });

  test("never ends a worker that has found work again", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const pool = new Pool(start, 2);
    const all = [1, 2].map((seed) => pool.run(task(seed)));
    for (const worker of workers) worker.ready();
    for (const worker of workers) worker.finish();
    await Promise.all(all);
    context.mock.timers.tick(idleTime - 1);
    const again = [3, 4].map((seed) => pool.run(task(seed)));
    context.mock.timers.tick(10 * idleTime);
    assert.equal(living().length, 2);
    workers[0].finish("three");
    context.mock.timers.tick(idleTime);
    assert.equal(workers[0].terminated, true);
    assert.equal(workers[1].terminated, false);
    workers[1].finish("four");
    context.mock.timers.tick(10 * idleTime);
    assert.equal(workers[1].terminated, false, "the last one stays");
    assert.deepEqual(await Promise.all(again), ["three", "four"]);
    pool.dispose();
  });

  test("replaces the last worker after a rest if its module has grown large", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const pool = new Pool(start, 1);
    const once = async (heap) => {
      const done = pool.run(task(1));
      if (living()[0].sent.length === 0) living()[0].ready();
      living()[0].finish("done", heap);
      await done;
    };
    await once(keptHeap);
    context.mock.timers.tick(10 * idleTime);
    assert.equal(workers.length, 1, "what is usual is kept");
    await once(keptHeap + 1);
    context.mock.timers.tick(idleTime - 1);
    assert.equal(workers[0].terminated, false, "the next image may be large too");
    context.mock.timers.tick(1);
    assert.deepEqual([workers[0].terminated, living().length], [true, 1]);
    await once(5);
    context.mock.timers.tick(10 * idleTime);
    assert.equal(workers.length, 2);
    assert.equal(pool.largestHeap, keptHeap + 1);
    pool.dispose();
  });

  test("a part of what was begun goes ahead of what was not, in order", async () => {
    const pool = new Pool(start, 1);
    const all = [1, 2].map((seed) => pool.run(task(seed)));
    workers[0].ready();
    all.push(...[3, 4].map((seed) => pool.run(task(seed), { isAhead: true })));
    const seen = [];
    for (let round = 0; round < 4; round++) {
      seen.push(workers[0].seed);
      workers[0].finish();
    }
    await Promise.all(all);
    assert.deepEqual(seen, [1, 3, 4, 2]);
    pool.dispose();
  });

  test("uses both of two cores, leaves one of more to the page, and is modest with memory", () => {
    assert.deepEqual([undefined, 0, 1, 2, 3, 4, 5, 64].map(defaultWorkers), [1, 1, 1, 2, 2, 3, 4, 4]);
  });
});
