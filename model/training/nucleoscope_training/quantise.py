"""Stores an exported file's weights in 8 bits, with a scale for each output channel.

The engine converts them to float32 on loading: the file is half as large, the arithmetic
is the same. Small layers stay in half precision: the stem, whose weights are zeros and ones, the
first convolution after it and the head, together 0.4 % of the weights.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from .model_file import BYTES, HALF, SCALES, write_model
from .receptive_field import halo

KEPT = ("stem.weight", "encoder1.conv1.weight", "head.weight")
LARGEST = 127
CLIPS = np.linspace(0.5, 1, 101)


def round_to_bytes(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 values and one scale for each output channel, with the least squared error.

    A scale that clips the largest weights is finer for all others: each share in CLIPS of a
    channel's largest weight is tried as the greatest value.
    """
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    largest = np.maximum(np.abs(rows).max(axis=1), np.finfo(np.float32).tiny * LARGEST)
    least = np.full(len(rows), np.inf)
    best = np.empty(len(rows), np.float32)
    for clip in CLIPS:
        scales = (clip * largest / LARGEST).astype(np.float32)
        errors = ((quantised(rows, scales) * scales[:, None] - rows) ** 2).sum(axis=1)
        better = errors < least
        best[better], least[better] = scales[better], errors[better]
    return quantised(rows, best).reshape(weight.shape), best


def quantised(rows: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return np.rint(rows / scales[:, None]).clip(-LARGEST, LARGEST).astype(np.int8)


def in_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with the weights of its convolutions in 8 bits."""
    names = [i.name for i in model.graph.initializer]
    if any(name.endswith(BYTES) for name in names):
        raise ValueError("the weights are in 8 bits already; quantise what training exported")
    if not any(name.endswith(HALF) for name in names):
        raise ValueError("no weight is in half precision; export without --float32")
    stored, nodes = [], {node.output[0]: node for node in model.graph.node}
    for initialiser in model.graph.initializer:
        name = initialiser.name.removesuffix(HALF)
        if name == initialiser.name or name in KEPT:
            stored.append(initialiser)
            continue
        values, scales = round_to_bytes(numpy_helper.to_array(initialiser).astype(np.float32))
        parts = {BYTES: values, SCALES: scales}
        stored += [numpy_helper.from_array(part, name + ending) for ending, part in parts.items()]
        cast = nodes[f"{name}.out"]
        inputs = [name + ending for ending in parts]
        cast.CopyFrom(helper.make_node("DequantizeLinear", inputs, cast.output, name, axis=0))
    del model.graph.initializer[:]
    model.graph.initializer.extend(stored)
    return model


def quantise(source: Path, output: Path, version: str) -> None:
    """Writes `source` in 8 bits as `version`, with the halo for its receptive field."""
    model = in_bytes(onnx.load(source))
    metadata = {p.key: p.value for p in model.metadata_props}
    metadata["version"] = model.producer_version = version
    metadata["halo"] = str(halo(model, int(metadata["stride"])))
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    write_model(model, output)
