import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { submissionOf } from "../../packages/nucleoscope/src/session/submission.ts";
import { missingFromCsv as inWords } from "../../packages/nucleoscope/src/languages/english.ts";

const nuclei = { masks: new Uint8Array([1, 1, 2]), included: null };
const done = (imageId: string) => ({ imageId, nuclei });
const failed = (imageId: string | null) => ({ imageId, nuclei: null });
const idsOf = ({ images }: ReturnType<typeof submissionOf>) => images.map(({ imageId }) => imageId);

describe("the Bowl's CSV of a batch", () => {
  test("has the finished images in the order of the list", () => {
    const { images, unfinished } = submissionOf([done("b"), failed("c"), done("a")], null);
    assert.deepEqual(images, [
      { imageId: "b", ...nuclei },
      { imageId: "a", ...nuclei },
    ]);
    assert.equal(unfinished, 1);
  });

  test("follows a sample submission's order, and counts the images left out", () => {
    const submission = submissionOf([done("b"), done("a"), done("c"), failed("d")], ["a", "x", "d", "b"]);
    assert.deepEqual(idsOf(submission), ["a", "b"]);
    assert.deepEqual([submission.unfinished, submission.notRequested, submission.missing], [1, 1, 1]);
  });

  test("has every image once, even if a sample submission repeats its id", () => {
    assert.deepEqual(idsOf(submissionOf([done("a")], ["a", "a"])), ["a"]);
  });

  test("never has a row for a file that was not an image, whatever its name", () => {
    const submission = submissionOf([failed(null), done("a"), failed(null)], null);
    assert.deepEqual(idsOf(submission), ["a"]);
    assert.equal(submission.unfinished, 2);
  });

  test("has no image before anything is finished", () => {
    assert.deepEqual(submissionOf([failed("a")], null).images, []);
  });

  test("describes what is missing", () => {
    const nothing = { images: [], unfinished: 0, notRequested: 0, missing: 0 };
    assert.equal(inWords(nothing), "");
    assert.equal(inWords({ ...nothing, unfinished: 1 }), "Not in the CSV: 1 image failed or not finished.");
    assert.match(inWords({ ...nothing, notRequested: 2 }), /2 images that the sample submission does not list/);
    assert.match(inWords({ ...nothing, missing: 3 }), /3 images of the sample submission are not in the list/);
  });
});
