"""Images of the generator. NUCLEOSCOPE names the command line, which `npm test` builds."""

import os
import subprocess
from pathlib import Path

import nucleoscope
import numpy as np
import pytest


@pytest.fixture(scope="session")
def drawn():
    """An image (uint8), and its true nuclei."""
    return nucleoscope.example(seed=5)


@pytest.fixture(scope="session")
def found(drawn):
    return nucleoscope.segment(drawn[0])


@pytest.fixture(scope="session")
def command_line():
    """Runs the command line."""

    def run(*arguments: object) -> None:
        subprocess.run([os.environ["NUCLEOSCOPE"], *map(str, arguments)], check=True, capture_output=True)

    return run


@pytest.fixture(scope="session")
def examples(command_line, tmp_path_factory) -> list[Path]:
    """Files of `nucleoscope example`: gray and stained ones."""
    folder = tmp_path_factory.mktemp("examples")
    command_line("example", folder)
    return sorted(path for path in folder.rglob("images/*.png"))


@pytest.fixture
def rle_pixels():
    """Decodes run lengths without the library: the pixels of a mask of shape (y, x)."""

    def decode(text: str, shape: tuple[int, int]) -> np.ndarray:
        numbers = [int(number) for number in text.split()]
        flat = np.zeros(shape[0] * shape[1], bool)
        for start, length in zip(numbers[::2], numbers[1::2], strict=True):
            flat[start - 1 : start - 1 + length] = True
        return flat.reshape(shape, order="F")

    return decode
