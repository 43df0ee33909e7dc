/** Injects faults into the page's real workers: calls of the module that trap or never return. */

/**
 * Runs in the page before its own script. Every worker is sent the calls that fail in it: `faults` by the
 * name of the module's function, the first `faultyWorkers` workers only.
 */
function count() {
  const workers = [];
  globalThis.startedWorkers = () => workers.length;
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
  };
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(Instance, parameters) {
      const { exports } = new Instance(...parameters);
      const faulty = Object.entries(exports).map(([name, value]) => {
        if (typeof value !== "function") return [name, value];
        return [name, (...values) => (faults[name] === undefined ? value(...values) : fail[faults[name]]())];
      });
      return { exports: Object.fromEntries(faulty) };
    },
  });
}

/** Options for a session whose workers fail according to `faults`, by the name of the module's function. */
export function faulty(faults = {}, workers = null) {
  return {
    query: "?workers=1",
    prepare: async (page) => {
      await page.addInitScript(count);
      await page.addInitScript(([wanted, most]) => globalThis.setFaults(wanted, most), [faults, workers]);
      await page.route("**/worker.js", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `(${prefix})();\n${await response.text()}` });
      });
    },
  };
}

/** Makes every worker fail in this way from now on; `{}` ends all faults. */
export const setFaults = (page, faults) => page.evaluate((wanted) => globalThis.setFaults(wanted), faults);

/** How many workers the page has started so far. */
export const startedWorkers = (page) => page.evaluate(() => globalThis.startedWorkers());
