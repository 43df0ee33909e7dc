import * as text from "../text.ts";
import { make, setText } from "./dom.ts";

/** Shown in place of something that failed: the reason, with a button to try again. */
export class FailureNote {
  readonly element: HTMLElement;
  readonly #words = make("p", "");
  readonly #button = make("button", "", text.tryAgain);
  #tryAgain: (() => void) | null = null;

  /** Fills `element`, which is hidden until there is something to show. */
  constructor(element: HTMLElement = make("div", "failure-note")) {
    this.element = element;
    this.#button.type = "button";
    this.#button.addEventListener("click", () => this.#tryAgain?.());
    element.setAttribute("aria-live", "polite");
    element.append(this.#words, this.#button);
    this.hide();
  }

  /** Whether its button has the focus. */
  get hasFocus(): boolean {
    return this.#button.matches(":focus");
  }

  /** Moves the focus to its button. */
  focus(): void {
    this.#button.focus();
  }

  /** Shows the reason; without `tryAgain`, there is no button. */
  show(words: string, tryAgain: (() => void) | null): void {
    this.#tryAgain = tryAgain;
    this.#button.hidden = tryAgain === null;
    this.element.hidden = false;
    setText(this.#words, words);
  }

  /** Hides the note. */
  hide(): void {
    this.element.hidden = true;
    setText(this.#words, "");
  }
}
