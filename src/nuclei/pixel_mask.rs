//! Masks of the pixels whose centres are in a polygon or under a brush.
//!
//! Only basic arithmetic and square roots are used, so the result is the same on every platform. The work is
//! proportional to the rows of the image that the shape's sides cross, even if it extends far outside the
//! image.

use std::f64::consts::FRAC_1_SQRT_2;
use std::ops::Range;

use super::BoundingBox;
use crate::geometry::{Point, Run, Size};

/// Column and row of a pixel.
pub(super) type Pixel = Point<usize>;

/// Largest accepted coordinate: larger than any image, and small enough for squares to be accurate.
const LARGEST_COORDINATE: f64 = 1e8;

/// Whether a point is in an image or reasonably close to one.
pub(super) fn is_near_image(point: Point) -> bool {
    // False for NaN.
    point.x.abs() <= LARGEST_COORDINATE && point.y.abs() <= LARGEST_COORDINATE
}

/// A set of pixels within a rectangle of the image.
pub(super) struct PixelMask {
    bounds: BoundingBox,
    inside: Vec<bool>,
}

impl PixelMask {
    /// An empty mask within a rectangle.
    pub(super) fn empty(bounds: BoundingBox) -> Self {
        let inside = vec![false; bounds.width() * bounds.height()];
        Self { bounds, inside }
    }

    /// The mask of these pixels.
    pub(super) fn of(pixels: &[Pixel]) -> Self {
        let mut pixel_mask = Self::empty(BoundingBox::of(pixels));
        pixels.iter().for_each(|&pixel| pixel_mask.insert(pixel));
        pixel_mask
    }

    /// The pixels in a polygon, by the even-odd rule; the polygon is closed.
    pub(super) fn polygon(points: &[Point], image: Size) -> Self {
        let mut pixel_mask = Self::empty(around(points, 0.0, image));
        let bounds = pixel_mask.bounds;
        for (from, to) in sides(points) {
            for y in centres(from.y.min(to.y), from.y.max(to.y), image.height) {
                let column =
                    crossing(from, to, centre(y)).map(|x| centres(x, f64::INFINITY, image.width).start);
                if let Some(x) = column.filter(|&x| x < bounds.right) {
                    let index = pixel_mask.index(Point::new(x.max(bounds.left), y));
                    index.into_iter().for_each(|index| pixel_mask.inside[index] ^= true);
                }
            }
        }
        for row in pixel_mask.inside.chunks_exact_mut(bounds.width().max(1)) {
            let mut is_odd = false;
            for pixel in row {
                is_odd ^= *pixel;
                *pixel = is_odd;
            }
        }
        pixel_mask
    }

    /// The pixels within `radius` of a path. The radius is at least half of a pixel's diagonal, so that the
    /// pixels of a path are always connected.
    pub(super) fn stroke(path: &[Point], radius: f64, image: Size) -> Self {
        let radius = radius.max(FRAC_1_SQRT_2);
        let bounds = around(path, radius, image);
        // Number of spans that begin at a pixel, minus those that end before it.
        let across = bounds.width() + 1;
        let mut changes = vec![0i32; across * bounds.height()];
        for (from, to) in steps(path) {
            let (top, bottom) = (from.y.min(to.y) - radius, from.y.max(to.y) + radius);
            let rows = centres(top, bottom, image.height);
            for y in rows.start.max(bounds.top)..rows.end.min(bounds.bottom) {
                let (low, high) = span(from, to, radius, centre(y));
                let columns = centres(low, high, image.width);
                let (start, end) = (columns.start.max(bounds.left), columns.end.min(bounds.right));
                if start < end {
                    let row = (y - bounds.top) * across;
                    changes[row + start - bounds.left] += 1;
                    changes[row + end - bounds.left] -= 1;
                }
            }
        }
        let is_inside = |row: &[i32]| {
            let running = row.iter().scan(0, |open, change| {
                *open += change;
                Some(*open > 0)
            });
            running.take(row.len() - 1).collect::<Vec<bool>>()
        };
        Self { bounds, inside: changes.chunks_exact(across).flat_map(is_inside).collect() }
    }

    fn index(&self, Point { x, y }: Pixel) -> Option<usize> {
        let bounds = &self.bounds;
        let is_within = (bounds.left..bounds.right).contains(&x) && (bounds.top..bounds.bottom).contains(&y);
        is_within.then(|| (y - bounds.top) * bounds.width() + x - bounds.left)
    }

    pub(super) fn contains(&self, pixel: Pixel) -> bool {
        self.index(pixel).is_some_and(|index| self.inside[index])
    }

    /// Adds a pixel; a pixel outside the rectangle is ignored.
    pub(super) fn insert(&mut self, pixel: Pixel) {
        if let Some(index) = self.index(pixel) {
            self.inside[index] = true;
        }
    }

    /// Removes a pixel; returns whether it was in the mask.
    pub(super) fn remove(&mut self, pixel: Pixel) -> bool {
        self.index(pixel).is_some_and(|index| std::mem::take(&mut self.inside[index]))
    }

    /// The pixels of the mask, row by row.
    pub(super) fn pixels(&self) -> impl Iterator<Item = Pixel> {
        self.bounds.pixels().zip(&self.inside).filter(|(_, inside)| **inside).map(|(pixel, _)| pixel)
    }
}

/// The coordinate of a pixel's centre along a row or column.
pub(super) fn centre(index: usize) -> f64 {
    index as f64 + 0.5
}

/// The pixels of `0..length` whose centres are in `low..=high`.
pub(super) fn centres(low: f64, high: f64, length: usize) -> Range<usize> {
    // The cast turns NaN and negative numbers into 0.
    let first = (low - 0.5).ceil() as usize;
    let end = ((high + 0.5).floor() as usize).min(length);
    first.min(end)..end
}

/// The pixels of the image within `margin` of the points' bounding box.
pub(super) fn around(points: &[Point], margin: f64, image: Size) -> BoundingBox {
    let range = |coordinate: fn(&Point) -> f64, length| {
        let low = points.iter().map(coordinate).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(coordinate).fold(f64::NEG_INFINITY, f64::max);
        centres(low - margin, high + margin, length)
    };
    let (columns, rows) = (range(|point| point.x, image.width), range(|point| point.y, image.height));
    BoundingBox { left: columns.start, top: rows.start, right: columns.end, bottom: rows.end }
}

/// The sides of a polygon: from each point to the next, and from the last to the first.
pub(super) fn sides<T: Copy>(points: &[Point<T>]) -> impl Iterator<Item = (Point<T>, Point<T>)> {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1))
}

/// The segments of a path; a single point is a segment of length 0.
pub(super) fn steps(path: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    let next = path.iter().skip(1).chain(path.iter().take(usize::from(path.len() == 1)));
    path.iter().copied().zip(next.copied())
}

/// Where a side crosses a row, if it does; its upper end is inclusive, its lower end exclusive.
pub(super) fn crossing(from: Point, to: Point, y: f64) -> Option<f64> {
    // Always computed from the upper end, so that the result does not depend on the side's direction.
    let (from, to) = if from.y <= to.y { (from, to) } else { (to, from) };
    ((from.y <= y) != (to.y <= y)).then(|| from.x + (to.x - from.x) * (y - from.y) / (to.y - from.y))
}

/// The spans of pixels of a polygon in some rows, as [`PixelMask::polygon`] has them; `bounds` is the rectangle of the
/// polygon ([`around`]).
pub(super) fn spans(points: &[Point], bounds: BoundingBox, band: &Range<usize>, image: Size) -> Vec<Run> {
    let mut crossings: Vec<(usize, usize)> = Vec::new();
    for (from, to) in sides(points) {
        let rows = centres(from.y.min(to.y), from.y.max(to.y), image.height);
        for y in rows.start.max(band.start)..rows.end.min(band.end) {
            let column = crossing(from, to, centre(y)).map(|x| centres(x, f64::INFINITY, image.width).start);
            crossings.extend(column.map(|x| (y, x.clamp(bounds.left, bounds.right))));
        }
    }
    crossings.sort_unstable();
    let in_row = crossings.chunk_by(|one, other| one.0 == other.0);
    let pairs = in_row.flat_map(|row| row.chunks(2));
    let span = |pair: &[(usize, usize)]| {
        let (y, x) = pair[0];
        Run { x, y, length: pair.get(1).map_or(bounds.right, |end| end.1) - x }
    };
    pairs.map(span).filter(|span| span.length > 0).collect()
}

/// Whether a point is in a polygon, by the same rule as [`PixelMask::polygon`], from all sides.
#[cfg(test)]
pub(super) fn is_in_polygon(points: &[Point], point: Point) -> bool {
    let crossings = sides(points).filter_map(|(from, to)| crossing(from, to, point.y));
    crossings.filter(|&x| x <= point.x).count() % 2 == 1
}

/// The part of a row within `radius` of a line segment: the discs at its ends and the rectangle between them.
fn span(from: Point, to: Point, radius: f64, y: f64) -> (f64, f64) {
    let mut ends = (f64::INFINITY, f64::NEG_INFINITY);
    let mut widen = |x: f64| ends = (ends.0.min(x), ends.1.max(x));
    for end in [from, to] {
        let rest = radius * radius - (y - end.y) * (y - end.y);
        if rest >= 0.0 {
            widen(end.x - rest.sqrt());
            widen(end.x + rest.sqrt());
        }
    }
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = (dx * dx + dy * dy).sqrt();
    if length > 0.0 {
        let (across, down) = (-dy / length * radius, dx / length * radius);
        let corners = [
            Point::new(from.x + across, from.y + down),
            Point::new(to.x + across, to.y + down),
            Point::new(to.x - across, to.y - down),
            Point::new(from.x - across, from.y - down),
        ];
        sides(&corners).filter_map(|(from, to)| crossing(from, to, y)).for_each(widen);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(pixel_mask: &PixelMask, image: Size) -> Vec<String> {
        let cell = |x, y| if pixel_mask.contains(Point { x, y }) { '#' } else { '.' };
        (0..image.height).map(|y| (0..image.width).map(|x| cell(x, y)).collect()).collect()
    }

    fn polygon(points: &[(f64, f64)], image: Size) -> PixelMask {
        PixelMask::polygon(&points.iter().copied().map(Point::from).collect::<Vec<_>>(), image)
    }

    fn stroke(path: &[(f64, f64)], radius: f64, image: Size) -> PixelMask {
        PixelMask::stroke(&path.iter().copied().map(Point::from).collect::<Vec<_>>(), radius, image)
    }

    #[test]
    fn a_polygon_has_the_pixels_whose_centres_are_in_it() {
        let image = Size::new(5, 5);
        let triangle = polygon(&[(0.0, 0.0), (4.0, 4.0), (0.0, 4.0)], image);
        assert_eq!(drawn(&triangle, image), [".....", "#....", "##...", "###..", "....."]);
    }

    #[test]
    fn a_polygon_that_crosses_itself_has_the_pixels_with_an_odd_count() {
        let twice =
            [(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (1.0, 2.0), (1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (0.0, 3.0)];
        let image = Size::new(4, 3);
        assert_eq!(drawn(&polygon(&twice, image), image), ["####", "#..#", "###."]);
    }

    #[test]
    fn a_brush_is_round_and_leaves_no_gaps() {
        let image = Size::new(5, 5);
        let dot = stroke(&[(2.5, 2.5)], 2.0, image);
        assert_eq!(drawn(&dot, image), ["..#..", ".###.", "#####", ".###.", "..#.."]);
        let image = Size::new(5, 2);
        let line = stroke(&[(0.5, 0.5), (3.5, 0.5)], 0.0, image);
        assert_eq!(drawn(&line, image), ["####.", "....."]);
    }

    #[test]
    fn what_lies_far_outside_is_clipped() {
        let far = [(-9e7, -9e7), (9e7, -9e7), (9e7, 9e7), (-9e7, 9e7)];
        let image = Size::new(3, 2);
        assert_eq!(polygon(&far, image).pixels().count(), 6);
        assert_eq!(stroke(&far, 1.0, image).pixels().count(), 0);
        assert_eq!(stroke(&[(-5.0, 1.0)], 9e7, image).pixels().count(), 6);
        assert_eq!(polygon(&[], image).pixels().count(), 0);
    }

    /// Distance from a point to the line segment between two others.
    fn distance(point: Point, (from, to): (Point, Point)) -> f64 {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length = dx * dx + dy * dy;
        let along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / length.max(1e-12);
        let along = along.clamp(0.0, 1.0);
        (point.x - from.x - along * dx).hypot(point.y - from.y - along * dy)
    }

    proptest! {
        #[test]
        fn a_stroke_is_what_is_near_its_path(path in prop::collection::vec((-9.0f64..20.0, -9.0f64..20.0), 1..6), radius in 0.8f64..9.0) {
            let path: Vec<Point> = path.into_iter().map(Point::from).collect();
            let stroke = PixelMask::stroke(&path, radius, Size::new(12, 11));
            for pixel in (0..11).flat_map(|y| (0..12).map(move |x| Point { x, y })) {
                let middle = Point::new(centre(pixel.x), centre(pixel.y));
                let nearest = steps(&path).map(|step| distance(middle, step)).fold(f64::INFINITY, f64::min);
                if (nearest - radius).abs() > 1e-6 {
                    prop_assert_eq!(stroke.contains(pixel), nearest < radius, "{:?} at {}", pixel, nearest);
                }
            }
        }

        #[test]
        fn pixels_and_points_agree_on_what_is_in_a_polygon(points in prop::collection::vec((-9i32..40, -9i32..40), 0..9)) {
            let halves = |&(x, y): &(i32, i32)| Point::new(f64::from(x) / 2.0, f64::from(y) / 2.0);
            let points: Vec<Point> = points.iter().map(halves).collect();
            let polygon = PixelMask::polygon(&points, Size::new(12, 11));
            for pixel in (0..11).flat_map(|y| (0..12).map(move |x| Point { x, y })) {
                let middle = Point::new(centre(pixel.x), centre(pixel.y));
                prop_assert_eq!(polygon.contains(pixel), is_in_polygon(&points, middle));
            }
        }
    }
}
