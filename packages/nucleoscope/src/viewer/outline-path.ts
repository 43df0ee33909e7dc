import { simplifyContour } from "./simplify.ts";
import type { Size } from "./viewport.ts";
import type { Outlines } from "../wasm/nucleoscope.js";

/** The side of the grid cells for grouping outlines, in image pixels. */
const cellSide = 256;
/** How far a simplified outline may be from the exact one, in screen pixels. */
const tolerance = 0.75;
/** The level of detail at which outlines are exact. */
const exactLevel = 1;

/** A rectangle in image pixels. */
export interface Area extends Size {
  readonly x: number;
  readonly y: number;
}

/** The level of detail for a scale in screen pixels per image pixel; outlines are exact at scales above 1. */
export function levelOf(scale: number): number {
  return scale > 1 ? exactLevel : Math.ceil(Math.log2(scale));
}

/** The contours of an image's nuclei, simplified for each level of detail once they are needed. */
export class Contours {
  readonly outlines: Outlines;
  readonly #levels = new Map<number, (ArrayLike<number> | undefined)[]>();

  constructor(outlines: Outlines) {
    this.outlines = outlines;
  }

  /** The coordinates of a contour's points, x and y in turn. */
  at(contour: number, level: number): ArrayLike<number> {
    const { points, offsets } = this.outlines;
    const exact = points.subarray(2 * (offsets[contour] ?? 0), 2 * (offsets[contour + 1] ?? 0));
    if (level === exactLevel) return exact;
    const known = this.#levels.get(level) ?? [];
    this.#levels.set(level, known);
    const simplified = known[contour] ?? simplifyContour(exact, tolerance / 2 ** level);
    known[contour] = simplified;
    return simplified;
  }
}

/** Outlines of one kind in one cell of the grid. */
export interface OutlinePath<Kind> {
  readonly kind: Kind;
  readonly path: Path2D;
  /** The number of points of the path. */
  readonly points: number;
}

interface Cell<Kind> {
  readonly kind: Kind;
  readonly contours: number[];
  readonly paths: Map<number, OutlinePath<Kind>>;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Outlines as paths, grouped by kind and position so that only visible ones are drawn. */
export class OutlinePaths<Kind extends string> {
  readonly #contours: Contours;
  readonly #cells = new Map<string, Cell<Kind>>();

  /** `kindOf` returns how a nucleus is drawn; null leaves it out. */
  constructor(contours: Contours, kindOf: (label: number) => Kind | null) {
    this.#contours = contours;
    const { labels } = contours.outlines;
    for (let contour = 0; contour < labels.length; contour++) {
      const kind = kindOf(labels[contour] ?? 0);
      if (kind !== null) this.#add(contour, kind);
    }
  }

  /** The paths that may be visible in an area, with the details of a level. */
  within(area: Area, level: number): OutlinePath<Kind>[] {
    const seen: OutlinePath<Kind>[] = [];
    for (const cell of this.#cells.values()) {
      if (cell.left > area.x + area.width || cell.right < area.x) continue;
      if (cell.top > area.y + area.height || cell.bottom < area.y) continue;
      const path = cell.paths.get(level) ?? this.#pathOf(cell, level);
      cell.paths.set(level, path);
      seen.push(path);
    }
    return seen;
  }

  #add(contour: number, kind: Kind): void {
    const { points, offsets } = this.#contours.outlines;
    const [start, end] = [2 * (offsets[contour] ?? 0), 2 * (offsets[contour + 1] ?? 0)];
    if (start === end) return;
    const [x, y] = [points[start] ?? 0, points[start + 1] ?? 0];
    const key = `${kind} ${Math.floor(x / cellSide)},${Math.floor(y / cellSide)}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { kind, contours: [], paths: new Map(), left: x, top: y, right: x, bottom: y };
      this.#cells.set(key, cell);
    }
    cell.contours.push(contour);
    for (let index = start; index + 1 < end; index += 2) {
      const [pointX, pointY] = [points[index] ?? 0, points[index + 1] ?? 0];
      if (pointX < cell.left) cell.left = pointX;
      else if (pointX > cell.right) cell.right = pointX;
      if (pointY < cell.top) cell.top = pointY;
      else if (pointY > cell.bottom) cell.bottom = pointY;
    }
  }

  #pathOf({ kind, contours }: Cell<Kind>, level: number): OutlinePath<Kind> {
    const path = new Path2D();
    let points = 0;
    for (const contour of contours) {
      const line = this.#contours.at(contour, level);
      path.moveTo(line[0] ?? 0, line[1] ?? 0);
      for (let index = 2; index + 1 < line.length; index += 2) path.lineTo(line[index] ?? 0, line[index + 1] ?? 0);
      path.closePath();
      points += line.length / 2;
    }
    return { kind, path, points };
  }
}
