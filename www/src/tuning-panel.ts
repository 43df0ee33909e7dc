import { byId, setText } from "./elements.ts";
import { sameTuning, tuningRanges, type Tuning } from "./tuning.ts";

const sliders = [
  { name: "threshold", id: "tune-threshold", digits: 2 },
  { name: "seedDepth", id: "tune-splitting", digits: 2 },
  { name: "leastCertainty", id: "tune-certainty", digits: 2 },
  { name: "smallestArea", id: "tune-area", digits: 0 },
  { name: "smoothing", id: "tune-smoothing", digits: 1 },
] as const;

/** Splitting is stronger the shallower a valley may be: its slider runs the other way. */
const mirrored = "seedDepth";

/** Who wants to know of changes. */
export interface TuningListener {
  /** A slider is being moved; `isSettled` once it is let go. */
  changed(tuning: Tuning, isSettled: boolean): void;
  /** The choice between all images and this one changed. */
  scopeChanged(isOwn: boolean): void;
  /** Everything as it comes. */
  reset(): void;
}

/** The sliders that cut nuclei anew while they are moved. */
export class TuningPanel {
  readonly #inputs = new Map(sliders.map(({ name, id }) => [name, byId(id, HTMLInputElement)]));
  readonly #fillHoles = byId("tune-fill-holes", HTMLInputElement);
  readonly #dropAtEdge = byId("tune-drop-at-edge", HTMLInputElement);
  readonly #own = byId("tune-own", HTMLInputElement);
  readonly #reset = byId("tune-reset", HTMLButtonElement);
  #standard: Tuning | null = null;
  /** What is shown; a value beyond its slider stays as long as that is not moved. */
  #shown: Tuning | null = null;

  constructor(listener: TuningListener) {
    const changed = (isSettled: boolean, name?: (typeof sliders)[number]["name"]) => (): void => {
      const tuning = this.#tuning(name);
      this.#shown = tuning;
      this.#describe(tuning);
      listener.changed(tuning, isSettled);
    };
    for (const [name, input] of this.#inputs) {
      const { minimum, maximum } = tuningRanges[name];
      // The number of pixels has a slider for the usual sizes only.
      input.min = String(minimum);
      input.max = String(name === "smallestArea" ? 500 : maximum);
      input.addEventListener("input", changed(false, name));
      input.addEventListener("change", changed(true, name));
    }
    for (const input of [this.#fillHoles, this.#dropAtEdge]) input.addEventListener("change", changed(true));
    this.#own.addEventListener("change", () => listener.scopeChanged(this.#own.checked));
    this.#reset.addEventListener("click", () => listener.reset());
  }

  /** The tuning that "reset" goes back to. */
  set standard(tuning: Tuning) {
    this.#standard = tuning;
  }

  /** Shows a tuning, and whether it is the selected image's own. */
  show(tuning: Tuning, isOwn: boolean): void {
    this.#shown = tuning;
    for (const [name, input] of this.#inputs) {
      const value = name === mirrored ? mirror(tuning[name]) : tuning[name];
      if (document.activeElement !== input) input.value = String(value);
    }
    this.#fillHoles.checked = tuning.fillHoles;
    this.#dropAtEdge.checked = tuning.dropAtEdge;
    this.#own.checked = isOwn;
    this.#describe(tuning);
  }

  /** The tuning as it is after the slider of this name was moved, or a box was ticked. */
  #tuning(moved?: (typeof sliders)[number]["name"]): Tuning {
    const number = (name: (typeof sliders)[number]["name"]): number => {
      if (name !== moved && this.#shown !== null) return this.#shown[name];
      const value = this.#inputs.get(name)?.valueAsNumber ?? 0;
      return name === mirrored ? mirror(value) : value;
    };
    return {
      threshold: number("threshold"),
      seedDepth: number("seedDepth"),
      leastCertainty: number("leastCertainty"),
      smallestArea: number("smallestArea"),
      smoothing: number("smoothing"),
      fillHoles: this.#fillHoles.checked,
      dropAtEdge: this.#dropAtEdge.checked,
    };
  }

  #describe(tuning: Tuning): void {
    for (const { name, id, digits } of sliders) {
      const value = name === mirrored ? mirror(tuning[name]) : tuning[name];
      setText(byId(`${id}-value`, HTMLElement), value.toFixed(digits));
    }
    this.#reset.disabled = this.#standard === null || sameTuning(tuning, this.#standard);
  }
}

/** The other end of the slider, without the noise of binary fractions. */
function mirror(value: number): number {
  const { minimum, maximum } = tuningRanges[mirrored];
  return Math.round((minimum + maximum - value) * 100) / 100;
}
