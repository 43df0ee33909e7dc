/**
 * Loads, in the WebAssembly module, a model with each operator that the guide lists. Loading runs the
 * model once: an operator whose code was left out of the module would stop it.
 */
import { readFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { beforeAll, test } from "vitest";
import { wasm } from "./module.ts";
import { type Attribute, modelMetadata, type Node, onnxModel, type Tensor } from "./onnx.ts";

const metadata = { ...modelMetadata, name: "operators", stride: "32", halo: "32" };

interface Recipe {
  nodes: Node[];
  tensors?: Tensor[];
}

const floats = (name: string, dims: number[], values: number[]): Tensor => ({ name, dims, type: "float", values });
const integers = (name: string, values: number[]): Tensor => ({ name, dims: [values.length], type: "int64", values });
const filled = (name: string, dims: number[], value: number): Tensor =>
  floats(name, dims, new Array(dims.reduce((product, side) => product * side, 1)).fill(value));
const node = (operator: string, inputs: string, outputs: string, attributes?: Record<string, Attribute>): Node => ({
  operator,
  inputs: inputs.split(" "),
  outputs: outputs.split(" "),
  ...(attributes && { attributes }),
});
const int = (value: number) => ({ int: value });
const ints = (...values: number[]) => ({ ints: values });

/** One node from `image` to `maps`, with tensors as further inputs. */
const direct = (operator: string, attributes?: Record<string, Attribute>, ...tensors: Tensor[]): Recipe => ({
  nodes: [node(operator, ["image", ...tensors.map(({ name }) => name)].join(" "), "maps", attributes)],
  tensors,
});
/** The operator's float result, which broadcasts to the image, is added to it. */
const added = (nodes: Node[], ...tensors: Tensor[]): Recipe => ({
  nodes: [...nodes, node("Add", "image value", "maps")],
  tensors,
});
/** The operator between two changes of the axes, so that the channels come last. */
const channelsLast = (operator: string, attributes?: Record<string, Attribute>, ...tensors: Tensor[]): Recipe => ({
  nodes: [
    node("Transpose", "image", "before", { perm: ints(0, 2, 3, 1) }),
    node(operator, ["before", ...tensors.map(({ name }) => name)].join(" "), "after", attributes),
    node("Transpose", "after", "maps", { perm: ints(0, 3, 1, 2) }),
  ],
  tensors,
});
const comparison = (operator: string): Recipe => ({
  nodes: [node(operator, "image level", "condition"), node("Where", "condition image image", "maps")],
  tensors: [filled("level", [1], 0.5)],
});
const logical = (operator: string): Recipe => ({
  nodes: [
    node("Greater", "image level", "bright"),
    node("Less", "image level", "dark"),
    node(operator, operator === "Not" ? "bright" : "bright dark", "condition"),
    node("Where", "condition image image", "maps"),
  ],
  tensors: [filled("level", [1], 0.5)],
});
const reduction = (operator: string): Recipe => added([node(operator, "image", "value", { keepdims: int(1) })]);
const scale = filled("scale", [3], 0.5);
const offset = filled("offset", [3], 0.25);
const kernel = filled("kernel", [3, 3, 3, 3], 0.03);
const same = { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) };
const half = { kernel_shape: ints(2, 2), strides: ints(2, 2) };
const step = floats("step", [], [0.01]);
const zero: Tensor = { name: "zero", dims: [], type: "uint8", values: [0] };
const bytes = (name: string, dims: number[]): Tensor => ({
  name,
  dims,
  type: "uint8",
  values: new Array(dims.reduce((product, side) => product * side, 1)).fill(1),
});
const quantized = node("QuantizeLinear", "image step zero", "quantized");

const recipes: Record<string, Recipe> = {
  Add: direct("Add", {}, perChannel("other")),
  And: logical("And"),
  ArgMax: added([
    node("ArgMax", "image", "index", { axis: int(1), keepdims: int(1) }),
    node("Cast", "index", "value", { to: int(1) }),
  ]),
  ArgMin: added([
    node("ArgMin", "image", "index", { axis: int(1), keepdims: int(1) }),
    node("Cast", "index", "value", { to: int(1) }),
  ]),
  AveragePool: direct("AveragePool", same),
  BatchNormalization: direct(
    "BatchNormalization",
    {},
    scale,
    offset,
    filled("mean", [3], 0.1),
    filled("variance", [3], 1),
  ),
  Cast: direct("Cast", { to: int(1) }),
  CastLike: direct("CastLike", {}, scale),
  Clip: direct("Clip", {}, floats("low", [], [0]), floats("high", [], [1])),
  Concat: {
    nodes: [
      node("Split", "image", "red green blue", { axis: int(1), num_outputs: int(3) }),
      node("Concat", "blue green red", "maps", { axis: int(1) }),
    ],
  },
  Constant: added([node("Constant", "", "value", { value_float: { float: 0.5 } })]),
  ConstantOfShape: added([
    node("Shape", "image", "shape"),
    node("ConstantOfShape", "shape", "zeros"),
    node("Cast", "zeros", "value", { to: int(1) }),
  ]),
  Conv: direct("Conv", same, kernel),
  ConvInteger: {
    nodes: [
      quantized,
      node("ConvInteger", "quantized weights", "sum", same),
      node("Cast", "sum", "maps", { to: int(1) }),
    ],
    tensors: [step, zero, bytes("weights", [3, 3, 3, 3])],
  },
  ConvTranspose: {
    nodes: [node("ConvTranspose", "image wide", "large", half), node("MaxPool", "large", "maps", half)],
    tensors: [filled("wide", [3, 3, 2, 2], 0.1)],
  },
  DepthToSpace: {
    nodes: [node("Conv", "image deepening", "deep", half), node("DepthToSpace", "deep", "maps", { blocksize: int(2) })],
    tensors: [filled("deepening", [12, 3, 2, 2], 0.1)],
  },
  DequantizeLinear: {
    nodes: [quantized, node("DequantizeLinear", "quantized step zero", "maps")],
    tensors: [step, zero],
  },
  Div: direct("Div", {}, perChannel("other")),
  DynamicQuantizeLinear: {
    nodes: [
      node("DynamicQuantizeLinear", "image", "quantized found middle"),
      node("Cast", "quantized", "maps", { to: int(1) }),
    ],
  },
  Einsum: direct("Einsum", { equation: { text: "nchw,cd->ndhw" } }, filled("square", [3, 3], 0.3)),
  Equal: comparison("Equal"),
  Expand: {
    nodes: [node("Shape", "image", "shape"), node("Expand", "image shape", "maps")],
  },
  Gather: direct("Gather", { axis: int(1) }, integers("order", [2, 1, 0])),
  Gemm: added(
    [
      node("GlobalAveragePool", "image", "pooled"),
      node("Flatten", "pooled", "row"),
      node("Gemm", "row square offset", "mixed"),
      node("Unsqueeze", "mixed axes", "value"),
    ],
    filled("square", [3, 3], 0.3),
    offset,
    integers("axes", [2, 3]),
  ),
  GlobalAveragePool: added([node("GlobalAveragePool", "image", "value")]),
  GlobalMaxPool: added([node("GlobalMaxPool", "image", "value")]),
  Greater: comparison("Greater"),
  GreaterOrEqual: comparison("GreaterOrEqual"),
  GroupNormalization: direct("GroupNormalization", { num_groups: int(3) }, scale, offset),
  InstanceNormalization: direct("InstanceNormalization", {}, scale, offset),
  LRN: direct("LRN", { size: int(3) }),
  LayerNormalization: channelsLast("LayerNormalization", {}, scale, offset),
  Less: comparison("Less"),
  LessOrEqual: comparison("LessOrEqual"),
  MatMul: channelsLast("MatMul", {}, filled("square", [3, 3], 0.3)),
  MatMulInteger: {
    nodes: [
      quantized,
      node("Transpose", "quantized", "before", { perm: ints(0, 2, 3, 1) }),
      node("MatMulInteger", "before weights", "sum"),
      node("Cast", "sum", "after", { to: int(1) }),
      node("Transpose", "after", "maps", { perm: ints(0, 3, 1, 2) }),
    ],
    tensors: [step, zero, bytes("weights", [3, 3])],
  },
  Max: direct("Max", {}, perChannel("other")),
  MaxPool: direct("MaxPool", same),
  Mean: direct("Mean", {}, perChannel("other")),
  Min: direct("Min", {}, perChannel("other")),
  Mod: direct("Mod", { fmod: int(1) }, perChannel("other")),
  Mul: direct("Mul", {}, perChannel("other")),
  Not: logical("Not"),
  Or: logical("Or"),
  PRelu: direct("PRelu", {}, perChannel("other")),
  Pad: {
    nodes: [node("Pad", "image pads", "large"), node("Slice", "large starts ends axes", "maps")],
    tensors: [
      integers("pads", [0, 0, 1, 1, 0, 0, 1, 1]),
      integers("starts", [1, 1]),
      integers("ends", [-1, -1]),
      integers("axes", [2, 3]),
    ],
  },
  Pow: direct("Pow", {}, floats("exponent", [], [2])),
  QLinearConv: {
    nodes: [
      quantized,
      node("QLinearConv", "quantized step zero weights step zero step zero", "sum", same),
      node("DequantizeLinear", "sum step zero", "maps"),
    ],
    tensors: [step, zero, bytes("weights", [3, 3, 3, 3])],
  },
  QLinearMatMul: {
    nodes: [
      quantized,
      node("Transpose", "quantized", "before", { perm: ints(0, 2, 3, 1) }),
      node("QLinearMatMul", "before step zero weights step zero step zero", "sum"),
      node("DequantizeLinear", "sum step zero", "after"),
      node("Transpose", "after", "maps", { perm: ints(0, 3, 1, 2) }),
    ],
    tensors: [step, zero, bytes("weights", [3, 3])],
  },
  RMSNormalization: channelsLast("RMSNormalization", {}, scale),
  Range: added(
    [
      node("Range", "start limit delta", "numbers"),
      node("Cast", "numbers", "real", { to: int(1) }),
      node("Unsqueeze", "real axes", "value"),
    ],
    { name: "start", dims: [], type: "int64", values: [0] },
    { name: "limit", dims: [], type: "int64", values: [3] },
    { name: "delta", dims: [], type: "int64", values: [1] },
    integers("axes", [1, 2]),
  ),
  Reshape: { nodes: [node("Shape", "image", "shape"), node("Reshape", "image shape", "maps")] },
  Resize: {
    nodes: [node("Resize", "image  factors", "large"), node("MaxPool", "large", "maps", half)],
    tensors: [floats("factors", [4], [1, 1, 2, 2])],
  },
  Shape: { nodes: [node("Shape", "image", "shape"), node("Reshape", "image shape", "maps")] },
  Size: added([node("Size", "image", "pixels"), node("Cast", "pixels", "value", { to: int(1) })]),
  Squeeze: {
    nodes: [node("Squeeze", "image axes", "flat"), node("Unsqueeze", "flat axes", "maps")],
    tensors: [integers("axes", [0])],
  },
  Sub: direct("Sub", {}, perChannel("other")),
  Sum: direct("Sum", {}, perChannel("other")),
  Tile: direct("Tile", {}, integers("repeats", [1, 1, 1, 1])),
  Transpose: channelsLast("Relu"),
  Xor: logical("Xor"),
};
/** Operators that another one's recipe needs. */
const inRecipeOf: Record<string, string> = {
  Flatten: "Gemm",
  QuantizeLinear: "DequantizeLinear",
  Slice: "Pad",
  Split: "Concat",
  Unsqueeze: "Squeeze",
  Where: "Greater",
};

function perChannel(name: string): Tensor {
  return filled(name, [3, 1, 1], 0.5);
}

/** Any other operator takes the image and gives one of its size, or reduces it to one value. */
function recipeOf(operator: string): Recipe {
  return (
    recipes[inRecipeOf[operator] ?? operator] ??
    (operator.startsWith("Reduce") ? reduction(operator) : direct(operator))
  );
}

let module: Awaited<ReturnType<typeof wasm>>;
beforeAll(async () => {
  module = await wasm();
});

const guide = await readFile(new URL("../../docs/model-metadata.md", import.meta.url), "utf8");
const list = guide.split("\n").find((line) => line.startsWith("- Its operators")) ?? "";
const operators = [...list.matchAll(/`\w+`/g)].map(([name]) => name.slice(1, -1));

test("the guide's list is found", () => assert.ok(operators.length > 100, `${operators.length} operators`));

test.each(operators)("a model with %s is loaded and run", (operator) => {
  const { nodes, tensors = [] } = recipeOf(operator);
  assert.ok(nodes.some((used) => used.operator === operator));
  const network = new module.Segmenter(onnxModel(nodes, tensors, metadata));
  assert.equal(network.metadata().name, "operators");
  network.free();
});

test("a model with an operator of another kind of network is refused", () => {
  const model = onnxModel([node("LSTM", "image", "maps")], [], metadata);
  assert.throws(() => new module.Segmenter(model), { code: "model/operators" });
});
