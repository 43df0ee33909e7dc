"""The examples in the documentation, the types, and what is in the package."""

import doctest
import subprocess
import sys
import types
from importlib.metadata import files, version
from pathlib import Path

import nucleoscope
import pytest

FOLDER = Path(__file__).parent


def documented():
    """Everything that is exported, with its members."""
    yield "nucleoscope", nucleoscope
    for name in nucleoscope.__all__:
        exported = getattr(nucleoscope, name)
        yield name, exported
        if isinstance(exported, type) and not issubclass(exported, Exception):
            for key, member in vars(exported).items():
                if not key.startswith("_"):
                    yield f"{name}.{key}", member


@pytest.mark.parametrize(("name", "value"), list(documented()))
def test_the_examples_are_true(name, value):
    assert value.__doc__, "everything is documented"
    test = doctest.DocTestParser().get_doctest(value.__doc__, {}, name, None, None)
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert results.failed == 0
    if isinstance(value, types.BuiltinFunctionType):
        assert results.attempted > 0, "every function has an example"


def test_the_types_are_complete():
    example = FOLDER / "typed_example.py"
    subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", "/dev/null", example], check=True)
    subprocess.run([sys.executable, "-m", "mypy.stubtest", "nucleoscope._nucleoscope"], check=True, cwd=FOLDER)


def test_the_package_contains_what_it_needs():
    names = {path.name for path in files("nucleoscope") or []}
    assert {"py.typed", "_nucleoscope.pyi", "napari.yaml", "LICENSE-MIT", "LICENSE-APACHE"} <= names
    # The licences of the crates, and maturin's bill of materials.
    assert {"THIRD-PARTY-LICENSES.txt", "nucleoscope-python.cyclonedx.json"} <= names
    (licences,) = (path for path in files("nucleoscope") or [] if path.name == "THIRD-PARTY-LICENSES.txt")
    assert "pyo3 " in licences.read_text(encoding="utf-8")
    assert nucleoscope.__version__ == version("nucleoscope")
