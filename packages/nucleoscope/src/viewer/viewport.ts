/** A width and a height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A point, in image pixels or in screen pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const maximumScale = 40;
/** How many screen pixels of the image stay visible at least. */
const margin = 32;

/**
 * Which part of an image is visible, and at which scale.
 *
 * A pixel of the image at `p` is on the screen at `p * scale + offset`.
 */
export class Viewport {
  #screen: Size = { width: 1, height: 1 };
  #image: Size = { width: 1, height: 1 };
  #fitted = true;
  #scale = 1;
  #offset: Point = { x: 0, y: 0 };

  /** Screen pixels per image pixel. */
  get scale(): number {
    return this.#scale;
  }

  /** The position of the image's top left corner on the screen. */
  get offset(): Point {
    return this.#offset;
  }

  /** The screen's size. */
  get screen(): Size {
    return this.#screen;
  }

  /** Whether the whole image is shown as large as the screen allows. */
  get fitted(): boolean {
    return this.#fitted;
  }

  /** Sets the screen's size: a fitted image stays fitted; otherwise the centre stays the same. */
  resize(screen: Size): void {
    const middle = this.toImage({ x: this.#screen.width / 2, y: this.#screen.height / 2 });
    this.#screen = screen;
    if (this.#fitted) {
      this.fit();
      return;
    }
    this.#offset = {
      x: screen.width / 2 - middle.x * this.#scale,
      y: screen.height / 2 - middle.y * this.#scale,
    };
    this.#keepVisible();
  }

  /** Shows another image, as a whole. */
  open(image: Size): void {
    this.#image = image;
    this.fit();
  }

  /** Shows the whole image, as large as the screen allows. */
  fit(): void {
    this.#fitted = true;
    this.#scale = this.#fitScale();
    this.#offset = {
      x: (this.#screen.width - this.#image.width * this.#scale) / 2,
      y: (this.#screen.height - this.#image.height * this.#scale) / 2,
    };
  }

  /** Moves a point of the image to the centre of the screen, unless it is visible. */
  reveal(point: Point): void {
    const onScreen = { x: point.x * this.#scale + this.#offset.x, y: point.y * this.#scale + this.#offset.y };
    const isVisible = (place: number, screen: number): boolean => place >= 0 && place <= screen;
    if (isVisible(onScreen.x, this.#screen.width) && isVisible(onScreen.y, this.#screen.height)) return;
    const middle = this.#middle();
    this.pan(middle.x - onScreen.x, middle.y - onScreen.y);
  }

  /** Zooms by a factor; the point under the anchor stays in place. */
  zoom(factor: number, anchor: Point = this.#middle()): void {
    this.zoomTo(this.#scale * factor, anchor);
  }

  /** Zooms to a scale; the point under the anchor stays in place. */
  zoomTo(scale: number, anchor: Point = this.#middle()): void {
    const held = this.toImage(anchor);
    const minimum = Math.min(this.#fitScale(), 1) / 4;
    this.#scale = Math.min(Math.max(scale, minimum), maximumScale);
    this.#offset = { x: anchor.x - held.x * this.#scale, y: anchor.y - held.y * this.#scale };
    this.#fitted = false;
    this.#keepVisible();
  }

  /** Moves the image by screen pixels. */
  pan(x: number, y: number): void {
    this.#offset = { x: this.#offset.x + x, y: this.#offset.y + y };
    this.#fitted = false;
    this.#keepVisible();
  }

  #middle(): Point {
    return { x: this.#screen.width / 2, y: this.#screen.height / 2 };
  }

  /** Converts a point on the screen to image coordinates. */
  toImage(point: Point): Point {
    return { x: (point.x - this.#offset.x) / this.#scale, y: (point.y - this.#offset.y) / this.#scale };
  }

  #fitScale(): number {
    const scale = Math.min(this.#screen.width / this.#image.width, this.#screen.height / this.#image.height);
    return Math.min(scale, maximumScale);
  }

  #keepVisible(): void {
    const clamp = (offset: number, screen: number, image: number): number =>
      Math.min(Math.max(offset, Math.min(margin, screen) - image * this.#scale), Math.max(screen - margin, 0));
    this.#offset = {
      x: clamp(this.#offset.x, this.#screen.width, this.#image.width),
      y: clamp(this.#offset.y, this.#screen.height, this.#image.height),
    };
  }
}
