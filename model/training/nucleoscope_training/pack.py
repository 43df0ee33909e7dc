"""Packs the training images for short sessions on another machine: small, and fast to read.

The same folders again: images normalised and as 8-bit JPEG, reduced where their nuclei are larger
than training needs them, labels as PNG. The test and validation splits stay out.
"""

import csv
from pathlib import Path

import cv2
import numpy as np

from .dataset import FOLDERS, PACKED, Record, read_image, read_index, read_labels, select
from .normalise import CLIP_HIGH, CLIP_LOW, normalise

LARGEST_DIAMETER = 40.0
QUALITY = 93
COLUMNS = (
    "image_id", "height", "width", "kind", "condition", "nuclei", "median_diameter_px", "fold",
)  # fmt: skip


def pack(data: Path, output: Path) -> None:
    """Writes the training split of `data` to the folder `output`."""
    chosen = select(read_index(data), "train")
    for name in FOLDERS:
        records = [r for r in chosen if r.folder.name == name]
        if not records:
            continue
        folder = output / name
        (folder / "images").mkdir(parents=True, exist_ok=True)
        (folder / "labels").mkdir(exist_ok=True)
        with open(folder / "index.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for record in records:
                writer.writerow(pack_one(record, folder))


def pack_one(record: Record, folder: Path) -> tuple[str | int | float, ...]:
    """Writes an image and its labels, and returns its row of the index."""
    image = normalise(read_image(record.image_path))
    labels = read_labels(record.label_path)
    scale = min(LARGEST_DIAMETER / max(record.median_diameter, 1.0), 1.0)
    height, width = (max(round(side * scale), 1) for side in labels.shape)
    if scale < 1:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        labels = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST)
    bytes_ = np.rint((image - CLIP_LOW) * (255 / (CLIP_HIGH - CLIP_LOW))).astype(np.uint8)
    options = (
        cv2.IMWRITE_JPEG_QUALITY, QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    )  # fmt: skip
    stored = bytes_[..., ::-1] if bytes_.ndim == 3 else bytes_
    cv2.imwrite(str(folder / "images" / f"{record.image_id}{PACKED}"), stored, options)
    most = (cv2.IMWRITE_PNG_COMPRESSION, 9)
    cv2.imwrite(str(folder / "labels" / f"{record.image_id}.png"), labels, most)
    diameter = round(record.median_diameter * scale, 1)
    nuclei = len(np.unique(labels)) - 1
    return (
        record.image_id, height, width, record.kind, record.condition, nuclei, diameter,
        record.fold or "",
    )  # fmt: skip
