/** The package's types, as the compilers of its users see them, with `skipLibCheck` off. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { root } from "../../tools/step.mjs";
import { installed } from "./installed.mjs";

const browser = `
import { createEngine, type Engine, EngineError, segment, type SegmentedImage } from "nucleoscope";

export async function count(file: Blob): Promise<number> {
  const engine: Engine = await createEngine({ wasm: "/wasm", workers: 2 });
  const image: SegmentedImage = await segment(engine, file, { minimumArea: 3, channel: "DAPI", keepPrediction: true });
  const labels: Uint32Array = (await image.adjust({ h: 0.2 })).labels;
  const [first] = await image.measurements();
  const area: number | null | undefined = first?.["area_px2"];
  const runs: string[] = await image.toRle();
  const names: string[] = engine.settingList.map(({ name }) => name);
  // @ts-expect-error There is no such option.
  await segment(engine, file, { minArea: 3 });
  return labels.length + (area ?? 0) + runs.length + names.length;
}

export const help = (error: unknown): string => (error instanceof EngineError ? error.help : "");
`;

const node = `
import { close, segment, segmentAll, type BatchItem, type StackInfo } from "nucleoscope/node";

export async function run(paths: string[], signal: AbortSignal): Promise<number> {
  let nuclei = 0;
  for await (const { input, image, error } of segmentAll(paths, { signal, workers: 2, pixelSize: { x: 1, y: 2 } })) {
    if (error !== undefined) console.error(input, error.code, error.message, error.help);
    else nuclei += image.count;
  }
  const { stack } = await segment(new Uint8Array(), { slice: "max", diameter: 20 });
  const channels: StackInfo["channels"] = stack.channels;
  const items: BatchItem[] = [];
  // @ts-expect-error The slice is a number or "max".
  await segment("a.png", { slice: "all" });
  await close();
  return nuclei + channels.length + items.length;
}
`;

const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
const consumers = {
  "a bundler, for browsers": {
    code: browser,
    options: { module: "ESNext", moduleResolution: "Bundler", lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] },
  },
  "a bundler, for browsers, with Node's types": {
    code: browser,
    options: { module: "ESNext", moduleResolution: "Bundler", lib: ["ES2022", "DOM"], types: ["node"] },
  },
  "Node's resolution, for browsers": {
    code: browser,
    options: { module: "NodeNext", moduleResolution: "NodeNext", lib: ["ES2022", "DOM"], types: [] },
  },
  "Node's resolution, without the types of browsers": {
    code: node,
    options: { module: "NodeNext", moduleResolution: "NodeNext", lib: ["ES2022"], types: ["node"] },
  },
};

let folder;

before(() => {
  folder = installed();
  mkdirSync(join(folder, "node_modules", "@types"));
  symlinkSync(join(root, "node_modules", "@types", "node"), join(folder, "node_modules", "@types", "node"), "junction");
});

describe("the types compile", () => {
  for (const [index, [name, { code, options }]] of Object.entries(consumers).entries()) {
    test(`with ${name}`, () => {
      const project = join(folder, `consumer-${index}`);
      mkdirSync(project);
      writeFileSync(join(project, "use.ts"), code);
      const compilerOptions = { target: "ES2022", noEmit: true, ...strict, ...options };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
      const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
      const { status, stdout } = spawnSync(process.execPath, [compiler, "--project", project], { encoding: "utf8" });
      assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
    });
  }
});
