import json
from pathlib import Path

import numpy as np
import onnxruntime

from nucleoscope_training.export import export
from nucleoscope_training.network import NucleusNetwork
from nucleoscope_training.reference import input_image, write_reference
from nucleoscope_training.warm_start import read_onnx


def test_the_input_is_what_other_languages_compute() -> None:
    values = input_image().ravel()
    # 1013904223 >> 20 = 966; the next state is (1013904223 * 1664525 + 1013904223) mod 2**32.
    assert values[0] == np.float32(966 / 4096)
    assert values[1] == np.float32((1013904223 * 1664526 % 2**32 >> 20) / 4096)
    assert 0.4 < values.mean() < 0.6


def test_another_engine_gives_the_logits_of_the_reference(
    network: NucleusNetwork, tmp_path: Path
) -> None:
    export(network, tmp_path / "nuclei.onnx")
    write_reference(read_onnx(tmp_path / "nuclei.onnx"), tmp_path / "reference.json")
    reference = json.loads((tmp_path / "reference.json").read_text())
    session = onnxruntime.InferenceSession(tmp_path / "nuclei.onnx")
    found = session.run(["maps"], {"image": input_image()})[0]
    assert found.shape == (1, 3, reference["height"], reference["width"])
    np.testing.assert_allclose(found.ravel(), reference["logits"], atol=1e-4)
