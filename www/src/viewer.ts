import type { BatchImage } from "./batch.ts";
import { byId, setText } from "./elements.ts";
import type { Engine } from "./engine/engine.ts";
import { followGestures, followZoomKey, zoomStep } from "./gestures.ts";
import { ImageCanvas, type Scene } from "./image-canvas.ts";
import { PictureCache } from "./picture-cache.ts";
import { scoreText } from "./score-panel.ts";
import { explanation, nuclei, number } from "./wording.ts";

/** Larger images are shown reduced to this many pixels on the longer side. */
const maximumSide = 4096;
/** Pictures kept for going back and forth: four bytes each. */
const keptPixels = 48_000_000;

/** Shows the selected image with its outlines. */
export class Viewer {
  readonly #title = byId("viewer-title", HTMLElement);
  readonly #details = byId("viewer-details", HTMLElement);
  readonly #surface = byId("surface", HTMLElement);
  readonly #canvasElement = byId("canvas", HTMLCanvasElement);
  readonly #message = byId("viewer-message", HTMLElement);
  readonly #zoomWords = byId("zoom", HTMLElement);
  readonly #canvas: ImageCanvas;
  readonly #pictures = new PictureCache<BatchImage>(keptPixels);
  /** Images whose picture could not be made: not asked for again. */
  readonly #unseen = new WeakSet<BatchImage>();
  #engine: Engine | null = null;
  #image: BatchImage | null = null;
  /** The image whose size the viewport was opened with. */
  #opened: BatchImage | null = null;
  #fetching = false;

  constructor() {
    this.#canvas = new ImageCanvas(this.#canvasElement, () => {
      const percent = number(Math.round(this.#canvas.viewport.scale * 100));
      setText(this.#zoomWords, this.#canvas.isEmpty ? "" : `${percent} %`);
    });
    const { viewport } = this.#canvas;
    const moved = (): void => this.#canvas.redraw();
    followGestures(this.#surface, viewport, moved);
    const button = (id: string, move: () => void): void =>
      byId(id, HTMLButtonElement).addEventListener("click", () => {
        move();
        moved();
      });
    button("zoom-in", () => zoomStep(viewport, 1));
    button("zoom-out", () => zoomStep(viewport, -1));
    button("zoom-fit", () => viewport.fit());
    button("zoom-actual", () => viewport.zoomTo(1));
    const outlines = byId("show-outlines", HTMLInputElement);
    outlines.addEventListener("change", () => this.#canvas.showOutlines(outlines.checked));
  }

  /** The engine that makes the pictures. */
  use(engine: Engine): void {
    this.#engine = engine;
    this.update();
  }

  /** Shows another image, or none. */
  show(image: BatchImage | null): void {
    if (this.#image === image) return;
    this.#image = image;
    this.update();
  }

  /** Follows a change of the image that is shown. */
  update(): void {
    const image = this.#image;
    setText(this.#title, image?.name ?? "No image selected");
    this.#title.title = image?.path ?? "";
    setText(this.#details, image === null ? "" : detailsOf(image));
    const message = image === null ? "" : messageOf(image);
    setText(this.#message, message);
    this.#message.hidden = message === "";
    this.#canvasElement.setAttribute("aria-label", image === null ? "No image" : labelOf(image));
    const scene = image === null ? null : this.#sceneOf(image);
    const isOther = scene !== null && this.#opened !== image;
    if (isOther) this.#opened = image;
    this.#canvas.show(scene, isOther);
    void this.#fetch();
  }

  /** Lets a key pressed elsewhere zoom; true when it did. */
  zoomByKey(event: KeyboardEvent): boolean {
    const zoomed = followZoomKey(event, this.#canvas.viewport);
    if (zoomed) this.#canvas.redraw();
    return zoomed;
  }

  /** Forgets every picture. */
  clear(): void {
    this.show(null);
    this.#opened = null;
    this.#pictures.clear();
  }

  #sceneOf(image: BatchImage): Scene | null {
    const picture = this.#pictures.get(image) ?? image.thumbnail;
    const result = image.state.kind === "done" ? image.state.result : null;
    const size = result ?? picture;
    if (size === null) return null;
    return {
      image: { width: size.width, height: size.height },
      picture,
      outlines: result?.outlines ?? null,
    };
  }

  /** Gets the picture of the image that is shown: one at a time, the one shown last. */
  async #fetch(): Promise<void> {
    const image = this.#image;
    if (this.#fetching || this.#engine === null || image?.source == null) return;
    if (this.#pictures.get(image) !== undefined || this.#unseen.has(image)) return;
    this.#fetching = true;
    try {
      const picture = await this.#engine.preview(image.source, maximumSide);
      if (this.#image === null) picture.bitmap.close();
      else this.#pictures.put(image, picture);
    } catch {
      // The reason is the image's own failure, which the list tells.
      this.#unseen.add(image);
    }
    this.#fetching = false;
    this.update();
  }
}

function detailsOf({ state, thumbnail, ignoredInScoring }: BatchImage): string {
  const parts: string[] = [];
  const size = state.kind === "done" ? state.result : thumbnail;
  if (size !== null) parts.push(`${number(size.width)} × ${number(size.height)} px`);
  if (state.kind === "done") {
    parts.push(nuclei(state.result.count));
    if (state.result.diameter !== null) parts.push(`diameter ${state.result.diameter.toFixed(0)} px`);
    if (state.result.score !== null) parts.push(`score ${scoreText(state.result.score.score)}`);
    if (ignoredInScoring) parts.push("ignored in scoring");
  }
  return parts.join(" · ");
}

function messageOf({ state }: BatchImage): string {
  return state.kind === "failed" ? explanation(state.error) : "";
}

function labelOf({ name, state }: BatchImage): string {
  if (state.kind === "done") return `${name}, ${nuclei(state.result.count)} outlined`;
  return state.kind === "failed" ? `${name}, could not be processed` : `${name}, not yet outlined`;
}
