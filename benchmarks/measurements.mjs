/**
 * One function for each group of rows. Each receives the fixture and the plan (how many rounds) and returns its part
 * of the results.
 */
import { readFileSync } from "node:fs";
import { output } from "../tools/step.mjs";
import { measured as measuredSizes } from "../tools/sizes.mjs";
import { manyFiles } from "./many-files.mjs";
import { compare, interleaved, median, rounded } from "./statistics.mjs";
import { rowOf } from "./rows.mjs";

/** How much a full and a quick run measure. */
export const plans = {
  full: {
    turns: { rounds: 15, warmUp: 3 },
    images: 64,
    files: 10_000,
    package: { images: 256, turns: { rounds: 5, warmUp: 1 } },
    dask: ["--turns", "3"],
    growth: new Map([
      [256, 15],
      [512, 15],
      [1024, 15],
      [2048, 5],
      [4096, 3],
      [8192, 1],
    ]),
  },
  quick: {
    turns: { rounds: 3, warmUp: 1 },
    images: 8,
    files: 500,
    package: { images: 8, turns: { rounds: 1, warmUp: 0 } },
    dask: ["--quick"],
    growth: new Map([
      [256, 2],
      [512, 1],
      [1024, 1],
    ]),
  },
};

/** With a given diameter, there is one pass over the image, whose time depends only on the number of pixels. */
const onePass = `?workers=1#settings=${encodeURIComponent(JSON.stringify({ diameter: 24 }))}`;

const seconds = (milliseconds) => milliseconds / 1000;

async function network(fixture, { turns }) {
  const page = await fixture.benchPage();
  const comparisons = [];
  for (const side of [256, 512]) {
    const times = await page.evaluate(([size, rounds]) => globalThis.bench.networks(size, rounds), [side, turns]);
    comparisons.push(compare(rowOf(`network-${side}`), times.own, times.web));
    comparisons.push(compare(rowOf(`network-${side}-stock`), times.own, times.stock));
  }
  return { comparisons };
}

async function differences(fixture) {
  const page = await fixture.benchPage();
  const { logits, probabilities } = await page.evaluate(() => globalThis.bench.differences(256));
  const rows = [
    compare(rowOf("logits-difference"), [logits]),
    compare(rowOf("probability-difference"), [probabilities]),
  ];
  return { comparisons: rows };
}

async function around(fixture, { turns }) {
  const page = await fixture.benchPage();
  const comparisons = [];
  for (const side of [256, 512, 1024]) {
    const times = await page.evaluate(([size, rounds]) => globalThis.bench.stages(size, rounds), [side, turns]);
    const rest = times.map(({ infer, ...others }) => Object.values(others).reduce((sum, time) => sum + time, 0));
    const stages = Object.keys(times[0]).map((name) => [name, rounded(median(times.map((round) => round[name])))]);
    const comparison = compare(
      rowOf(`around-network-${side}`),
      rest,
      times.map(({ infer }) => infer),
    );
    comparisons.push({ ...comparison, stages: Object.fromEntries(stages) });
  }
  return { comparisons };
}

async function watershed(fixture, { turns }) {
  const [page, python] = [await fixture.benchPage(), await fixture.python()];
  const { nuclei } = await python.ask("crowd");
  if (nuclei < 900 || nuclei >= 1100) throw new Error(`scikit-image found ${nuclei} nuclei, not about a thousand`);
  await page.evaluate(() => globalThis.bench.prepareWatershed());
  const times = await interleaved(
    { ours: () => page.evaluate(() => globalThis.bench.watershed()), theirs: () => python.time("crowd") },
    turns,
  );
  return { comparisons: [compare(rowOf("watershed-1024"), times.ours, times.theirs)] };
}

async function batch(fixture, { turns, images }) {
  const paths = [];
  for (let seed = 1; seed <= images; seed++) paths.push(await fixture.picture(256, seed));
  const one = await fixture.openProduct("?workers=1");
  const two = await fixture.openProduct("?workers=2");
  try {
    const engines = { one: () => one.segment(paths), two: () => two.segment(paths) };
    const times = await interleaved(engines, { ...turns, warmUp: 1 });
    const rates = (milliseconds) => milliseconds.map((time) => images / seconds(time));
    return { comparisons: [compare(rowOf("batch-64"), rates(times.two), rates(times.one))] };
  } finally {
    await one.close();
    await two.close();
  }
}

async function download(fixture) {
  await fixture.product();
  const { used } = await measuredSizes();
  return { comparisons: [compare(rowOf("download"), [used.total / 1e6])] };
}

/** Each measurement starts a browser with an empty profile. */
async function start(fixture, { turns }) {
  const firstImage = await fixture.picture(256);
  const openOnce = async () => {
    const browser = await fixture.launch();
    try {
      const page = await fixture.openProduct("", { browser, firstImage });
      const time = await page.firstOutlines();
      await page.close();
      return seconds(time);
    } finally {
      await browser.close();
    }
  };
  const { times } = await interleaved({ times: openOnce }, { ...turns, warmUp: 1 });
  return { comparisons: [compare(rowOf("first-outlines-256"), times)] };
}

async function field(fixture) {
  const path = await fixture.picture(8192);
  const page = await fixture.openProduct("");
  try {
    const time = await page.segment([path]);
    const comparison = compare(rowOf("gray-8192"), [(await page.peakBytes()) / 2 ** 30]);
    return { comparisons: [{ ...comparison, seconds: rounded(seconds(time)) }] };
  } finally {
    await page.close();
  }
}

async function native(fixture, { turns }) {
  const [ours, python] = [await fixture.native(), await fixture.python()];
  const comparisons = [];
  for (const side of [256, 512]) {
    const times = await interleaved(
      {
        own: () => ours.time(`own ${side}`),
        stock: () => ours.time(`stock ${side}`),
        python: () => python.time(`onnxruntime ${side}`),
      },
      turns,
    );
    comparisons.push(compare(rowOf(`native-${side}`), times.own, times.python));
    comparisons.push(compare(rowOf(`native-${side}-stock`), times.own, times.stock));
  }
  return { comparisons };
}

async function files(fixture, { files: count }) {
  const { first } = await manyFiles(await fixture.commandLine(), { count });
  if (first.code !== 0 || first.done !== count) throw new Error(`${first.done} of ${count} files are done`);
  return {
    comparisons: [
      compare(rowOf("files-time"), [(first.beyondSegmentation / count) * 1000]),
      compare(rowOf("files-cores"), [100 * first.coresInUse]),
      compare(rowOf("files-memory"), [first.memory.at(-1)], [first.memory[1]]),
    ],
  };
}

/** Both are whole processes that write the same file, whose bytes are compared. */
async function wheel(fixture, { package: { images, turns } }) {
  const [program, python] = [await fixture.commandLine(), await fixture.wheel()];
  const folder = await fixture.folderOfPictures(256, images);
  const times = await interleaved(
    {
      ours: () => fixture.timed(python, ["benchmarks/folder_to_csv.py", folder.images, folder.ours]),
      theirs: () => fixture.timed(program, ["segment", folder.images, "--threads", "1", "--output", folder.theirs]),
    },
    turns,
  );
  if (readFileSync(folder.ours, "utf8") !== readFileSync(folder.theirs, "utf8")) {
    throw new Error("the Python package and the command line wrote different files");
  }
  return { comparisons: [compare(rowOf("package-256"), times.ours, times.theirs)] };
}

async function dask(fixture, { dask: options }) {
  const python = await fixture.wheel();
  const { image, files } = JSON.parse(output(python, ["benchmarks/dask_workers.py", "--json", ...options]) ?? "{}");
  if (image === undefined) throw new Error("benchmarks/dask_workers.py failed");
  const comparison = (name, { amount, one, several }) => {
    const rates = (times) => times.map((time) => amount / time);
    return compare(rowOf(name), rates(several), rates(one));
  };
  return { comparisons: [comparison("dask-image", image), comparison("dask-files", files)] };
}

/** The table ends at a size that the page refuses; earlier rows are kept. */
async function growth(fixture, { growth: sizes }) {
  const rows = [];
  for (const [side, rounds] of sizes) {
    const path = await fixture.picture(side);
    const page = await fixture.openProduct(onePass);
    try {
      const { times } = await interleaved(
        { times: () => page.segment([path]) },
        { rounds, warmUp: side <= 1024 ? 2 : 0 },
      );
      rows.push({ side, seconds: rounded(seconds(median(times))), rounds });
    } catch (error) {
      return { growth: rows, notRun: `${side} × ${side} pixels: ${error.message}` };
    } finally {
      await page.close();
    }
  }
  return { growth: rows };
}

async function peak(fixture) {
  const [page, ours] = [await fixture.benchPage(), await fixture.native()];
  const gflops = await page.evaluate(() => globalThis.bench.peak());
  const { gflops: nativeGflops } = await ours.ask("peak");
  return { peak: { gflops: rounded(gflops), nativeGflops: rounded(nativeGflops) } };
}

/** Uses its own browser, because another page's engine may have cached the compiled code. */
async function warm(fixture) {
  const browser = await fixture.launch();
  try {
    const { page, close } = await fixture.openBenchPage(browser);
    const times = await page.evaluate(() => globalThis.bench.firstImages(256, 10));
    await close();
    return { warm: { milliseconds: times.map(rounded), ratio: rounded(times[0] / times.at(-1)) } };
  } finally {
    await browser.close();
  }
}

/** The function of each group, by the group's name in `rows.mjs`. */
export const measurements = {
  network,
  differences,
  around,
  watershed,
  batch,
  download,
  start,
  field,
  native,
  files,
  package: wheel,
  dask,
  growth,
  peak,
  warm,
};
