"""The network's targets, computed from a label image (0 = background, 1..N = nuclei).

* interior: every pixel of a nucleus.
* boundary: pixels of a nucleus that have a pixel of something else among their eight neighbours;
  two touching nuclei therefore share a line two pixels wide. The image's edge is not a boundary.
* distance: distance to the nucleus's outline over the largest such distance in that nucleus, so
  every nucleus has a peak of 1 whatever its size.
* contact (a weight, not an output): pixels with two different nuclei in a 5x5 window,
  where nuclei touch or leave a thin gap.
"""

import cv2
import numpy as np

SMALLEST_MEASURED = 15

_SQUARE3 = np.ones((3, 3), np.uint8)
_SQUARE5 = np.ones((5, 5), np.uint8)


def interior(labels: np.ndarray) -> np.ndarray:
    return labels > 0


def boundary(labels: np.ndarray) -> np.ndarray:
    labels = labels.astype(np.uint16, copy=False)
    differs = (cv2.dilate(labels, _SQUARE3) != labels) | (cv2.erode(labels, _SQUARE3) != labels)
    return differs & (labels > 0)


def contact(labels: np.ndarray) -> np.ndarray:
    labels = labels.astype(np.uint16, copy=False)
    largest = cv2.dilate(labels, _SQUARE5)
    smallest = cv2.erode(np.where(labels == 0, np.uint16(65535), labels), _SQUARE5)
    return (smallest < 65535) & (largest != smallest)


def one_distance(mask: np.ndarray) -> np.ndarray:
    """Normalised distance of one nucleus; `mask` includes a background border if there is one."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    peak = float(distance[mask].max(initial=0.0))
    if not 0.5 < peak < 1e6:  # a nucleus that fills the whole frame has no outline at all
        return mask.astype(np.float32)
    # The contour is between pixels: the outermost pixel's centre is half a pixel inside.
    return np.where(mask, (distance - 0.5) / (peak - 0.5), 0).astype(np.float32)


def distance(labels: np.ndarray) -> np.ndarray:
    """Normalised distance of every nucleus, 0 outside."""
    out = np.zeros(labels.shape, np.float32)
    for label, (top, left, bottom, right) in boxes(labels).items():
        rows = slice(max(top - 1, 0), bottom + 1)
        columns = slice(max(left - 1, 0), right + 1)
        mask = labels[rows, columns] == label
        out[rows, columns][mask] = one_distance(mask)[mask]
    return out


def boxes(labels: np.ndarray) -> dict[int, tuple[int, int, int, int]]:
    """Bounding box (top, left, bottom, right; the last two exclusive) of every label present."""
    ys, xs = np.nonzero(labels)
    values = labels[ys, xs].astype(np.int64)
    if not len(values):
        return {}
    size = int(values.max()) + 1
    top, left = np.full(size, 1 << 30), np.full(size, 1 << 30)
    bottom, right = np.full(size, -1), np.full(size, -1)
    np.minimum.at(top, values, ys)
    np.minimum.at(left, values, xs)
    np.maximum.at(bottom, values, ys + 1)
    np.maximum.at(right, values, xs + 1)
    return {
        int(v): (int(top[v]), int(left[v]), int(bottom[v]), int(right[v]))
        for v in np.flatnonzero(bottom > 0)
    }


def areas(labels: np.ndarray) -> np.ndarray:
    """Pixels of each label; index 0 is the background."""
    return np.bincount(labels.ravel().astype(np.int64))


def typical_diameter(areas: np.ndarray) -> float | None:
    """Diameter in pixels of the nucleus with the median nuclear pixel; None without nuclei.

    `areas` as `areas` gives them. Nuclei of up to `SMALLEST_MEASURED` pixels do not count.
    """
    counted = np.sort(areas[1:][areas[1:] > SMALLEST_MEASURED])
    if not len(counted):
        return None
    reached = np.cumsum(counted)
    area = counted[np.searchsorted(reached, reached[-1] / 2)]
    return float(2 * np.sqrt(area / np.pi))
