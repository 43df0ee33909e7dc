import type { Activity } from "../session/session.ts";
import type { WorkProgress } from "../session/work.ts";
import * as text from "../text.ts";
import { byId, type Root } from "../ui/dom.ts";

/** How many seconds work takes, so far or in all, before a notification is offered. */
const longWork = 20;

/** Offers a notification at the end of long work; shows one if the user asked for it and does not see the page. */
export class FinishNotice {
  readonly #choice: HTMLElement;
  readonly #box: HTMLInputElement;
  /** When work began, in milliseconds; null while there is none. */
  #start: number | null = null;
  /** Whether this work has turned out to be long. */
  #isLong = false;

  constructor(root: Root) {
    this.#box = byId(root, "notify", HTMLInputElement);
    this.#choice = this.#box.parentElement as HTMLElement;
    this.#box.addEventListener("change", () => {
      if (this.#box.checked) void this.#ask();
    });
  }

  /** Follows the work. */
  follow({ isSegmenting, tally }: Activity, { secondsLeft }: WorkProgress): void {
    if (isSegmenting) {
      this.#start ??= performance.now();
      const seconds = (performance.now() - this.#start) / 1000;
      if (this.#isLong || seconds + (secondsLeft ?? 0) < longWork) return;
      // Asked once, because the page has to wait for the browser's answer.
      this.#isLong = true;
      this.#choice.hidden = !canNotify();
    } else if (this.#start !== null) {
      this.#start = null;
      this.#isLong = false;
      this.#choice.hidden = true;
      if (this.#box.checked && document.hidden && tally.cancelled === 0) notify(text.doneCount(tally.done));
    }
  }

  async #ask(): Promise<void> {
    this.#box.checked = (await Notification.requestPermission()) === "granted";
  }
}

/** Whether the browser can ask for notifications here: not from a file, on an insecure page, or in a frame. */
function canNotify(): boolean {
  const isPlace = isSecureContext && location.protocol !== "file:" && window.parent === window;
  return isPlace && "Notification" in window && Notification.permission !== "denied";
}

function notify(words: string): void {
  try {
    const notification = new Notification("Nucleoscope", { body: words });
    notification.addEventListener("click", () => window.focus());
  } catch {
    // On a phone, only a service worker can.
    void navigator.serviceWorker.ready.then((registration) =>
      registration.showNotification("Nucleoscope", { body: words }),
    );
  }
}
