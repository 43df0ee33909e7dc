import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { NucleiMap } from "../../packages/nucleoscope/src/viewer/nuclei-map.ts";
import { Contours, levelOf } from "../../packages/nucleoscope/src/viewer/outline-path.ts";
import { simplifyContour } from "../../packages/nucleoscope/src/viewer/simplify.ts";

/** A disc's outline along the sides of pixels, from its top. */
function disc(radius: number): number[] {
  const points: number[] = [];
  const width = (row: number): number => Math.round(Math.sqrt(radius ** 2 - (row + 0.5 - radius) ** 2));
  for (let row = 0; row < 2 * radius; row++) points.push(radius + width(row), row, radius + width(row), row + 1);
  for (let row = 2 * radius - 1; row >= 0; row--) points.push(radius - width(row), row + 1, radius - width(row), row);
  return points;
}

function outlinesOf(...contours: { label: number; points: number[] }[]) {
  const offsets = [0];
  for (const { points } of contours) offsets.push((offsets.at(-1) ?? 0) + points.length / 2);
  return {
    points: Int32Array.from(contours.flatMap(({ points }) => points)),
    offsets: Uint32Array.from(offsets),
    labels: Uint32Array.from(contours.map(({ label }) => label)),
  };
}

describe("a simplified contour", () => {
  test("has fewer points, all of them of the contour, and stays within the tolerance", () => {
    const exact = disc(20);
    const simplified = simplifyContour(exact, 0.75);
    assert.ok(simplified.length < exact.length / 2, `${simplified.length} of ${exact.length}`);
    const pairs = (points: ArrayLike<number>) =>
      Array.from({ length: points.length / 2 }, (_, index) => [points[2 * index], points[2 * index + 1]] as const);
    const known = new Set(pairs(exact).map(String));
    assert.ok(pairs(simplified).every((point) => known.has(String(point))));
    const sides = pairs(simplified).map((from, index, all) => [from, all[(index + 1) % all.length]] as const);
    for (const [x = 0, y = 0] of pairs(exact)) {
      const distances = sides.map(([[fromX = 0, fromY = 0], [toX = 0, toY = 0] = []]) => {
        const [sideX, sideY] = [toX - fromX, toY - fromY];
        const along = ((x - fromX) * sideX + (y - fromY) * sideY) / (sideX ** 2 + sideY ** 2);
        const share = Math.min(Math.max(along, 0), 1);
        return Math.hypot(x - fromX - share * sideX, y - fromY - share * sideY);
      });
      assert.ok(Math.min(...distances) <= 0.75 + 1e-9);
    }
  });

  test("has at least three points, however large the tolerance", () => {
    assert.equal(simplifyContour(disc(3), 1000).length, 6);
    assert.deepEqual(simplifyContour([0, 0, 1, 0, 1, 1], 1000), [0, 0, 1, 0, 1, 1]);
  });

  test("is exact above the size of the image's own pixels", () => {
    const contours = new Contours(outlinesOf({ label: 1, points: disc(20) }));
    assert.equal(contours.at(0, levelOf(1.01)).length, disc(20).length);
    const [near, far] = [contours.at(0, levelOf(1)), contours.at(0, levelOf(0.1))];
    assert.ok(far.length < near.length);
    assert.equal(contours.at(0, levelOf(1)), near, "simplified once");
  });
});

test("nuclei are in a box if their centroid is, whose hole counts", () => {
  const square = (left: number, top: number, side: number) => [
    ...[left, top, left + side, top],
    ...[left + side, top + side, left, top + side],
  ];
  const hole = (left: number, top: number, side: number) => [
    ...[left, top, left, top + side],
    ...[left + side, top + side, left + side, top],
  ];
  const map = new NucleiMap(
    outlinesOf(
      { label: 1, points: square(0, 0, 10) },
      { label: 2, points: square(20, 0, 10) },
      { label: 2, points: hole(26, 6, 3) },
    ),
  );
  assert.deepEqual(map.within({ left: 0, top: 0, right: 40, bottom: 40 }), [1, 2]);
  assert.deepEqual(map.within({ left: 4, top: 4, right: 6, bottom: 6 }), [1]);
  // The hole at the lower right moves the centroid from (25, 5) to the upper left.
  assert.deepEqual(map.within({ left: 25, top: 5, right: 40, bottom: 40 }), []);
  assert.deepEqual(map.within({ left: 24, top: 4, right: 25, bottom: 5 }), [2]);
});
