/**
 * Measures the command line with many small images in one run: time per file beyond the segmentation, share of
 * the cores, memory.
 *
 *     node benchmarks/many-files.mjs PROGRAM [IMAGES] [SIDE] [options of segment …]
 *
 * Linux only: processor time and memory are read from /proc.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

const [program, images = "10000", side = "128", ...options] = process.argv.slice(2);
if (program === undefined) {
  console.error("usage: node benchmarks/many-files.mjs PROGRAM [IMAGES] [SIDE] [options of segment …]");
  process.exit(2);
}
const count = Number(images);
const cores = cpus().length;
const folder = mkdtempSync(join(tmpdir(), "many-files-"));
const at = (name) => join(folder, name);

/** Images in one folder, without the masks that `example` makes too. */
function makeImages() {
  mkdirSync(at("images"));
  const made = spawnSync(program, ["example", at("example"), "--count", images, "--side", side, "--nuclei", "6"]);
  if (made.status !== 0) throw new Error(`the images could not be made: ${made.stderr}`);
  for (const id of readdirSync(at("example/stage1_test"))) {
    renameSync(at(`example/stage1_test/${id}/images/${id}.png`), at(`images/${id}.png`));
  }
  rmSync(at("example"), { recursive: true });
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

/** Runs `segment` and returns its progress, and the usage after each quarter of a second. */
async function run(name, extra) {
  const progress = at(`${name}.jsonl`);
  const outputs = ["output", "summary", "nuclei"].flatMap((output) => [`--${output}`, at(`${name}-${output}.csv`)]);
  const child = spawn(program, ["segment", at("images"), ...outputs, `--jsonl=${progress}`, ...extra], {
    stdio: "ignore",
  });
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
  const events = lines(readFileSync(progress, "utf8")).map((line) => JSON.parse(line));
  return { code, seconds, samples, events };
}

function report(name, { code, seconds, samples, events }) {
  const done = events.filter((event) => event.event === "done");
  const total = (key) => done.reduce((sum, event) => sum + event[key], 0);
  const last = samples.at(-1);
  const memoryAt = (share) => samples[Math.floor(share * (samples.length - 1))].memory;
  const milliseconds = (total) => `${((total / count) * 1000).toFixed(2)} ms`;
  // If others use the cores too, all parts of the work take longer in proportion.
  const segmentation = total("segmentationSeconds") / last.ready;
  const figures = [
    ["exit code", code],
    ["images done, of these skipped", `${done.length}, ${done.filter((event) => event.skipped).length}`],
    ["seconds", seconds.toFixed(1)],
    ["wall time per file", milliseconds(seconds)],
    ["processor time per file", milliseconds(last.processor)],
    ["of it beyond the segmentation", milliseconds(last.processor * (1 - segmentation))],
    ["share of the cores in use", (last.processor / last.seconds / cores).toFixed(3)],
    ["share of the cores in use or waited for", (last.ready / last.seconds / cores).toFixed(3)],
    ["MB of memory after 5, 25, 50, 75, 95, 100 %", [0.05, 0.25, 0.5, 0.75, 0.95, 1].map(memoryAt).join(", ")],
    ["MB of memory at most", last.most],
  ];
  console.log(`\n${name}: ${count} images of ${side} × ${side}, ${cores} cores`);
  for (const [key, value] of figures) console.log(`${key.padEnd(46)}${value}`);
}

try {
  makeImages();
  const bytes = readdirSync(at("images")).reduce((sum, file) => sum + statSync(at(`images/${file}`)).size, 0);
  console.log(`${(bytes / 1e6).toFixed(1)} MB of images`);
  report("first run", await run("first", ["--resume", ...options]));
  report("nothing to do (--resume)", await run("first", ["--resume", ...options]));
} finally {
  rmSync(folder, { recursive: true });
}
