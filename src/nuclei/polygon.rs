//! Polygons with holes, as geometry libraries want them: rings that never touch themselves.

use std::collections::HashMap;

use super::{LabelImage, outlines};

/// A closed line through pixel corners; the last point joins the first and is not repeated.
pub type Ring = Vec<(u32, u32)>;

/// One connected part of a nucleus.
///
/// Points are pixel corners, as in an [`Outline`](super::Outline). No ring meets itself, and two rings
/// meet at single points at most, so the polygon is valid in the sense of OGC's Simple Features. Seen
/// on screen the shell runs clockwise and holes counter-clockwise; because rows are counted downwards,
/// that is the winding of RFC 7946 (section 3.1.6) for the coordinates as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polygon {
    /// The line around it.
    pub shell: Ring,
    /// The lines around what is left out of it.
    pub holes: Vec<Ring>,
}

/// The parts of every nucleus, by number: the first entry is nucleus 1. Each has one part at least;
/// pixels that touch only at a corner are different parts.
///
/// ```
/// use nucleoscope::nuclei::{LabelImage, polygons};
///
/// let labels = LabelImage::from_labels(4, 3, vec![1, 1, 1, 0,
///                                                 1, 0, 1, 0,
///                                                 1, 1, 1, 2]);
/// let nuclei = polygons(&labels);
/// assert_eq!(nuclei[0][0].shell, [(0, 0), (3, 0), (3, 3), (0, 3)]);
/// assert_eq!(nuclei[0][0].holes, [[(1, 2), (2, 2), (2, 1), (1, 1)]]);
/// assert_eq!(nuclei[1][0].shell, [(3, 2), (4, 2), (4, 3), (3, 3)]);
/// ```
pub fn polygons(labels: &LabelImage) -> Vec<Vec<Polygon>> {
    let mut nuclei: Vec<Vec<Polygon>> = vec![Vec::new(); labels.count() as usize];
    let mut holes: Vec<(usize, Ring)> = Vec::new();
    for outline in outlines(labels) {
        let nucleus = outline.label as usize - 1;
        for ring in apart(outline.points) {
            if is_clockwise(&ring) {
                nuclei[nucleus].push(Polygon { shell: ring, holes: Vec::new() });
            } else {
                holes.push((nucleus, ring));
            }
        }
    }
    put_holes(labels, &mut nuclei, holes);
    nuclei
}

/// Gives each hole to the part that surrounds it.
fn put_holes(labels: &LabelImage, nuclei: &mut [Vec<Polygon>], holes: Vec<(usize, Ring)>) {
    // Parts are told apart at the cost of a pass over the image, which is rarely needed.
    if holes.iter().all(|(nucleus, _)| nuclei[*nucleus].len() == 1) {
        for (nucleus, ring) in holes {
            nuclei[nucleus][0].holes.push(ring);
        }
        return;
    }
    let components = components(labels);
    let component = |ring: &Ring| components[pixel_beside(ring, labels.width())];
    let parts = nuclei.iter().flat_map(|parts| parts.iter().enumerate());
    let part_of: HashMap<u32, usize> =
        parts.map(|(part, polygon)| (component(&polygon.shell), part)).collect();
    for (nucleus, ring) in holes {
        if let Some(&part) = part_of.get(&component(&ring)) {
            nuclei[nucleus][part].holes.push(ring);
        }
    }
}

/// Cuts a line that meets itself at corners into rings that do not.
fn apart(points: Ring) -> Vec<Ring> {
    let mut rings = Vec::new();
    let mut way: Ring = Vec::new();
    let mut place: HashMap<(u32, u32), usize> = HashMap::new();
    for point in points {
        if let Some(&first) = place.get(&point) {
            let rest = way.split_off(first + 1);
            rest.iter().for_each(|met| _ = place.remove(met));
            rings.push([vec![point], rest].concat());
        } else {
            place.insert(point, way.len());
            way.push(point);
        }
    }
    rings.push(way);
    rings
}

/// A ring's sides, from each point to the next.
fn sides(ring: &[(u32, u32)]) -> impl Iterator<Item = ((u32, u32), (u32, u32))> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// Whether it runs clockwise as seen on screen: around pixels, not around a hole in them.
fn is_clockwise(ring: &Ring) -> bool {
    let wide = |point: (u32, u32)| (i64::from(point.0), i64::from(point.1));
    let cross = |(from, to)| {
        let ((x, y), (next_x, next_y)) = (wide(from), wide(to));
        x * next_y - next_x * y
    };
    sides(ring).map(cross).sum::<i64>() > 0
}

/// Index of a pixel of the nucleus that has a side on the ring: below a side that runs right.
fn pixel_beside(ring: &Ring, width: usize) -> usize {
    let runs_right = |side: &((u32, u32), (u32, u32))| side.1.0 > side.0.0;
    let (x, y) = sides(ring).find(runs_right).map_or((0, 0), |(from, _)| from);
    y as usize * width + x as usize
}

/// Numbers the parts: pixels of one nucleus that touch with a side have the same number.
fn components(labels: &LabelImage) -> Vec<u32> {
    let (width, cells) = (labels.width(), labels.as_slice());
    let mut components = vec![0; cells.len()];
    let mut waiting = Vec::new();
    let mut number = 0;
    for start in 0..cells.len() {
        if cells[start] == 0 || components[start] != 0 {
            continue;
        }
        number += 1;
        components[start] = number;
        waiting.push(start);
        while let Some(pixel) = waiting.pop() {
            let (x, y) = (pixel % width, pixel / width);
            let around = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
            for (x, y) in around {
                if labels.get(x, y) == cells[pixel] && components[y * width + x] == 0 {
                    components[y * width + x] = number;
                    waiting.push(y * width + x);
                }
            }
        }
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn one(rows: &[&str]) -> Vec<Polygon> {
        let labels = rows.concat().chars().map(|cell| u32::from(cell == '#')).collect();
        polygons(&LabelImage::from_labels(rows[0].len(), rows.len(), labels)).remove(0)
    }

    fn area(ring: &Ring) -> i64 {
        let cross = |((x, y), (next_x, next_y)): ((u32, u32), (u32, u32))| {
            i64::from(x) * i64::from(next_y) - i64::from(next_x) * i64::from(y)
        };
        sides(ring).map(cross).sum::<i64>() / 2
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
            let labels = LabelImage::from_labels(width, height, cells);
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
                        prop_assert!(sides(ring).all(|(from, to)| (from.0 == to.0) != (from.1 == to.1)));
                    }
                }
                prop_assert_eq!(sum, pixels as i64);
            }
        }
    }
}
