import assert from "node:assert/strict";
import { beforeEach, describe, test } from "vitest";
import type { Picture } from "../../packages/nucleoscope/src/engine/protocol.ts";
import { PictureTiles } from "../../packages/nucleoscope/src/viewer/picture-tiles.ts";
import type { Rect } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";
import { fake } from "../fake.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Requests that the test answers. */
let requests: { window: Rect; side: number; answer: (fails?: boolean) => Promise<void> }[];
let [closed, changes] = [0, 0];
let drawn: number[][];
const context = fake<CanvasRenderingContext2D>({
  setTransform: () => undefined,
  drawImage: (_: unknown, ...place: number[]) => drawn.push(place),
});

function tilesOf(width: number, height: number, pictureWidth: number) {
  const make = (window: Rect, side: number) =>
    new Promise<Picture>((resolve, reject) => {
      const scale = Math.min(1, side / Math.max(window.width, window.height));
      const bitmap = { width: window.width * scale, height: window.height * scale, close: () => closed++ };
      const answer = async (fails = false) => {
        if (fails) reject(new Error("broken"));
        else resolve(fake<Picture>({ bitmap, width, height }));
        await settled();
      };
      requests.push({ window, side, answer });
    });
  return new PictureTiles({ width, height }, pictureWidth, make, () => changes++);
}

/** A canvas of 600 × 600 pixels whose upper left corner shows a point of the image. */
const at = (scale: number, x: number, y: number) => ({
  scale,
  left: -x * scale,
  top: -y * scale,
  pane: { x: 0, y: 0, width: 600, height: 600 },
});

beforeEach(() => {
  requests = [];
  drawn = [];
  closed = 0;
  changes = 0;
});

describe("the tiles of a picture", () => {
  test("are made one at a time, only the visible ones, those in the middle first", async () => {
    const tiles = tilesOf(8192, 8192, 2048);
    tiles.draw(context, at(1, 700, 700));
    assert.equal(requests.length, 1, "one at a time");
    await requests[0].answer();
    assert.equal(changes, 1);
    while (requests.length < 4) await requests.at(-1)?.answer();
    await requests[3].answer();
    assert.deepEqual(requests.map(({ window: { left, top }, side }) => [left, top, side]).sort(), [
      [1024, 1024, 512],
      [1024, 512, 512],
      [512, 1024, 512],
      [512, 512, 512],
    ]);
    drawn = [];
    tiles.draw(context, at(1, 700, 700));
    assert.ok(tiles.isComplete(at(1, 700, 700)) && !tiles.isComplete(at(1, 0, 0)));
    assert.equal(drawn.length, 4);
    assert.ok(drawn.every(([, , width, height]) => width === 512 && height === 512));
  });

  test("that are not visible any more are not made", async () => {
    const tiles = tilesOf(8192, 8192, 2048);
    tiles.draw(context, at(1, 0, 0));
    tiles.draw(context, at(1, 4096, 4096));
    await requests[0].answer();
    while (requests.length < 5) await requests.at(-1)?.answer();
    await requests[4].answer();
    assert.equal(requests.length, 5, "one that had begun, and four");
    assert.ok(requests.slice(1).every(({ window: { left, top } }) => left >= 4096 && top >= 4096));
  });

  test("have levels, down to that of the reduced picture, and are cut to the image", async () => {
    const tiles = tilesOf(4100, 4100, 1025);
    tiles.draw(context, at(0.25, 0, 0));
    assert.equal(requests.length, 0, "the reduced picture is as good");
    tiles.draw(context, at(0.3, 3300, 3300));
    assert.deepEqual(requests[0].window, { left: 3072, top: 3072, width: 1024, height: 1024 });
    assert.equal(requests[0].side, 512);
    while (requests.length < 4) await requests.at(-1)?.answer();
    const last = requests.map(({ window }) => window).find(({ left, top }) => left === 4096 && top === 4096);
    assert.deepEqual(last, { left: 4096, top: 4096, width: 4, height: 4 });
    tiles.draw(context, at(1, 4096, 4096));
    await requests[3].answer();
    assert.equal(requests[4].side, 4);
  });

  test("are shown where finer ones are missing, and closed at the end", async () => {
    const tiles = tilesOf(4096, 4096, 1024);
    tiles.draw(context, at(0.5, 0, 0));
    while (requests.length < 4) await requests.at(-1)?.answer();
    await requests[3].answer();
    drawn = [];
    tiles.draw(context, at(1, 0, 0));
    assert.ok(drawn.length > 0 && drawn.every(([, , width]) => width === 1024), "coarser tiles");
    tiles.close();
    await requests[4].answer();
    assert.equal(closed, 5);
    assert.equal(requests.length, 5, "nothing is made afterwards");
  });

  test("that cannot be made are left out", async () => {
    const tiles = tilesOf(4096, 4096, 1024);
    tiles.draw(context, at(1, 0, 0));
    await requests[0].answer(true);
    while (requests.length < 4) await requests.at(-1)?.answer();
    await requests[3].answer();
    tiles.draw(context, at(1, 0, 0));
    await settled();
    assert.equal(requests.length, 4);
  });

  test("are dropped when there are many, but not visible ones", async () => {
    const tiles = tilesOf(65_536, 65_536, 4096);
    for (let x = 0; x < 40; x++) {
      tiles.draw(context, at(1, x * 1536, 0));
      const until = 4 * (x + 1);
      while (requests.length < until) await requests.at(-1)?.answer();
      await requests[until - 1].answer();
    }
    assert.ok(closed >= 35 && closed <= 40, `${closed} of 160 tiles`);
    assert.ok(tiles.isComplete(at(1, 39 * 1536, 0)));
  });
});
