/** A model of others is tried in a worker of its own: how that ends, with fake workers. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test, vi } from "vitest";
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

test("by default, a model has a minute and a gibibyte", () => {
  assert.deepEqual(standardLimits, { seconds: 60, memory: 2 ** 30 });
});
