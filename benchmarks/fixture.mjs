/** Everything that the measurements need, created on first use. */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromium as findChromium } from "../tools/browsers.mjs";
import { buildWasm, bundle } from "../tools/build.mjs";
import { commandLine, programBuiltBy } from "../tools/command-line.mjs";
import { pythonEnvironment } from "../tools/python.mjs";
import { output, root, run, step, StepFailed } from "../tools/step.mjs";
import { releasedWheel } from "../tools/wheel.mjs";
import { buildBenchPage, openBenchPage } from "./bench-page.mjs";
import { EngineProcess } from "./engine-process.mjs";
import { ProductPage } from "./product-page.mjs";

const model = join(root, "model/nuclei.onnx");
const files = join(root, "target/bench-files");

function once(make) {
  let made;
  return () => (made ??= make());
}

/** The browsers, pages, programs and images for the measurements. */
export class Fixture {
  #closing = [];

  /** Launches a browser; the caller closes it. */
  async launch() {
    return chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
  }

  /** The shared browser. */
  browser = once(async () => {
    const browser = await this.launch();
    this.#closing.push(() => browser.close());
    return browser;
  });

  /** The browser's version. */
  async browserVersion() {
    return (await this.browser()).version();
  }

  #benchPageBuilt = once(buildBenchPage);

  /** Opens the benchmarks' page in a browser. */
  async openBenchPage(browser) {
    await this.#benchPageBuilt();
    return openBenchPage(browser);
  }

  /** The shared page of the benchmarks. */
  benchPage = once(async () => {
    await this.#benchPageBuilt();
    const { page, close } = await openBenchPage(await this.browser());
    this.#closing.push(close);
    return page;
  });

  /** Builds the real page. */
  product = once(async () => {
    await buildWasm();
    await bundle();
  });

  /** Opens the real page; the caller closes it. */
  async openProduct(address, { browser, firstImage } = {}) {
    await this.product();
    return ProductPage.open(browser ?? (await this.browser()), address, firstImage);
  }

  #program = once(() =>
    step("Benchmarks outside the browser", async () => {
      const build = ["build", "--quiet", "--release", "--package", "nucleoscope-bench"];
      const program = programBuiltBy(build, ({ name }) => name === "nucleoscope-bench");
      if (program === undefined) throw new StepFailed("The benchmarks could not be built for this computer.");
      rmSync(files, { recursive: true, force: true });
      mkdirSync(files, { recursive: true });
      await run(program, ["files", model, files]);
      return program;
    }),
  );

  /** Our code outside the browser. */
  native = once(async () => this.#started("nucleoscope-bench", await this.#program(), ["serve", model]));

  /** The peers in Python. */
  python = once(async () => {
    await this.#program();
    const python = await step("Python", () =>
      pythonEnvironment({ name: "bench-venv", requirements: "benchmarks/requirements.txt", user: "The benchmarks" }),
    );
    return this.#started("the peers in Python", python, [join(root, "benchmarks/peers.py"), model, files]);
  });

  /** The command line as it is released. */
  commandLine = once(() => commandLine({ release: true }));

  /** A Python that has the package as it is released. */
  wheel = once(() => step("Python package", releasedWheel));

  /** A folder with different square images, and the names of the files that two engines write about them. */
  async folderOfPictures(side, count) {
    await this.#program();
    const folder = join(files, `pictures-${side}`);
    const images = join(folder, "images");
    mkdirSync(images, { recursive: true });
    for (let seed = 1; seed <= count; seed++) {
      copyFileSync(await this.picture(side, seed), join(images, `${String(seed).padStart(4, "0")}.png`));
    }
    return { images, ours: join(folder, "ours.csv"), theirs: join(folder, "theirs.csv") };
  }

  /** The seconds that a process takes, from its start to its end. */
  async timed(command, parameters) {
    const start = performance.now();
    if (output(command, parameters, { errors: "inherit" }) === undefined) throw new StepFailed(`${command} failed.`);
    return (performance.now() - start) / 1000;
  }

  #started(name, command, parameters) {
    const engine = new EngineProcess(name, command, parameters);
    this.#closing.push(() => engine.end());
    return engine;
  }

  /** The path of a square image as a PNG file; each seed gives a different image. */
  async picture(side, seed = 1) {
    const program = await this.#program();
    const path = join(files, `picture-${side}-${seed}.png`);
    if (output(program, ["picture", String(side), String(seed), path], { errors: "inherit" }) === undefined) {
      throw new StepFailed(`A picture of ${side} × ${side} could not be drawn.`);
    }
    return path;
  }

  /** Stops everything that is still running. */
  async close() {
    for (const close of this.#closing.toReversed()) await close();
  }
}
