import numpy as np
import pytest

from nucleoscope_training.score import score


def square(offset: int = 0, side: int = 10, label: int = 1) -> np.ndarray:
    image = np.zeros((20, 40), np.int32)
    image[5 : 5 + side, 5 + offset : 5 + offset + side] = label
    return image


def test_perfect() -> None:
    assert score(square(), square()) == 1.0


def test_labels_need_not_be_consecutive() -> None:
    assert score(square(), square(label=7)) == 1.0


def test_nothing_found_and_nothing_there() -> None:
    empty = np.zeros((4, 4), np.int32)
    assert score(empty, empty) == 1.0
    assert score(square(), np.zeros_like(square())) == 0.0
    assert score(np.zeros_like(square()), square()) == 0.0


def test_a_shift_by_a_tenth_passes_the_lower_thresholds_only() -> None:
    # 90 of 110 pixels: IoU 0.818, above .50 .55 .60 .65 .70 .75 .80.
    assert score(square(), square(1)) == pytest.approx(0.7)


def test_a_false_positive_counts_against() -> None:
    found = square() + square(20, label=2)
    assert score(square(), found) == pytest.approx(0.5)
