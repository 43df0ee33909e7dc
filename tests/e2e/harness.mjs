/** The page in a browser, and the actions that the tests share. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dist } from "../../tools/build.mjs";
import { serve } from "../../tools/serve.mjs";
import { root } from "../../tools/step.mjs";
import { adapt, browserName, launch, screenshotErrors } from "./browsers/launch.mjs";
import { unzip } from "./files.mjs";

/** Screenshots of the page, to be viewed by people; not in the repository. */
export const screens = join(root, "target", "screens");

const patience = 120_000;

/** Functions for code that runs in the page: the element's shadow root, and what is in it. */
export function findInElement() {
  globalThis.shadow = () => document.querySelector("nucleo-scope").shadowRoot;
  globalThis.part = (selector) => globalThis.shadow()?.querySelector(selector) ?? null;
  globalThis.parts = (selector) => globalThis.shadow()?.querySelectorAll(selector) ?? [];
}

/** A browser and a server for all tests of a file. */
export class Fixture {
  /** The service worker keeps the whole page at each first visit, so only tests that are about it have it. */
  static async open({ serviceWorker = false } = {}) {
    const browser = await launch();
    const { server, address } = await serve(dist, 0);
    return new Fixture(browser, server, address, serviceWorker);
  }

  constructor(browser, server, address, serviceWorker) {
    this.browser = browser;
    this.server = server;
    this.address = address;
    this.serviceWorker = serviceWorker;
  }

  /** A new page in a fresh context, loaded and ready unless `prepare` makes it fail. */
  async page({ address = this.address, query = "", prepare, ready = true, ...options } = {}) {
    if (browserName !== "chromium") {
      // Firefox has no such mode; its clipboard is open to tests by a preference.
      delete options.isMobile;
      delete options.permissions;
    }
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
      ...options,
    });
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    adapt(page);
    const watch = { errors: [], requests: [] };
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) watch.errors.push(message.text());
    });
    page.on("pageerror", (error) => watch.errors.push(String(error)));
    page.on("request", (request) => watch.requests.push(request.url()));
    await page.addInitScript(findInElement);
    if (!this.serviceWorker) await page.addInitScript(() => delete Navigator.prototype.serviceWorker);
    await page.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        globalThis.violations.push(`${event.violatedDirective}: ${event.blockedURI}`),
      );
    });
    await prepare?.(page);
    await page.goto(address + query);
    if (ready) await page.locator("#model:not(:empty)").waitFor({ state: "attached", timeout: patience });
    return new Session(page, context, watch);
  }

  async close() {
    await this.browser.close();
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A user's session on the page. */
export class Session {
  constructor(page, context, watch) {
    this.page = page;
    this.context = context;
    this.watch = watch;
    this.status = page.locator("#status");
    this.cancel = page.getByRole("button", { name: "Cancel", exact: true });
    this.download = page.getByRole("button", { name: "Download CSV" });
    this.rows = page.getByRole("listbox", { name: "Images" }).getByRole("option");
    this.progress = page.getByRole("progressbar");
  }

  /** Drops files given as `{ name, bytes }`. */
  async drop(files) {
    await this.letGo(await this.pickUp(files));
  }

  /** Creates files in the page, to be dropped by {@link letGo}, so that this work is not measured as the page's. */
  async pickUp(files) {
    const parts = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString("base64") }));
    return this.page.evaluateHandle((all) => {
      const made = new DataTransfer();
      for (const { name, base64 } of all) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        made.items.add(new File([bytes], name));
      }
      return made;
    }, parts);
  }

  /** Drops the files that were picked up. */
  async letGo(transfer) {
    await this.page.dispatchEvent("nucleo-scope", "drop", { dataTransfer: transfer });
  }

  /** Drops a file or folder on this computer, as the operating system does. */
  async dropPath(path) {
    const protocol = await this.context.newCDPSession(this.page);
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await protocol.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
    }
    await protocol.detach();
  }

  /** Uses a button that opens a file chooser. */
  async choose(button, paths) {
    const [chooser] = await Promise.all([
      this.page.waitForEvent("filechooser"),
      this.page.getByRole("button", { name: button, exact: true }).click(),
    ]);
    await chooser.setFiles(paths);
  }

  /** Waits until all work has ended; returns the status text. */
  async finished(expected = /^\d[\d,]* images? done/) {
    await this.page.waitForFunction(
      ([source]) => new RegExp(source).test(part("#status")?.textContent ?? "") && part("#cancel")?.hidden === true,
      [expected.source],
      { timeout: patience },
    );
    return this.status.textContent();
  }

  /** Waits until the nuclei have been counted. */
  async counted() {
    await this.page.waitForFunction(
      () => !/counting/.test(shadow().textContent) && part("#download-tables")?.disabled === false,
      undefined,
      { timeout: patience },
    );
    await this.page.locator("#results .panel-count:not(:empty)").waitFor({ timeout: patience });
  }

  /** The rows of the list, as the user sees them. */
  async list() {
    return this.page.$$eval("[role=option]", (rows) =>
      rows.map((row) => ({
        name: row.querySelector(".name").textContent,
        facts: row.querySelector(".facts").textContent,
        count: row.querySelector(".count").textContent,
        state: row.querySelector(".state").textContent,
        reason: row.querySelector(".reason").textContent,
      })),
    );
  }

  /** The finished images in the list, by image id. */
  async done() {
    const images = new Map();
    for (const { name, facts, count, state } of await this.list()) {
      if (state !== "Done") continue;
      const [, width, height] = facts.replaceAll(",", "").match(/^(\d+) × (\d+) px/) ?? [];
      const nuclei = Number(count.replaceAll(",", "").match(/^\d+/)?.[0]);
      images.set(name.replace(/\.\w+$/, ""), { width: Number(width), height: Number(height), nuclei });
    }
    return images;
  }

  /** Downloads the CSV and returns its text. */
  async csv() {
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.download.click()]);
    assert.equal(download.suggestedFilename(), "submission.csv");
    return readFileSync(await download.path(), "utf8");
  }

  /** The tasks on the page's main thread during an action, in milliseconds; only Chromium lists them. */
  async mainThreadTasks(work) {
    if (browserName !== "chromium") {
      await work();
      return null;
    }
    const browser = this.context.browser();
    await browser.startTracing(this.page, { categories: ["toplevel"] });
    await work();
    const { traceEvents } = JSON.parse(await browser.stopTracing());
    const threadOf = ({ pid, tid }) => `${pid}:${tid}`;
    const main = new Set(
      traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(threadOf),
    );
    return traceEvents
      .filter(
        (event) => event.name === "ThreadControllerImpl::RunTask" && event.ph === "X" && main.has(threadOf(event)),
      )
      .map(({ dur = 0, tdur = 0 }) => ({ wall: dur / 1000, processor: tdur / 1000 }));
  }

  /** The browser's metrics of this page, such as `LayoutCount`, without processor time. */
  async metrics() {
    if (this.counting === undefined) {
      this.counting = await this.context.newCDPSession(this.page);
      await this.counting.send("Performance.enable");
    }
    const { metrics } = await this.counting.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }

  /** Takes a screenshot of the page. */
  async picture(name) {
    mkdirSync(screens, { recursive: true });
    await this.page.screenshot({ path: join(screens, `${name}.png`) });
  }

  /** Lets the page read the clipboard, which Firefox allows in tests by a preference. */
  async allowClipboard() {
    if (browserName === "chromium") await this.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  }

  /** Ends the session, and asserts that there were no errors. */
  async leave({ allowed = [] } = {}) {
    const violations = await this.page.evaluate(() => globalThis.violations);
    await this.context.close();
    assert.deepEqual(violations, [], "there were no violations of the Content-Security-Policy");
    const ignored = [...allowed, ...screenshotErrors];
    const errors = this.watch.errors.filter((error) => !ignored.some((pattern) => pattern.test(error)));
    assert.deepEqual(errors, [], "the console is clean");
  }
}

/**
 * The most processor time of a task on the page's main thread, in milliseconds. The page should need less
 * than 100 and needs about 30; the rest allows for slow or shared processors.
 */
const heaviestTask = 500;

/** Asserts that the page's main thread had no heavy task, and prints the longest. */
export function assertLight(tasks, name) {
  if (tasks === null) return;
  const longest = (key) => Math.round(Math.max(0, ...tasks.map((task) => task[key])));
  console.log(
    `${name}: longest of ${tasks.length} tasks ${longest("processor")} ms of work, ${longest("wall")} ms on the clock`,
  );
  assert.ok(tasks.length > 0, `${name}: no task was seen`);
  assert.ok(longest("processor") <= heaviestTask, `${name}: ${longest("processor")} ms of work`);
}

/** Runs the command line and returns what it prints. */
export function commandLine(...parameters) {
  return commandLineIn(root, ...parameters);
}

/** Runs the command line in a folder, so that paths have no folder, like those of dropped files. */
export function commandLineIn(folder, ...parameters) {
  const built = process.env.NUCLEOSCOPE;
  const manifest = join(root, "Cargo.toml");
  const [program, ...first] =
    built === undefined
      ? ["cargo", "run", "--quiet", "--manifest-path", manifest, "--bin", "nucleoscope", "--"]
      : [built];
  return execFileSync(program, [...first, ...parameters], { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
}

/** A folder that is deleted when the process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "nucleoscope-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A set of example images in the Bowl's layout, made by the command line. */
export function exampleSet(count) {
  const folder = join(temporaryFolder(), "examples");
  commandLine("example", folder, "--count", String(count));
  const fixture = join(folder, "stage1_test");
  const ids = readdirSync(fixture).sort();
  const imageOf = (id) => join(fixture, id, "images", `${id}.png`);
  return {
    folder,
    ids,
    paths: ids.map(imageOf),
    solution: join(folder, "stage1_solution.csv"),
    sampleSubmission: join(folder, "stage1_sample_submission.csv"),
    /** Each image as `{ name, bytes }`. */
    images: ids.map((id) => ({ name: `${id}.png`, bytes: readFileSync(imageOf(id)) })),
    /** Every file of one image's folder as `{ path, bytes }`. */
    entriesOf: (id) =>
      ["images", "masks"].flatMap((kind) => {
        const inside = join(fixture, id, kind);
        if (!existsSync(inside)) return [];
        return readdirSync(inside).map((name) => ({
          path: `stage1_test/${id}/${kind}/${name}`,
          bytes: readFileSync(join(inside, name)),
        }));
      }),
  };
}

/** Saves the export and returns its entries; all formats unless some are given. */
export async function exported({ page }, formats) {
  await page.locator("#export > summary").click();
  if (formats !== undefined) {
    for (const box of await page.locator("#export input[name=format]").all()) {
      await box.setChecked(formats.includes(await box.getAttribute("value")));
    }
  }
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save as ZIP" }).click(),
  ]);
  const entries = unzip(readFileSync(await download.path()));
  await page.keyboard.press("Escape");
  return entries;
}
