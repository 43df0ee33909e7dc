"""Images with known nuclei, exported by the command line, for all reader tests.

NUCLEOSCOPE names the program. IMAGEJ_JAR and BEANSHELL_JAR name the Java archives of ImageJ and of the
script language in which it is driven here. `npm run readers` sets all three.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from skimage.io import imread, imsave

PIXEL = 0.325
EXAMPLES = ["example-001000", "example-001001", "example-001002"]


@dataclass
class Case:
    """An image, its true nuclei, and the files exported from it."""

    name: str
    image: np.ndarray
    labels: np.ndarray
    folder: Path

    def file(self, ending):
        return self.folder / f"{self.name}{ending}"

    def table(self):
        """The image's rows of the batch's table."""
        rows = pd.read_csv(self.folder / "nuclei.csv")
        return rows[rows["image"] == self.name].reset_index(drop=True)

    @property
    def count(self):
        return int(self.labels.max())

    @property
    def areas(self):
        return np.bincount(self.labels.ravel(), minlength=self.count + 1)[1:]


def nucleoscope(*arguments):
    program = os.environ["NUCLEOSCOPE"]
    subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True)


def truth(folder):
    """The label image of an example, from its mask files."""
    masks = sorted((folder / "masks").iterdir())
    labels = np.zeros(imread(masks[0]).shape, np.uint32)
    for number, mask in enumerate(masks, 1):
        labels[imread(mask) > 0] = number
    return labels


def odd_labels():
    """Nuclei with holes, in several parts, and touching themselves at corners; wider than high."""
    random = np.random.default_rng(7)
    labels = random.integers(0, 9, (31, 53)).astype(np.uint32)
    labels[5:20, 8:30] = 9
    labels[8:17, 11:27] = 0
    labels[10:15, 14:24] = 10
    labels[12, 16:20] = 9
    labels[9, 10:13] = [9, 0, 9]
    labels[22:29, 2:40] = 11
    labels[22:29, 2:40][np.add.outer(np.arange(7), np.arange(38)) % 5 == 0] = 0
    return labels


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers")
    example = ["--count", 3, "--side", 512, "--nuclei", 160, "--overlap", 0.4]
    nucleoscope("example", folder / "examples", *example)

    for kind in ["images", "labels"]:
        (folder / "odd" / kind).mkdir(parents=True)
    labels = odd_labels()
    imsave(folder / "odd/labels/odd.png", labels.astype(np.uint16), check_contrast=False)
    picture = np.random.default_rng(8).integers(0, 60_000, labels.shape).astype(np.uint16)
    imsave(folder / "odd/images/odd.png", picture, check_contrast=False)

    stage = folder / "examples/stage1_test"
    nucleoscope("export", stage, folder / "odd", "--export-dir", folder / "plain")
    nucleoscope("export", stage, folder / "odd", "--export-dir", folder / "sized", "--pixel-size", PIXEL)
    return folder


def case(folder, name, kind):
    if name == "odd":
        labels, picture = odd_labels(), folder / "odd/images/odd.png"
    else:
        example = folder / "examples/stage1_test" / name
        labels, picture = truth(example), example / "images" / f"{name}.png"
    return Case(name, imread(picture), labels, folder / kind)


@pytest.fixture(scope="session", params=[*EXAMPLES, "odd"])
def exported(folder, request):
    return case(folder, request.param, "plain")


@pytest.fixture(scope="session", params=[*EXAMPLES, "odd"])
def sized(folder, request):
    return case(folder, request.param, "sized")


@pytest.fixture(scope="session", params=EXAMPLES)
def example(folder, request):
    found = case(folder, request.param, "sized")
    assert found.count >= 100
    return found
