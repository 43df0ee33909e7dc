/** Injects faults into the page's real workers: calls of the module that trap, never return, or have no memory left. */

/**
 * Runs in the page before its own script. Every worker is sent the calls that fail in it: `faults` by the
 * name of the module's function, the first `faultyWorkers` workers only.
 */
function count() {
  const workers = [];
  globalThis.startedWorkers = () => workers.length;
  globalThis.terminateWorker = (index) => workers[index].terminate();
  globalThis.setFaults = (faults, faultyWorkers) => {
    globalThis.faults = faults;
    globalThis.faultyWorkers = faultyWorkers ?? Number.POSITIVE_INFINITY;
    for (const worker of workers) worker.postMessage({ type: "faults", faults });
  };
  globalThis.setFaults({});
  globalThis.Worker = class extends globalThis.Worker {
    constructor(...parameters) {
      super(...parameters);
      workers.push(this);
      const faults = globalThis.faultyWorkers > 0 ? globalThis.faults : {};
      globalThis.faultyWorkers--;
      this.postMessage({ type: "faults", faults });
    }
  };
}

/** Inserted before the worker's script. */
function prefix() {
  const scope = globalThis;
  let faults = {};
  let receive = null;
  Object.defineProperty(scope, "onmessage", { set: (handler) => (receive = handler) });
  scope.addEventListener("message", (event) => {
    if (event.data.type === "faults") faults = event.data.faults;
    else receive(event);
  });
  const fail = {
    trap: () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
    // Messages sent after the worker's end are not received.
    silence: () => {
      scope.postMessage = () => undefined;
      scope.close();
      throw new WebAssembly.RuntimeError("never received");
    },
    // Takes all memory that the module can have, so that the call itself cannot get any.
    "no memory": (exports, call) => {
      try {
        for (let bytes = 2 ** 30; bytes >= 2 ** 10; ) {
          if (exports.memory.buffer.byteLength + bytes > 2 ** 32) bytes /= 2;
          else exports.__wbindgen_malloc_command_export(bytes, 1);
        }
      } catch {
        // It traps at the end.
      }
      return call();
    },
  };
  const calls = {};
  /** How this call fails, if at all: `{ how, every }` means only every so many calls of a worker. */
  const faultOf = (name) => {
    const { how, every = 1 } = typeof faults[name] === "object" ? faults[name] : { how: faults[name] };
    if (how === undefined) return undefined;
    calls[name] = (calls[name] ?? 0) + 1;
    return calls[name] % every === 0 ? fail[how] : undefined;
  };
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(Instance, parameters) {
      const { exports } = new Instance(...parameters);
      const faulty = Object.entries(exports).map(([name, value]) => {
        if (typeof value !== "function") return [name, value];
        return [name, (...values) => (faultOf(name) ?? ((_, call) => call()))(exports, () => value(...values))];
      });
      return { exports: Object.fromEntries(faulty) };
    },
  });
}

/** Runs in the page before its own script, after {@link count}: the worker's script is fetched with `before` in front. */
function putInFront(before) {
  const { fetch } = globalThis;
  globalThis.fetch = async (...parameters) => {
    const response = await fetch(...parameters);
    if (!String(parameters[0]).endsWith("worker.js")) return response;
    return new Response(`${before}\n${await response.text()}`, { headers: response.headers });
  };
}

/** Scripts that let the workers of a page fail, in any browser, with their parameters: to be run before its own. */
export const scripts = (faults = {}, workers = null) => [
  [count],
  [(wanted, most) => globalThis.setFaults(wanted, most), faults, workers],
  [putInFront, `(${prefix})();`],
];

/** Runs in the page: how many files have been kept. */
export const keptFiles = () =>
  new Promise((resolve) => {
    const opening = indexedDB.open("nucleoscope");
    opening.onsuccess = () => {
      const counting = opening.result.transaction("files").objectStore("files").count();
      counting.onsuccess = () => {
        opening.result.close();
        resolve(counting.result);
      };
    };
  });

/** Options for a session whose workers fail according to `faults`, by the name of the module's function. */
export function faulty(faults = {}, workers = null) {
  return {
    query: "?workers=1",
    prepare: async (page) => {
      for (const [script, ...parameters] of scripts(faults, workers)) {
        await page.addInitScript(`(${script})(...${JSON.stringify(parameters)})`);
      }
    },
  };
}

/** Makes every worker fail in this way from now on; `{}` ends all faults. */
export const setFaults = (page, faults) => page.evaluate((wanted) => globalThis.setFaults(wanted), faults);

/** How many workers the page has started so far. */
export const startedWorkers = (page) => page.evaluate(() => globalThis.startedWorkers());
