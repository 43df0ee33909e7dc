from dataclasses import replace

import cv2
import numpy as np
import pytest

from nucleoscope_training import augmentation, composites
from nucleoscope_training.crop import Crop
from nucleoscope_training.dataset import Sample

SIZE = 96


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def corner(sample: Sample) -> Crop:
    arrays = (sample.pyramid[0], sample.labels, sample.distance)
    return Crop(*(a[:SIZE, :SIZE].copy() for a in arrays), sample.areas.astype(float))


def test_pasted_neighbours_have_their_own_label_distance_and_area(samples: list[Sample]) -> None:
    crop = corner(samples[0])
    pasted = 0
    for seed in range(30):
        more = composites.paste_neighbours(crop, rng(seed))
        was = crop.labels > 0
        np.testing.assert_array_equal(more.labels[was], crop.labels[was])
        for label in set(np.unique(more.labels)) - set(np.unique(crop.labels)):
            pasted += 1
            mask = more.labels == label
            assert more.areas[label] == mask.sum()
            assert more.distance[mask].max() == pytest.approx(1)
            assert more.image[mask].mean() > 0.5
    assert pasted > 10


def test_a_crowd_keeps_what_was_there_and_adds_whole_nuclei_with_their_distance(
    samples: list[Sample],
) -> None:
    crop = corner(samples[0])
    was = crop.labels > 0
    added = 0
    for seed in range(20):
        other = augmentation.cut(samples[0], SIZE, rng(seed))
        crowded = composites.crowd(crop, other, rng(seed))
        np.testing.assert_array_equal(crowded.labels[was], crop.labels[was])
        assert (crowded.distance[crowded.labels == 0] == 0).all()
        for label in set(np.unique(crowded.labels)) - set(np.unique(crop.labels)):
            added += 1
            mask = crowded.labels == label
            theirs = other.labels == label - len(crop.areas) + 1
            assert mask.sum() > 0.67 * theirs.sum()
            assert theirs[mask].all()
            assert crowded.areas[label] == other.areas[label - len(crop.areas) + 1]
            if mask.sum() < theirs.sum():
                assert crowded.distance[mask].max() == pytest.approx(1)
    assert added > 20


def test_varied_nuclei_differ_and_the_background_stays(samples: list[Sample]) -> None:
    for sample in samples[:2]:
        crop = corner(sample)
        varied = composites.vary_nuclei(crop, rng(4))
        ratios = [
            (1 - varied.image[m]).mean() / (1 - crop.image[m]).mean()
            if crop.image.ndim == 3
            else varied.image[m].mean() / crop.image[m].mean()
            for m in (crop.labels == k for k in np.unique(crop.labels)[1:])
        ]
        assert np.std(ratios) > 0.05
        far = composites.soft_edge(crop.labels > 0) == 0
        np.testing.assert_allclose(varied.image[far], crop.image[far], atol=1e-6)


def test_haze_only_adds_light(samples: list[Sample]) -> None:
    image = np.clip(corner(samples[0]).image, 0, None)
    hazy = composites.haze(image, rng(0))
    assert (hazy >= image).all()
    assert hazy.mean() > image.mean()


def test_stained_nuclei_are_darker_and_bluer_than_the_tissue(samples: list[Sample]) -> None:
    crop = corner(samples[0])
    inside, outside = crop.labels > 0, crop.labels == 0
    bluer = []
    for seed in range(20):
        image = composites.stain(crop, rng(seed))
        assert image.shape == (SIZE, SIZE, 3)
        assert image.min() > 0
        assert image.max() <= 1
        assert image[inside].mean() < image[outside].mean()
        red_to_blue = image[..., 0] / image[..., 2]
        bluer.append(red_to_blue[inside].mean() < red_to_blue[outside].mean())
    # Now and then the dye of the nuclei is brown.
    assert np.mean(bluer) >= 0.7


def redness(image: np.ndarray, where: np.ndarray) -> float:
    """How much less green than red a part of the image is, 0 for gray."""
    return float(1 - image[where][:, 1].mean() / image[where][:, 0].mean())


def test_counterstain_lays_pink_tissue_around_stained_nuclei(samples: list[Sample]) -> None:
    crop = corner(samples[1])
    crop = replace(crop, image=crop.image.clip(0, 1))
    inside, outside = crop.labels > 0, composites.soft_edge(crop.labels > 0) == 0
    for seed in range(20):
        image = composites.counterstain(crop, rng(seed))
        assert (image <= crop.image + 1e-6).all()
        assert redness(image, outside) > redness(crop.image, outside)
        lost = crop.image[..., 1] - image[..., 1]
        assert lost[inside].mean() < lost[outside].mean()


def test_dyed_brightfield_absorbs_where_it_did_and_red_in_nuclei(samples: list[Sample]) -> None:
    crop = corner(samples[0])
    gray = (0.6 - 0.5 * crop.image).clip(0.05, 1)
    inside, outside = crop.labels > 0, crop.labels == 0
    redder = []
    for seed in range(20):
        image = composites.dye(replace(crop, image=gray), rng(seed))
        absorbed = -np.log(image)
        assert absorbed[inside].mean() > absorbed[outside].mean()
        red = absorbed[..., 0] / absorbed.sum(-1)
        redder.append(red[inside].mean() > red[outside].mean())
        blank = composites.dye(replace(crop, image=np.ones_like(gray)), rng(seed))
        np.testing.assert_allclose(blank, 1)
    assert np.mean(redder) >= 0.7


def test_glow_shines_between_the_nuclei_more_than_over_them(samples: list[Sample]) -> None:
    crop = corner(samples[0])
    for seed in range(20):
        added = composites.glow(crop, rng(seed)) - crop.image
        assert added.min() >= 0
        assert added[crop.labels > 0].mean() < added[crop.labels == 0].mean()


def test_thinning_out_forgets_whole_nuclei_and_leaves_one_at_least(samples: list[Sample]) -> None:
    crop = corner(samples[0])
    everyone = np.unique(crop.labels)
    fewer = 0
    for seed in range(30):
        thin = composites.thin_out(crop, rng(seed))
        kept = np.unique(thin.labels)
        assert len(kept) > 1
        fewer += len(kept) < len(everyone)
        same = np.isin(crop.labels, kept)
        np.testing.assert_array_equal(thin.labels, np.where(same, crop.labels, 0))
        np.testing.assert_array_equal(thin.distance, np.where(thin.labels > 0, crop.distance, 0))
    assert fewer > 10
    alone = replace(crop, labels=np.where(crop.labels == everyone[1], crop.labels, np.uint16(0)))
    assert all(composites.thin_out(alone, rng(seed)).labels.any() for seed in range(30))


def test_cells_are_paler_than_the_nuclei_in_them(samples: list[Sample]) -> None:
    crop = corner(samples[0])
    shining = dark = dyed = 0
    for seed in range(40):
        scene, stained = composites.cells(crop, rng(seed))
        assert scene.image.dtype == np.float32
        nuclei = scene.image[scene.labels > 0].mean()
        elsewhere = scene.image[scene.labels == 0]
        if nuclei > elsewhere.mean():
            shining += 1
            assert (scene.image >= crop.image).all()
            assert elsewhere.mean() > crop.image[crop.labels == 0].mean() + 0.01
        else:
            dark += not stained
            dyed += stained
            assert stained == (scene.image.ndim == 3)
            far = cv2.dilate((scene.labels > 0).astype(np.uint8), np.ones((13, 13))) == 0
            assert scene.image[far].min() < 0.95
    assert min(shining, dark, dyed) > 4


def test_nothing_becomes_no_cells(samples: list[Sample]) -> None:
    empty = replace(corner(samples[0]), labels=np.zeros((SIZE, SIZE), np.uint16))
    assert composites.cells(empty, rng(0)) == (empty, False)


def test_some_nuclei_become_brown_where_they_are(samples: list[Sample]) -> None:
    crop = corner(samples[1])
    crop = replace(crop, image=crop.image.clip(0, 1))
    inside, outside = crop.labels > 0, crop.labels == 0
    for seed in range(20):
        image = composites.brown(crop, rng(seed))
        assert image.shape == (SIZE, SIZE, 3)
        assert 0 < image.min() <= image.max() <= 1
        assert image[inside].mean() < image[outside].mean()
