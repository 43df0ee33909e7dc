/**
 * How long a worker may send no message before it is taken for hung. A worker that computes cannot answer a
 * question, so its own messages are what counts: progress, and the end of its task.
 */
import type { Progress, Task } from "./protocol.ts";

/** Seconds allowed for starting a worker, and for any task, before pixels and bytes are added. */
export const baseLimit = 30;

/** Seconds for each million pixels: about thirty times what the slowest step takes on an old computer. */
const perMegapixel = 3;

/** Seconds for each mebibyte to be read: a slow network drive. */
const perMebibyte = 1;

/** The size of the largest archive entry in mebibytes, and the most seconds for reading a file. */
const [largestEntry, longestReading] = [64, 600];

/** Seconds for each file whose directory or header is read. */
const perFile = 0.1;

/** Seconds without a message that are allowed in a task on an image of this many pixels; 0 if not known. */
export function silenceLimit(task: Task, pixels: number): number {
  return baseLimit + (pixels / 1e6) * perMegapixel + readingLimit(task);
}

/** The pixels of a task's image; 0 if the task does not contain its size. */
export function pixelsIn(task: Task): number {
  switch (task.kind) {
    case "block":
    case "assemble":
      return task.plan.width * task.plan.height;
    case "label":
    case "label-block":
    case "probability-picture":
      return task.prediction.width * task.prediction.height;
    case "measure":
    case "cells":
    case "labels":
    case "export":
      return task.nuclei.width * task.nuclei.height;
    case "correct-tiled":
      return task.width * task.height;
    default:
      return 0;
  }
}

/** The pixels of an image that has just been decoded; 0 for other progress. */
export function decodedPixels(progress: Progress): number {
  return progress.stage === "decoded" ? progress.thumbnail.width * progress.thumbnail.height : 0;
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
