import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { TimeLeft } from "../../packages/nucleoscope/src/session/time-left.ts";
import { explanation } from "../../packages/nucleoscope/src/format.ts";
import { imageCount, nucleusCount, workProgress } from "../../packages/nucleoscope/src/languages/english.ts";

describe("time left", () => {
  test("is not estimated from one or two images", () => {
    const timeLeft = new TimeLeft(1000);
    assert.equal(timeLeft.estimate(2000, 0, 20, 0), null);
    assert.equal(timeLeft.estimate(2000, 2.9, 20, 0.1), null);
  });

  test("is estimated for a single image once part of it has taken long", () => {
    const timeLeft = new TimeLeft(0);
    assert.equal(timeLeft.estimate(19_999, 0.5, 1, 0.5), null);
    assert.equal(timeLeft.estimate(20_000, 0.04, 1, 0.04), null);
    assert.equal(timeLeft.estimate(20_000, 0.1, 1, 0.1), 180);
  });

  test("follows the pixels so far, not the images", () => {
    assert.equal(new TimeLeft(1000).estimate(11_000, 5, 20, 0.25), 30);
    assert.equal(new TimeLeft(1000).estimate(11_000, 5, 20, 0.01), 990);
  });

  test("is null at the end", () => {
    assert.equal(new TimeLeft(0).estimate(1000, 20, 20, 1), null);
    assert.equal(new TimeLeft(0).estimate(1000, 0, 0, 0), null);
  });

  test("is given in everyday words", () => {
    const left = (secondsLeft: number) => workProgress({ done: 1, total: 2, fraction: 0.5, secondsLeft });
    assert.deepEqual(
      [3, 12, 54, 58, 100, 900, 4000, 9000].map(left),
      [
        "a few seconds",
        "about 15 seconds",
        "about 55 seconds",
        "about a minute",
        "about 2 minutes",
        "about 15 minutes",
        "about an hour",
        "about 3 hours",
      ].map((time) => `1 of 2 images done, ${time} left`),
    );
  });
});

describe("texts", () => {
  test("make sentences of errors", () => {
    const error = { message: "the file is empty (0 bytes)", help: "Copy it again." };
    assert.equal(explanation(error), "The file is empty (0 bytes). Copy it again.");
  });

  test("use singular and plural", () => {
    assert.deepEqual([0, 1, 1000].map(imageCount), ["0 images", "1 image", "1,000 images"]);
    assert.deepEqual([0, 1, 2].map(nucleusCount), ["0 nuclei", "1 nucleus", "2 nuclei"]);
  });
});
