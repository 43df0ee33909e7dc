"""Reads the annotated folders, splits them, and prepares every image for fast cropping."""

import csv
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from . import targets
from .normalise import CLIP_HIGH, CLIP_LOW, normalise

# A pack stores images normalised, CLIP_LOW to CLIP_HIGH in 8 bits.
PACKED = ".jpg"

FOLDERS = (
    "dsb2018",
    "bitdepth_nucseg",
    "e2f",
    "polyp",
    "bbbc039",
    "tnbc",
    "mnfinder",
    "mif_melanoma",
    "gonuclear",
    "qcanet",
)
TEST_FOLD = "0"
VALIDATION_PERCENT = 10

# Each annotated set is in one of the groups A to E, and a network is trained without each. The data
# of one laboratory stay together: bbbc039 with the frames of its screen in dsb2018, e2f with polyp.
# dsb2018 is from many laboratories: each condition is in A or B, crops of the same slides in the
# same group. A group is defined by folder and by prefix of the condition.
HOLDOUT_GROUPS = {
    "A": {
        "dsb2018": (
            "fluorescence-256x256-",
            "fluorescence-512x640",
            "fluorescence-603x1272",
            "fluorescence-1040x1388",
            "stained-256x320-dark",
        )
    },
    "B": {
        "dsb2018": (
            "fluorescence-256x320-",
            "fluorescence-260x347",
            "fluorescence-360x360",
            "fluorescence-520x696-",
            "brightfield-gray",
            "stained-256x320-light",
        ),
        "bbbc039": ("",),
    },
    "C": {"e2f": ("",), "polyp": ("",), "qcanet": ("",)},
    "D": {"tnbc": ("",), "mnfinder": ("",), "mif_melanoma": ("",)},
    "E": {"bitdepth_nucseg": ("",), "gonuclear": ("",)},
}

# The share of each set in the training, by kind. Stained tissue, which has few images, and dense
# sections have larger shares than their number.
SHARES = {
    ("dsb2018", "fluorescence"): 0.20,
    ("dsb2018", "stained"): 0.15,
    ("dsb2018", "brightfield-gray"): 0.03,
    ("bitdepth_nucseg", "fluorescence"): 0.09,
    ("e2f", "fluorescence"): 0.12,
    ("polyp", "fluorescence"): 0.09,
    ("bbbc039", "fluorescence"): 0.05,
    ("tnbc", "stained"): 0.15,
    ("mnfinder", "fluorescence"): 0.05,
    ("mif_melanoma", "fluorescence"): 0.03,
    ("gonuclear", "fluorescence"): 0.02,
    ("qcanet", "fluorescence"): 0.02,
}

# Sets whose annotators left out blurred nuclei: background there that the network takes for a
# nucleus has a small weight.
INCOMPLETE = ("tnbc",)


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
        """The image, or the normalised image of a pack (see `pack.py`)."""
        packed = self.folder / "images" / f"{self.image_id}{PACKED}"
        return packed if packed.exists() else packed.with_suffix(".png")

    @property
    def incomplete(self) -> bool:
        return self.folder.name in INCOMPLETE

    @property
    def group(self) -> str | None:
        """The hold-out group that it belongs to."""
        for group, sets in HOLDOUT_GROUPS.items():
            if self.condition.startswith(sets.get(self.folder.name, ())):
                return group
        return None

    @property
    def label_path(self) -> Path:
        return self.folder / "labels" / f"{self.image_id}.png"


def read_index(data: Path) -> list[Record]:
    """All images of the existing folders, in the order of their index."""
    records = []
    for name in FOLDERS:
        if not (data / name).exists():
            continue
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
                        fold=row.get("fold") or None,
                    )
                )
    return records


def split_of(record: Record) -> str:
    """ "train", "validation" or "test".

    The test split is fold 0 of dsb2018. Of the other folds, an image is for validation if the first
    eight hexadecimal digits of SHA-256("validation:" + image_id), as a number, modulo 100 are below
    10. The other sets (no folds) are for training.
    """
    if record.fold == TEST_FOLD:
        return "test"
    if record.fold is None:
        return "train"
    digest = hashlib.sha256(f"validation:{record.image_id}".encode()).hexdigest()
    return "validation" if int(digest[:8], 16) % 100 < VALIDATION_PERCENT else "train"


def select(records: list[Record], split: str, without_group: str | None = None) -> list[Record]:
    chosen = [r for r in records if split_of(r) == split]
    return [r for r in chosen if without_group is None or r.group != without_group]


def read_image(path: Path) -> np.ndarray:
    """8- or 16-bit, [H,W] if gray, otherwise [H,W,3] in red-green-blue order."""
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
    image = read_image(record.image_path)
    if record.image_path.suffix == PACKED:
        pyramid = [image.astype(np.float32) * ((CLIP_HIGH - CLIP_LOW) / 255) + np.float32(CLIP_LOW)]
    else:
        pyramid = [normalise(image)]
    for _ in range(2):
        height, width = pyramid[-1].shape[:2]
        # An odd last row or column is dropped: the grids of the levels must stay aligned.
        even = pyramid[-1][: height // 2 * 2, : width // 2 * 2]
        pyramid.append(cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return Sample(record, pyramid, labels, targets.distance(labels), targets.areas(labels))


def sampling_weights(records: list[Record]) -> np.ndarray:
    """Probability of each image: sets by `SHARES`, their conditions by the square root of size."""
    sizes = Counter((r.folder.name, r.kind, r.condition) for r in records)
    roots: Counter[tuple[str, str]] = Counter()
    for (name, kind, _), size in sizes.items():
        roots[name, kind] += size**0.5
    weights = []
    for r in records:
        size = sizes[r.folder.name, r.kind, r.condition]
        part = size**0.5 / roots[r.folder.name, r.kind]
        weights.append(SHARES.get((r.folder.name, r.kind), 0.05) * part / size)
    return np.array(weights) / sum(weights)
