"""Other threads run while an image is segmented, and all calls share one model."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nucleoscope
import numpy as np
import pytest

MODEL = Path(__file__).parents[3] / "model" / "nuclei.onnx"


def test_other_threads_run_meanwhile():
    image, _ = nucleoscope.example(width=512, height=512, nuclei=90)
    nucleoscope.segment(image)
    longest = 0.0
    is_done = threading.Event()

    def tick():
        nonlocal longest
        last = time.perf_counter()
        while not is_done.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    nucleoscope.segment(image)
    taken = time.perf_counter() - start
    is_done.set()
    thread.join()
    assert longest < taken / 2, f"another thread waited for {longest:.3f} s of {taken:.3f} s"


def test_threads_get_the_same_labels():
    images = [nucleoscope.example(seed)[0] for seed in range(4)]
    expected = [nucleoscope.segment(image).labels for image in images]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda image: nucleoscope.segment(image).labels, images * 2))
    for one, other in zip(found, expected * 2, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_is_loaded_once_until_its_file_changes(drawn, found, tmp_path):
    path = tmp_path / "copy.onnx"
    path.write_bytes(MODEL.read_bytes())
    np.testing.assert_array_equal(nucleoscope.segment(drawn[0], model=path).labels, found.labels)
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    np.testing.assert_array_equal(nucleoscope.segment(drawn[0], model=path).labels, found.labels)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))
    with pytest.raises(nucleoscope.ModelError):
        nucleoscope.segment(drawn[0], model=path)
