import type { Point as Place } from "../wasm/nucleoscope.js";

/** Removes points of a line that are within `tolerance` of the simplified line (Ramer 1972; Douglas and Peucker 1973). */
export function simplify(line: readonly Place[], tolerance: number): Place[] {
  const first = line[0];
  const last = line.at(-1);
  if (first === undefined || last === undefined) return [];
  if (line.length === 1) return [first];
  const kept = new Set([0, line.length - 1]);
  const parts: [number, number][] = [[0, line.length - 1]];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [start, end] = part;
    let furthest = start;
    let most = tolerance;
    for (let index = start + 1; index < end; index++) {
      const distance = distanceToSide(line[index] ?? first, line[start] ?? first, line[end] ?? last);
      if (distance > most) [furthest, most] = [index, distance];
    }
    if (furthest === start) continue;
    kept.add(furthest);
    parts.push([start, furthest], [furthest, end]);
  }
  return line.filter((_, index) => kept.has(index));
}

function distanceToSide([x, y]: Place, [fromX, fromY]: Place, [toX, toY]: Place): number {
  const [sideX, sideY] = [toX - fromX, toY - fromY];
  const square = sideX * sideX + sideY * sideY;
  const along = square === 0 ? 0 : ((x - fromX) * sideX + (y - fromY) * sideY) / square;
  const share = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - fromX - share * sideX, y - fromY - share * sideY);
}

/** Simplifies a closed contour in the same way; coordinates are x and y in turn. At least three points are kept. */
export function simplifyContour(points: ArrayLike<number>, tolerance: number): ArrayLike<number> {
  const count = points.length / 2;
  if (count <= 3) return points;
  const x = (index: number): number => points[2 * (index % count)] ?? 0;
  const y = (index: number): number => points[2 * (index % count) + 1] ?? 0;
  const kept = new Uint8Array(count);
  // The contour is two lines: from its first point to the one farthest from it, and back.
  const half = furthestFrom(0, 1, count);
  kept[0] = kept[half] = 1;
  const parts = [0, half, half, count];
  while (parts.length > 0) {
    const [end = 0, start = 0] = [parts.pop(), parts.pop()];
    const [fromX, fromY] = [x(start), y(start)];
    const [sideX, sideY] = [x(end) - fromX, y(end) - fromY];
    const square = sideX * sideX + sideY * sideY;
    let furthest = start;
    let most = tolerance * tolerance;
    for (let index = start + 1; index < end; index++) {
      const [toX, toY] = [x(index) - fromX, y(index) - fromY];
      const along = square === 0 ? 0 : (toX * sideX + toY * sideY) / square;
      const share = Math.min(Math.max(along, 0), 1);
      const [awayX, awayY] = [toX - share * sideX, toY - share * sideY];
      const distance = awayX * awayX + awayY * awayY;
      if (distance > most) [furthest, most] = [index, distance];
    }
    if (furthest === start) continue;
    kept[furthest] = 1;
    parts.push(start, furthest, furthest, end);
  }
  if (kept.reduce((sum, one) => sum + one, 0) < 3) kept[half > 1 ? half >> 1 : (half + count) >> 1] = 1;
  const line: number[] = [];
  for (let index = 0; index < count; index++) if (kept[index] === 1) line.push(x(index), y(index));
  return Float32Array.from(line);

  function furthestFrom(origin: number, from: number, to: number): number {
    let furthest = from;
    let most = 0;
    for (let index = from; index < to; index++) {
      const distance = (x(index) - x(origin)) ** 2 + (y(index) - y(origin)) ** 2;
      if (distance > most) [furthest, most] = [index, distance];
    }
    return furthest;
  }
}
