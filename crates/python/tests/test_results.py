"""Measurements, polygons, run lengths and scores, compared with scikit-image and with functions of these tests."""

import nucleoscope
import numpy as np
import pandas as pd
import polars as pl
import pytest
from skimage.draw import polygon2mask
from skimage.measure import regionprops_table
from skimage.segmentation import expand_labels

COLUMNS = {
    "area": "area_px2",
    "centroid-0": "centroid_y_px",
    "centroid-1": "centroid_x_px",
    "perimeter": "perimeter_px",
    "eccentricity": "eccentricity",
    "solidity": "solidity",
    "intensity_mean": "gray_mean",
    "intensity_max": "gray_maximum",
}


def test_measurements_are_those_of_scikit_image(drawn, found):
    image, _ = drawn
    properties = ["area", "centroid", "perimeter", "eccentricity", "solidity", "intensity_mean", "intensity_max"]
    expected = regionprops_table(np.asarray(found.labels), image, properties=properties)
    table = found.measurements()
    for theirs, ours in COLUMNS.items():
        np.testing.assert_allclose(table[ours], expected[theirs], rtol=1e-9, err_msg=ours)


def test_measurements_are_a_table_of_any_library(found):
    table = found.measurements()
    assert isinstance(table, pd.DataFrame) and len(table) == found.count
    assert list(table.columns[:3]) == ["nucleus", "included", "edited"]
    assert table["nucleus"].dtype == np.int64 and table["included"].dtype == bool
    assert table["nucleus"].tolist() == found.numbers.tolist()
    other = found.measurements(as_="polars")
    assert isinstance(other, pl.DataFrame) and other.columns == list(table.columns)
    plain = found.measurements("dict")
    assert all(isinstance(values, np.ndarray) for values in plain.values())
    pd.testing.assert_frame_equal(pd.DataFrame(plain), table)
    with pytest.raises(nucleoscope.ArgumentError, match="excel"):
        found.measurements("excel")


def test_the_table_is_that_of_the_command_line(command_line, examples, tmp_path):
    command_line("segment", *examples, "--nuclei", tmp_path / "nuclei.csv", "--pixel-size", 0.5, "--cell-expansion", 2)
    everything = pd.read_csv(tmp_path / "nuclei.csv")
    for path in examples:
        expected = everything[everything["image"] == path.stem].dropna(axis="columns", how="all")
        table = nucleoscope.segment(path, pixel_size=0.5, cell_expansion=2).measurements()
        assert set(table.columns) == set(expected.columns) - {"image", "folder"}
        for key in table.columns:
            np.testing.assert_allclose(table[key].astype(float), expected[key].astype(float), rtol=1e-5, err_msg=key)


def test_lengths_are_in_micrometres_with_a_pixel_size(drawn, found):
    nuclei = nucleoscope.segment(drawn[0], pixel_size=(0.5, 0.25))
    assert nuclei.pixel_size == (0.5, 0.25)
    table = nuclei.measurements("dict")
    np.testing.assert_allclose(table["area_um2"], table["area_px2"] * 0.125)
    assert "area_um2" not in found.measurements("dict")


def test_cells_are_expanded_nuclei(drawn, found):
    table = nucleoscope.segment(drawn[0], cell_expansion=1.5).measurements("dict")
    cells = np.bincount(expand_labels(found.labels, 1.5).ravel())[1:]
    np.testing.assert_allclose(table["cell_area_px2"], cells, atol=2)


def test_a_missing_library_is_named(found, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(ImportError, match="pip install polars"):
        found.measurements("polars")


def test_polygons_enclose_the_pixels(found):
    polygons = found.polygons()
    assert len(polygons) == found.count
    for number, polygon in zip(found.numbers, polygons, strict=True):
        assert polygon.ndim == 2 and polygon.shape[1] == 2
        # Corners as (x, y); pixel centres are half a pixel inside.
        inside = polygon2mask(found.labels.shape, polygon[:, ::-1] - 0.5)
        np.testing.assert_array_equal(inside, found.labels == number)


def test_run_lengths_are_the_pixels(found, rle_pixels):
    for number, text in zip(found.numbers, found.to_rle(), strict=True):
        np.testing.assert_array_equal(rle_pixels(text, found.labels.shape), found.labels == number)


def score_of(truth: np.ndarray, found: np.ndarray) -> float:
    """The Bowl's score, from its definition."""
    pairs = np.zeros((truth.max() + 1, found.max() + 1))
    np.add.at(pairs, (truth.ravel(), found.ravel()), 1)
    union = pairs.sum(1, keepdims=True) + pairs.sum(0, keepdims=True) - pairs
    overlap = (pairs / union)[1:, 1:]
    precision = []
    for threshold in np.arange(0.5, 1, 0.05):
        matches = int((overlap > threshold + 1e-9).any(axis=1).sum())
        precision.append(matches / (truth.max() + found.max() - matches))
    return float(np.mean(precision))


def test_the_score_is_the_bowls(drawn, found):
    # Some nuclei are missing, all others moved: partial overlaps.
    truth = np.roll(drawn[1], 2, axis=1)
    truth[truth > 20] = 0
    score = found.score(truth)
    assert 0.3 < score.score < 0.95
    assert score.score == float(score) == pytest.approx(score_of(truth, np.asarray(found.labels)))
    assert score.true_positives + score.false_negatives == truth.max()
    assert score.true_positives + score.false_positives == found.count
    assert dict(score.precision)[0.5] == score.average_precision_50
    assert dict(score.precision)[0.75] == score.average_precision_75
    assert repr(score).startswith("Score(0.")
    masks = [truth == number for number in range(1, truth.max() + 1)]
    for same in [masks, np.stack(masks), truth.astype(np.uint8), [mask * 255 for mask in masks]]:
        assert found.score(same).score == score.score
    assert found.score(found.to_rle()).score == found.score(found.labels).score == 1.0
    assert found.score([]).score == 0.0


@pytest.mark.parametrize(
    ("truth", "code"),
    [
        (np.zeros((3, 3), int), "argument/invalid"),
        (np.zeros((256, 256)), "argument/invalid"),
        (["1 2 3"], "run-length/odd-count"),
        (["65536 2"], "run-length/outside-image"),
    ],
)
def test_other_ground_truth_is_refused(found, truth, code):
    with pytest.raises(nucleoscope.ArgumentError) as caught:
        found.score(truth)
    assert caught.value.code == code and caught.value.help
