"""RoiSet.zip in roifile and in ImageJ itself."""

import os
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
import shapely
import tifffile
from conftest import EXAMPLES, case


def filled(rings, shape):
    """Pixels whose centres are inside by the even-odd rule."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for ring in rings:
        inside ^= shapely.contains_xy(shapely.Polygon(ring), x, y)
    return inside


def test_roifile_reads_every_pixel(exported):
    rois = roifile.ImagejRoi.fromfile(exported.file("-RoiSet.zip"))
    assert len(rois) == exported.count
    found = np.zeros_like(exported.labels)
    for number, roi in enumerate(rois, 1):
        assert roi.name.startswith(f"{number:04}-") and roi.position == 0
        rings = roi.coordinates(multi=True) if roi.composite else [roi.coordinates()]
        assert roi.composite or roi.roitype == roifile.ROI_TYPE.TRACED
        assert all(np.array_equal(ring, np.round(ring)) for ring in rings)
        inside = filled(rings, found.shape)
        assert not found[inside].any()
        found[inside] = number
    np.testing.assert_array_equal(found, exported.labels)


def test_names_contain_number_row_and_column(exported):
    with zipfile.ZipFile(exported.file("-RoiSet.zip")) as archive:
        names = archive.namelist()
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
    for number, name in enumerate(names, 1):
        assert name.endswith(".roi")
        rows, columns = np.nonzero(exported.labels == number)
        middle = [(values.min() + values.max() + 1) // 2 for values in (rows, columns)]
        assert [int(part) for part in name[:-4].split("-")] == [number, *middle]


@pytest.fixture(scope="module")
def in_imagej(folder):
    """Label images that ImageJ filled, by case."""
    arguments = []
    for name in [*EXAMPLES, "odd"]:
        one = case(folder, name, "plain")
        rows, columns = one.labels.shape
        arguments += [one.file("-RoiSet.zip"), columns, rows, folder / f"{name}-imagej.tif"]
    classes = os.pathsep.join([os.environ["IMAGEJ_JAR"], os.environ["BEANSHELL_JAR"]])
    script = Path(__file__).with_name("fill_rois.bsh")
    java = ["java", "-Djava.awt.headless=true", "-cp", classes, "bsh.Interpreter", script, *arguments]
    run = subprocess.run([str(part) for part in java], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return lambda name: tifffile.imread(folder / f"{name}-imagej.tif")


def test_imagej_fills_every_pixel(exported, in_imagej):
    np.testing.assert_array_equal(in_imagej(exported.name), exported.labels)
