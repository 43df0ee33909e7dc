from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from nucleoscope_training.export import export
from nucleoscope_training.network import NucleusNetwork
from nucleoscope_training.reference import input_image
from nucleoscope_training.warm_start import fill_norms, read_onnx

SHIPPED = Path(__file__).parents[2] / "nuclei.onnx"


@pytest.mark.parametrize(("half", "tolerance"), [(False, 1e-4), (True, 2e-2)])
def test_a_file_is_read_back_as_the_network_it_came_from(
    network: NucleusNetwork, tmp_path: Path, half: bool, tolerance: float
) -> None:
    export(network, tmp_path / "nuclei.onnx", half)
    again = read_onnx(tmp_path / "nuclei.onnx")
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        assert (again(image) - network(image)).abs().max() <= tolerance


def test_the_shipped_file_is_read_back_from_its_bytes() -> None:
    image = input_image()
    expected = onnxruntime.InferenceSession(SHIPPED).run(["maps"], {"image": image})[0]
    with torch.inference_mode():
        found = read_onnx(SHIPPED)(torch.from_numpy(image)).numpy()
    assert np.abs(found - expected).max() <= 1e-4


def test_filled_norms_change_nothing_and_fit_what_reaches_them(
    network: NucleusNetwork, tmp_path: Path
) -> None:
    export(network, tmp_path / "nuclei.onnx", half=False)
    again = read_onnx(tmp_path / "nuclei.onnx")
    batches = [torch.rand(4, 3, 64, 64) for _ in range(3)]
    with torch.inference_mode():
        expected = again(batches[0])
        fill_norms(again, batches)
        assert (again(batches[0]) - expected).abs().max() < 1e-4
        norm = again.get_submodule("decoder1.norm2")
        assert isinstance(norm, nn.BatchNorm2d)
        before = norm.running_mean.clone()
        # In training the norms use the batch's own statistics: nearly the same.
        assert (again.train()(batches[0]) - expected).abs().mean() < 0.3 * expected.std()
        assert (norm.running_mean - before).abs().max() < 0.2 * norm.running_var.sqrt().max()
