/**
 * Registers the service worker, which keeps the page's files, so that it also opens without a network.
 *
 * Only for the served page: the single file has no manifest, and a page in a frame belongs to the page around it.
 * The page's own files have been loaded by then, so the service worker can take them from the browser's cache.
 */
export function keepFiles(): void {
  const isServed = document.querySelector('link[rel="manifest"]') !== null && location.protocol.startsWith("http");
  if (!isServed || window.parent !== window || !("serviceWorker" in navigator)) return;
  addEventListener("load", () => {
    // Without it, as where storage is forbidden, the page works as before.
    navigator.serviceWorker.register("service-worker.js").catch(() => {});
  });
}
