import type { Batch, BatchImage } from "./batch.ts";
import { requestOf } from "./interactive-worker.ts";
import type { Engine } from "../engine/engine.ts";
import { reportOf } from "../engine/engine-error.ts";
import type { ErrorReport, NamedBlob } from "../engine/protocol.ts";
import { provenanceOf } from "./run-record.ts";
import * as text from "../text.ts";
import type { ExportFormat, TableDialect } from "../wasm/nucleoscope.js";

/** What is exported, and how. */
export interface ExportOrder {
  readonly engine: Engine;
  readonly batch: Batch;
  readonly images: readonly BatchImage[];
  readonly formats: readonly ExportFormat[];
  /** Keys of additional columns for the summary. */
  readonly measures: readonly string[];
  readonly dialect: TableDialect;
}

/** The result of an export. */
export interface ExportedFiles {
  readonly files: readonly NamedBlob[];
  /** The images that are in the files. */
  readonly written: readonly BatchImage[];
  /** Finished images whose files could not be written. */
  readonly failed: readonly { readonly image: BatchImage; readonly error: ErrorReport }[];
}

/**
 * The files of finished images: those of each image, and the shared ones. An image whose files cannot be written
 * is left out; if that is so for all of them, this throws the last error.
 */
export async function filesOf(order: ExportOrder, report: (words: string) => void): Promise<ExportedFiles> {
  const { engine, formats, measures, dialect } = order;
  const done = inOrder(order).filter(({ state }) => state.kind === "done");
  const files: NamedBlob[] = [];
  const parts: Blob[] = [];
  const written: BatchImage[] = [];
  const failed: { readonly image: BatchImage; readonly error: ErrorReport }[] = [];
  for (const [index, image] of done.entries()) {
    report(text.writingImage(index + 1, done.length));
    const request = requestOf(image);
    if (request === null || image.state.kind !== "done") continue;
    const provenance = provenanceOf(image, engine.modelIdentity);
    const where = { ...request, fileStem: image.fileStem, path: image.path };
    try {
      const exported = await engine.exportFiles(where, image.state.result, formats, measures, provenance);
      files.push(...exported.files);
      parts.push(exported.part);
      written.push(image);
    } catch (error) {
      failed.push({ image, error: reportOf(error) });
      if (failed.length === done.length) throw error;
    }
  }
  const reasons = new Map(failed.map(({ image, error }) => [image, error.message]));
  const failures = order.images.flatMap((image) => {
    const reason = image.state.kind === "failed" ? image.state.error.message : reasons.get(image);
    return reason === undefined ? [] : [{ imageId: image.imageId ?? "", path: image.path, reason, group: image.group }];
  });
  return { files: [...(await engine.batchFiles(parts, failures, formats, dialect)), ...files], written, failed };
}

/** Images in the order of the sample submission, if there is one; images that it does not list come last. */
function inOrder({ batch, images }: ExportOrder): BatchImage[] {
  const places = new Map((batch.requestedIds ?? []).map((imageId, place) => [imageId, place]));
  const place = ({ imageId }: BatchImage): number => places.get(imageId ?? "") ?? places.size;
  return [...images].sort((left, right) => place(left) - place(right));
}
