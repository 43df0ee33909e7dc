import type { Size } from "./viewport.ts";
import type { Point as Place, Region } from "../wasm/nucleoscope.js";

/** The corners of a region, in order. */
export function cornersOf(region: Region): readonly Place[] {
  if (region.kind === "polygon") return region.points;
  const { x, y, width, height } = region;
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

/** How many pixels of an image have their centre in a region. */
export function areaOf(region: Region, { width, height }: Size): number {
  const corners = cornersOf(region);
  const rows = corners.map(([, y]) => y);
  let area = 0;
  const last = Math.min(height, Math.ceil(Math.max(...rows)));
  for (let row = Math.max(0, Math.floor(Math.min(...rows))); row < last; row++) {
    const crossings = crossingsAt(corners, row + 0.5).sort((left, right) => left - right);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      // The first pixel whose centre is not to the left of a crossing.
      const from = Math.max(0, Math.ceil((crossings[pair] ?? 0) - 0.5));
      const to = Math.min(width, Math.ceil((crossings[pair + 1] ?? 0) - 0.5));
      area += Math.max(0, to - from);
    }
  }
  return area;
}

/** Whether a point is in a region, by the even-odd rule. */
export function isInRegion(region: Region, [x, y]: Place): boolean {
  return crossingsAt(cornersOf(region), y).filter((crossing) => crossing > x).length % 2 === 1;
}

/** Where the sides of a polygon cross a horizontal line. */
function crossingsAt(corners: readonly Place[], y: number): number[] {
  const crossings: number[] = [];
  corners.forEach(([fromX, fromY], index) => {
    const [toX, toY] = corners[(index + 1) % corners.length] ?? [fromX, fromY];
    if (fromY > y !== toY > y) crossings.push(fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX));
  });
  return crossings;
}
