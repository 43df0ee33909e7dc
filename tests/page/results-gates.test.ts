import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { changed, withGate } from "../../packages/nucleoscope/src/session/gates.ts";
import type { Gate } from "../../packages/nucleoscope/src/session/gates.ts";

const gate = (key: string, minimum: number, maximum: number | null, keep: Gate["keep"] = "inside"): Gate => ({
  key,
  minimum,
  maximum,
  keep,
});

describe("gates", () => {
  test("are replaced by a new one of the same kind on the same column", () => {
    const first = withGate([], gate("area_px2", 100, null));
    const second = withGate(first, gate("area_px2", 200, 250, "outside"));
    assert.deepEqual(withGate(second, gate("area_px2", 150, null)), [
      gate("area_px2", 200, 250, "outside"),
      gate("area_px2", 150, null),
    ]);
  });

  test("of every image change like those of the image that is shown, and keep their own", () => {
    const [area, solidity, own] = [gate("area_px2", 100, null), gate("solidity", 0.9, null), gate("extent", 0, 1)];
    assert.deepEqual(changed([own], [], [area]), [own, area], "added");
    assert.deepEqual(changed([own, area], [area, solidity], [solidity]), [own], "removed");
    assert.deepEqual(changed([own, area], [area], [gate("area_px2", 50, null)]), [own, gate("area_px2", 50, null)]);
    assert.deepEqual(changed([area], [area], [area]), [area]);
  });
});
