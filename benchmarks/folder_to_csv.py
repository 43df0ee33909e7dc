"""Finds the nuclei in the images of a folder with the Python package, in one thread, and writes the CSV of the Bowl.

python benchmarks/folder_to_csv.py IMAGES OUTPUT
"""

import csv
import sys
from pathlib import Path

import nucleoscope

images, output = map(Path, sys.argv[1:])
with output.open("w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["ImageId", "EncodedPixels"])
    for path in sorted(images.iterdir()):
        # An image without nuclei has one row without pixels.
        for run_lengths in nucleoscope.segment(path).to_rle() or [""]:
            writer.writerow([path.stem, run_lengths])
