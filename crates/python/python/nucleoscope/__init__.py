"""Finds, measures and exports the cell nuclei in microscopy images, without a GPU.

>>> import nucleoscope
>>> image, truth = nucleoscope.example()
>>> nuclei = nucleoscope.segment(image)
>>> nuclei.count, nuclei.labels.shape
(24, (256, 256))
"""

from importlib.metadata import version

from ._errors import ArgumentError, FileError, ImageError, ModelError, NucleoscopeError, SegmentationError
from ._nucleoscope import Nuclei, Score, default_settings, example, segment

__all__ = [
    "ArgumentError",
    "FileError",
    "ImageError",
    "ModelError",
    "Nuclei",
    "NucleoscopeError",
    "Score",
    "SegmentationError",
    "default_settings",
    "example",
    "segment",
]

__version__ = version("nucleoscope")
