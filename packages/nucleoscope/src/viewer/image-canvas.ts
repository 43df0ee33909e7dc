import type { Picture } from "../engine/protocol.ts";
import type { NucleiMap } from "./nuclei-map.ts";
import { Contours, levelOf, OutlinePaths, type Area } from "./outline-path.ts";
import type { PictureTiles } from "./picture-tiles.ts";
import { scaleBar } from "./scale-bar.ts";
import { TileLayer, type Pending, type Placement } from "./tile-layer.ts";
import { Viewport, type Point, type Size } from "./viewport.ts";
import type { Outlines, Point as Place, Region } from "../wasm/nucleoscope.js";

/** How a nucleus is drawn. */
export type NucleusKind = "plain" | "found" | "extra" | "excluded" | "missed" | "positive" | "negative" | "cell";

/** How nuclei are shown. */
export type OverlayStyle = "outlines" | "filled" | "numbers";

/** Nuclei to draw. */
export interface Nuclei {
  readonly outlines: Outlines;
  readonly map: NucleiMap;
  readonly kindOf: (label: number) => NucleusKind;
  /** Changes when `kindOf` does. */
  readonly revision: unknown;
}

/** A picture, and the size of the image it shows. */
export interface Drawable extends Size {
  readonly bitmap: ImageBitmap | HTMLImageElement;
}

/** Everything that the canvas shows. */
export interface Scene {
  /** The size of the image; its picture may be smaller. */
  readonly image: Size;
  readonly picture: Drawable | null;
  /** The same picture at full resolution, if `picture` is reduced. */
  readonly tiles: PictureTiles | null;
  /** A second picture of the same part of the image, shown side by side with the first. */
  readonly second: Picture | null;
  readonly nuclei: Nuclei | null;
  /** The true nuclei that were not found. */
  readonly missed: Nuclei | null;
  /** The cells into which nuclei are expanded. */
  readonly cells: Outlines | null;
  readonly regions: readonly Region[];
  readonly micrometresPerPixel: number | null;
}

/** Highlights that change without the rest of the scene. */
export interface Marks {
  readonly selected: ReadonlySet<number>;
  readonly hovered: number | null;
  /** Selected in a chart. */
  readonly highlighted: ReadonlySet<number>;
  /** The line being drawn. */
  readonly draft: { readonly path: readonly Place[]; readonly isClosed: boolean; readonly width: number } | null;
  /** The position of the keyboard's pen. */
  readonly pen: Place | null;
  /** The circle that the brush covers under the pointer. */
  readonly brush: { readonly at: Place; readonly radius: number } | null;
}

const noMarks: Marks = {
  selected: new Set(),
  hovered: null,
  highlighted: new Set(),
  draft: null,
  pen: null,
  brush: null,
};

/** Okabe and Ito's colours, distinguishable with every kind of colour vision; line styles differ as well. */
const strokes: Readonly<Record<NucleusKind, { colour: string; dash: readonly number[] }>> = {
  plain: { colour: "#ffe45c", dash: [] },
  found: { colour: "#56b4e9", dash: [] },
  extra: { colour: "#e69f00", dash: [6, 3] },
  missed: { colour: "#ff8fd0", dash: [2, 3] },
  excluded: { colour: "#b8bfc6", dash: [2, 2] },
  positive: { colour: "#ff9a3c", dash: [] },
  negative: { colour: "#56b4e9", dash: [] },
  cell: { colour: "#e8edf2", dash: [] },
};
const selectedColour = "#ffffff";
const highlightColour = "#00e0b8";
const regionColour = "#7fd0ff";
/** A dark line under a bright one is visible on black, on white and on stained tissue. */
const haloColour = "rgba(0, 0, 0, 0.75)";
const haloWidth = 3.5;
const lineWidth = 1.5;
/** The part of these widths that the outlines of cells have. */
const cellWidth = 0.5;
/** The scale from which pixels are shown as squares. */
const squareScale = 2;
/** The width in screen pixels from which a nucleus shows its number. */
const roomForNumber = 16;
/** More highlighted nuclei than this are drawn on tiles, so that the others can be drawn again without them. */
const mostSingleMarks = 100;

type MarkKind = "highlighted" | "selected";

const markStyles: Readonly<Record<MarkKind, { colour: string; width: number }>> = {
  highlighted: { colour: highlightColour, width: 2 },
  selected: { colour: selectedColour, width: 3 },
};

/**
 * Draws an image and its nuclei, through a viewport that the user moves.
 *
 * There are two canvases: one for the picture with the nuclei, and one above it for what changes while the picture
 * does not, such as the nucleus under the pointer.
 */
export class ImageCanvas {
  readonly viewport = new Viewport();
  /** How often each canvas has been drawn. */
  readonly drawings = { picture: 0, marks: 0 };
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #marksContext: CanvasRenderingContext2D;
  readonly #onDraw: () => void;
  readonly #observer: ResizeObserver;
  readonly #nucleiLayer = new TileLayer();
  readonly #marksLayer = new TileLayer();
  #scene: Scene | null = null;
  #marks: Marks = noMarks;
  #contours: Readonly<Record<"nuclei" | "missed" | "cells", Contours | null>> = {
    nuclei: null,
    missed: null,
    cells: null,
  };
  #style: OverlayStyle = "outlines";
  #nucleiShown = true;
  #isPictureDue = false;
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `marks` lies above `canvas`. `onDraw` is called after each drawing, when the viewport may have changed. */
  constructor(canvas: HTMLCanvasElement, marks: HTMLCanvasElement, onDraw: () => void) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
    this.#marksContext = contextOf(marks);
    this.#onDraw = onDraw;
    this.#observer = new ResizeObserver(() => this.#followSize());
    this.#observer.observe(canvas);
  }

  /** Whether no image is shown. */
  get isEmpty(): boolean {
    return this.#scene === null;
  }

  /** How many tiles with nuclei, and with highlighted nuclei, have been drawn. */
  get tilesDrawn(): { readonly nuclei: number; readonly marks: number } {
    return { nuclei: this.#nucleiLayer.drawn, marks: this.#marksLayer.drawn };
  }

  /** Shows a scene; `isOther` resets the viewport for another image. */
  show(scene: Scene | null, isOther: boolean): void {
    const before = this.#scene;
    const wasSplit = this.#isSplit;
    this.#scene = scene;
    this.#contours = {
      nuclei: contoursOf(this.#contours.nuclei, scene?.nuclei?.outlines),
      missed: contoursOf(this.#contours.missed, scene?.missed?.outlines),
      cells: contoursOf(this.#contours.cells, scene?.cells),
    };
    const isSameScene =
      isSame(before?.nuclei, scene?.nuclei) && isSame(before?.missed, scene?.missed) && before?.cells === scene?.cells;
    if (isOther || !isSameScene) this.#showNuclei(isOther);
    if (isOther || before?.nuclei?.outlines !== scene?.nuclei?.outlines) this.#showMarks(true);
    if (scene !== null && isOther) this.viewport.open(scene.image);
    if (wasSplit !== this.#isSplit) this.#followSize();
    this.redraw();
  }

  /** Sets the highlights. */
  mark(marks: Marks): void {
    const before = this.#marks;
    this.#marks = marks;
    if (before.selected !== marks.selected || before.highlighted !== marks.highlighted) this.#showMarks(false);
    this.#schedule();
  }

  /** Sets whether and how nuclei are shown. */
  showNuclei(shown: boolean, style: OverlayStyle): void {
    this.#nucleiShown = shown;
    this.#style = style;
    this.#showNuclei(true);
    this.redraw();
  }

  /** Converts a position in the element, in either half, to image coordinates. */
  toImage({ x, y }: Point): Place {
    const half = this.viewport.screen.width;
    const place = this.viewport.toImage({ x: this.#isSplit && x >= half ? x - half : x, y });
    return [place.x, place.y];
  }

  /** Draws everything in the next frame. */
  redraw(): void {
    this.#isPictureDue = true;
    this.#schedule();
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const isPictureDue = this.#isPictureDue;
      if (isPictureDue) clearTimeout(this.#timer);
      this.#isPictureDue = false;
      const ofPicture = isPictureDue ? this.#draw() : null;
      const ofMarks = this.#drawMarks();
      if (ofPicture !== null) this.#timer = setTimeout(() => this.redraw(), ofPicture);
      else if (ofMarks !== null) this.#timer = setTimeout(() => this.#schedule(), ofMarks);
      this.#onDraw();
    });
  }

  get #isSplit(): boolean {
    return this.#scene?.second != null;
  }

  #followSize(): void {
    const width = this.#canvas.clientWidth || 1;
    this.viewport.resize({ width: this.#isSplit ? width / 2 : width, height: this.#canvas.clientHeight || 1 });
    this.redraw();
  }

  /** Prepares the nuclei of the scene to be drawn. */
  #showNuclei(isOther: boolean): void {
    const { nuclei, missed, cells } = this.#contours;
    const scene = this.#scene;
    if (!this.#nucleiShown || scene === null || (nuclei === null && missed === null)) {
      this.#nucleiLayer.show(null, true);
      return;
    }
    const layers = [
      cells === null ? null : { paths: new OutlinePaths<NucleusKind>(cells, () => "cell"), filled: false },
      missed === null ? null : { paths: new OutlinePaths(missed, scene.missed?.kindOf ?? (() => null)), filled: false },
      nuclei === null
        ? null
        : { paths: new OutlinePaths(nuclei, scene.nuclei?.kindOf ?? (() => null)), filled: this.#style === "filled" },
    ].filter((layer) => layer !== null);
    const numbered = this.#style === "numbers" ? (scene.nuclei?.map ?? null) : null;
    const paint = (context: CanvasRenderingContext2D, area: Area): number => {
      let points = 0;
      for (const { paths, filled } of layers) points += this.#drawPaths(context, paths, area, filled);
      if (numbered !== null) this.#drawNumbers(context, numbered, area);
      return points;
    };
    this.#nucleiLayer.show({ paint }, isOther);
  }

  /** Prepares the highlighted nuclei to be drawn, if there are many. */
  #showMarks(isOther: boolean): void {
    const { selected, highlighted } = this.#marks;
    const { nuclei } = this.#contours;
    if (nuclei === null || !this.#hasManyMarks) {
      this.#marksLayer.show(null, true);
      return;
    }
    const kindOf = (label: number): MarkKind | null =>
      selected.has(label) ? "selected" : highlighted.has(label) ? "highlighted" : null;
    const paths = new OutlinePaths<MarkKind>(nuclei, kindOf);
    const paint = (context: CanvasRenderingContext2D, area: Area): number => {
      const seen = paths.within(area, this.#level);
      for (const { kind, path } of seen) this.#strokeMark(context, path, markStyles[kind]);
      return seen.reduce((sum, { points }) => sum + points, 0);
    };
    this.#marksLayer.show({ paint }, isOther);
  }

  get #hasManyMarks(): boolean {
    return this.#marks.selected.size + this.#marks.highlighted.size > mostSingleMarks;
  }

  /** The level of detail of outlines at the viewport's scale. */
  get #level(): number {
    return levelOf(this.viewport.scale * globalThis.devicePixelRatio);
  }

  /** Gives a canvas the size of the screen, and clears it. */
  #clear(context: CanvasRenderingContext2D): { readonly width: number; readonly height: number } {
    const { canvas } = context;
    const density = globalThis.devicePixelRatio;
    const { screen } = this.viewport;
    const width = Math.max(1, Math.round(screen.width * this.#panes * density));
    const height = Math.max(1, Math.round(screen.height * density));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    return { width, height };
  }

  get #panes(): number {
    return this.#isSplit ? 2 : 1;
  }

  /** Draws in each pane, clipped to it. */
  #inPanes(
    context: CanvasRenderingContext2D,
    { width, height }: { readonly width: number; readonly height: number },
    draw: (placement: Placement, pane: number) => void,
  ): void {
    const density = globalThis.devicePixelRatio;
    const { viewport } = this;
    for (let index = 0; index < this.#panes; index++) {
      const pane = { x: (index * width) / this.#panes, y: 0, width: width / this.#panes, height };
      context.save();
      context.beginPath();
      context.rect(pane.x, pane.y, pane.width, pane.height);
      context.clip();
      // Whole pixels, so that tiles are copied as they are.
      const left = Math.round(pane.x + viewport.offset.x * density);
      const top = Math.round(viewport.offset.y * density);
      draw({ scale: viewport.scale * density, left, top, pane }, index);
      context.restore();
    }
  }

  /** Draws the picture with the nuclei. */
  #draw(): Pending {
    this.drawings.picture++;
    const context = this.#context;
    const size = this.#clear(context);
    const scene = this.#scene;
    if (scene === null) return null;
    const { scale } = this.viewport;
    let pending: Pending = null;
    this.#inPanes(context, size, (placement, pane) => {
      const picture = pane === 0 ? scene.picture : scene.second;
      const tiles = pane === 0 ? scene.tiles : null;
      context.imageSmoothingQuality = "high";
      if (picture !== null && tiles?.isComplete(placement) !== true) {
        enterImage(context, placement);
        context.imageSmoothingEnabled = scale < squareScale || picture.bitmap.width < scene.image.width;
        context.drawImage(picture.bitmap, 0, 0, scene.image.width, scene.image.height);
      }
      context.imageSmoothingEnabled = scale < squareScale;
      tiles?.draw(context, placement);
      context.imageSmoothingEnabled = true;
      pending = this.#nucleiLayer.draw(context, placement);
      enterImage(context, placement);
      this.#drawRegions(context, scene.regions);
    });
    this.#drawScaleBar(scene);
    return pending;
  }

  /** Draws what is above the picture. */
  #drawMarks(): Pending {
    this.drawings.marks++;
    const context = this.#marksContext;
    const size = this.#clear(context);
    const map = this.#scene?.nuclei?.map;
    let pending: Pending = null;
    this.#inPanes(context, size, (placement) => {
      pending = this.#marksLayer.draw(context, placement);
      enterImage(context, placement);
      context.lineJoin = "round";
      if (map !== undefined) this.#drawMarked(context, map);
      this.#drawDraft(context);
      this.#drawBrush(context);
    });
    return pending;
  }

  /** The line width factor: at small scales, lines of full width would cover small nuclei. */
  get #thinning(): number {
    return Math.min(1, Math.max(0.4, this.viewport.scale));
  }

  /** Returns how many points the paths have. */
  #drawPaths(
    context: CanvasRenderingContext2D,
    paths: OutlinePaths<NucleusKind>,
    area: Area,
    isFilled: boolean,
  ): number {
    const seen = paths.within(area, this.#level);
    if (isFilled) {
      context.globalAlpha = 0.45;
      for (const { kind, path } of seen) {
        context.fillStyle = strokes[kind].colour;
        context.fill(path, "evenodd");
      }
      context.globalAlpha = 1;
    }
    const widthOf = (kind: NucleusKind): number => this.#thinning * (kind === "cell" ? cellWidth : 1);
    for (const { kind, path } of seen) this.#stroke(context, path, haloColour, haloWidth * widthOf(kind), []);
    for (const { kind, path } of seen) {
      this.#stroke(context, path, strokes[kind].colour, lineWidth * widthOf(kind), strokes[kind].dash);
    }
    return seen.reduce((sum, { points }) => sum + points, 0);
  }

  /** Strokes a path in image coordinates; the width is in screen pixels. */
  #stroke(
    context: CanvasRenderingContext2D,
    path: Path2D,
    colour: string,
    width: number,
    dash: readonly number[],
  ): void {
    const { scale } = this.viewport;
    context.strokeStyle = colour;
    context.lineWidth = width / scale;
    context.setLineDash(dash.map((length) => length / scale));
    context.stroke(path);
    context.setLineDash([]);
  }

  #drawNumbers(context: CanvasRenderingContext2D, map: NucleiMap, area: Area): void {
    const { scale } = this.viewport;
    context.font = `600 ${12 / scale}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3 / scale;
    context.strokeStyle = haloColour;
    context.fillStyle = "#ffffff";
    for (const label of map.labels) {
      const bounds = map.bounds(label);
      if (bounds === undefined || (bounds.right - bounds.left) * scale < roomForNumber) continue;
      const x = (bounds.left + bounds.right) / 2;
      const y = (bounds.top + bounds.bottom) / 2;
      // A number may be wider than its nucleus.
      const room = 24 / scale;
      if (x < area.x - room || x > area.x + area.width + room) continue;
      if (y < area.y - room || y > area.y + area.height + room) continue;
      context.strokeText(String(label), x, y);
      context.fillText(String(label), x, y);
    }
  }

  #drawMarked(context: CanvasRenderingContext2D, map: NucleiMap): void {
    const { selected, hovered, highlighted } = this.#marks;
    const isMany = this.#hasManyMarks;
    if (!isMany) for (const label of highlighted) this.#strokeMark(context, map.pathOf(label), markStyles.highlighted);
    if (hovered !== null) this.#strokeMark(context, map.pathOf(hovered), { colour: selectedColour, width: 1.5 });
    if (!isMany) for (const label of selected) this.#strokeMark(context, map.pathOf(label), markStyles.selected);
  }

  #strokeMark(
    context: CanvasRenderingContext2D,
    path: Path2D,
    { colour, width }: { readonly colour: string; readonly width: number },
  ): void {
    this.#stroke(context, path, haloColour, width + 2, []);
    this.#stroke(context, path, colour, width, []);
  }

  #drawRegions(context: CanvasRenderingContext2D, regions: readonly Region[]): void {
    for (const region of regions) {
      const path = new Path2D();
      if (region.kind === "rectangle") path.rect(region.x, region.y, region.width, region.height);
      else {
        for (const [x, y] of region.points) path.lineTo(x, y);
        path.closePath();
      }
      this.#stroke(context, path, haloColour, 4, []);
      this.#stroke(context, path, regionColour, 2, [8, 5]);
    }
  }

  #drawDraft(context: CanvasRenderingContext2D): void {
    const { draft, pen } = this.#marks;
    const { scale } = this.viewport;
    if (draft !== null) {
      const path = new Path2D();
      for (const [x, y] of draft.path) path.lineTo(x, y);
      if (draft.isClosed) path.closePath();
      context.lineCap = "round";
      if (draft.width > 0) {
        context.globalAlpha = 0.5;
        this.#stroke(context, path, highlightColour, draft.width * scale, []);
        context.globalAlpha = 1;
      } else {
        this.#stroke(context, path, haloColour, 4, []);
        this.#stroke(context, path, highlightColour, 2, []);
      }
      context.lineCap = "butt";
    }
    if (pen === null) return;
    const cross = new Path2D();
    const [x, y] = pen;
    const arm = 10 / scale;
    cross.moveTo(x - arm, y);
    cross.lineTo(x + arm, y);
    cross.moveTo(x, y - arm);
    cross.lineTo(x, y + arm);
    this.#stroke(context, cross, haloColour, 5, []);
    this.#stroke(context, cross, selectedColour, 2, []);
  }

  /** The circle that the brush covers. */
  #drawBrush(context: CanvasRenderingContext2D): void {
    const { brush } = this.#marks;
    if (brush === null) return;
    const ring = new Path2D();
    ring.arc(brush.at[0], brush.at[1], brush.radius, 0, 2 * Math.PI);
    this.#stroke(context, ring, haloColour, 3, []);
    this.#stroke(context, ring, selectedColour, 1.25, []);
  }

  #drawScaleBar({ micrometresPerPixel }: Scene): void {
    if (micrometresPerPixel === null) return;
    const density = globalThis.devicePixelRatio;
    const { scale, screen } = this.viewport;
    const bar = scaleBar(micrometresPerPixel / scale, Math.min(160, screen.width / 3));
    const context = this.#context;
    context.setTransform(density, 0, 0, density, 0, 0);
    const [left, bottom] = [16, screen.height - 16];
    context.fillStyle = haloColour;
    context.fillRect(left - 8, bottom - 28, bar.width + 16, 36);
    context.fillStyle = "#ffffff";
    context.fillRect(left, bottom - 4, bar.width, 4);
    context.font = "600 13px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.fillText(bar.words, left + bar.width / 2, bottom - 7);
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser has no 2D canvas");
  return context;
}

/** Makes an image pixel the context's unit. */
function enterImage(context: CanvasRenderingContext2D, { scale, left, top }: Placement): void {
  context.setTransform(scale, 0, 0, scale, left, top);
}

function contoursOf(known: Contours | null, outlines: Outlines | null | undefined): Contours | null {
  if (outlines == null) return null;
  return known?.outlines === outlines ? known : new Contours(outlines);
}

/** Whether nuclei are drawn in the same way. */
function isSame(left: Nuclei | null | undefined, right: Nuclei | null | undefined): boolean {
  return left?.outlines === right?.outlines && left?.revision === right?.revision;
}
