"""The receptive field: the context that a tile needs around its kept part."""

import onnx


def receptive_field(model: onnx.ModelProto, stride: int) -> int:
    """The largest distance in pixels, on any side, at which an output pixel depends on the input.

    Followed back through the graph along one axis: the network treats both alike. Pixels differ by
    their place in the stride's grid, so each place is asked.
    """
    producers = {node.output[0]: node for node in model.graph.node}

    def span(name: str, first: int, last: int) -> tuple[int, int]:
        """The first and last pixel on which values `first` to `last` of a tensor depend."""
        node = producers.get(name)
        if node is None:
            return first, last
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        sources = node.input[:1]
        if node.op_type in ("Conv", "MaxPool"):
            step, side = attributes["strides"][0], attributes["kernel_shape"][0]
            padding = attributes.get("pads", [0])[0]
            first, last = first * step - padding, last * step - padding + side - 1
        elif node.op_type == "Resize":
            first, last = first // 2, last // 2
        elif node.op_type == "DepthToSpace":
            block = attributes["blocksize"]
            first, last = first // block, last // block
        elif node.op_type == "Add":
            sources = node.input
        elif node.op_type != "Relu":
            raise ValueError(f"{node.name} is a {node.op_type}: how far it reaches is not known")
        spans = [span(source, first, last) for source in sources]
        return min(s[0] for s in spans), max(s[1] for s in spans)

    reach = 0
    for pixel in range(stride):
        first, last = span(model.graph.output[0].name, pixel, pixel)
        reach = max(reach, pixel - first, last - pixel)
    return reach


def halo(model: onnx.ModelProto, stride: int) -> int:
    """The receptive field rounded up to whole strides: tiles begin on the stride's grid."""
    return -(-receptive_field(model, stride) // stride) * stride
