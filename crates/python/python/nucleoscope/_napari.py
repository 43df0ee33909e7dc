"""The widget for napari: it segments an image layer into a layer of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._nucleoscope import segment

if TYPE_CHECKING:
    import napari.layers
    import napari.types


def segment_nuclei(image: napari.layers.Image, diameter: float = 0.0) -> napari.types.LayerDataTuple:
    """Segments the nuclei of an image layer; napari makes the widget from the arguments.

    Of a stack, every plane is segmented by itself, and its nuclei have numbers of their own.

    Args:
        image: The layer.
        diameter: Diameter of a typical nucleus in pixels; 0 to estimate it.
    """
    data: Any = image.data[0] if image.multiscale else image.data
    shape = data.shape[:-1] if image.rgb else data.shape
    labels = np.zeros(shape, np.uint32)
    count = 0
    for plane in np.ndindex(*shape[:-2]):
        pixels = np.asarray(data[plane])
        nuclei = segment(pixels, axes="YXS" if image.rgb else "YX", diameter=diameter or None)
        labels[plane] = np.where(nuclei.labels > 0, nuclei.labels + np.uint32(count), 0)
        count += nuclei.count
    options = {"name": f"{image.name} nuclei", "scale": image.scale, "translate": image.translate}
    return labels, options, "labels"
