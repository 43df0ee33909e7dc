import type { Picture } from "../engine/protocol.ts";
import type { Rect } from "../wasm/nucleoscope.js";
import type { Placement } from "./tile-layer.ts";
import type { Size } from "./viewport.ts";

/** The side of a tile in its own pixels. */
const tileSide = 512;
/** Pixels of tiles that are kept, four bytes each; visible tiles are kept in any case. */
const keptPixels = 32_000_000;

/** Makes the picture of a window of the image, reduced so that its longer side has at most `maximumSide` pixels. */
export type MakeTile = (window: Rect, maximumSide: number) => Promise<Picture>;

interface Tile {
  readonly picture: Picture;
  readonly window: Rect;
  readonly level: number;
}

/** A tile of a level: `level` 0 is the image's own size, and each further level half of it. */
interface Place {
  readonly level: number;
  readonly column: number;
  readonly row: number;
}

/**
 * The picture of a large image in tiles of several levels, shown above a reduced picture of the whole image.
 *
 * Only visible tiles are made, one at a time and those in the middle first, so that no tile is made that is not
 * visible any more. Until a tile is there, what is below it stays visible.
 */
export class PictureTiles {
  readonly #image: Size;
  /** The first level that the reduced picture replaces. */
  readonly #levels: number;
  readonly #make: MakeTile;
  readonly #changed: () => void;
  readonly #tiles = new Map<string, Tile>();
  readonly #failed = new Set<string>();
  #pixels = 0;
  #missing: Place[] = [];
  #visible: ReadonlySet<string> = new Set();
  #isMaking = false;
  #isClosed = false;

  /** `pictureWidth` is the width of the reduced picture; `changed` is called after each tile that was made. */
  constructor(image: Size, pictureWidth: number, make: MakeTile, changed: () => void) {
    this.#image = image;
    this.#levels = Math.ceil(Math.log2(image.width / pictureWidth));
    this.#make = make;
    this.#changed = changed;
  }

  /** Whether the tiles that are there cover the visible part of the image. */
  isComplete(placement: Placement): boolean {
    const places = this.#visiblePlaces(placement);
    return places.length > 0 && places.every((place) => this.#tiles.has(keyOf(place)));
  }

  /** Draws the tiles that are there, and requests the others. */
  draw(context: CanvasRenderingContext2D, placement: Placement): void {
    const places = this.#visiblePlaces(placement);
    this.#visible = new Set(places.map(keyOf));
    this.#missing = places.filter((place) => !this.#tiles.has(keyOf(place)) && !this.#failed.has(keyOf(place)));
    for (const [key, tile] of [...this.#tiles]) {
      if (!this.#visible.has(key)) continue;
      // A map keeps the order of insertion: visible tiles go last, to be kept longest.
      this.#tiles.delete(key);
      this.#tiles.set(key, tile);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    // Coarser tiles show through where finer ones are missing.
    const level = levelOf(placement);
    const isShown = (tile: Tile): boolean => tile.level === level || (tile.level > level && this.#missing.length > 0);
    const shown = [...this.#tiles.values()].filter(isShown).sort((left, right) => right.level - left.level);
    for (const tile of shown) drawTile(context, placement, tile);
    void this.#fill();
  }

  /** Frees the tiles; none is made or shown any more. */
  close(): void {
    this.#isClosed = true;
    for (const key of [...this.#tiles.keys()]) this.#drop(key);
  }

  /** The visible tiles, those in the middle first; none if the reduced picture is as good. */
  #visiblePlaces(placement: Placement): Place[] {
    const { scale, left, top, pane } = placement;
    const level = levelOf(placement);
    if (level >= this.#levels) return [];
    const step = tileSide * 2 ** level * scale;
    const range = (start: number, length: number, offset: number, size: number): [number, number] => [
      Math.max(0, Math.floor((start - offset) / step)),
      Math.min(Math.ceil((start + length - offset) / step), Math.ceil((size * scale) / step)),
    ];
    const [firstColumn, endColumn] = range(pane.x, pane.width, left, this.#image.width);
    const [firstRow, endRow] = range(pane.y, pane.height, top, this.#image.height);
    const places: Place[] = [];
    for (let row = firstRow; row < endRow; row++) {
      for (let column = firstColumn; column < endColumn; column++) places.push({ level, column, row });
    }
    const [x, y] = [(firstColumn + endColumn - 1) / 2, (firstRow + endRow - 1) / 2];
    const distance = ({ column, row }: Place): number => Math.hypot(column - x, row - y);
    return places.sort((one, other) => distance(one) - distance(other));
  }

  async #fill(): Promise<void> {
    const place = this.#isMaking || this.#isClosed ? undefined : this.#missing.shift();
    if (place === undefined) return;
    this.#isMaking = true;
    const key = keyOf(place);
    const window = this.#windowOf(place);
    try {
      const maximumSide = Math.ceil(Math.max(window.width, window.height) / 2 ** place.level);
      const picture = await this.#make(window, maximumSide);
      if (this.#isClosed) picture.bitmap.close();
      else this.#keep(key, { picture, window, level: place.level });
    } catch {
      // What is below stays visible.
      this.#failed.add(key);
    }
    this.#isMaking = false;
    if (this.#isClosed) return;
    void this.#fill();
    this.#changed();
  }

  #windowOf({ level, column, row }: Place): Rect {
    const side = tileSide * 2 ** level;
    const [left, top] = [column * side, row * side];
    const { width, height } = this.#image;
    return { left, top, width: Math.min(side, width - left), height: Math.min(side, height - top) };
  }

  #keep(key: string, tile: Tile): void {
    this.#tiles.set(key, tile);
    this.#pixels += pixelsOf(tile);
    for (const other of this.#tiles.keys()) {
      if (this.#pixels <= keptPixels) break;
      if (!this.#visible.has(other)) this.#drop(other);
    }
  }

  #drop(key: string): void {
    const tile = this.#tiles.get(key);
    if (tile === undefined) return;
    this.#tiles.delete(key);
    this.#pixels -= pixelsOf(tile);
    tile.picture.bitmap.close();
  }
}

/** The level whose pixels are at most as large as those of the canvas, or the image's own. */
function levelOf({ scale }: Placement): number {
  return Math.max(0, Math.floor(-Math.log2(scale)));
}

function keyOf({ level, column, row }: Place): string {
  return `${level} ${column} ${row}`;
}

function pixelsOf({ picture: { bitmap } }: Tile): number {
  return bitmap.width * bitmap.height;
}

/** Draws a tile with whole pixels of the canvas as its edges, so that there are no lines between tiles. */
function drawTile(context: CanvasRenderingContext2D, { scale, left, top, pane }: Placement, tile: Tile): void {
  const { window, picture } = tile;
  const [x, y] = [Math.round(left + window.left * scale), Math.round(top + window.top * scale)];
  const right = Math.round(left + (window.left + window.width) * scale);
  const bottom = Math.round(top + (window.top + window.height) * scale);
  const isVisible = x < pane.x + pane.width && y < pane.y + pane.height && right > pane.x && bottom > pane.y;
  if (isVisible) context.drawImage(picture.bitmap, x, y, right - x, bottom - y);
}
