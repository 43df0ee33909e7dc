import { scaleLinear } from "d3-scale";
import * as text from "../text.ts";
import { make, makeSvg } from "../ui/dom.ts";
import { drawUpwardAxis, followColorScheme, type Scale } from "./chart.ts";
import {
  boxOf,
  meanAndDeviation,
  nameOf,
  nucleusValues,
  spread,
  type Condition,
  type ImageValue,
  type NucleusValues,
  type Quantity,
} from "./conditions.ts";
import { written } from "./measurement-table.ts";

/** The most dots of nuclei in the plot; more would only lie on each other. */
const mostDots = 12_000;
/** The narrowest column of a group, in rem; a plot with more groups than fit is scrolled. */
const narrowest = 6.75;
/** The colours of the images of a group; more images repeat them. */
const colors = 6;
/** The largest distance at which the pointer reads an image's dot, in CSS pixels. */
const reach = 14;

/** How the values of the nuclei are drawn. */
export type NucleiStyle = "dots" | "box";

/** A column of the plot. */
interface Column {
  readonly condition: Condition;
  /** Of the nuclei, or of the images if only they have a value. */
  readonly values: NucleusValues;
}

/** The place of an image's dot. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly value: ImageValue;
}

/**
 * Groups side by side: a small dot for each nucleus, a large dot for each image at its value, a line at the mean of the
 * images with their standard deviation (SuperPlots: Lord and others, J. Cell Biol. 219, 2020).
 */
export class ConditionsPlot {
  readonly element = make("div", "conditions-scroller");
  readonly #inner = make("div", "conditions-plot");
  readonly #canvas = make("canvas", "chart-canvas");
  readonly #svg = makeSvg("svg", "chart-svg");
  readonly #axis = makeSvg("g", "chart-axis");
  readonly #title = makeSvg("text", "chart-title");
  readonly #marks = makeSvg("g", "conditions-marks");
  readonly #read: (value: ImageValue | null) => void;
  #columns: readonly Column[] = [];
  #quantity: Quantity | null = null;
  #style: NucleiStyle = "dots";
  #places: readonly Place[] = [];
  #pointed: ImageValue | null = null;
  #frame: number | null = null;

  /** `read` is called with the image under the pointer. */
  constructor(read: (value: ImageValue | null) => void) {
    this.#read = read;
    this.#svg.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-hidden", "true");
    this.#svg.append(this.#axis, this.#title, this.#marks);
    this.#inner.append(this.#canvas, this.#svg);
    this.element.append(this.#inner);
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", text.plotOfGroups);
    new ResizeObserver(() => this.refresh()).observe(this.element);
    followColorScheme(this);
    this.#svg.addEventListener("pointermove", (event) => this.#pointAt(this.#nearest(event)));
    this.#svg.addEventListener("pointerleave", () => this.#pointAt(null));
  }

  /** Shows groups; returns how many nuclei are drawn, and how many there are. */
  show(
    conditions: readonly Condition[],
    quantity: Quantity,
    style: NucleiStyle,
  ): { readonly drawn: number; readonly all: number } {
    const most = Math.floor(mostDots / Math.max(1, conditions.length));
    this.#columns = conditions.map((condition) => ({
      condition,
      values: nucleusValues(condition, quantity, style === "box" ? Number.POSITIVE_INFINITY : most),
    }));
    this.#quantity = quantity;
    this.#style = style;
    this.refresh();
    const total = (of: (values: NucleusValues) => number): number =>
      this.#columns.reduce((sum, { values }) => sum + of(values), 0);
    return { drawn: total(({ values }) => values.length), all: total(({ all }) => all) };
  }

  /** Draws in the next frame. */
  refresh(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (this.element.clientWidth > 0) this.#draw();
    });
  }

  #draw(): void {
    const quantity = this.#quantity;
    if (quantity === null || this.#columns.length === 0) return;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const margin = { left: 4.25 * rem, top: 0.75 * rem, right: 0.5 * rem, bottom: 4 * rem };
    this.#inner.style.minWidth = `${margin.left + margin.right + this.#columns.length * narrowest * rem}px`;
    const { clientWidth, clientHeight } = this.#inner;
    const height = Math.max(0, clientHeight - margin.top - margin.bottom);
    const step = (clientWidth - margin.left - margin.right) / this.#columns.length;
    const up = this.#scale().range([margin.top + height, margin.top]);
    this.#axis.setAttribute("transform", `translate(${margin.left},0)`);
    drawUpwardAxis(this.#axis, up, height);
    this.#title.textContent = quantity.title;
    this.#title.setAttribute("transform", `translate(14,${margin.top + height / 2}) rotate(-90)`);
    const context = this.#clear(clientWidth, clientHeight);
    const style = getComputedStyle(this.element);
    const colorOf = (place: number): string => style.getPropertyValue(`--image-${(place % colors) + 1}`).trim();
    const places: Place[] = [];
    this.#marks.replaceChildren();
    for (const [index, column] of this.#columns.entries()) {
      const middle = margin.left + (index + 0.5) * step;
      const half = Math.min(step * 0.4, 7 * rem);
      if (context !== null && this.#style === "dots") drawDots(context, column, up, middle, half, colorOf);
      if (this.#style === "box") this.#marks.append(...boxMarks(column, quantity, up, middle, half));
      this.#marks.append(...meanMarks(column.condition, up, middle, half));
      const found = placesOf(column.condition, up, middle, half);
      this.#marks.append(...found.map(({ x, y }, place) => circle(x, y, place % colors)));
      places.push(...found);
      const bottom = margin.top + height + 1.25 * rem;
      this.#marks.append(...labels(column.condition, middle, bottom, step, rem));
    }
    this.#places = places;
    this.#svg.setAttribute(
      "aria-label",
      text.plotOf(
        quantity.title,
        this.#columns.map(({ condition }) => nameOf(condition)),
      ),
    );
  }

  /** A scale for all values; counts and densities start at 0. */
  #scale(): Scale {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const include = (value: number): void => {
      if (!Number.isFinite(value)) return;
      low = Math.min(low, value);
      high = Math.max(high, value);
    };
    for (const { condition, values } of this.#columns) {
      values.values.forEach(include);
      for (const { value } of condition.images) include(value);
      const { mean, deviation } = meanAndDeviation(condition);
      include(mean + deviation);
      include(mean - deviation);
    }
    if (this.#quantity?.isOfNuclei === false) include(0);
    if (low > high) [low, high] = [0, 1];
    const padding = low === high ? 0.5 : 0;
    return scaleLinear([low - padding, high + padding], [0, 1]).nice();
  }

  #clear(width: number, height: number): CanvasRenderingContext2D | null {
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    const context = this.#canvas.getContext("2d");
    context?.scale(ratio, ratio);
    return context;
  }

  #nearest(event: PointerEvent): ImageValue | null {
    const { left, top } = this.#svg.getBoundingClientRect();
    const distance = ({ x, y }: Place): number => Math.hypot(event.clientX - left - x, event.clientY - top - y);
    const [best] = this.#places
      .filter((place) => distance(place) <= reach)
      .sort((one, other) => distance(one) - distance(other));
    return best?.value ?? null;
  }

  #pointAt(value: ImageValue | null): void {
    if (value === this.#pointed) return;
    this.#pointed = value;
    this.#read(value);
  }
}

/** Draws the nuclei of a group as small squares, in the colours of their images. */
function drawDots(
  context: CanvasRenderingContext2D,
  { values: { values, images } }: Column,
  up: Scale,
  middle: number,
  half: number,
  colorOf: (place: number) => string,
): void {
  const [low = 0, high = 1] = up.domain();
  const offsets = spread(values, low, high);
  const side = values.length > 2000 ? 2.5 : 3.5;
  // Calling the scale would take most of the drawing time.
  const [bottom, slope] = [up(low), (up(high) - up(low)) / (high - low)];
  context.globalAlpha = 0.5;
  let last = -1;
  values.forEach((value, place) => {
    const image = images[place] ?? 0;
    if (image !== last) context.fillStyle = colorOf(image);
    last = image;
    const x = middle + (offsets[place] ?? 0) * half;
    context.fillRect(x - side / 2, bottom + (value - low) * slope - side / 2, side, side);
  });
}

/** The dots of a group's images: side by side, so that equal values do not hide each other. */
function placesOf({ images }: Condition, up: Scale, middle: number, half: number): Place[] {
  const gap = Math.min(18, (1.3 * half) / Math.max(1, images.length));
  return images.map((value, place) => ({
    x: middle + (place - (images.length - 1) / 2) * gap,
    y: up(value.value),
    value,
  }));
}

function circle(x: number, y: number, color: number): SVGElement {
  const made = makeSvg("circle", `conditions-image conditions-image-${color + 1}`);
  set(made, { cx: x, cy: y, r: 6 });
  return made;
}

/** A line at the mean and, at its right end, a bar from one standard deviation below to one above. */
function meanMarks(condition: Condition, up: Scale, middle: number, half: number): SVGElement[] {
  const { mean, deviation } = meanAndDeviation(condition);
  if (!Number.isFinite(mean)) return [];
  const right = middle + half * 0.85;
  const lines: (readonly [number, number, number, number])[] = [[middle - half * 0.85, up(mean), right, up(mean)]];
  if (Number.isFinite(deviation)) {
    const [low, high] = [up(mean - deviation), up(mean + deviation)];
    lines.push([right, low, right, high], [right - 6, low, right + 6, low], [right - 6, high, right + 6, high]);
  }
  // Wider lines in the colour of the background set them off from the nuclei.
  return ["conditions-halo", "conditions-mean"].flatMap((name) => lines.map((ends) => line(name, ...ends)));
}

/** A box plot of the nuclei or, if only images have values, of those. */
function boxMarks(
  { condition, values }: Column,
  { isOfNuclei }: Quantity,
  up: Scale,
  middle: number,
  half: number,
): SVGElement[] {
  const box = boxOf(isOfNuclei ? values.values : Float64Array.from(condition.images, ({ value }) => value));
  if (box === null) return [];
  const body = makeSvg("rect", "conditions-box");
  set(body, { x: middle - half, width: 2 * half, y: up(box.upper), height: up(box.lower) - up(box.upper) });
  return [
    line("conditions-whisker", middle, up(box.low), middle, up(box.lower)),
    line("conditions-whisker", middle, up(box.upper), middle, up(box.high)),
    body,
    line("conditions-median", middle - half, up(box.median), middle + half, up(box.median)),
  ];
}

/** The name of a group, and how many images and nuclei it has. */
function labels(condition: Condition, middle: number, top: number, width: number, rem: number): SVGElement[] {
  const most = Math.max(3, Math.floor(width / (0.55 * rem)));
  const name = nameOf(condition);
  const lines = [
    name.length > most ? `${name.slice(0, most - 1)}…` : name,
    text.groupSize(condition.images.length),
    text.nucleusCount(condition.nuclei),
  ];
  return lines.map((words, place) => {
    const made = makeSvg("text", place === 0 ? "conditions-name" : "conditions-number");
    set(made, { x: middle, y: top + place * 1.1 * rem });
    made.textContent = words;
    return made;
  });
}

function line(className: string, x1: number, y1: number, x2: number, y2: number): SVGElement {
  const made = makeSvg("line", className);
  set(made, { x1, y1, x2, y2 });
  return made;
}

function set(element: SVGElement, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
}

/** An image's value in words. */
export function imageWords({ image, value, nuclei: count }: ImageValue): string {
  return text.imageValue(image.name, written(value), count);
}
