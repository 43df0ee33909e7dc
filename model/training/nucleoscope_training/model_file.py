"""An exported file: its weights, however it stores them, and how it is written."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

HALF = ".half"
"""Ends the name of a weight in half precision; a Cast node gives it its own name."""

BYTES, SCALES = ".bytes", ".scales"
"""End the names of what a DequantizeLinear node makes a weight of that is stored in 8 bits."""


def read_weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Weights and biases as the engine calculates with, float32, by their names without endings."""
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
    """Writes the file in one go, so that no reader ever sees half of it."""
    partial = path.with_suffix(".partial")
    partial.write_bytes(model.SerializeToString(deterministic=True))
    partial.replace(path)
