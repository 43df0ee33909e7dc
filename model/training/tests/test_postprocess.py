import numpy as np
import pytest

from nucleoscope_training import targets
from nucleoscope_training.postprocess import Settings, at_the_fitting_scale, segment
from nucleoscope_training.score import score

from .conftest import draw_discs


def ideal_maps(labels: np.ndarray) -> np.ndarray:
    return np.stack(
        [targets.interior(labels), targets.boundary(labels), targets.distance(labels)]
    ).astype(np.float32)


def test_ideal_maps_give_the_nuclei_back_even_where_they_touch() -> None:
    labels = draw_discs(96, 128, 8, 0)
    other = np.roll(labels, (3, 14), (0, 1))
    labels = np.where((labels == 0) & (other > 0), other + labels.max(), labels)
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    assert score(labels, segment(ideal_maps(labels), Settings(smallest_nucleus=1))) > 0.85


def test_empty_maps_give_nothing() -> None:
    assert segment(np.zeros((3, 32, 32), np.float32)).max() == 0


@pytest.mark.parametrize(("radius", "scale"), [(12, 1.0), (30, 0.4), (5, 1.0)])
def test_large_nuclei_are_reduced_and_small_ones_not_enlarged(radius: int, scale: float) -> None:
    maps = ideal_maps(draw_discs(256, 256, radius, 1))
    asked = []

    def maps_at(at: float) -> np.ndarray:
        asked.append(at)
        return maps

    _, used = at_the_fitting_scale(maps_at)
    assert used == pytest.approx(scale, rel=0.12)
    assert asked == ([1.0] if scale == 1 else [1.0, used])
