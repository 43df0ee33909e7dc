"""The mean of two files' weights.

Where the second network was trained further from the first, the way between them leads over nothing
worse, and somewhere on it lies something that is as good on what both know and steadier elsewhere
(Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .model_file import BYTES, HALF, read_weights, write_model


def blend(first: Path, second: Path, share: float, output: Path) -> None:
    """Writes `second` with every weight moved to (1 - share) * first + share * second."""
    model, others = onnx.load(second), read_weights(onnx.load(first))
    if any(i.name.endswith(BYTES) for i in model.graph.initializer):
        raise ValueError(f"{second} is in 8 bits; blend what training exported, quantise the blend")
    for initialiser in model.graph.initializer:
        weight = numpy_helper.to_array(initialiser)
        other = others[initialiser.name.removesuffix(HALF)]
        if weight.shape != other.shape:
            raise ValueError(f"{initialiser.name} is {other.shape} in {first}, not {weight.shape}")
        mean = (1 - share) * other.astype(np.float64) + share * weight.astype(np.float64)
        initialiser.CopyFrom(numpy_helper.from_array(mean.astype(weight.dtype), initialiser.name))
    write_model(model, output)
