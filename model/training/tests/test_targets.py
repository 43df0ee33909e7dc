import numpy as np
import pytest

from nucleoscope_training import targets

from .conftest import draw_discs


def grid(text: str) -> np.ndarray:
    """Digits are labels, a dot is background."""
    return np.array([[0 if c == "." else int(c) for c in row] for row in text.split()], np.uint16)


def picture(mask: np.ndarray) -> str:
    return "\n".join("".join("#" if v else "." for v in row) for row in mask)


TOUCHING = grid("""
    ..........
    .11112222.
    .11112222.
    .11112222.
    .11112222.
    ..........
""")


def test_interior_is_the_whole_nucleus() -> None:
    assert picture(targets.interior(TOUCHING)) == "\n".join(
        ["..........", *[".########."] * 4, ".........."]
    )


def test_touching_nuclei_share_a_boundary_two_pixels_wide() -> None:
    assert picture(targets.boundary(TOUCHING)) == "\n".join(
        [
            "..........",
            ".########.",
            ".#..##..#.",
            ".#..##..#.",
            ".########.",
            "..........",
        ]
    )


def test_the_edge_of_the_image_is_no_boundary() -> None:
    assert picture(targets.boundary(grid("11. 11. 11."))) == "\n".join([".#."] * 3)


def test_contact_is_where_two_nuclei_meet_or_nearly_do() -> None:
    # In a 5x5 window around each pixel; the gap of one pixel counts, the outer flanks do not.
    assert picture(targets.contact(grid("111.222"))) == "..###.."
    assert picture(targets.contact(grid("11111..."))) == "........"


def test_distance_peaks_at_one_in_every_nucleus_and_is_linear() -> None:
    row = np.zeros((9, 30), np.uint16)
    row[2:7, 2:7] = 1
    row[1:8, 10:29] = 2
    distance = targets.distance(row)
    # Half side 2.5 pixels: centres lie 0.5, 1.5 and 2.5 inside the outline.
    np.testing.assert_allclose(distance[4, 2:7], [0.2, 0.6, 1.0, 0.6, 0.2], atol=1e-6)
    assert distance[row == 2].max() == 1.0
    assert distance[row == 0].max() == 0.0


def test_distance_falls_towards_a_touching_neighbour() -> None:
    distance = targets.distance(TOUCHING)
    assert distance[2, 4] < distance[2, 3]
    assert distance[2, 5] < distance[2, 6]


def test_distance_does_not_fall_towards_the_edge_of_the_image() -> None:
    cut = grid("111... 111... 111...")
    np.testing.assert_allclose(targets.distance(cut)[1, :3], [1.0, 0.6, 0.2], atol=1e-6)


def test_a_nucleus_that_fills_the_frame_is_all_inside() -> None:
    assert (targets.distance(np.ones((4, 4), np.uint16)) == 1).all()


def test_a_single_pixel_is_its_own_peak() -> None:
    assert targets.distance(grid("... .1. ..."))[1, 1] == 1.0


def test_boxes() -> None:
    assert targets.boxes(grid("..11 ..11 3...")) == {1: (0, 2, 2, 4), 3: (2, 0, 3, 1)}
    assert targets.boxes(np.zeros((3, 3), np.uint16)) == {}


def test_typical_diameter_goes_by_area() -> None:
    labels = draw_discs(200, 200, 15, 0)
    assert targets.typical_diameter(targets.areas(labels)) == pytest.approx(30, abs=1.5)
    assert targets.typical_diameter(targets.areas(np.zeros((5, 5), np.uint16))) is None


def test_debris_has_no_say_in_the_typical_diameter() -> None:
    debris = [targets.SMALLEST_MEASURED] * 9
    assert targets.typical_diameter(np.array([500, *debris, 100])) == pytest.approx(11.3, abs=0.1)
    assert targets.typical_diameter(np.array([500, *debris])) is None
