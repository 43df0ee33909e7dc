/**
 * Keeps the files of the page, so that it opens without a network: the service worker of the served page.
 *
 * A version of the page is the list of its files with their hashes, which the build writes into this script. A new
 * version is installed beside the old one and checked against the hashes, file by file. It is used once no page of
 * the old version is open, or once the only one that is open asks for it and reloads itself, so that page, script,
 * module and model are always of the same version.
 */

declare const self: ServiceWorkerGlobalScope;

/** The files by their addresses, which begin with that of the page, and their hashes for Subresource Integrity. */
declare const FILES: Readonly<Record<string, string>>;

/** The hash of the list. */
declare const FILES_VERSION: string;

// The caches of a server are shared by all pages on it, perhaps with another copy of this one.
const { scope } = self.registration;
const prefix = `nucleoscope ${scope} `;
const cacheName = prefix + FILES_VERSION;

self.addEventListener("install", (event) => event.waitUntil(install()));

self.addEventListener("activate", (event) => event.waitUntil(removeOtherVersions()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const name = nameOf(request.url);
  const isFile = request.method === "GET" && !request.headers.has("range") && Object.hasOwn(FILES, name);
  if (isFile) event.respondWith(answer(request, name));
});

self.addEventListener("message", (event) => {
  if (event.data === "use this version") event.waitUntil(takeOver(event.source));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showPage());
});

/** Stores all files. A file that is not of this version ends the installation; the browser tries again later. */
async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  await Promise.all(
    Object.keys(FILES).map(async (name) => {
      // Files of an installation that was interrupted are there already.
      if ((await cache.match(scope + name)) === undefined) await cache.put(scope + name, await fetchFile(name));
    }),
  );
}

async function removeOtherVersions(): Promise<void> {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** Replaces the old version at the request of its only page, which reloads itself then. */
async function takeOver(page: ExtendableMessageEvent["source"]): Promise<void> {
  if (!(page instanceof WindowClient)) return;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const isOther = ({ id, url }: Client): boolean => id !== page.id && url.startsWith(scope);
  if (windows.some(isOther)) page.postMessage("other windows");
  else await self.skipWaiting();
}

/** The name of a file in {@link FILES}; the page has the empty name. */
function nameOf(url: string): string {
  const { origin, pathname } = new URL(url);
  const address = origin + pathname;
  if (!address.startsWith(scope)) return address;
  const name = address.slice(scope.length);
  return name === "index.html" ? "" : name;
}

async function answer(request: Request, name: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(scope + name);
  if (kept !== undefined) return kept;
  try {
    return await fetchFile(name);
  } catch (error) {
    if (name !== "") throw error;
    // The files were deleted, and the server has another version: the page starts anew, without a service worker.
    await self.registration.unregister();
    return fetch(request);
  }
}

/** Fetches a file of this version: the one that the browser has loaded for the page already, or else the server's. */
async function fetchFile(name: string): Promise<Response> {
  const integrity = FILES[name] ?? "";
  const response = await fetch(scope + name, { integrity }).catch(() =>
    fetch(scope + name, { integrity, cache: "reload" }),
  );
  // A page that is opened may not be the answer to a redirected request.
  return response.redirected ? new Response(response.body, response) : response;
}

async function showPage(): Promise<void> {
  const [page] = await self.clients.matchAll({ type: "window" });
  await page?.focus();
}

export {};
