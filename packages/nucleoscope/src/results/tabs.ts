import { make } from "../ui/dom.ts";

let sets = 0;

/** Panels with a row of tabs, one panel shown at a time (the tabs pattern of the ARIA authoring practices). */
export class Tabs {
  readonly element = make("div", "tabs");
  readonly #bar = make("div", "tab-bar");
  readonly #tabs: HTMLButtonElement[] = [];
  readonly #panels: HTMLElement[] = [];
  #shown = 0;

  /** `changed` is called with the index of the opened panel. */
  constructor(label: string, panels: readonly (readonly [string, HTMLElement])[], changed: (index: number) => void) {
    const set = ++sets;
    this.#bar.setAttribute("role", "tablist");
    this.#bar.setAttribute("aria-label", label);
    this.element.append(this.#bar);
    for (const [index, [name, content]] of panels.entries()) {
      const tab = make("button", "tab", name);
      tab.type = "button";
      tab.id = `tab-${set}-${index}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", `tab-panel-${set}-${index}`);
      tab.addEventListener("click", () => this.#choose(index, changed));
      const panel = make("div", "tab-panel");
      panel.id = `tab-panel-${set}-${index}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      panel.append(content);
      this.#tabs.push(tab);
      this.#panels.push(panel);
      this.#bar.append(tab);
      this.element.append(panel);
    }
    this.#bar.addEventListener("keydown", (event) => this.#followKey(event, changed));
    this.open(0);
  }

  /** The index of the panel shown. */
  get shown(): number {
    return this.#shown;
  }

  /** Moves the focus to the tab of the panel shown. */
  focus(): void {
    this.#tabs[this.#shown]?.focus();
  }

  /** Shows a panel. */
  open(shown: number): void {
    this.#shown = shown;
    for (const [index, tab] of this.#tabs.entries()) {
      tab.setAttribute("aria-selected", String(index === shown));
      tab.tabIndex = index === shown ? 0 : -1;
    }
    for (const [index, panel] of this.#panels.entries()) panel.hidden = index !== shown;
  }

  #choose(index: number, changed: (index: number) => void): void {
    if (index === this.#shown) return;
    this.open(index);
    changed(index);
  }

  #followKey(event: KeyboardEvent, changed: (index: number) => void): void {
    const last = this.#tabs.length - 1;
    const targets: Record<string, number> = {
      ArrowRight: this.#shown === last ? 0 : this.#shown + 1,
      ArrowLeft: this.#shown === 0 ? last : this.#shown - 1,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.#tabs[target]?.focus();
    this.#choose(target, changed);
  }
}
