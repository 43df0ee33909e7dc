import { text } from "./loader-text.ts";
import { make } from "./requirements.ts";
import { trustedUrl } from "./trusted-url.ts";

let isWorking = false;

/**
 * Registers the service worker, which keeps the page's files, so that it also opens without a network.
 *
 * Not for a page in a frame, which belongs to the page around it. The page's own files have been loaded by then, so
 * the service worker can take them from the browser's cache.
 */
export function keepFiles(): void {
  if (!location.protocol.startsWith("http") || window.parent !== window || !("serviceWorker" in navigator)) return;
  document.querySelector("nucleo-scope")?.addEventListener("progress", ({ detail: { done, total } }) => {
    isWorking = done < total;
    updateButton();
  });
  addEventListener("load", () => {
    // Without it, as where storage is forbidden, the page works as before.
    navigator.serviceWorker.register(trustedUrl("service-worker.js")).then(announceUpdates, () => {});
  });
}

/** Shows when a new version of the page has been stored and waits for this one to be closed. */
function announceUpdates(registration: ServiceWorkerRegistration): void {
  const announce = (): void => {
    if (registration.waiting !== null && registration.active !== null) offer(registration.waiting);
  };
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", announce),
  );
  announce();
}

/** Offers to use a new version, which reloads the page; not while images are processed or another window is open. */
function offer(waiting: ServiceWorker): void {
  document.getElementById("update")?.remove();
  const note = make("div", "");
  note.id = "update";
  note.setAttribute("role", "status");
  const words = make("span", text.newVersion);
  const button = make("button", text.useNewVersion);
  button.id = "use-update";
  const { serviceWorker } = navigator;
  button.addEventListener("click", () => {
    serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    waiting.postMessage("use this version");
  });
  serviceWorker.addEventListener("message", ({ data }) => {
    if (data === "other windows") words.textContent = text.otherWindowsOpen;
  });
  serviceWorker.startMessages();
  note.append(words, " ", button);
  document.body.prepend(note);
  updateButton();
}

function updateButton(): void {
  const button = document.querySelector<HTMLButtonElement>("#use-update");
  if (button !== null) button.disabled = isWorking;
}
