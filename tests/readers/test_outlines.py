"""GeoJSON in shapely, COCO in pycocotools, SVG as XML, the overlay as a picture."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import shapely
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from shapely.geometry import shape
from skimage.io import imread


def test_geojson_is_valid_and_exact(exported):
    collection = json.loads(exported.file(".geojson").read_text("utf-8"))
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == exported.count
    assert all(feature["properties"]["included"] is True for feature in collection["features"])
    shapes = [shape(feature["geometry"]) for feature in collection["features"]]
    y, x = np.mgrid[: exported.labels.shape[0], : exported.labels.shape[1]] + 0.5
    for number, (found, area) in enumerate(zip(shapes, exported.areas, strict=True), 1):
        assert found.is_valid, shapely.is_valid_reason(found)
        assert found.area == area
        for part in shapely.get_parts(found):
            assert part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors)
        np.testing.assert_array_equal(shapely.contains_xy(found, x, y), exported.labels == number)
    first, second = shapely.STRtree(shapes).query(shapes)
    near = first < second
    shared = shapely.intersection(np.array(shapes)[first[near]], np.array(shapes)[second[near]])
    assert near.any() and shapely.area(shared).max() == 0


def test_geojson_has_the_measurements(sized):
    collection = json.loads(sized.file(".geojson").read_text("utf-8"))
    table = sized.table()
    keys = {"Area px²": "area_px2", "Area µm²": "area_um2", "Perimeter µm": "perimeter_um", "Solidity": "solidity"}
    for feature, (_, row) in zip(collection["features"], table.iterrows(), strict=True):
        properties = feature["properties"]
        assert properties["objectType"] == "detection" and properties["name"] == str(row["nucleus"])
        for label, key in keys.items():
            np.testing.assert_allclose(properties["measurements"][label], row[key], rtol=1e-8)


def test_pycocotools_reads_every_pixel(exported):
    coco = COCO(str(exported.folder / "coco.json"))
    images = coco.loadImgs(coco.getImgIds())
    assert len({image["id"] for image in images}) == len(images) > 1
    ids = coco.getAnnIds()
    assert len(set(ids)) == len(ids) == len(coco.dataset["annotations"])
    [image] = [image for image in images if image["file_name"] == f"{exported.name}.png"]
    assert (image["height"], image["width"]) == exported.labels.shape
    annotations = coco.loadAnns(coco.getAnnIds(imgIds=image["id"], iscrowd=False))
    assert [annotation["nucleus"] for annotation in annotations] == list(range(1, exported.count + 1))
    for annotation in annotations:
        runs = annotation["segmentation"]
        assert isinstance(runs["counts"], str)
        mask = exported.labels == annotation["nucleus"]
        assert coco_mask.encode(np.asfortranarray(mask, np.uint8))["counts"].decode() == runs["counts"]
        np.testing.assert_array_equal(coco.annToMask(annotation), mask)
        assert coco_mask.area(runs) == annotation["area"]
        assert coco_mask.toBbox(runs).tolist() == annotation["bbox"]


def test_svg_encloses_every_pixel(exported):
    root = ElementTree.parse(exported.file("-outlines.svg")).getroot()
    paths = root.findall(".//{http://www.w3.org/2000/svg}path")
    assert [path.get("id") for path in paths] == [f"nucleus-{number + 1}" for number in range(exported.count)]
    rows, columns = exported.labels.shape
    assert root.get("viewBox") == f"0 0 {columns} {rows}"
    for path, area in zip(paths, exported.areas, strict=True):
        x = y = start = total = 0
        for step, number, other in re.findall(r"([MHVZ])(\d*)(?: (\d+))?", path.get("d")):
            if step == "M":
                x, y = start = int(number), int(other)
            elif step == "H":
                total -= y * (int(number) - x)
                x = int(number)
            elif step == "V":
                y = int(number)
            else:
                total -= y * (start[0] - x)
        assert total == area


def test_the_overlay_marks_contours_only(exported):
    picture = imread(exported.file("-overlay.png"))
    assert picture.shape == (*exported.labels.shape, 3) and picture.dtype == np.uint8
    padded = np.pad(exported.labels, 1, mode="edge")
    around = [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
    rim = (exported.labels > 0) & np.any([other != exported.labels for other in around], axis=0)
    marked = (picture == [255, 221, 0]).all(axis=2)
    np.testing.assert_array_equal(marked, rim)
