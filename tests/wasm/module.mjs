// The built module, instantiated once in Node.
import { readFile } from "node:fs/promises";

const folder = new URL("../../www/src/wasm/", import.meta.url);
let loading;

export function wasm() {
  loading ??= (async () => {
    const nucleoscope = await import(new URL("nucleoscope.js", folder));
    nucleoscope.initSync({ module: await readFile(new URL("nucleoscope_bg.wasm", folder)) });
    return nucleoscope;
  })();
  return loading;
}

export async function segmenter() {
  const { Segmenter } = await wasm();
  return new Segmenter(await readFile(new URL("../../model/nuclei.onnx", import.meta.url)));
}
