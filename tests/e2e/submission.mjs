/** Reads the Bowl's CSV and checks every rule of its format, independently of the library. */
import assert from "node:assert/strict";

/**
 * Parses a submission and checks it. `sizes` has `{ width, height }` for each allowed id.
 * Returns a map from id to its nuclei, each a list of `[start, length]` runs.
 */
export function readSubmission(text, sizes) {
  assert.ok(text.endsWith("\n"), "the last line ends");
  assert.ok(!text.includes("\r"), "lines end with a line feed only");
  const [header, ...rows] = text.slice(0, -1).split("\n");
  assert.equal(header, "ImageId,EncodedPixels");
  const images = new Map();
  let current;
  for (const row of rows) {
    const fields = row.split(",");
    assert.equal(fields.length, 2, `two fields: ${row.slice(0, 80)}`);
    const [imageId, encoded] = fields;
    const size = sizes.get(imageId);
    assert.ok(size !== undefined, `${imageId} is an image of the batch`);
    if (imageId !== current) {
      assert.ok(!images.has(imageId), `the rows of ${imageId} are together`);
      images.set(imageId, []);
      current = imageId;
    }
    const nuclei = images.get(imageId);
    if (encoded === "") {
      nuclei.empty = true;
    } else {
      nuclei.push(readRuns(encoded, size, imageId));
    }
    assert.ok(!(nuclei.empty && nuclei.length > 0), `${imageId} is either empty or not`);
  }
  for (const [imageId, nuclei] of images) {
    assert.ok(nuclei.length > 0 || nuclei.empty, `${imageId} has a row`);
    assertDisjoint(imageId, nuclei, sizes.get(imageId));
  }
  return images;
}

function readRuns(encoded, { width, height }, imageId) {
  assert.match(encoded, /^[1-9]\d*( [1-9]\d*)*$/, `${imageId}: positive numbers, one space between them`);
  const numbers = encoded.split(" ").map(Number);
  assert.equal(numbers.length % 2, 0, `${imageId}: pairs of start and length`);
  const runs = [];
  let end = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const [start, length] = [numbers[index], numbers[index + 1]];
    assert.ok(start > end, `${imageId}: runs ascend and do not touch`);
    end = start + length - 1;
    assert.ok(end <= width * height, `${imageId}: runs stay inside the image`);
    runs.push([start, length]);
  }
  return runs;
}

function assertDisjoint(imageId, nuclei, size) {
  labelsOf(nuclei, size, () => assert.fail(`${imageId}: a pixel belongs to two nuclei`));
}

/** The nuclei as a label image, column by column: 0 is background. */
export function labelsOf(nuclei, { width, height }, onOverlap = () => undefined) {
  const labels = new Uint32Array(width * height);
  nuclei.forEach((runs, index) => {
    for (const [start, length] of runs) {
      for (let pixel = start - 1; pixel < start - 1 + length; pixel++) {
        if (labels[pixel] !== 0) onOverlap();
        labels[pixel] = index + 1;
      }
    }
  });
  return labels;
}

/** The share of pixels on which two label images of the same nuclei agree, however they are numbered. */
export function agreement(left, right) {
  const votes = new Map();
  for (let pixel = 0; pixel < left.length; pixel++) {
    const key = left[pixel] * 0x100000 + right[pixel];
    votes.set(key, (votes.get(key) ?? 0) + 1);
  }
  // Each label of one side is matched with the label of the other with which it shares the most pixels.
  const best = new Map();
  for (const [key, count] of [...votes].sort((a, b) => b[1] - a[1])) {
    const label = Math.floor(key / 0x100000);
    if (!best.has(label)) best.set(label, { other: key % 0x100000, count });
  }
  const taken = new Set();
  let agreed = 0;
  for (const [label, { other, count }] of [...best].sort((a, b) => b[1].count - a[1].count)) {
    if ((label === 0) !== (other === 0) || taken.has(other)) continue;
    taken.add(other);
    agreed += count;
  }
  return left.length === 0 ? 1 : agreed / left.length;
}
