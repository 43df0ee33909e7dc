import type { Size } from "./viewport.ts";
import type { Outlines } from "../wasm/nucleoscope.js";

/** The side of the grid cells for grouping outlines, in image pixels. */
const cellSide = 512;

interface Cell<Kind> {
  readonly kind: Kind;
  readonly path: Path2D;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A rectangle in image pixels. */
export interface Area extends Size {
  readonly x: number;
  readonly y: number;
}

/** The outlines of an image as paths, grouped by kind and position so that only visible ones are drawn. */
export class OutlinePaths<Kind extends string> {
  readonly #cells: readonly Cell<Kind>[];

  /** `kindOf` returns how a nucleus is drawn. */
  constructor({ points, offsets, labels }: Outlines, kindOf: (label: number) => Kind) {
    const cells = new Map<string, Cell<Kind>>();
    for (let polygon = 0; polygon + 1 < offsets.length; polygon++) {
      const start = 2 * (offsets[polygon] ?? 0);
      const end = 2 * (offsets[polygon + 1] ?? 0);
      if (end > start) addPolygon(cells, kindOf(labels[polygon] ?? 0), points.subarray(start, end));
    }
    this.#cells = [...cells.values()];
  }

  /** The paths that may be visible in an area. */
  within(area: Area): { readonly kind: Kind; readonly path: Path2D }[] {
    return this.#cells.filter(
      (cell) =>
        cell.left <= area.x + area.width &&
        cell.right >= area.x &&
        cell.top <= area.y + area.height &&
        cell.bottom >= area.y,
    );
  }
}

function addPolygon<Kind extends string>(cells: Map<string, Cell<Kind>>, kind: Kind, points: Int32Array): void {
  const x = points[0] ?? 0;
  const y = points[1] ?? 0;
  const key = `${kind} ${Math.floor(x / cellSide)},${Math.floor(y / cellSide)}`;
  let cell = cells.get(key);
  if (cell === undefined) {
    cell = { kind, path: new Path2D(), left: x, top: y, right: x, bottom: y };
    cells.set(key, cell);
  }
  cell.path.moveTo(x, y);
  for (let index = 0; index + 1 < points.length; index += 2) {
    const pointX = points[index] ?? 0;
    const pointY = points[index + 1] ?? 0;
    cell.left = Math.min(cell.left, pointX);
    cell.top = Math.min(cell.top, pointY);
    cell.right = Math.max(cell.right, pointX);
    cell.bottom = Math.max(cell.bottom, pointY);
    if (index > 0) cell.path.lineTo(pointX, pointY);
  }
  cell.path.closePath();
}
