/**
 * Runs the fuzz targets natively, or in WebAssembly:
 * `npm run fuzz -- [--wasm] [--target NAME]... [--seconds N] [--cases N] [--seed N]`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { programBuiltBy, testedPackages } from "./command-line.mjs";
import { setUp } from "./setup.mjs";
import { isStarted, main, root, run, step, StepFailed } from "./step.mjs";

const folder = join(root, "target", "fuzz-wasm");
const output = join(root, "target", "fuzz");

/** The maximum time of a case in milliseconds; as in `crates/fuzz/src/lib.rs`. */
const longest = 10_000;
/** The time for a worker to compile the module and make the seeds. */
const longestStart = 120_000;
/** Restarts of a target after faults. */
const mostFaults = 20;

/** Compiles the targets to WebAssembly, with the profile of the quick module of the page. */
export async function buildFuzzWasm() {
  await step("Fuzz targets, WebAssembly", () =>
    run("cargo", ["run", "--quiet", "--package", "xtask", "--", "wasm", "fuzz"]),
  );
}

/** Runs targets in WebAssembly, two at a time; fails after all have ended if one had a fault. */
export async function fuzzWasm({
  targets,
  without = [],
  seconds = Number.POSITIVE_INFINITY,
  cases = Number.POSITIVE_INFINITY,
  seed = 1,
}) {
  mkdirSync(output, { recursive: true });
  const wasm = new WebAssembly.Module(readFileSync(join(folder, "nucleoscope_fuzz_bg.wasm")));
  const { initSync, targetNames } = await glue();
  initSync({ module: wasm });
  const waiting = targetNames().filter((name) => targets?.includes(name) ?? !without.includes(name));
  if (waiting.length === 0) throw new StepFailed(`The targets are ${targetNames().join(", ")}.`);
  console.log("target           cases  cases/s accepted      worst   memory  faults");
  let faults = 0;
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      faults += await runTarget({ name, wasm, seconds, cases, seed });
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, cpus().length) }, work));
  if (faults > 0) throw new StepFailed(`${faults} faults; their inputs are in ${output}.`);
}

/** The module's JavaScript; another query gives another instance. */
function glue(query = "") {
  return import(`${pathToFileURL(join(folder, "nucleoscope_fuzz.js")).href}${query}`);
}

/** Runs a target until its limit, with a new worker after each fault; prints its results and returns the number of faults. */
async function runTarget({ name, wasm, seconds, cases, seed }) {
  const end = Date.now() + 1000 * seconds;
  const total = { cases: 0, accepted: 0, milliseconds: 0, memory: 0, engine: 0 };
  const faults = new Map();
  const start = performance.now();
  let from = 0;
  while (from < cases && Date.now() < end && faults.size < mostFaults) {
    const ended = await runWorker({ name, wasm, from, end, cases, seed });
    total.cases += ended.cases;
    total.accepted += ended.accepted;
    total.milliseconds = Math.max(total.milliseconds, ended.milliseconds);
    total.memory = Math.max(total.memory, ended.memory);
    from += ended.cases;
    if (ended.fault === undefined) continue;
    // The library cannot catch panics of the inference engine in WebAssembly: they end the worker.
    if (name === "model" && /\/tract-|\/ndarray-|\/smallvec-/.test(ended.fault)) {
      total.engine++;
      continue;
    }
    const kind = ended.fault.split("\n", 2).join(" ").slice(0, 300);
    if (faults.has(kind)) continue;
    const file = join(output, `${name}-${seed}-${from - 1}-wasm.bin`);
    faults.set(kind, file);
    if (ended.input !== undefined) writeFileSync(file, ended.input);
    console.log(`${name}: case ${from - 1} ${kind}: ${file}`);
  }
  const rate = (1000 * total.cases) / (performance.now() - start);
  const columns = [
    name.padEnd(12),
    String(total.cases).padStart(9),
    rate.toFixed(0).padStart(8),
    `${((100 * total.accepted) / Math.max(1, total.cases)).toFixed(0)} %`.padStart(8),
    `${total.milliseconds.toFixed(1)} ms`.padStart(10),
    `${(total.memory / 2 ** 20).toFixed(1)} MiB`.padStart(8),
    ` ${faults.size}`,
    total.engine > 0 ? `(and ${total.engine} panics of the engine)` : "",
  ];
  console.log(columns.join(" ").trimEnd());
  return faults.size;
}

/** Runs cases in a worker until a fault or the limit. */
function runWorker({ name, wasm, from, end, cases, seed }) {
  const progress = new BigInt64Array(new SharedArrayBuffer(8));
  progress[0] = -1n;
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { name, wasm, from, end, cases, seed, progress },
      // As much stack as a worker of a browser has.
      resourceLimits: { stackSizeMb: 1 },
    });
    let current = -1n;
    let since = performance.now();
    const watch = setInterval(async () => {
      const now = Atomics.load(progress, 0);
      if (now !== current) [current, since] = [now, performance.now()];
      else if (performance.now() - since > (now < 0n ? longestStart : longest)) {
        clearInterval(watch);
        await worker.terminate();
        if (now < 0n) reject(new StepFailed(`The worker of ${name} did not start.`));
        else {
          const count = Number(now) + 1 - from;
          const fault = `took more than ${longest / 1000} s`;
          resolve({
            cases: count,
            accepted: 0,
            milliseconds: longest,
            memory: 0,
            fault,
            input: await inputOf(name, wasm, seed, now),
          });
        }
      }
    }, 100);
    worker.once("message", (ended) => {
      clearInterval(watch);
      resolve(ended);
      worker.terminate();
    });
    worker.once("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}

/** The input of a case, from a new instance: one that trapped cannot be used any more. */
async function inputOf(name, wasm, seed, number) {
  const { initSync, Cases } = await glue(`?input=${number}`);
  initSync({ module: wasm });
  return new Cases(name, BigInt(seed)).input(number);
}

/** What a worker does. */
async function runCases({ name, wasm, from, end, cases, seed, progress }) {
  let panic = "";
  console.error = (text) => {
    panic = text;
  };
  const { initSync, Cases } = await glue();
  const { memory } = initSync({ module: wasm });
  const target = new Cases(name, BigInt(seed));
  const limit = target.memory;
  const before = memory.buffer.byteLength;
  const ended = { cases: 0, accepted: 0, milliseconds: 0, memory: 0 };
  for (let number = from; number < cases && Date.now() < end && ended.fault === undefined; number++) {
    Atomics.store(progress, 0, BigInt(number));
    const start = performance.now();
    try {
      if (target.run(BigInt(number)) === undefined) ended.accepted++;
    } catch (error) {
      ended.fault = `trapped: ${panic || error}`;
    }
    const grown = memory.buffer.byteLength - before;
    // Memory never shrinks, so this may be the sum of several cases: the case is tried again in a new worker.
    if (grown > limit && number > from && ended.fault === undefined) break;
    ended.cases++;
    ended.milliseconds = Math.max(ended.milliseconds, performance.now() - start);
    ended.memory = Math.max(ended.memory, grown);
    if (grown > limit) ended.fault ??= `took more than ${limit / 2 ** 20} MiB of memory`;
  }
  if (ended.fault !== undefined) ended.input = await inputOf(name, wasm, seed, BigInt(from + ended.cases - 1));
  parentPort.postMessage(ended);
}

/** The options on the command line. */
function options(given) {
  const found = { wasm: false, targets: undefined, native: [] };
  const [names, numbers] = [["--target"], ["--seconds", "--cases", "--seed"]];
  for (let at = 0; at < given.length; at++) {
    const name = given[at];
    if (name === "--wasm") found.wasm = true;
    else if (names.includes(name) || numbers.includes(name)) {
      const value = given[++at];
      found.native.push(name, value);
      if (names.includes(name)) found.targets = [...(found.targets ?? []), value];
      else found[name.slice(2)] = Number(value);
    } else
      throw new StepFailed("Usage: npm run fuzz -- [--wasm] [--target NAME]... [--seconds N] [--cases N] [--seed N]");
  }
  if (found.seconds === undefined && found.cases === undefined) found.seconds = 20;
  return found;
}

if (!isMainThread && workerData?.progress !== undefined) {
  await runCases(workerData);
} else if (isStarted(import.meta.url)) {
  await main(async () => {
    const { wasm, native, ...rest } = options(process.argv.slice(2));
    await setUp();
    if (wasm) {
      await buildFuzzWasm();
      await step("Fuzzing in WebAssembly", () => fuzzWasm(rest));
      return;
    }
    // Built with the packages of the tests, so that nothing is compiled twice.
    const program = await step("Fuzz targets", () =>
      programBuiltBy(["test", "--no-run", ...testedPackages, "--test", "short_run", "--quiet"], ({ name, kind }) => {
        return name === "nucleoscope-fuzz" && kind.includes("bin");
      }),
    );
    if (program === undefined) throw new StepFailed("The fuzz targets could not be built.");
    await step("Fuzzing", () => run(program, [...native, "--output", output]));
  });
}
