/**
 * How long a worker may be silent before it counts as dead. A worker that computes cannot answer a
 * question, so its own messages are the sign of life: progress, and the end of its task.
 */
import type { Progress, Task } from "./protocol.ts";

/** Seconds that a worker may take to get ready, and any task without pixels or bytes. */
export const baseLimit = 30;

/** Seconds for every million pixels: some thirty times what the slowest step takes on an old computer. */
const perMegapixel = 3;

/** Seconds for every mebibyte that has to be read: a slow network drive. */
const perMebibyte = 1;

/** Of an archive one entry is read, and no file is read for longer than this many seconds. */
const [largestEntry, longestReading] = [64, 600];

/** Seconds for every file whose directory or header is looked at. */
const perFile = 0.1;

/** Seconds of silence that are allowed in a task on an image of so many pixels, as far as they are known. */
export function silenceLimit(task: Task, pixels: number): number {
  return baseLimit + (pixels / 1e6) * perMegapixel + readingLimit(task);
}

/** The pixels of the image that a task is about, where it says so: 0 otherwise. */
export function pixelsIn(task: Task): number {
  switch (task.kind) {
    case "block":
    case "assemble":
      return task.plan.width * task.plan.height;
    case "label":
    case "map-picture":
      return task.maps.width * task.maps.height;
    case "measure":
    case "export":
      return task.nuclei.width * task.nuclei.height;
    default:
      return 0;
  }
}

/** The pixels of an image that its worker has just decoded: 0 for other progress. */
export function pixelsTold(progress: Progress): number {
  return progress.stage === "decoded" ? progress.picture.width * progress.picture.height : 0;
}

function readingLimit(task: Task): number {
  if (task.kind === "open" || task.kind === "archive") {
    const bytes = task.files.reduce((sum, { blob }) => sum + blob.size, 0);
    return Math.min(longestReading, secondsFor(bytes)) + task.files.length * perFile;
  }
  if (task.kind === "batch-files") return secondsFor(task.parts.reduce((sum, { size }) => sum + size, 0));
  if (!("source" in task)) return 0;
  const { blob, entry } = task.source;
  const seconds = secondsFor(blob.size);
  return Math.min(longestReading, entry === null ? seconds : Math.min(seconds, largestEntry * perMebibyte));
}

function secondsFor(bytes: number): number {
  return (bytes / 2 ** 20) * perMebibyte;
}
