import type { Area } from "./outline-path.ts";

/** The side of a tile in pixels of the canvas. */
const tileSide = 256;
/** How many points are drawn in one frame; the other tiles follow in the next frames. */
const pointsPerFrame = 8_000;
/** While the scale changes, tiles are not drawn again; this many milliseconds after the last change they are. */
const settleTime = 120;
/** Lines are up to this wide, in pixels of the canvas: what is just outside a tile reaches into it. */
const reach = 8;

/** What a layer shows. */
export interface TileSource {
  /** Draws an area of the image and returns how many points that took; the context's unit is an image pixel. */
  paint(context: CanvasRenderingContext2D, area: Area): number;
}

/** Where the image is on the canvas, in pixels of the canvas; the image begins at `left` and `top`, whole numbers. */
export interface Placement {
  /** Canvas pixels per image pixel. */
  readonly scale: number;
  readonly left: number;
  readonly top: number;
  /** The part of the canvas to draw on. */
  readonly pane: Area;
}

interface Tile {
  /** Null if the tile is empty. */
  readonly canvas: HTMLCanvasElement | null;
  readonly column: number;
  readonly row: number;
}

/** Whether a layer is drawn completely; otherwise, after how many milliseconds it must be drawn again. */
export type Pending = number | null;

/** A drawing of many outlines, on tiles that are kept while the image is moved. */
export class TileLayer {
  /** How many tiles have been drawn. */
  drawn = 0;
  #source: TileSource | null = null;
  #tiles = new Map<string, Tile>();
  #scale = 0;
  #changedAt = -Infinity;
  #isComplete = false;
  /** Tiles of another scale or an earlier source, shown until they are replaced. */
  #former: { readonly tiles: readonly Tile[]; readonly scale: number } | null = null;

  /** Sets what is shown; what was shown before stays visible until it is drawn, unless it `isOther`. */
  show(source: TileSource | null, isOther: boolean): void {
    if (source === null || isOther) this.#former = null;
    else this.#keepFormer();
    this.#source = source;
    this.#tiles = new Map();
    this.#isComplete = false;
  }

  /** Draws the visible part on a canvas, whose context has no transformation when it returns. */
  draw(context: CanvasRenderingContext2D, placement: Placement): Pending {
    const source = this.#source;
    if (source === null) return null;
    const now = performance.now();
    if (placement.scale !== this.#scale) {
      this.#keepFormer();
      this.#tiles = new Map();
      this.#scale = placement.scale;
      this.#changedAt = now;
    }
    const wait = this.#former === null || this.#former.scale === this.#scale ? 0 : settleTime - (now - this.#changedAt);
    const missing = wait > 0 ? this.#missing(placement) : this.#fill(source, placement);
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (missing.length > 0) this.#drawFormer(context, placement, missing);
    this.#blit(context, placement, this.#tiles.values(), tileSide);
    this.#isComplete = missing.length === 0;
    if (!this.#isComplete) return Math.max(0, wait);
    this.#former = null;
    return null;
  }

  #keepFormer(): void {
    // Incomplete tiles replace nothing: what they were to replace is still shown.
    if (this.#isComplete) this.#former = { tiles: [...this.#tiles.values()], scale: this.#scale };
  }

  /** The visible tiles that are not drawn yet. */
  #missing({ left, top, pane }: Placement): { column: number; row: number }[] {
    const missing = [];
    const last = (end: number): number => Math.ceil(end / tileSide) - 1;
    for (let row = Math.floor((pane.y - top) / tileSide); row <= last(pane.y + pane.height - top); row++) {
      for (let column = Math.floor((pane.x - left) / tileSide); column <= last(pane.x + pane.width - left); column++) {
        const key = `${column},${row}`;
        const tile = this.#tiles.get(key);
        if (tile === undefined) missing.push({ column, row });
        else {
          // A map keeps the order of insertion: visible tiles go last, to be kept longest.
          this.#tiles.delete(key);
          this.#tiles.set(key, tile);
        }
      }
    }
    return missing;
  }

  /** Draws missing tiles, as many as one frame allows; returns the others. */
  #fill(source: TileSource, placement: Placement): { column: number; row: number }[] {
    const missing = this.#missing(placement);
    this.#discard(placement, missing.length);
    let points = 0;
    while (missing.length > 0 && points < pointsPerFrame) {
      const next = missing.shift();
      if (next !== undefined) points += this.#add(source, placement.scale, next.column, next.row);
    }
    return missing;
  }

  #add(source: TileSource, scale: number, column: number, row: number): number {
    const canvas = document.createElement("canvas");
    canvas.width = tileSide;
    canvas.height = tileSide;
    const context = canvas.getContext("2d");
    if (context === null) return 0;
    context.setTransform(scale, 0, 0, scale, -column * tileSide, -row * tileSide);
    context.lineJoin = "round";
    this.drawn++;
    const points = source.paint(context, {
      x: (column * tileSide - reach) / scale,
      y: (row * tileSide - reach) / scale,
      width: (tileSide + 2 * reach) / scale,
      height: (tileSide + 2 * reach) / scale,
    });
    this.#tiles.set(`${column},${row}`, { canvas: points > 0 ? canvas : null, column, row });
    return points;
  }

  /** Drops the tiles that have not been visible for the longest time, if there are many more than are visible. */
  #discard({ pane }: Placement, added: number): void {
    const visible = (Math.ceil(pane.width / tileSide) + 1) * (Math.ceil(pane.height / tileSide) + 1);
    for (const key of this.#tiles.keys()) {
      if (this.#tiles.size + added <= 3 * visible) return;
      this.#tiles.delete(key);
    }
  }

  /** Draws former tiles where current ones are missing. */
  #drawFormer(
    context: CanvasRenderingContext2D,
    placement: Placement,
    missing: readonly { readonly column: number; readonly row: number }[],
  ): void {
    const former = this.#former;
    if (former === null) return;
    context.save();
    context.beginPath();
    for (const { column, row } of missing) {
      context.rect(placement.left + column * tileSide, placement.top + row * tileSide, tileSide, tileSide);
    }
    context.clip();
    this.#blit(context, placement, former.tiles, (tileSide * placement.scale) / former.scale);
    context.restore();
  }

  /** Draws the visible ones of tiles with a side of `side` canvas pixels. */
  #blit(context: CanvasRenderingContext2D, { left, top, pane }: Placement, tiles: Iterable<Tile>, side: number): void {
    for (const { canvas, column, row } of tiles) {
      const [x, y] = [left + column * side, top + row * side];
      const isVisible = x < pane.x + pane.width && y < pane.y + pane.height && x + side > pane.x && y + side > pane.y;
      if (canvas !== null && isVisible) context.drawImage(canvas, x, y, side, side);
    }
  }
}
