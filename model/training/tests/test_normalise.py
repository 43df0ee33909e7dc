import numpy as np
import pytest

from nucleoscope_training.normalise import (
    CLIP_HIGH,
    CLIP_LOW,
    blocks,
    levels,
    nearest_rank,
    normalise,
    percentile,
)


@pytest.mark.parametrize(
    ("count", "percent", "index"),
    [(100, 1, 0), (101, 1, 1), (1000, 99.8, 997), (1, 99.8, 0), (7, 0, 0), (7, 100, 6)],
)
def test_nearest_rank(count: int, percent: float, index: int) -> None:
    assert nearest_rank(count, percent) == index


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_percentile_is_the_value_at_its_rank(dtype: type) -> None:
    values = np.random.default_rng(0).integers(0, 256, (37, 53, 3)).astype(dtype)
    assert percentile(values, 99.8) == np.sort(values.ravel())[nearest_rank(values.size, 99.8)]


def test_of_a_block_neither_the_largest_nor_the_smallest_counts() -> None:
    values = np.array([[1, 9, 5, 5, 7], [3, 4, 5, 99, 7], [0, 0, 0, 0, 0]])[..., None]
    lows, highs = blocks(values)
    assert lows[..., 0].tolist() == [[3, 5]]
    assert highs[..., 0].tolist() == [[4, 5]]


def squares(side: int) -> np.ndarray:
    """Squares of 12 pixels, every 40, 100 brighter than a background of 50."""
    inside = (np.arange(side) % 40 >= 14) & (np.arange(side) % 40 < 26)
    return np.where(inside[:, None] & inside, 150, 50).astype(np.uint16)


def test_a_saturated_square_takes_no_contrast_away_from_what_is_elsewhere() -> None:
    values = squares(640)
    values[:80, :80] = 600
    out = normalise(values)
    assert out[420, 420] == pytest.approx(100 / 110)
    assert out[480, 480] == 0


def test_hot_pixels_take_no_contrast_away() -> None:
    values = squares(320)
    values.ravel()[::247] = 60000
    assert normalise(values)[101, 100] > 0.9


def test_a_single_nucleus_on_a_large_field_is_the_top_of_its_range() -> None:
    values = np.full((1000, 1000), 50, np.uint16)
    values[480:500, 480:500] = 450
    assert normalise(values)[490, 490] == pytest.approx(1, abs=1e-3)


def test_a_bright_field_has_one_range() -> None:
    found = levels(200 - squares(640))
    assert (found.low, found.tops.tolist()) == (50, [[150]])


def test_noise_alone_is_not_blown_up() -> None:
    noise = np.random.default_rng(1).normal(1000, 30, (256, 256)).astype(np.uint16)
    assert normalise(noise).std() < 0.12


def test_gray_and_the_same_gray_three_times_agree() -> None:
    gray = np.random.default_rng(1).integers(0, 4096, (40, 40), np.uint16)
    three = np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_array_equal(normalise(three)[..., 1], normalise(gray))


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_constant_image_is_zero(value: int) -> None:
    assert (normalise(np.full((8, 9), value, np.uint8)) == 0).all()


def test_what_is_no_number_is_background() -> None:
    values = squares(320).astype(np.float32)
    values[:20], values[20:25, :30] = np.nan, np.inf
    out = normalise(values)
    assert (out[:20] == 0).all()
    assert out[101, 100] > 0.9


def test_outliers_are_clipped() -> None:
    values = np.full((100, 100), 100, np.uint16)
    values[:50] = 200
    values[0, 0], values[0, 1] = 0, 65535
    out = normalise(values)
    assert (out.min(), out.max()) == (CLIP_LOW, CLIP_HIGH)
