"""Label images and the Bowl's CSV."""

import csv

import numpy as np
import pytest
import tifffile
from conftest import PIXEL, nucleoscope
from PIL import Image
from skimage.io import imread, imsave


def test_png_has_16_bits(exported):
    file = exported.file("-labels.png")
    assert imread(file).dtype == np.uint16
    np.testing.assert_array_equal(imread(file), exported.labels)
    np.testing.assert_array_equal(np.asarray(Image.open(file)), exported.labels)


def test_tiff_keeps_the_pixel_size(sized):
    with tifffile.TiffFile(sized.file("-labels.tif")) as tiff:
        assert tiff.is_imagej and tiff.imagej_metadata["unit"] == "micron"
        [page] = tiff.pages
        assert page.dtype == np.uint16
        for tag in ["XResolution", "YResolution"]:
            pixels, micrometres = page.tags[tag].value
            assert micrometres / pixels == pytest.approx(PIXEL, rel=1e-8)
        np.testing.assert_array_equal(page.asarray(), sized.labels)


def test_many_nuclei_keep_their_numbers(tmp_path):
    labels = np.arange(1, 257 * 256 + 1, dtype=np.uint32).reshape(256, 257)
    for kind in ["images", "labels"]:
        (tmp_path / kind).mkdir()
    tifffile.imwrite(tmp_path / "labels/many.tif", labels)
    imsave(tmp_path / "images/many.png", (labels % 251).astype(np.uint8), check_contrast=False)
    nucleoscope("export", tmp_path, "--export", "labels", "--export-dir", tmp_path / "out")
    found = tifffile.imread(tmp_path / "out/many-labels.tif")
    assert found.dtype == np.uint32
    np.testing.assert_array_equal(found, labels)


def test_bowl_rows_are_the_nuclei(exported):
    with open(exported.folder / "submission.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["ImageId"] == exported.name]
    assert len(rows) == exported.count
    found = np.zeros(exported.labels.size, np.uint32)
    for number, row in enumerate(rows, 1):
        runs = np.array(row["EncodedPixels"].split(), int).reshape(-1, 2)
        for start, length in runs:
            assert not found[start - 1 : start - 1 + length].any()
            found[start - 1 : start - 1 + length] = number
    np.testing.assert_array_equal(found.reshape(exported.labels.shape[::-1]).T, exported.labels)
