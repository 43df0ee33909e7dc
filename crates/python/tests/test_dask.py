"""Dask: the results of `nucleoscope.segment`, whatever the chunks and whichever workers live."""

import doctest
import os
import signal
import time
from pathlib import Path

import dask
import dask.array as da
import dask.bag as db
import dask.dataframe as dd
import nucleoscope
import nucleoscope.dask
import numpy as np
import pandas as pd
import pytest
from dask.callbacks import Callback
from distributed import Client, LocalCluster
from nucleoscope import _nucleoscope
from skimage.io import imsave

BLOCK = 320


@pytest.fixture(scope="module")
def wide():
    """An image of several blocks, each of which needs only a part of it."""
    image = nucleoscope.example(seed=8, width=1000, height=260, nuclei=120)[0]
    _, sources = _nucleoscope.plan_blocks(image, {"axes": None, "block": BLOCK})
    assert len(sources) > 2 and all(right - left < 1000 for _, _, left, right in sources)
    return image


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Images with and without nuclei, a truncated one, and a path without a file."""
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{number:02}.png" for number in range(16)]
    for number, path in enumerate(paths):
        imsave(path, nucleoscope.example(seed=number, nuclei=18)[0])
    imsave(paths[3], np.zeros((50, 60), np.uint8), check_contrast=False)
    paths[5].write_bytes(paths[4].read_bytes()[:2000])
    return [*paths[:8], folder / "missing.tif", *paths[8:]]


@pytest.fixture(scope="module")
def expected(files):
    """The measurements of the images that can be read."""
    tables = []
    for path in files:
        if path.stem not in ("05", "missing"):
            table = nucleoscope.segment(path).measurements()
            table.insert(0, "image", str(path))
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def kill_a_worker(client, task):
    """Kills the worker with the first result of a task of this name, before all are done."""

    def results(dask_scheduler):
        tasks = [each for each in dask_scheduler.tasks.values() if task in str(each.key)]
        return len(tasks), [worker.address for each in tasks for worker in each.who_has or ()]

    pids = client.run(os.getpid)
    deadline = time.monotonic() + 60
    while not (found := client.run_on_scheduler(results))[1]:
        assert time.monotonic() < deadline, f"no result of {task}"
        time.sleep(0.01)
    count, holders = found
    assert len(holders) < count, "there is work left"
    os.kill(pids[holders[0]], signal.SIGKILL)


def test_the_examples_are_true():
    failed, attempted = doctest.testmod(nucleoscope.dask)
    assert failed == 0 and attempted > 8


def test_an_image_in_blocks_has_the_labels_of_one_computer(wide):
    image = da.from_array(wide, (100, 333))
    labels = nucleoscope.dask.segment(image, block=BLOCK)
    assert labels.chunks == image.chunks
    found = labels.compute()
    assert found.dtype == np.uint32 and found.flags["W"]
    np.testing.assert_array_equal(found, nucleoscope.segment(wide, block=BLOCK).labels)
    np.testing.assert_array_equal(found, nucleoscope.segment(wide).labels)
    border = found[:, 332:334]
    assert ((border[:, 0] == border[:, 1]) & (border[:, 0] > 0)).any(), "a nucleus is in two chunks"


def test_values_that_are_not_finite_are_replaced_alike_in_all_blocks(wide):
    image = wide.astype(np.float32)
    image[100:160, 300:340] = np.nan
    image[200, 990] = -100
    labels = nucleoscope.dask.segment(da.from_array(image, (260, 250)), block=BLOCK)
    np.testing.assert_array_equal(labels, nucleoscope.segment(image, block=BLOCK).labels)


def test_colour_that_only_a_part_has_changes_nothing(wide):
    image = np.stack([wide, wide, wide], axis=-1)
    image[:, :200, 0] //= 2
    labels = nucleoscope.dask.segment(da.from_array(image, (260, 250, 1)), block=BLOCK)
    np.testing.assert_array_equal(labels, nucleoscope.segment(image, block=BLOCK).labels)


def test_measurements_of_channels_are_those_of_one_computer(wide):
    stack = np.stack([wide.T // 2, wide.T]).astype(np.uint16)
    options = {
        "axes": "CXY",
        "channel_names": ["GFP", "DAPI"],
        "block": BLOCK,
        "pixel_size": 0.5,
        "gates": ["area_px2:100..", "gfp_mean:1.."],
        "regions": [[(0, 0), (500, 0), (500, 260), (0, 260)]],
    }
    nuclei = nucleoscope.segment(stack, **options)
    expected = nuclei.measurements().astype({"region": "str"})
    image = da.from_array(stack, (1, 300, 300))
    table = nucleoscope.dask.measure(image, **options)
    labels = nucleoscope.dask.segment(image, **options)
    assert list(table.columns) == list(expected.columns)
    started = []
    with Callback(pretask=lambda key, *_: started.append(str(key))):
        table, labels = dask.compute(table, labels)
    pd.testing.assert_frame_equal(table, expected)
    np.testing.assert_array_equal(labels, nuclei.labels)
    assert 0 < nuclei.count < len(table)
    found = sum("find_block" in key for key in started)
    assert found == len(_nucleoscope.plan_blocks(stack, options)[1]), "blocks are segmented once for both"


def test_a_small_image_is_read_when_it_is_computed(drawn, found):
    reads = []

    def read():
        reads.append(1)
        return drawn[0]

    image = da.from_delayed(dask.delayed(read)(), drawn[0].shape, drawn[0].dtype)
    labels = nucleoscope.dask.segment(image)
    table = nucleoscope.dask.measure(image)
    assert not reads
    np.testing.assert_array_equal(labels.compute(), found.labels)
    pd.testing.assert_frame_equal(table.compute(), found.measurements())
    assert reads


def test_with_a_diameter_a_large_image_is_read_when_it_is_computed(wide):
    reads = []

    def read(block_info):
        reads.append(1)
        (top, bottom), (left, right) = block_info[None]["array-location"]
        return wide[top:bottom, left:right]

    image = da.map_blocks(read, chunks=((260,), (500, 500)), meta=np.empty((0, 0), wide.dtype))
    labels = nucleoscope.dask.segment(image, block=BLOCK, diameter=24)
    assert not reads
    np.testing.assert_array_equal(labels, nucleoscope.segment(wide, block=BLOCK, diameter=24).labels)
    assert reads
    reads.clear()
    nucleoscope.dask.segment(image, block=BLOCK)
    assert len(reads) == 2


def test_arrays_from_other_computers_need_not_be_aligned(wide):
    options = {"axes": None, "block": BLOCK, "diameter": 24}
    plan, [(top, bottom, left, right), *_] = _nucleoscope.plan_blocks(wide, options)
    found = _nucleoscope.find_block(wide[top:bottom, left:right], plan, 0, options)
    shifted = np.frombuffer(b"-" + found.tobytes(), np.uint32, offset=1)
    assert not shifted.flags.aligned
    one, other = (_nucleoscope.assemble_blocks([numbers], plan, None, options) for numbers in (found, shifted))
    np.testing.assert_array_equal(one.labels, other.labels)
    with pytest.raises(nucleoscope.ArgumentError, match="not the part"):
        _nucleoscope.find_block(wide[top : bottom - 1, left:right], plan, 0, options)
    with pytest.raises(nucleoscope.ArgumentError, match="no plan"):
        _nucleoscope.find_block(wide[top:bottom, left:right], "{}", 0, options)
    with pytest.raises(nucleoscope.ArgumentError, match="not the nuclei"):
        _nucleoscope.assemble_blocks([found[:-1]], plan, None, options)


def test_wrong_arguments_are_refused_at_once(drawn):
    image = da.from_array(drawn[0])
    with pytest.raises(TypeError, match="progress"):
        nucleoscope.dask.segment(image, progress=print)
    with pytest.raises(TypeError, match="axes"):
        nucleoscope.dask.measure_files(["a.png"], axes="YX")
    with pytest.raises(nucleoscope.ArgumentError, match="minimum_are"):
        nucleoscope.dask.measure(image, settings={"minimum_are": 1})
    with pytest.raises(nucleoscope.ArgumentError, match="blocks of 8 pixels"):
        nucleoscope.dask.measure_files(["a.png"], block=8)
    with pytest.raises(nucleoscope.ArgumentError, match="axes"):
        nucleoscope.dask.segment(da.zeros((2, 3, 4, 5)))
    with pytest.raises(nucleoscope.ArgumentError, match="no files"):
        nucleoscope.dask.measure_files([])


def test_files_become_one_table_and_bad_ones_another(files, expected, tmp_path, monkeypatch):
    segmented, segment = [], _nucleoscope.segment
    monkeypatch.setattr(
        _nucleoscope, "segment", lambda path, **options: segmented.append(path) or segment(path, **options)
    )
    tables = nucleoscope.dask.measure_files(files, files_per_partition=5)
    written = tables.nuclei.to_parquet(tmp_path / "nuclei", compute=False)
    _, failures = dask.compute(written, tables.failures)
    assert sorted(segmented) == sorted(map(str, files)), "each file is segmented once"
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "nuclei").reset_index(drop=True), expected)
    assert [Path(image).stem for image in failures.image] == ["05", "missing"]
    assert list(failures.code) == ["image/truncated", "file/io"]
    assert failures.message.str.contains("05.png|missing.tif").all() and (failures.help != "").all()


def test_a_bag_keeps_its_partitions_and_the_table_its_columns(files, expected):
    bag = db.from_sequence(files[:3], npartitions=3)
    tables = nucleoscope.dask.measure_files(bag, columns=["nucleus", "area_px2", "area_um2"])
    assert tables.nuclei.npartitions == 3
    table = tables.nuclei.compute().reset_index(drop=True)
    rows = expected[expected.image.isin([str(path) for path in files[:3]])]
    pd.testing.assert_frame_equal(table[["image", "nucleus", "area_px2"]], rows[["image", "nucleus", "area_px2"]])
    assert table.area_um2.isna().all()


def test_measurements_without_a_column_are_a_failure(files, tmp_path):
    imsave(tmp_path / "stained.png", nucleoscope.example(stained=True)[0])
    nuclei, failures = dask.compute(*nucleoscope.dask.measure_files([files[0], tmp_path / "stained.png"]))
    assert set(nuclei.image) == {str(files[0])}
    assert list(failures.code) == ["table/columns"] and "red_mean" in failures.message[0]


def test_a_killed_worker_loses_and_doubles_no_file(client, files, expected, tmp_path):
    tables = nucleoscope.dask.measure_files(files, files_per_partition=1)
    written = client.compute(tables.nuclei.to_parquet(tmp_path / "nuclei", compute=False))
    failures = client.compute(tables.failures)
    kill_a_worker(client, "_measure_partition")
    written.result()
    # Dask reads the parts in their order.
    table = dd.read_parquet(tmp_path / "nuclei").compute().reset_index(drop=True)
    pd.testing.assert_frame_equal(table.astype({"image": "str"}), expected)
    assert len(failures.result()) == 2


def test_a_killed_worker_changes_no_label(client, wide):
    labels = nucleoscope.dask.segment(da.from_array(wide, (100, 333)), block=BLOCK)
    found = client.compute(labels)
    kill_a_worker(client, "find_block")
    np.testing.assert_array_equal(found.result(), nucleoscope.segment(wide, block=BLOCK).labels)
