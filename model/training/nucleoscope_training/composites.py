"""Scenes that the data lacks, composed of real nuclei."""

from dataclasses import replace

import cv2
import numpy as np

from . import targets
from .crop import Crop
from .drawing import Rng, chance, like, log_uniform, noise, smooth_field

MOST_LABELS = 60000
MOST_BODIES = 40

# How much red, green and blue light the two dyes of a tissue section absorb, after Ruifrok and
# Johnston, "Quantification of histochemical staining by color deconvolution" (2001).
HAEMATOXYLIN = np.array([0.65, 0.70, 0.29], np.float32)
EOSIN = np.array([0.07, 0.99, 0.11], np.float32)
DIAMINOBENZIDINE = np.array([0.27, 0.57, 0.78], np.float32)


def soft_edge(mask: np.ndarray) -> np.ndarray:
    """How much of each pixel belongs to the mask, 0 to 1, with an edge of about a pixel."""
    return cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0)


# --- touching and overlapping nuclei -------------------------------------------------------------


def paste_neighbours(crop: Crop, rng: Rng, most: int = 5) -> Crop:
    """Copies whole nuclei of the crop, rotated and mirrored, next to other nuclei."""
    size = crop.labels.shape[0]
    boxes = targets.boxes(crop.labels)
    whole = [
        label
        for label, (top, left, bottom, right) in boxes.items()
        if top > 1
        and left > 1
        and bottom < size - 1
        and right < size - 1
        and (bottom - top) * (right - left) > 40
    ]
    if not whole:
        return crop
    image, labels, distance = crop.image.copy(), crop.labels.copy(), crop.distance.copy()
    areas = list(crop.areas)
    everyone = list(boxes)
    for _ in range(int(rng.integers(1, most + 1))):
        source = whole[rng.integers(len(whole))]
        top, left, bottom, right = boxes[source]
        rows, columns = slice(top - 1, bottom + 1), slice(left - 1, right + 1)
        mask = crop.labels[rows, columns] == source
        patch = crop.image[rows, columns]
        turns = int(rng.integers(4))
        mask, patch = np.rot90(mask, turns), np.rot90(patch, turns)
        if chance(rng, 0.5):
            mask, patch = mask[:, ::-1], patch[:, ::-1]
        neighbour = boxes[everyone[rng.integers(len(everyone))]]
        angle = rng.uniform(0, 2 * np.pi)
        reach = rng.uniform(0.85, 1.08) / 2
        height, width = mask.shape
        y = (neighbour[0] + neighbour[2]) / 2 + np.sin(angle) * reach * (
            neighbour[2] - neighbour[0] + height - 2
        )
        x = (neighbour[1] + neighbour[3]) / 2 + np.cos(angle) * reach * (
            neighbour[3] - neighbour[1] + width - 2
        )
        y, x = round(y - height / 2), round(x - width / 2)
        if y < 0 or x < 0 or y + height > size or x + width > size:
            continue
        rows, columns = slice(y, y + height), slice(x, x + width)
        free = mask & (labels[rows, columns] == 0)
        if np.count_nonzero(free) < 0.8 * np.count_nonzero(mask) or len(areas) > MOST_LABELS:
            continue
        alpha = like(soft_edge(mask) * (free | (labels[rows, columns] == 0)), image)
        view = image[rows, columns]
        view += alpha * (patch * np.float32(rng.uniform(0.75, 1.25)) - view)
        labels[rows, columns][free] = len(areas)
        distance[rows, columns][free] = targets.one_distance(np.pad(free, 1))[1:-1, 1:-1][free]
        areas.append(float(np.count_nonzero(free)))
    return Crop(image, labels, distance, np.asarray(areas))


def crowd(crop: Crop, other: Crop, rng: Rng) -> Crop:
    """Adds the nuclei of another crop of the same image below this one's, as in a dense culture.

    Nuclei of `other` that this crop's nuclei would hide by more than a third stay out.
    """
    count = len(other.areas)
    if len(crop.areas) + count > MOST_LABELS:
        return crop
    visible = np.bincount(other.labels[crop.labels == 0], minlength=count)
    whole = np.bincount(other.labels.ravel(), minlength=count)
    chosen = (visible > 0.67 * whole) & (whole >= 12) & (rng.random(count) < rng.uniform(0.4, 1))
    chosen[0] = False
    laid = chosen[other.labels] & (crop.labels == 0)
    if not laid.any():
        return crop
    names = np.arange(count, dtype=np.uint16) + np.uint16(len(crop.areas) - 1)
    labels = np.where(laid, names[other.labels], crop.labels)
    distance = np.where(laid, other.distance, crop.distance)
    clipped = chosen & (visible < whole)
    for label, (top, left, bottom, right) in targets.boxes(
        other.labels * clipped[other.labels]
    ).items():
        rows, columns = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
        mask = labels[rows, columns] == names[label]
        distance[rows, columns][mask] = targets.one_distance(mask)[mask]
    alpha = like(soft_edge(laid) * (crop.labels == 0), crop.image)
    image = crop.image + alpha * (other.image * np.float32(rng.uniform(0.7, 1.3)) - crop.image)
    return Crop(image, labels, distance, np.concatenate([crop.areas, other.areas[1:]]))


def vary_nuclei(crop: Crop, rng: Rng) -> Crop:
    """Gives each nucleus its own brightness: dim ones beside bright ones.

    Gray images have nuclei brighter than the background at 0; on stained ones it is what they
    absorb that varies, and less.
    """
    stained = crop.image.ndim == 3
    spread = 0.2 if stained else rng.uniform(0.2, 0.6)
    gains = np.exp(rng.normal(-spread / 3, spread, len(crop.areas))).clip(0.2, 2)
    gains[0] = 1
    gain = cv2.GaussianBlur(gains.astype(np.float32)[crop.labels], (3, 3), 0)
    image = 1 - (1 - crop.image) * gain[..., None] if stained else crop.image * gain
    return replace(crop, image=image)


def haze(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Adds the light of nuclei above or below the focus to gray fluorescence."""
    elsewhere = np.rot90(image, int(rng.integers(1, 4)))
    elsewhere = np.ascontiguousarray(elsewhere[:, ::-1] if chance(rng, 0.5) else elsewhere)
    elsewhere = cv2.GaussianBlur(elsewhere, (0, 0), log_uniform(rng, 2.5, 12))
    return image + np.float32(rng.uniform(0.2, 0.9)) * elsewhere


def glow(crop: Crop, rng: Rng) -> np.ndarray:
    """Gray fluorescence with tissue between the nuclei that glows as well, but less."""
    tissue = fibres(crop.labels.shape[0], rng) * (1 - np.float32(0.7) * soft_inside(crop, rng))
    return crop.image + np.float32(rng.uniform(0.1, 0.6)) * tissue


# --- one kind of microscopy as another -----------------------------------------------------------


def fibres(size: int, rng: Rng) -> np.ndarray:
    """[S,S], 0 to 1: streaks and clumps of several sizes, as in the tissue around nuclei."""
    total = np.zeros((size, size), np.float32)
    for strength in (1.0, 0.7, 0.5):
        cells = (int(log_uniform(rng, 4, size / 2)), int(log_uniform(rng, 4, size / 2)))
        grain = cv2.resize(noise(cells, rng), (size, size), interpolation=cv2.INTER_CUBIC)
        total += np.float32(strength) * grain
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), float(rng.uniform(0, 180)), 1.5)
    total = cv2.warpAffine(total, matrix, (size, size), borderMode=cv2.BORDER_REFLECT_101)
    return 1 / (1 + np.exp(-1.5 * total))


def draw_dyes(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """The absorption of red, green and blue by the nuclear and the tissue dye; length 1."""
    nuclear = DIAMINOBENZIDINE if chance(rng, 0.12) else HAEMATOXYLIN
    tissue = DIAMINOBENZIDINE if chance(rng, 0.12) else EOSIN
    dyes = ((dye + rng.normal(0, 0.1, 3)).clip(0.02) for dye in (nuclear, tissue))
    nuclear, tissue = ((dye / np.linalg.norm(dye)).astype(np.float32) for dye in dyes)
    return nuclear, tissue


def tissue_density(tissue: np.ndarray, rng: Rng) -> np.ndarray:
    """[S,S]; the amount of tissue dye in streaks and clumps."""
    most = np.float32(rng.uniform(0.1, 0.9))
    density = tissue * most + np.float32(rng.uniform(0, 0.15))
    return density * (1 + 0.4 * smooth_field(tissue.shape[0], rng))


def soft_inside(crop: Crop, rng: Rng) -> np.ndarray:
    """[S,S]; how much of each pixel belongs to nuclei, 0 to 1, with a blurred edge."""
    inside = (crop.labels > 0).astype(np.float32)
    return cv2.GaussianBlur(inside, (0, 0), rng.uniform(0.6, 1.5))


def stain(crop: Crop, rng: Rng) -> np.ndarray:
    """[S,S,3]; the nuclei of a gray fluorescence crop as a tissue section would show them.

    What shone absorbs haematoxylin's colours; between and below lies tissue in eosin's.
    """
    size = crop.labels.shape[0]
    tissue = fibres(size, rng)
    grain = fibres(size, rng)
    inside = soft_inside(crop, rng)
    pale = np.float32(rng.uniform(0, 0.6)) * cv2.GaussianBlur(crop.distance, (3, 3), 0)
    shine = np.clip(crop.image, 0, 1.2)
    texture = 0.5 + rng.uniform(0.1, 0.6) * shine + rng.uniform(0, 0.6) * grain
    nuclear = inside * texture.astype(np.float32) * (1 - pale)
    blue, pink = draw_dyes(rng)
    bluish = tissue[::-1] * np.float32(rng.uniform(0, 0.4))
    density = (nuclear * np.float32(rng.uniform(0.6, 1.8)) + bluish)[..., None] * blue
    density += (tissue_density(tissue, rng) * np.float32(rng.uniform(0.7, 1.0)))[..., None] * pink
    return np.exp(-np.clip(density, 0, 4))


def counterstain(crop: Crop, rng: Rng) -> np.ndarray:
    """[S,S,3]; the nuclei of a stained crop with eosin-coloured tissue around and over them."""
    _, pink = draw_dyes(rng)
    around = 1 - np.float32(rng.uniform(0.4, 1)) * soft_inside(crop, rng)
    density = tissue_density(fibres(crop.labels.shape[0], rng), rng) * around
    return crop.image * np.exp(-np.clip(density, 0, 4)[..., None] * pink)


def brown(crop: Crop, rng: Rng) -> np.ndarray:
    """[S,S,3]; a stained crop after immunohistochemistry: some nuclei, perhaps all tissue, brown.

    The tissue's own pink becomes pale, as such sections are stained with haematoxylin alone.
    """
    absorbed = -np.log(np.clip(crop.image, 0.02, 1))
    amount = absorbed.mean(axis=2, keepdims=True) * 1.7
    blue, _ = draw_dyes(rng)
    dab = (DIAMINOBENZIDINE + rng.normal(0, 0.05, 3)).clip(0.02).astype(np.float32)
    dab /= np.linalg.norm(dab)
    positive = rng.random(len(crop.areas)) < rng.uniform(0, 1)
    positive[0] = False
    inside = cv2.GaussianBlur(positive[crop.labels].astype(np.float32), (3, 3), 0)[..., None]
    any_nucleus = soft_inside(crop, rng)[..., None]
    outside = amount * np.float32(rng.uniform(0.1, 0.8)) * (1 - any_nucleus)
    around = blue if chance(rng, 0.6) else dab
    density = outside * around + amount * any_nucleus * (
        inside * dab * np.float32(rng.uniform(0.8, 1.6)) + (1 - inside) * blue
    )
    return np.exp(-np.clip(density, 0, 4)).astype(np.float32)


def dye(crop: Crop, rng: Rng) -> np.ndarray:
    """[S,S,3]; gray brightfield in the colours of a stained section: absorbing parts are dyed."""
    absorbed = -np.log(np.clip(crop.image, 0.05, 1)) * np.float32(rng.uniform(0.7, 1.5))
    share = (soft_inside(crop, rng) * np.float32(rng.uniform(0.6, 1)))[..., None]
    nuclear, tissue = draw_dyes(rng)
    return np.exp(-absorbed[..., None] * (share * nuclear + (1 - share) * tissue))


# --- whole cells ---------------------------------------------------------------------------------


def thin_out(crop: Crop, rng: Rng) -> Crop:
    """Removes the labels and distances of some nuclei, but not all. The image stays."""
    kept = rng.random(len(crop.areas)) < rng.uniform(0.15, 1)
    kept[0] = False
    labels = np.where(kept[crop.labels], crop.labels, np.uint16(0))
    if not labels.any():
        return crop
    return replace(crop, labels=labels, distance=np.where(labels > 0, crop.distance, 0))


def cell_body(centre: np.ndarray, radius: float, size: int, rng: Rng) -> np.ndarray:
    """[S,S], about 0 to 1: a flat cell with corners, a soft edge and often a denser border."""
    corners = int(rng.integers(6, 14))
    angles = (np.arange(corners) + rng.uniform(-0.4, 0.4, corners)) * (2 * np.pi / corners)
    reach = radius * rng.uniform(0.7, 1.2, corners)
    outline = centre + reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    body = np.zeros((size, size), np.float32)
    cv2.fillPoly(body, [np.round(outline).astype(np.int32)], 1.0)
    soft = cv2.GaussianBlur(body, (0, 0), rng.uniform(0.5, 1.5))
    rim = soft - cv2.GaussianBlur(body, (0, 0), rng.uniform(2, 5))
    return soft + np.float32(rng.uniform(0, 1.5)) * np.clip(rim, 0, None)


def cell_bodies(crop: Crop, rng: Rng) -> np.ndarray:
    """[S,S], 0 and up: flat cells around the nuclei (at least one) and some without, with granules.

    Where cells lie over each other they add up, as what they absorb does.
    """
    size = crop.labels.shape[0]
    widest = log_uniform(rng, 2, 6)
    nuclei = [
        (np.array([left + right, top + bottom]) / 2, np.hypot(bottom - top, right - left) / 2.8)
        for top, left, bottom, right in targets.boxes(crop.labels).values()
    ]
    usual = float(np.median([radius for _, radius in nuclei]))
    nuclei = [nuclei[k] for k in rng.permutation(len(nuclei))[:MOST_BODIES]]
    empty = [(rng.uniform(0, size, 2), usual) for _ in range(int(rng.integers(0, 4)))]
    total = np.zeros((size, size), np.float32)
    for centre, nuclear_radius in nuclei + empty:
        radius = nuclear_radius * widest * rng.uniform(0.6, 1.2)
        aside = rng.normal(0, 0.25, 2) * max(radius - nuclear_radius, 0)
        total += cell_body(centre + aside, radius, size, rng) * np.float32(rng.uniform(0.4, 1))
    grain = fibres(size, rng)
    total *= 1 - np.float32(rng.uniform(0, 0.7)) * grain
    granules = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(0, 40))):
        x, y = (int(v) for v in rng.integers(0, size, 2))
        dx, dy = (int(v) for v in rng.integers(-3, 4, 2))
        cv2.line(granules, (x, y), (x + dx, y + dy), 1.0, int(rng.integers(1, 3)), cv2.LINE_8)
    granules = cv2.GaussianBlur(granules, (0, 0), rng.uniform(0.5, 1))
    return total + granules * (total > 0.1) * np.float32(rng.uniform(0, 0.8))


def cells(crop: Crop, rng: Rng) -> tuple[Crop, bool]:
    """The nuclei of a gray fluorescence crop, or some of them, in whole cells, as in a smear.

    Half of these scenes are gray brightfield, some are dyed, and in some the cells shine. Also says
    whether the crop is now a stained one.
    """
    if not crop.labels.any():
        return crop, False
    fate = rng.random()
    if fate < 0.2:
        bodies = cell_bodies(crop, rng) * (1 - np.float32(0.7) * soft_inside(crop, rng))
        return replace(crop, image=crop.image + np.float32(rng.uniform(0.1, 0.5)) * bodies), False
    crop = thin_out(crop, rng)
    shine = np.clip(crop.image, 0, 1.2)
    grain = fibres(crop.labels.shape[0], rng)
    texture = rng.uniform(0.5, 1) + rng.uniform(0, 0.5) * shine + rng.uniform(0, 0.4) * grain
    nuclear = (
        soft_inside(crop, rng) * texture.astype(np.float32) * np.float32(rng.uniform(0.4, 1.4))
    )
    bodies = cell_bodies(crop, rng) * np.float32(log_uniform(rng, 0.08, 0.8))
    if fate < 0.7:
        return replace(crop, image=np.exp(-np.clip(nuclear + bodies, 0, 4))), False
    blue, pink = draw_dyes(rng)
    tinge = pink if chance(rng, 0.5) else blue + rng.normal(0, 0.1, 3).astype(np.float32)
    density = nuclear[..., None] * blue + bodies[..., None] * tinge
    return replace(crop, image=np.exp(-np.clip(density, -0.2, 4))), True
