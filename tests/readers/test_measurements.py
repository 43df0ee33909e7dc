"""The table in pandas, compared with scikit-image, or computed here where it has no such property."""

import numpy as np
import pytest
from conftest import PIXEL
from pandas.api.types import is_integer_dtype, is_numeric_dtype
from scipy.spatial import ConvexHull, cKDTree
from skimage.measure import regionprops_table

SHAPE = {
    "area": "area_px2",
    "bbox-0": "bounding_box_top_px",
    "bbox-1": "bounding_box_left_px",
    "bbox-2": "bounding_box_bottom_px",
    "bbox-3": "bounding_box_right_px",
    "centroid-0": "centroid_y_px",
    "centroid-1": "centroid_x_px",
    "perimeter": "perimeter_px",
    "axis_major_length": "major_axis_px",
    "axis_minor_length": "minor_axis_px",
    "eccentricity": "eccentricity",
    "orientation": "orientation_rad",
    "solidity": "solidity",
    "extent": "extent",
    "equivalent_diameter_area": "equivalent_diameter_px",
    "feret_diameter_max": "feret_maximum_px",
}
INTENSITY = {
    "intensity_mean": "mean",
    "intensity_median": "median",
    "intensity_min": "minimum",
    "intensity_max": "maximum",
    "intensity_std": "standard_deviation",
}


def channels(case):
    """Values by the channel's name in the table."""
    if case.image.ndim == 2:
        return {"gray": case.image}
    return {name: case.image[..., index] for index, name in enumerate(["red", "green", "blue"])}


@pytest.fixture
def table(example):
    # Columns of other images' channels are empty here.
    return example.table().dropna(axis="columns", how="all").drop(columns=["folder"])


def test_columns_are_numbers_with_names(example, table):
    assert table.columns.is_unique and len(table) == example.count
    assert (table["image"] == example.name).all()
    assert table["nucleus"].tolist() == list(range(1, example.count + 1))
    assert all(is_numeric_dtype(table[key]) for key in table.columns.drop("image"))
    assert all(is_integer_dtype(table[key]) for key in ["nucleus", "area_px2", "touches_edge", "edited"])
    assert not table.isna().any(axis=None) and (table["edited"] == 0).all()
    assert table["included"].dtype == bool and table["included"].all()
    compared = {"image", "nucleus", "included", "edited", *SHAPE.values()}
    worked_out = {"circularity", "feret_minimum_px", "nearest_neighbour_px", "touches_edge"}
    micrometres = {key for key in table.columns if key.endswith(("_um", "_um2"))}
    of_channels = {key for key in table.columns if key.split("_")[0] in channels(example)}
    assert set(table.columns) == compared | worked_out | micrometres | of_channels


def test_scikit_image_agrees(example, table):
    names = {key.split("-")[0] for key in SHAPE}
    expected = regionprops_table(example.labels, properties=sorted(names))
    for key, column in SHAPE.items():
        difference = table[column] - expected[key]
        if key == "orientation":
            # Half a turn does not change an axis.
            difference = (difference + np.pi / 2) % np.pi - np.pi / 2
        assert (np.abs(difference) <= 1e-3 * np.abs(expected[key]) + 1e-9).all(), column


def test_scikit_image_agrees_on_every_channel(example, table):
    for name, values in channels(example).items():
        expected = regionprops_table(example.labels, values, properties=list(INTENSITY))
        for key, measure in INTENSITY.items():
            np.testing.assert_allclose(table[f"{name}_{measure}"], expected[key], rtol=1e-3)
        outside = np.median(values[example.labels == 0])
        sums = np.bincount(example.labels.ravel(), values.ravel())[1:]
        np.testing.assert_allclose(table[f"{name}_integrated"], sums, rtol=1e-8)
        above = sums - outside * example.areas
        np.testing.assert_allclose(table[f"{name}_integrated_above_background"], above, rtol=1e-8)


def narrowest(pixels):
    """Smallest width of the hull of the midpoints of the pixels' sides, over its sides' directions."""
    steps = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]])
    points = (pixels[:, None] + steps).reshape(-1, 2)
    hull = points[ConvexHull(points).vertices]
    sides = np.roll(hull, -1, axis=0) - hull
    across = np.stack([-sides[:, 1], sides[:, 0]]) / np.hypot(*sides.T)
    return np.ptp(hull @ across, axis=0).min()


def test_what_scikit_image_lacks(example, table):
    circularity = 4 * np.pi * table["area_px2"] / table["perimeter_px"] ** 2
    np.testing.assert_allclose(table["circularity"], circularity, rtol=1e-6)
    regions = [np.argwhere(example.labels == number) for number in range(1, example.count + 1)]
    np.testing.assert_allclose(table["feret_minimum_px"], [narrowest(pixels) for pixels in regions], rtol=1e-6)
    centroids = np.array([pixels.mean(axis=0) for pixels in regions])
    nearest = cKDTree(centroids).query(centroids, k=2)[0][:, 1]
    np.testing.assert_allclose(table["nearest_neighbour_px"], nearest, rtol=1e-6)
    last = np.array(example.labels.shape) - 1
    edge = [bool((pixels == 0).any() or (pixels == last).any()) for pixels in regions]
    np.testing.assert_array_equal(table["touches_edge"], edge)


def test_micrometres_are_pixels_times_their_size(table):
    keys = [key for key in table.columns if key.endswith("_um")]
    assert len(keys) == 9
    for key in keys:
        np.testing.assert_allclose(table[key], table[key.replace("_um", "_px")] * PIXEL, rtol=1e-7)
    np.testing.assert_allclose(table["area_um2"], table["area_px2"] * PIXEL**2, rtol=1e-7)
