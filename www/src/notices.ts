import { make } from "./dom.ts";

/** Something worth knowing, and what to do about it. */
export interface Notice {
  readonly message: string;
  readonly help: string;
  /** What can be done about it with one press; the notice is then gone. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Called when the user dismisses it. */
  readonly dismissed?: () => void;
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
    for (const notice of notices) {
      this.#dismissed.delete(fingerprint(notice));
      // The same again: its action is that of the last time.
      this.remove(notice);
      this.#passing.push(notice);
    }
    this.#render();
  }

  /** Takes a passing notice away. */
  remove(notice: Notice): void {
    const position = this.#passing.findIndex((other) => fingerprint(other) === fingerprint(notice));
    if (position < 0) return;
    this.#passing.splice(position, 1);
    this.#render();
  }

  /** Takes every notice away; the function returned brings them back. */
  clear(): () => void {
    const [standing, passing, dismissed] = [this.#standing, [...this.#passing], [...this.#dismissed]];
    this.#standing = [];
    this.#passing.length = 0;
    this.#dismissed.clear();
    this.#render();
    return () => {
      this.#standing = standing;
      for (const known of dismissed) this.#dismissed.add(known);
      this.#passing.unshift(...passing);
      this.#render();
    };
  }

  #render(): void {
    const all = new Map([...this.#passing, ...this.#standing].map((notice) => [fingerprint(notice), notice]));
    for (const dismissed of this.#dismissed) all.delete(dismissed);
    this.#list.replaceChildren(...[...all.values()].map((notice) => this.#item(notice)));
    this.#section.hidden = all.size === 0;
  }

  #item(notice: Notice): HTMLElement {
    const { message, help, action } = notice;
    const item = make("li", "notice");
    const text = make("p", "notice-text");
    text.append(make("span", "notice-message", stopped(message)), " ", make("span", "notice-help", help));
    const buttons = make("div", "notice-buttons");
    if (action !== undefined) {
      buttons.append(
        this.#button(action.label, message, () => {
          this.#dismiss(notice, item);
          action.run();
        }),
      );
    }
    buttons.append(
      this.#button("Dismiss", message, () => {
        this.#dismiss(notice, item);
        notice.dismissed?.();
      }),
    );
    item.append(text, buttons);
    return item;
  }

  #button(label: string, message: string, act: () => void): HTMLButtonElement {
    const made = make("button", "quiet", label);
    made.type = "button";
    made.setAttribute("aria-label", `${label}: ${message}`);
    made.addEventListener("click", act);
    return made;
  }

  #dismiss(notice: Notice, item: HTMLElement): void {
    const position = [...this.#list.children].indexOf(item);
    this.#dismissed.add(fingerprint(notice));
    this.#render();
    const next = this.#list.children[Math.min(position, this.#list.childElementCount - 1)];
    next?.querySelector("button")?.focus();
  }
}

/** Starts with a file's name, which keeps its case. */
function stopped(message: string): string {
  return message.endsWith(".") ? message : `${message}.`;
}

function fingerprint({ message, help }: Notice): string {
  return JSON.stringify([message, help]);
}
