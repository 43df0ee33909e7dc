/** The history of corrections, and how drawn lines are interpreted. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { History } from "../../packages/nucleoscope/src/session/history.ts";
import { simplify } from "../../packages/nucleoscope/src/viewer/simplify.ts";
import { draftOf, meaningOf } from "../../packages/nucleoscope/src/viewer/tools.ts";
import { NucleiMap } from "../../packages/nucleoscope/src/viewer/nuclei-map.ts";
import type { Point as Place } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";

test("steps are undone and redone, and a new step drops undone ones", () => {
  const history = new History<number>();
  assert.equal(history.undo(), false);
  for (let step = 1; step <= 60; step++) history.push(step);
  for (let step = 0; step < 55; step++) assert.equal(history.undo(), true);
  assert.deepEqual(history.steps, [1, 2, 3, 4, 5]);
  assert.equal(history.redo(), true);
  assert.deepEqual(history.steps, [1, 2, 3, 4, 5, 6]);
  history.push(7);
  assert.equal(history.canRedo, false);
  assert.deepEqual(history.steps, [1, 2, 3, 4, 5, 6, 7]);
  history.replace([9]);
  assert.deepEqual([history.steps, history.canUndo], [[9], true]);
});

test("a simplified line keeps its corners", () => {
  const line: Place[] = [
    [0, 0],
    [1, 0.1],
    [2, 0],
    [3, 0],
    [3, 1],
    [3, 2.05],
    [3, 3],
  ];
  assert.deepEqual(simplify(line, 0.25), [
    [0, 0],
    [3, 0],
    [3, 3],
  ]);
  assert.deepEqual(simplify(line, 0.01).length, 5);
  assert.deepEqual(simplify([[1, 1]], 1), [[1, 1]]);
  assert.deepEqual(simplify([], 1), []);
  const loop: Place[] = [
    [0, 0],
    [4, 0],
    [4, 4],
    [0, 4],
    [0, 0],
  ];
  assert.deepEqual(simplify(loop, 0.5), loop, "a line that ends where it began");
});

test("a drawn line becomes the tool's correction or region", () => {
  const line: Place[] = [
    [1, 1],
    [5, 1],
    [5, 4],
  ];
  assert.deepEqual(meaningOf("split", line, 4), { edit: { kind: "split", line } });
  assert.deepEqual(meaningOf("add", line, 4), { edit: { kind: "add", outline: line } });
  assert.deepEqual(meaningOf("draw", line, 4), { edit: { kind: "draw", path: line, radius: 4, to: [1, 1] } });
  assert.deepEqual(meaningOf("erase", [[1, 1]], 4), { edit: { kind: "erase", path: [[1, 1]], radius: 4 } });
  assert.deepEqual(
    meaningOf(
      "rectangle",
      [
        [5, 4],
        [1, 1],
      ],
      4,
    ),
    {
      region: { kind: "rectangle", x: 1, y: 1, width: 4, height: 3 },
    },
  );
  assert.deepEqual(meaningOf("polygon", line, 4), { region: { kind: "polygon", points: line } });
  for (const tool of ["split", "add", "rectangle", "polygon"] as const) {
    assert.equal(meaningOf(tool, [[1, 1]], 4), null, `a click with ${tool} means nothing`);
  }
  assert.equal(meaningOf("select", line, 4), null);
  assert.deepEqual(
    draftOf(
      "rectangle",
      [
        [0, 0],
        [2, 1],
      ],
      4,
    ).path,
    [
      [0, 0],
      [2, 0],
      [2, 1],
      [0, 1],
    ],
  );
  assert.equal(draftOf("draw", line, 4).width, 8);
});

test("the nucleus at a point is found, and holes are background", () => {
  // Nucleus 1: 0..3 x 0..3 with a hole in the middle; nucleus 2: one pixel at (100, 70).
  const map = new NucleiMap({
    points: Int32Array.of(0, 0, 3, 0, 3, 3, 0, 3, 1, 1, 1, 2, 2, 2, 2, 1, 100, 70, 101, 70, 101, 71, 100, 71),
    offsets: Uint32Array.of(0, 4, 8, 12),
    labels: Uint32Array.of(1, 1, 2),
  });
  assert.equal(map.at([0.5, 0.5]), 1);
  assert.equal(map.at([1.5, 1.5]), 0);
  assert.equal(map.at([2.5, 1.5]), 1);
  assert.equal(map.at([100.2, 70.9]), 2);
  assert.equal(map.at([101.2, 70.9]), 0);
  assert.equal(map.at([-5, 1]), 0);
  assert.deepEqual(map.labels, [1, 2]);
  assert.deepEqual(map.bounds(1), { left: 0, top: 0, right: 3, bottom: 3 });
  assert.deepEqual(map.placeIn(2), [100.5, 70.5]);
  assert.equal(map.placeIn(3), undefined);
  for (const label of map.labels) assert.equal(map.at(map.placeIn(label) ?? assert.fail()), label);
});
