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
