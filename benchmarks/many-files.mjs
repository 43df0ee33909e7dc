/**
 * Measures the command line with many small images in one run: time per file beyond the segmentation, share of
 * the cores, memory. Part of `npm run bench -- --only files`; alone, with other numbers and options:
 *
 *     node benchmarks/many-files.mjs PROGRAM [IMAGES] [SIDE] [options of segment …]
 *
 * Linux only: processor time and memory are read from /proc.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { isStarted } from "../tools/step.mjs";

const cores = cpus().length;

/** Images in one folder, without the masks that `example` makes too. Returns their bytes. */
function makeImages(program, folder, { count, side }) {
  const images = join(folder, "images");
  const example = join(folder, "example");
  mkdirSync(images);
  const numbers = ["--count", String(count), "--side", String(side), "--nuclei", "6"];
  const made = spawnSync(program, ["example", example, ...numbers]);
  if (made.status !== 0) throw new Error(`the images could not be made: ${made.stderr}`);
  for (const id of readdirSync(join(example, "stage1_test"))) {
    renameSync(join(example, `stage1_test/${id}/images/${id}.png`), join(images, `${id}.png`));
  }
  rmSync(example, { recursive: true });
  return readdirSync(images).reduce((sum, file) => sum + statSync(join(images, file)).size, 0);
}

/**
 * Of a process: processor time in seconds, the same with the time in which its threads waited for a core that
 * others used, and memory in MB now and at most.
 */
function usage(pid, threads) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (key) => Math.round(Number(status.match(new RegExp(`${key}:\\s+(\\d+) kB`))?.[1]) / 1024);
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    threads.set(thread, readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ").map(Number));
  }
  // Threads that have ended count with their last times.
  const sum = (time) => [...threads.values()].reduce((total, times) => total + time(times), 0) / 1e9;
  const [processor, ready] = [sum(([running]) => running), sum(([running, waiting]) => running + waiting)];
  return { processor, ready, memory: megabytes("VmRSS"), most: megabytes("VmHWM") };
}

const lines = (text) => text.split("\n").filter((line) => line !== "");

/** Runs `segment` on the images in the folder and returns its figures. */
async function run(program, folder, options) {
  const progress = join(folder, "progress.jsonl");
  const outputs = ["output", "summary", "nuclei"].flatMap((output) => [`--${output}`, join(folder, `${output}.csv`)]);
  const child = spawn(
    program,
    ["segment", join(folder, "images"), ...outputs, `--jsonl=${progress}`, "--resume", ...options],
    { stdio: "ignore" },
  );
  const start = performance.now();
  const samples = [];
  const threads = new Map();
  const timer = setInterval(() => {
    try {
      const sample = usage(child.pid, threads);
      if (sample.memory > 0) samples.push({ ...sample, seconds: (performance.now() - start) / 1000 });
    } catch {
      // The process has ended.
    }
  }, 250);
  const code = await new Promise((resolve) => child.on("exit", resolve));
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  const done = lines(readFileSync(progress, "utf8"))
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "done");
  const last = samples.at(-1);
  if (last === undefined) throw new Error(`the command line ended too soon to be measured, with exit code ${code}`);
  const segmentationSeconds = done.reduce((sum, event) => sum + event.segmentationSeconds, 0);
  return {
    code,
    seconds,
    done: done.length,
    skipped: done.filter(({ skipped }) => skipped).length,
    processor: last.processor,
    // If others use the cores too, all parts of the work take longer in proportion.
    beyondSegmentation: last.processor * (1 - segmentationSeconds / last.ready),
    coresInUse: last.processor / last.seconds / cores,
    coresInUseOrWaitedFor: last.ready / last.seconds / cores,
    memory: [0.05, 0.25, 0.5, 0.75, 0.95, 1].map((share) => samples[Math.floor(share * (samples.length - 1))].memory),
    mostMemory: last.most,
  };
}

/** The figures of a first run, and of a second one that finds everything done. Times are in seconds, memory is in MB. */
export async function manyFiles(program, { count = 10_000, side = 128, options = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "many-files-"));
  try {
    const bytes = makeImages(program, folder, { count, side });
    const first = await run(program, folder, options);
    return { bytes, first, resumed: await run(program, folder, options) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(name, count, figures) {
  const milliseconds = (total) => `${((total / count) * 1000).toFixed(2)} ms`;
  const table = [
    ["exit code", figures.code],
    ["images done, of these skipped", `${figures.done}, ${figures.skipped}`],
    ["seconds", figures.seconds.toFixed(1)],
    ["wall time per file", milliseconds(figures.seconds)],
    ["processor time per file", milliseconds(figures.processor)],
    ["of it beyond the segmentation", milliseconds(figures.beyondSegmentation)],
    ["share of the cores in use", figures.coresInUse.toFixed(3)],
    ["share of the cores in use or waited for", figures.coresInUseOrWaitedFor.toFixed(3)],
    ["MB of memory after 5, 25, 50, 75, 95, 100 %", figures.memory.join(", ")],
    ["MB of memory at most", figures.mostMemory],
  ];
  console.log(`\n${name}`);
  for (const [key, value] of table) console.log(`${key.padEnd(46)}${value}`);
}

if (isStarted(import.meta.url)) {
  const [program, images = "10000", side = "128", ...options] = process.argv.slice(2);
  if (program === undefined) {
    console.error("usage: node benchmarks/many-files.mjs PROGRAM [IMAGES] [SIDE] [options of segment …]");
    process.exit(2);
  }
  const count = Number(images);
  const { bytes, first, resumed } = await manyFiles(program, { count, side: Number(side), options });
  console.log(`${images} images of ${side} × ${side} (${(bytes / 1e6).toFixed(1)} MB), ${cores} cores`);
  report("first run", count, first);
  report("nothing to do (--resume)", count, resumed);
}
