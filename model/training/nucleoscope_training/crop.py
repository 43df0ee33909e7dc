"""A crop of an image with its annotation."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Crop:
    """`image` is [S,S] or [S,S,3]; `areas` has each whole nucleus's pixels at the crop's scale."""

    image: np.ndarray
    labels: np.ndarray
    distance: np.ndarray
    areas: np.ndarray
