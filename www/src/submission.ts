/** Puts the Bowl's CSV of a batch together from the rows of its images. */

/** One entry of the batch, with its rows where it has been finished. */
export interface SubmissionImage {
  /** Null for a file that could not be opened as an image at all. */
  readonly imageId: string | null;
  readonly csvRows: string | null;
}

/** The CSV in parts, and what is not in it. */
export interface Submission {
  /** The header, then one part for each image. */
  readonly parts: string[];
  /** Images without rows: failed, cancelled or not yet done. */
  readonly unfinished: number;
  /** Finished images that the sample submission does not ask for. */
  readonly unwanted: number;
  /** Ids that the sample submission asks for and the batch does not have. */
  readonly missing: number;
}

/** All finished images in the order of the list or, where a sample submission was given, in its order. */
export function submissionOf(
  header: string,
  images: readonly SubmissionImage[],
  wanted: readonly string[] | null,
): Submission {
  const known = new Map(images.map((image) => [image.imageId, image]));
  known.delete(null);
  const order = new Set(wanted ?? known.keys());
  const rows = [...order].map((imageId) => known.get(imageId)?.csvRows ?? null);
  return {
    parts: [header, ...rows.filter((part) => part !== null)],
    unfinished: images.filter((image) => image.csvRows === null).length,
    unwanted: images.filter((image) => image.csvRows !== null && !order.has(image.imageId)).length,
    missing: [...order].filter((imageId) => !known.has(imageId)).length,
  };
}

/**
 * Rows of an image under the id that it has now: it takes its folder in once another image of the same name
 * comes. `csvId`: the id as it stands in a row.
 */
export function rowsUnder(csvId: string, csvRows: string): string {
  if (csvRows.startsWith(`${csvId},`)) return csvRows;
  return csvRows.replaceAll(/^.*(?=,[^,\n]*$)/gm, () => csvId);
}
