/** The built module, instantiated once in Node. */
import { readFile } from "node:fs/promises";
import * as nucleoscope from "../../packages/nucleoscope/src/wasm/nucleoscope.js";

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url));

let loading: Promise<typeof nucleoscope> | undefined;

export function wasm(): Promise<typeof nucleoscope> {
  loading ??= (async () => {
    nucleoscope.initSync({ module: await read("packages/nucleoscope/src/wasm/nucleoscope_bg.wasm") });
    return nucleoscope;
  })();
  return loading;
}

export async function segmenter() {
  const { Segmenter } = await wasm();
  return new Segmenter(await read("model/nuclei.onnx"));
}
