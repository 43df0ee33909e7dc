"""ONNX Runtime's output for a fixed input, with which the program's tests compare.

This package's own tests hold PyTorch against the same answer.
"""

import json
from itertools import accumulate
from pathlib import Path

import numpy as np
import onnxruntime

from .network import INPUT_CHANNELS

HEIGHT, WIDTH = 32, 64
DECIMALS = 6


def input_image() -> np.ndarray:
    """[1,3,HEIGHT,WIDTH]; numbers that every language computes exactly.

    A linear congruential generator (Numerical Recipes) from 0; its upper 12 bits over 4096.
    """
    count = INPUT_CHANNELS * HEIGHT * WIDTH
    states = accumulate(range(count + 1), lambda x, _: (x * 1664525 + 1013904223) % 2**32)
    values = np.array(list(states)[1:], np.uint32) >> 20
    return (values / np.float32(4096)).astype(np.float32).reshape(1, INPUT_CHANNELS, HEIGHT, WIDTH)


def write_reference(model: Path, path: Path) -> None:
    """Writes the logits, channel by channel and row by row, as JSON."""
    logits = onnxruntime.InferenceSession(model).run(["maps"], {"image": input_image()})[0]
    numbers = [round(value, DECIMALS) for value in logits.ravel().tolist()]
    content = {"height": HEIGHT, "width": WIDTH, "logits": numbers}
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
