"""Images and programs for the tests of workflows, containers and scripts.

NUCLEOSCOPE names the program, IMAGEJ_JAR ImageJ's Java archive. `npm run workflows` sets both, and installs Groovy.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


def run(command, **options):
    """Runs a command to its end and returns it with its output and its errors, in one text."""
    command = [str(part) for part in command]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def groovy(*arguments, **options):
    """What a Groovy script prints."""
    done = run(["groovy", *arguments], **options)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def program():
    return Path(os.environ["NUCLEOSCOPE"])


@pytest.fixture(scope="session")
def environment(tmp_path_factory, program):
    """Environment variables with which `nucleoscope` is the tested program."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "nucleoscope").symlink_to(program)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def images(tmp_path_factory, program):
    """A folder with five images, of which one is cut short: damaged.png."""
    made = tmp_path_factory.mktemp("made")
    done = run([program, "example", made, "--count", 4, "--side", 128, "--nuclei", 8])
    assert done.returncode == 0, done.stdout
    folder = tmp_path_factory.mktemp("images")
    for image in made.glob("stage1_test/*/images/*.png"):
        shutil.copy(image, folder)
    whole = (folder / "example-001001.png").read_bytes()
    (folder / "damaged.png").write_bytes(whole[: len(whole) // 2])
    return folder


def assert_same_tables(folder, expected, names=("failures.csv", "nuclei.csv", "submission.csv", "summary.csv")):
    """The tables in two folders have the same bytes."""
    for name in names:
        assert (folder / name).read_bytes() == (expected / name).read_bytes(), name
