/** Updates of the page that take turns with the work. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test, vi } from "vitest";
import { Paced } from "../../packages/nucleoscope/src/ui/paced.ts";

let updates = 0;

beforeEach(() => {
  updates = 0;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => setTimeout(frame, 16));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("many requests are a few updates a second, and none is forgotten", () => {
  const paced = new Paced(() => updates++);
  for (let milliseconds = 0; milliseconds < 1000; milliseconds += 10) {
    paced.soon();
    vi.advanceTimersByTime(10);
  }
  assert.ok(updates >= 3 && updates <= 6, `${updates} updates`);
  const before = updates;
  paced.soon();
  vi.advanceTimersByTime(500);
  assert.equal(updates, before + 1);
});

test("the first request, and an urgent one, are done in the next frame", () => {
  const paced = new Paced(() => updates++);
  paced.soon();
  vi.advanceTimersByTime(20);
  assert.equal(updates, 1);
  paced.soon();
  vi.advanceTimersByTime(20);
  assert.equal(updates, 1);
  paced.now();
  vi.advanceTimersByTime(20);
  assert.equal(updates, 2);
  vi.advanceTimersByTime(500);
  assert.equal(updates, 2, "the request before it is done as well");
});
