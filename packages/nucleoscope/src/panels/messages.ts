import { make } from "../ui/dom.ts";

/** A message to the user, and what to do about it. */
export interface PageMessage {
  readonly message: string;
  readonly help: string;
  /** A button that does something about it and removes the message. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Called when the user dismisses it. */
  readonly dismissed?: () => void;
}

/** A list of messages, each of which can be dismissed. */
export class Messages {
  readonly #section: HTMLElement;
  readonly #list: HTMLElement;
  /** Messages about all files together; they are replaced when more files are opened. */
  #standing: readonly PageMessage[] = [];
  /** Messages about single events. */
  readonly #passing: PageMessage[] = [];
  readonly #dismissed = new Set<string>();

  constructor(section: HTMLElement, list: HTMLElement) {
    this.#section = section;
    this.#list = list;
  }

  /** Replaces the standing messages. */
  replace(messages: readonly PageMessage[]): void {
    this.#standing = messages;
    this.#render();
  }

  /** Adds passing messages. */
  add(messages: readonly PageMessage[]): void {
    for (const added of messages) {
      this.#dismissed.delete(fingerprint(added));
      // A repeated message replaces the earlier one, with its action.
      this.remove(added);
      this.#passing.push(added);
    }
    this.#render();
  }

  /** Removes a passing message. */
  remove(removed: PageMessage): void {
    const position = this.#passing.findIndex((other) => fingerprint(other) === fingerprint(removed));
    if (position < 0) return;
    this.#passing.splice(position, 1);
    this.#render();
  }

  /** Removes every message; the function returned restores them. */
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
    const all = new Map([...this.#passing, ...this.#standing].map((shown) => [fingerprint(shown), shown]));
    for (const dismissed of this.#dismissed) all.delete(dismissed);
    this.#list.replaceChildren(...[...all.values()].map((shown) => this.#item(shown)));
    this.#section.hidden = all.size === 0;
  }

  #item(shown: PageMessage): HTMLElement {
    const { message, help, action } = shown;
    const item = make("li", "message");
    const text = make("p", "message-text");
    text.append(make("span", "message-words", withFullStop(message)), " ", make("span", "message-help", help));
    const buttons = make("div", "message-buttons");
    if (action !== undefined) {
      buttons.append(
        this.#button(action.label, message, () => {
          this.#dismiss(shown, item);
          action.run();
        }),
      );
    }
    buttons.append(
      this.#button("Dismiss", message, () => {
        this.#dismiss(shown, item);
        shown.dismissed?.();
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

  #dismiss(dismissed: PageMessage, item: HTMLElement): void {
    const position = [...this.#list.children].indexOf(item);
    this.#dismissed.add(fingerprint(dismissed));
    this.#render();
    const next = this.#list.children[Math.min(position, this.#list.childElementCount - 1)];
    next?.querySelector("button")?.focus();
  }
}

/** The first letter stays as it is: a message may begin with a file's name. */
function withFullStop(message: string): string {
  return message.endsWith(".") ? message : `${message}.`;
}

function fingerprint({ message, help }: PageMessage): string {
  return JSON.stringify([message, help]);
}
