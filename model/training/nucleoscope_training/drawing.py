"""Random numbers. Every function takes the generator: a crop depends on its seed alone."""

import cv2
import numpy as np

Rng = np.random.Generator


def log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def chance(rng: Rng, probability: float) -> bool:
    return bool(rng.random() < probability)


def noise(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """Standard normal."""
    return rng.standard_normal(shape, dtype=np.float32)


def smooth_field(size: int, rng: Rng) -> np.ndarray:
    """[S,S]; a slowly varying field with values of about -1 to 1."""
    cells = int(rng.integers(2, 6))
    return cv2.resize(noise((cells, cells), rng) * 0.7, (size, size), interpolation=cv2.INTER_CUBIC)


def like(field: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The field [S,S], broadcastable to the image, gray or not."""
    return field if image.ndim == 2 else field[..., None]
