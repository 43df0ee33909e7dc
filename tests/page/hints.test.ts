import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { BatchImage } from "../../packages/nucleoscope/src/session/batch.ts";
import { hintFor } from "../../packages/nucleoscope/src/session/hints.ts";
import { fake } from "../fake.ts";

const image = (count: number, diameter: number | null, { channels = 1, edits = 0 } = {}) =>
  fake<BatchImage>({
    state: { kind: "done", result: { count, diameter, stack: { channels: Array.from({ length: channels }) } } },
    truth: null,
    edits: { steps: Array.from({ length: edits }) },
    regions: [],
    gates: [],
  });

describe("hints", () => {
  test("say what to try when nothing was found, and name the channels if there are several", () => {
    assert.match(hintFor(image(0, null)), /^No nuclei were found\. If there are some, lower “Minimum confidence”/);
    assert.match(hintFor(image(0, null, { channels: 3 })), /Choose the channel/);
  });

  test("doubt very many very small nuclei", () => {
    assert.match(hintFor(image(5000, 4)), /may be noise/);
    assert.equal(hintFor(image(5000, 9)), "");
    assert.equal(hintFor(image(20, 4)), "");
  });

  test("are silent about a usual result, an edited one, and an image that is not finished", () => {
    assert.equal(hintFor(image(80, 24)), "");
    assert.equal(hintFor(image(0, null, { edits: 1 })), "");
    assert.equal(hintFor(fake<BatchImage>({ state: { kind: "waiting" }, edits: { steps: [] } })), "");
  });
});
