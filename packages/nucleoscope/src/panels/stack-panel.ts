import * as text from "../text.ts";
import { byId, makeOption, type Root } from "../ui/dom.ts";
import type { Selection, StackInfo } from "../wasm/nucleoscope.js";

const projection = "projection";

/** Chooses the channel, the slice and the frame of an image that has several. */
export class StackPanel {
  readonly #panel: HTMLElement;
  readonly #channel: HTMLSelectElement;
  readonly #slice: HTMLSelectElement;
  readonly #frame: HTMLInputElement;
  readonly #toAll: HTMLButtonElement;
  #shown: StackInfo | null = null;

  /** `choose` is called with the selection, for this image or for all. */
  constructor(root: Root, choose: (selection: Selection, forAll: boolean) => void) {
    this.#panel = byId(root, "stack", HTMLElement);
    this.#channel = byId(root, "stack-channel", HTMLSelectElement);
    this.#slice = byId(root, "stack-slice", HTMLSelectElement);
    this.#frame = byId(root, "stack-frame", HTMLInputElement);
    this.#toAll = byId(root, "stack-all", HTMLButtonElement);
    for (const field of [this.#channel, this.#slice, this.#frame]) {
      field.addEventListener("change", () => {
        if (this.#frame.validity.valid) choose(this.#selection(), false);
      });
    }
    this.#toAll.addEventListener("click", () => choose(this.#selection(), true));
  }

  /** Shows the choices that an image has; hidden if there are none. */
  show(stack: StackInfo | null, selection: Selection): void {
    const hasChoice = stack !== null && (stack.channels.length > 1 || stack.slices > 1 || stack.frames > 1);
    this.#panel.hidden = !hasChoice || stack.isColor;
    if (stack === null || this.#panel.hidden) return;
    if (!sameStack(this.#shown, stack)) {
      this.#shown = stack;
      this.#channel.replaceChildren(
        ...stack.channels.map(({ name }, index) => makeOption(String(index), text.listedChannel(name, index, false))),
      );
      this.#slice.replaceChildren(
        makeOption(projection, text.maximumProjection),
        ...Array.from({ length: stack.slices }, (_, index) => makeOption(String(index), `${index + 1}`)),
      );
    }
    this.#channel.value = String(stack.segmentedChannel);
    this.#slice.value = typeof selection.slice === "object" ? String(selection.slice.single) : projection;
    this.#frame.max = String(stack.frames);
    this.#frame.value = String((selection.frame ?? 0) + 1);
    hideField(this.#channel, stack.channels.length < 2);
    hideField(this.#slice, stack.slices < 2);
    hideField(this.#frame, stack.frames < 2);
  }

  #selection(): Selection {
    const slice = this.#slice.value;
    return {
      channel: Number(this.#channel.value),
      ...(slice === projection ? {} : { slice: { single: Number(slice) } }),
      frame: this.#frame.valueAsNumber - 1,
    };
  }
}

function hideField(field: HTMLElement, isHidden: boolean): void {
  const label = field.closest("label");
  if (label !== null) label.hidden = isHidden;
}

function sameStack(left: StackInfo | null, right: StackInfo): boolean {
  return (
    left !== null &&
    left.slices === right.slices &&
    left.channels.length === right.channels.length &&
    left.channels.every(({ name }, index) => name === right.channels[index]?.name)
  );
}
