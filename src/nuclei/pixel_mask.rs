//! Shapes as pixels: whose centres lie in a polygon or under a brush.
//!
//! Only arithmetic and square roots, so that every platform finds the same pixels. The work grows with
//! the rows of the image that a side of the shape passes, however far beyond the image it reaches.

use std::f64::consts::FRAC_1_SQRT_2;
use std::ops::Range;

use super::BoundingBox;

/// A place in image pixels: right, down. The upper left pixel covers 0 to 1 both ways.
#[cfg_attr(feature = "typescript", tsify::declare)]
pub type Place = (f64, f64);

/// Column and row of a pixel.
pub(super) type Pixel = (usize, usize);

/// Beyond this a coordinate is not taken for a place: no image is as large, and squares stay exact
/// enough.
const FARTHEST: f64 = 1e8;

/// Whether it is a place in an image or near one.
pub(super) fn is_place((x, y): Place) -> bool {
    // Not so for NaN.
    x.abs() <= FARTHEST && y.abs() <= FARTHEST
}

/// Some pixels of a rectangle of the image.
pub(super) struct PixelMask {
    bounds: BoundingBox,
    inside: Vec<bool>,
}

impl PixelMask {
    /// No pixel yet, of those in a rectangle.
    pub(super) fn empty(bounds: BoundingBox) -> Self {
        let inside = vec![false; bounds.width() * bounds.height()];
        Self { bounds, inside }
    }

    /// These pixels.
    pub(super) fn of(pixels: &[Pixel]) -> Self {
        let mut pixel_mask = Self::empty(BoundingBox::of(pixels));
        pixels.iter().for_each(|&pixel| pixel_mask.insert(pixel));
        pixel_mask
    }

    /// The pixels in a polygon by the even-odd rule; its last point joins the first.
    pub(super) fn polygon(points: &[Place], width: usize, height: usize) -> Self {
        let mut pixel_mask = Self::empty(around(points, 0.0, width, height));
        let bounds = pixel_mask.bounds;
        for (from, to) in sides(points) {
            for y in centres(from.1.min(to.1), from.1.max(to.1), height) {
                let column = crossing(from, to, centre(y)).map(|x| centres(x, f64::INFINITY, width).start);
                if let Some(x) = column.filter(|&x| x < bounds.right) {
                    let place = pixel_mask.place((x.max(bounds.left), y));
                    place.into_iter().for_each(|place| pixel_mask.inside[place] ^= true);
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

    /// The pixels no farther than `radius` from a path. A finer brush than the half of a pixel's
    /// diagonal is taken as that, so that a path always leaves a trace without gaps.
    pub(super) fn stroke(path: &[Place], radius: f64, width: usize, height: usize) -> Self {
        let radius = radius.max(FRAC_1_SQRT_2);
        let bounds = around(path, radius, width, height);
        // How many spans begin at a pixel, less those that ended before it.
        let across = bounds.width() + 1;
        let mut changes = vec![0i32; across * bounds.height()];
        for (from, to) in steps(path) {
            let (top, bottom) = (from.1.min(to.1) - radius, from.1.max(to.1) + radius);
            let rows = centres(top, bottom, height);
            for y in rows.start.max(bounds.top)..rows.end.min(bounds.bottom) {
                let (low, high) = span(from, to, radius, centre(y));
                let columns = centres(low, high, width);
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

    fn place(&self, (x, y): Pixel) -> Option<usize> {
        let bounds = &self.bounds;
        let is_within = (bounds.left..bounds.right).contains(&x) && (bounds.top..bounds.bottom).contains(&y);
        is_within.then(|| (y - bounds.top) * bounds.width() + x - bounds.left)
    }

    pub(super) fn contains(&self, pixel: Pixel) -> bool {
        self.place(pixel).is_some_and(|place| self.inside[place])
    }

    /// Adds a pixel of the rectangle; others are left out.
    pub(super) fn insert(&mut self, pixel: Pixel) {
        if let Some(place) = self.place(pixel) {
            self.inside[place] = true;
        }
    }

    /// Takes a pixel out; says whether it was there.
    pub(super) fn remove(&mut self, pixel: Pixel) -> bool {
        self.place(pixel).is_some_and(|place| std::mem::take(&mut self.inside[place]))
    }

    /// Its pixels, row by row.
    pub(super) fn pixels(&self) -> impl Iterator<Item = Pixel> {
        self.bounds.pixels().zip(&self.inside).filter(|(_, inside)| **inside).map(|(pixel, _)| pixel)
    }
}

/// A pixel's middle along a column or a row.
pub(super) fn centre(index: usize) -> f64 {
    index as f64 + 0.5
}

/// The pixels of `0..length` whose centres lie in `low..=high`.
pub(super) fn centres(low: f64, high: f64, length: usize) -> Range<usize> {
    // A cast takes NaN and what is below 0 as 0.
    let first = (low - 0.5).ceil() as usize;
    let end = ((high + 0.5).floor() as usize).min(length);
    first.min(end)..end
}

/// The pixels of the image within `margin` of the points' bounding box.
pub(super) fn around(points: &[Place], margin: f64, width: usize, height: usize) -> BoundingBox {
    let range = |coordinate: fn(&Place) -> f64, length| {
        let low = points.iter().map(coordinate).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(coordinate).fold(f64::NEG_INFINITY, f64::max);
        centres(low - margin, high + margin, length)
    };
    let (columns, rows) = (range(|point| point.0, width), range(|point| point.1, height));
    BoundingBox { left: columns.start, top: rows.start, right: columns.end, bottom: rows.end }
}

/// From each point to the next, and from the last to the first.
pub(super) fn sides(points: &[Place]) -> impl Iterator<Item = (Place, Place)> {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1))
}

/// From each point of a path to the next; a single point is a step of no length.
pub(super) fn steps(path: &[Place]) -> impl Iterator<Item = (Place, Place)> {
    let next = path.iter().skip(1).chain(path.iter().take(usize::from(path.len() == 1)));
    path.iter().copied().zip(next.copied())
}

/// Where a side crosses a row, if it does; of its ends the upper one counts to it.
fn crossing(from: Place, to: Place, y: f64) -> Option<f64> {
    // From the upper end whichever comes first: a way there and back crosses at the same place.
    let (from, to) = if from.1 <= to.1 { (from, to) } else { (to, from) };
    ((from.1 <= y) != (to.1 <= y)).then(|| from.0 + (to.0 - from.0) * (y - from.1) / (to.1 - from.1))
}

/// Whether a point lies in a polygon, by the same rule as [`PixelMask::polygon`].
pub(super) fn is_in_polygon(points: &[Place], (x, y): Place) -> bool {
    sides(points).filter_map(|(from, to)| crossing(from, to, y)).filter(|&at| at <= x).count() % 2 == 1
}

/// The part of a row that is within `radius` of the line between two points: the ends' discs and the
/// rectangle between them.
fn span(from: Place, to: Place, radius: f64, y: f64) -> (f64, f64) {
    let mut ends = (f64::INFINITY, f64::NEG_INFINITY);
    let mut widen = |x: f64| ends = (ends.0.min(x), ends.1.max(x));
    for (middle, row) in [from, to] {
        let rest = radius * radius - (y - row) * (y - row);
        if rest >= 0.0 {
            widen(middle - rest.sqrt());
            widen(middle + rest.sqrt());
        }
    }
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt();
    if length > 0.0 {
        let (aside, along) = (-dy / length * radius, dx / length * radius);
        let corners = [
            (from.0 + aside, from.1 + along),
            (to.0 + aside, to.1 + along),
            (to.0 - aside, to.1 - along),
            (from.0 - aside, from.1 - along),
        ];
        sides(&corners).filter_map(|(from, to)| crossing(from, to, y)).for_each(widen);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(pixel_mask: &PixelMask, width: usize, height: usize) -> Vec<String> {
        let row = |y| (0..width).map(|x| if pixel_mask.contains((x, y)) { '#' } else { '.' }).collect();
        (0..height).map(row).collect()
    }

    #[test]
    fn a_polygon_has_the_pixels_whose_centres_are_in_it() {
        let triangle = PixelMask::polygon(&[(0.0, 0.0), (4.0, 4.0), (0.0, 4.0)], 5, 5);
        assert_eq!(drawn(&triangle, 5, 5), [".....", "#....", "##...", "###..", "....."]);
    }

    #[test]
    fn a_polygon_that_crosses_itself_has_the_pixels_with_an_odd_count() {
        let twice =
            [(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (1.0, 2.0), (1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (0.0, 3.0)];
        assert_eq!(drawn(&PixelMask::polygon(&twice, 4, 3), 4, 3), ["####", "#..#", "###."]);
    }

    #[test]
    fn a_brush_is_round_and_leaves_no_gaps() {
        assert_eq!(
            drawn(&PixelMask::stroke(&[(2.5, 2.5)], 2.0, 5, 5), 5, 5),
            ["..#..", ".###.", "#####", ".###.", "..#.."]
        );
        assert_eq!(drawn(&PixelMask::stroke(&[(0.5, 0.5), (3.5, 0.5)], 0.0, 5, 2), 5, 2), ["####.", "....."]);
    }

    #[test]
    fn what_lies_far_outside_is_clipped() {
        let far = [(-9e7, -9e7), (9e7, -9e7), (9e7, 9e7), (-9e7, 9e7)];
        assert_eq!(PixelMask::polygon(&far, 3, 2).pixels().count(), 6);
        assert_eq!(PixelMask::stroke(&far, 1.0, 3, 2).pixels().count(), 0);
        assert_eq!(PixelMask::stroke(&[(-5.0, 1.0)], 9e7, 3, 2).pixels().count(), 6);
        assert_eq!(PixelMask::polygon(&[], 3, 2).pixels().count(), 0);
    }

    /// Distance from a point to the line between two others.
    fn distance(point: Place, (from, to): (Place, Place)) -> f64 {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx * dx + dy * dy;
        let along = ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / length.max(1e-12);
        let along = along.clamp(0.0, 1.0);
        (point.0 - from.0 - along * dx).hypot(point.1 - from.1 - along * dy)
    }

    proptest! {
        #[test]
        fn a_stroke_is_what_is_near_its_path(path in prop::collection::vec((-9.0f64..20.0, -9.0f64..20.0), 1..6), radius in 0.8f64..9.0) {
            let stroke = PixelMask::stroke(&path, radius, 12, 11);
            for pixel in (0..11).flat_map(|y| (0..12).map(move |x| (x, y))) {
                let middle = (centre(pixel.0), centre(pixel.1));
                let nearest = steps(&path).map(|step| distance(middle, step)).fold(f64::INFINITY, f64::min);
                if (nearest - radius).abs() > 1e-6 {
                    prop_assert_eq!(stroke.contains(pixel), nearest < radius, "{:?} at {}", pixel, nearest);
                }
            }
        }

        #[test]
        fn pixels_and_points_agree_on_what_is_in_a_polygon(points in prop::collection::vec((-9i32..40, -9i32..40), 0..9)) {
            let points: Vec<Place> = points.iter().map(|&(x, y)| (f64::from(x) / 2.0, f64::from(y) / 2.0)).collect();
            let polygon = PixelMask::polygon(&points, 12, 11);
            for pixel in (0..11).flat_map(|y| (0..12).map(move |x| (x, y))) {
                prop_assert_eq!(polygon.contains(pixel), is_in_polygon(&points, (centre(pixel.0), centre(pixel.1))));
            }
        }
    }
}
