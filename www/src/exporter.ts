import type { Batch, BatchImage } from "./batch.ts";
import { requestOf } from "./bench.ts";
import type { Engine } from "./engine/engine.ts";
import type { NamedBlob } from "./engine/protocol.ts";
import { provenanceOf } from "./run-record.ts";
import { counted } from "./wording.ts";
import type { ExportFormat, TableDialect } from "./wasm/nucleoscope.js";

/** What is exported, and how. */
export interface ExportOrder {
  readonly engine: Engine;
  readonly batch: Batch;
  readonly images: readonly BatchImage[];
  readonly formats: readonly ExportFormat[];
  /** Keys of columns that the summary is to have beside the main ones. */
  readonly measures: readonly string[];
  readonly dialect: TableDialect;
}

/** The files of finished images: those of each, and those that they share. */
export async function filesOf(order: ExportOrder, said: (words: string) => void): Promise<NamedBlob[]> {
  const { engine, formats, measures, dialect } = order;
  const done = inOrder(order).filter(({ state }) => state.kind === "done");
  const files: NamedBlob[] = [];
  const parts: Blob[] = [];
  for (const [index, image] of done.entries()) {
    said(`Writing ${index + 1} of ${counted(done.length, "image")}…`);
    const request = requestOf(image);
    if (request === null || image.state.kind !== "done") continue;
    const provenance = provenanceOf(image, engine.modelIdentity);
    const where = { ...request, fileStem: image.fileStem, path: image.path };
    const exported = await engine.exportFiles(where, image.state.result, formats, measures, provenance);
    files.push(...exported.files);
    parts.push(exported.part);
  }
  const failures = order.images.flatMap(({ imageId, path, state }) =>
    state.kind === "failed" ? [{ imageId: imageId ?? "", path, reason: state.error.message }] : [],
  );
  return [...(await engine.batchFiles(parts, failures, formats, dialect)), ...files];
}

/** A sample submission's order, where there is one; images that it does not ask for come last. */
function inOrder({ batch, images }: ExportOrder): BatchImage[] {
  const places = new Map((batch.wanted ?? []).map((imageId, place) => [imageId, place]));
  const place = ({ imageId }: BatchImage): number => places.get(imageId ?? "") ?? places.size;
  return [...images].sort((left, right) => place(left) - place(right));
}
