"""A tiny data set of the same layout as the real one, drawn at random."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from nucleoscope_training.dataset import Sample, prepare, read_index
from nucleoscope_training.network import NucleusNetwork


def draw_discs(height: int, width: int, radius: int, seed: int) -> np.ndarray:
    """A label image of discs on a loose grid."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((height, width), np.uint16)
    label = 0
    for y in range(radius + 2, height - radius, 3 * radius):
        for x in range(radius + 2, width - radius, 3 * radius):
            label += 1
            shift = rng.integers(-2, 3, 2)
            cv2.circle(labels, (int(x + shift[0]), int(y + shift[1])), radius, label, -1)
    return labels


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    conditions = {
        "dsb2018": (("fluorescence", "fluorescence-256x256-lo"), ("stained", "stained-light")),
        "bitdepth_nucseg": (("fluorescence", "bitdepth-20x"),),
        "tnbc": (("stained", "tnbc-01"),),
    }
    for name in conditions:
        folder = root / name
        (folder / "images").mkdir(parents=True)
        (folder / "labels").mkdir()
        rows = []
        for number in range(6):
            kind, condition = conditions[name][number % len(conditions[name])]
            labels = draw_discs(97, 130, 8, number)
            image = (labels > 0) * 150 + np.random.default_rng(number).normal(40, 5, labels.shape)
            image = image.clip(0, 255).astype(np.uint8)
            if kind == "stained":
                image = np.stack([255 - image, 250 - image // 2, 240 - image // 3], -1)
            if name == "bitdepth_nucseg":
                image = image.astype(np.uint16) * 200
            image_id = f"{name}-{number}"
            cv2.imwrite(str(folder / "images" / f"{image_id}.png"), image)
            cv2.imwrite(str(folder / "labels" / f"{image_id}.png"), labels)
            row = {
                "image_id": image_id,
                "height": labels.shape[0],
                "width": labels.shape[1],
                "kind": kind,
                "condition": condition,
                "nuclei": int(labels.max()),
                "median_diameter_px": 16.0,
            }
            if name == "dsb2018":
                row["fold"] = number % 5
            rows.append(row)
        with open(folder / "index.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return root


@pytest.fixture(scope="session")
def samples(data: Path) -> list[Sample]:
    return [prepare(record) for record in read_index(data)]


@pytest.fixture(scope="session")
def network() -> NucleusNetwork:
    """With batch-norm statistics as if it had been trained."""
    torch.manual_seed(3)
    network = NucleusNetwork()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    return network.eval()
