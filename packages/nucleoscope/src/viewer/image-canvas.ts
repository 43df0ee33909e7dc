import type { Picture } from "../engine/protocol.ts";
import type { NucleiMap } from "./nuclei-map.ts";
import { OutlinePaths, type Area } from "./outline-path.ts";
import { scaleBar } from "./scale-bar.ts";
import { Viewport, type Point, type Size } from "./viewport.ts";
import type { Outlines, Point as Place, Region } from "../wasm/nucleoscope.js";

/** How a nucleus is drawn. */
export type NucleusKind = "plain" | "found" | "extra" | "excluded" | "missed";

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

/** Everything that the canvas shows. */
export interface Scene {
  /** The size of the image; its picture may be smaller. */
  readonly image: Size;
  readonly picture: Picture | null;
  /** A second picture of the same part of the image, shown side by side with the first. */
  readonly second: Picture | null;
  readonly nuclei: Nuclei | null;
  /** The true nuclei that were not found. */
  readonly missed: Nuclei | null;
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
}

const noMarks: Marks = { selected: new Set(), hovered: null, highlighted: new Set(), draft: null, pen: null };

/** Okabe and Ito's colours, distinguishable with every kind of colour vision; line styles differ as well. */
const strokes: Readonly<Record<NucleusKind, { colour: string; dash: readonly number[] }>> = {
  plain: { colour: "#ffe45c", dash: [] },
  found: { colour: "#56b4e9", dash: [] },
  extra: { colour: "#e69f00", dash: [6, 3] },
  missed: { colour: "#ff8fd0", dash: [2, 3] },
  excluded: { colour: "#b8bfc6", dash: [2, 2] },
};
const selectedColour = "#ffffff";
const highlightColour = "#00e0b8";
const regionColour = "#7fd0ff";
/** A dark line under a bright one is visible on black, on white and on stained tissue. */
const haloColour = "rgba(0, 0, 0, 0.75)";
const haloWidth = 3.5;
const lineWidth = 1.5;
/** The scale from which pixels are shown as squares. */
const squareScale = 2;
/** The width in screen pixels from which a nucleus shows its number. */
const roomForNumber = 16;

/** Draws an image and its nuclei, through a viewport that the user moves. */
export class ImageCanvas {
  readonly viewport = new Viewport();
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onDraw: () => void;
  readonly #observer: ResizeObserver;
  #scene: Scene | null = null;
  #marks: Marks = noMarks;
  #paths: { readonly of: Nuclei; readonly paths: OutlinePaths<NucleusKind> } | null = null;
  #missedPaths: { readonly of: Nuclei; readonly paths: OutlinePaths<NucleusKind> } | null = null;
  #style: OverlayStyle = "outlines";
  #nucleiShown = true;
  #frame: number | null = null;

  /** `onDraw` is called after each drawing, when the viewport may have changed. */
  constructor(canvas: HTMLCanvasElement, onDraw: () => void) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser has no 2D canvas");
    this.#canvas = canvas;
    this.#context = context;
    this.#onDraw = onDraw;
    this.#observer = new ResizeObserver(() => this.#followSize());
    this.#observer.observe(canvas);
  }

  /** Whether no image is shown. */
  get isEmpty(): boolean {
    return this.#scene === null;
  }

  /** Shows a scene; `isOther` resets the viewport for another image. */
  show(scene: Scene | null, isOther: boolean): void {
    const wasSplit = this.#isSplit;
    this.#scene = scene;
    this.#paths = pathsOf(this.#paths, scene?.nuclei ?? null);
    this.#missedPaths = pathsOf(this.#missedPaths, scene?.missed ?? null);
    if (scene !== null && isOther) this.viewport.open(scene.image);
    if (wasSplit !== this.#isSplit) this.#followSize();
    this.redraw();
  }

  /** Sets the highlights. */
  mark(marks: Marks): void {
    this.#marks = marks;
    this.redraw();
  }

  /** Sets whether and how nuclei are shown. */
  showNuclei(shown: boolean, style: OverlayStyle): void {
    this.#nucleiShown = shown;
    this.#style = style;
    this.redraw();
  }

  /** Converts a position in the element, in either half, to image coordinates. */
  toImage({ x, y }: Point): Place {
    const half = this.viewport.screen.width;
    const place = this.viewport.toImage({ x: this.#isSplit && x >= half ? x - half : x, y });
    return [place.x, place.y];
  }

  /** Draws in the next frame. */
  redraw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw();
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

  #draw(): void {
    const { screen } = this.viewport;
    const context = this.#context;
    const density = globalThis.devicePixelRatio;
    const panes = this.#isSplit ? 2 : 1;
    const width = Math.max(1, Math.round(screen.width * panes * density));
    const height = Math.max(1, Math.round(screen.height * density));
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scene = this.#scene;
    if (scene === null) return;
    for (let pane = 0; pane < panes; pane++) {
      context.save();
      context.beginPath();
      context.rect((pane * width) / panes, 0, width / panes, height);
      context.clip();
      this.#drawPane(scene, pane === 0 ? scene.picture : scene.second, (pane * width) / panes);
      context.restore();
    }
    this.#drawScaleBar(scene, density);
  }

  #drawPane(scene: Scene, picture: Picture | null, paneLeft: number): void {
    const { viewport } = this;
    const context = this.#context;
    const density = globalThis.devicePixelRatio;
    const scale = viewport.scale * density;
    const left = viewport.offset.x * density;
    const top = viewport.offset.y * density;
    context.setTransform(scale, 0, 0, scale, paneLeft + left, top);
    if (picture !== null) {
      context.imageSmoothingEnabled = viewport.scale < squareScale || picture.bitmap.width < scene.image.width;
      context.imageSmoothingQuality = "high";
      context.drawImage(picture.bitmap, 0, 0, scene.image.width, scene.image.height);
    }
    const area = {
      x: -left / scale,
      y: -top / scale,
      width: viewport.screen.width / viewport.scale,
      height: viewport.screen.height / viewport.scale,
    };
    context.lineJoin = "round";
    if (this.#nucleiShown) {
      if (this.#missedPaths !== null) this.#drawPaths(this.#missedPaths.paths, area, false);
      if (this.#paths !== null) {
        this.#drawPaths(this.#paths.paths, area, this.#style === "filled");
        if (this.#style === "numbers") this.#drawNumbers(this.#paths.of.map, area);
      }
    }
    if (scene.nuclei !== null) this.#drawMarks(scene.nuclei.map);
    this.#drawRegions(scene.regions);
    this.#drawDraft();
  }

  /** The line width factor: at small scales, lines of full width would cover small nuclei. */
  get #thinning(): number {
    return Math.min(1, Math.max(0.4, this.viewport.scale));
  }

  #drawPaths(paths: OutlinePaths<NucleusKind>, area: Area, isFilled: boolean): void {
    const seen = paths.within(area);
    if (isFilled) {
      this.#context.globalAlpha = 0.45;
      for (const { kind, path } of seen) {
        this.#context.fillStyle = strokes[kind].colour;
        this.#context.fill(path, "evenodd");
      }
      this.#context.globalAlpha = 1;
    }
    for (const { path } of seen) this.#stroke(path, haloColour, haloWidth * this.#thinning, []);
    for (const { kind, path } of seen) {
      this.#stroke(path, strokes[kind].colour, lineWidth * this.#thinning, strokes[kind].dash);
    }
  }

  /** Strokes a path in image coordinates; the width is in screen pixels. */
  #stroke(path: Path2D, colour: string, width: number, dash: readonly number[]): void {
    const context = this.#context;
    const { scale } = this.viewport;
    context.strokeStyle = colour;
    context.lineWidth = width / scale;
    context.setLineDash(dash.map((length) => length / scale));
    context.stroke(path);
    context.setLineDash([]);
  }

  #drawNumbers(map: NucleiMap, area: Area): void {
    const context = this.#context;
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
      if (x < area.x || y < area.y || x > area.x + area.width || y > area.y + area.height) continue;
      context.strokeText(String(label), x, y);
      context.fillText(String(label), x, y);
    }
  }

  #drawMarks(map: NucleiMap): void {
    const { selected, hovered, highlighted } = this.#marks;
    const outline = (label: number, colour: string, width: number): void => {
      const path = map.pathOf(label);
      this.#stroke(path, haloColour, width + 2, []);
      this.#stroke(path, colour, width, []);
    };
    for (const label of highlighted) outline(label, highlightColour, 2);
    if (hovered !== null) outline(hovered, selectedColour, 1.5);
    for (const label of selected) outline(label, selectedColour, 3);
  }

  #drawRegions(regions: readonly Region[]): void {
    for (const region of regions) {
      const path = new Path2D();
      if (region.kind === "rectangle") path.rect(region.x, region.y, region.width, region.height);
      else {
        for (const [x, y] of region.points) path.lineTo(x, y);
        path.closePath();
      }
      this.#stroke(path, haloColour, 4, []);
      this.#stroke(path, regionColour, 2, [8, 5]);
    }
  }

  #drawDraft(): void {
    const { draft, pen } = this.#marks;
    const { scale } = this.viewport;
    if (draft !== null) {
      const path = new Path2D();
      for (const [x, y] of draft.path) path.lineTo(x, y);
      if (draft.isClosed) path.closePath();
      const context = this.#context;
      context.lineCap = "round";
      if (draft.width > 0) {
        context.globalAlpha = 0.5;
        this.#stroke(path, highlightColour, draft.width * scale, []);
        context.globalAlpha = 1;
      } else {
        this.#stroke(path, haloColour, 4, []);
        this.#stroke(path, highlightColour, 2, []);
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
    this.#stroke(cross, haloColour, 5, []);
    this.#stroke(cross, selectedColour, 2, []);
  }

  #drawScaleBar({ micrometresPerPixel }: Scene, density: number): void {
    if (micrometresPerPixel === null) return;
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

function pathsOf(
  known: { readonly of: Nuclei; readonly paths: OutlinePaths<NucleusKind> } | null,
  nuclei: Nuclei | null,
): { readonly of: Nuclei; readonly paths: OutlinePaths<NucleusKind> } | null {
  if (nuclei === null) return null;
  if (known !== null && known.of.outlines === nuclei.outlines && known.of.revision === nuclei.revision) return known;
  return { of: nuclei, paths: new OutlinePaths(nuclei.outlines, nuclei.kindOf) };
}
