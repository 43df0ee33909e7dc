/** The part of the benchmarks that runs in the browser: all engines in one page, in turns. */
import * as onnxruntime from "onnxruntime-web/wasm";
import initialize, {
  BenchCrowd,
  BenchNetwork,
  BenchStages,
  chainCounts,
  multiplyAdd,
  withoutActivation,
} from "../../target/bench-wasm/nucleoscope_bench.js";
import { interleaved } from "../statistics.mjs";

/** Steps of one measurement of the peak: a few milliseconds. */
const peakSteps = 2_000_000;
/** How often the peak is measured; the best value counts, because nothing makes a processor faster than it is. */
const peakRounds = 10;

const fetched = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());

async function timed(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** The network in onnxruntime-web, with WebAssembly, SIMD and one thread. */
async function peer(model) {
  const { wasm } = onnxruntime.env;
  wasm.numThreads = 1;
  wasm.simd = true;
  wasm.proxy = false;
  wasm.wasmPaths = { wasm: "onnxruntime.wasm" };
  onnxruntime.env.logLevel = "error";
  const session = await onnxruntime.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return async (input, side) => {
    const { maps } = await session.run({ image: new onnxruntime.Tensor("float32", input, [1, 3, side, side]) });
    return maps.data;
  };
}

/** The largest difference between two outputs. */
const difference = (one, other) =>
  one.reduce((most, value, index) => Math.max(most, Math.abs(value - other[index])), 0);

const activated = (logits) => logits.map((logit) => 1 / (1 + Math.exp(-logit)));

globalThis.bench = {
  /** Milliseconds of each engine in each round. */
  async networks(side, turns) {
    const model = await fetched("nuclei.onnx");
    const [web, own, stock] = [await peer(model), BenchNetwork.own(model), BenchNetwork.stock(model)];
    const input = own.input(side);
    return interleaved(
      {
        web: () => timed(() => web(input, side)),
        own: () => timed(() => own.run(input, side)),
        stock: () => timed(() => stock.run(input, side)),
      },
      turns,
    );
  },

  /** The largest differences from onnxruntime-web, before and after the activation. */
  async differences(side) {
    const model = await fetched("nuclei.onnx");
    const own = BenchNetwork.own(withoutActivation(model));
    const input = own.input(side);
    const theirs = await (await peer(model))(input, side);
    const probabilities = BenchNetwork.own(model).run(input, side);
    return {
      logits: difference(own.run(input, side), theirs),
      probabilities: difference(probabilities, activated(theirs)),
    };
  },

  /** Milliseconds of each stage between a file and its nuclei, in each round. */
  async stages(side, turns) {
    const stages = new BenchStages(BenchNetwork.own(await fetched("nuclei.onnx")), side);
    const names = ["decode", "normalize", "infer", "watershed", "outlines", "runLengths"];
    const round = async () => {
      const times = {};
      for (const name of names) times[name] = await timed(() => stages[name]());
      return times;
    };
    return (await interleaved({ round }, turns)).round;
  },

  /** Draws the crowd for {@link watershed}. */
  prepareWatershed() {
    this.crowd = new BenchCrowd();
  },

  /** Milliseconds of one watershed. */
  watershed() {
    return timed(() => this.crowd.watershed());
  },

  /** The best rate, in 10⁹ multiplications and additions per second. */
  peak() {
    let best = 0;
    for (let round = 0; round < peakRounds; round++) {
      for (const chains of chainCounts()) {
        const start = performance.now();
        const operations = multiplyAdd(chains, peakSteps);
        best = Math.max(best, operations / (performance.now() - start) / 1e6);
      }
    }
    return best;
  },

  /** Milliseconds of the first images in a page that has just been loaded. */
  async firstImages(side, count) {
    const own = BenchNetwork.own(await fetched("nuclei.onnx"));
    const input = own.input(side);
    const times = [];
    for (let image = 0; image < count; image++) times.push(await timed(() => own.run(input, side)));
    return times;
  },
};

await initialize({ module_or_path: fetch("nucleoscope_bench_bg.wasm") });
globalThis.isReady = true;
