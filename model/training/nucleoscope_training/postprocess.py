"""From probability maps to labels, and the estimate of the scale. For validation only: the program
does this in Rust, and published figures come from there."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy import ndimage
from skimage.segmentation import watershed
from torch import nn

from . import targets
from .augmentation import TRAINING_DIAMETER
from .network import STRIDE

# The scales at which the network works, which the program reads from the model's metadata
# (docs/model-metadata.md describes each number). Only some are used here.
SCALES: dict[str, float] = {
    "scale_minimum_diameter": 8,
    "scale_maximum_diameter": 40,
    "scale_target_diameter": TRAINING_DIAMETER,
    "scale_minimum": 0.2,
    "scale_maximum": 1,
    "scale_copy": 0.25,
    "scale_copy_minimum_side": 48,
    "scale_copy_minimum_diameter": 10,
    "scale_copy_minimum_probability": 0.93,
    "scale_tolerance": 0.18,
}

# Probability maps [3,H,W] of an image at a scale, resized to the image's size.
MapsAt = Callable[[float], np.ndarray]


@dataclass(frozen=True)
class Settings:
    """`seed` is the height that distance - boundary_share * boundary must exceed."""

    interior: float = 0.5
    seed: float = 0.35
    boundary_share: float = 0.3
    smallest_seed: int = 3
    smallest_nucleus: int = 20


def maps_at(network: nn.Module, image: np.ndarray) -> MapsAt:
    """The network applied to a normalised image, [H,W] or [H,W,3], as a function of the scale."""
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    height, width = image.shape[:2]

    def at(scale: float) -> np.ndarray:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = image if scale == 1 else cv2.resize(image, size, interpolation=how)
        bottom, right = -size[1] % STRIDE, -size[0] % STRIDE
        padded = cv2.copyMakeBorder(scaled, 0, bottom, 0, right, cv2.BORDER_REFLECT_101)
        tensor = torch.from_numpy(padded)[None].permute(0, 3, 1, 2)
        with torch.inference_mode():
            out = torch.sigmoid(network(tensor))[0, :, : size[1], : size[0]].numpy()
        if scale == 1:
            return out
        how = cv2.INTER_LINEAR if scale < 1 else cv2.INTER_AREA
        return np.stack([cv2.resize(m, (width, height), interpolation=how) for m in out])

    return at


def drop_small(labels: np.ndarray, least: int) -> np.ndarray:
    labels[np.bincount(labels.ravel())[labels] < least] = 0
    return labels


def segment(maps: np.ndarray, settings: Settings = Settings()) -> np.ndarray:
    """Seeded watershed on the distance map inside the interior."""
    interior, boundary, distance = maps
    mask = interior > settings.interior
    energy = distance - settings.boundary_share * boundary
    seeds, _ = ndimage.label((energy > settings.seed) & mask)
    seeds = drop_small(seeds, settings.smallest_seed)
    labels = watershed(-energy, seeds, mask=mask).astype(np.int32)
    unseeded, _ = ndimage.label(mask & (labels == 0))
    labels = np.where(unseeded > 0, unseeded + labels.max(), labels)
    labels = drop_small(labels, settings.smallest_nucleus)
    return np.unique(labels, return_inverse=True)[1].reshape(mask.shape).astype(np.int32)


def at_the_fitting_scale(maps: MapsAt, settings: Settings = Settings()) -> tuple[np.ndarray, float]:
    """The maps at the image's own scale, or reduced if its nuclei are large; and the scale."""
    found = maps(1.0)
    diameter = targets.typical_diameter(targets.areas(segment(found, settings)))
    if diameter is None or diameter <= SCALES["scale_maximum_diameter"]:
        return found, 1.0
    scale = max(SCALES["scale_target_diameter"] / diameter, SCALES["scale_minimum"])
    return maps(scale), scale
