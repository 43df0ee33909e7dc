"""The labels, for every way to pass an image."""

import sys

import nucleoscope
import numpy as np
import pytest
from skimage.io import imread, imsave


def test_labels_are_those_of_the_command_line(command_line, examples, tmp_path):
    assert len(examples) >= 3
    command_line("segment", *examples, "--labels", tmp_path)
    for path in examples:
        expected = imread(tmp_path / f"{path.stem}.png")
        for image in [path, str(path), path.read_bytes(), imread(path)]:
            np.testing.assert_array_equal(nucleoscope.segment(image).labels, expected)


def test_options_are_those_of_the_command_line(command_line, examples, tmp_path):
    image = examples[0]
    command_line(
        *("segment", image, "--labels", tmp_path, "--diameter", 30, "--minimum-area", 300, "--clear-border"),
        *("--gate", "circularity:0.9.."),
    )
    nuclei = nucleoscope.segment(
        image,
        diameter=30,
        settings={"minimum_area": 300, "clear_border": True},
        gates=["circularity:0.9.."],
    )
    np.testing.assert_array_equal(nuclei.labels, imread(tmp_path / f"{image.stem}.png"))
    everything = nucleoscope.segment(image)
    assert 0 < nuclei.count < everything.count


def test_blocks_give_the_labels_of_the_command_line(command_line, tmp_path):
    image, _ = nucleoscope.example(seed=2, width=700, height=500, nuclei=120)
    imsave(tmp_path / "large.png", image)
    command_line("segment", tmp_path / "large.png", "--labels", tmp_path / "labels", "--block", 400)
    nuclei = nucleoscope.segment(image, block=400)
    np.testing.assert_array_equal(nuclei.labels, imread(tmp_path / "labels" / "large.png"))


def test_the_label_image_is_one_read_only_array(found, drawn):
    labels = found.labels
    assert labels.dtype == np.uint32 and labels.shape == drawn[0].shape
    assert np.shares_memory(labels, found.labels)
    assert not labels.flags["W"] and labels.flags.c_contiguous
    np.testing.assert_array_equal(np.unique(labels), np.arange(found.count + 1))
    np.testing.assert_array_equal(found.numbers, np.arange(1, found.count + 1))
    assert len(found) == found.count


def test_the_label_image_outlives_the_nuclei(drawn):
    labels = nucleoscope.segment(drawn[0]).labels
    assert labels.max() > 10


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_arrays_are_not_copied(drawn, dtype):
    image = drawn[0].astype(dtype)
    references = sys.getrefcount(image)
    nuclei = nucleoscope.segment(image)
    assert sys.getrefcount(image) > references, "the image is in use"
    assert nuclei.measurements("dict")["gray_maximum"].max() == image.max()
    del nuclei
    assert sys.getrefcount(image) == references


@pytest.mark.parametrize(
    "convert",
    [
        lambda image: image.astype(np.uint16),
        lambda image: image.astype(np.float32),
        lambda image: image.astype(np.float64) / 255,
        lambda image: image.astype(np.float16),
        lambda image: image.astype(np.int16),
        lambda image: image.astype(np.int64),
        lambda image: image.astype(">u2"),
        lambda image: np.asfortranarray(image),
        lambda image: np.repeat(image, 2, axis=1)[:, ::2],
        lambda image: image[::-1, ::-1][::-1, ::-1],
        lambda image: np.stack([image] * 3, axis=-1),
        lambda image: image.tolist(),
    ],
)
def test_types_and_orders_in_memory_do_not_change_the_labels(drawn, found, convert):
    np.testing.assert_array_equal(nucleoscope.segment(convert(drawn[0])).labels, found.labels)


def test_axes_name_what_an_array_has(drawn, found):
    image = drawn[0]
    dim = image // 2
    stack = np.zeros((2, 3, 2, *image.shape), np.uint8)  # T, Z, C, Y, X
    stack[1, 0, 1], stack[1, 1, 1] = image, dim
    arguments = {"axes": "TZCYX", "frame": 1, "channel_names": ["GFP", "DAPI"]}
    nuclei = nucleoscope.segment(stack, **arguments)
    np.testing.assert_array_equal(nuclei.labels, found.labels)
    assert nuclei.channels == ["GFP", "DAPI"]
    table = nuclei.measurements("dict")
    assert table["gfp_mean"].max() == 0 and table["dapi_maximum"].max() == image.max()
    for channel in [1, "dapi"]:
        chosen = nucleoscope.segment(stack, axes="TZCYX", frame=1, channel=channel, channel_names=["a", "DAPI"])
        np.testing.assert_array_equal(chosen.labels, found.labels)
    slices = nucleoscope.segment(stack[1, :, 1], axes="zyx", slice=1)
    np.testing.assert_array_equal(slices.labels, nucleoscope.segment(dim).labels)
    np.testing.assert_array_equal(nucleoscope.segment(image.T, axes="XY").labels, found.labels)
    assert nucleoscope.segment(stack, axes="TZCYX").count == 0, "the first frame is empty"


def test_colour_images_may_have_alpha(drawn):
    image, truth = nucleoscope.example(seed=4, stained=True)
    assert image.shape == (*truth.shape, 3)
    labels = nucleoscope.segment(image).labels
    assert labels.max() > 10
    opaque = np.concatenate([image, np.full((*truth.shape, 1), 255, np.uint8)], axis=-1)
    np.testing.assert_array_equal(nucleoscope.segment(opaque).labels, labels)
    planar = np.moveaxis(image, -1, 0)
    np.testing.assert_array_equal(nucleoscope.segment(planar, axes="SYX").labels, labels)
    red = nucleoscope.segment(image, channel="red")
    np.testing.assert_array_equal(red.labels, nucleoscope.segment(image[..., 0]).labels)


def test_values_that_are_not_numbers_are_background(drawn):
    image = drawn[0].astype(np.float32)
    image[:20] = np.nan
    before = image.copy()
    nuclei = nucleoscope.segment(image)
    assert nuclei.warnings[0]["code"] == "image/non-finite" and "help" in nuclei.warnings[0]
    assert nuclei.count > 10 and not nuclei.labels[:20].any()
    np.testing.assert_array_equal(image, before)


def test_only_nuclei_in_regions_that_pass_gates_count(drawn, found):
    image, _ = drawn
    left = np.array([(0, 0), (128, 0), (128, 256), (0, 256)])
    nuclei = nucleoscope.segment(image, regions=[left], gates=["area_px2:300.."])
    table = nuclei.measurements("dict")
    assert len(table["nucleus"]) == found.count, "all are measured"
    expected = (table["centroid_x_px"] + 0.5 < 128) & (table["area_px2"] >= 300)
    np.testing.assert_array_equal(table["included"], expected)
    np.testing.assert_array_equal(nuclei.numbers, table["nucleus"][expected])
    np.testing.assert_array_equal(nuclei.labels, np.where(np.isin(found.labels, nuclei.numbers), found.labels, 0))
    assert 0 < nuclei.count < found.count
    assert len(nuclei.polygons()) == len(nuclei.to_rle()) == nuclei.count
    assert set(table["region"]) == {"Region 1", ""}
    unused = nucleoscope.segment(image, gates=["red_mean:3.."])
    assert unused.count == found.count and unused.warnings[0]["code"] == "gate/unused"


def test_regions_are_read_from_geojson(drawn, tmp_path):
    path = tmp_path / "regions.geojson"
    path.write_text('{"type": "Polygon", "coordinates": [[[0, 0], [128, 0], [128, 256], [0, 256], [0, 0]]]}')
    polygon = [(0, 0), (128, 0), (128, 256), (0, 256)]
    from_file = nucleoscope.segment(drawn[0], regions=path)
    np.testing.assert_array_equal(from_file.labels, nucleoscope.segment(drawn[0], regions=[polygon]).labels)


def test_progress_is_reported_and_may_end_the_call(drawn):
    reports = []
    nucleoscope.segment(drawn[0], progress=lambda done, total: reports.append((done, total)))
    assert reports and all(0 <= done <= total for done, total in reports)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nucleoscope.segment(drawn[0], progress=stop)


def test_results_describe_themselves(found):
    assert repr(found) == f"Nuclei({found.count} in 256 × 256 pixels of the array)"  # noqa: RUF001
    assert 10 < found.diameter < 40 and found.scale == 1.0
    assert found.pixel_size is None and found.channels == ["gray"] and found.warnings == []
