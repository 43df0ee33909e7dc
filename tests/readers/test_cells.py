"""Cells, classes and regions' names, compared with scikit-image and pandas."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import EXAMPLES, PIXEL, case, nucleoscope
from scipy.ndimage import distance_transform_edt
from shapely.geometry import shape
from skimage.filters import threshold_otsu
from skimage.measure import regionprops_table
from skimage.segmentation import expand_labels
from test_measurements import channels


@pytest.fixture(scope="module", params=[("plain", 1.0, 7.5), ("sized", PIXEL, 2.5)])
def expanded(folder, request):
    """The examples exported with cells: the folder, the size of a pixel, and the distance."""
    kind, size, distance = request.param
    options = ["--pixel-size", size] if kind == "sized" else []
    out = folder / f"cells-{kind}"
    nucleoscope(
        "export",
        *(folder / "examples/stage1_test", folder / "odd"),
        *("--export-dir", out, "--cell-expansion", distance, *options),
    )
    return out, size, distance


def defined(labels, distance, size):
    """The cells by their definition, and where two nuclei are equally near."""
    cells = np.zeros_like(labels)
    nearest = np.full(labels.shape, distance * (1 + 1e-9))
    is_tied = np.zeros(labels.shape, bool)
    for number in range(1, labels.max() + 1):
        to = distance_transform_edt(labels != number, sampling=size)
        is_nearer = np.where(cells == 0, to <= nearest, to < nearest - 1e-9)
        is_tied = np.where(is_nearer, False, is_tied | ((cells > 0) & np.isclose(to, nearest, atol=1e-9)))
        cells[is_nearer] = number
        nearest[is_nearer] = to[is_nearer]
    return cells, is_tied


@pytest.mark.parametrize("name", [*EXAMPLES, "odd"])
def test_cells_are_those_of_scikit_image(folder, expanded, name):
    out, size, distance = expanded
    one = case(folder, name, out.name)
    cells, is_tied = defined(one.labels, distance, size)
    # To which of two equally near nuclei scikit-image gives a pixel is not defined.
    np.testing.assert_array_equal(cells[~is_tied], expand_labels(one.labels, distance, spacing=size)[~is_tied])
    assert name == "odd" or is_tied.mean() < 0.05
    table = one.table()
    np.testing.assert_array_equal(table["cell_area_px2"], np.bincount(cells.ravel())[1:])
    np.testing.assert_allclose(table["nucleus_cell_area_ratio"], table["area_px2"] / table["cell_area_px2"], rtol=1e-7)
    if size != 1.0:
        np.testing.assert_allclose(table["cell_area_um2"], table["cell_area_px2"] * size**2, rtol=1e-7)
    for channel, values in channels(one).items():
        of_cells = regionprops_table(cells, values, properties=["intensity_mean"])["intensity_mean"]
        np.testing.assert_allclose(table[f"{channel}_cell_mean"], of_cells, rtol=1e-7)
        ring = np.where(one.labels == 0, cells, 0)
        sums, counts = (np.bincount(ring.ravel(), weights, one.count + 1)[1:] for weights in (values.ravel(), None))
        with np.errstate(invalid="ignore"):
            means = sums / counts
        np.testing.assert_allclose(table[f"{channel}_ring_mean"], means, rtol=1e-7)


@pytest.mark.parametrize("name", [*EXAMPLES, "odd"])
def test_qupath_gets_the_cells_with_their_nuclei(folder, expanded, name):
    out, _, _ = expanded
    one = case(folder, name, out.name)
    features = json.loads(one.file(".geojson").read_text("utf-8"))["features"]
    table = one.table()
    assert {feature["properties"]["objectType"] for feature in features} == {"cell"}
    cells = [shape(feature["geometry"]) for feature in features]
    nuclei = [shape(feature["nucleusGeometry"]) for feature in features]
    assert all(polygon.is_valid for polygon in [*cells, *nuclei])
    assert [cell.area for cell in cells] == table["cell_area_px2"].tolist()
    assert [nucleus.area for nucleus in nuclei] == table["area_px2"].tolist()
    assert all(shapely.covers(cell, nucleus) for cell, nucleus in zip(cells, nuclei, strict=True))


def test_positive_nuclei_agree_in_every_file(folder, tmp_path):
    stage = folder / "examples/stage1_test"
    plain = pd.read_csv(folder / "sized/nuclei.csv")
    key = next(key for key in plain.columns if key.endswith("_mean") and plain[key].notna().sum() > 100)
    threshold = float(f"{threshold_otsu(plain[key].dropna().to_numpy()):.6g}")
    half = {"type": "Polygon", "coordinates": [[[0, 0], [256, 0], [256, 512], [0, 512], [0, 0]]]}
    right = {"type": "Polygon", "coordinates": [[[200, 0], [300, 0], [300, 512], [200, 512], [200, 0]]]}
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
        for name, geometry in [("left, half", half), ("", right)]
    ]
    (tmp_path / "in.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    rules = ["--positive", f"{key}>={threshold!r}", "--gate", "area:60..", "--regions", tmp_path / "in.geojson"]
    nucleoscope("export", stage, "--export-dir", tmp_path / "out", *rules)

    table = pd.read_csv(tmp_path / "out/nuclei.csv", keep_default_na=True)
    summary = pd.read_csv(tmp_path / "out/summary.csv").set_index("image")
    conditions = pd.read_csv(tmp_path / "out/conditions.csv").set_index("measure")
    x = table["centroid_x_px"] + 0.5
    names = np.where(x < 200, "left, half", np.where(x < 256, "left, half; Region 2", "Region 2"))
    names = pd.Series(np.where(x < 300, names, ""))
    assert table["region"].fillna("").tolist() == names.tolist()
    assert table["included"].tolist() == ((names != "") & (table["area_px2"] >= 60)).tolist()
    for name, rows in table.groupby("image"):
        has_column = rows[key].notna().all()
        classes = np.where(rows[key] >= threshold, "positive", "negative")
        expected = np.where(rows["included"] & has_column, classes, "")
        assert rows["class"].fillna("").tolist() == expected.tolist()
        row = summary.loc[name]
        positive = (expected == "positive").sum()
        if has_column:
            assert row["nuclei_positive"] == positive
            np.testing.assert_allclose(row["positive_percent"], 100 * positive / rows["included"].sum(), rtol=1e-7)
        else:
            assert np.isnan(row["nuclei_positive"]) and "not classified" in row["warnings"]
        written = json.loads((tmp_path / f"out/{name}.geojson").read_text("utf-8"))["features"]
        nuclei = [one["properties"] for one in written if one["properties"]["objectType"] == "detection"]
        found = [one.get("classification", {}).get("name", "").lower() for one in nuclei]
        assert found == expected.tolist()
        drawn = [one["properties"]["name"] for one in written if one["properties"]["objectType"] == "annotation"]
        assert drawn == ["left, half", "Region 2"]
    percentages = summary["positive_percent"].dropna()
    assert conditions.loc["positive_percent", "images"] == len(percentages) > 0
    np.testing.assert_allclose(conditions.loc["positive_percent", "mean_of_images"], percentages.mean(), rtol=1e-7)
