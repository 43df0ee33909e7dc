import type { Point, Viewport } from "./viewport.ts";

const keyStep = 48;
const keyZoom = 1.25;

/** Magnifies or shrinks by one step. */
export function zoomStep(viewport: Viewport, direction: 1 | -1): void {
  viewport.zoom(direction === 1 ? keyZoom : 1 / keyZoom);
}

/** Moves a viewport by wheel, drag, pinch and keys; `moved` is called after each change. */
export function followGestures(surface: HTMLElement, viewport: Viewport, moved: () => void): void {
  followWheel(surface, viewport, moved);
  followPointers(surface, viewport, moved);
  surface.addEventListener("keydown", (event) => {
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

function followPointers(surface: HTMLElement, viewport: Viewport, moved: () => void): void {
  const pointers = new Map<number, Point>();
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, place(surface, event));
    surface.setPointerCapture(event.pointerId);
  });
  surface.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const after = place(surface, event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, after);
    if (other === undefined) viewport.pan(after.x - before.x, after.y - before.y);
    else {
      // Each finger's move is half of the move of the middle between the two.
      viewport.pan((after.x - before.x) / 2, (after.y - before.y) / 2);
      const middle = { x: (after.x + other.x) / 2, y: (after.y + other.y) / 2 };
      viewport.zoom(distance(after, other) / Math.max(1, distance(before, other)), middle);
    }
    moved();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
    surface.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
}

function place(surface: HTMLElement, event: MouseEvent): Point {
  const { left, top } = surface.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

function distance(left: Point, right: Point): number {
  return Math.hypot(left.x - right.x, left.y - right.y);
}
