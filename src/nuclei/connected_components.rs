//! Connected components, found from the runs of equal pixels in each row (Rosenfeld & Pfaltz 1966).

use super::LabelImage;
use super::union_find::UnionFind;
use crate::geometry::Run;

/// Which pixels are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// The four pixels that share a side.
    Sides,
    /// The eight pixels that share a side or a corner.
    Corners,
}

/// Labels the connected components of every nucleus, in the order of their first pixels, row by row.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::{Connectivity, LabelImage, connected_components};
///
/// let labels = LabelImage::from_labels(Size::new(5, 3), vec![1, 0, 2, 2, 2,
///                                                 0, 1, 0, 0, 2,
///                                                 1, 1, 0, 2, 0]);
/// let parts = connected_components(&labels, Connectivity::Sides);
/// assert_eq!(parts.as_slice(), &[1, 0, 2, 2, 2,
///                                0, 3, 0, 0, 2,
///                                3, 3, 0, 4, 0]);
/// assert_eq!(connected_components(&labels, Connectivity::Corners), labels);
/// ```
pub fn connected_components(labels: &LabelImage, connectivity: Connectivity) -> LabelImage {
    let size = labels.size();
    let components = Components::of(labels.as_slice(), size.width, connectivity, |label| label != 0);
    let mut parts = vec![0; size.area()];
    for (run, position) in components.runs.iter().zip(&components.positions) {
        parts[run.indices(size.width)].fill(position + 1);
    }
    LabelImage::from_consecutive(size, components.count() as u32, parts)
}

/// Connected components as runs of pixels.
pub(crate) struct Components {
    /// The runs, row by row.
    pub(crate) runs: Vec<Run>,
    /// The index of each run's component; components are in the order of their first pixels.
    pub(crate) positions: Vec<u32>,
}

impl Components {
    /// Finds the components of the pixels whose labels are included. Pixels of different labels are not
    /// connected.
    pub(super) fn of(
        labels: &[u32],
        width: usize,
        connectivity: Connectivity,
        is_included: impl Fn(u32) -> bool,
    ) -> Self {
        let mut runs = Vec::new();
        for (y, row) in labels.chunks_exact(width.max(1)).enumerate() {
            let mut x = 0;
            for same in row.chunk_by(|left, right| left == right) {
                if is_included(same[0]) {
                    runs.push(Run { x, y, length: same.len() });
                }
                x += same.len();
            }
        }
        let label = |run: &Run| labels[run.y * width + run.x];
        Self::joined(runs, connectivity, |one, other| label(one) == label(other))
    }

    /// Finds the components of runs that are sorted by row and column and do not overlap.
    pub(crate) fn of_runs(runs: Vec<Run>, connectivity: Connectivity) -> Self {
        Self::joined(runs, connectivity, |_, _| true)
    }

    fn joined(runs: Vec<Run>, connectivity: Connectivity, are_alike: impl Fn(&Run, &Run) -> bool) -> Self {
        let reach = match connectivity {
            Connectivity::Sides => 0,
            Connectivity::Corners => 1,
        };
        let mut forest = UnionFind::new(runs.len() as u32);
        // Runs of the row above that this run or a later one of its row may touch.
        let mut above = 0..0;
        let mut first = 0;
        for (number, run) in runs.iter().enumerate() {
            if runs[first].y != run.y {
                above = if runs[first].y + 1 == run.y { first..number } else { 0..0 };
                first = number;
            }
            while !above.is_empty() && runs[above.start].end() + reach <= run.x {
                above.start += 1;
            }
            for other in above.clone().take_while(|&other| runs[other].x < run.end() + reach) {
                if are_alike(&runs[other], run) {
                    forest.join(other as u32, number as u32);
                }
            }
        }
        Self { runs, positions: forest.positions() }
    }

    /// Number of components.
    pub(crate) fn count(&self) -> usize {
        self.positions.iter().max().map_or(0, |&last| last as usize + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;

    /// Labels the components by a flood fill from each unlabelled pixel.
    fn flooded(labels: &LabelImage, connectivity: Connectivity) -> Vec<u32> {
        let (width, height) = (labels.width(), labels.height());
        let mut parts = vec![0; width * height];
        let mut count = 0;
        for start in 0..parts.len() {
            if labels.as_slice()[start] == 0 || parts[start] != 0 {
                continue;
            }
            count += 1;
            parts[start] = count;
            let mut stack = vec![start];
            while let Some(pixel) = stack.pop() {
                let (x, y) = (pixel % width, pixel / width);
                for (other_x, other_y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                    let (dx, dy) = (x.abs_diff(other_x), y.abs_diff(other_y));
                    let are_neighbours = match connectivity {
                        Connectivity::Sides => dx + dy == 1,
                        Connectivity::Corners => dx.max(dy) == 1,
                    };
                    let other = other_y * width + other_x;
                    let is_same = labels.as_slice()[other] == labels.as_slice()[pixel];
                    if are_neighbours && is_same && parts[other] == 0 {
                        parts[other] = count;
                        stack.push(other);
                    }
                }
            }
        }
        parts
    }

    #[test]
    fn no_pixels_have_no_components() {
        for (width, height) in [(0, 0), (0, 3), (3, 0)] {
            let labels = LabelImage::empty(Size::new(width, height));
            assert_eq!(connected_components(&labels, Connectivity::Sides), labels);
        }
    }

    #[test]
    fn runs_with_a_row_between_them_are_not_connected() {
        let run = |y| Run { x: 0, y, length: 2 };
        let components = Components::of_runs([0, 2, 3].map(run).to_vec(), Connectivity::Corners);
        assert_eq!((&*components.positions, components.count()), (&[0, 1, 1][..], 2));
    }

    proptest! {
        #[test]
        fn the_components_are_those_of_a_flood(width in 1usize..9, cells in prop::collection::vec(0u32..3, 1..72)) {
            let height = cells.len() / width;
            let labels = LabelImage::from_labels(Size::new(width, height), cells[..width * height].to_vec());
            for connectivity in [Connectivity::Sides, Connectivity::Corners] {
                let parts = connected_components(&labels, connectivity);
                prop_assert_eq!(parts.as_slice(), flooded(&labels, connectivity));
            }
        }
    }
}
