/** A model of others is tried in a worker of its own: how that ends, with fake workers. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test, vi } from "vitest";
import { Engine } from "../../packages/nucleoscope/src/engine/engine.ts";
import { standardLimits, tryModel } from "../../packages/nucleoscope/src/engine/model-trial.ts";
import type { WorkerLike } from "../../packages/nucleoscope/src/engine/pool.ts";
import type { FromWorker, ToWorker } from "../../packages/nucleoscope/src/engine/protocol.ts";
import { fake } from "../fake.ts";

class FakeWorker implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  onmessageerror: WorkerLike["onmessageerror"] = null;
  onerror: WorkerLike["onerror"] = null;
  received: ToWorker[] = [];
  terminated = 0;

  postMessage(message: ToWorker): void {
    this.received.push(message);
  }

  terminate(): void {
    this.terminated++;
  }

  answer(message: object): void {
    this.onmessage?.(fake<MessageEvent<FromWorker>>({ data: message }));
  }
}

function trial(answer: (worker: FakeWorker) => void): Promise<string> {
  const worker = new FakeWorker();
  const limits = { seconds: 5, memory: 1000 * 2 ** 20 };
  const tried = tryModel(() => worker, fake<WebAssembly.Module>({}), Uint8Array.of(1), limits);
  answer(worker);
  assert.equal(worker.received.length, 1);
  return tried
    .then(() => "used")
    .catch(({ code, message }) => `${code}: ${message}`)
    .finally(() => assert.equal(worker.terminated, 1, "the worker is terminated"));
}

describe("a model is", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("used if the worker is ready", async () => {
    assert.equal(await trial((worker) => worker.answer({ type: "ready" })), "used");
    assert.equal(vi.getTimerCount(), 0);
  });

  test("refused with the reason of the engine", async () => {
    const error = { code: "model/operators", message: "it uses Loop", help: "" };
    assert.equal(await trial((worker) => worker.answer({ type: "refused", error })), "model/operators: it uses Loop");
  });

  test("refused if it traps, or the worker's script fails", async () => {
    const trap = await trial((worker) => worker.answer({ type: "crash", message: "unreachable", heap: 5 }));
    assert.equal(trap, "model/crashed: it crashed the worker that tried it (unreachable)");
    const failed = await trial((worker) => {
      worker.onerror?.(fake<ErrorEvent>({ message: "stack overflow", preventDefault: () => undefined }));
    });
    assert.match(failed, /^model\/crashed: .*stack overflow/);
  });

  test("refused if the module's memory grows beyond the limit", async () => {
    const large = await trial((worker) => worker.answer({ type: "crash", message: "unreachable", heap: 2 ** 30 }));
    assert.equal(large, "model/too-much-memory: it needs more than 1000 MiB of memory");
  });

  test("refused when its time is over", async () => {
    const slow = trial(() => vi.advanceTimersByTime(5000));
    assert.equal(await slow, "model/too-slow: trying it took longer than 5 s");
  });
});

/** An engine whose workers are fake: a model is a byte, 0 crashes its worker, and its hash is the byte. */
async function engineWith(model: number) {
  const workers: FakeWorker[] = [];
  const startWorker = (): FakeWorker => {
    const worker = new FakeWorker();
    workers.push(worker);
    worker.postMessage = (message) => {
      worker.received.push(message);
      if (message.type !== "setup") return;
      const byte = message.model?.[0];
      const metadata = byte === undefined ? null : { name: "model", version: String(byte) };
      const about = { model: metadata, modelHash: String(byte) };
      queueMicrotask(() =>
        worker.answer(byte === 0 ? { type: "crash", message: "unreachable" } : { type: "ready", about }),
      );
    };
    return worker;
  };
  const module = fake<WebAssembly.Module>({});
  const engine = await Engine.start({ module, model: Uint8Array.of(model), startWorker, workers: 1 });
  const request = { imageId: "a", source: { blob: new Blob(), entry: null }, selection: {}, pixelSize: null };
  const segment = () => engine.segment({ ...request, truth: null, settings: {}, edits: [] }, 1);
  /** The worker that segments with a model, and a function that ends its task. */
  const segmenter = (byte: number) => {
    const [worker] = workers.filter(({ received: [setup, task] }) => {
      return setup?.type === "setup" && setup.model?.[0] === byte && task !== undefined;
    });
    const task = worker?.received.at(-1);
    const end = () =>
      worker?.answer({ type: "result", id: task?.type === "task" ? task.id : 0, outcome: { nuclei: {} }, heap: 0 });
    return { worker, end };
  };
  return { engine, workers, segment, segmenter };
}

describe("an engine with another model", () => {
  test("ends what has begun with the model before, whose workers it then terminates", async () => {
    const { engine, segment, segmenter } = await engineWith(1);
    const begun = segment();
    assert.deepEqual(await engine.useModel(Uint8Array.of(2)), { name: "model", version: "2", sha256: "2" });
    const next = segment();
    const [before, now] = [segmenter(1), segmenter(2)];
    assert.equal(before.worker?.terminated, 0);
    now.end();
    before.end();
    assert.deepEqual([(await begun).model.sha256, (await next).model.sha256], ["1", "2"]);
    await Promise.resolve();
    assert.deepEqual([before.worker?.terminated, now.worker?.terminated], [1, 0]);
    await engine.useModel(null);
    assert.equal(engine.modelIdentity.sha256, "1");
    assert.equal(now.worker?.terminated, 1);
    engine.dispose();
  });

  test("that is refused keeps the one it has", async () => {
    const { engine, workers } = await engineWith(1);
    await assert.rejects(engine.useModel(Uint8Array.of(0)), { code: "model/crashed" });
    assert.equal(engine.modelIdentity.sha256, "1");
    assert.deepEqual(
      workers.map(({ terminated }) => terminated),
      [0, 0, 1],
      "the model's and the reader's worker go on, the one that crashed is gone",
    );
    engine.dispose();
  });
});

test("by default, a model has a minute and a gibibyte", () => {
  assert.deepEqual(standardLimits, { seconds: 60, memory: 2 ** 30 });
});
