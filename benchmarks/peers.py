"""The peers that run natively, one thread each: onnxruntime and scikit-image.

    peers.py MODEL FOLDER      (the folder that `nucleoscope-bench files` wrote)

Answers each line of its input with a line of JSON: `onnxruntime SIDE` runs the network once and `crowd` the
watershed, `{"milliseconds": ...}`; `versions` gives the packages' versions; an error is `{"error": ...}`.
"""

import json
import os
import sys
import time
from pathlib import Path

for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
    os.environ[variable] = "1"

import numpy
import onnxruntime
import skimage
from scipy import ndimage
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import relabel_sequential, watershed

CROWD_SIDE = 1024
# The product's default settings of the watershed.
INTERIOR_THRESHOLD, H, PEAK_THRESHOLD = 0.57, 0.35, 0.45
MINIMUM_CONFIDENCE, MINIMUM_AREA = 0.85, 25


class Network:
    def __init__(self, model: Path, folder: Path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.folder = folder
        self.inputs = {}

    def run(self, side: int):
        if side not in self.inputs:
            values = numpy.fromfile(self.folder / f"input-{side}.f32", dtype="<f4")
            self.inputs[side] = values.reshape(1, 3, side, side)
        start = time.perf_counter()
        self.session.run(["maps"], {"image": self.inputs[side]})
        return {"milliseconds": (time.perf_counter() - start) * 1e3}


class Crowd:
    """Probability maps of many nuclei. The seeds are found beforehand: only flooding and numbering are timed."""

    def __init__(self, folder: Path):
        values = numpy.fromfile(folder / "crowd.f32", dtype="<f4")
        self.interior, _, distance = values.reshape(3, CROWD_SIDE, CROWD_SIDE)
        self.foreground = self.interior > INTERIOR_THRESHOLD
        # Noise gives a nucleus several equal maxima: one seed is the whole dome that they share.
        lowered = reconstruction(distance - H, distance)
        domes = local_maxima(lowered) & (lowered + H >= PEAK_THRESHOLD)
        self.seeds, _ = ndimage.label(domes, structure=numpy.ones((3, 3)))
        self.relief = -distance

    def run(self):
        start = time.perf_counter()
        labels = watershed(self.relief, self.seeds, mask=self.foreground)
        labels, _, _ = relabel_sequential(labels)
        milliseconds = (time.perf_counter() - start) * 1e3
        return {"milliseconds": milliseconds, "nuclei": self.nuclei(labels)}

    def nuclei(self, labels) -> int:
        """How many of the objects are nuclei, to check that both sides do the same work."""
        numbers = numpy.arange(1, labels.max() + 1)
        certain = ndimage.mean(self.interior, labels, numbers) >= MINIMUM_CONFIDENCE
        large = ndimage.sum_labels(self.foreground, labels, numbers) >= MINIMUM_AREA
        return int((certain & large).sum())


def main():
    model, folder = map(Path, sys.argv[1:])
    network = Network(model, folder)
    crowd = None
    for line in sys.stdin:
        try:
            match line.split():
                case ["onnxruntime", side]:
                    answer = network.run(int(side))
                case ["crowd"]:
                    crowd = crowd or Crowd(folder)
                    answer = crowd.run()
                case ["versions"]:
                    packages = {"onnxruntime": onnxruntime, "scikit-image": skimage, "NumPy": numpy}
                    answer = {name: package.__version__ for name, package in packages.items()}
                case _:
                    answer = {"error": f'"{line.strip()}" is not known'}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
