import json
from pathlib import Path

import numpy as np

from nucleoscope_training.reference import input_image, write_reference

SHIPPED = Path(__file__).parents[2] / "nuclei.onnx"
FIXTURE = Path(__file__).parents[3] / "tests" / "fixtures" / "reference-logits.json"


def test_the_input_is_what_other_languages_compute() -> None:
    values = input_image().ravel()
    # 1013904223 >> 20 = 966; the next state is (1013904223 * 1664525 + 1013904223) mod 2**32.
    assert values[0] == np.float32(966 / 4096)
    assert values[1] == np.float32((1013904223 * 1664526 % 2**32 >> 20) / 4096)
    assert 0.4 < values.mean() < 0.6


def test_the_product_is_tested_with_the_shipped_files_logits(tmp_path: Path) -> None:
    write_reference(SHIPPED, tmp_path / "reference.json")
    found, expected = (json.loads(p.read_text()) for p in (tmp_path / "reference.json", FIXTURE))
    assert (found["height"], found["width"]) == (expected["height"], expected["width"])
    np.testing.assert_allclose(found["logits"], expected["logits"], atol=1e-4)
