from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from nucleoscope_training.blend import blend
from nucleoscope_training.model_file import BYTES, HALF, SCALES, read_weights
from nucleoscope_training.quantise import in_bytes, quantise, quantised, round_to_bytes
from nucleoscope_training.receptive_field import halo, receptive_field

SHIPPED = Path(__file__).parents[2] / "nuclei.onnx"


@pytest.fixture
def in_half(tmp_path: Path) -> Path:
    """The shipped network as training exports it: every weight in half precision."""
    model = onnx.load(SHIPPED)
    weights = read_weights(model)
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear":
            half = onnx.helper.make_node(
                "Cast", [node.name + HALF], node.output, node.name, to=onnx.TensorProto.FLOAT
            )
            node.CopyFrom(half)
    names = {name for node in model.graph.node for name in node.input}
    stored = [
        numpy_helper.from_array(values.astype(np.float16), name + HALF)
        if name + HALF in names
        else numpy_helper.from_array(values, name)
        for name, values in weights.items()
    ]
    del model.graph.initializer[:]
    model.graph.initializer.extend(stored)
    onnx.checker.check_model(model)
    path = tmp_path / "half.onnx"
    onnx.save(model, path)
    return path


def run(path: Path, image: np.ndarray) -> np.ndarray:
    return onnxruntime.InferenceSession(path).run(["maps"], {"image": image})[0]


def test_a_channel_that_fits_is_stored_without_error() -> None:
    expected = np.random.default_rng(0).integers(-127, 128, (5, 4, 3, 3))
    expected[:, 0, 0, 0] = 127
    scales = np.float32([0.5, 0.25, 2, 1, 0.125])
    values, found = round_to_bytes(expected * scales[:, None, None, None])
    assert values.dtype == np.int8
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(found, scales)


def test_clipping_beats_the_largest_weight_as_scale_and_zeros_stay_zeros() -> None:
    weight = np.random.default_rng(1).laplace(size=(8, 32, 3, 3)).astype(np.float32)
    weight[3] = 0
    values, scales = round_to_bytes(weight)
    assert not values[3].any()
    assert np.isfinite(scales).all()
    assert (scales > 0).all()
    rows = weight.reshape(8, -1)
    plain = np.maximum(np.abs(rows).max(axis=1), 1e-9) / np.float32(127)
    error = np.square(values * scales[:, None, None, None] - weight).sum()
    assert error < np.square(quantised(rows, plain) * plain[:, None] - rows).sum()


def test_the_file_halves_and_engines_read_what_was_written(in_half: Path, tmp_path: Path) -> None:
    output = tmp_path / "bytes.onnx"
    quantise(in_half, output, "9.9")
    assert output.stat().st_size < 0.55 * in_half.stat().st_size
    model = onnx.load(output)
    before = {p.key: p.value for p in onnx.load(in_half).metadata_props}
    expected = before | {"version": "9.9", "halo": "224"}
    assert {p.key: p.value for p in model.metadata_props} == expected
    first, second = read_weights(onnx.load(in_half)), read_weights(model)
    assert first.keys() == second.keys()
    for name, weight in first.items():
        assert np.linalg.norm(second[name] - weight) <= 0.012 * np.linalg.norm(weight), name
    # A file that holds in float32 what `read_weights` says answers the same.
    for node in [n for n in model.graph.node if n.op_type == "DequantizeLinear"]:
        plain = onnx.helper.make_node("Identity", [f"{node.name}.plain"], node.output, node.name)
        model.graph.initializer.append(
            numpy_helper.from_array(second[node.name], f"{node.name}.plain")
        )
        node.CopyFrom(plain)
    onnx.save(model, tmp_path / "plain.onnx")
    image = np.random.default_rng(2).random((1, 3, 64, 96), np.float32)
    found, plain = run(output, image), run(tmp_path / "plain.onnx", image)
    np.testing.assert_allclose(found, plain, atol=1e-4)


def test_what_is_in_bytes_or_in_full_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="already"):
        in_bytes(onnx.load(SHIPPED))
    model = onnx.load(SHIPPED)
    kept = [i for i in model.graph.initializer if not i.name.endswith((BYTES, HALF))]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    with pytest.raises(ValueError, match="--float32"):
        in_bytes(model)


def test_a_blend_may_begin_with_the_shipped_file_but_not_end_with_it(
    in_half: Path, tmp_path: Path
) -> None:
    output = tmp_path / "blend.onnx"
    blend(SHIPPED, in_half, 0.75, output)
    first, second = read_weights(onnx.load(SHIPPED)), read_weights(onnx.load(output))
    for name, weight in first.items():
        np.testing.assert_allclose(second[name], weight, rtol=1e-3, atol=1e-6)
    with pytest.raises(ValueError, match=r"nuclei\.onnx is in 8 bits"):
        blend(in_half, SHIPPED, 0.75, output)


def test_a_pixel_reaches_just_as_far_as_is_said(tmp_path: Path) -> None:
    """With every weight positive nothing cancels: a lone pixel changes all that it can change."""
    model = onnx.load(SHIPPED)
    for initialiser in model.graph.initializer:
        values = numpy_helper.to_array(initialiser)
        if initialiser.name.endswith(".bias"):
            values = np.zeros_like(values)
        elif initialiser.name.endswith((BYTES, HALF)):
            values = np.ones_like(values)
        elif initialiser.name.endswith(SCALES):
            values = np.full_like(values, 1e-2)
        initialiser.CopyFrom(numpy_helper.from_array(values, initialiser.name))
    onnx.save(model, tmp_path / "positive.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "positive.onnx")
    middle, reach = 256, 0
    for place in range(32):
        image = np.zeros((1, 3, 32, 544), np.float32)
        image[..., 8, middle + place] = 1
        columns = np.flatnonzero(session.run(["maps"], {"image": image})[0].any(axis=(0, 1, 2)))
        reach = max(reach, middle + place - columns[0], columns[-1] - middle - place)
    assert reach == receptive_field(model, 32)
    assert halo(model, 32) == 224
