/** The real page, observed from outside: times, and the memory of its workers. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { dist } from "../tools/build.mjs";
import { serve } from "../tools/serve.mjs";

/** The longest time to wait for the page, in milliseconds. */
const patience = 45 * 60_000;

/**
 * Inserted before the worker's script: sends the size of the module's memory to the observer with every message to
 * the page. A memory never shrinks, so its size at the end of a task is its maximum.
 */
function reportMemory() {
  const channel = new BroadcastChannel("bench-memory");
  const memories = [];
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, parameters) {
      const instance = new target(...parameters);
      memories.push(instance.exports.memory);
      return instance;
    },
  });
  const post = self.postMessage.bind(self);
  self.postMessage = (...parameters) => {
    const bytes = memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
    channel.postMessage({ worker: self.name, bytes });
    post(...parameters);
  };
}

/**
 * Inserted before the page's script. `firstImage`, a file in Base64, is dropped as soon as the page can receive it, and
 * `bench.firstOutlines` resolves to the milliseconds from the navigation to its outlines.
 */
function observe({ firstImage }) {
  /** The memory of each running worker, in bytes. */
  const sizes = new Map();
  let started = 0;
  globalThis.Worker = class extends Worker {
    #name;
    constructor(url, options = {}) {
      const name = `worker ${++started}`;
      super(url, { ...options, name });
      this.#name = name;
      sizes.set(name, 0);
    }
    terminate() {
      sizes.delete(this.#name);
      super.terminate();
    }
  };
  const bench = { peakBytes: 0 };
  globalThis.bench = bench;
  new BroadcastChannel("bench-memory").onmessage = ({ data: { worker, bytes } }) => {
    if (sizes.has(worker)) sizes.set(worker, bytes);
    const together = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    bench.peakBytes = Math.max(bench.peakBytes, bytes, together);
  };

  const shadow = () => document.querySelector("nucleo-scope").shadowRoot;
  const byId = (id) => shadow().getElementById(id);
  const closing = /^[\d,]+ images? done/;
  const finished = () =>
    new Promise((resolve) => {
      const check = () => {
        if (!closing.test(byId("status").textContent) || !byId("cancel").hidden) return;
        observer.disconnect();
        resolve();
      };
      const observer = new MutationObserver(check);
      observer.observe(shadow(), { subtree: true, childList: true, characterData: true, attributes: true });
    });

  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

  /** Drops files on an empty list; resolves to the milliseconds until all are done, or to the reason why one failed. */
  bench.segment = async (files) => {
    byId("remove-all").click();
    const dataTransfer = new DataTransfer();
    for (const file of files) dataTransfer.items.add(file);
    // Cleared, so that the last batch's status is not taken for the end of this one.
    byId("status").textContent = "";
    const start = performance.now();
    const end = finished();
    document
      .querySelector("nucleo-scope")
      .dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    await end;
    const milliseconds = performance.now() - start;
    const words = byId("status").textContent;
    if (!words.includes("failed")) return { milliseconds };
    // The list is updated after the status.
    for (let frame = 0; frame < 5; frame++) await nextFrame();
    const reasons = [...shadow().querySelectorAll("[role=option] .reason")].map(({ textContent }) => textContent);
    return { failure: reasons.find((reason) => reason !== "") ?? words };
  };

  /** The same with files from the server. */
  bench.segmentFrom = async (addresses) => {
    const fetched = addresses.map(async (address) => {
      const blob = await (await fetch(address)).blob();
      return new File([blob], address.split("/").at(-1));
    });
    return bench.segment(await Promise.all(fetched));
  };

  /** Whether outlines are drawn: nothing else has a colour with a gray image. */
  const hasColour = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) if (data[at] - data[at + 2] > 60) return true;
    return false;
  };

  if (firstImage === null) return;
  bench.firstOutlines = new Promise((resolve) => {
    document.addEventListener("DOMContentLoaded", async () => {
      const bytes = Uint8Array.from(atob(firstImage), (character) => character.charCodeAt(0));
      const { failure } = await bench.segment([new File([bytes], "first.png")]);
      while (failure === undefined && !hasColour(byId("canvas"))) await nextFrame();
      resolve({ milliseconds: performance.now(), failure });
    });
  });
}

/** The measured time; throws if the page failed or did not end in time. */
async function milliseconds(measuring) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(
      () => resolve({ failure: `the page did not end within ${patience / 60_000} minutes` }),
      patience,
    );
  });
  try {
    const answer = await Promise.race([measuring, late]);
    if (answer.failure !== undefined) throw new Error(answer.failure);
    return answer.milliseconds;
  } finally {
    clearTimeout(timer);
  }
}

/** An open page. */
export class ProductPage {
  #page;
  #context;
  #server;

  /** `address` is the query and fragment of the page's address. `firstImage` is the path of a file. */
  static async open(browser, address = "", firstImage = null) {
    const { server, address: home } = await serve(dist, 0);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    await page.route("**/worker.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `(${reportMemory})();\n${await response.text()}` });
    });
    const base64 = firstImage === null ? null : readFileSync(firstImage).toString("base64");
    await page.addInitScript(observe, { firstImage: base64 });
    await page.goto(home + address);
    const opened = new ProductPage(page, context, server);
    if (firstImage === null) {
      await page.locator("#model:not(:empty)").waitFor({ state: "attached", timeout: 120_000 });
    }
    return opened;
  }

  constructor(page, context, server) {
    this.#page = page;
    this.#context = context;
    this.#server = server;
  }

  /** Milliseconds from the drop of files to the end of the work on them; the list is emptied afterwards. */
  async segment(paths) {
    await this.#page.route("**/pictures/*", (route) => {
      const name = basename(new URL(route.request().url()).pathname);
      return route.fulfill({ path: paths.find((path) => basename(path) === name) });
    });
    try {
      const names = paths.map((path) => `pictures/${basename(path)}`);
      return await milliseconds(this.#page.evaluate((addresses) => globalThis.bench.segmentFrom(addresses), names));
    } finally {
      await this.#page.unroute("**/pictures/*");
      await this.#page.evaluate(() =>
        document.querySelector("nucleo-scope").shadowRoot.getElementById("remove-all").click(),
      );
    }
  }

  /** Milliseconds from the navigation to the outlines of the first image. */
  firstOutlines() {
    return milliseconds(this.#page.evaluate(() => globalThis.bench.firstOutlines));
  }

  /** The most bytes that the memories of all workers had together. */
  async peakBytes() {
    // The sizes come by another way than the results.
    await this.#page.waitForTimeout(300);
    return this.#page.evaluate(() => globalThis.bench.peakBytes);
  }

  async close() {
    await this.#context.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
