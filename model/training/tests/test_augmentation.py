import cv2
import numpy as np

from nucleoscope_training import augmentation, targets
from nucleoscope_training.dataset import Sample
from nucleoscope_training.normalise import CLIP_HIGH, CLIP_LOW

SIZE = 64


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_crops_are_what_the_network_wants(samples: list[Sample]) -> None:
    for seed in range(300):
        crop = augmentation.draw(samples[seed % len(samples)], SIZE, rng(seed))
        assert crop.image.shape == (SIZE, SIZE, 3)
        assert crop.image.dtype == np.float32
        assert crop.image.min() >= CLIP_LOW
        assert crop.image.max() <= CLIP_HIGH
        answers = augmentation.answers(crop)
        assert answers.shape == (5, SIZE, SIZE)
        assert answers.dtype == np.float32
        assert np.isfinite(answers).all()
        interior, boundary, distance, weight, _ = answers
        assert (interior[boundary > 0] == 1).all()
        assert (distance[interior == 0] == 0).all()
        assert 0 <= distance.min() <= distance.max() <= 1
        assert (weight > 0).all()


def test_the_same_seed_gives_the_same_crop(samples: list[Sample]) -> None:
    for seed in range(20):
        first, second = (augmentation.draw(samples[0], SIZE, rng(seed)) for _ in range(2))
        # Where an array lies in memory decides how its sums are vectorised, and so their last bits.
        np.testing.assert_allclose(first.image, second.image, atol=1e-5)
        np.testing.assert_array_equal(first.labels, second.labels)


def test_samples_are_left_as_they_were(samples: list[Sample]) -> None:
    before = [(s.pyramid[0].copy(), s.labels.copy(), s.distance.copy()) for s in samples]
    for seed in range(100):
        augmentation.draw(samples[seed % len(samples)], SIZE, rng(seed))
    for sample, (image, labels, distance) in zip(samples, before, strict=True):
        np.testing.assert_array_equal(sample.pyramid[0], image)
        np.testing.assert_array_equal(sample.labels, labels)
        np.testing.assert_array_equal(sample.distance, distance)


def test_image_and_labels_move_together(samples: list[Sample]) -> None:
    sample = next(s for s in samples if s.gray)
    for seed in range(30):
        crop = augmentation.cut(sample, SIZE, rng(seed))
        inside, outside = crop.labels > 0, crop.labels == 0
        if inside.sum() > 50 and outside.sum() > 50:
            assert crop.image[inside].mean() > crop.image[outside].mean() + 0.4


def test_pyramid_levels_agree_on_where_things_are() -> None:
    blob = np.zeros((128, 128), np.float32)
    cv2.circle(blob, (70, 40), 12, 1.0, -1)
    half = cv2.resize(blob, (64, 64), interpolation=cv2.INTER_AREA)
    matrix = augmentation.draw_matrix(blob.shape, 0.6, 96, rng(3))
    fine = augmentation.warp(blob, matrix, 96, cv2.INTER_LINEAR)
    coarse = augmentation.warp(half, augmentation.at_level(matrix, 1), 96, cv2.INTER_LINEAR)
    assert np.abs(fine - coarse).mean() < 0.02
    centres = [np.array(np.nonzero(i > 0.5)).mean(1) for i in (fine, coarse)]
    np.testing.assert_allclose(*centres, atol=0.25)


def test_plain_crops_have_a_scale_that_the_product_would_choose(samples: list[Sample]) -> None:
    low = augmentation.PLAIN_DIAMETERS[0]
    for seed in range(60):
        sample = samples[seed % len(samples)]
        crop = augmentation.cut_plain(sample, SIZE, rng(seed))
        diameter, own = (targets.typical_diameter(a) for a in (crop.areas, sample.areas))
        assert diameter is not None
        assert own is not None
        assert min(low, own * augmentation.OWN_SCALES[0]) * 0.999 < diameter < 1.6 * own * 1.001


def test_plain_crops_are_hardly_changed(samples: list[Sample]) -> None:
    sample = next(s for s in samples if s.gray)

    def contrasts(plain: float) -> list[float]:
        crops = [augmentation.draw(sample, SIZE, rng(seed), plain) for seed in range(60)]
        inside = [c.labels > 0 for c in crops]
        return [
            float(c.image[i].mean() - c.image[~i].mean())
            for c, i in zip(crops, inside, strict=True)
            if i.any() and not i.all()
        ]

    assert min(contrasts(1.0)) > 0.5
    assert min(contrasts(0.0)) < 0


def test_drawn_scales_bring_most_nuclei_near_the_training_diameter() -> None:
    generator = rng(0)
    diameters = np.array([augmentation.draw_scale(24.0, generator) * 24 for _ in range(4000)])
    low, high = augmentation.USUAL_DIAMETERS
    share = ((diameters >= low) & (diameters <= high)).mean()
    assert 0.75 < share < 0.95
    assert diameters.min() < 6
    assert diameters.max() > 80


def test_size_weights_favour_small_nuclei_within_limits() -> None:
    weights = augmentation.size_weights(np.array([1e5, 452.4, 113.1, 1.0, 1e5]))
    np.testing.assert_allclose(weights, [1, 1, 2, 2.5, 0.5], rtol=1e-3)


def test_nothing_is_finite_and_normalised() -> None:
    for seed in range(200):
        image = augmentation.synthetic_nothing(SIZE, rng(seed))
        assert np.isfinite(image).all()
        assert image.dtype == np.float32


def test_kept_blocks_are_few_steps_from_the_level() -> None:
    ranges = []
    for seed in range(20):
        for shape in ((SIZE, SIZE), (SIZE, SIZE, 3)):
            image = augmentation.blocks_nothing(shape, rng(seed)).astype(int)
            assert image.shape == shape
            ranges.append(
                max(np.ptp(channel) for channel in np.atleast_3d(image).transpose(2, 0, 1))
            )
    assert max(ranges) <= 8
    assert np.count_nonzero(ranges) > 15, "most have at least one block"


def test_checks_repeat_with_their_period() -> None:
    for seed in range(20):
        checks = augmentation.checks_nothing(SIZE, rng(seed))
        assert abs(float(checks.mean())) < 0.3
        assert np.allclose(checks, checks.T, atol=1e-5)


def test_crops_of_nothing_have_no_nuclei() -> None:
    for seed in range(60):
        crop = augmentation.draw_nothing(SIZE, rng(seed))
        assert crop.image.shape == (SIZE, SIZE, 3)
        assert not augmentation.answers(crop)[:3].any()


def test_what_is_out_of_focus_is_no_nucleus(samples: list[Sample]) -> None:
    crop = augmentation.cut(samples[0], SIZE, rng(1))
    blurred = augmentation.out_of_focus(crop, 16.0, rng(2))
    assert not blurred.labels.any()
    assert not augmentation.answers(blurred)[:3].any()


def test_a_blacked_out_side_has_no_nuclei(samples: list[Sample]) -> None:
    crop = augmentation.cut(samples[0], SIZE, rng(1))
    dark = augmentation.black_out_side(crop, rng(2))
    assert dark.labels.astype(bool).sum() < crop.labels.astype(bool).sum()
    assert targets.interior(dark.labels)[0].sum() == 0
