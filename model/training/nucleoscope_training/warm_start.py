"""Continues training from a shipped ONNX file, whose batch norm has been folded.

The file holds one convolution with bias where the network has a convolution and a batch norm. The
norm is set to pass everything through plus the bias; then, from what the convolutions give on real
batches, its statistics are filled in and its gain and offset chosen so that it still does the same.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from .export import block_order
from .model_file import read_weights
from .network import OUTPUT_CHANNELS, NucleusNetwork


def read_onnx(path: Path) -> NucleusNetwork:
    """The network of a file that `export` or `quantise` wrote, with the same output."""
    stored = read_weights(onnx.load(path))

    def values(name: str) -> Tensor:
        return torch.from_numpy(stored[name].copy())

    levels = 1 + sum(name.startswith("lateral") for name in stored)
    channels = tuple(len(values(f"encoder{k}.conv1.weight")) for k in range(1, levels + 1))
    network = NucleusNetwork(channels)
    order = torch.from_numpy(np.argsort(block_order(OUTPUT_CHANNELS)))
    with torch.no_grad():
        for name, module in network.named_modules():
            if not isinstance(module, nn.Conv2d):
                continue
            weight = values(f"{name}.weight")
            if name == "head":
                module.weight.copy_(weight[order])
                module.bias.copy_(values("head.bias")[order])
                continue
            module.weight.copy_(weight[:, : module.in_channels])
            if norm := norm_after(network, name):
                norm.weight.fill_((1 + norm.eps) ** 0.5)
                norm.bias.copy_(values(f"{name}.bias"))
    return network.eval()


def norm_after(network: NucleusNetwork, name: str) -> nn.BatchNorm2d | None:
    """The batch norm after a convolution."""
    norms = dict(network.named_modules())
    return norms.get(name.replace(".conv", ".norm")) if ".conv" in name else None


@torch.no_grad()
def fill_norms(network: NucleusNetwork, images: Iterable[Tensor]) -> None:
    """Sets every batch norm's statistics to those of its input, without changing the output.

    `images` are batches [B,3,H,W]. The network must be fresh from `read_onnx`.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    sums = {norm: torch.zeros(2, norm.num_features, dtype=torch.float64) for norm in norms}
    count = 0

    def note(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3))
        sums[norm] += torch.stack([mean, variance + mean**2])

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    for batch in images:
        network(batch)
        count += 1
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, square = sums[norm] / count
        mean, variance = mean.float(), (square - mean**2).clamp(min=1e-4).float()
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.add_(mean)
