"""
The extension module of the package `nucleoscope`, which exports everything in it except the steps of a
segmentation in blocks.
"""

from _typeshed import Incomplete, SupportsGetItem
from collections.abc import Callable, Iterable, Mapping
from numpy import int32, uint32, uint8
from numpy.typing import ArrayLike, NDArray
from os import PathLike
from typing import Any, Literal, SupportsFloat, SupportsIndex, final

__all__ = ["Nuclei", "Score", "array_layout", "assemble_blocks", "check_options", "default_settings", "example", "find_block", "parts_of_blocks", "plan_blocks", "segment"]

@final
class Nuclei:
    """
    The nuclei of an image, as `segment` finds them.

    Nuclei are numbered from 1. If regions or gates are given, only some nuclei count: `labels`, `count`, `numbers`,
    `polygons`, `to_rle` and `score` contain those that count, with their numbers, and `measurements` has a column that
    tells which ones do.

    It keeps the image, which `measurements` needs: the array itself, or the channels of a file. Of many images, keep
    the results rather than this object.
    """
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    @property
    def channels(self, /) -> list[str]:
        """
        The names of the channels that are measured.
        """
    @property
    def count(self, /) -> int:
        """
        The number of nuclei.
        """
    @property
    def diameter(self, /) -> float | None:
        """
        The diameter of a typical nucleus in pixels; `None` if there are none.
        """
    @property
    def labels(self, /) -> NDArray[uint32]:
        """
        The label image: 0 is background, other values are the numbers of nuclei.

        The shape is (y, x). It is a read-only view of the memory of this object; `labels.copy()` can be changed.

        >>> import nucleoscope
        >>> image, truth = nucleoscope.example()
        >>> labels = nucleoscope.segment(image).labels
        >>> labels.dtype, labels.shape == image.shape
        (dtype('uint32'), True)
        """
    def measurements(self, /, as_: Literal["pandas", "polars", "dict"] | None = None) -> Any:
        """
        The measurements of every nucleus, one row for each, as scikit-image defines them.

        The columns are those of nuclei.csv: `nucleus` (the number), `included` (whether it counts), `edited` (false), `region`
        if there are regions, and then shapes, positions and intensities in every channel, in pixels and, with the pixel
        size, in µm. Coordinates of centroids are those of pixel centres: the first pixel is at 0.

        `as_` is "pandas" (the default), "polars" or "dict", which gives NumPy arrays by the names of their columns. pandas
        and Polars have to be installed.

        >>> import nucleoscope
        >>> image, truth = nucleoscope.example()
        >>> table = nucleoscope.segment(image).measurements(as_="dict")
        >>> bool(table["area_px2"].min() >= 25)
        True
        """
    @property
    def numbers(self, /) -> NDArray[uint32]:
        """
        The numbers of the nuclei in ascending order: their values in `labels`.
        """
    @property
    def pixel_size(self, /) -> tuple[float, float] | None:
        """
        The width and the height of a pixel in µm; `None` if they are not known.
        """
    def polygons(self, /) -> list[NDArray[int32]]:
        """
        The outline of each nucleus as an array of shape (n, 2), in the order of `numbers`.

        Each row is a corner of a pixel as (x, y): x to the right from 0 to the width, y down from 0 to the height, so the
        upper left pixel covers 0 to 1 in both directions. Only corners where the line turns are listed, and the last is
        connected to the first; on screen, the line runs clockwise. Of a nucleus in several parts, it is the outline of
        the largest one; holes are left out.

        >>> import nucleoscope
        >>> image, truth = nucleoscope.example()
        >>> nuclei = nucleoscope.segment(image)
        >>> len(nuclei.polygons()) == nuclei.count
        True
        """
    @property
    def scale(self, /) -> float:
        """
        The factor by which the image was resized for the network.
        """
    def score(self, /, truth: ArrayLike | Iterable[ArrayLike | str]) -> Score:
        """
        The Bowl's score of the nuclei against the true ones.

        The ground truth is a label image of shape (y, x), or a list of masks: arrays of that shape that are not 0 inside a
        nucleus, or run lengths as `to_rle` gives them.

        >>> import nucleoscope
        >>> image, truth = nucleoscope.example()
        >>> score = nucleoscope.segment(image).score(truth)
        >>> float(score) > 0.8, score.false_positives
        (True, 0)
        """
    def to_rle(self, /) -> list[str]:
        """
        The run lengths of each nucleus in the format of the 2018 Data Science Bowl, in the order of `numbers`.

        "start length start length …", where pixels are numbered from 1, down each column and then to the right.
        """
    @property
    def warnings(self, /) -> list[dict[str, str]]:
        """
        What was assumed, repaired or left out: `code`, `message` and `help` of each.
        """

@final
class Score:
    """
    The score of the nuclei of one image against the ground truth: the metric of the 2018 Data Science Bowl.

    `float(score)` is the score itself.
    """
    def __float__(self, /) -> float: ...
    def __repr__(self, /) -> str: ...
    @property
    def average_precision_50(self, /) -> float:
        """
        The precision at threshold 0.5: true positives divided by the sum of true positives, false positives and false
        negatives.
        """
    @property
    def average_precision_75(self, /) -> float:
        """
        The precision at threshold 0.75.
        """
    @property
    def false_negatives(self, /) -> int:
        """
        The number of true nuclei that were not found, at threshold 0.5.
        """
    @property
    def false_positives(self, /) -> int:
        """
        The number of found nuclei that match no true one, at threshold 0.5.
        """
    @property
    def precision(self, /) -> list[tuple[float, float]]:
        """
        Each threshold of intersection over union, with the precision at it.
        """
    @property
    def score(self, /) -> float:
        """
        Mean precision over the ten thresholds of intersection over union from 0.5 to 0.95; from 0 to 1.
        """
    @property
    def true_positives(self, /) -> int:
        """
        The number of true nuclei that were found, at threshold 0.5.
        """

def array_layout(image: Any, options: Incomplete) -> tuple[int, int, bool]:
    """
    Checks options, and returns the positions of the axes Y and X of an array and whether it is segmented in blocks.
    """

def assemble_blocks(found: SupportsGetItem[int, Any], plan: str | None, image: Any | None, options: Incomplete) -> Nuclei:
    """
    Assembles the nuclei of all blocks, which `find_block` found, in their order. Measurements other than those of
    shapes and positions need the image. Without a plan, it is an image in which no nuclei were found.
    """

def check_options(options: Incomplete) -> None:
    """
    Checks options for files.
    """

def default_settings() -> dict[str, float | int | bool]:
    """
    The watershed settings with their defaults, as `segment` takes them.

    >>> import nucleoscope
    >>> nucleoscope.default_settings()["minimum_area"]
    25
    """

def example(seed: SupportsIndex = 1, *, width: SupportsIndex = 256, height: SupportsIndex = 256, nuclei: SupportsIndex = 24, diameter: SupportsIndex = 24, stained: bool = False) -> tuple[NDArray[uint8], NDArray[uint32]]:
    """
    An example image with its true nuclei, for trying things out: the image (uint8; (y, x), or (y, x, 3) if it is
    stained), and the label image (uint32; (y, x)).

    The same arguments give the same image: `nuclei` with a mean `diameter` in pixels, fewer if there is no room for them.

    >>> import nucleoscope
    >>> image, truth = nucleoscope.example(seed=3, width=300, height=200)
    >>> image.shape, truth.shape
    ((200, 300), (200, 300))
    """

def find_block(part: Any, plan: str, block: SupportsIndex, options: Incomplete) -> NDArray[uint32]:
    """
    Finds the nuclei of a block in its part of the array, as numbers for `assemble_blocks`.
    """

def parts_of_blocks(image: Any, options: Incomplete) -> list[tuple[int, int, int, int]] | None:
    """
    The parts of an array that the blocks read, as `plan_blocks` returns them, if the diameter is given: they depend only
    on the shape then.
    """

def plan_blocks(image: Any, options: Incomplete) -> tuple[str, list[tuple[int, int, int, int]]]:
    """
    Plans the segmentation of an array in blocks, and returns the plan and, for each block, the part of the array
    that `find_block` needs: its first row, the row behind its last, its first column, the column behind its last.
    """

def segment(image: str | PathLike[str] | bytes | ArrayLike, *, model: str | PathLike[str] | None = None, diameter: SupportsFloat | SupportsIndex | None = None, pixel_size: SupportsFloat | SupportsIndex | tuple[SupportsFloat | SupportsIndex, SupportsFloat | SupportsIndex] | None = None, axes: str | None = None, channel: SupportsIndex | str | None = None, channel_names: SupportsGetItem[int, str] | None = None, slice: SupportsIndex | None = None, frame: SupportsIndex | None = None, settings: Mapping[str, float] | None = None, regions: str | PathLike[str] | SupportsGetItem[int, ArrayLike] | None = None, gates: SupportsGetItem[int, str] | None = None, cell_expansion: SupportsFloat | SupportsIndex = 0.0, block: SupportsIndex | None = None, progress: Callable[[int, int], object] | None = None) -> Nuclei:
    """
    Finds the nuclei in an image.

    `image` is the path of a file, the bytes of a file, or an array: grayscale (y, x), colour (y, x, 3), or any other order
    described by `axes`, one letter for each axis: T (time), Z (slices), C (channels), Y (rows), X (columns), S (red, green,
    blue). Arrays of uint8, uint16 and float32 in C order are not copied; bool becomes uint8, all other numbers become
    float32, and other orders in memory are copied. While a call runs, its array must not be changed. NaN and infinite values
    are background.

    The result is that of the command line, bit for bit. Other Python threads run meanwhile, and calls from several threads
    use several processors; all share one loaded model.

    Arguments:
        model: path of a model of your own; by default, the one in the package.
        diameter: diameter of a typical nucleus in pixels; by default, it is estimated.
        pixel_size: side of a pixel in µm, or its width and height; by default, that of the file.
        axes: the order of the axes of an array.
        channel: number (from 0) or name of the channel to segment; by default, the one whose name indicates nuclei, or else
            the first.
        channel_names: names of the channels of an array with an axis C.
        slice: slice of a z-stack, from 0; by default, the maximum projection.
        frame: frame of a time series, from 0; by default, the first.
        settings: changes to the settings of the watershed, such as {"minimum_area": 50}; see `default_settings`.
        regions: path of a GeoJSON file, or a list of polygons as (n, 2) arrays of (x, y) in pixels; only nuclei whose centroid
            is in one of them count.
        gates: rules such as "area_px2:50..400"; only nuclei that pass all of them count.
        cell_expansion: distance by which nuclei are expanded to measure cells, in µm if the pixel size is known, otherwise in
            pixels.
        block: process images of more than this many pixels squared in blocks of at most that side, as is done for
            more than 4096 × 4096; at least 320.
        progress: called with the amount of finished work and the total; an exception in it ends the call.

    Every error is a `NucleoscopeError` with `code`, `help` and `file`.

    >>> import nucleoscope
    >>> image, truth = nucleoscope.example(nuclei=20)
    >>> nucleoscope.segment(image, settings={"minimum_area": 50}).count
    20
    """
