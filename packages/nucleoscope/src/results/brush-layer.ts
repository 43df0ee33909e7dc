import type { BrushBehavior, BrushSelection, D3BrushEvent } from "d3-brush";
import { select } from "d3-selection";
import { makeSvg } from "../ui/dom.ts";

/** The part of a chart that is dragged over to mark a range. */
export class BrushLayer {
  readonly element = makeSvg("g", "chart-brush");
  readonly #brush: BrushBehavior<null>;
  #isDragged = false;
  #size = { width: 0, height: 0 };

  /** `moved` is called while somebody drags, with pixels of the plot; null is a click that marks nothing. */
  constructor(brush: BrushBehavior<null>, moved: (selection: BrushSelection | null) => void) {
    this.#brush = brush;
    brush.on("start brush end", ({ type, selection, sourceEvent }: D3BrushEvent<null>) => {
      // Without a source it was moved by the program.
      if (!sourceEvent) return;
      this.#isDragged = type !== "end";
      if (type !== "start") moved(selection);
    });
  }

  /** Makes it as large as the plot. */
  fit(width: number, height: number): void {
    if (this.#size.width === width && this.#size.height === height) return;
    this.#size = { width, height };
    this.#brush.extent([
      [0, 0],
      [width, height],
    ]);
    this.#layer.call(this.#brush);
  }

  /** Brings it to a place, unless somebody is dragging it. */
  move(selection: BrushSelection | null): void {
    if (this.#isDragged || this.#size.width === 0) return;
    if (selection === null) this.#brush.clear(this.#layer);
    else this.#brush.move(this.#layer, selection);
  }

  get #layer(): ReturnType<typeof select<SVGGElement, null>> {
    return select<SVGGElement, null>(this.element);
  }
}
