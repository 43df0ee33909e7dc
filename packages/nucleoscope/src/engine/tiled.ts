import type { Pool, RunOptions } from "./pool.ts";
import type { Inferred, Planned, SegmentTask } from "./protocol.ts";

/** The share of the progress bar for planning a large image. */
export const planShare = 0.04;

/** Finds the nuclei of a large image: each block is a task of its own, run by any free worker. */
export async function segmentInBlocks(
  pool: Pool,
  task: SegmentTask,
  { plan, stack }: Planned,
  { signal, onProgress }: RunOptions = {},
): Promise<Inferred> {
  const { key, truthKey, imageId, source, selection, pixelSize, truth, settings, edits } = task;
  const reference = { key, imageId, source, selection, pixelSize };
  // Aborts all blocks when the image is cancelled or a block fails.
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted === true) abort();
  const parts = plan.blocks.map(() => 0);
  const report = (block: number, part: number): void => {
    parts[block] = part;
    const share = parts.reduce((sum, other) => sum + other, 0) / parts.length;
    onProgress?.({ stage: "network", done: planShare + (1 - planShare) * share, total: 1 });
  };
  try {
    const blocks = await Promise.all(
      plan.blocks.map((_, block) =>
        pool.run(
          { kind: "block", ...reference, settings, plan, block },
          {
            signal: controller.signal,
            isAhead: true,
            onProgress: (progress) => {
              if (progress.stage === "network") report(block, progress.done / progress.total);
            },
          },
        ),
      ),
    );
    const nuclei = await pool.run(
      { kind: "assemble", ...reference, truth, truthKey, plan, stack, blocks, settings, edits },
      { signal, isAhead: true },
    );
    return { nuclei, prediction: null };
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
