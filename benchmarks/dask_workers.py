"""How much faster two workers of a Dask LocalCluster are than one, on this computer.

    python benchmarks/dask_workers.py [--workers 2] [--turns 3] [--quick] [--json]

Part of `npm run bench -- --only dask`, which reads what `--json` prints. Alone, it needs the packages in
`crates/python/tests/requirements.txt` and a wheel of the release profile (`npm run wheel -- --release`, then
`pip install` it). Two kinds of work are timed: an image of 8192 by 8192 pixels in blocks, read from a stack of files;
and 512 files of 256 by 256 pixels that become one Parquet table. Each worker has one thread and has loaded the model
before. The turns of one worker and of several alternate. The table gives the median of each, and their ratio, which
should be at least 1.7 with two workers. `--quick` takes small images and one turn, to see that it works. A result that
depends on the number of workers is an error.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import dask
import dask.array as da
import nucleoscope
import nucleoscope.dask
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster
from skimage.io import imsave


class Work:
    """The images, in a folder."""

    def __init__(self, folder: Path, *, quick: bool):
        self.folder = folder
        self.side, self.count, self.block = (800, 16, 400) if quick else (8192, 512, None)
        quarter = self.side // 4
        field, _ = nucleoscope.example(width=quarter, height=quarter, nuclei=quarter**2 // 2200)
        large = da.from_array(np.tile(field, (4, 4)), (quarter, self.side))
        da.to_npy_stack(folder / "large", large, axis=0)
        self.files = [folder / f"{number:03}.png" for number in range(self.count)]
        for number, path in enumerate(self.files):
            imsave(path, nucleoscope.example(seed=number)[0], check_contrast=False)

    def large(self) -> int:
        """Segments the large image, and returns the number of nuclei."""
        image = da.from_npy_stack(self.folder / "large")
        labels = nucleoscope.dask.segment(image, block=self.block)
        return int(labels.max().compute())

    def many(self) -> int:
        """Measures the files, and returns the number of nuclei."""
        tables = nucleoscope.dask.measure_files(self.files, files_per_partition=4)
        table = self.folder / "nuclei"
        written = tables.nuclei.to_parquet(table, overwrite=True, compute=False)
        _, failures = dask.compute(written, tables.failures)
        assert failures.empty, failures
        return len(pd.read_parquet(table, columns=["nucleus"]))


def warmed_up(client: Client) -> Client:
    """The client, when every worker has loaded the model."""
    client.run(lambda: nucleoscope.segment(nucleoscope.example()[0]).count)
    return client


def timed(work) -> tuple[float, int]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true", help="print every time, in seconds, rather than a table")
    options = parser.parse_args()
    turns = 1 if options.quick else options.turns
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Path(folder), quick=options.quick)
        kinds = {
            f"one image of {work.side}²": work.large,
            f"{work.count} files of 256²": work.many,
        }
        seconds = {(kind, workers): [] for kind in kinds for workers in (1, options.workers)}
        results = {kind: set() for kind in kinds}
        for _ in range(turns):
            for workers in (1, options.workers):
                cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
                with cluster, warmed_up(Client(cluster)):
                    for kind, run in kinds.items():
                        taken, nuclei = timed(run)
                        seconds[kind, workers].append(taken)
                        results[kind].add(nuclei)
    for kind in kinds:
        assert len(results[kind]) == 1, f"{kind}: {results[kind]} nuclei, depending on the workers"
    if options.json:
        names = dict(zip(["image", "files"], kinds, strict=True))
        amounts = {"image": work.side**2 / 1e6, "files": work.count}
        times = {
            name: {
                "amount": amounts[name],
                "one": seconds[kind, 1],
                "several": seconds[kind, options.workers],
            }
            for name, kind in names.items()
        }
        print(json.dumps(times))
        return
    print(f"| Dask LocalCluster | nuclei | 1 worker | {options.workers} workers | ratio |\n|---|---|---|---|---|")
    for kind in kinds:
        one, several = (statistics.median(seconds[kind, workers]) for workers in (1, options.workers))
        print(f"| {kind} | {results[kind].pop():,} | {one:.2f} s | {several:.2f} s | {one / several:.2f} |")


if __name__ == "__main__":
    main()
