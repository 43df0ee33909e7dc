import type { Pool, RunOptions } from "./pool.ts";
import type {
  AssembleTask,
  CachedPrediction,
  Inferred,
  Planned,
  Segmented,
  SegmentTask,
  TiledPrediction,
} from "./protocol.ts";

/** The share of the progress bar for planning a large image. */
export const planShare = 0.04;

/** Bytes of a block's prediction for each of its pixels. */
const bytesPerPixel = 12;

/** What is assembled, apart from the blocks. */
type Request = Omit<AssembleTask, "kind" | "blocks" | "plan" | "stack">;

/**
 * Finds the nuclei of a large image: each block is a task of its own, run by any free worker. The predictions are
 * kept if they have at most `mostBytes`.
 */
export async function segmentInBlocks(
  pool: Pool,
  task: SegmentTask,
  { plan, stack }: Planned,
  mostBytes: number,
  { signal, onProgress }: RunOptions = {},
): Promise<Inferred> {
  const { key, imageId, source, selection, pixelSize, settings } = task;
  const reference = { key, imageId, source, selection, pixelSize };
  const bytes = plan.blocks.reduce((sum, { window }) => sum + window.width * window.height * bytesPerPixel, 0);
  const keepsPrediction = bytes <= mostBytes;
  const predictions: CachedPrediction[] = [];
  const parts = plan.blocks.map(() => 0);
  const report = (block: number, part: number): void => {
    parts[block] = part;
    const share = parts.reduce((sum, other) => sum + other, 0) / parts.length;
    onProgress?.({ stage: "network", done: planShare + (1 - planShare) * share, total: 1 });
  };
  const nuclei = await assembled(pool, task, { plan, stack }, signal, async (block, together) => {
    const found = await pool.run(
      { kind: "block", ...reference, settings, plan, block, keepsPrediction },
      {
        signal: together,
        isAhead: true,
        onProgress: (progress) => {
          if (progress.stage === "network") report(block, progress.done / progress.total);
        },
      },
    );
    if (found.prediction !== null) predictions[block] = found.prediction;
    onProgress?.({ stage: "found", outlines: found.outlines });
    return found.nuclei;
  });
  return { nuclei, prediction: keepsPrediction ? { plan, stack, blocks: predictions } : null };
}

/** Finds the nuclei of a large image again, in the predictions of its blocks. */
export function labelInBlocks(
  pool: Pool,
  request: Request,
  { blocks, ...planned }: TiledPrediction,
  { signal, onProgress }: RunOptions = {},
): Promise<Segmented> {
  const { settings } = request;
  const { plan } = planned;
  let done = 0;
  return assembled(pool, request, planned, signal, async (block, together) => {
    // There is one prediction for each block of the plan.
    const prediction = blocks[block] as CachedPrediction;
    const task = { kind: "label-block", settings, plan, block, prediction } as const;
    const found = await pool.run(task, { signal: together, isAhead: true });
    onProgress?.({ stage: "network", done: ++done, total: blocks.length });
    return found;
  });
}

/** Runs `find` for each block, and assembles the nuclei; all are cancelled together, or when one of them fails. */
async function assembled(
  pool: Pool,
  request: Request,
  { plan, stack }: Planned,
  signal: AbortSignal | undefined,
  find: (block: number, together: AbortSignal) => Promise<Uint32Array<ArrayBuffer>>,
): Promise<Segmented> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted === true) abort();
  try {
    const blocks = await Promise.all(plan.blocks.map((_, block) => find(block, controller.signal)));
    return await pool.run({ ...request, kind: "assemble", plan, stack, blocks }, { signal, isAhead: true });
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
