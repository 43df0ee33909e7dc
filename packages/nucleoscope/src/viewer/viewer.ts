import { countWords, type BatchImage } from "../session/batch.ts";
import { requestOf } from "../session/interactive-worker.ts";
import { ChannelPanel } from "./channel-panel.ts";
import { byId, setText, type Root } from "../ui/dom.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import type { ErrorReport, Picture, Preview, Segmented, Thumbnail } from "../engine/protocol.ts";
import { FailureNote } from "../ui/failure-note.ts";
import { clickSlack, followGestures, followZoomKey, zoomStep } from "./gestures.ts";
import {
  ImageCanvas,
  type Drawable,
  type Nuclei,
  type NucleusKind,
  type OverlayStyle,
  type Scene,
} from "./image-canvas.ts";
import { NucleiMap } from "./nuclei-map.ts";
import { PictureCache } from "./picture-cache.ts";
import { PictureTiles } from "./picture-tiles.ts";
import { draftOf, isBrush, isCorrecting, meaningOf, type Drawn, type ToolName } from "./tools.ts";
import { explanation } from "../format.ts";
import { plain } from "../plain-text.ts";
import * as text from "../text.ts";
import type { ChannelDisplay, CountedNuclei, ImageScore, Outlines, Point as Place } from "../wasm/nucleoscope.js";

/** Larger images are shown reduced to this many pixels on the longer side. */
const maximumSide = 4096;
/** Pixels of cached pictures, four bytes each. */
const keptPixels = 48_000_000;
/** A nucleus matches a true one if their IoU is greater than this. */
const matchThreshold = 0.5;
/** How far an arrow key moves the pen, in screen pixels. */
const penStep = 8;

/** Callbacks of {@link Viewer}. */
export interface ViewerListener {
  /** The selection of nuclei changed. */
  selected(labels: ReadonlySet<number>): void;
  /** The pointer moved to another nucleus, or off all nuclei. */
  hovered(label: number | null): void;
  /** A correction or a region was drawn. */
  drawn(drawn: Drawn): void;
  /** How the channels of an image are drawn. */
  displaysOf(image: BatchImage): readonly ChannelDisplay[];
  /** The user chose how the channels of the image are drawn. */
  displayed(displays: readonly ChannelDisplay[]): void;
  /** The user asked to try a failed image again. */
  again(image: BatchImage): void;
}

/** Why a picture could not be made, and the key of what it was to be made from. */
interface PictureFailure {
  readonly of: string;
  readonly error: ErrorReport;
}

/** Shows the selected image with its nuclei, and handles drawing on it. */
export class Viewer {
  readonly #listener: ViewerListener;
  readonly #title: HTMLElement;
  readonly #details: HTMLElement;
  readonly #surface: HTMLElement;
  readonly #canvasElement: HTMLCanvasElement;
  readonly #failure: FailureNote;
  readonly #hoverWords: HTMLElement;
  readonly #zoomWords: HTMLElement;
  readonly #layout: HTMLSelectElement;
  readonly #brush: HTMLInputElement;
  readonly #tools: HTMLElement;
  readonly #outlines: HTMLInputElement;
  readonly #channels: ChannelPanel;
  readonly #canvas: ImageCanvas;
  readonly #pictures = new PictureCache<BatchImage, Preview>(keptPixels);
  readonly #probabilityPictures = new PictureCache<BatchImage, Picture>(keptPixels);
  /** The key of what each picture was made from. */
  readonly #made = new WeakMap<Picture, string>();
  /** Pictures that could not be made: tried again only on the user's request, or when their key changes. */
  readonly #pictureFailures = new WeakMap<BatchImage, PictureFailure>();
  readonly #probabilityFailures = new WeakMap<BatchImage, PictureFailure>();
  #engine: Engine | null = null;
  #image: BatchImage | null = null;
  /** The image whose size the viewport was opened with. */
  #opened: BatchImage | null = null;
  #nuclei: Nuclei | null = null;
  #missed: Nuclei | null = null;
  /** The nuclei of the finished blocks of an image that is being segmented; they can only be seen. */
  #found: { readonly of: readonly Outlines[]; readonly nuclei: Nuclei } | null = null;
  #selected: ReadonlySet<number> = new Set();
  #hovered: number | null = null;
  #highlighted: ReadonlySet<number> = new Set();
  #counted: Pick<CountedNuclei, "included" | "positive"> | null = null;
  /** The outlines of an image's cells, once they are known, and what they were made from. */
  #cells: { readonly result: Segmented; readonly of: string; readonly outlines: Outlines | null } | null = null;
  #line: Place[] | null = null;
  #pen: Place | null = null;
  /** The position of the pointer. */
  #pointer: Place | null = null;
  /** The last thumbnail that was shown in place of a picture. */
  #thumbnail: { readonly of: Thumbnail; readonly bitmap: HTMLImageElement } | null = null;
  #fetching = false;
  /** The tiles of the last large picture that was shown. */
  #tiles: { readonly of: Picture; readonly tiles: PictureTiles } | null = null;
  #fetchingCells = false;

  constructor(root: Root, listener: ViewerListener) {
    this.#failure = new FailureNote(byId(root, "viewer-message", HTMLElement));
    this.#title = byId(root, "viewer-title", HTMLElement);
    this.#details = byId(root, "viewer-details", HTMLElement);
    this.#surface = byId(root, "surface", HTMLElement);
    this.#canvasElement = byId(root, "canvas", HTMLCanvasElement);
    this.#hoverWords = byId(root, "hover-words", HTMLElement);
    this.#zoomWords = byId(root, "zoom", HTMLElement);
    this.#layout = byId(root, "layout", HTMLSelectElement);
    this.#brush = byId(root, "brush", HTMLInputElement);
    this.#tools = byId(root, "tools", HTMLElement);
    this.#outlines = byId(root, "show-outlines", HTMLInputElement);
    this.#listener = listener;
    const marks = byId(root, "marks", HTMLCanvasElement);
    this.#canvas = new ImageCanvas(this.#canvasElement, marks, () => {
      const percent = text.number(Math.round(this.#canvas.viewport.scale * 100));
      setText(this.#zoomWords, this.#canvas.isEmpty ? "" : `${percent} %`);
    });
    this.#channels = new ChannelPanel(root, (displays) => listener.displayed(displays));
    // Its button lies on the surface, which would handle these events itself.
    for (const type of ["pointerdown", "keydown", "wheel"]) {
      this.#failure.element.addEventListener(type, (event) => event.stopPropagation());
    }
    const { viewport } = this.#canvas;
    const moved = (): void => this.#canvas.redraw();
    this.#surface.addEventListener("keydown", (event) => this.#followKey(event));
    followGestures(
      this.#surface,
      viewport,
      {
        begins: (place, event) => this.#begin(this.#canvas.toImage(place), event.shiftKey),
        draws: (place) => this.#draw(this.#canvas.toImage(place)),
        ends: (isCancelled) => this.#end(isCancelled),
        taps: (place, event) =>
          this.#tap(this.#canvas.toImage(place), event.shiftKey || event.ctrlKey || event.metaKey),
        hovers: (place) => this.#hover(place === null ? null : this.#canvas.toImage(place)),
        turns: (direction) => this.resizeBrush(direction),
        strikesSpace: () => this.#strikePen(),
      },
      moved,
    );
    const button = (id: string, move: () => void): void =>
      byId(root, id, HTMLButtonElement).addEventListener("click", () => {
        move();
        moved();
      });
    button("zoom-in", () => zoomStep(viewport, 1));
    button("zoom-out", () => zoomStep(viewport, -1));
    button("zoom-fit", () => viewport.fit());
    button("zoom-actual", () => viewport.zoomTo(1));
    const outlines = this.#outlines;
    const style = byId(root, "overlay-style", HTMLSelectElement);
    for (const field of [outlines, style]) {
      field.addEventListener("change", () => this.#canvas.showNuclei(outlines.checked, style.value as OverlayStyle));
    }
    this.#layout.addEventListener("change", () => this.update());
    this.#tools.addEventListener("change", () => this.#toolChanged());
    this.#brush.addEventListener("input", () => this.#mark());
    this.#toolChanged();
  }

  /** Sets the engine that makes the pictures. */
  use(engine: Engine): void {
    this.#engine = engine;
    this.update();
  }

  /** Shows another image, or none. */
  show(image: BatchImage | null): void {
    if (this.#image === image) return;
    this.#image = image;
    this.#closeTiles();
    this.#counted = null;
    this.update();
  }

  /** Updates the text about the image that is shown. */
  describe(): void {
    setText(this.#details, this.#image === null ? "" : detailsOf(this.#image));
  }

  /** Updates the view after the image that is shown has changed. */
  update(): void {
    const image = this.#image;
    setText(this.#title, image?.name ?? text.noImageSelected);
    this.#title.title = plain(image?.path ?? "");
    this.describe();
    this.#showFailure(image);
    this.#showDisplays(image);
    this.#canvasElement.setAttribute("aria-label", image === null ? text.noImage : labelOf(image));
    this.#takeNuclei(image?.state.kind === "done" ? image.state.result : null);
    this.#takeFound(image?.state.kind === "working" ? image.state.found : []);
    const scene = image === null ? null : this.#sceneOf(image);
    const isOther = scene !== null && this.#opened !== image;
    if (isOther) this.#opened = image;
    this.#canvas.show(scene, isOther);
    void this.#fetch();
    void this.#fetchCells();
  }

  /** Zooms with a key pressed elsewhere on the page; returns true if it did. */
  zoomByKey(event: KeyboardEvent): boolean {
    const zoomed = followZoomKey(event, this.#canvas.viewport);
    if (zoomed) this.#canvas.redraw();
    return zoomed;
  }

  /** Shows no image and drops all cached pictures. */
  clear(): void {
    this.show(null);
    this.#opened = null;
    this.#pictures.clear();
    this.#probabilityPictures.clear();
  }

  /** The selected nuclei. */
  get selected(): ReadonlySet<number> {
    return this.#selected;
  }

  /** A point inside each of the selected nuclei. */
  get selectedPlaces(): Place[] {
    const places = [...this.#selected].map((label) => this.#nuclei?.map.placeIn(label));
    return places.filter((place) => place !== undefined);
  }

  /** Selects nuclei and scrolls to the first. */
  select(labels: ReadonlySet<number>): void {
    this.#selected = labels;
    const [first] = labels;
    const bounds = first === undefined ? undefined : this.#nuclei?.map.bounds(first);
    if (bounds !== undefined) {
      this.#reveal([(bounds.left + bounds.right) / 2, (bounds.top + bounds.bottom) / 2]);
    }
    this.#mark();
  }

  /** Marks the nucleus that the pointer is over in a table or chart. */
  hover(label: number | null): void {
    this.#hovered = label;
    this.#mark();
  }

  /** Marks nuclei that are selected in a chart. */
  highlight(labels: ReadonlySet<number>): void {
    this.#highlighted = labels;
    this.#mark();
  }

  /** Shows which nuclei count, and which of them are positive. */
  classify(counted: Pick<CountedNuclei, "included" | "positive">): void {
    const isPlain = ({ included, positive }: Pick<CountedNuclei, "included" | "positive">): boolean =>
      positive === null && !included.includes(0);
    const isSame = isPlain(counted) && (this.#counted === null || isPlain(this.#counted));
    this.#counted = counted;
    if (this.#nuclei !== null && !isSame) {
      this.#nuclei = this.#drawable(this.#nuclei.outlines, this.#nuclei.map, this.#kindOf());
      this.#showScene();
    }
  }

  /** Enables or disables the tools that correct nuclei. */
  allowCorrections(isAllowed: boolean): void {
    const inputs = [...this.#tools.querySelectorAll("input")];
    for (const input of inputs) input.disabled = !isAllowed && isCorrecting(input.value as ToolName);
    const [select] = inputs;
    if (select === undefined || isAllowed || !isCorrecting(this.#tool)) return;
    select.checked = true;
    this.#toolChanged();
  }

  /** Shows a text about the nucleus under the pointer. */
  describeHovered(words: string): void {
    setText(this.#hoverWords, words);
    this.#hoverWords.hidden = words === "";
  }

  get #tool(): ToolName {
    return (this.#tools.querySelector<HTMLInputElement>("input:checked")?.value ?? "select") as ToolName;
  }

  get #brushRadius(): number {
    return this.#brush.validity.valid && this.#brush.valueAsNumber > 0 ? this.#brush.valueAsNumber / 2 : 4;
  }

  /** Chooses a tool, if it is shown and can be used. */
  chooseTool(tool: ToolName): void {
    const input = this.#tools.querySelector<HTMLInputElement>(`input[value="${tool}"]`);
    if (input === null || input.disabled || input.getClientRects().length === 0) return;
    input.checked = true;
    this.#toolChanged();
  }

  /** Shows or hides the outlines. */
  toggleOutlines(): void {
    this.#outlines.click();
  }

  /** Makes the brush larger or smaller, by a tenth of its width or one pixel. */
  resizeBrush(direction: 1 | -1): void {
    const width = 2 * this.#brushRadius;
    const resized = Math.round(width + direction * Math.max(1, width / 10));
    this.#brush.valueAsNumber = Math.min(Math.max(resized, Number(this.#brush.min)), Number(this.#brush.max));
    this.#mark();
  }

  #toolChanged(): void {
    this.#surface.dataset["tool"] = this.#tool;
    this.#cancelDrawing();
    this.#pen = null;
    this.#mark();
  }

  /** Sets the nuclei to draw: the same object while nothing changes, so that paths are built only once. */
  #takeNuclei(result: Segmented | null): void {
    if (result === null) {
      this.#nuclei = null;
      this.#missed = null;
    } else if (this.#nuclei?.outlines !== result.outlines) {
      const isSameImage = this.#opened === this.#image;
      if (!isSameImage || this.#selected.size > 0) this.#choose(new Set());
      this.#highlighted = new Set();
      this.#hovered = null;
      this.#nuclei = this.#drawable(result.outlines, new NucleiMap(result.outlines), this.#kindOf(result.score));
      this.#missed = this.#missedOf(result);
      this.#mark();
    }
  }

  /** Sets the nuclei of the blocks that are done, of an image that is not. */
  #takeFound(found: readonly Outlines[]): void {
    if (found.length === 0) this.#found = null;
    else if (this.#found?.of !== found) {
      const outlines = joined(found);
      const nuclei = this.#drawable(outlines, new NucleiMap(outlines), () => "plain");
      this.#found = { of: found, nuclei };
    }
  }

  #drawable(outlines: Outlines, map: NucleiMap, kindOf: (label: number) => NucleusKind): Nuclei {
    return { outlines, map, kindOf, revision: kindOf };
  }

  #kindOf(
    score = this.#image?.state.kind === "done" ? this.#image.state.result.score : null,
  ): (label: number) => NucleusKind {
    const { included, positive = null } = this.#counted ?? {};
    const matched = score === null ? null : matchedOf(score);
    return (label) => {
      if (included?.[label - 1] === 0) return "excluded";
      if (positive !== null) return positive[label - 1] === 1 ? "positive" : "negative";
      if (matched === null) return "plain";
      return matched.predicted.has(label) ? "found" : "extra";
    };
  }

  #missedOf({ truthOutlines, score }: Segmented): Nuclei | null {
    if (truthOutlines === null || score === null) return null;
    const { truth } = matchedOf(score);
    const outlines = only(truthOutlines, (label) => !truth.has(label));
    return this.#drawable(outlines, new NucleiMap(outlines), () => "missed");
  }

  #showScene(): void {
    if (this.#image !== null) this.#canvas.show(this.#sceneOf(this.#image), false);
  }

  #sceneOf(image: BatchImage): Scene | null {
    const plain = this.#pictures.get(image) ?? this.#thumbnailOf(image);
    const probability = this.#probabilityPictures.get(image) ?? null;
    const result = image.state.kind === "done" ? image.state.result : null;
    const size = result ?? plain ?? image.thumbnail;
    if (size === null) return null;
    const layout = this.#layout.value;
    return {
      image: { width: size.width, height: size.height },
      tiles: layout === "probability" && probability !== null ? null : this.#tilesOf(image),
      picture: layout === "probability" ? (probability ?? plain) : plain,
      second: layout === "both" ? probability : null,
      nuclei: this.#nuclei ?? this.#found?.nuclei ?? null,
      missed: this.#missed,
      cells: this.#cells !== null && this.#cells.result === result ? this.#cells.outlines : null,
      regions: image.regions,
      micrometresPerPixel: (image.pixelSize ?? result?.stack.pixelSize)?.x ?? null,
    };
  }

  /** An image's thumbnail, in place of its picture until that has been made; null while it is being decoded. */
  #thumbnailOf({ thumbnail }: BatchImage): Drawable | null {
    if (thumbnail === null) return null;
    if (this.#thumbnail?.of !== thumbnail) {
      const bitmap = new Image();
      bitmap.onload = () => this.#showScene();
      bitmap.src = thumbnail.address;
      this.#thumbnail = { of: thumbnail, bitmap };
    }
    const { bitmap } = this.#thumbnail;
    return bitmap.naturalWidth === 0 ? null : { ...thumbnail, bitmap };
  }

  /** The tiles of an image whose picture is reduced. */
  #tilesOf(image: BatchImage): PictureTiles | null {
    const picture = this.#pictures.get(image);
    const request = requestOf(image);
    const engine = this.#engine;
    if (picture === undefined || picture.bitmap.width === picture.width || request === null || engine === null) {
      return null;
    }
    if (this.#tiles?.of !== picture) {
      this.#closeTiles();
      const { width, height, bitmap, displays } = picture;
      const tiles = new PictureTiles(
        { width, height },
        bitmap.width,
        (window, side) => engine.preview(request, side, displays, window),
        () => this.#canvas.redraw(),
      );
      this.#tiles = { of: picture, tiles };
    }
    return this.#tiles.tiles;
  }

  #closeTiles(): void {
    this.#tiles?.tiles.close();
    this.#tiles = null;
  }

  /** Fetches the outlines of the cells of the image that is shown, if they have changed. */
  async #fetchCells(): Promise<void> {
    const image = this.#image;
    const engine = this.#engine;
    if (this.#fetchingCells || engine === null || image?.state.kind !== "done") return;
    const { result } = image.state;
    const { cellExpansion } = image;
    const pixelSize = image.pixelSize ?? result.stack.pixelSize;
    const of = JSON.stringify([cellExpansion, pixelSize]);
    if (this.#cells?.result === result && this.#cells.of === of) return;
    this.#fetchingCells = true;
    // If they cannot be made, the measurements of the cells fail, too, and say why.
    const outlines = cellExpansion > 0 ? await engine.cells(result, cellExpansion, pixelSize).catch(() => null) : null;
    this.#fetchingCells = false;
    this.#cells = { result, of, outlines };
    this.#showScene();
    void this.#fetchCells();
  }

  /** Fetches the missing pictures of the image that is shown, one at a time. */
  async #fetch(): Promise<void> {
    const image = this.#image;
    const engine = this.#engine;
    const request = image === null ? null : requestOf(image);
    if (this.#fetching || engine === null || image === null || request === null) return;
    const key = this.#pictureKey(image);
    const picture = this.#pictures.get(image);
    const { prediction } = image;
    const probabilityPicture = this.#probabilityPictures.get(image);
    const isPictureDue =
      (picture === undefined || this.#made.get(picture) !== key) && this.#pictureFailures.get(image)?.of !== key;
    const isProbabilityDue =
      this.#layout.value !== "image" &&
      prediction !== null &&
      "blob" in prediction &&
      (probabilityPicture === undefined || this.#made.get(probabilityPicture) !== prediction.key) &&
      this.#probabilityFailures.get(image)?.of !== prediction.key;
    if (isPictureDue) {
      await this.#fetchOne(image, key, this.#pictures, this.#pictureFailures, () =>
        engine.preview(request, maximumSide, this.#listener.displaysOf(image)),
      );
    } else if (isProbabilityDue) {
      await this.#fetchOne(image, prediction.key, this.#probabilityPictures, this.#probabilityFailures, () =>
        engine.probabilityPicture(prediction, maximumSide),
      );
    }
  }

  async #fetchOne<Made extends Picture>(
    image: BatchImage,
    of: string,
    pictures: PictureCache<BatchImage, Made>,
    failures: WeakMap<BatchImage, PictureFailure>,
    make: () => Promise<Made>,
  ): Promise<void> {
    this.#fetching = true;
    try {
      this.#keep(pictures, image, await make(), of);
      failures.delete(image);
    } catch (error) {
      failures.set(image, { of, error: reportOf(error) });
    }
    this.#fetching = false;
    this.update();
  }

  /** The key of what the picture of an image is made from. */
  #pictureKey(image: BatchImage): string {
    return JSON.stringify([image.selection, this.#listener.displaysOf(image)]);
  }

  #showDisplays(image: BatchImage | null): void {
    if (image === null) return;
    this.#channels.show(image.stack, this.#listener.displaysOf(image), this.#pictures.get(image)?.displays ?? []);
  }

  /** Shows why the image, or the requested picture of it, cannot be shown. */
  #showFailure(image: BatchImage | null): void {
    if (image?.state.kind === "failed") {
      const again = (): void => {
        this.#surface.focus();
        this.#listener.again(image);
      };
      this.#failure.show(explanation(image.state.error), image.source === null ? null : again);
      return;
    }
    const words = image === null ? null : this.#pictureFailureOf(image);
    if (image === null || words === null) {
      this.#failure.hide();
      return;
    }
    this.#failure.show(words, () => {
      this.#surface.focus();
      this.#pictureFailures.delete(image);
      this.#probabilityFailures.delete(image);
      this.update();
    });
  }

  #pictureFailureOf(image: BatchImage): string | null {
    const picture = this.#pictureFailures.get(image);
    if (picture?.of === this.#pictureKey(image)) {
      return text.pictureFailed(explanation(picture.error));
    }
    const { prediction } = image;
    const probability = this.#layout.value === "image" ? undefined : this.#probabilityFailures.get(image);
    if (probability === undefined || prediction === null || !("blob" in prediction)) return null;
    if (probability.of !== prediction.key) return null;
    return text.probabilityFailed(explanation(probability.error));
  }

  #keep<Made extends Picture>(
    cache: PictureCache<BatchImage, Made>,
    image: BatchImage,
    picture: Made,
    madeFrom: string,
  ): void {
    this.#made.set(picture, madeFrom);
    if (this.#image === null) picture.bitmap.close();
    else cache.put(image, picture);
  }

  /** With the Select tool, a drag draws only to mark a box. */
  #begin(place: Place, isBox = false): boolean {
    if (this.#nuclei === null || (this.#tool === "select" && !isBox)) return false;
    this.#line = [place];
    this.#mark();
    return true;
  }

  #draw(place: Place): void {
    this.#pointer = place;
    this.#line?.push(place);
    this.#mark();
  }

  #end(isCancelled: boolean): void {
    const line = this.#line;
    this.#cancelDrawing();
    if (this.#tool === "select") {
      if (line !== null && !isCancelled) this.#selectBox(line);
      return;
    }
    const drawn = line === null || isCancelled ? null : meaningOf(this.#tool, line, this.#brushRadius);
    if (drawn !== null) this.#listener.drawn(drawn);
  }

  /** Adds the nuclei in a box to the selection; a drag that is too short for a box is a click. */
  #selectBox(line: readonly Place[]): void {
    const [from, to] = [line[0], line.at(-1)];
    const map = this.#nuclei?.map;
    if (from === undefined || to === undefined || map === undefined) return;
    const [left, right] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
    const [top, bottom] = [Math.min(from[1], to[1]), Math.max(from[1], to[1])];
    const isClick = Math.max(right - left, bottom - top) * this.#canvas.viewport.scale < clickSlack;
    if (isClick) this.#tap(from, true);
    else this.#choose(new Set([...this.#selected, ...map.within({ left, top, right, bottom })]));
  }

  #cancelDrawing(): void {
    this.#line = null;
    this.#mark();
  }

  #tap(place: Place, isAnother: boolean): void {
    if (this.#tool !== "select" || this.#nuclei === null) return;
    const label = this.#nuclei.map.at(place);
    if (label === 0) {
      if (!isAnother) this.#choose(new Set());
      return;
    }
    const selected = new Set(isAnother ? this.#selected : []);
    if (isAnother && selected.has(label)) selected.delete(label);
    else selected.add(label);
    this.#choose(selected);
  }

  #choose(labels: ReadonlySet<number>): void {
    this.#selected = labels;
    this.#mark();
    this.#listener.selected(labels);
  }

  #hover(place: Place | null): void {
    const label = place === null || this.#nuclei === null ? 0 : this.#nuclei.map.at(place);
    const hovered = label === 0 ? null : label;
    this.#pointer = place;
    if (hovered === this.#hovered) {
      if (isBrush(this.#tool)) this.#mark();
      return;
    }
    this.#hovered = hovered;
    this.#mark();
    this.#listener.hovered(hovered);
  }

  /** `[` and `]` select the previous and next nucleus; with a drawing tool, arrows move a pen. */
  #followKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "[" || event.key === "]") this.#step(event.key === "]" ? 1 : -1, false);
    else if (event.key === "{" || event.key === "}") this.#step(event.key === "}" ? 1 : -1, true);
    else if (event.key === "Escape") this.#escape();
    else if (this.#tool === "select" || !this.#movePen(event)) return;
    event.preventDefault();
  }

  #step(by: 1 | -1, isAnother: boolean): void {
    const labels = this.#nuclei?.map.labels ?? [];
    if (labels.length === 0) return;
    const last = [...this.#selected].at(-1);
    const position = last === undefined ? (by === 1 ? -1 : 0) : labels.indexOf(last);
    const next = labels[(position + by + labels.length) % labels.length] ?? 0;
    const selected = new Set(isAnother ? [...this.#selected, next] : [next]);
    this.select(selected);
    this.#listener.selected(selected);
  }

  #escape(): void {
    if (this.#line !== null) this.#cancelDrawing();
    else this.#choose(new Set());
  }

  #movePen(event: KeyboardEvent): boolean {
    const { viewport } = this.#canvas;
    const directions: Record<string, Place> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const direction = directions[event.key];
    if (direction === undefined) return false;
    const [x, y] = this.#pen ?? this.#middle();
    const step = event.shiftKey ? 1 : Math.max(1, penStep / viewport.scale);
    this.#pen = [x + direction[0] * step, y + direction[1] * step];
    this.#reveal(this.#pen);
    if (this.#line !== null) this.#draw(this.#pen);
    this.#mark();
    return true;
  }

  /** Starts or ends a line at the pen. */
  #strikePen(): void {
    if (this.#tool === "select") return;
    const place = this.#pen ?? this.#middle();
    this.#pen = place;
    if (this.#line === null) this.#begin(place);
    else this.#end(false);
  }

  /** Moves a point of the image into view. */
  #reveal([x, y]: Place): void {
    const { viewport } = this.#canvas;
    const before = viewport.offset;
    viewport.reveal({ x, y });
    if (viewport.offset !== before) this.#canvas.redraw();
  }

  #middle(): Place {
    const { screen } = this.#canvas.viewport;
    return this.#canvas.toImage({ x: screen.width / 2, y: screen.height / 2 });
  }

  #mark(): void {
    const line = this.#line;
    const place = this.#pointer ?? this.#pen;
    this.#canvas.mark({
      selected: this.#selected,
      hovered: this.#hovered,
      highlighted: this.#highlighted,
      draft: line === null ? null : draftOf(this.#tool, line, this.#brushRadius),
      pen: this.#pen,
      brush: place === null || !isBrush(this.#tool) ? null : { at: place, radius: this.#brushRadius },
    });
  }
}

/** The labels of matched nuclei: those of the ground truth and those found. */
function matchedOf({ matches }: ImageScore): {
  readonly truth: ReadonlySet<number>;
  readonly predicted: ReadonlySet<number>;
} {
  const matched = matches.filter(({ intersection, union }) => intersection > matchThreshold * union);
  return {
    truth: new Set(matched.map(({ truth }) => truth)),
    predicted: new Set(matched.map(({ predicted }) => predicted)),
  };
}

/** The outlines of the nuclei for which `isKept` returns true. */
function only({ points, offsets, labels }: Outlines, isKept: (label: number) => boolean): Outlines {
  const kept: number[] = [];
  const keptOffsets = [0];
  const keptLabels: number[] = [];
  labels.forEach((label, polygon) => {
    if (!isKept(label)) return;
    kept.push(...points.subarray(2 * (offsets[polygon] ?? 0), 2 * (offsets[polygon + 1] ?? 0)));
    keptOffsets.push(kept.length / 2);
    keptLabels.push(label);
  });
  return {
    points: Int32Array.from(kept),
    offsets: Uint32Array.from(keptOffsets),
    labels: Uint32Array.from(keptLabels),
  };
}

/** The outlines of several blocks, with labels of their own. */
function joined(blocks: readonly Outlines[]): Outlines {
  const sum = (of: (block: Outlines) => number): number => blocks.reduce((total, block) => total + of(block), 0);
  const points = new Int32Array(sum((block) => block.points.length));
  const lines = sum((block) => block.labels.length);
  const [offsets, labels] = [new Uint32Array(lines + 1), new Uint32Array(lines)];
  let [point, line, label] = [0, 0, 0];
  for (const block of blocks) {
    points.set(block.points, point);
    for (const offset of block.offsets.subarray(1)) offsets[++line] = point / 2 + offset;
    labels.set(
      block.labels.map((own) => own + label),
      line - block.labels.length,
    );
    point += block.points.length;
    label += nucleiIn(block);
  }
  return { points, offsets, labels };
}

/** How many nuclei the outlines belong to: they are numbered from 1. */
function nucleiIn({ labels }: Outlines): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

function detailsOf(image: BatchImage): string {
  const { state, thumbnail, ignoredInScoring, edits } = image;
  const parts: string[] = [];
  const size = state.kind === "done" ? state.result : thumbnail;
  if (size !== null) parts.push(`${text.number(size.width)} × ${text.number(size.height)} px`);
  if (state.kind === "working" && state.found.length > 0) {
    parts.push(text.foundSoFar(state.found.reduce((sum, block) => sum + nucleiIn(block), 0)));
  }
  if (state.kind === "done") {
    parts.push(countWords(image));
    if (state.result.diameter !== null) parts.push(text.diameterFound(state.result.diameter));
    if (state.result.score !== null) parts.push(text.scoreOfImage(state.result.score.score));
    if (ignoredInScoring) parts.push(text.isIgnored);
    if (edits.canUndo) parts.push(text.isCorrected);
  }
  return parts.join(" · ");
}

function labelOf({ name, state }: BatchImage): string {
  if (state.kind === "done") return text.pictureOutlined(name, state.result.count);
  return state.kind === "failed" ? text.pictureOfFailed(name) : text.pictureOfWaiting(name);
}
