import type { Point, Viewport } from "./viewport.ts";

const keyStep = 48;
const keyZoom = 1.25;

/** Zooms in or out by one step. */
export function zoomStep(viewport: Viewport, direction: 1 | -1): void {
  viewport.zoom(direction === 1 ? keyZoom : 1 / keyZoom);
}

/** Receives what a pointer does besides moving the viewport. Positions are in screen pixels of the surface. */
export interface PointerListener {
  /** A drag begins; returns true if it must not move the viewport. */
  begins(place: Point): boolean;
  /** A drag that does not move the viewport continues. */
  draws(place: Point): void;
  /** It ends, or is cancelled by a second finger. */
  ends(isCancelled: boolean): void;
  /** A click or tap. */
  taps(place: Point, event: PointerEvent): void;
  /** The pointer moves without being pressed; null when it leaves the surface. */
  hovers(place: Point | null): void;
}

/** Moves a viewport with the wheel, drags, pinches and keys; `moved` is called after each change. */
export function followGestures(
  surface: HTMLElement,
  viewport: Viewport,
  listener: PointerListener,
  moved: () => void,
): void {
  followWheel(surface, viewport, moved);
  followPointers(surface, viewport, listener, moved);
  surface.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (followPanKey(event, viewport) || followZoomKey(event, viewport)) moved();
  });
}

/** Zooms with the keys + − 0 1; returns true if the key was one of them. */
export function followZoomKey(event: KeyboardEvent, viewport: Viewport): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  switch (event.key) {
    case "+":
    case "=":
      zoomStep(viewport, 1);
      break;
    case "-":
      zoomStep(viewport, -1);
      break;
    case "0":
      viewport.fit();
      break;
    case "1":
      viewport.zoomTo(1);
      break;
    default:
      return false;
  }
  event.preventDefault();
  return true;
}

function followPanKey(event: KeyboardEvent, viewport: Viewport): boolean {
  const directions: Record<string, Point> = {
    ArrowLeft: { x: keyStep, y: 0 },
    ArrowRight: { x: -keyStep, y: 0 },
    ArrowUp: { x: 0, y: keyStep },
    ArrowDown: { x: 0, y: -keyStep },
  };
  const direction = directions[event.key];
  if (direction === undefined || event.ctrlKey || event.metaKey || event.altKey) return false;
  viewport.pan(direction.x, direction.y);
  event.preventDefault();
  return true;
}

function followWheel(surface: HTMLElement, viewport: Viewport, moved: () => void): void {
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      // Lines and pages are converted to pixels, roughly; a pinch on a touch pad arrives as ctrl + wheel.
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 20;
      const speed = event.ctrlKey ? 0.01 : 0.002;
      viewport.zoom(Math.exp(-event.deltaY * unit * speed), place(surface, event));
      moved();
    },
    { passive: false },
  );
}

/** A pointer that moved less than this many screen pixels has clicked. */
const clickSlack = 4;

function followPointers(surface: HTMLElement, viewport: Viewport, listener: PointerListener, moved: () => void): void {
  const pointers = new Map<number, Point>();
  let isDrawing = false;
  let pressed: Point | null = null;
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const here = place(surface, event);
    pointers.set(event.pointerId, here);
    surface.setPointerCapture(event.pointerId);
    pressed = pointers.size === 1 ? here : null;
    if (pointers.size === 1) isDrawing = listener.begins(here);
    else if (isDrawing) {
      isDrawing = false;
      listener.ends(true);
    }
  });
  surface.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    const after = place(surface, event);
    if (before === undefined) {
      listener.hovers(after);
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (pressed !== null && distance(pressed, after) > clickSlack) pressed = null;
    pointers.set(event.pointerId, after);
    if (isDrawing) {
      // A fast pointer moves far between two frames; the browser has the positions in between.
      const between = event.getCoalescedEvents?.() ?? [];
      for (const step of between.length > 0 ? between : [event]) listener.draws(place(surface, step));
      return;
    }
    if (other === undefined) {
      if (pressed === null) viewport.pan(after.x - before.x, after.y - before.y);
    } else {
      // The point between two fingers moves half as far as each of them.
      viewport.pan((after.x - before.x) / 2, (after.y - before.y) / 2);
      const middle = { x: (after.x + other.x) / 2, y: (after.y + other.y) / 2 };
      viewport.zoom(distance(after, other) / Math.max(1, distance(before, other)), middle);
    }
    moved();
  });
  surface.addEventListener("pointerup", (event) => {
    if (pressed !== null && pointers.has(event.pointerId) && !isDrawing) listener.taps(pressed, event);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
    surface.addEventListener(end, (event) => {
      if (!pointers.delete(event.pointerId)) return;
      pressed = null;
      if (!isDrawing) return;
      isDrawing = false;
      listener.ends(end === "pointercancel");
    });
  }
  surface.addEventListener("pointerleave", () => listener.hovers(null));
}

function place(surface: HTMLElement, event: MouseEvent): Point {
  const { left, top } = surface.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

function distance(left: Point, right: Point): number {
  return Math.hypot(left.x - right.x, left.y - right.y);
}
