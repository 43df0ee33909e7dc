import numpy as np
import pytest

from nucleoscope_training.normalise import (
    CLIP_HIGH,
    CLIP_LOW,
    nearest_rank,
    normalise,
    percentiles,
)


@pytest.mark.parametrize(
    ("count", "percentile", "index"),
    [(100, 1, 0), (101, 1, 1), (1000, 99.8, 997), (1, 99.8, 0), (7, 0, 0), (7, 100, 6)],
)
def test_nearest_rank(count: int, percentile: float, index: int) -> None:
    assert nearest_rank(count, percentile) == index


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_percentiles_are_the_values_at_those_ranks(dtype: type) -> None:
    values = np.random.default_rng(0).integers(0, 256, (37, 53, 3)).astype(dtype)
    ordered = np.sort(values.ravel())
    low = ordered[nearest_rank(ordered.size, 1)]
    high = ordered[nearest_rank(ordered.size, 99.8)]
    assert percentiles(values) == (low, high)


def test_a_ramp() -> None:
    values = np.arange(1000, dtype=np.uint16).reshape(20, 50)
    out = normalise(values)
    assert percentiles(values) == (9, 997)
    assert out.ravel()[9] == 0
    assert out.ravel()[997] == pytest.approx(1)
    assert out.dtype == np.float32


def test_gray_and_the_same_gray_three_times_agree() -> None:
    gray = np.random.default_rng(1).integers(0, 4096, (40, 40), np.uint16)
    three = np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_array_equal(normalise(three)[..., 1], normalise(gray))


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_constant_image_is_zero(value: int) -> None:
    assert (normalise(np.full((8, 9), value, np.uint8)) == 0).all()


def test_outliers_are_clipped() -> None:
    values = np.full((100, 100), 100, np.uint16)
    values[:50] = 200
    values[0, 0], values[0, 1] = 0, 65535
    out = normalise(values)
    assert (out.min(), out.max()) == (CLIP_LOW, CLIP_HIGH)


def test_sixteen_bits_are_taken_as_they_are() -> None:
    small = np.random.default_rng(2).integers(0, 256, (30, 30), np.uint16)
    np.testing.assert_allclose(normalise(small), normalise(small * 257), atol=1e-6)
