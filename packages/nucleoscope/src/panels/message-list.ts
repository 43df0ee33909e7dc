import type { Message, Messages } from "../session/messages.ts";
import { plain } from "../plain-text.ts";
import * as text from "../text.ts";
import { make } from "../ui/dom.ts";

/** The list of messages, each of which can be dismissed. */
export class MessageList {
  readonly #section: HTMLElement;
  readonly #list: HTMLElement;
  readonly #messages: Messages;

  /** Call {@link MessageList.show} whenever the messages change. */
  constructor(section: HTMLElement, list: HTMLElement, messages: Messages) {
    this.#section = section;
    this.#list = list;
    this.#messages = messages;
  }

  /** Shows messages in place of the earlier ones. */
  show(messages: readonly Message[]): void {
    this.#list.replaceChildren(...messages.map((shown) => this.#item(shown)));
    this.#section.hidden = messages.length === 0;
  }

  #item(shown: Message): HTMLElement {
    const { help, action } = shown;
    const message = plain(shown.message);
    const item = make("li", "message");
    const words = make("p", "message-text");
    words.append(make("span", "message-words", withFullStop(message)), " ", make("span", "message-help", help));
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
      this.#button(text.dismiss, message, () => {
        this.#dismiss(shown, item);
        shown.dismissed?.();
      }),
    );
    item.append(words, buttons);
    return item;
  }

  #button(label: string, message: string, act: () => void): HTMLButtonElement {
    const made = make("button", "quiet", label);
    made.type = "button";
    made.setAttribute("aria-label", `${label}: ${message}`);
    made.addEventListener("click", act);
    return made;
  }

  #dismiss(dismissed: Message, item: HTMLElement): void {
    const position = [...this.#list.children].indexOf(item);
    this.#messages.dismiss(dismissed);
    const next = this.#list.children[Math.min(position, this.#list.childElementCount - 1)];
    next?.querySelector("button")?.focus();
  }
}

/** The first letter stays as it is: a message may begin with a file's name. */
function withFullStop(message: string): string {
  return message.endsWith(".") ? message : `${message}.`;
}
