/** A small WebDriver client: what the main ways of working need to be tested in WebKit. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { installed } from "../../../tools/browsers.mjs";

/** Under this name, WebDriver passes elements as JSON. */
const elementKey = "element-6066-11e4-a52e-4f735466cecf";

/** Where Debian's package webkit2gtk-driver has WebKitGTK's browser. */
const miniBrowsers = ["4.1", "4.0"].map((abi) => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${abi}/MiniBrowser`);

/** The paths of WebKitGTK's driver and browser, and of a program for a screen without a monitor; null where one is missing. */
export function findWebKit() {
  const found = {
    driver: installed({ commands: ["WebKitWebDriver"], applications: [], programs: [] }),
    screen: installed({ commands: ["xvfb-run"], applications: [], programs: [] }),
    browser: miniBrowsers.find((path) => existsSync(path)),
  };
  return Object.values(found).includes(undefined) ? null : found;
}

/** A session of a browser with one window. */
export class WebDriver {
  #process;
  #address;
  #session = "";

  constructor(process, address) {
    this.#process = process;
    this.#address = address;
  }

  /** Starts WebKitGTK's browser. */
  static async start({ driver, browser, screen }) {
    const port = await freePort();
    const options = ["-a", "-s", "-screen 0 1400x1000x24", driver, `--port=${port}`];
    const child = spawn(screen, options, { stdio: "ignore", detached: true });
    const started = new WebDriver(child, `http://127.0.0.1:${port}`);
    try {
      await started.#answers();
      const webkit = { binary: browser, args: ["--automation"] };
      const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": webkit } };
      const { sessionId, capabilities: given } = await started.#send("POST", "/session", { capabilities });
      started.#session = `/session/${sessionId}`;
      started.version = given.browserVersion;
      await started.#send("POST", "/timeouts", { script: 60_000 });
      return started;
    } catch (error) {
      await started.close();
      throw error;
    }
  }

  /** Opens an address. */
  async open(url) {
    await this.#send("POST", "/url", { url });
  }

  /** Runs a function in the page, with values as its parameters; resolves to what it returns. */
  async run(code, ...values) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${code})(...[...arguments].slice(0, -1))).then(
        (value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.#send("POST", "/execute/async", { script, args: values });
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** Waits until a function in the page returns something true. */
  async until(code, ...values) {
    const end = Date.now() + 120_000;
    while (Date.now() < end) {
      const value = await this.run(code, ...values);
      if (value) return value;
      await sleep(100);
    }
    throw new Error(`waited in vain for ${code}`);
  }

  /** The element that a function in the page returns. */
  async element(code, ...values) {
    const script = `return (${code})(...arguments)`;
    const found = await this.#send("POST", "/execute/sync", { script, args: values });
    const id = found?.[elementKey];
    if (id === undefined) throw new Error(`no element: ${code}`);
    return {
      /** Clicks it, as the mouse does. */
      click: () => this.#send("POST", `/element/${id}/click`, {}),
      /** Types text; in a field for files, their paths, one a line. */
      type: (text) => this.#send("POST", `/element/${id}/value`, { text }),
    };
  }

  /** The window as PNG. */
  async screenshot() {
    return Buffer.from(await this.#send("GET", "/screenshot"), "base64");
  }

  /** Ends the browser, its driver and its screen. */
  async close() {
    if (this.#session !== "") await this.#send("DELETE", "").catch(() => {});
    try {
      process.kill(-this.#process.pid);
    } catch {
      // It has ended already.
    }
  }

  async #answers() {
    for (let tries = 0; tries < 100; tries++) {
      const isReady = await this.#send("GET", "/status").then(
        () => true,
        () => false,
      );
      if (isReady) return;
      await sleep(200);
    }
    throw new Error("the driver does not answer");
  }

  async #send(method, path, body) {
    const response = await fetch(`${this.#address}${this.#session}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
