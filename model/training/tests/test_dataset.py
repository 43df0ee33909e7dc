from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from nucleoscope_training.dataset import (
    FOLDERS,
    HOLDOUT_GROUPS,
    SHARES,
    Record,
    Sample,
    prepare,
    read_image,
    read_index,
    sampling_weights,
    select,
    split_of,
)
from nucleoscope_training.pack import pack

PINNED = {"image8": "validation", "image9": "validation", "image0": "train", "image1": "train"}


def record(image_id: str, fold: str | None, condition: str = "stained-light") -> Record:
    return Record(image_id, Path(), "stained", condition, 1, 20.0, fold)


def test_the_test_fold_is_never_anything_else() -> None:
    assert {split_of(record(f"image{i}", "0")) for i in range(500)} == {"test"}


def test_about_a_tenth_of_the_other_folds_is_for_validation() -> None:
    splits = [split_of(record(f"image{i}", "3")) for i in range(2000)]
    assert set(splits) == {"train", "validation"}
    assert 0.08 < splits.count("validation") / len(splits) < 0.12


def test_the_rule_of_the_split_is_this_one() -> None:
    # `printf validation:image8 | sha256sum` and so on; changing it would spoil the comparisons.
    drawn = {name: split_of(record(name, "1")) for name in PINNED}
    assert drawn == PINNED


def test_tissue_sections_are_for_training() -> None:
    assert split_of(record("section", None)) == "train"


def test_splits_do_not_overlap_and_leave_nothing_out(data: Path) -> None:
    records = read_index(data)
    parts = [select(records, split) for split in ("train", "validation", "test")]
    names = [r.image_id for part in parts for r in part]
    assert sorted(names) == sorted(r.image_id for r in records)


def test_every_set_and_condition_is_in_one_group() -> None:
    for folder, condition, group in (
        ("dsb2018", "stained-256x320-dark", "A"),
        ("dsb2018", "fluorescence-256x256-hi", "A"),
        ("dsb2018", "fluorescence-360x360", "B"),
        ("dsb2018", "brightfield-gray-1024x1024", "B"),
        ("bbbc039", "u2os-screen", "B"),
        ("e2f", "intestine-section", "C"),
        ("polyp", "polyp-Polyp12", "C"),
        ("tnbc", "tnbc-01", "D"),
        ("bitdepth_nucseg", "bitdepth-20x", "E"),
    ):
        assert replace(record("x", None, condition), folder=Path(folder)).group == group
    assert record("x", None).group is None


def test_every_set_has_its_share_and_its_group() -> None:
    assert {name for sets in HOLDOUT_GROUPS.values() for name in sets} == set(FOLDERS)
    assert {name for name, _ in SHARES} == set(FOLDERS)
    assert sum(SHARES.values()) == pytest.approx(1)


def test_a_holdout_run_sees_nothing_of_its_group(data: Path) -> None:
    left = select(read_index(data), "train", "E")
    assert {r.folder.name for r in left} == {"dsb2018", "tnbc"}


def test_weights_favour_small_conditions_image_by_image() -> None:
    records = [record(str(i), "1", "big") for i in range(100)] + [record("x", "1", "small")]
    weights = sampling_weights(records)
    assert weights.sum() == pytest.approx(1)
    # Square root: a hundred images weigh ten times as much as one.
    assert weights[:100].sum() / weights[100] == pytest.approx(10)


def test_a_pack_holds_the_training_split_smaller_and_normalised(data: Path, tmp_path: Path) -> None:
    pack(data, tmp_path)
    packed = read_index(tmp_path)
    chosen = select(read_index(data), "train")
    assert [r.image_id for r in packed] == [r.image_id for r in chosen]
    assert select(packed, "train") == packed
    for record, original in zip(packed, chosen, strict=True):
        assert (record.kind, record.condition, record.group) == (
            original.kind,
            original.condition,
            original.group,
        )
        one, other = prepare(record), prepare(original)
        np.testing.assert_array_equal(one.labels, other.labels)
        assert np.abs(one.pyramid[0] - other.pyramid[0]).mean() < 0.04


def test_gray_is_read_as_one_channel_and_colour_as_red_green_blue(samples: list[Sample]) -> None:
    kinds = {s.record.kind: s for s in samples}
    assert kinds["fluorescence"].gray
    image = read_image(kinds["stained"].record.image_path)
    assert image.shape == (97, 130, 3)
    stored = cv2.imread(str(kinds["stained"].record.image_path))
    np.testing.assert_array_equal(image[..., 0], stored[..., 2])


def test_a_prepared_image_has_aligned_levels(samples: list[Sample]) -> None:
    for sample in samples:
        assert [level.shape[:2] for level in sample.pyramid] == [(97, 130), (48, 65), (24, 32)]
        assert sample.pyramid[0].dtype == np.float32
        assert sample.distance.shape == sample.labels.shape
        assert sample.areas.sum() == sample.labels.size
