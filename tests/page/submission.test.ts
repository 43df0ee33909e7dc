import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { rowsUnder, submissionOf } from "../../www/src/submission.ts";
import { describe as inWords } from "../../www/src/download.ts";

const header = "ImageId,EncodedPixels\n";
const done = (imageId: string) => ({ imageId, csvRows: `${imageId},1 2\n` });
const failed = (imageId: string | null) => ({ imageId, csvRows: null });

describe("the Bowl's CSV of a batch", () => {
  test("has the finished images in the order of the list", () => {
    const { parts, unfinished } = submissionOf(header, [done("b"), failed("c"), done("a")], null);
    assert.equal(parts.join(""), "ImageId,EncodedPixels\nb,1 2\na,1 2\n");
    assert.equal(unfinished, 1);
  });

  test("follows a sample submission's order, and counts the images left out", () => {
    const submission = submissionOf(header, [done("b"), done("a"), done("c"), failed("d")], ["a", "x", "d", "b"]);
    assert.equal(submission.parts.join(""), "ImageId,EncodedPixels\na,1 2\nb,1 2\n");
    assert.deepEqual([submission.unfinished, submission.notRequested, submission.missing], [1, 1, 1]);
  });

  test("has rows with the image's current id", () => {
    assert.equal(rowsUnder("b_x", "x,1 2\nx,5 1\n"), "b_x,1 2\nb_x,5 1\n");
    assert.equal(rowsUnder('"b, x"', '"a, ""x""",1 2\n"a, ""x""",\n'), '"b, x",1 2\n"b, x",\n');
    assert.equal(rowsUnder("$&", "x,\n"), "$&,\n");
    assert.equal(rowsUnder("x", "x,1 2\n"), "x,1 2\n");
  });

  test("has every image once, even if a sample submission repeats its id", () => {
    assert.equal(submissionOf(header, [done("a")], ["a", "a"]).parts.join(""), `${header}a,1 2\n`);
  });

  test("never has a row for a file that was not an image, whatever its name", () => {
    const { parts, unfinished } = submissionOf(header, [failed(null), done("a"), failed(null)], null);
    assert.deepEqual(parts, [header, "a,1 2\n"]);
    assert.equal(unfinished, 2);
  });

  test("has nothing but the header before anything is finished", () => {
    assert.deepEqual(submissionOf(header, [failed("a")], null).parts, [header]);
  });

  test("describes what is missing", () => {
    const nothing = { parts: [], unfinished: 0, notRequested: 0, missing: 0 };
    assert.equal(inWords(nothing), "");
    assert.equal(inWords({ ...nothing, unfinished: 1 }), "Not in the CSV: 1 image failed or not finished.");
    assert.match(inWords({ ...nothing, notRequested: 2 }), /2 images that the sample submission does not list/);
    assert.match(inWords({ ...nothing, missing: 3 }), /3 images of the sample submission are not in the list/);
  });
});
