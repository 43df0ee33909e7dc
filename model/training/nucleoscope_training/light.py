"""Changes of a crop's intensities and colours, without moving nuclei."""

import cv2
import numpy as np

from .drawing import Rng, chance, like, log_uniform, noise, smooth_field
from .normalise import CLIP_HIGH, CLIP_LOW, HIGH_PERCENTILE, LOW_PERCENTILE, percentile


def power(image: np.ndarray, exponent: float) -> np.ndarray:
    return np.sign(image) * cv2.pow(np.abs(image), exponent)


def density(image: np.ndarray) -> np.ndarray:
    """Optical density: the absorption of a stained section, bright in nuclei."""
    return -np.log(np.clip(image, 0.02, 1.5))


def remix_stains(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Mixes the channels in optical density, in which stains are additive."""
    mixing = np.eye(3) * np.exp(rng.normal(0, 0.25, 3)) + rng.normal(0, 0.15, (3, 3))
    return np.exp(-np.clip(density(image) @ mixing.astype(np.float32), -0.4, 4.0))


def to_gray(image: np.ndarray, rng: Rng) -> np.ndarray:
    weights = rng.dirichlet((1.5, 1.5, 1.5)).astype(np.float32)
    return image @ weights


def colourise(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Gray fluorescence as a colour camera or a viewer would save it."""
    style = rng.random()
    if style < 0.45:
        gains = np.zeros(3, np.float32)
        gains[rng.choice(3, p=(0.25, 0.25, 0.5))] = 1.0
    elif style < 0.7:
        gains = np.ones(3, np.float32)
        gains[rng.integers(3)] = 0.0
        gains *= rng.uniform(0.3, 1.0, 3).astype(np.float32)
    else:
        gains = rng.uniform(0.0, 1.0, 3).astype(np.float32)
    gains /= max(float(gains.max()), 0.2)
    out = image[..., None] * gains
    if chance(rng, 0.3):  # a second, out-of-focus dye in another channel
        other = int(np.argmin(gains))
        haze = cv2.GaussianBlur(image, (0, 0), rng.uniform(3, 10))
        out[..., other] += haze * np.float32(rng.uniform(0.2, 0.9))
    return out


def down_and_up(image: np.ndarray, rng: Rng) -> np.ndarray:
    size = image.shape[0]
    small = max(int(size / rng.uniform(1.4, 3.0)), 8)
    smaller = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    how = cv2.INTER_LINEAR if chance(rng, 0.8) else cv2.INTER_NEAREST
    return cv2.resize(smaller, (size, size), interpolation=how)


def jpeg(image: np.ndarray, rng: Rng) -> np.ndarray:
    bytes_ = np.clip(image * 255, 0, 255).astype(np.uint8)
    quality = int(rng.integers(25, 90))
    _, packed = cv2.imencode(".jpg", bytes_, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.imdecode(packed, cv2.IMREAD_UNCHANGED).astype(np.float32) * np.float32(1 / 255)


def add_noise(image: np.ndarray, rng: Rng) -> np.ndarray:
    sigma = np.float32(log_uniform(rng, 0.01, 0.25))
    grain = noise(image.shape, rng)
    if chance(rng, 0.3):  # a camera's grain after resampling is not white
        grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 1.2)) * np.float32(2)
    style = rng.random()
    if style < 0.5:
        return image + grain * sigma
    if style < 0.8:
        return image + grain * sigma * np.sqrt(np.clip(image, 0.02, None))
    return image * (1 + 2 * sigma * grain)


def draw_debris(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Thin fibres and specks that are not nuclei."""
    image = np.ascontiguousarray(image)
    size = image.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        shade = tuple(float(v) for v in rng.uniform(0, 1.4, 3))
        a, b = (tuple(int(v) for v in rng.integers(0, size, 2)) for _ in range(2))
        if chance(rng, 0.5):
            cv2.line(image, a, b, shade, int(rng.integers(1, 3)), cv2.LINE_AA)
        else:
            cv2.circle(image, a, int(rng.integers(0, 3)), shade, -1, cv2.LINE_AA)
    return image


def hot_pixels(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Single bright pixels of a camera, up to one in a hundred."""
    image = image.copy()
    share = log_uniform(rng, 1e-4, 1e-2)
    hot = rng.random(image.shape[:2]) < share
    image[hot] = np.float32(rng.uniform(0.8, 1.5))
    return image


def bright_debris(image: np.ndarray, rng: Rng) -> np.ndarray:
    """One saturated square or disc, and everything else dimmer by the same factor."""
    size = image.shape[0]
    image = np.ascontiguousarray(image * np.float32(log_uniform(rng, 0.1, 0.9)))
    shade = (float(rng.uniform(1.0, 1.5)),) * 3
    side = int(log_uniform(rng, 6, size / 3))
    x, y = (int(v) for v in rng.integers(-side // 2, size, 2))
    if chance(rng, 0.5):
        cv2.rectangle(image, (x, y), (x + side, y + side), shade, -1)
    else:
        cv2.circle(image, (x, y), side // 2 + 1, shade, -1, cv2.LINE_AA)
    return image


def change(image: np.ndarray, stained: bool, rng: Rng) -> np.ndarray:
    """All changes of intensities; gray may become colour and vice versa."""
    size = image.shape[0]
    must_stretch = False
    if image.ndim == 3:
        style = rng.random()
        if style < 0.45:
            image, must_stretch = remix_stains(image, rng), chance(rng, 0.8)
        elif style < 0.57:
            image, must_stretch = to_gray(image, rng), True
        elif style < 0.67:
            image, must_stretch = to_gray(density(image), rng), True
        elif style < 0.75:
            image = image[..., rng.permutation(3)]
    if chance(rng, 0.1):
        image, must_stretch = 1 - image, chance(rng, 0.8)
    if chance(rng, 0.5):
        image = power(image, float(np.exp(rng.normal(0, 0.4))))
    if chance(rng, 0.25):
        field = like(smooth_field(size, rng), image)
        if chance(rng, 0.5):
            image = image * (1 + np.float32(rng.uniform(0.1, 0.5)) * field)
        else:
            image = image + np.float32(rng.uniform(0.03, 0.25)) * field
    if chance(rng, 0.3):
        if chance(rng, 0.8):
            image = cv2.GaussianBlur(image, (0, 0), log_uniform(rng, 0.3, 2.2))
        else:
            soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 2.0))
            image = image + np.float32(rng.uniform(0.3, 1.5)) * (image - soft)
    if chance(rng, 0.1):
        image = down_and_up(image, rng)
    if not stained and image.ndim == 2 and chance(rng, 0.25):
        image = colourise(image, rng)
    if chance(rng, 0.45):
        image = add_noise(image, rng)
    if chance(rng, 0.06):
        image = draw_debris(image, rng)
    if image.ndim == 3 and chance(rng, 0.4):
        gains = np.exp(rng.normal(0, 0.15, 3)).astype(np.float32)
        image = image * gains + rng.normal(0, 0.06, 3).astype(np.float32)
    if chance(rng, 0.08):
        image = jpeg(image, rng)
    if must_stretch or chance(rng, 0.4):
        image = restretch(image)
    if chance(rng, 0.3):
        image = image * np.float32(rng.uniform(0.6, 1.25)) + np.float32(rng.normal(0, 0.06))
    elif not stained and chance(rng, 0.3):  # something brighter elsewhere took the contrast
        image = image * np.float32(log_uniform(rng, 0.12, 0.9))
    if not stained and image.ndim == 2 and chance(rng, 0.04):
        image = bright_debris(image, rng)
    if chance(rng, 0.04):
        image = hot_pixels(image, rng)
    return image


def change_slightly(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Changes like those between two exposures of the same slide."""
    if chance(rng, 0.3):
        image = power(image, float(np.exp(rng.normal(0, 0.1))))
    if chance(rng, 0.3):
        image = image * np.float32(rng.uniform(0.9, 1.1)) + np.float32(rng.normal(0, 0.02))
    if image.ndim == 3 and chance(rng, 0.3):
        image = image * np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    if chance(rng, 0.15):
        image = image + np.float32(log_uniform(rng, 0.005, 0.03)) * noise(image.shape, rng)
    return image


def restretch(image: np.ndarray) -> np.ndarray:
    """Maps two percentiles of the crop to 0 and 1 (from every ninth pixel, for speed)."""
    some = image[::3, ::3]
    low, high = percentile(some, LOW_PERCENTILE), percentile(some, HIGH_PERCENTILE)
    out = (image - np.float32(low)) * np.float32(1 / max(high - low, 1e-6))
    return np.clip(out, CLIP_LOW, CLIP_HIGH, out=out)
