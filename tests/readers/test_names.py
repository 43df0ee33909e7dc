"""Names in tables that look like formulas: pandas reads them, and the documented expression restores them."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from conftest import nucleoscope
from skimage.io import imsave

ROOT = Path(__file__).parents[2]


def hostile_names():
    """Those that a file can have here."""
    entries = json.loads((ROOT / "tests/fixtures/hostile-names.json").read_text())
    names = [entry["name"] for entry in entries if "times" not in entry]
    return [name for name in names if not re.search(r"[/\0]", name) and not name.startswith(".")]


def documented():
    """The pattern and the replacement in docs/formats.md."""
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    pattern, replacement = re.search(r're\.sub\(r"(.*?)", r"(.*?)", name\)', text).groups()
    return re.compile(pattern), replacement


def test_names_are_restored_from_tables(tmp_path):
    labels = np.zeros((8, 8), np.uint8)
    labels[2:5, 2:5] = 1
    for kind, picture in [("images", labels * 200), ("labels", labels)]:
        (tmp_path / "=set" / kind).mkdir(parents=True)
        for name in hostile_names():
            if "\\" not in name:
                imsave(tmp_path / "=set" / kind / f"{name}.png", picture, check_contrast=False)
    nucleoscope("export", tmp_path / "=set", "--export-dir", tmp_path / "out")
    record = json.loads((tmp_path / "out/nucleoscope.json").read_text())["images"]
    pattern, replacement = documented()
    assert len(record) > 70
    for table, key in [("summary.csv", "image"), ("nuclei.csv", "image"), ("summary.csv", "file")]:
        column = pd.read_csv(tmp_path / "out" / table, keep_default_na=False, dtype=str)[key]
        assert not column.str.match(r"[=+\-@\t\r\n]").any(), (table, key)
        expected = [entry["id"] if key == "image" else entry["input"]["name"] for entry in record]
        assert [pattern.sub(replacement, cell) for cell in column] == expected, (table, key)
