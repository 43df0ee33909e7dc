/** Selects the images of the Bowl's CSV of a batch. */
import type { CsvImage } from "../wasm/nucleoscope.js";

/** One entry of the batch, with its nuclei if it is finished. */
export interface SubmissionImage {
  /** Null for a file that could not be opened as an image. */
  readonly imageId: string | null;
  readonly nuclei: Pick<CsvImage, "masks" | "included"> | null;
}

/** The images of the CSV, and what is missing from it. */
export interface Submission {
  readonly images: readonly CsvImage[];
  /** Images without nuclei: failed, cancelled or not yet done. */
  readonly unfinished: number;
  /** Finished images that the sample submission does not list. */
  readonly notRequested: number;
  /** Ids in the sample submission that no image of the batch has. */
  readonly missing: number;
}

/** All finished images in the order of the list, or of the sample submission if there is one. */
export function submissionOf(images: readonly SubmissionImage[], requestedIds: readonly string[] | null): Submission {
  const known = new Map(images.map((image) => [image.imageId, image]));
  known.delete(null);
  const order = new Set(requestedIds ?? known.keys());
  return {
    images: [...order].flatMap((imageId) => {
      const nuclei = known.get(imageId)?.nuclei ?? null;
      return imageId === null || nuclei === null ? [] : [{ imageId, ...nuclei }];
    }),
    unfinished: images.filter((image) => image.nuclei === null).length,
    notRequested: images.filter((image) => image.nuclei !== null && !order.has(image.imageId)).length,
    missing: [...order].filter((imageId) => !known.has(imageId)).length,
  };
}
