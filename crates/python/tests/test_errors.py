"""Every error has a type, a code, help, and the file."""

import pickle
import traceback

import nucleoscope
import numpy as np
import pytest


@pytest.mark.parametrize(
    ("contents", "kind", "code"),
    [
        (None, nucleoscope.FileError, "file/io"),
        (b"", nucleoscope.ImageError, "image/empty"),
        (b"not an image", nucleoscope.ImageError, "image/unknown-format"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", nucleoscope.ImageError, None),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, contents, kind, code):
    path = tmp_path / "cells.png"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(kind) as caught:
        nucleoscope.segment(path)
    error = caught.value
    assert isinstance(error, nucleoscope.NucleoscopeError)
    assert error.file == str(path) and str(path) in str(error)
    assert error.code == code or code is None
    assert error.help in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("shape", "arguments", "words"),
    [
        ((4,), {}, "axes"),
        ((4, 5, 6), {}, "axes"),
        ((4, 5, 2), {"axes": "YX"}, "YX"),
        ((4, 5), {"axes": "YY"}, "YY"),
        ((4, 5), {"axes": "YQ"}, "YQ"),
        ((3, 4, 5), {"axes": "CYX", "channel_names": ["one"]}, "3 channels"),
        ((4, 5), {"channel_names": ["one"]}, "axis of channels"),
        ((4, 5), {"settings": {"area": 3}}, "area"),
        ((4, 5), {"settings": {"minimum_area": 0.5}}, "minimum_area"),
        ((4, 5), {"settings": {"h": 2}}, "from 0 to 1"),
        ((4, 5), {"diameter": 0}, "diameter"),
        ((4, 5), {"diameter": float("nan")}, "diameter"),
        ((4, 5), {"pixel_size": -1}, "pixel size"),
        ((4, 5), {"gates": ["size:1..2"]}, "size"),
        ((4, 5), {"cell_expansion": -1}, "expansion"),
        ((4, 5), {"block": 5}, "blocks"),
    ],
)
def test_an_argument_that_cannot_be_used_is_explained(shape, arguments, words):
    with pytest.raises(nucleoscope.ArgumentError) as caught:
        nucleoscope.segment(np.zeros(shape, np.uint8), **arguments)
    assert isinstance(caught.value, ValueError) and caught.value.help
    assert words in str(caught.value) + caught.value.help


@pytest.mark.parametrize(
    ("shape", "arguments", "code"),
    [
        ((2, 4, 5), {"axes": "CYX", "channel": 2}, "image/no-such-channel"),
        ((2, 4, 5), {"axes": "CYX", "channel": "DAPI"}, "image/no-such-channel"),
        ((2, 4, 5), {"axes": "ZYX", "slice": 2}, "image/no-such-slice"),
        ((2, 4, 5), {"axes": "TYX", "frame": 2}, "image/no-such-frame"),
        ((4, 5), {"slice": 1}, "image/no-such-slice"),
        ((0, 5), {}, "image/inconsistent"),
        ((4, 5, 5), {"axes": "YXS"}, "image/inconsistent"),
    ],
)
def test_a_part_that_an_array_does_not_have_is_an_image_error(shape, arguments, code):
    with pytest.raises(nucleoscope.ImageError) as caught:
        nucleoscope.segment(np.zeros(shape, np.uint8), **arguments)
    assert caught.value.code == code and caught.value.file is None


@pytest.mark.parametrize("image", [np.zeros((4, 5), complex), np.array([["a", "b"]]), np.array([[None, 1]])])
def test_arrays_without_numbers_are_refused(image):
    with pytest.raises(nucleoscope.ArgumentError, match="not images"):
        nucleoscope.segment(image)


def test_arguments_of_arrays_are_refused_for_files(tmp_path):
    with pytest.raises(nucleoscope.ArgumentError):
        nucleoscope.segment(tmp_path / "cells.png", axes="YX")


@pytest.mark.parametrize("arguments", [{"channel": 1.5}, {"regions": 3}, {"gates": "area:1.."}, {"settings": 3}])
def test_arguments_of_other_types_are_type_errors(arguments):
    with pytest.raises((TypeError, ValueError)):
        nucleoscope.segment(np.zeros((4, 5), np.uint8), **arguments)


def test_errors_travel_between_processes(tmp_path):
    with pytest.raises(nucleoscope.FileError) as caught:
        nucleoscope.segment(tmp_path / "missing.png")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), copy.code, copy.help, copy.file, copy.__notes__) == (
        *(type(caught.value), str(caught.value), caught.value.code, caught.value.help, caught.value.file),
        [caught.value.help],
    )


def test_a_model_that_cannot_be_used_is_named(drawn, tmp_path):
    path = tmp_path / "other.onnx"
    for contents, kind in [(None, nucleoscope.FileError), (b"no model", nucleoscope.ModelError)]:
        if contents is not None:
            path.write_bytes(contents)
        with pytest.raises(kind) as caught:
            nucleoscope.segment(drawn[0], model=path)
        assert caught.value.file == str(path)
