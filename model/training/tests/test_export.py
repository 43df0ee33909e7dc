from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from nucleoscope_training.export import METADATA, export
from nucleoscope_training.network import (
    CHANNELS,
    STRIDE,
    NucleusNetwork,
    multiply_adds,
    parameter_count,
)


def run(path: Path, image: np.ndarray) -> np.ndarray:
    return onnxruntime.InferenceSession(path).run(["maps"], {"image": image})[0]


@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
def test_onnx_and_torch_agree(
    network: NucleusNetwork, tmp_path: Path, size: tuple[int, int]
) -> None:
    image = np.random.default_rng(0).random((1, 3, *size), np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(image)).numpy()
    export(network, tmp_path / "full.onnx", half=False)
    found = run(tmp_path / "full.onnx", image)
    assert found.shape == (1, 3, *size)
    assert np.abs(found - expected).max() <= 1e-4
    export(network, tmp_path / "half.onnx")
    assert np.abs(run(tmp_path / "half.onnx", image) - expected).max() <= 2e-2


def test_the_file_keeps_the_contract(network: NucleusNetwork, tmp_path: Path) -> None:
    path = tmp_path / "nuclei.onnx"
    export(network, path)
    assert path.stat().st_size <= 4e6
    model = onnx.load(path)
    metadata = {p.key: p.value for p in model.metadata_props}
    assert metadata == METADATA | {"halo": "224"}
    assert METADATA["stride"] == "32" == str(STRIDE)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)]
    assert [i.name for i in model.graph.input] == ["image"]
    assert [o.name for o in model.graph.output] == ["maps"]
    allowed = {"Conv", "Relu", "MaxPool", "Resize", "Add", "DepthToSpace", "Cast"}
    assert {n.op_type for n in model.graph.node} == allowed
    assert "encoder1.conv1.weight.half" in {i.name for i in model.graph.initializer}


def test_the_same_network_gives_the_same_bytes(network: NucleusNetwork, tmp_path: Path) -> None:
    export(network, tmp_path / "a.onnx")
    export(network, tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_the_network_keeps_its_budget() -> None:
    assert parameter_count(NucleusNetwork()) <= 2_000_000
    assert multiply_adds() <= 2_000_000_000
    assert all(c % 16 == 0 for c in CHANNELS)
