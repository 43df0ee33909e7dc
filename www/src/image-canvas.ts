import type { Outlines, Picture } from "./engine/protocol.ts";
import { OutlinePaths } from "./outline-path.ts";
import { Viewport, type Size } from "./viewport.ts";

/** What is on the canvas. */
export interface Scene {
  /** The size of the image, whatever the size of its picture. */
  readonly image: Size;
  readonly picture: Picture | null;
  readonly outlines: Outlines | null;
}

/** Two lines, one dark and one bright, are seen on black, on white and on stained tissue. */
const halo = { colour: "rgba(0, 0, 0, 0.75)", width: 3.5 };
const line = { colour: "#ffe45c", width: 1.5 };
/** From this magnification on, pixels are shown as squares. */
const squareScale = 2;

/** Draws an image and its outlines, through a viewport that the user moves. */
export class ImageCanvas {
  readonly viewport = new Viewport();
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onDraw: () => void;
  readonly #observer: ResizeObserver;
  #scene: Scene | null = null;
  #paths: { readonly outlines: Outlines; readonly paths: OutlinePaths } | null = null;
  #outlinesShown = true;
  #frame: number | null = null;

  /** `onDraw` is called after each drawing, when the viewport may have changed. */
  constructor(canvas: HTMLCanvasElement, onDraw: () => void) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser has no 2D canvas");
    this.#canvas = canvas;
    this.#context = context;
    this.#onDraw = onDraw;
    this.#observer = new ResizeObserver(() => {
      this.viewport.resize({ width: canvas.clientWidth || 1, height: canvas.clientHeight || 1 });
      this.redraw();
    });
    this.#observer.observe(canvas);
  }

  /** Whether there is nothing to see. */
  get isEmpty(): boolean {
    return this.#scene === null;
  }

  /** Shows a scene; the viewport starts anew when the image is another one. */
  show(scene: Scene | null, isOther: boolean): void {
    this.#scene = scene;
    if (scene?.outlines == null) this.#paths = null;
    else if (this.#paths?.outlines !== scene.outlines) {
      this.#paths = { outlines: scene.outlines, paths: new OutlinePaths(scene.outlines) };
    }
    if (scene !== null && isOther) this.viewport.open(scene.image);
    this.redraw();
  }

  /** Shows or hides the outlines. */
  showOutlines(shown: boolean): void {
    this.#outlinesShown = shown;
    this.redraw();
  }

  /** Draws anew with the next frame. */
  redraw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw();
      this.#onDraw();
    });
  }

  #draw(): void {
    const { viewport } = this;
    const context = this.#context;
    const density = globalThis.devicePixelRatio;
    const width = Math.max(1, Math.round(viewport.screen.width * density));
    const height = Math.max(1, Math.round(viewport.screen.height * density));
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scene = this.#scene;
    if (scene === null) return;

    const scale = viewport.scale * density;
    const left = viewport.offset.x * density;
    const top = viewport.offset.y * density;
    context.setTransform(scale, 0, 0, scale, left, top);
    if (scene.picture !== null) {
      context.imageSmoothingEnabled = viewport.scale < squareScale || scene.picture.bitmap.width < scene.image.width;
      context.imageSmoothingQuality = "high";
      context.drawImage(scene.picture.bitmap, 0, 0, scene.image.width, scene.image.height);
    }
    if (this.#paths === null || !this.#outlinesShown) return;
    const paths = this.#paths.paths.within({
      x: -left / scale,
      y: -top / scale,
      width: width / scale,
      height: height / scale,
    });
    context.lineJoin = "round";
    // Far out, lines of full width would cover small nuclei.
    const thinning = Math.min(1, Math.max(0.4, viewport.scale));
    for (const { colour, width: lineWidth } of [halo, line]) {
      context.strokeStyle = colour;
      context.lineWidth = (lineWidth * thinning) / viewport.scale;
      for (const path of paths) context.stroke(path);
    }
  }
}
