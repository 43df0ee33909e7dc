"""Reads the weights of an exported file, however they are stored, and writes files."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

HALF = ".half"
"""The suffix of a weight in half precision; a Cast node outputs it under its own name."""

BYTES, SCALES = ".bytes", ".scales"
"""The suffixes of the inputs of DequantizeLinear for a weight that is stored in 8 bits."""


def read_weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Weights and biases in float32, as used for inference, by their names without suffixes."""
    stored = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    weights = {}
    for name, values in stored.items():
        if name.endswith(BYTES):
            name = name.removesuffix(BYTES)
            scales = stored[name + SCALES][:, None, None, None]
            weights[name] = values.astype(np.float32) * scales
        elif not name.endswith(SCALES):
            weights[name.removesuffix(HALF)] = values.astype(np.float32)
    return weights


def write_model(model: onnx.ModelProto, path: Path) -> None:
    """Writes the file atomically, so that no reader sees an incomplete file."""
    partial = path.with_suffix(".partial")
    partial.write_bytes(model.SerializeToString(deterministic=True))
    partial.replace(path)
