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
  begins(place: Point, event: PointerEvent): boolean;
  /** A drag that does not move the viewport continues. */
  draws(place: Point): void;
  /** It ends, or is cancelled by a second finger. */
  ends(isCancelled: boolean): void;
  /** A click or tap. */
  taps(place: Point, event: PointerEvent): void;
  /** The pointer moves without being pressed; null when it leaves the surface. */
  hovers(place: Point | null): void;
  /** The wheel turns with the Alt key: 1 is up, -1 is down. */
  turns(direction: 1 | -1): void;
  /** The space bar is pressed and released on the surface, without a drag in between. */
  strikesSpace(): void;
}

/**
 * Moves a viewport with the wheel, drags, pinches and keys; `moved` is called after each change.
 *
 * A drag with the middle button or with the space bar held always moves the viewport. The space bar is followed in
 * the whole tree of the surface, because the focus may be on the tool that was chosen last.
 */
export function followGestures(
  surface: HTMLElement,
  viewport: Viewport,
  listener: PointerListener,
  moved: () => void,
): void {
  followWheel(surface, viewport, listener, moved);
  const space = followSpace(surface, listener);
  followPointers(surface, viewport, listener, space, moved);
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

/** Whether the space bar is held, and whether a drag has used it. */
interface Space {
  isHeld: boolean;
  isUsed: boolean;
}

function followSpace(surface: HTMLElement, listener: PointerListener): Space {
  const space = { isHeld: false, isUsed: false };
  const hold = (isHeld: boolean): void => {
    space.isHeld = isHeld;
    surface.classList.toggle("is-held", isHeld);
  };
  const tree = surface.getRootNode();
  tree.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== " " || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || needsSpace(event.target)) return;
    if (event.target === surface) event.preventDefault();
    if (!event.repeat) space.isUsed = false;
    hold(true);
  });
  tree.addEventListener("keyup", (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== " " || !space.isHeld) return;
    hold(false);
    if (event.target === surface && !space.isUsed) listener.strikesSpace();
  });
  // The key may be released in another window.
  tree.addEventListener("focusout", () => hold(false));
  return space;
}

/** Whether an element has its own use for the space bar; a radio button that is checked has none. */
function needsSpace(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== "radio" || !target.checked;
  return target instanceof Element && target.matches("button, select, summary, textarea, a, [role=grid], [role=tab]");
}

function followWheel(surface: HTMLElement, viewport: Viewport, listener: PointerListener, moved: () => void): void {
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (event.altKey) {
        const turn = event.deltaY || event.deltaX;
        if (turn !== 0) listener.turns(turn < 0 ? 1 : -1);
        return;
      }
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
export const clickSlack = 4;

function followPointers(
  surface: HTMLElement,
  viewport: Viewport,
  listener: PointerListener,
  space: Space,
  moved: () => void,
): void {
  const pointers = new Map<number, Point>();
  let isDrawing = false;
  let pressed: Point | null = null;
  // The middle button would start to scroll the page.
  surface.addEventListener("mousedown", (event) => {
    if (event.button === 1) event.preventDefault();
  });
  surface.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    const here = place(surface, event);
    const moves = event.button === 1 || space.isHeld;
    if (moves) space.isUsed = true;
    pointers.set(event.pointerId, here);
    surface.setPointerCapture(event.pointerId);
    pressed = pointers.size === 1 && !moves ? here : null;
    if (pointers.size === 1) isDrawing = !moves && listener.begins(here, event);
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
