"""Turns a prepared image into one random crop with its targets, determined by a seed alone.

The order matters for speed: one affine warp each for image, labels and distance; gray images stay a
single channel until the very end; every dearer step has a small probability.
"""

from dataclasses import replace

import cv2
import numpy as np

from . import composites, light, targets
from .crop import Crop
from .dataset import Sample
from .drawing import Rng, chance, like, log_uniform, noise, smooth_field
from .normalise import CLIP_HIGH, CLIP_LOW, normalise

TRAINING_DIAMETER = 24.0
USUAL_DIAMETERS = (9.0, 42.0)
ALL_DIAMETERS = (4.0, 90.0)
# The program leaves an image at its own scale if the typical nucleus has up to LARGEST_PLAIN
# pixels, and otherwise reduces it to PLAIN_DIAMETERS. It never enlarges.
LARGEST_PLAIN = 40.0
PLAIN_DIAMETERS = (10.0, 40.0)
OWN_SCALES = (0.75, 1.25)
SCALES = (0.15, 4.0)


# --- geometry ------------------------------------------------------------------------------------


def draw_scale(median_diameter: float, rng: Rng) -> float:
    """Mostly diameters of the final pass; wide tails so that a pass over a small copy works."""
    if median_diameter <= 0:
        return log_uniform(rng, 0.5, 2.0)
    low, high = USUAL_DIAMETERS if chance(rng, 0.75) else ALL_DIAMETERS
    return float(np.clip(log_uniform(rng, low, high) / median_diameter, *SCALES))


def draw_matrix(shape: tuple[int, int], scale: float, size: int, rng: Rng) -> np.ndarray:
    """Affine matrix from the image's pixels to the crop's pixels."""
    if chance(rng, 0.3):
        angle, stretch_x = np.pi / 2 * rng.integers(4), 1.0
    else:
        angle, stretch_x = rng.uniform(0, 2 * np.pi), np.exp(rng.normal(0, 0.08))
    sx, sy = scale * stretch_x, scale / stretch_x
    return draw_place(shape, (sx, sy), angle, size, rng)


def draw_place(
    shape: tuple[int, int], scales: tuple[float, float], angle: float, size: int, rng: Rng
) -> np.ndarray:
    """Affine matrix that rotates, stretches and perhaps mirrors around a random point."""
    sx, sy = scales[0] * (-1.0 if chance(rng, 0.5) else 1.0), scales[1]
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos * sx, -sin * sy], [sin * sx, cos * sy]])
    half = size / 2 / np.sqrt(scales[0] * scales[1])
    centre = [
        rng.uniform(min(half, side / 2), max(side - half, side / 2)) - 0.5
        for side in (shape[1], shape[0])
    ]
    middle = (size - 1) / 2
    return np.hstack([linear, middle - linear @ np.array([centre]).T])


def at_level(matrix: np.ndarray, level: int) -> np.ndarray:
    """The same map, from the pixels of pyramid level `level` (pixel centres at integers)."""
    factor = 2.0**level
    linear = matrix[:, :2] * factor
    shift = matrix[:, :2] @ np.full((2, 1), (factor - 1) / 2) + matrix[:, 2:]
    return np.hstack([linear, shift])


def warp(image: np.ndarray, matrix: np.ndarray, size: int, flags: int) -> np.ndarray:
    return cv2.warpAffine(
        image, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )


def cut(sample: Sample, size: int, rng: Rng) -> Crop:
    """A randomly rotated, mirrored and scaled crop."""
    scale = draw_scale(sample.record.median_diameter, rng)
    if chance(rng, 0.1):
        scale = 1.0
    return cut_along(sample, draw_matrix(sample.labels.shape, scale, size, rng), size)


def cut_plain(sample: Sample, size: int, rng: Rng) -> Crop:
    """A crop at a scale that the program could use for its final pass."""
    diameter = targets.typical_diameter(sample.areas)
    if diameter is None:
        scale = log_uniform(rng, 0.3, 1.2)
    elif diameter < LARGEST_PLAIN and chance(rng, 0.6):
        scale = log_uniform(rng, *OWN_SCALES)
    else:
        scale = min(log_uniform(rng, *PLAIN_DIAMETERS) / diameter, 1.6)
    scale = float(np.clip(scale, *SCALES))
    angle = np.pi / 2 * rng.integers(4) if chance(rng, 0.5) else rng.uniform(0, 2 * np.pi)
    return cut_along(
        sample, draw_place(sample.labels.shape, (scale, scale), angle, size, rng), size
    )


def cut_along(sample: Sample, matrix: np.ndarray, size: int) -> Crop:
    """The crop for an affine matrix, from the pyramid level that suits its scale."""
    area_scale = abs(np.linalg.det(matrix[:, :2]))
    scale = np.sqrt(area_scale)
    level = 0 if scale > 0.7 else 1 if scale > 0.35 else 2
    return Crop(
        image=warp(sample.pyramid[level], at_level(matrix, level), size, cv2.INTER_LINEAR),
        labels=warp(sample.labels, matrix, size, cv2.INTER_NEAREST),
        distance=warp(sample.distance, matrix, size, cv2.INTER_LINEAR),
        areas=sample.areas * area_scale,
    )


def cut_background(sample: Sample, size: int, rng: Rng, attempts: int = 5) -> Crop:
    """A crop with few nuclei, or none if the image has such a region."""
    crops = []
    for _ in range(attempts):
        crops.append(cut(sample, size, rng))
        if not crops[-1].labels.any():
            break
    return min(crops, key=lambda crop: int(np.count_nonzero(crop.labels)))


# --- no nuclei -----------------------------------------------------------------------------------


def grain_nothing(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """A camera's noise: white or coarse, perhaps with different levels of rows or columns."""
    grain = noise(shape, rng)
    if chance(rng, 0.5):
        grain = cv2.GaussianBlur(grain, (0, 0), log_uniform(rng, 0.4, 1.5))
    if chance(rng, 0.3):
        grain = cv2.pow(np.abs(grain), log_uniform(rng, 1, 4))
    grain = grain / max(float(grain.std()), 1e-3)
    if chance(rng, 0.25):
        lines = noise((shape[0], 1), rng) * np.float32(log_uniform(rng, 0.1, 2))
        lines = lines if chance(rng, 0.5) else lines.T
        grain = grain + like(np.broadcast_to(lines, shape[:2]), grain)
    return grain


def compressed_nothing(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """An empty image after JPEG: a bright or dark level, little noise, block artefacts."""
    level = float(rng.choice((rng.uniform(0, 40), rng.uniform(180, 254), rng.uniform(0, 255))))
    field = like(smooth_field(shape[0], rng), np.zeros(shape)) * np.float32(
        log_uniform(rng, 0.1, 12)
    )
    bytes_ = level + field + noise(shape, rng) * np.float32(log_uniform(rng, 0.3, 8))
    bytes_ = np.clip(np.broadcast_to(bytes_, shape), 0, 255).astype(np.uint8)
    quality = int(rng.integers(15, 95))
    _, packed = cv2.imencode(".jpg", bytes_, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)


def blocks_nothing(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """A constant image of which JPEG has kept single blocks, often of one colour channel only."""
    side = int(rng.choice((8, 16)))
    count = -(-shape[0] // side)
    kept = rng.random((count, count)) < log_uniform(rng, 0.003, 0.3)
    step = rng.integers(1, 9, (count, count)) * (1 if chance(rng, 0.5) else -1)
    blocks = (kept * step).astype(np.float32).repeat(side, 0).repeat(side, 1)
    start = rng.integers(0, side, 2)
    blocks = np.roll(blocks, start, (0, 1))[: shape[0], : shape[0]]
    if len(shape) == 3:
        weights = rng.uniform(-1, 1, 3) * (rng.random(3) < 0.5)
        blocks = blocks[:, :, None] * (weights if weights.any() else np.array((0, 0, 1)))
    level = float(rng.choice((rng.uniform(8, 40), rng.uniform(180, 246))))
    return np.clip(np.round(level + blocks), 0, 255).astype(np.uint8)


def checks_nothing(size: int, rng: Rng) -> np.ndarray:
    """A regular pattern of squares or dots, like that of a sensor or a screen."""
    period = log_uniform(rng, 2, 40)
    phase = np.arange(size, dtype=np.float32) / np.float32(period) * np.float32(np.pi)
    waves = np.sin(phase)[:, None] * np.sin(phase)[None, :]
    return np.sign(waves) if chance(rng, 0.5) else waves


def text_nothing(size: int, rng: Rng) -> np.ndarray:
    """Letters and figures, dark on bright or bright on dark."""
    page = np.zeros((size, size), np.uint8)
    height = log_uniform(rng, 8, 40)
    y = height
    while y < size + height:
        letters = "".join(chr(int(c)) for c in rng.integers(33, 123, 60))
        scale, width = height / 24, max(1, round(height / 12))
        place = (int(rng.integers(-20, 10)), int(y))
        cv2.putText(page, letters, place, int(rng.integers(0, 8)), scale, 255, width, cv2.LINE_AA)
        y += height * rng.uniform(1.2, 3)
    shade = page.astype(np.float32) / 255
    return shade if chance(rng, 0.5) else 1 - shade


def leaves_nothing(size: int, rng: Rng) -> np.ndarray:
    """Overlapping polygons and strips of any size and shade, like objects in a photograph."""
    page = np.full((size, size), rng.uniform(0, 1), np.float32)
    for _ in range(int(rng.integers(5, 60))):
        middle = rng.uniform(0, size, 2)
        reach = log_uniform(rng, 6, size / 1.5)
        corners = int(rng.integers(3, 6))
        points = middle + rng.uniform(-reach, reach, (corners, 2))
        cv2.fillPoly(page, [np.round(points).astype(np.int32)], float(rng.uniform(0, 1)))
    page = page + np.float32(rng.uniform(0, 0.3)) * composites.fibres(size, rng)
    return cv2.GaussianBlur(page, (0, 0), log_uniform(rng, 0.4, 4))


def synthetic_nothing(size: int, rng: Rng) -> np.ndarray:
    """An image without nuclei: constant, gradient, noise, stripes, checks, JPEG, text, objects."""
    style = rng.random()
    shape = (size, size) if chance(rng, 0.7) else (size, size, 3)
    if style < 0.12:
        image = np.full(shape, rng.choice((0.0, rng.uniform(-0.5, 1.5))), np.float32)
        return image if chance(rng, 0.7) else image + noise(shape, rng) * np.float32(0.02)
    if style < 0.4:
        image = (compressed_nothing if style < 0.28 else blocks_nothing)(shape, rng)
        if chance(rng, 0.5):
            return normalise(image)
        return light.restretch(image.astype(np.float32))
    if style < 0.47:
        image = text_nothing(size, rng)
    elif style < 0.57:
        image = leaves_nothing(size, rng)
    else:
        image = np.zeros(shape, np.float32)
        if style < 0.9:
            image = image + grain_nothing(shape, rng)
        if style > 0.75:
            field = like(smooth_field(size, rng), image)
            image = image + field * np.float32(log_uniform(rng, 0.1, 5))
        if chance(rng, 0.15):
            period = log_uniform(rng, 3, 60)
            across = np.sin(np.arange(size, dtype=np.float32) * np.float32(2 * np.pi / period))
            image = image + like(np.broadcast_to(across, (size, size)), image)
        if chance(rng, 0.15):
            checks = checks_nothing(size, rng) * np.float32(log_uniform(rng, 0.3, 8))
            image = image + like(checks, image)
    return normalise(image) if chance(rng, 0.5) else light.restretch(image)


def out_of_focus(crop: Crop, diameter: float, rng: Rng) -> Crop:
    """Out-of-focus light and shade without contours, which is not a nucleus."""
    image = cv2.GaussianBlur(crop.image, (0, 0), diameter * rng.uniform(0.5, 1.2))
    image = light.restretch(image) if chance(rng, 0.5) else image
    if chance(rng, 0.7):
        image = light.add_noise(image, rng)
    return Crop(image, np.zeros_like(crop.labels), np.zeros_like(crop.distance), np.zeros(1))


def black_out_side(crop: Crop, rng: Rng) -> Crop:
    """Part of the crop outside a padded or cropped microscope field."""
    size = crop.labels.shape[0]
    depth = int(rng.integers(4, size // 2))
    turns = int(rng.integers(4))
    arrays = [np.rot90(a, turns).copy() for a in (crop.image, crop.labels, crop.distance)]
    for array, value in zip(arrays, (rng.choice((0.0, -0.3, 1.0)), 0, 0), strict=True):
        array[:depth] = value
    return Crop(*arrays, crop.areas)


# --- all together --------------------------------------------------------------------------------


def compose(crop: Crop, sample: Sample, rng: Rng) -> tuple[Crop, bool]:
    """Adds scenes that the data lacks; returns whether the crop is now stained tissue."""
    size = crop.labels.shape[0]
    if chance(rng, 0.12):
        crop = composites.crowd(crop, cut(sample, size, rng), rng)
    if chance(rng, 0.2):
        crop = composites.paste_neighbours(crop, rng)
    if chance(rng, 0.2):
        crop = composites.vary_nuclei(crop, rng)
    if not sample.gray:
        if chance(rng, 0.15):
            crop = replace(crop, image=composites.counterstain(crop, rng))
        if chance(rng, 0.15):
            crop = replace(crop, image=composites.brown(crop, rng))
        return crop, True
    fate = rng.random()
    if sample.record.kind == "brightfield-gray":
        if fate < 0.4:
            return replace(crop, image=composites.dye(crop, rng)), True
    elif fate < 0.12:
        return replace(crop, image=composites.haze(crop.image, rng)), False
    elif fate < 0.22:
        return replace(crop, image=composites.glow(crop, rng)), False
    elif fate < 0.38:
        return replace(crop, image=composites.stain(crop, rng)), True
    elif fate < 0.56:
        return composites.cells(crop, rng)
    return crop, False


def draw(sample: Sample, size: int, rng: Rng, plain: float = 0.0) -> Crop:
    """One training crop; its image is float32 [S,S,3].

    `plain` is the share of crops that look as the product sees the image: at a scale that it would
    choose, hardly changed. On them the network learns where this image's outlines lie, which the
    strong changes blur; from the others it learns what an unknown microscope may show it.
    """
    if chance(rng, plain):
        crop = cut_plain(sample, size, rng)
        return as_input(replace(crop, image=light.change_slightly(crop.image, rng)))
    fate = rng.random()
    if fate < 0.01 and sample.gray and sample.record.median_diameter > 0:
        crop = cut(sample, size, rng)
        diameter = targets.typical_diameter(crop.areas)
        crop = out_of_focus(crop, diameter or TRAINING_DIAMETER, rng)
    else:
        crop = cut_background(sample, size, rng) if fate < 0.05 else cut(sample, size, rng)
        crop, stained = compose(crop, sample, rng)
        image = light.change(crop.image, stained, rng)
        if not crop.labels.any() and chance(rng, 0.5):
            image = light.restretch(image)
        crop = replace(crop, image=image)
        if chance(rng, 0.03):
            crop = black_out_side(crop, rng)
    return as_input(crop)


def draw_nothing(size: int, rng: Rng) -> Crop:
    """A crop that is not from an image."""
    nothing = np.zeros((size, size), np.uint16), np.zeros((size, size), np.float32), np.zeros(1)
    return as_input(Crop(synthetic_nothing(size, rng), *nothing))


def as_input(crop: Crop) -> Crop:
    """The crop with its image clipped and in three channels, as the network's input."""
    image = np.clip(crop.image, CLIP_LOW, CLIP_HIGH).astype(np.float32, copy=False)
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    return replace(crop, image=image)


def size_weights(areas: np.ndarray) -> np.ndarray:
    """Weight of a nucleus's pixels: larger for small nuclei, so that each nucleus counts."""
    usual = np.pi / 4 * TRAINING_DIAMETER**2
    weights = np.clip(np.sqrt(usual / np.maximum(areas, 1.0)), 0.5, 2.5).astype(np.float32)
    weights[0] = 1.0
    return weights


def answers(crop: Crop) -> np.ndarray:
    """[5,S,S]: interior, boundary, distance, size weight, contact."""
    return np.stack(
        [
            targets.interior(crop.labels).astype(np.float32),
            targets.boundary(crop.labels).astype(np.float32),
            np.where(crop.labels > 0, np.clip(crop.distance, 0, 1), np.float32(0)),
            size_weights(crop.areas)[crop.labels],
            targets.contact(crop.labels).astype(np.float32),
        ]
    )
