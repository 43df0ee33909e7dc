import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { History } from "../../packages/nucleoscope/src/session/history.ts";
import { ImageHistory } from "../../packages/nucleoscope/src/session/image-history.ts";
import { areaOf, isInRegion } from "../../packages/nucleoscope/src/viewer/region-geometry.ts";
import type { Edit, Point, Region } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";

const image = { width: 100, height: 50 };
const square = (x: number): Region => ({ kind: "rectangle", x, y: 0, width: 10, height: 10 });
const polygon = (...points: Point[]): Region => ({ kind: "polygon", points });

describe("the area of a region", () => {
  test("is the number of pixels of the image whose centre is inside", () => {
    assert.equal(areaOf(square(0), image), 100);
    assert.equal(areaOf(square(95), image), 50, "only what is in the image");
    assert.equal(areaOf({ kind: "rectangle", x: 10, y: 10, width: -10, height: -10 }, image), 100, "drawn to the left");
    assert.equal(areaOf(polygon([0, 0], [10, 0], [0, 10]), image), 45);
    assert.equal(areaOf(polygon([0, 0], [4, 4], [4, 0], [0, 4]), image), 8, "a bow tie has two parts");
  });

  test("is the same for places as for pixels", () => {
    for (const region of [square(3), polygon([1.5, 2], [20, 7.3], [12, 40], [3, 31])]) {
      let inside = 0;
      for (let y = 0; y < image.height; y++) {
        for (let x = 0; x < image.width; x++) if (isInRegion(region, [x + 0.5, y + 0.5])) inside++;
      }
      assert.equal(areaOf(region, image), inside);
    }
  });
});

describe("the history of an image", () => {
  const edit: Edit = { kind: "delete", at: [[1, 1]] };

  test("undoes and redoes corrections and regions in their order", () => {
    const edits = new History<Edit>();
    const history = new ImageHistory(edits);
    history.correct(edit);
    history.changeRegions([], [square(0)]);
    history.correct(edit);
    assert.equal(history.undo(), "edit");
    assert.deepEqual(history.undo(), { regions: [] });
    assert.equal(edits.steps.length, 1);
    assert.equal(history.undo(), "edit");
    assert.equal(history.undo(), null);
    assert.equal(history.canUndo, false);
    assert.equal(history.redo(), "edit");
    assert.deepEqual(history.redo(), { regions: [square(0)] });
    assert.equal(history.redo(), "edit");
    assert.equal(history.canRedo, false);
  });

  test("forgets what was undone when a region is drawn", () => {
    const history = new ImageHistory(new History<Edit>());
    history.correct(edit);
    history.undo();
    history.changeRegions([], [square(0)]);
    assert.equal(history.canRedo, false);
    assert.deepEqual(history.undo(), { regions: [] });
    assert.equal(history.undo(), null);
  });

  test("undoes corrections that came from elsewhere, such as a record", () => {
    const edits = new History<Edit>();
    const history = new ImageHistory(edits);
    history.correct(edit);
    edits.replace([edit, edit]);
    assert.equal(history.undo(), "edit");
    assert.equal(history.undo(), "edit");
    assert.equal(history.canUndo, false);
    edits.replace([]);
    assert.equal(history.undo(), null);
  });
});
