import { make } from "./elements.ts";

/** Something worth knowing, and what to do about it. */
export interface Notice {
  readonly message: string;
  readonly remedy: string;
}

/** A list of notices, each of which can be dismissed. */
export class Notices {
  readonly #section: HTMLElement;
  readonly #list: HTMLElement;
  /** What the files together give rise to, and what happened on the way. */
  #standing: readonly Notice[] = [];
  readonly #passing: Notice[] = [];
  readonly #dismissed = new Set<string>();

  constructor(section: HTMLElement, list: HTMLElement) {
    this.#section = section;
    this.#list = list;
  }

  /** Puts other standing notices in the place of the earlier ones. */
  replace(notices: readonly Notice[]): void {
    this.#standing = notices;
    this.#render();
  }

  /** Adds passing notices. */
  add(notices: readonly Notice[]): void {
    for (const notice of notices) this.#dismissed.delete(fingerprint(notice));
    this.#passing.push(...notices);
    this.#render();
  }

  /** Takes every notice away. */
  clear(): void {
    this.#standing = [];
    this.#passing.length = 0;
    this.#dismissed.clear();
    this.#render();
  }

  #render(): void {
    const all = new Map([...this.#passing, ...this.#standing].map((notice) => [fingerprint(notice), notice]));
    for (const dismissed of this.#dismissed) all.delete(dismissed);
    this.#list.replaceChildren(...[...all.values()].map((notice) => this.#item(notice)));
    this.#section.hidden = all.size === 0;
  }

  #item(notice: Notice): HTMLElement {
    const { message, remedy } = notice;
    const item = make("li", "notice");
    const text = make("p", "notice-text");
    text.append(make("span", "notice-message", stopped(message)), " ", make("span", "notice-remedy", remedy));
    const dismiss = make("button", "quiet", "Dismiss");
    dismiss.type = "button";
    dismiss.setAttribute("aria-label", `Dismiss: ${message}`);
    dismiss.addEventListener("click", () => {
      const position = [...this.#list.children].indexOf(item);
      this.#dismissed.add(fingerprint(notice));
      this.#render();
      const next = this.#list.children[Math.min(position, this.#list.childElementCount - 1)];
      next?.querySelector("button")?.focus();
    });
    item.append(text, dismiss);
    return item;
  }
}

/** Starts with a file's name, which keeps its case. */
function stopped(message: string): string {
  return message.endsWith(".") ? message : `${message}.`;
}

function fingerprint({ message, remedy }: Notice): string {
  return JSON.stringify([message, remedy]);
}
