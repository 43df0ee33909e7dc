import { make, setText } from "./dom.ts";

/** Why something is not there, in the place where it would be, with a button to try again. */
export class FailureNote {
  readonly element: HTMLElement;
  readonly #words = make("p", "");
  readonly #button = make("button", "", "Try again");
  #tryAgain: (() => void) | null = null;

  /** Fills `element`, which is hidden as long as there is nothing to say. */
  constructor(element: HTMLElement = make("div", "failure-note")) {
    this.element = element;
    this.#button.type = "button";
    this.#button.addEventListener("click", () => this.#tryAgain?.());
    element.setAttribute("aria-live", "polite");
    element.append(this.#words, this.#button);
    this.hide();
  }

  /** Whether the keyboard is at its button. */
  get hasFocus(): boolean {
    return document.activeElement === this.#button;
  }

  /** Gives the keyboard to its button. */
  focus(): void {
    this.#button.focus();
  }

  /** Says why; without `tryAgain` there is nothing to be tried. */
  show(words: string, tryAgain: (() => void) | null): void {
    this.#tryAgain = tryAgain;
    this.#button.hidden = tryAgain === null;
    this.element.hidden = false;
    setText(this.#words, words);
  }

  /** Takes it away. */
  hide(): void {
    this.element.hidden = true;
    setText(this.#words, "");
  }
}
