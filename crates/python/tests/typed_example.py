"""A program that uses everything with its types; `mypy --strict` checks it, and it runs."""

from pathlib import Path

import dask.array as da
import nucleoscope
import nucleoscope.dask
import numpy as np
import numpy.typing as npt


def report(done: int, total: int) -> None:
    print(f"{done} of {total}")


def on_a_cluster(image: da.Array, files: list[Path]) -> da.Array:
    tables = nucleoscope.dask.measure_files(files, gates=["circularity:0.5.."], columns=["area_px2"])
    print(tables.nuclei, tables.failures)
    return nucleoscope.dask.segment(image, axes="XY", diameter=20, settings={"minimum_area": 40})


def count(image: Path | npt.NDArray[np.uint8]) -> int:
    try:
        nuclei: nucleoscope.Nuclei = nucleoscope.segment(
            image,
            diameter=20,
            pixel_size=(0.5, 0.5),
            channel=None,
            settings={"minimum_area": 40, "fill_holes": True},
            regions=[np.array([(0, 0), (200, 0), (200, 200)])],
            gates=["circularity:0.5.."],
            progress=report,
        )
    except nucleoscope.NucleoscopeError as error:
        code: str = error.code
        file: str | None = error.file
        print(code, error.help, file)
        return 0
    labels: npt.NDArray[np.uint32] = nuclei.labels
    outlines: list[npt.NDArray[np.int32]] = nuclei.polygons()
    runs: list[str] = nuclei.to_rle()
    table: dict[str, npt.NDArray[np.float64]] = nuclei.measurements(as_="dict")
    size: tuple[float, float] | None = nuclei.pixel_size
    diameter: float | None = nuclei.diameter
    print(labels.shape, len(outlines), len(runs), table.keys(), size, diameter, nuclei.warnings, len(nuclei))
    return nuclei.count


if __name__ == "__main__":
    image, truth = nucleoscope.example(seed=2)
    print(count(image))
    score: nucleoscope.Score = nucleoscope.segment(image).score(truth)
    print(float(score), score.false_positives, dict(score.precision)[0.5])
