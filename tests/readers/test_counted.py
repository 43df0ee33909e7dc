"""Which nuclei count: the summary and every export, recomputed with pandas and shapely."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import PIXEL, nucleoscope, truth
from pycocotools.coco import COCO
from roifile import ImagejRoi
from shapely.geometry import shape
from skimage.io import imread


def region(random):
    """A region that may cross itself, have a hole or be outside the image."""
    kind = random.integers(3)
    if kind == 0:
        corners = random.uniform(-80, 600, (random.integers(3, 9), 2))
        return {"type": "Polygon", "coordinates": [[*corners.tolist(), corners[0].tolist()]]}
    left, top = random.uniform(-50, 300, 2)
    width, height = random.uniform(60, 320, 2)
    outer = shapely.box(left, top, left + width, top + height)
    if kind == 1:
        return shapely.geometry.mapping(outer)
    inner = shapely.box(left + width / 4, top + height / 4, left + width / 2, top + height / 2)
    return shapely.geometry.mapping(outer.difference(inner))


def is_inside(geometry, x, y):
    """Whether a point is inside by the even-odd rule, which also handles lines that cross themselves."""
    inside = np.zeros(np.shape(x), bool)
    for ring in geometry["coordinates"]:
        for (x1, y1), (x2, y2) in pairwise(ring):
            crosses = (y1 <= y) != (y2 <= y)
            with np.errstate(divide="ignore", invalid="ignore"):
                inside ^= crosses & (x1 + (x2 - x1) * (y - y1) / (y2 - y1) <= x)
    return inside


def gate(random, table):
    """A range of a measurement, as an option of the command line and as a function."""
    key = str(random.choice(["area_px2", "circularity", "area_um2", "solidity", "nearest_neighbour_px"]))
    low, high = np.quantile(table[key].dropna(), sorted(random.uniform(0, 1, 2)))
    low, high = (float(f"{end:.6g}") for end in (low, high))
    ends = [("", "") if random.random() < 0.1 else (repr(low), repr(high))][0]
    is_kept = random.random() < 0.7
    text = f"{'' if is_kept else '!'}{key}:{ends[0]}..{ends[1]}"

    def passes(values):
        within = values.notna()
        if ends[0]:
            within &= values.between(low, high)
        return within if is_kept else ~within

    return text, key, passes


@pytest.mark.parametrize("seed", range(8))
def test_every_export_agrees_with_pandas(folder, tmp_path, seed):
    random = np.random.default_rng(seed)
    stage = folder / "examples/stage1_test"
    plain = pd.read_csv(folder / "sized/nuclei.csv")
    gates = [gate(random, plain) for _ in range(random.integers(0, 3))]
    regions = [region(random) for _ in range(random.integers(0, 3))]
    options = [word for text, _, _ in gates for word in ("--gate", text)]
    if regions:
        features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in regions]
        (tmp_path / "in.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        options += ["--regions", tmp_path / "in.geojson"]
    nucleoscope("export", stage, "--export-dir", tmp_path / "out", "--pixel-size", PIXEL, *options)

    table = pd.read_csv(tmp_path / "out/nuclei.csv")
    summary = pd.read_csv(tmp_path / "out/summary.csv").set_index("image")
    measures = [key for key in table.columns if key not in ("included", "folder", "region")]
    expected = plain[plain["image"].isin(summary.index)].reset_index(drop=True)
    expected = expected[[key for key in measures if key in expected.columns]]
    pd.testing.assert_frame_equal(table[measures], expected)

    counts = pd.Series(True, table.index)
    for _, key, passes in gates:
        counts &= passes(table[key])
    if regions:
        x, y = table["centroid_x_px"] + 0.5, table["centroid_y_px"] + 0.5
        counts &= np.any([is_inside(geometry, x, y) for geometry in regions], axis=0)
    pd.testing.assert_series_equal(table["included"], counts, check_names=False)

    centre_y, centre_x = np.mgrid[:512, :512] + 0.5
    is_searched = np.ones((512, 512), bool)
    if regions:
        is_searched = np.any([is_inside(geometry, centre_x, centre_y) for geometry in regions], axis=0)
    coco = COCO(str(tmp_path / "out/coco.json"))
    files = {image["file_name"]: image["id"] for image in coco.dataset["images"]}
    submission = pd.read_csv(tmp_path / "out/submission.csv")
    record = json.loads((tmp_path / "out/nucleoscope.json").read_text("utf-8"))
    for name, rows in table.groupby("image"):
        kept = rows[rows["included"]]
        numbers = kept["nucleus"].tolist()
        row = summary.loc[name]
        assert (row["nuclei_found"], row["nuclei_counted"]) == (len(rows), len(kept))
        assert row["area_px2"] == is_searched.sum()
        area = is_searched.sum() * PIXEL**2 / 1e6
        np.testing.assert_allclose(row["area_mm2"], area, rtol=1e-7)
        if area > 0:
            np.testing.assert_allclose(row["density_per_mm2"], len(kept) / area, rtol=1e-7)
        for key in ["area_px2", "area_um2", "circularity", "perimeter_px", "nearest_neighbour_px"]:
            np.testing.assert_allclose(row[f"{key}_mean"], kept[key].mean(), rtol=1e-6)
            np.testing.assert_allclose(row[f"{key}_sd"], kept[key].std(), rtol=1e-4)
        labels = truth(stage / name)
        labels[~np.isin(labels, numbers)] = 0
        np.testing.assert_array_equal(imread(tmp_path / f"out/{name}-labels.tif"), labels)
        rois = ImagejRoi.fromfile(tmp_path / f"out/{name}-RoiSet.zip") if numbers else []
        rois = rois if isinstance(rois, list) else [rois]
        assert [int(roi.name.split("-")[0]) for roi in rois] == numbers
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=files[f"{name}.png"]))
        assert [annotation["nucleus"] for annotation in annotations] == numbers
        assert submission[submission["ImageId"] == name]["EncodedPixels"].notna().sum() == len(numbers)
        told = next(image for image in record["images"] if image["id"] == name)
        assert (told["nuclei"], told["nucleiCounted"]) == (len(rows), len(kept))

        features = json.loads((tmp_path / f"out/{name}.geojson").read_text("utf-8"))["features"]
        nuclei = [one for one in features if one["properties"]["objectType"] == "detection"]
        assert [one["properties"]["included"] for one in nuclei] == rows["included"].tolist()
        drawn = [shape(one["geometry"]) for one in features if one["properties"]["objectType"] == "annotation"]
        assert all(one.is_valid for one in drawn), [shapely.is_valid_reason(one) for one in drawn]
        if regions:
            found = np.any([shapely.contains_xy(one, centre_x, centre_y) for one in drawn], axis=0)
            assert (found != is_searched).sum() == 0
    assert (summary["gates"].fillna("") == " ".join(text for text, _, _ in gates)).all()


def corrections(random, table):
    """Corrections at random nuclei of an image, as a record holds them."""

    def centre():
        return table.loc[random.choice(table.index), ["centroid_x_px", "centroid_y_px"]].tolist()

    def strokes():
        x, y = centre()
        return [[x, y], [x + random.uniform(-30, 30), y + random.uniform(-30, 30)]]

    def one():
        kind = str(random.choice(["delete", "merge", "split", "draw", "erase", "add"]))
        if kind == "delete":
            return {"kind": kind, "at": [centre() for _ in range(random.integers(1, 4))]}
        if kind == "merge":
            return {"kind": kind, "at": [centre(), centre()]}
        if kind == "split":
            x, y = centre()
            return {"kind": kind, "line": [[x - 40, y - 3], [x + 40, y + 3]]}
        if kind == "add":
            x, y = random.uniform(0, 500, 2)
            return {"kind": kind, "outline": [[x, y], [x + 25, y], [x + 12, y + 25]]}
        return {"kind": kind, "path": strokes(), "radius": float(random.uniform(2, 9))}

    return [one() for _ in range(random.integers(1, 12))]


@pytest.mark.parametrize("seed", range(3))
def test_corrections_from_a_record_are_in_every_file(folder, tmp_path, seed):
    random = np.random.default_rng(seed)
    plain = pd.read_csv(folder / "sized/nuclei.csv")
    record = json.loads((folder / "sized/nucleoscope.json").read_text("utf-8"))
    of_image = {}
    for run in record["images"]:
        known = plain[plain["image"] == run["id"]]
        text, key, passes = gate(random, plain)
        low, high = (float(end) if end else None for end in text.split(":")[1].split(".."))
        keep = "outside" if text.startswith("!") else "inside"
        regions = [region(random) for _ in range(random.integers(0, 2))]
        run["gates"] = [{"key": key, "minimum": low, "maximum": high, "keep": keep}]
        run["regions"] = [{"kind": "polygon", "points": r["coordinates"][0]} for r in regions]
        run["edits"] = corrections(random, known)
        of_image[run["id"]] = (key, passes, regions)
    (tmp_path / "run.json").write_text(json.dumps(record))
    options = ["--record", tmp_path / "run.json", "--export", "all", "--export-dir", tmp_path / "out"]
    inputs = folder / "examples/stage1_test", folder / "odd"
    nucleoscope("segment", *inputs, *options, "--output", tmp_path / "submission.csv")

    table = pd.read_csv(tmp_path / "out/nuclei.csv")
    summary = pd.read_csv(tmp_path / "out/summary.csv").set_index("image")
    submission = pd.read_csv(tmp_path / "submission.csv")
    coco = COCO(str(tmp_path / "out/coco.json"))
    files = {image["file_name"]: image["id"] for image in coco.dataset["images"]}
    assert table["edited"].any()
    for name, (key, passes, regions) in of_image.items():
        rows = table[table["image"] == name]
        counts = passes(rows[key])
        if regions:
            x, y = rows["centroid_x_px"] + 0.5, rows["centroid_y_px"] + 0.5
            outer = [{"coordinates": one["coordinates"][:1]} for one in regions]
            counts &= np.any([is_inside(one, x, y) for one in outer], axis=0)
        assert rows["included"].tolist() == counts.tolist()
        kept = rows[counts]
        labels = imread(tmp_path / f"out/{name}-labels.tif")
        areas = pd.Series(labels[labels > 0]).value_counts().sort_index()
        assert areas.index.tolist() == kept["nucleus"].tolist()
        assert areas.tolist() == kept["area_px2"].tolist()
        row = summary.loc[name]
        assert (row["nuclei_found"], row["nuclei_counted"]) == (len(rows), len(kept))
        np.testing.assert_allclose(row["area_px2_mean"], kept["area_px2"].mean(), rtol=1e-6)
        assert submission[submission["ImageId"] == name]["EncodedPixels"].notna().sum() == len(kept)
        assert len(coco.getAnnIds(imgIds=files[f"{name}.png"])) == len(kept)


def test_tables_for_european_spreadsheets(folder, tmp_path):
    dialect = ["--delimiter", "semicolon", "--decimal", "comma"]
    for name, options, reading in [
        ("plain", [], {}),
        ("european", dialect, {"sep": ";", "decimal": ","}),
        ("tab", ["--delimiter", "tab"], {"sep": "\t"}),
    ]:
        files = ["--nuclei", tmp_path / f"{name}-n.csv", "--summary", tmp_path / f"{name}-s.csv"]
        nucleoscope("export", folder / "examples/stage1_test", *files, *options)
        for kind in "ns":
            found = pd.read_csv(tmp_path / f"{name}-{kind}.csv", **reading)
            pd.testing.assert_frame_equal(found, pd.read_csv(tmp_path / f"plain-{kind}.csv"))
