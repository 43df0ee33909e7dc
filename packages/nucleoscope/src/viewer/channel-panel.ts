import { plain } from "../plain-text.ts";
import * as text from "../text.ts";
import { byId, make, setText, type Root } from "../ui/dom.ts";
import type { ChannelDisplay, StackInfo } from "../wasm/nucleoscope.js";

/** The image as it is, with automatic limits: for an image whose channels are not known yet. */
const automatic: ChannelDisplay = {
  channel: null,
  color: [255, 255, 255],
  low: null,
  high: null,
  gamma: 1,
  visible: true,
};

/** The controls of one channel in the list. */
interface Row {
  readonly element: HTMLElement;
  readonly visible: HTMLInputElement;
  readonly color: HTMLInputElement;
  readonly chosen: HTMLInputElement;
}

/** Chooses how the channels of an image are drawn; this does not change the data. */
export class ChannelPanel {
  readonly #title: HTMLElement;
  readonly #list: HTMLElement;
  readonly #low: HTMLInputElement;
  readonly #high: HTMLInputElement;
  readonly #gamma: HTMLInputElement;
  readonly #changed: (displays: ChannelDisplay[]) => void;
  #displays: readonly ChannelDisplay[] = [automatic];
  #rows: Row[] = [];
  /** The names in the list. */
  #listed = "";

  /** `changed` is called with the displays of all channels when one of them changes to another valid one. */
  constructor(root: Root, changed: (displays: ChannelDisplay[]) => void) {
    this.#title = byId(root, "contrast-title", HTMLElement);
    this.#list = byId(root, "channels", HTMLElement);
    this.#low = byId(root, "contrast-low", HTMLInputElement);
    this.#high = byId(root, "contrast-high", HTMLInputElement);
    this.#gamma = byId(root, "contrast-gamma", HTMLInputElement);
    this.#changed = changed;
    const given = ({ value, valueAsNumber }: HTMLInputElement): number | null => (value === "" ? null : valueAsNumber);
    for (const input of [this.#low, this.#high, this.#gamma]) {
      input.addEventListener("input", () => {
        if (!input.validity.valid) return;
        this.#change({ low: given(this.#low), high: given(this.#high), gamma: given(this.#gamma) ?? 1 });
      });
    }
    byId(root, "contrast-auto", HTMLButtonElement).addEventListener("click", () => {
      this.#change({ low: null, high: null, gamma: 1 });
    });
    this.#list.addEventListener("input", () => this.#change({}));
  }

  /** Shows the displays of an image; `drawn` are those of its picture, with numbers for automatic limits. */
  show(stack: StackInfo | null, displays: readonly ChannelDisplay[], drawn: readonly ChannelDisplay[]): void {
    this.#displays = displays.length > 0 ? displays : [automatic];
    const channels = displays.length > 1 ? (stack?.channels ?? []) : [];
    const segmented = stack?.segmentedChannel;
    const names = channels.map(({ name }, index) => text.listedChannel(name, index, index === segmented));
    if (this.#listed !== names.join("\n")) {
      this.#listed = names.join("\n");
      this.#rows = names.map(makeRow);
      this.#list.replaceChildren(...this.#rows.map(({ element }) => element));
      this.#list.hidden = names.length === 0;
      setText(this.#title, names.length > 0 ? text.channels : text.contrast);
    }
    this.#rows.forEach(({ visible, color }, index) => {
      const display = this.#displays[index] ?? automatic;
      visible.checked = display.visible;
      color.value = `#${display.color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    });
    const { low, high, gamma } = this.#displays[this.#chosen] ?? automatic;
    const limits = drawn[this.#chosen];
    write(this.#low, low, limits?.low);
    write(this.#high, high, limits?.high);
    write(this.#gamma, gamma);
  }

  /** The index of the channel whose limits are shown. */
  get #chosen(): number {
    return Math.max(
      0,
      this.#rows.findIndex(({ chosen }) => chosen.checked),
    );
  }

  /** Reports what the list shows, with a change of the chosen channel. */
  #change(change: Partial<ChannelDisplay>): void {
    const chosen = this.#chosen;
    const displays = this.#displays.map((display, index) => {
      const row = this.#rows[index];
      const listed = row === undefined ? {} : { visible: row.visible.checked, color: colorOf(row.color.value) };
      return { ...display, ...listed, ...(index === chosen ? change : {}) };
    });
    this.#changed(displays);
  }
}

function makeRow(channel: string, index: number): Row {
  const name = plain(channel);
  const element = make("div", "channel");
  const input = (type: string, label: string): HTMLInputElement => {
    const made = make("input", "");
    made.type = type;
    made.ariaLabel = label;
    return made;
  };
  const [visible, color] = [input("checkbox", text.showChannel(name)), input("color", text.channelColor(name))];
  const chosen = input("radio", text.channelLimits(name));
  chosen.name = "channel";
  chosen.checked = index === 0;
  const label = make("label", "");
  label.append(chosen, " ", make("bdi", "", name));
  element.append(visible, color, label);
  return { element, visible, color, chosen };
}

function colorOf(hex: string): [number, number, number] {
  const part = (start: number): number => Number.parseInt(hex.slice(start, start + 2), 16);
  return [part(1), part(3), part(5)];
}

/** Shows a value, unless the user is typing just that; `drawn` is shown in place of an automatic one. */
function write(input: HTMLInputElement, value: number | null, drawn: number | null = null): void {
  const isTyped = input.matches(":focus") && (input.value === "" || input.valueAsNumber === value);
  if (!isTyped) input.value = value === null ? "" : String(value);
  const automaticLimit = drawn === null ? null : text.ungrouped(Number(drawn.toPrecision(4)));
  input.placeholder = automaticLimit === null ? text.automatic : text.automaticValue(automaticLimit);
}
