"""The Bowl's score of one image: mean over IoU thresholds of TP / (TP + FP + FN)."""

import numpy as np

THRESHOLDS = np.arange(0.5, 0.96, 0.05)


def intersection_over_union(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """[true nuclei, found nuclei]; labels must be 0..N without gaps for a correct score."""
    rows, columns = int(truth.max(initial=0)) + 1, int(found.max(initial=0)) + 1
    pairs = truth.ravel().astype(np.int64) * columns + found.ravel()
    overlap = np.bincount(pairs, minlength=rows * columns).reshape(rows, columns)
    union = overlap.sum(1, keepdims=True) + overlap.sum(0, keepdims=True) - overlap
    iou = overlap[1:, 1:] / np.maximum(union[1:, 1:], 1)
    return iou[overlap[1:].sum(1) > 0][:, overlap[:, 1:].sum(0) > 0]


def score(truth: np.ndarray, found: np.ndarray) -> float:
    """1 for an image without nuclei in which none were found."""
    iou = intersection_over_union(truth, found)
    nuclei, guesses = iou.shape
    if nuclei + guesses == 0:
        return 1.0
    # Above one half, a match is unique on both sides, so counting pairs is enough; the Bowl
    # requires an IoU strictly greater than the threshold.
    hits = np.array([(iou > t).sum() for t in THRESHOLDS])
    return float(np.mean(hits / (nuclei + guesses - hits)))
