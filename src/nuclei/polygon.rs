//! Polygons with holes, valid in geometry libraries: their rings do not touch themselves.

use std::collections::HashMap;

use super::connected_components::{Connectivity, connected_components};
use super::pixel_mask::sides;
use super::{LabelImage, outlines};
use crate::geometry::Point;

/// A closed line through pixel corners; the last point is connected to the first, which is not repeated.
pub type Ring = Vec<Point<u32>>;

/// A connected component of a nucleus.
///
/// Points are pixel corners, as in an [`Outline`](super::Outline). No ring touches itself, and two rings
/// touch at single points at most, so the polygon is valid according to OGC's Simple Features. On screen, the
/// shell runs clockwise and holes counter-clockwise. Because y points down, this is numerically the winding
/// order of RFC 7946 (section 3.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polygon {
    /// The outer ring.
    pub shell: Ring,
    /// The rings around holes.
    pub holes: Vec<Ring>,
}

/// The connected components of every nucleus, starting with nucleus 1; each nucleus has at least one. Pixels
/// that touch only at a corner are in different components.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::{LabelImage, polygons};
///
/// let labels = LabelImage::from_labels(Size::new(4, 3), vec![1, 1, 1, 0,
///                                                 1, 0, 1, 0,
///                                                 1, 1, 1, 2]);
/// let nuclei = polygons(&labels);
/// assert_eq!(nuclei[0][0].shell, [(0, 0), (3, 0), (3, 3), (0, 3)].map(Into::into));
/// assert_eq!(nuclei[0][0].holes, [[(1, 2), (2, 2), (2, 1), (1, 1)].map(Into::into)]);
/// assert_eq!(nuclei[1][0].shell, [(3, 2), (4, 2), (4, 3), (3, 3)].map(Into::into));
/// ```
pub fn polygons(labels: &LabelImage) -> Vec<Vec<Polygon>> {
    let mut nuclei: Vec<Vec<Polygon>> = vec![Vec::new(); labels.count() as usize];
    let mut holes: Vec<(usize, Ring)> = Vec::new();
    for outline in outlines(labels) {
        let nucleus = outline.label as usize - 1;
        for ring in split(outline.points) {
            if is_clockwise(&ring) {
                nuclei[nucleus].push(Polygon { shell: ring, holes: Vec::new() });
            } else {
                holes.push((nucleus, ring));
            }
        }
    }
    assign_holes(labels, &mut nuclei, holes);
    nuclei
}

/// Adds each hole to the component that surrounds it.
fn assign_holes(labels: &LabelImage, nuclei: &mut [Vec<Polygon>], holes: Vec<(usize, Ring)>) {
    // Labelling the components takes a pass over the image, which is rarely needed.
    if holes.iter().all(|(nucleus, _)| nuclei[*nucleus].len() == 1) {
        for (nucleus, ring) in holes {
            nuclei[nucleus][0].holes.push(ring);
        }
        return;
    }
    let components = connected_components(labels, Connectivity::Sides);
    let component = |ring: &Ring| components.as_slice()[pixel_beside(ring, labels.width())];
    let parts = nuclei.iter().flat_map(|parts| parts.iter().enumerate());
    let part_of: HashMap<u32, usize> =
        parts.map(|(part, polygon)| (component(&polygon.shell), part)).collect();
    for (nucleus, ring) in holes {
        if let Some(&part) = part_of.get(&component(&ring)) {
            nuclei[nucleus][part].holes.push(ring);
        }
    }
}

/// Splits a line that touches itself at corners into rings that do not.
fn split(points: Ring) -> Vec<Ring> {
    let mut rings = Vec::new();
    let mut open: Ring = Vec::new();
    let mut position: HashMap<Point<u32>, usize> = HashMap::new();
    for point in points {
        if let Some(&first) = position.get(&point) {
            let rest = open.split_off(first + 1);
            rest.iter().for_each(|closed| _ = position.remove(closed));
            rings.push([vec![point], rest].concat());
        } else {
            position.insert(point, open.len());
            open.push(point);
        }
    }
    rings.push(open);
    rings
}

/// Whether the ring runs clockwise on screen, which means that it surrounds pixels rather than a hole.
fn is_clockwise(ring: &Ring) -> bool {
    doubled_area(ring) > 0
}

/// Twice the signed area of a ring; negative if it runs counter-clockwise on screen.
fn doubled_area(ring: &Ring) -> i64 {
    let cross = |(from, to): (Point<u32>, Point<u32>)| {
        i64::from(from.x) * i64::from(to.y) - i64::from(to.x) * i64::from(from.y)
    };
    sides(ring).map(cross).sum()
}

/// Index of a pixel of the nucleus next to the ring: below a side that runs right.
fn pixel_beside(ring: &Ring, width: usize) -> usize {
    let runs_right = |(from, to): &(Point<u32>, Point<u32>)| to.x > from.x;
    sides(ring).find(runs_right).map_or(0, |(from, _)| from.y as usize * width + from.x as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn one(rows: &[&str]) -> Vec<Polygon> {
        let labels = rows.concat().chars().map(|cell| u32::from(cell == '#')).collect();
        polygons(&LabelImage::from_labels(Size::new(rows[0].len(), rows.len()), labels)).remove(0)
    }

    fn area(ring: &Ring) -> i64 {
        doubled_area(ring) / 2
    }

    #[test]
    fn a_bay_that_closes_at_a_corner_is_a_hole() {
        let parts = one(&["###", "#.#", "##."]);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].holes.len(), 1);
        assert_eq!((area(&parts[0].shell), area(&parts[0].holes[0])), (8, -1));
    }

    #[test]
    fn each_hole_goes_to_the_part_around_it() {
        let parts = one(&["###.#####", "#.#.#...#", "###.#.#.#", "....#...#", "....#####"]);
        let holes: Vec<usize> = parts.iter().map(|part| part.holes.len()).collect();
        let areas: Vec<i64> = parts.iter().map(|part| area(&part.shell)).collect();
        assert_eq!((holes, areas), (vec![1, 1, 0], vec![9, 25, 1]));
    }

    proptest! {
        #[test]
        fn rings_are_simple_and_areas_add_up(width in 1usize..10, cells in prop::collection::vec(0u32..3, 1..100)) {
            let height = cells.len().div_ceil(width);
            let mut cells = cells;
            cells.resize(width * height, 0);
            let labels = LabelImage::from_labels(Size::new(width, height), cells);
            for (parts, pixels) in polygons(&labels).iter().zip(labels.areas()) {
                let mut sum = 0;
                for part in parts {
                    prop_assert!(area(&part.shell) > 0);
                    prop_assert!(part.holes.iter().all(|hole| area(hole) < 0));
                    let whole = area(&part.shell) + part.holes.iter().map(area).sum::<i64>();
                    prop_assert!(whole > 0, "a hole is larger than what is around it");
                    sum += whole;
                    for ring in part.holes.iter().chain([&part.shell]) {
                        let corners: HashSet<_> = ring.iter().collect();
                        prop_assert!(ring.len() >= 4 && corners.len() == ring.len());
                        prop_assert!(sides(ring).all(|(from, to)| (from.x == to.x) != (from.y == to.y)));
                    }
                }
                prop_assert_eq!(sum, pixels as i64);
            }
        }
    }
}
