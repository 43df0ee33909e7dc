/** What the Bowl's CSV of a batch has in it. */
import type { CsvImage } from "./wasm/nucleoscope.js";

/** One entry of the batch, with its nuclei where it has been finished. */
export interface SubmissionImage {
  /** Null for a file that could not be opened as an image at all. */
  readonly imageId: string | null;
  readonly nuclei: Pick<CsvImage, "masks" | "included"> | null;
}

/** The images of the CSV, and what is not in it. */
export interface Submission {
  readonly images: readonly CsvImage[];
  /** Images without nuclei: failed, cancelled or not yet done. */
  readonly unfinished: number;
  /** Finished images that the sample submission does not ask for. */
  readonly unwanted: number;
  /** Ids that the sample submission asks for and the batch does not have. */
  readonly missing: number;
}

/** All finished images in the order of the list or, where a sample submission was given, in its order. */
export function submissionOf(images: readonly SubmissionImage[], wanted: readonly string[] | null): Submission {
  const known = new Map(images.map((image) => [image.imageId, image]));
  known.delete(null);
  const order = new Set(wanted ?? known.keys());
  return {
    images: [...order].flatMap((imageId) => {
      const nuclei = known.get(imageId)?.nuclei ?? null;
      return imageId === null || nuclei === null ? [] : [{ imageId, ...nuclei }];
    }),
    unfinished: images.filter((image) => image.nuclei === null).length,
    unwanted: images.filter((image) => image.nuclei !== null && !order.has(image.imageId)).length,
    missing: [...order].filter((imageId) => !known.has(imageId)).length,
  };
}
