import copy
from pathlib import Path

import onnx
import pytest
import torch
from onnx import numpy_helper

from nucleoscope_training.blend import blend
from nucleoscope_training.export import export
from nucleoscope_training.network import CHANNELS, NucleusNetwork


def weight(path: Path) -> float:
    graph = onnx.load(path).graph
    head = next(i for i in graph.initializer if i.name == "head.bias")
    return float(numpy_helper.to_array(head)[0])


def test_weights_lie_between_those_of_the_two_files(
    network: NucleusNetwork, tmp_path: Path
) -> None:
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.head.bias += 1
    export(network, tmp_path / "first.onnx")
    export(other, tmp_path / "second.onnx")
    blend(tmp_path / "first.onnx", tmp_path / "second.onnx", 0.75, tmp_path / "blend.onnx")
    expected = weight(tmp_path / "first.onnx") + 0.75
    assert weight(tmp_path / "blend.onnx") == pytest.approx(expected, abs=1e-6)
    onnx.checker.check_model(onnx.load(tmp_path / "blend.onnx"))
    assert onnx.load(tmp_path / "blend.onnx").metadata_props


def test_networks_of_other_sizes_are_refused(network: NucleusNetwork, tmp_path: Path) -> None:
    export(network, tmp_path / "first.onnx")
    wider = NucleusNetwork((CHANNELS[0] + 16, *CHANNELS[1:])).eval()
    export(wider, tmp_path / "second.onnx")
    with pytest.raises(ValueError, match=r"encoder1.*first\.onnx"):
        blend(tmp_path / "first.onnx", tmp_path / "second.onnx", 0.5, tmp_path / "blend.onnx")
