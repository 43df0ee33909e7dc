import type { Point, Viewport } from "./viewport.ts";

const keyStep = 48;
const keyZoom = 1.25;

/** Magnifies or shrinks by one step. */
export function zoomStep(viewport: Viewport, direction: 1 | -1): void {
  viewport.zoom(direction === 1 ? keyZoom : 1 / keyZoom);
}

/** What a pointer does besides moving the viewport. Places are in screen pixels of the surface. */
export interface PointerListener {
  /** A drag begins; true when it is not to move the viewport. */
  begins(place: Point): boolean;
  /** A drag that did not move the viewport goes on. */
  draws(place: Point): void;
  /** It ends, or, with a second finger, is given up. */
  ends(isGivenUp: boolean): void;
  /** A click or tap. */
  taps(place: Point, event: PointerEvent): void;
  /** The pointer is over a place without being pressed; null when it has left. */
  hovers(place: Point | null): void;
}

/** Moves a viewport by wheel, drag, pinch and keys; `moved` is called after each change. */
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

/** Lets the keys + − 0 1 of an element zoom; true when the key was one of them. */
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
      // Lines and pages are turned into about as many pixels; a pinch on a touch pad comes as ctrl + wheel.
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
      // A fast hand moves far between two frames; the browser knows the places between.
      const between = event.getCoalescedEvents?.() ?? [];
      for (const step of between.length > 0 ? between : [event]) listener.draws(place(surface, step));
      return;
    }
    if (other === undefined) {
      if (pressed === null) viewport.pan(after.x - before.x, after.y - before.y);
    } else {
      // Each finger's move is half of the move of the middle between the two.
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
