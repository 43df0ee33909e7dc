import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { Viewport } from "../../packages/nucleoscope/src/viewer/viewport.ts";
import { PictureCache } from "../../packages/nucleoscope/src/viewer/picture-cache.ts";
import type { Picture } from "../../packages/nucleoscope/src/engine/protocol.ts";
import { fake } from "../fake.ts";

function opened(image = { width: 200, height: 100 }, screen = { width: 400, height: 400 }) {
  const viewport = new Viewport();
  viewport.resize(screen);
  viewport.open(image);
  return viewport;
}

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

describe("viewport", () => {
  test("scrolls to a point only if it is not visible", () => {
    const viewport = opened();
    viewport.reveal({ x: 0, y: 0 });
    assert.equal(viewport.fitted, true, "a point at the image's edge is visible");
    viewport.zoomTo(20);
    viewport.reveal({ x: 10, y: 90 });
    const { x, y } = viewport.toImage({ x: 200, y: 200 });
    near(x, 10);
    near(y, 90);
  });

  test("shows the whole image, centred", () => {
    const viewport = opened();
    assert.equal(viewport.scale, 2);
    assert.deepEqual(viewport.offset, { x: 0, y: 100 });
  });

  test("keeps the point under the pointer in place when it zooms", () => {
    const viewport = opened();
    const anchor = { x: 130, y: 170 };
    const under = () => [
      (anchor.x - viewport.offset.x) / viewport.scale,
      (anchor.y - viewport.offset.y) / viewport.scale,
    ];
    const [x, y] = under();
    viewport.zoom(1.7, anchor);
    near(viewport.scale, 3.4);
    near(under()[0], x);
    near(under()[1], y);
  });

  test("stays fitted when the screen changes, until it is moved", () => {
    const viewport = opened();
    viewport.resize({ width: 200, height: 200 });
    assert.equal(viewport.scale, 1);
    viewport.zoomTo(4);
    viewport.resize({ width: 300, height: 300 });
    assert.equal(viewport.scale, 4);
    viewport.fit();
    assert.equal(viewport.fitted, true);
    assert.equal(viewport.scale, 1.5);
  });

  test("always keeps part of the image visible", () => {
    const viewport = opened();
    viewport.pan(1e6, -1e6);
    assert.ok(viewport.offset.x < 400 && viewport.offset.y + 100 * viewport.scale > 0);
    viewport.zoom(1e-9);
    assert.ok(viewport.scale > 0.1);
    viewport.zoom(1e9);
    assert.ok(viewport.scale <= 40);
  });

  test("handles images of one pixel", () => {
    const viewport = opened({ width: 1, height: 1 });
    assert.equal(viewport.scale, 40);
  });
});

describe("picture cache", () => {
  const picture = (name: string, side: number) => {
    const bitmap = {
      width: side,
      height: side,
      closed: false,
      close() {
        this.closed = true;
      },
    };
    return fake<Picture & { bitmap: typeof bitmap }>({ name, bitmap });
  };

  test("drops the pictures that have not been used for the longest time", () => {
    const cache = new PictureCache<string, Picture>(250);
    const [a, b, c] = ["a", "b", "c"].map((name) => picture(name, 10));
    cache.put("a", a);
    cache.put("b", b);
    assert.equal(cache.get("a"), a);
    cache.put("c", c);
    assert.equal(cache.get("b"), undefined);
    assert.equal(b.bitmap.closed, true);
    assert.equal(cache.get("a"), a);
    assert.equal(cache.get("c"), c);
  });

  test("keeps the newest picture, however large", () => {
    const cache = new PictureCache<string, Picture>(250);
    const [small, large] = [picture("small", 10), picture("large", 100)];
    cache.put("small", small);
    cache.put("large", large);
    assert.equal(small.bitmap.closed, true);
    assert.equal(cache.get("large"), large);
    cache.clear();
    assert.equal(large.bitmap.closed, true);
  });
});
