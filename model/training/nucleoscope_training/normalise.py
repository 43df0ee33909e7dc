"""Contrast normalisation, defined so that the product can do exactly the same.

1. `low` and `high` are the 1st and the 99.8th percentile of *all* values of the whole image, the
   channels taken together (a gray image repeated to three channels has the same percentiles).
2. A percentile is the nearest rank: of n sorted values, the one at index ceil(p / 100 * n) - 1.
3. x = clip((value - low) / max(high - low, EPSILON), CLIP_LOW, CLIP_HIGH), in float32.

A constant image becomes 0 everywhere.
"""

import math

import numpy as np

LOW_PERCENTILE = 1.0
HIGH_PERCENTILE = 99.8
CLIP_LOW = -0.5
CLIP_HIGH = 1.5
EPSILON = 1e-6


def nearest_rank(count: int, percentile: float) -> int:
    """Index of the percentile among `count` sorted values."""
    return min(max(math.ceil(percentile / 100 * count) - 1, 0), count - 1)


def percentiles(values: np.ndarray) -> tuple[float, float]:
    """The low and the high percentile of all values."""
    flat = values.ravel()
    low, high = (nearest_rank(flat.size, p) for p in (LOW_PERCENTILE, HIGH_PERCENTILE))
    if flat.dtype == np.uint8:
        ranks = np.cumsum(np.bincount(flat, minlength=256))
        return float(np.searchsorted(ranks, low + 1)), float(np.searchsorted(ranks, high + 1))
    ordered = np.partition(flat, (low, high))
    return float(ordered[low]), float(ordered[high])


def stretch(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Brings low to 0 and high to 1, and clips."""
    scale = np.float32(1 / max(high - low, EPSILON))
    out = (values.astype(np.float32) - np.float32(low)) * scale
    return np.clip(out, CLIP_LOW, CLIP_HIGH, out=out)


def normalise(values: np.ndarray) -> np.ndarray:
    """The image as the network wants it, float32, of the same shape."""
    return stretch(values, *percentiles(values))
