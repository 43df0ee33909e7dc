"""Contrast normalisation, defined so that the program can compute exactly the same.

A single bright object must not reduce the contrast of everything else. So no measure of the range
depends on single pixels, and if the background is dark, the upper end of the range is local.

1. Each channel is divided into blocks of 2x2 pixels (an odd last row or column is left out; a
   side of one pixel is used unchanged). Of a block's four values, the second largest is its *high*
   and the second smallest its *low*: neither a hot nor a dead pixel counts. NaN and infinite values
   are background: the smallest number of the image.
2. A percentile is the nearest rank: of n sorted values, the one at index ceil(p / 100 * n) - 1.
   `low` is the 1st percentile of all blocks' lows, `middle` the 50th and `high` the 99.8th of all
   blocks' highs, the channels together. `noise` is the median of high - low of all blocks, over
   0.594, which gives the standard deviation of white noise.
3. The range is at least `least` = max(12 * noise, 16 steps of an integer image).
4. Bright field (middle - low > (high - low) / 2): low is lowered to high - least if it is
   nearer, and x = (value - low) / (high - low).
5. Dark field: the image is divided into cells of side max(32, the longer side / 16 rounded up),
   made even; the last ones may be smaller. A cell's top is the 99.5th percentile of the highs of
   the blocks in it, of all channels; then the largest top among its 3x3 neighbours. It is at
   least low + max(least, a fifth of the largest top - low). Between the centres of cells the top
   is interpolated linearly, beyond the outermost centres it stays, and
   x = (value - low) / (top - low).
6. x is clipped to CLIP_LOW .. CLIP_HIGH, in float32.

A constant image becomes 0 everywhere (in bright field too: middle = low counts as dark field).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

LOW_PERCENTILE = 1.0
HIGH_PERCENTILE = 99.8
CELL_PERCENTILE = 99.5
SMALLEST_CELL = 32
CELLS_A_SIDE = 16
SMALLEST_SHARE = 0.5
LEAST_NOISES = 12.0
LEAST_STEPS = 16.0
NOISE_OF_BLOCK = 0.594
CLIP_LOW = -0.5
CLIP_HIGH = 1.5


def nearest_rank(count: int, percentile: float) -> int:
    """Index of the percentile among `count` sorted values."""
    return min(max(math.ceil(percentile / 100 * count) - 1, 0), count - 1)


def percentile(values: np.ndarray, percent: float) -> float:
    flat = values.ravel()
    rank = nearest_rank(flat.size, percent)
    return float(np.partition(flat, rank)[rank])


def blocks(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lows and highs [H/2,W/2,C] of the 2x2 blocks of an image [H,W,C]."""
    height, width = values.shape[:2]
    rows = 2 if height > 1 else 1
    columns = 2 if width > 1 else 1
    even = values[: height // rows * rows, : width // columns * columns]
    parts = [even[y::rows, x::columns] for y in range(rows) for x in range(columns)]
    ordered = np.sort(np.stack(parts), axis=0)
    if len(ordered) < 3:
        return ordered[0], ordered[-1]
    return ordered[1], ordered[-2]


@dataclass(frozen=True)
class Levels:
    """`tops` [rows, columns] of the cells of side `cell`; 1 by 1 if the range is not local."""

    low: float
    tops: np.ndarray
    cell: int


def cell_side(height: int, width: int) -> int:
    side = max(SMALLEST_CELL, -(-max(height, width) // CELLS_A_SIDE))
    return side + side % 2


def levels(values: np.ndarray) -> Levels:
    """The range of an image [H,W] or [H,W,C]."""
    values = values if values.ndim == 3 else values[..., None]
    height, width = values.shape[:2]
    lows, highs = blocks(values)
    low = percentile(lows, LOW_PERCENTILE)
    middle, high = percentile(highs, 50), percentile(highs, HIGH_PERCENTILE)
    noise = percentile(highs.astype(np.float32) - lows.astype(np.float32), 50) / NOISE_OF_BLOCK
    steps = LEAST_STEPS if np.issubdtype(values.dtype, np.integer) else 0.0
    least = max(LEAST_NOISES * noise, steps)
    side = cell_side(height, width)
    if middle - low > (high - low) / 2:
        return Levels(min(low, high - least), np.full((1, 1), high, np.float32), side)
    half = side // 2
    tops = np.array(
        [
            [
                percentile(highs[y : y + half, x : x + half], CELL_PERCENTILE)
                for x in range(0, max(highs.shape[1], 1), half)
            ]
            for y in range(0, max(highs.shape[0], 1), half)
        ],
        np.float32,
    )
    tops = cv2.dilate(tops, np.ones((3, 3), np.uint8))
    floor = low + max(least, SMALLEST_SHARE * (float(tops.max()) - low))
    return Levels(low, np.maximum(tops, np.float32(floor)), side)


def places(length: int, cells: int, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pixel of an axis: the cells before and after it, and the share of the one after."""
    at = np.clip((np.arange(length, dtype=np.float32) + 0.5) / side - 0.5, 0, cells - 1)
    before = np.floor(at).astype(int)
    return before, np.minimum(before + 1, cells - 1), (at - before).astype(np.float32)


def top_of_pixels(levels: Levels, height: int, width: int) -> np.ndarray:
    """[H,W]; the upper end of the range of every pixel."""
    rows, columns = levels.tops.shape
    before, after, share = places(width, columns, levels.cell)
    across = levels.tops[:, before] * (1 - share) + levels.tops[:, after] * share
    before, after, share = places(height, rows, levels.cell)
    return across[before] * (1 - share[:, None]) + across[after] * share[:, None]


def normalise(values: np.ndarray) -> np.ndarray:
    """The normalised image for the network, float32, of the same shape."""
    if not np.issubdtype(values.dtype, np.integer):
        finite = np.isfinite(values)
        values = np.where(finite, values, values[finite].min(initial=np.inf) if finite.any() else 0)
    found = levels(values)
    height, width = values.shape[:2]
    span = top_of_pixels(found, height, width) - np.float32(found.low)
    scale = np.where(span > 0, 1 / np.where(span > 0, span, 1), 0).astype(np.float32)
    out = (values.astype(np.float32) - np.float32(found.low)) * (
        scale if values.ndim == 2 else scale[..., None]
    )
    return np.clip(out, CLIP_LOW, CLIP_HIGH, out=out)
