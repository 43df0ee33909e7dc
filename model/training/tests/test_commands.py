from pathlib import Path

from nucleoscope_training.__main__ import note_models


def test_each_condition_is_noted_once_with_the_last_model_that_has_not_seen_it(
    tmp_path: Path,
) -> None:
    note_models(tmp_path / "a.onnx", {"light", "dark"})
    note_models(tmp_path / "b.onnx", {"dense"})
    note_models(tmp_path / "c.onnx", {"light"})
    lines = (tmp_path / "models.csv").read_text().splitlines()
    assert lines == ["condition,model", "dark,a.onnx", "dense,b.onnx", "light,c.onnx"]
