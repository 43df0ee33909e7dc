import * as text from "../text.ts";

/** A bar between two columns that changes the width of one of them, with the pointer and with the arrow keys. */
export interface SplitterOptions {
  /** The name for screen readers. */
  readonly label: string;
  /** The column whose width is changed. */
  readonly column: HTMLElement;
  /** 1 if the column is before the bar, -1 if it is after it. */
  readonly side: 1 | -1;
  /** The smallest and largest width in CSS pixels. */
  readonly minimum: number;
  readonly maximum: number;
  /** Called with the new width in CSS pixels; null restores the default. */
  readonly resized: (width: number | null) => void;
}

/** How far an arrow key moves the bar, in CSS pixels. */
const keyStep = 16;

/** Makes an element a splitter. */
export function makeSplitter(bar: HTMLElement, options: SplitterOptions): void {
  const { label, column, side, minimum, maximum, resized } = options;
  bar.tabIndex = 0;
  bar.setAttribute("role", "separator");
  bar.setAttribute("aria-orientation", "vertical");
  bar.setAttribute("aria-label", label);
  bar.setAttribute("aria-valuemin", String(minimum));
  bar.setAttribute("aria-valuemax", String(maximum));
  bar.title = text.splitterHelp;
  const resize = (width: number): void => {
    const limited = Math.round(Math.min(Math.max(width, minimum), maximum));
    bar.setAttribute("aria-valuenow", String(limited));
    resized(limited);
  };
  bar.setAttribute("aria-valuenow", String(minimum));
  bar.addEventListener("focus", () => bar.setAttribute("aria-valuenow", String(Math.round(column.clientWidth))));
  bar.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    bar.focus();
    bar.setPointerCapture(event.pointerId);
    const from = { x: event.clientX, width: column.getBoundingClientRect().width };
    const move = ({ clientX }: PointerEvent): void => resize(from.width + side * (clientX - from.x));
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
  });
  bar.addEventListener("dblclick", () => resized(null));
  bar.addEventListener("keydown", (event) => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (direction === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    resize(column.getBoundingClientRect().width + side * direction * keyStep);
  });
}
