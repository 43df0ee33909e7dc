import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test, vi } from "vitest";
import {
  attempts,
  defaultWorkers,
  idleTime,
  keptHeap,
  pauses,
  Pool,
  type WorkerLike,
} from "../../packages/nucleoscope/src/engine/pool.ts";
import { baseLimit, pixelsIn, silenceLimit } from "../../packages/nucleoscope/src/engine/time-limit.ts";
import type { FromWorker, Progress, Task, ToWorker } from "../../packages/nucleoscope/src/engine/protocol.ts";
import { fake } from "../fake.ts";

const about = { model: { name: "fake" }, modelHash: "hash" };
const task = (seed: number): Task => ({ kind: "example", seed });

const useFakeTimers = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });

const pass = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);

/** A worker that does nothing by itself: each test sends its answers. */
class FakeWorker implements WorkerLike {
  sent: any[] = [];
  onmessage: WorkerLike["onmessage"] = null;
  onmessageerror: WorkerLike["onmessageerror"] = null;
  onerror: WorkerLike["onerror"] = null;
  terminated = false;
  postMessage(message: ToWorker) {
    this.sent.push(message);
  }
  terminate() {
    this.terminated = true;
  }
  answer(message: object) {
    this.onmessage?.(fake<MessageEvent<FromWorker>>({ data: message }));
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
  finish(outcome?: unknown, heap = 0) {
    this.answer({ type: "result", id: this.id, outcome, heap });
  }
}

describe("Pool", () => {
  let workers: FakeWorker[];
  const start = () => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  };
  const living = () => workers.filter((worker) => !worker.terminated);

  beforeEach(() => {
    workers = [];
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test("runs tasks in their order, one at a time in each worker", async () => {
    const pool = new Pool(start, 1);
    const all = [1, 2, 3].map((seed) => pool.run(task(seed)));
    assert.equal(workers.length, 1);
    assert.deepEqual(workers[0].sent, [], "nothing is sent before the worker is ready");
    workers[0].ready();
    const seen: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      assert.equal(workers[0].sent.length, round + 1);
      seen.push(workers[0].seed);
      workers[0].finish(`outcome ${workers[0].seed}`);
    }
    assert.deepEqual(seen, [1, 2, 3]);
    assert.deepEqual(await Promise.all(all), ["outcome 1", "outcome 2", "outcome 3"]);
  });

  test("starts no more workers than its size, and none without work", () => {
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

  test("resolves to what the first worker reports about itself", async () => {
    const pool = new Pool(start, 2);
    const outcome = pool.warmUp();
    assert.equal(workers.length, 1);
    workers[0].ready();
    assert.deepEqual(await outcome, about);
  });

  test("reports progress of the running task only", async () => {
    const pool = new Pool(start, 1);
    const seen: unknown[] = [];
    const done = pool.run(task(1), { onProgress: (progress) => seen.push(progress) });
    workers[0].ready();
    workers[0].answer({ type: "progress", id: workers[0].id, progress: { stage: "network", done: 1, total: 2 } });
    workers[0].answer({ type: "progress", id: 999, progress: { stage: "network", done: 2, total: 2 } });
    workers[0].finish("end");
    assert.equal(await done, "end");
    assert.deepEqual(seen, [{ stage: "network", done: 1, total: 2 }]);
  });

  test("ends a task with the worker's typed error and continues with the same worker", async () => {
    const pool = new Pool(start, 1);
    const first = pool.run(task(1));
    const second = pool.run(task(2));
    workers[0].ready();
    const error = { code: "image/truncated", message: "too short", help: "copy it again" };
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

  test("rejects a task that is already cancelled, and drops signals of ended tasks", async () => {
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

  const crashes: [string, (worker: FakeWorker) => void][] = [
    [
      "a trap that the worker reports",
      (worker: FakeWorker) => worker.answer({ type: "crash", message: "unreachable" }),
    ],
    [
      "an error event",
      (worker: FakeWorker) => worker.onerror?.(fake<ErrorEvent>({ message: "unreachable", preventDefault() {} })),
    ],
    ["a message that cannot be read", (worker: FakeWorker) => worker.onmessageerror?.(fake<MessageEvent>({}))],
  ];

  for (const [name, crash] of crashes) {
    test(`replaces a worker after ${name}, and tries its task again after a pause`, async () => {
      useFakeTimers();
      const pool = new Pool(start, 1);
      const all = [1, 2, 3].map((seed) => pool.run(task(seed)));
      workers[0].ready();
      workers[0].finish("one");
      crash(workers[0]);
      assert.equal(workers[0].terminated, true);
      assert.equal(workers.length, 2, "the others do not wait");
      workers[1].ready();
      assert.equal(workers[1].seed, 3);
      workers[1].finish("three");
      pass(pauses[0] - 1);
      assert.equal(workers[1].sent.length, 1);
      pass(1);
      assert.equal(workers[1].seed, 2);
      workers[1].finish("two");
      assert.deepEqual(await Promise.all(all), ["one", "two", "three"]);
      pool.dispose();
    });

    test(`gives a task up after three times ${name}; the others continue`, async () => {
      useFakeTimers();
      const pool = new Pool(start, 1);
      const lost = pool.run(task(1));
      const fine = pool.run(task(2), {});
      const outcome = lost.catch((error) => error);
      for (let second = 0; second < 60; second++) {
        for (const worker of living()) {
          if (worker.sent.length === 0) worker.ready();
          if (worker.sent.length === 0) continue;
          if (worker.seed === 1) crash(worker);
          else worker.finish("fine");
        }
        pass(1000);
      }
      const error = await outcome;
      assert.equal(error.code, "engine/crashed");
      assert.match(error.message, /3 times/);
      assert.notEqual(error.help, "");
      assert.equal(await fine, "fine");
      assert.equal(workers.length, attempts + 1, "no other workers are started");
      pool.dispose();
    });
  }

  test("increases the pauses between tries", () => {
    assert.equal(pauses.length, attempts - 1);
    assert.ok(pauses.every((pause, index) => pause > (pauses[index - 1] ?? 0)));
  });

  test("replaces a worker that stops answering, and allows more time at the next try", async () => {
    useFakeTimers();
    const pool = new Pool(start, 1);
    const done = pool.run(task(1));
    workers[0].ready();
    pass((baseLimit - 1) * 1000);
    assert.equal(workers[0].terminated, false);
    pass(1000);
    assert.equal(workers[0].terminated, true);
    pass(pauses[0]);
    workers[1].ready();
    pass((2 * baseLimit - 1) * 1000);
    assert.equal(workers[1].terminated, false);
    workers[1].finish("fine");
    assert.equal(await done, "fine");
    pass(600_000);
    assert.equal(workers[1].terminated, false, "an idle worker need not send messages");
    pool.dispose();
  });

  test("gives a task up whose workers stop answering each time", async () => {
    useFakeTimers();
    const pool = new Pool(start, 1);
    const outcome = pool.run(task(1)).catch((error) => error);
    let seconds = 0;
    for (; living().length > 0 || workers.length < attempts; seconds++) {
      for (const worker of living()) if (worker.sent.length === 0) worker.ready();
      pass(1000);
    }
    assert.equal((await outcome).code, "engine/no-answer");
    assert.equal(workers.length, attempts);
    assert.ok(seconds < 8 * baseLimit, `${seconds} s`);
    pool.dispose();
  });

  test("extends the time limit on progress, and by the size of a decoded image", async () => {
    useFakeTimers();
    const pool = new Pool(start, 1);
    const done = pool.run(task(1));
    workers[0].ready();
    const report = (progress: Progress) => workers[0].answer({ type: "progress", id: workers[0].id, progress });
    for (let done = 1; done <= 5; done++) {
      pass((baseLimit - 1) * 1000);
      report({ stage: "network", done, total: 5 });
    }
    assert.equal(workers[0].terminated, false);
    report(fake<Progress>({ stage: "decoded", thumbnail: { width: 4000, height: 5000 } }));
    pass((baseLimit + 30) * 1000);
    assert.equal(workers[0].terminated, false, "twenty million pixels may take longer");
    workers[0].finish("fine");
    assert.equal(await done, "fine");
    pool.dispose();
  });

  test("does not wait forever for a worker to start", async () => {
    useFakeTimers();
    const pool = new Pool(start, 1);
    const outcome = pool.warmUp().catch((error) => error);
    const waiting = pool.run(task(1)).catch((error) => error);
    for (let second = 0; second < 10 * baseLimit; second++) pass(1000);
    assert.equal((await outcome).code, "engine/not-started");
    assert.equal((await waiting).code, "engine/not-started");
    assert.equal(workers.length, attempts);
    pool.dispose();
  });

  test("cancels a task between two tries", async () => {
    useFakeTimers();
    const pool = new Pool(start, 1);
    const controller = new AbortController();
    const cancelled = pool.run(task(1), { signal: controller.signal });
    const disposed = pool.run(task(2));
    workers[0].ready();
    crashes[0][1](workers[0]);
    controller.abort();
    await assert.rejects(cancelled, { name: "AbortError" });
    workers[1].ready();
    crashes[0][1](workers[1]);
    pool.dispose();
    await assert.rejects(disposed, { code: "engine/disposed" });
    pass(60_000);
    assert.equal(living().length, 0);
  });

  test("rejects a task that cannot be copied to a worker, and continues with the next", async () => {
    const pool = new Pool(start, 1);
    const wrong = pool.run(task(1));
    const fine = pool.run(task(2));
    const [worker] = workers;
    worker.postMessage = (message) => {
      if ("task" in message && "seed" in message.task && message.task.seed === 1)
        throw new DOMException("not to be cloned", "DataCloneError");
      worker.sent.push(message);
    };
    worker.ready();
    await assert.rejects(wrong, { name: "DataCloneError" });
    worker.finish("fine");
    assert.equal(await fine, "fine");
    pool.dispose();
  });

  test("refuses an invalid number of workers", () => {
    for (const size of [-1, 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2"]) {
      assert.throws(() => new Pool(start, size as number), { code: "engine/bad-option" }, String(size));
    }
  });

  test("gets the size of an image from every task that has it, and waits longer for larger ones", () => {
    const nuclei = { width: 1000, height: 2000 };
    const source = { blob: { size: 100 * 2 ** 20 }, entry: null };
    assert.equal(pixelsIn(fake<Task>({ kind: "measure", nuclei, source })), 2e6);
    assert.equal(pixelsIn(fake<Task>({ kind: "assemble", plan: nuclei, source })), 2e6);
    assert.equal(pixelsIn(fake<Task>({ kind: "probability-picture", prediction: nuclei })), 2e6);
    assert.equal(pixelsIn(fake<Task>({ kind: "preview", source })), 0);
    assert.equal(silenceLimit(fake<Task>({ kind: "summarize" }), 0), baseLimit);
    const [small, large] = [1e6, 100e6].map((pixels) =>
      silenceLimit(fake<Task>({ kind: "probability-picture", prediction: nuclei }), pixels),
    );
    assert.ok(large > 10 * small - 10 * baseLimit && large > small);
    assert.ok(silenceLimit(fake<Task>({ kind: "preview", source }), 0) >= baseLimit + 100);
    const huge = { blob: { size: 2 ** 40 }, entry: 3 };
    assert.ok(silenceLimit(fake<Task>({ kind: "preview", source: huge }), 0) < 200, "one entry of an archive");
    assert.ok(silenceLimit(fake<Task>({ kind: "open", files: [{ blob: huge.blob }] }), 0) < 1000);
  });

  test("ignores messages of a replaced worker", async () => {
    const pool = new Pool(start, 1);
    const lost = pool.run(task(1)).catch(() => undefined);
    workers[0].ready();
    const { id } = workers[0];
    workers[0].answer({ type: "crash", message: "unreachable" });
    workers[0].answer({ type: "crash", message: "again" });
    workers[0].answer({ type: "result", id, outcome: "too late" });
    assert.equal(living().length, 0);
    pool.dispose();
    await lost;
  });

  test("rejects all tasks when the model is refused, and later ones too", async () => {
    const pool = new Pool(start, 2);
    const outcome = pool.warmUp();
    const waiting = pool.run(task(1));
    const error = { code: "network/not-a-model", message: "not an ONNX model", help: "use another" };
    workers[0].answer({ type: "refused", error });
    await assert.rejects(outcome, error);
    await assert.rejects(waiting, error);
    await assert.rejects(pool.run(task(2)), error);
    assert.equal(living().length, 0);
  });

  test("gives up after several workers in a row could not start, and tries again for later tasks", async () => {
    useFakeTimers();
    const pool = new Pool(start, 1);
    const outcome = pool.warmUp();
    const waiting = pool.run(task(1));
    for (let attempt = 0; attempt < attempts; attempt++) {
      assert.equal(workers.length, attempt + 1);
      living()[0].answer({ type: "crash", message: "out of memory" });
      assert.equal(living().length, 0, "not at once");
      pass(pauses[attempt] ?? 0);
    }
    await assert.rejects(outcome, { code: "engine/not-started" });
    await assert.rejects(waiting, { code: "engine/not-started" });
    assert.equal(living().length, 0);
    const later = pool.run(task(2));
    living()[0].ready();
    living()[0].finish("fine");
    assert.equal(await later, "fine");
    pool.dispose();
  });

  test("starts again by itself when the first worker could not start", async () => {
    useFakeTimers();
    let isFirst = true;
    const pool = new Pool(() => {
      if (!isFirst) return start();
      isFirst = false;
      throw new Error("no more workers");
    }, 1);
    const outcome = pool.warmUp();
    pass(pauses[0]);
    workers[0].answer({ type: "crash", message: "out of memory" });
    pass(pauses[1]);
    workers[1].ready();
    assert.deepEqual(await outcome, about);
    pool.dispose();
  });

  test("continues with the workers that could be started", async () => {
    useFakeTimers();
    const pool = new Pool(start, 4);
    const all = [1, 2, 3, 4, 5].map((seed) => pool.run(task(seed)));
    workers[0].ready();
    for (let round = 0; round < 2 * attempts; round++) {
      for (const worker of living().slice(1)) worker.answer({ type: "crash", message: "out of memory" });
      pass(5000);
      workers[0].answer({ type: "progress", id: workers[0].id, progress: { stage: "network", done: 0, total: 1 } });
    }
    assert.ok(workers.length <= 1 + 3 * attempts, `${workers.length} workers`);
    for (const seed of [1, 2, 3, 4, 5]) {
      assert.equal(workers[0].seed, seed);
      workers[0].finish(seed);
    }
    assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 5]);
    pool.dispose();
  });

  test("rejects everything when it is disposed", async () => {
    const pool = new Pool(start, 1);
    const tasks = [pool.run(task(1)), pool.run(task(2))];
    workers[0].ready();
    pool.dispose();
    for (const ended of tasks) await assert.rejects(ended, { code: "engine/disposed" });
    await assert.rejects(pool.run(task(3)), { code: "engine/disposed" });
    assert.equal(living().length, 0);
  });

  test("terminates workers that have been idle for long, except one, and starts new ones for new work", async () => {
    useFakeTimers();
    const pool = new Pool(start, 3);
    const all = [1, 2, 3].map((seed) => pool.run(task(seed)));
    for (const worker of workers) worker.ready();
    for (const worker of workers) worker.finish();
    await Promise.all(all);
    pass(idleTime - 1);
    assert.equal(living().length, 3);
    pass(1);
    assert.equal(living().length, 1);
    const later = [4, 5].map((seed) => pool.run(task(seed)));
    assert.equal(living().length, 2, "the one that was kept and a new one");
    living()[1].ready();
    for (const worker of living()) worker.finish("fine");
    assert.deepEqual(await Promise.all(later), ["fine", "fine"]);
    pool.dispose();
  });

  test("never terminates a worker that has work again", async () => {
    useFakeTimers();
    const pool = new Pool(start, 2);
    const all = [1, 2].map((seed) => pool.run(task(seed)));
    for (const worker of workers) worker.ready();
    for (const worker of workers) worker.finish();
    await Promise.all(all);
    pass(idleTime - 1);
    const again = [3, 4].map((seed) => pool.run(task(seed)));
    const work = (milliseconds: number, busy: FakeWorker[]) => {
      for (let left = milliseconds; left > 0; left -= 1000) {
        for (const worker of busy)
          worker.answer({ type: "progress", id: worker.id, progress: { stage: "network", done: 0, total: 1 } });
        pass(1000);
      }
    };
    work(10 * idleTime, workers);
    assert.equal(living().length, 2);
    workers[0].finish("three");
    work(idleTime, [workers[1]]);
    assert.equal(workers[0].terminated, true);
    assert.equal(workers[1].terminated, false);
    workers[1].finish("four");
    pass(10 * idleTime);
    assert.equal(workers[1].terminated, false, "the last one stays");
    assert.deepEqual(await Promise.all(again), ["three", "four"]);
    pool.dispose();
  });

  test("replaces the last idle worker if its module has grown large", async () => {
    useFakeTimers();
    const pool = new Pool(start, 1);
    const once = async (heap: number) => {
      const done = pool.run(task(1));
      if (living()[0].sent.length === 0) living()[0].ready();
      living()[0].finish("done", heap);
      await done;
    };
    await once(keptHeap);
    pass(10 * idleTime);
    assert.equal(workers.length, 1, "a worker of normal size is kept");
    await once(keptHeap + 1);
    pass(idleTime - 1);
    assert.equal(workers[0].terminated, false, "the next image may be large too");
    pass(1);
    assert.deepEqual([workers[0].terminated, living().length], [true, 1]);
    await once(5);
    pass(10 * idleTime);
    assert.equal(workers.length, 2);
    assert.equal(pool.largestHeap, keptHeap + 1);
    pool.dispose();
  });

  test("runs tasks of started images before others, in order", async () => {
    const pool = new Pool(start, 1);
    const all = [1, 2].map((seed) => pool.run(task(seed)));
    workers[0].ready();
    all.push(...[3, 4].map((seed) => pool.run(task(seed), { isAhead: true })));
    const seen: unknown[] = [];
    for (let round = 0; round < 4; round++) {
      seen.push(workers[0].seed);
      workers[0].finish();
    }
    await Promise.all(all);
    assert.deepEqual(seen, [1, 3, 4, 2]);
    pool.dispose();
  });

  test("uses two of two cores, leaves one of more cores free, and limits memory", () => {
    assert.deepEqual([undefined, 0, 1, 2, 3, 4, 5, 64].map(defaultWorkers), [1, 1, 1, 2, 2, 3, 4, 4]);
  });
});
