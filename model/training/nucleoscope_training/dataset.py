"""Reads the annotated folders, splits them, and prepares every image for fast cropping."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from . import targets
from .normalise import normalise

FOLDERS = ("dsb2018", "bitdepth_nucseg")
TEST_FOLD = "0"
VALIDATION_PERCENT = 10

# Groups of conditions that the hold-out runs leave out, by prefix of the condition's name: each
# condition is in one of A and B. Both keep fluorescence and stained tissue to learn from, and what
# is cut from the same slides is never split between them. C leaves out the sections alone.
HOLDOUT_GROUPS = {
    "A": (
        "fluorescence-256x256-",
        "fluorescence-512x640",
        "fluorescence-603x1272",
        "fluorescence-1040x1388",
        "stained-256x320-dark",
    ),
    "B": (
        "fluorescence-256x320-",
        "fluorescence-260x347",
        "fluorescence-360x360",
        "fluorescence-520x696-",
        "brightfield-gray",
        "stained-256x320-light",
        "bitdepth-",
    ),
    "C": ("bitdepth-",),
}


@dataclass(frozen=True)
class Record:
    """One row of `index.csv`."""

    image_id: str
    folder: Path
    kind: str
    condition: str
    nuclei: int
    median_diameter: float
    fold: str | None

    @property
    def image_path(self) -> Path:
        return self.folder / "images" / f"{self.image_id}.png"

    @property
    def label_path(self) -> Path:
        return self.folder / "labels" / f"{self.image_id}.png"


def read_index(data: Path) -> list[Record]:
    """All images of all folders under `data`, in the order of their index."""
    records = []
    for name in FOLDERS:
        with open(data / name / "index.csv", newline="") as file:
            for row in csv.DictReader(file):
                records.append(
                    Record(
                        image_id=row["image_id"],
                        folder=data / name,
                        kind=row["kind"],
                        condition=row["condition"],
                        nuclei=int(row["nuclei"]),
                        median_diameter=float(row["median_diameter_px"] or 0),
                        fold=row.get("fold"),
                    )
                )
    return records


def split_of(record: Record) -> str:
    """ "train", "validation" or "test".

    The test split is fold 0 of dsb2018. Of the other folds, an image is for validation if the first
    eight hexadecimal digits of SHA-256("validation:" + image_id), as a number, modulo 100 are below
    10. The tissue sections (no folds) are for training.
    """
    if record.fold == TEST_FOLD:
        return "test"
    if record.fold is None:
        return "train"
    digest = hashlib.sha256(f"validation:{record.image_id}".encode()).hexdigest()
    return "validation" if int(digest[:8], 16) % 100 < VALIDATION_PERCENT else "train"


def held_out(record: Record, group: str | None) -> bool:
    return group is not None and record.condition.startswith(HOLDOUT_GROUPS[group])


def select(records: list[Record], split: str, without_group: str | None = None) -> list[Record]:
    return [r for r in records if split_of(r) == split and not held_out(r, without_group)]


def read_image(path: Path) -> np.ndarray:
    """8- or 16-bit, [H,W] if gray and [H,W,3] in red-green-blue order if not."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise FileNotFoundError(path)
    if image.ndim == 2:
        return image
    image = np.ascontiguousarray(image[..., 2::-1])
    gray = (image[..., 0] == image[..., 1]).all() and (image[..., 0] == image[..., 2]).all()
    return np.ascontiguousarray(image[..., 0]) if gray else image


def read_labels(path: Path) -> np.ndarray:
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if labels is None:
        raise FileNotFoundError(path)
    return labels.astype(np.uint16)


@dataclass(frozen=True)
class Sample:
    """One image, ready to be cropped: `pyramid[k]` is the image at 1 / 2**k of its size."""

    record: Record
    pyramid: list[np.ndarray]
    labels: np.ndarray
    distance: np.ndarray
    areas: np.ndarray

    @property
    def gray(self) -> bool:
        return self.pyramid[0].ndim == 2


def prepare(record: Record) -> Sample:
    labels = read_labels(record.label_path)
    pyramid = [normalise(read_image(record.image_path))]
    for _ in range(2):
        height, width = pyramid[-1].shape[:2]
        # An odd last row or column is left off: the grids of the levels must stay aligned.
        even = pyramid[-1][: height // 2 * 2, : width // 2 * 2]
        pyramid.append(cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return Sample(record, pyramid, labels, targets.distance(labels), targets.areas(labels))


def sampling_weights(records: list[Record]) -> np.ndarray:
    """Probability of each image: conditions by the square root of size, rare kinds favoured."""
    sizes: dict[str, int] = {}
    for record in records:
        sizes[record.condition] = sizes.get(record.condition, 0) + 1
    favour = {"stained": 1.7, "brightfield-gray": 1.3, "fluorescence": 1.0}
    weights = np.array(
        [favour.get(r.kind, 1.0) * sizes[r.condition] ** 0.5 / sizes[r.condition] for r in records]
    )
    return weights / weights.sum()
