//! Outlines: closed lines along pixel sides, between a nucleus and the rest of the image.

use super::LabelImage;
use crate::geometry::Point;

/// A closed line around a nucleus, or around a hole in it.
///
/// Points are pixel corners: (x, y) is the upper left corner of the pixel in column x, row y, so coordinates
/// are in `0..=width` and `0..=height`. Only corners at which the line turns are stored, and the last point
/// is connected to the first. On screen, outer lines run clockwise and lines around holes counter-clockwise,
/// so the nucleus is on the right of the line. Filling the lines gives exactly the nucleus's pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The nucleus's label in the label image.
    pub label: u32,
    /// Corners in order; at least four.
    pub points: Vec<Point<u32>>,
}

/// Traces the outlines of every nucleus, in the order of their first pixels, row by row.
///
/// Pixels that touch only at a corner are not connected.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::{LabelImage, outlines};
///
/// let labels = LabelImage::from_labels(Size::new(3, 2), vec![1, 1, 0,
///                                                 0, 1, 0]);
/// let lines = outlines(&labels);
/// assert_eq!(lines.len(), 1);
/// let corners = [(0, 0), (2, 0), (2, 2), (1, 2), (1, 1), (0, 1)];
/// assert_eq!(lines[0].points, corners.map(Into::into));
/// ```
pub fn outlines(labels: &LabelImage) -> Vec<Outline> {
    let (width, height) = (labels.width(), labels.height());
    // Every closed line has a side that runs right, along the top of a pixel; tracing starts at the first
    // one.
    let mut walked = vec![false; width * height];
    let mut lines = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let label = labels.get(x, y);
            let has_top = label != 0 && (y == 0 || labels.get(x, y - 1) != label);
            if has_top && !walked[y * width + x] {
                lines.push(trace(labels, label, Point { x, y }, &mut walked));
            }
        }
    }
    lines
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Right,
    Down,
    Left,
    Up,
}

impl Direction {
    fn turned_right(self) -> Self {
        match self {
            Self::Right => Self::Down,
            Self::Down => Self::Left,
            Self::Left => Self::Up,
            Self::Up => Self::Right,
        }
    }

    fn turned_left(self) -> Self {
        self.turned_right().turned_right().turned_right()
    }
}

fn trace(labels: &LabelImage, label: u32, start: Point<usize>, walked: &mut [bool]) -> Outline {
    let width = labels.width();
    // `get` returns 0 outside the image; the subtraction wraps to a column or row outside it.
    let is_inside = |x: usize, y: usize| labels.get(x, y) == label;
    let mut points = Vec::new();
    let Point { mut x, mut y } = start;
    let mut direction = Direction::Right;
    loop {
        let (left, above) = (x.wrapping_sub(1), y.wrapping_sub(1));
        match direction {
            Direction::Right => {
                walked[y * width + x] = true;
                x += 1;
            }
            Direction::Down => y += 1,
            Direction::Left => x = left,
            Direction::Up => y = above,
        }
        let (left, above) = (x.wrapping_sub(1), y.wrapping_sub(1));
        let (ahead_right, ahead_left) = match direction {
            Direction::Right => ((x, y), (x, above)),
            Direction::Down => ((left, y), (x, y)),
            Direction::Left => ((left, above), (left, y)),
            Direction::Up => ((x, above), (left, above)),
        };
        let next = if !is_inside(ahead_right.0, ahead_right.1) {
            direction.turned_right()
        } else if is_inside(ahead_left.0, ahead_left.1) {
            direction.turned_left()
        } else {
            direction
        };
        if next != direction {
            points.push(Point::new(x as u32, y as u32));
            direction = next;
        }
        if Point::new(x, y) == start && direction == Direction::Right {
            break;
        }
    }
    // The start corner was added last.
    points.rotate_right(1);
    Outline { label, points }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;

    #[test]
    fn a_ring_has_an_outer_and_an_inner_line() {
        let labels = LabelImage::from_labels(Size::new(3, 3), vec![1, 1, 1, 1, 0, 1, 1, 1, 1]);
        let lines = outlines(&labels);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].points, [(0, 0), (3, 0), (3, 3), (0, 3)].map(Point::from));
        assert_eq!(lines[1].points, [(1, 2), (2, 2), (2, 1), (1, 1)].map(Point::from));
    }

    #[test]
    fn pixels_that_touch_at_a_corner_have_a_line_each() {
        let lines = outlines(&LabelImage::from_labels(Size::new(2, 2), vec![1, 0, 0, 1]));
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.points.len() == 4));
    }

    /// Fills lines by the even-odd rule, casting a ray to the left from each pixel's centre.
    fn fill(lines: &[Outline], width: usize, height: usize) -> Vec<u32> {
        let mut filled = vec![0; width * height];
        for y in 0..height {
            for x in 0..width {
                for line in lines {
                    let ends = line.points.iter().zip(line.points.iter().cycle().skip(1));
                    let crossed = ends.filter(|(a, b)| {
                        a.x == b.x
                            && a.x as usize <= x
                            && (a.y.min(b.y) as usize..a.y.max(b.y) as usize).contains(&y)
                    });
                    if crossed.count() % 2 == 1 {
                        filled[y * width + x] = line.label - filled[y * width + x];
                    }
                }
            }
        }
        filled
    }

    proptest! {
        #[test]
        fn filling_the_lines_gives_back_the_pixels(width in 1usize..9, cells in prop::collection::vec(0u32..3, 1..64)) {
            let height = cells.len().div_ceil(width);
            let mut cells = cells;
            cells.resize(width * height, 0);
            let labels = LabelImage::from_labels(Size::new(width, height), cells);
            for label in 1..=labels.count() {
                let lines: Vec<_> = outlines(&labels).into_iter().filter(|line| line.label == label).collect();
                let expected: Vec<u32> = labels.as_slice().iter().map(|&l| if l == label { label } else { 0 }).collect();
                prop_assert_eq!(fill(&lines, width, height), expected);
            }
        }

        #[test]
        fn lines_turn_at_every_point_and_lie_on_the_grid(cells in prop::collection::vec(0u32..3, 36)) {
            for line in outlines(&LabelImage::from_labels(Size::new(6, 6), cells)) {
                let n = line.points.len();
                prop_assert!(n >= 4 && n.is_multiple_of(2));
                for i in 0..n {
                    let (a, b, c) = (line.points[i], line.points[(i + 1) % n], line.points[(i + 2) % n]);
                    prop_assert!((a.x == b.x) != (a.y == b.y));
                    prop_assert!((a.x == b.x) == (b.y == c.y));
                }
            }
        }
    }
}
