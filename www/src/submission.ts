/** Builds the Bowl's CSV of a batch from the rows of its images. */

/** One entry of the batch, with its rows if it is finished. */
export interface SubmissionImage {
  /** Null for a file that could not be opened as an image. */
  readonly imageId: string | null;
  readonly csvRows: string | null;
}

/** The CSV in parts, and what is missing from it. */
export interface Submission {
  /** The header, then one part for each image. */
  readonly parts: string[];
  /** Images without rows: failed, cancelled or not yet done. */
  readonly unfinished: number;
  /** Finished images that the sample submission does not list. */
  readonly notRequested: number;
  /** Ids in the sample submission that no image of the batch has. */
  readonly missing: number;
}

/** All finished images in the order of the list, or of the sample submission if there is one. */
export function submissionOf(
  header: string,
  images: readonly SubmissionImage[],
  requestedIds: readonly string[] | null,
): Submission {
  const known = new Map(images.map((image) => [image.imageId, image]));
  known.delete(null);
  const order = new Set(requestedIds ?? known.keys());
  const rows = [...order].map((imageId) => known.get(imageId)?.csvRows ?? null);
  return {
    parts: [header, ...rows.filter((part) => part !== null)],
    unfinished: images.filter((image) => image.csvRows === null).length,
    notRequested: images.filter((image) => image.csvRows !== null && !order.has(image.imageId)).length,
    missing: [...order].filter((imageId) => !known.has(imageId)).length,
  };
}

/**
 * Rows of an image with its current id: the folder is added to it once another image of the same name is opened.
 * `csvId` is the id as written in a row.
 */
export function rowsUnder(csvId: string, csvRows: string): string {
  if (csvRows.startsWith(`${csvId},`)) return csvRows;
  return csvRows.replaceAll(/^.*(?=,[^,\n]*$)/gm, () => csvId);
}
