"""The network: a small U-Net of plain 3x3 convolutions behind a space-to-depth stem.

Shapes, for an image of H x W (multiples of `STRIDE`)::

    image [B,3,H,W] --space to depth--> [B,12,H/2,W/2]
      encoder1 .. encoder5   two 3x3 convolutions each, max-pool 2 between   (1/2 .. 1/32)
      decoder4 .. decoder1   nearest upsampling of a 1x1 lateral, plus the skip, two 3x3
      head                   1x1 to 12 channels --depth to space--> maps [B,3,H,W]

Why like this: in the browser, plain 3x3 convolutions whose channel counts are multiples of 16 run
at the machine's peak, depthwise ones do not; and starting at half resolution costs little accuracy
and saves three quarters of the most expensive level.

The three output channels are logits: interior, boundary, within-nucleus distance.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS = (32, 48, 80, 128, 160)
STEM = 2
STRIDE = STEM * 2 ** (len(CHANNELS) - 1)
INPUT_CHANNELS = 3
OUTPUT_CHANNELS = 3


class Block(nn.Module):
    """Twice: 3x3 convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm1(self.conv1(x)), inplace=True)
        return F.relu(self.norm2(self.conv2(x)), inplace=True)


class NucleusNetwork(nn.Module):
    """Maps a normalised image to the logits of interior, boundary and distance."""

    def __init__(self, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        self.channels = tuple(channels)
        inputs = (INPUT_CHANNELS * STEM**2, *channels[:-1])
        for level, (i, o) in enumerate(zip(inputs, channels, strict=True), 1):
            self.add_module(f"encoder{level}", Block(i, o))
        for level in range(1, len(channels)):
            lateral = nn.Conv2d(channels[level], channels[level - 1], 1, bias=False)
            self.add_module(f"lateral{level}", lateral)
            self.add_module(f"decoder{level}", Block(channels[level - 1], channels[level - 1]))
        self.head = nn.Conv2d(channels[0], OUTPUT_CHANNELS * STEM**2, 1)
        self._start_quiet()

    def _start_quiet(self) -> None:
        """Starts with low probabilities, because most pixels are background."""
        with torch.no_grad():
            self.head.weight.mul_(0.5)
            prior = torch.tensor([-1.5, -2.5, -2.0])
            self.head.bias.copy_(prior.repeat_interleave(STEM**2))

    def forward(self, image: Tensor) -> Tensor:
        x = F.pixel_unshuffle(image, STEM)
        skips = []
        for level in range(1, len(self.channels) + 1):
            if level > 1:
                x = F.max_pool2d(x, 2)
            x = getattr(self, f"encoder{level}")(x)
            skips.append(x)
        for level in range(len(self.channels) - 1, 0, -1):
            up = F.interpolate(
                getattr(self, f"lateral{level}")(x), scale_factor=2.0, mode="nearest"
            )
            x = getattr(self, f"decoder{level}")(skips[level - 1] + up)
        return F.pixel_shuffle(self.head(x), STEM)


def parameter_count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def multiply_adds(channels: tuple[int, ...] = CHANNELS, height: int = 256, width: int = 256) -> int:
    """Multiply-adds of one forward pass over an image of this size."""
    total = 0
    inputs = (INPUT_CHANNELS * STEM**2, *channels[:-1])
    for level, (i, o) in enumerate(zip(inputs, channels, strict=True)):
        pixels = (height // STEM >> level) * (width // STEM >> level)
        total += pixels * 9 * (i * o + o * o)
        if level < len(channels) - 1:
            total += pixels * 9 * 2 * o * o
        if level > 0:
            total += pixels * o * channels[level - 1]
        else:
            total += pixels * o * OUTPUT_CHANNELS * STEM**2
    return total
