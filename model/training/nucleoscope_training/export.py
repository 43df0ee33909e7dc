"""Writes the network as ONNX, node by node, from the weights with batch norm folded in.

By hand rather than by tracing: the graph then has only the nodes that the product's engine runs
well (Conv, Relu, MaxPool, Resize, Add, DepthToSpace, Cast), with names one can read, and the same
file comes out whatever the version of PyTorch.

The space-to-depth stem is written as a 2x2 convolution of stride 2 whose weights are zeros and
ones: tract 0.23 cannot load SpaceToDepth with sizes that are known only at run time. It makes 16
channels, the last four always zero, so that the 3x3 convolution after it reads a multiple of 16.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from . import normalise
from .augmentation import TRAINING_DIAMETER
from .model_file import HALF, write_model
from .network import INPUT_CHANNELS, OUTPUT_CHANNELS, STEM, STRIDE, NucleusNetwork
from .postprocess import SCALES
from .receptive_field import halo

OPSET = 17
STEM_CHANNELS = 16
METADATA = {
    "nucleoscope.contract": "1",
    "name": "nuclei",
    "version": "0.7.0",
    "channels": "interior,boundary,distance",
    "activation": "sigmoid",
    "normalization": "local",
    "normalization_low": f"{normalise.LOW_PERCENTILE:g}",
    "normalization_high": f"{normalise.HIGH_PERCENTILE:g}",
    "normalization_cell": f"{normalise.CELL_PERCENTILE:g}",
    "normalization_share": f"{normalise.SMALLEST_SHARE:g}",
    "normalization_noises": f"{normalise.LEAST_NOISES:g}",
    "normalization_steps": f"{normalise.LEAST_STEPS:g}",
    "clip_low": f"{normalise.CLIP_LOW:g}",
    "clip_high": f"{normalise.CLIP_HIGH:g}",
    "stride": f"{STRIDE}",
    "training_diameter": f"{TRAINING_DIAMETER:g}",
    **{key: f"{value:g}" for key, value in SCALES.items()},
    "license": "MIT OR Apache-2.0",
    "data": (
        "BBBC038v1 (CC0-1.0); BitDepth_NucSeg (Apache-2.0); mouse intestine of Pecot et al. 2022 "
        "(CC BY 4.0); colon polyps of Pecot et al. 2021 (CC BY 4.0); BBBC039v1 (CC0-1.0); TNBC of "
        "Naylor et al. 2018 (CC BY 4.0); MNFinder (MIT); multiplex melanoma (MIT); GoNuclear "
        "(MIT); QCANet (MIT)"
    ),
}


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of the convolution that is equivalent to both."""
    with torch.no_grad():
        gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        weight = conv.weight.double() * gain[:, None, None, None]
        bias = norm.bias.double() - norm.running_mean.double() * gain
    return weight.float().numpy(), bias.float().numpy()


def block_order(channels: int) -> np.ndarray:
    """Where ONNX's DepthToSpace expects what `pixel_shuffle` reads from each channel.

    PyTorch orders channel, row, column; ONNX (in its default mode) row, column, channel. Entry i is
    PyTorch's index of ONNX's channel i.
    """
    return np.arange(channels * STEM**2).reshape(channels, STEM**2).T.ravel()


def stem_weight(channels: int) -> np.ndarray:
    """The convolution equivalent to `pixel_unshuffle`, followed by zero channels."""
    weight = np.zeros((STEM_CHANNELS, channels, STEM, STEM), np.float32)
    for output in range(channels * STEM**2):
        channel, row, column = np.unravel_index(output, (channels, STEM, STEM))
        weight[output, channel, row, column] = 1
    return weight


def widen(weight: np.ndarray, inputs: int) -> np.ndarray:
    """The same convolution with zero weights for more input channels."""
    missing = inputs - weight.shape[1]
    return np.pad(weight, ((0, 0), (0, missing), (0, 0), (0, 0)))


class Graph:
    """Collects nodes and initialisers; every method returns the name of its output."""

    def __init__(self, half: bool) -> None:
        self.half = half
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []

    def node(self, kind: str, name: str, inputs: list[str], **attributes: object) -> str:
        output = "maps" if name == "maps" else f"{name}.out"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=name, **attributes))
        return output

    def weights(self, name: str, values: np.ndarray) -> str:
        if not self.half:
            self.initialisers.append(numpy_helper.from_array(values.astype(np.float32), name))
            return name
        largest = float(np.abs(values).max(initial=0))
        if largest > np.finfo(np.float16).max:
            raise ValueError(f"{name} holds {largest}, beyond half precision")
        self.initialisers.append(numpy_helper.from_array(values.astype(np.float16), name + HALF))
        return self.node("Cast", name, [name + HALF], to=TensorProto.FLOAT)

    def conv(
        self, name: str, source: str, weight: np.ndarray, bias: np.ndarray | None, stride: int = 1
    ) -> str:
        side = weight.shape[2]
        inputs = [source, self.weights(f"{name}.weight", weight)]
        if bias is not None:
            self.initialisers.append(
                numpy_helper.from_array(bias.astype(np.float32), f"{name}.bias")
            )
            inputs.append(f"{name}.bias")
        return self.node(
            "Conv",
            name,
            inputs,
            kernel_shape=[side, side],
            pads=[side // 2 if stride == 1 else 0] * 4,
            strides=[stride, stride],
            dilations=[1, 1],
            group=1,
        )

    def block(self, name: str, source: str, block: nn.Module) -> str:
        for number in (1, 2):
            weight, bias = fold(getattr(block, f"conv{number}"), getattr(block, f"norm{number}"))
            if weight.shape[1] == INPUT_CHANNELS * STEM**2:
                weight = widen(weight, STEM_CHANNELS)
            source = self.conv(f"{name}.conv{number}", source, weight, bias)
            source = self.node("Relu", f"{name}.relu{number}", [source])
        return source


def build(network: NucleusNetwork, half: bool = True) -> onnx.ModelProto:
    """The checked ONNX model."""
    network = network.eval()
    graph = Graph(half)
    scales = np.array([1, 1, 2, 2], np.float32)
    graph.initialisers.append(numpy_helper.from_array(scales, "upsampling"))
    x = graph.conv("stem", "image", stem_weight(INPUT_CHANNELS), None, stride=STEM)
    skips = []
    levels = len(network.channels)
    for level in range(1, levels + 1):
        if level > 1:
            x = graph.node("MaxPool", f"pool{level}", [x], kernel_shape=[2, 2], strides=[2, 2])
        x = graph.block(f"encoder{level}", x, getattr(network, f"encoder{level}"))
        skips.append(x)
    for level in range(levels - 1, 0, -1):
        lateral = getattr(network, f"lateral{level}").weight.detach().numpy()
        x = graph.conv(f"lateral{level}", x, lateral, None)
        x = graph.node(
            "Resize", f"upsample{level}", [x, "", "upsampling"], mode="nearest",
            coordinate_transformation_mode="asymmetric", nearest_mode="floor",
        )  # fmt: skip
        x = graph.node("Add", f"merge{level}", [skips[level - 1], x])
        x = graph.block(f"decoder{level}", x, getattr(network, f"decoder{level}"))
    order = block_order(OUTPUT_CHANNELS)
    head_weight = network.head.weight.detach().numpy()[order]
    head_bias = network.head.bias.detach().numpy()[order]
    x = graph.conv("head", x, head_weight, head_bias)
    graph.node("DepthToSpace", "maps", [x], blocksize=STEM, mode="DCR")

    image = helper.make_tensor_value_info(
        "image", TensorProto.FLOAT, [1, INPUT_CHANNELS, "height", "width"]
    )
    maps = helper.make_tensor_value_info(
        "maps", TensorProto.FLOAT, [1, OUTPUT_CHANNELS, "height", "width"]
    )
    model = helper.make_model(
        helper.make_graph(graph.nodes, "nuclei", [image], [maps], graph.initialisers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="nucleoscope-training",
        producer_version=METADATA["version"],
    )
    helper.set_model_props(model, METADATA | {"halo": str(halo(model, STRIDE))})
    onnx.checker.check_model(model)
    return model


def read_checkpoint(path: Path, name: str) -> NucleusNetwork:
    """The averaged network with this name in a checkpoint."""
    state = torch.load(path, weights_only=True, map_location="cpu")["learners"][name]["average"]
    network = NucleusNetwork()
    network.load_state_dict(state)
    return network.eval()


def export(network: NucleusNetwork, path: Path, half: bool = True) -> None:
    """Writes the network's file."""
    write_model(build(network, half), path)
