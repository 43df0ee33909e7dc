import type { Outlines, Point as Place } from "../wasm/nucleoscope.js";

/** The side of the grid cells for looking up nuclei, in image pixels. */
const cellSide = 64;

/** A rectangle in image pixels. */
export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Finds the nucleus at a point, from the outlines along pixel sides. */
export class NucleiMap {
  readonly #outlines: Outlines;
  /** Polygons by the grid cells that their bounds touch. */
  readonly #cells = new Map<string, number[]>();
  readonly #bounds = new Map<number, Bounds>();
  readonly #polygons = new Map<number, number[]>();
  /** The numbers of all nuclei, in ascending order. */
  readonly labels: readonly number[];

  constructor(outlines: Outlines) {
    this.#outlines = outlines;
    for (let polygon = 0; polygon < outlines.labels.length; polygon++) this.#add(polygon);
    this.labels = [...this.#bounds.keys()].sort((left, right) => left - right);
  }

  /** The nucleus at a point; 0 if there is none. */
  at([x, y]: Place): number {
    const found = new Map<number, boolean>();
    for (const polygon of this.#cells.get(cellOf(x, y)) ?? []) {
      if (!this.#contains(polygon, x, y)) continue;
      // A point in a hole is inside two polygons: the nucleus's outer contour and the hole's contour.
      const label = this.#outlines.labels[polygon] ?? 0;
      found.set(label, found.get(label) !== true);
    }
    for (const [label, isInside] of found) if (isInside) return label;
    return 0;
  }

  /** The bounding rectangle of a nucleus; undefined if there is no such nucleus. */
  bounds(label: number): Bounds | undefined {
    return this.#bounds.get(label);
  }

  /** The nuclei whose centroid is in a rectangle. */
  within({ left, top, right, bottom }: Bounds): number[] {
    return this.labels.filter((label) => {
      const bounds = this.#bounds.get(label);
      if (bounds === undefined || bounds.right < left || bounds.left > right) return false;
      if (bounds.bottom < top || bounds.top > bottom) return false;
      const [x, y] = this.#centroid(label);
      return x >= left && x <= right && y >= top && y <= bottom;
    });
  }

  /** A point inside a nucleus, to identify it: the centre of one of its pixels. */
  placeIn(label: number): Place | undefined {
    const polygon = this.#polygons.get(label)?.[0];
    if (polygon === undefined) return undefined;
    // An outer contour starts at the upper left corner of a pixel of the nucleus.
    const start = 2 * (this.#outlines.offsets[polygon] ?? 0);
    return [(this.#outlines.points[start] ?? 0) + 0.5, (this.#outlines.points[start + 1] ?? 0) + 0.5];
  }

  /** The outline of a nucleus as a path, in image coordinates. */
  pathOf(label: number): Path2D {
    const path = new Path2D();
    for (const polygon of this.#polygons.get(label) ?? []) {
      const points = this.#points(polygon);
      path.moveTo(points[0] ?? 0, points[1] ?? 0);
      for (let index = 2; index + 1 < points.length; index += 2)
        path.lineTo(points[index] ?? 0, points[index + 1] ?? 0);
      path.closePath();
    }
    return path;
  }

  /** Holes have the opposite winding, and so a negative area. */
  #centroid(label: number): Place {
    let [area, x, y] = [0, 0, 0];
    for (const polygon of this.#polygons.get(label) ?? []) {
      const points = this.#points(polygon);
      for (let index = 0; index + 1 < points.length; index += 2) {
        const next = (index + 2) % points.length;
        const [fromX = 0, fromY = 0, toX = 0, toY = 0] = [
          points[index],
          points[index + 1],
          points[next],
          points[next + 1],
        ];
        const cross = fromX * toY - toX * fromY;
        area += cross / 2;
        x += ((fromX + toX) * cross) / 6;
        y += ((fromY + toY) * cross) / 6;
      }
    }
    return [x / area, y / area];
  }

  #points(polygon: number): Int32Array {
    const { points, offsets } = this.#outlines;
    return points.subarray(2 * (offsets[polygon] ?? 0), 2 * (offsets[polygon + 1] ?? 0));
  }

  #add(polygon: number): void {
    const points = this.#points(polygon);
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (let index = 0; index + 1 < points.length; index += 2)
      widen(bounds, points[index] ?? 0, points[index + 1] ?? 0);
    const label = this.#outlines.labels[polygon] ?? 0;
    const known = this.#bounds.get(label);
    if (known === undefined) this.#bounds.set(label, { ...bounds });
    else {
      widen(known, bounds.left, bounds.top);
      widen(known, bounds.right, bounds.bottom);
    }
    const siblings = this.#polygons.get(label);
    if (siblings === undefined) this.#polygons.set(label, [polygon]);
    else siblings.push(polygon);
    for (let y = Math.floor(bounds.top / cellSide); y <= Math.floor(bounds.bottom / cellSide); y++) {
      for (let x = Math.floor(bounds.left / cellSide); x <= Math.floor(bounds.right / cellSide); x++) {
        const key = `${x},${y}`;
        const cell = this.#cells.get(key);
        if (cell === undefined) this.#cells.set(key, [polygon]);
        else cell.push(polygon);
      }
    }
  }

  /** By the even-odd rule: whether a ray to the right crosses the polygon's vertical sides an odd number of times. */
  #contains(polygon: number, x: number, y: number): boolean {
    const points = this.#points(polygon);
    let isInside = false;
    for (let index = 0; index + 1 < points.length; index += 2) {
      const next = (index + 2) % points.length;
      const fromY = points[index + 1] ?? 0;
      const toY = points[next + 1] ?? 0;
      if (fromY > y !== toY > y && x < (points[index] ?? 0)) isInside = !isInside;
    }
    return isInside;
  }
}

function cellOf(x: number, y: number): string {
  return `${Math.floor(x / cellSide)},${Math.floor(y / cellSide)}`;
}

function widen(bounds: Bounds, x: number, y: number): void {
  bounds.left = Math.min(bounds.left, x);
  bounds.top = Math.min(bounds.top, y);
  bounds.right = Math.max(bounds.right, x);
  bounds.bottom = Math.max(bounds.bottom, y);
}
