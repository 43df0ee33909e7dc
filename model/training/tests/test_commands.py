from pathlib import Path

from nucleoscope_training.__main__ import write_models


def test_each_condition_is_scored_by_the_network_trained_without_it(
    data: Path, tmp_path: Path
) -> None:
    for name in ("all", "A", "E"):
        (tmp_path / f"{name}.onnx").touch()
    write_models(data, tmp_path)
    assert (tmp_path / "models.csv").read_text().splitlines() == [
        "set,condition,model",
        "bitdepth_nucseg,bitdepth-20x,E.onnx",
        "dsb2018,fluorescence-256x256-lo,A.onnx",
    ]
