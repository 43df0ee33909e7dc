"""What PyTorch answers to a fixed input: in the product's tests its engine must answer the same."""

import json
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch

from .network import INPUT_CHANNELS, NucleusNetwork

HEIGHT, WIDTH = 32, 64
DECIMALS = 6


def input_image() -> np.ndarray:
    """[1,3,HEIGHT,WIDTH]; numbers that any language computes exactly.

    A linear congruential generator (Numerical Recipes) from 0; its upper 12 bits over 4096.
    """
    count = INPUT_CHANNELS * HEIGHT * WIDTH
    states = accumulate(range(count + 1), lambda x, _: (x * 1664525 + 1013904223) % 2**32)
    values = np.array(list(states)[1:], np.uint32) >> 20
    return (values / np.float32(4096)).astype(np.float32).reshape(1, INPUT_CHANNELS, HEIGHT, WIDTH)


def write_reference(network: NucleusNetwork, path: Path) -> None:
    """Writes the logits, channel by channel and row by row, as JSON."""
    with torch.inference_mode():
        logits = network.eval()(torch.from_numpy(input_image())).flatten().tolist()
    numbers = [round(value, DECIMALS) for value in logits]
    content = {"height": HEIGHT, "width": WIDTH, "logits": numbers}
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
