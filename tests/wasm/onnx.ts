/** Writes small ONNX models: the few fields of the format's protocol buffers that the tests need. */

type Field = [number: number, value: Uint8Array];

/** The metadata of a model with three maps, without a halo. */
export const modelMetadata = {
  "nucleoscope.contract": "1",
  name: "model",
  version: "1",
  channels: "interior,boundary,distance",
  activation: "none",
  normalization: "percentile",
  normalization_low: "1",
  normalization_high: "99.8",
  clip_low: "-0.5",
  clip_high: "1.5",
  stride: "8",
  halo: "0",
  training_diameter: "24",
  license: "none",
  data: "none",
};

/** A tensor of a model, by its element type in ONNX. */
export interface Tensor {
  name: string;
  dims: number[];
  type: "float" | "int64" | "uint8";
  values: number[];
}

/** A node; attributes are numbers with a fraction (as strings: "0.5"), integers, texts or lists of integers. */
export interface Node {
  operator: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, Attribute>;
}

export type Attribute = { float: number } | { int: number } | { text: string } | { ints: number[] };

const text = (value: string) => new TextEncoder().encode(value);

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

const integer = (number: number, value: number): Field => [number, joined([varint(number << 3), varint(value)])];
const float32 = (number: number, value: number): Field => [
  number,
  joined([varint((number << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]),
];
const block = (number: number, value: Uint8Array): Field => [
  number,
  joined([varint((number << 3) | 2), varint(value.length), value]),
];
const message = (fields: Field[]) => joined(fields.map(([, bytes]) => bytes));

const elementTypes = { float: 1, uint8: 2, int64: 7 };

function raw({ type, values }: Tensor): Uint8Array {
  if (type === "float") return new Uint8Array(Float32Array.from(values).buffer);
  if (type === "int64") return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return Uint8Array.from(values);
}

function tensorMessage(tensor: Tensor): Uint8Array {
  return message([
    ...tensor.dims.map((side) => integer(1, side)),
    integer(2, elementTypes[tensor.type]),
    block(8, text(tensor.name)),
    block(9, raw(tensor)),
  ]);
}

function attributeMessage(name: string, attribute: Attribute): Uint8Array {
  const fields: Field[] = [block(1, text(name))];
  if ("float" in attribute) fields.push(float32(2, attribute.float), integer(20, 1));
  else if ("int" in attribute) fields.push(integer(3, attribute.int), integer(20, 2));
  else if ("text" in attribute) fields.push(block(4, text(attribute.text)), integer(20, 3));
  else fields.push(...attribute.ints.map((value) => integer(8, value)), integer(20, 7));
  return message(fields);
}

function nodeMessage({ operator, inputs, outputs, attributes = {} }: Node): Uint8Array {
  return message([
    ...inputs.map((name) => block(1, text(name))),
    ...outputs.map((name) => block(2, text(name))),
    block(4, text(operator)),
    ...Object.entries(attributes).map(([name, attribute]) => block(5, attributeMessage(name, attribute))),
  ]);
}

/** A float32 value of the shape `[1, 3, H, W]`. */
function valueMessage(name: string): Uint8Array {
  const sides = [integer(1, 1), integer(1, 3), block(2, text("H")), block(2, text("W"))];
  const shape = message(sides.map((side) => block(1, message([side]))));
  const type = message([block(1, message([integer(1, elementTypes.float), block(2, shape)]))]);
  return message([block(1, text(name)), block(2, type)]);
}

/** The bytes of a model from `image` to `maps`. */
export function onnxModel(nodes: Node[], tensors: Tensor[], metadata: Record<string, string>): Uint8Array {
  const graph = message([
    ...nodes.map((node) => block(1, nodeMessage(node))),
    block(2, text("graph")),
    ...tensors.map((tensor) => block(5, tensorMessage(tensor))),
    block(11, valueMessage("image")),
    block(12, valueMessage("maps")),
  ]);
  const entries = Object.entries(metadata).map(([key, value]) =>
    block(14, message([block(1, text(key)), block(2, text(value))])),
  );
  return message([integer(1, 10), block(7, graph), block(8, message([integer(2, 21)])), ...entries]);
}
