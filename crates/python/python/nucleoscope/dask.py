"""Segments large arrays and many files with Dask, on one computer or many.

Every task uses one processor and releases the interpreter's lock. The results do not depend on the chunks, the workers
or the order of the tasks: they are those of ``nucleoscope.segment``, bit for bit.

>>> import dask.array, nucleoscope.dask
>>> image, truth = nucleoscope.example(width=512, height=256)
>>> labels = nucleoscope.dask.segment(dask.array.from_array(image, chunks=256))
>>> labels.dtype, labels.chunks
(dtype('uint32'), ((256,), (256, 256)))
>>> bool((labels == nucleoscope.segment(image).labels).all())
True
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

import dask.array as da
import dask.bag as db
import dask.dataframe as dd
import numpy as np
import pandas as pd
from dask.delayed import delayed

from . import _nucleoscope
from ._errors import ArgumentError, NucleoscopeError

if TYPE_CHECKING:
    import numpy.typing as npt
    from dask.delayed import Delayed

    from ._nucleoscope import Nuclei

__all__ = ["ArrayOptions", "FileOptions", "MeasuredFiles", "measure", "measure_files", "segment"]


class FileOptions(TypedDict, total=False):
    """The arguments of ``nucleoscope.segment`` for files; workers must be able to read the files they name."""

    model: str | os.PathLike[str] | None
    diameter: float | None
    pixel_size: float | tuple[float, float] | None
    channel: int | str | None
    slice: int | None
    frame: int | None
    settings: Mapping[str, float] | None
    regions: str | os.PathLike[str] | Sequence[npt.ArrayLike] | None
    gates: Sequence[str] | None
    cell_expansion: float
    block: int | None


class ArrayOptions(FileOptions, total=False):
    """The arguments of ``nucleoscope.segment`` for arrays."""

    axes: str | None
    channel_names: Sequence[str] | None


class MeasuredFiles(NamedTuple):
    """The tables of ``measure_files``. Compute both at once; otherwise the files are segmented twice."""

    nuclei: dd.DataFrame
    """One row for each nucleus: ``image`` is the path, the other columns are those of ``Nuclei.measurements``."""

    failures: dd.DataFrame
    """One row for each file that could not be measured: ``image``, and the ``code``, ``message`` and ``help`` of the
    error."""


def segment(image: da.Array, **options: Unpack[ArrayOptions]) -> da.Array:
    """The label image of an array: uint32, (y, x), in the chunks of the image.

    It equals ``nucleoscope.segment(image.compute(), **options).labels``. The arguments are the same, without
    ``progress``; the chunks of the array may have any size.

    An image of at most 4096 by 4096 pixels, or ``block`` by ``block``, is one task. A larger one is segmented in
    blocks, one task for each, which reads the block with its margin and the network's halo. What all blocks have in
    common, the levels and the scale, depends on the whole image, which one task holds in memory. Another task holds
    the label image, 4 bytes for each pixel, and gives a nucleus in several blocks one label.

    The blocks depend on the diameter of the nuclei. If it is not given, a larger image is read to estimate it when
    this function is called; everything else is computed later. With ``diameter``, nothing is read before.
    """
    arguments = _checked(dict(options), ArrayOptions)
    # Regions depend on positions only, which need no image.
    labels = _of_nuclei(_labels, image, arguments, needs_image=bool(arguments.get("gates")))
    rows, columns, _ = _layout(image, arguments)
    whole = da.from_delayed(labels, (image.shape[rows], image.shape[columns]), np.uint32)
    return whole.rechunk((image.chunks[rows], image.chunks[columns]))


def measure(image: da.Array, **options: Unpack[ArrayOptions]) -> dd.DataFrame:
    """The measurements of the nuclei of an array, one row for each nucleus, in one partition.

    They are those of ``nucleoscope.segment(image.compute(), **options).measurements()``. The work is divided as in
    ``segment``, and done once if both are computed together; the task that measures holds the image and the labels.

    >>> import dask.array, nucleoscope.dask
    >>> image, truth = nucleoscope.example(nuclei=20)
    >>> len(nucleoscope.dask.measure(dask.array.from_array(image)))
    20
    """
    arguments = _checked(dict(options), ArrayOptions)
    rows, columns, _ = _layout(image, arguments)
    shape = [1 if axis in (rows, columns) else length for axis, length in enumerate(image.shape)]
    meta = _table_of(_columns_of(np.zeros(shape, image.dtype), arguments))
    return dd.from_delayed([_of_nuclei(_measurements, image, arguments, needs_image=True)], meta=meta)


def measure_files(
    paths: Iterable[str | os.PathLike[str]] | db.Bag,
    *,
    columns: Sequence[str] | None = None,
    files_per_partition: int = 16,
    **options: Unpack[FileOptions],
) -> MeasuredFiles:
    """The measurements of the nuclei in many image files, as a table with one row for each nucleus.

    ``paths`` are the files in the order of the table, or a bag of them, whose partitions are kept. Each partition is
    one task. A file that cannot be measured is a row of the other table and does not end the run; a file without nuclei
    has no row in either. Workers must be able to read the files.

    All files have the same ``columns``. By default, they are those of the first file that can be read; a worker reads
    it when this function is called. Measurements that a file does not have, such as those in µm without a pixel size,
    are empty. A file with further measurements is a failure, unless ``columns`` names those to keep.

    >>> import dask, nucleoscope.dask
    >>> tables = nucleoscope.dask.measure_files(["missing.png"], columns=["nucleus", "area_px2"])
    >>> nuclei, failures = dask.compute(tables.nuclei, tables.failures)
    >>> len(nuclei), list(failures.image)
    (0, ['missing.png'])
    """
    arguments = _checked(dict(options), FileOptions)
    _nucleoscope.check_options(arguments)
    if isinstance(paths, db.Bag):
        groups = paths.to_delayed()
    else:
        names = [os.fspath(path) for path in paths]
        groups = [names[start : start + files_per_partition] for start in range(0, len(names), files_per_partition)]
    if not groups:
        raise ArgumentError("there are no files to measure", "argument/invalid", "Give at least one path.")
    is_chosen = columns is not None
    meta = _table_of(["image", *(columns if columns is not None else _first_columns(groups, arguments))])
    parts = [delayed(_measure_partition)(group, meta, is_chosen, arguments) for group in groups]
    nuclei = dd.from_delayed([part[0] for part in parts], meta=meta)
    failures = dd.from_delayed([part[1] for part in parts], meta=_FAILURES)
    return MeasuredFiles(nuclei, failures)


_FAILURES = pd.DataFrame({name: pd.Series(dtype="str") for name in ("image", "code", "message", "help")})
_KINDS = {"image": "str", "nucleus": "int64", "included": "bool", "edited": "bool", "region": "str"}


def _checked(options: dict[str, Any], known: type[FileOptions]) -> dict[str, Any]:
    """The options with `axes`, if all of them are known."""
    for name in options:
        if name not in known.__annotations__:
            raise TypeError(f"unexpected keyword argument {name!r}")
    return {"axes": None, **options}


def _layout(image: da.Array, options: dict[str, Any]) -> tuple[int, int, bool]:
    """The positions of the axes Y and X, and whether the image is segmented in blocks."""
    return _nucleoscope.array_layout(_without_memory(image), options)


def _without_memory(image: da.Array) -> npt.NDArray[Any]:
    """An array of the same shape and type."""
    return np.broadcast_to(np.zeros((), image.dtype), image.shape)


def _of_nuclei(
    result: Callable[[Nuclei], Any], image: da.Array, options: dict[str, Any], *, needs_image: bool
) -> Delayed:
    """A result of the nuclei of an image, which depends on its pixels or not."""
    rows, columns, is_tiled = _layout(image, options)
    if not is_tiled:
        return delayed(_segment_whole, pure=True)(result, image, options)
    planned = delayed(_nucleoscope.plan_blocks, pure=True)(image, options)
    parts = _nucleoscope.parts_of_blocks(_without_memory(image), options)
    plan = planned[0]
    if parts is None:
        text, parts = planned.compute()
        plan = delayed(text, pure=True)
    found = []
    for block, (top, bottom, left, right) in enumerate(parts):
        window = [slice(None)] * image.ndim
        window[rows], window[columns] = slice(top, bottom), slice(left, right)
        part = image[tuple(window)]
        found.append(delayed(_nucleoscope.find_block, pure=True)(part, plan, block, options))
    return delayed(_assemble, pure=True)(result, found, plan, image if needs_image else None, options)


def _segment_whole(result: Callable[[Nuclei], Any], image: npt.NDArray[Any], options: dict[str, Any]) -> Any:
    return result(_nucleoscope.segment(image, **options))


def _assemble(
    result: Callable[[Nuclei], Any],
    found: list[npt.NDArray[np.uint32]],
    plan: str,
    image: npt.NDArray[Any] | None,
    options: dict[str, Any],
) -> Any:
    return result(_nucleoscope.assemble_blocks(found, plan, image, options))


def _labels(nuclei: Nuclei) -> npt.NDArray[np.uint32]:
    # A copy can be changed, and does not keep the image in memory.
    return nuclei.labels.copy()


def _measurements(nuclei: Nuclei) -> pd.DataFrame:
    table = nuclei.measurements()
    return table.astype(_table_of(table.columns).dtypes)


def _table_of(columns: Iterable[str]) -> pd.DataFrame:
    """A table of measurements without rows."""
    return pd.DataFrame({name: pd.Series(dtype=_KINDS.get(name, "float64")) for name in columns})


def _columns_of(image: str | npt.NDArray[Any], options: dict[str, Any]) -> list[str]:
    """The measurements of an image, without segmenting it."""
    return list(_nucleoscope.assemble_blocks([], None, image, options).measurements(as_="dict"))


def _first_columns(groups: Iterable[Any], options: dict[str, Any]) -> list[str]:
    """The measurements of the first file that can be read."""
    for group in groups:
        columns = delayed(_columns_of_any)(group, options).compute()
        if columns is not None:
            return columns
    return ["nucleus", "included", "edited"]


def _columns_of_any(paths: Iterable[str | os.PathLike[str]], options: dict[str, Any]) -> list[str] | None:
    for path in paths:
        with contextlib.suppress(NucleoscopeError):
            return _columns_of(os.fspath(path), options)
    return None


def _measure_partition(
    paths: Iterable[str | os.PathLike[str]], meta: pd.DataFrame, drops_others: bool, options: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The measurements of the files, and the failures."""
    tables, failures = [meta], [_FAILURES]
    for path in [os.fspath(path) for path in paths]:
        try:
            table = _measurements(_nucleoscope.segment(path, **options))
            others = [name for name in table.columns if name not in meta.columns]
            if others and not drops_others:
                message = f"{path} has measurements that the table does not have: {', '.join(others)}"
                raise NucleoscopeError(message, "table/columns", "Name the columns of the table with `columns`.", path)
        except NucleoscopeError as error:
            row = {"image": path, "code": error.code, "message": str(error), "help": error.help}
            failures.append(pd.DataFrame([row], dtype="str"))
        else:
            table.insert(0, "image", path)
            tables.append(table.reindex(columns=meta.columns).astype(meta.dtypes))
    return pd.concat(tables, ignore_index=True), pd.concat(failures, ignore_index=True)
