import { signal, type ReadonlySignal } from "@preact/signals-core";
import { reportOf } from "../engine/engine-error.ts";
import * as text from "../text.ts";

/** A message to the user, and what to do about it. */
export interface Message {
  readonly message: string;
  readonly help: string;
  /** A button that does something about it and removes the message. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Called when the user dismisses it. */
  readonly dismissed?: () => void;
}

/** The messages that are shown, until each is dismissed. */
export class Messages {
  /** Messages about all files together; they are replaced when more files are opened. */
  #standing: readonly Message[] = [];
  /** Messages about single events. */
  readonly #passing: Message[] = [];
  readonly #dismissed = new Set<string>();
  readonly #shown = signal<readonly Message[]>([]);

  /** Every message that has not been dismissed; no two have the same words. */
  get shown(): ReadonlySignal<readonly Message[]> {
    return this.#shown;
  }

  /** Replaces the standing messages. */
  replace(messages: readonly Message[]): void {
    this.#standing = messages;
    this.#update();
  }

  /** Adds passing messages. */
  add(messages: readonly Message[]): void {
    for (const added of messages) {
      this.#dismissed.delete(fingerprint(added));
      // A repeated message replaces the earlier one, with its action.
      this.#removePassing(added);
      this.#passing.push(added);
    }
    this.#update();
  }

  /** Adds a message about an error, in the words for its reason, with a button that tries again. */
  addFailure(error: unknown, words: (reason: string) => string, run: () => void): void {
    const { message, help } = reportOf(error);
    this.add([{ message: words(message), help, action: { label: text.tryAgain, run } }]);
  }

  /** Removes a passing message. */
  remove(removed: Message): void {
    if (this.#removePassing(removed)) this.#update();
  }

  /** Removes every message; the function returned restores them. */
  clear(): () => void {
    const [standing, passing, dismissed] = [this.#standing, [...this.#passing], [...this.#dismissed]];
    this.#standing = [];
    this.#passing.length = 0;
    this.#dismissed.clear();
    this.#update();
    return () => {
      this.#standing = standing;
      for (const known of dismissed) this.#dismissed.add(known);
      this.#passing.unshift(...passing);
      this.#update();
    };
  }

  /** Removes a message until it is added again; one that repeats a standing message stays away, too. */
  dismiss(dismissed: Message): void {
    this.#dismissed.add(fingerprint(dismissed));
    this.#update();
  }

  #removePassing(removed: Message): boolean {
    const position = this.#passing.findIndex((other) => fingerprint(other) === fingerprint(removed));
    if (position >= 0) this.#passing.splice(position, 1);
    return position >= 0;
  }

  #update(): void {
    const all = new Map([...this.#passing, ...this.#standing].map((shown) => [fingerprint(shown), shown]));
    for (const dismissed of this.#dismissed) all.delete(dismissed);
    this.#shown.value = [...all.values()];
  }
}

function fingerprint({ message, help }: Message): string {
  return JSON.stringify([message, help]);
}
