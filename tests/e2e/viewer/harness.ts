/** The picture by itself, with synthetic nuclei. */
import { followGestures } from "../../../packages/nucleoscope/src/viewer/gestures.ts";
import { ImageCanvas, type Marks } from "../../../packages/nucleoscope/src/viewer/image-canvas.ts";
import { NucleiMap } from "../../../packages/nucleoscope/src/viewer/nuclei-map.ts";
import type { Outlines, Point } from "../../../packages/nucleoscope/src/wasm/nucleoscope.js";

/** Discs on a square grid, with outlines along the sides of pixels. */
function discs(count: number, side: number): Outlines {
  const perRow = Math.ceil(Math.sqrt(count));
  const pitch = Math.floor(side / perRow);
  const radius = Math.floor(pitch * 0.42);
  // The upper right quarter from the top, as steps; the others are its reflections.
  const quarter: [number, number][] = [];
  for (let row = 0; row < radius; row++) {
    const width = Math.round(Math.sqrt(radius ** 2 - (radius - row - 0.5) ** 2));
    const above = quarter.at(-1);
    if (above === undefined || above[0] !== width) quarter.push([width, row - radius], [width, row + 1 - radius]);
    else above[1] = row + 1 - radius;
  }
  const right = [...quarter, ...quarter.toReversed().map(([x, y]): [number, number] => [x, -y])];
  const disc = [...right, ...right.toReversed().map(([x, y]): [number, number] => [-x, y])];
  const points = new Int32Array(2 * disc.length * count);
  for (let nucleus = 0; nucleus < count; nucleus++) {
    const x = ((nucleus % perRow) + 0.5) * pitch;
    const y = (Math.floor(nucleus / perRow) + 0.5) * pitch;
    points.set(
      disc.flatMap(([left, top]) => [Math.round(x + left), Math.round(y + top)]),
      2 * disc.length * nucleus,
    );
  }
  return {
    points,
    offsets: Uint32Array.from({ length: count + 1 }, (_, index) => index * disc.length),
    labels: Uint32Array.from({ length: count }, (_, index) => index + 1),
  };
}

function part<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no #${id}`);
  return found;
}

const canvas = new ImageCanvas(part("canvas", HTMLCanvasElement), part("marks", HTMLCanvasElement), () => {});

/** Shows an image with a picture and as many nuclei. */
async function show(count: number, side: number): Promise<void> {
  const pictureSide = Math.min(side, 4096);
  const source = new OffscreenCanvas(pictureSide, pictureSide);
  const context = source.getContext("2d");
  context?.fillRect(0, 0, pictureSide, pictureSide);
  const bitmap = await createImageBitmap(source);
  const outlines = discs(count, side);
  const map = new NucleiMap(outlines);
  const nuclei = { outlines, map, kindOf: () => "plain" as const, revision: 1 };
  const image = { width: side, height: side };
  canvas.show(
    {
      image,
      picture: { bitmap, ...image },
      tiles: null,
      second: null,
      nuclei,
      missed: null,
      cells: null,
      regions: [],
      micrometresPerPixel: 0.5,
    },
    true,
  );
  const mark = (marks: Partial<Marks>): void =>
    canvas.mark({ selected: none, hovered: null, highlighted: none, draft: null, pen: null, brush: null, ...marks });
  followGestures(
    part("surface", HTMLElement),
    canvas.viewport,
    {
      begins: () => false,
      draws: () => {},
      ends: () => {},
      taps: () => {},
      hovers: (place) => mark({ hovered: place === null ? null : map.at(canvas.toImage(place)) || null }),
    },
    () => canvas.redraw(),
  );
  Object.assign(globalThis, { mark, at: (place: Point) => map.at(place) });
}

const none: ReadonlySet<number> = new Set();

/** The work done so far. */
const work = (): object => ({
  ...canvas.drawings,
  nucleusTiles: canvas.tilesDrawn.nuclei,
  markTiles: canvas.tilesDrawn.marks,
});

Object.assign(globalThis, { show, work, canvas });
