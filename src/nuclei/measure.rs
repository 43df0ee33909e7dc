//! Measurements of nuclei: area, perimeter, shape and intensities.
//!
//! Names and definitions follow scikit-image's `regionprops` (0.26) where it has the measurement, so that the
//! results can be compared. Lengths and areas are in pixels, angles in radians. Pixel centres have integer
//! coordinates: the centre of the upper left pixel is (0, 0).

use std::f64::consts::{FRAC_PI_4, PI, SQRT_2};

use super::LabelImage;
use super::pixel_mask::{Pixel, sides};
use crate::geometry::Point;
use crate::image::{Channel, Image, Samples};

/// The measurements of one nucleus.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurements {
    /// The nucleus's label in the label image.
    pub label: u32,
    /// Number of pixels (`area`).
    pub area: usize,
    /// Mean of the pixel centres (`centroid`, which has the row first).
    pub centroid: Point,
    /// The smallest rectangle that contains the nucleus (`bbox`).
    pub bounding_box: BoundingBox,
    /// Perimeter, estimated from the neighbours of each contour pixel (`perimeter`, 4-neighbourhood).
    pub perimeter: f64,
    /// `4 π area / perimeter²`: 1 for a disc, less for other shapes. It is above 1 for nuclei of few pixels,
    /// and 0 if the perimeter is 0.
    pub circularity: f64,
    /// Major axis of the ellipse with the same second moments (`axis_major_length`).
    pub major_axis: f64,
    /// Minor axis of that ellipse (`axis_minor_length`).
    pub minor_axis: f64,
    /// Eccentricity of that ellipse, `0.0..1.0` (`eccentricity`).
    pub eccentricity: f64,
    /// Angle between the vertical and the major axis, `-π/2..=π/2`, counter-clockwise (`orientation`).
    pub orientation: f64,
    /// Area divided by the area of the convex hull (`solidity`).
    pub solidity: f64,
    /// Area divided by the area of the bounding box (`extent`).
    pub extent: f64,
    /// Diameter of a disc of the same area (`equivalent_diameter_area`).
    pub equivalent_diameter: f64,
    /// Maximum distance between two points of the convex hull's contour (`feret_diameter_max`).
    pub feret_maximum: f64,
    /// Minimum distance between two parallel lines that enclose the nucleus; not in scikit-image.
    pub feret_minimum: f64,
    /// Distance from the centroid to that of the nearest other nucleus; `None` if there is no other.
    pub nearest_neighbour: Option<f64>,
    /// Whether the nucleus has a pixel on the image's edge, so that part of it may be missing.
    pub touches_edge: bool,
    /// Intensities in each channel.
    pub intensities: Vec<Intensities>,
}

/// A rectangle of pixels; `right` and `bottom` are exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoundingBox {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Column after the last.
    pub right: usize,
    /// Row after the last.
    pub bottom: usize,
}

impl BoundingBox {
    const EMPTY: Self = Self { left: usize::MAX, top: usize::MAX, right: 0, bottom: 0 };

    /// The smallest rectangle that contains these pixels.
    pub(super) fn of(pixels: &[Pixel]) -> Self {
        pixels.iter().fold(Self::EMPTY, |bounds, &Point { x, y }| Self {
            left: bounds.left.min(x),
            top: bounds.top.min(y),
            right: bounds.right.max(x + 1),
            bottom: bounds.bottom.max(y + 1),
        })
    }

    /// The smallest rectangle that contains both.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.right.saturating_sub(self.left)
    }

    /// Rows.
    pub(super) fn height(&self) -> usize {
        self.bottom.saturating_sub(self.top)
    }

    /// The pixels of the rectangle, row by row.
    pub(super) fn pixels(self) -> impl Iterator<Item = Pixel> {
        (self.top..self.bottom).flat_map(move |y| (self.left..self.right).map(move |x| Point { x, y }))
    }
}

/// The raw values of a nucleus's pixels in one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intensities {
    /// Mean (`intensity_mean`).
    pub mean: f64,
    /// Median (`intensity_median`).
    pub median: f64,
    /// Smallest value (`intensity_min`).
    pub minimum: f64,
    /// Largest value (`intensity_max`).
    pub maximum: f64,
    /// Standard deviation of the population (`intensity_std`).
    pub standard_deviation: f64,
    /// Sum.
    pub integrated: f64,
    /// Sum of the values minus the image's background, which is the median of all pixels outside nuclei (0 if
    /// there are none).
    pub integrated_above_background: f64,
}

/// Measures every nucleus, in the order of their labels, with its intensities in every channel.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::image::{Image, Samples, split};
/// use nucleoscope::nuclei::{LabelImage, measure};
///
/// let labels = LabelImage::from_labels(Size::new(4, 2), vec![1, 1, 0, 2,
///                                                 1, 1, 0, 0]);
/// let image = Image::new(Size::new(4, 2), 1, Samples::U8(vec![10, 20, 5, 90,
///                                                  30, 40, 5, 5].into()))?;
/// let measured = measure(&labels, &split(&image)?);
/// assert_eq!(measured[0].area, 4);
/// assert_eq!((measured[0].centroid.x, measured[0].centroid.y), (0.5, 0.5));
/// assert_eq!(measured[0].intensities[0].mean, 25.0);
/// assert_eq!(measured[0].intensities[0].integrated_above_background, 80.0);
/// assert_eq!(measured[1].nearest_neighbour, Some((2.5f64 * 2.5 + 0.25).sqrt()));
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
///
/// # Panics
/// If a channel does not have the label image's size, which is a programming error.
pub fn measure(labels: &LabelImage, channels: &[Channel]) -> Vec<Measurements> {
    let channels: Vec<Measured> = channels
        .iter()
        .map(|Channel { image, .. }| {
            assert_eq!(image.size(), labels.size(), "labels are of the image");
            Measured { image, background: background(labels, image) }
        })
        .collect();
    let mut measured: Vec<Measurements> = regions(labels)
        .iter()
        .zip(1..)
        .map(|(region, label)| region.measure(label, labels, &channels))
        .collect();
    let centroids: Vec<Point> = measured.iter().map(|nucleus| nucleus.centroid).collect();
    for (nucleus, distance) in measured.iter_mut().zip(nearest(&centroids)) {
        nucleus.nearest_neighbour = distance;
    }
    measured
}

/// A channel to measure.
struct Measured<'a> {
    image: &'a Image,
    /// The median of the pixels outside nuclei.
    background: f64,
}

fn background(labels: &LabelImage, image: &Image) -> f64 {
    match image.samples() {
        // Histogram, because a list of the values would take several times the image's memory.
        Samples::U8(values) => median_of_counts(&counts(labels, values, 1 << 8)),
        Samples::U16(values) => median_of_counts(&counts(labels, values, 1 << 16)),
        Samples::F32(values) => median(&mut outside(labels, values).collect::<Vec<f32>>()),
    }
}

/// The values of the pixels outside nuclei.
fn outside<'a, T: Copy>(labels: &'a LabelImage, values: &'a [T]) -> impl Iterator<Item = T> + 'a {
    labels.as_slice().iter().zip(values).filter(|(label, _)| **label == 0).map(|(_, value)| *value)
}

/// How often each value occurs outside nuclei.
fn counts<T: Copy + Into<usize>>(labels: &LabelImage, values: &[T], bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    outside(labels, values).for_each(|value| counts[value.into()] += 1);
    counts
}

/// The [`median`] of a histogram.
fn median_of_counts(counts: &[usize]) -> f64 {
    let total: usize = counts.iter().sum();
    if total == 0 {
        return 0.0;
    }
    let at = |rank: usize| {
        let mut seen = 0;
        let reaches = |&count: &usize| {
            seen += count;
            seen > rank
        };
        counts.iter().position(reaches).unwrap_or(0) as f64
    };
    f64::midpoint(at((total - 1) / 2), at(total / 2))
}

/// The median: of an even number of values, the mean of the two middle ones; 0 if there are no values.
fn median(values: &mut [f32]) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    let is_odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    if is_odd {
        return upper.into();
    }
    let lower = below.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    f64::midpoint(lower.into(), upper.into())
}

/// The pixels of a nucleus, row by row.
struct Region {
    pixels: Vec<Pixel>,
}

/// The pixels of every nucleus, in the order of their labels.
fn regions(labels: &LabelImage) -> Vec<Region> {
    let with_room = |area: usize| Region { pixels: Vec::with_capacity(area) };
    let mut regions: Vec<Region> = labels.areas().into_iter().map(with_room).collect();
    for (pixel, &label) in labels.as_slice().iter().enumerate() {
        if label != 0 {
            regions[label as usize - 1]
                .pixels
                .push(Point::new(pixel % labels.width(), pixel / labels.width()));
        }
    }
    regions
}

impl Region {
    fn measure(&self, label: u32, labels: &LabelImage, channels: &[Measured]) -> Measurements {
        let area = self.pixels.len();
        let bounds = BoundingBox::of(&self.pixels);
        let (centroid, spread) = self.moments();
        let (long, short) = spread.eigenvalues();
        let perimeter = perimeter(labels, label, &self.pixels);
        let hull = Hull::new(&self.pixels);
        let circularity = if perimeter > 0.0 { 4.0 * PI * area as f64 / perimeter.powi(2) } else { 0.0 };
        Measurements {
            label,
            area,
            centroid,
            bounding_box: bounds,
            perimeter,
            circularity,
            major_axis: 4.0 * long.sqrt(),
            minor_axis: 4.0 * short.sqrt(),
            eccentricity: if long > 0.0 { (1.0 - short / long).sqrt() } else { 0.0 },
            orientation: spread.orientation(),
            solidity: area as f64 / hull.area() as f64,
            extent: area as f64 / ((bounds.right - bounds.left) * (bounds.bottom - bounds.top)) as f64,
            equivalent_diameter: (4.0 * area as f64 / PI).sqrt(),
            feret_maximum: hull.filled().longest(),
            feret_minimum: hull.narrowest(),
            nearest_neighbour: None,
            touches_edge: bounds.left == 0
                || bounds.top == 0
                || bounds.right == labels.width()
                || bounds.bottom == labels.height(),
            intensities: channels.iter().map(|channel| self.intensities(channel)).collect(),
        }
    }

    /// The centroid, and the variances and covariance of the coordinates.
    fn moments(&self) -> (Point, Spread) {
        let count = self.pixels.len() as f64;
        let sum = |of: &dyn Fn(f64, f64) -> f64| {
            self.pixels.iter().map(|pixel| of(pixel.x as f64, pixel.y as f64)).sum::<f64>() / count
        };
        let (mean_x, mean_y) = (sum(&|x, _| x), sum(&|_, y| y));
        let spread = Spread {
            x: sum(&|x, _| (x - mean_x).powi(2)),
            y: sum(&|_, y| (y - mean_y).powi(2)),
            both: sum(&|x, y| (x - mean_x) * (y - mean_y)),
        };
        (Point::new(mean_x, mean_y), spread)
    }

    fn intensities(&self, channel: &Measured) -> Intensities {
        let Measured { image, background } = channel;
        let value = |pixel: &Pixel| image.samples().get(pixel.y * image.width() + pixel.x);
        let mut values: Vec<f32> = self.pixels.iter().map(value).collect();
        let count = values.len() as f64;
        let wide = || values.iter().map(|&value| f64::from(value));
        let integrated: f64 = wide().sum();
        let mean = integrated / count;
        let variance = wide().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        Intensities {
            mean,
            minimum: wide().fold(f64::INFINITY, f64::min),
            maximum: wide().fold(f64::NEG_INFINITY, f64::max),
            standard_deviation: variance.sqrt(),
            integrated,
            integrated_above_background: integrated - background * count,
            median: median(&mut values),
        }
    }
}

/// Variances of the columns and rows of a nucleus's pixels, and their covariance.
struct Spread {
    x: f64,
    y: f64,
    both: f64,
}

impl Spread {
    /// The larger and the smaller eigenvalue, never below 0.
    fn eigenvalues(&self) -> (f64, f64) {
        let middle = (self.x + self.y) / 2.0;
        let reach = (((self.x - self.y) / 2.0).powi(2) + self.both.powi(2)).sqrt();
        ((middle + reach).max(0.0), (middle - reach).max(0.0))
    }

    fn orientation(&self) -> f64 {
        if self.x == self.y {
            return if self.both > 0.0 { FRAC_PI_4 } else { -FRAC_PI_4 };
        }
        // Not the standard library's `atan2`, which differs in the last digit between platforms.
        0.5 * libm::atan2(2.0 * self.both, self.y - self.x)
    }
}

/// Estimates the perimeter: every contour pixel adds a length that depends on the number of its direct and
/// diagonal neighbours on the contour (Benkrid and Crookes, "Design and FPGA implementation of a perimeter
/// estimator", 2000, as in scikit-image).
fn perimeter(labels: &LabelImage, label: u32, pixels: &[Pixel]) -> f64 {
    let is_inside = |x: usize, y: usize| labels.get(x, y) == label;
    let is_contour = |x: usize, y: usize| {
        is_inside(x, y)
            && !(is_inside(x.wrapping_sub(1), y)
                && is_inside(x + 1, y)
                && is_inside(x, y.wrapping_sub(1))
                && is_inside(x, y + 1))
    };
    let length_at = |x: usize, y: usize| {
        let (mut straight, mut aslant) = (0, 0);
        for (dx, dy) in [(0, 1), (1, 0), (1, 2), (2, 1)] {
            straight += usize::from(is_contour((x + dx).wrapping_sub(1), (y + dy).wrapping_sub(1)));
        }
        for (dx, dy) in [(0, 0), (2, 0), (0, 2), (2, 2)] {
            aslant += usize::from(is_contour((x + dx).wrapping_sub(1), (y + dy).wrapping_sub(1)));
        }
        match 1 + 2 * straight + 10 * aslant {
            5 | 7 | 15 | 17 | 25 | 27 => 1.0,
            21 | 33 => SQRT_2,
            13 | 23 => f64::midpoint(1.0, SQRT_2),
            _ => 0.0,
        }
    };
    let contour = pixels.iter().filter(|pixel| is_contour(pixel.x, pixel.y));
    contour.map(|pixel| length_at(pixel.x, pixel.y)).sum()
}

/// Distance from each point to its nearest neighbour.
pub(crate) fn nearest(points: &[Point]) -> Vec<Option<f64>> {
    let mut tree: Vec<(Point, usize)> = points.iter().copied().zip(0..).collect();
    let mut is_by_column = vec![false; points.len()];
    plant(&mut tree, &mut is_by_column);
    let mut distances = vec![None; points.len()];
    for &(point, number) in &tree {
        let mut best = f64::INFINITY;
        search(&tree, &is_by_column, (point, number), &mut best);
        distances[number] = best.is_finite().then_some(best);
    }
    distances
}

/// Arranges points as a k-d tree (Bentley 1975): the middle one divides the others at its column or its row, whichever
/// varies more.
fn plant(points: &mut [(Point, usize)], is_by_column: &mut [bool]) {
    if points.len() < 2 {
        return;
    }
    let spread = |of: fn(&Point) -> f64| {
        let ends = points.iter().map(|(point, _)| of(point));
        let ends =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        ends.1 - ends.0
    };
    let by_column = spread(|point| point.x) >= spread(|point| point.y);
    let middle = points.len() / 2;
    let place = |(point, _): &(Point, usize)| if by_column { point.x } else { point.y };
    points.select_nth_unstable_by(middle, |one, other| place(one).total_cmp(&place(other)));
    is_by_column[middle] = by_column;
    let (before, after) = points.split_at_mut(middle);
    let (of_before, of_after) = is_by_column.split_at_mut(middle);
    plant(before, of_before);
    plant(&mut after[1..], &mut of_after[1..]);
}

/// Lowers `best` to the distance of the nearest other point in a tree.
fn search(tree: &[(Point, usize)], is_by_column: &[bool], own: (Point, usize), best: &mut f64) {
    let middle = tree.len() / 2;
    let Some(&(point, number)) = tree.get(middle) else { return };
    let (dx, dy) = (point.x - own.0.x, point.y - own.0.y);
    if number != own.1 {
        *best = best.min((dx * dx + dy * dy).sqrt());
    }
    let before = (&tree[..middle], &is_by_column[..middle]);
    let after = (&tree[middle + 1..], &is_by_column[middle + 1..]);
    let ahead = if is_by_column[middle] { dx } else { dy };
    let (near, far) = if ahead > 0.0 { (before, after) } else { (after, before) };
    search(near.0, near.1, own, best);
    if ahead.abs() < *best {
        search(far.0, far.1, own, best);
    }
}

/// A convex polygon, in half pixels: pixel centres have even coordinates.
struct Hull {
    corners: Vec<Point<i64>>,
}

impl Hull {
    /// The convex hull of the midpoints of the four sides of every pixel, as in scikit-image.
    fn new(pixels: &[Pixel]) -> Self {
        let middles = |pixel: &Pixel| {
            let (x, y) = (2 * pixel.x as i64, 2 * pixel.y as i64);
            [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].map(Point::from)
        };
        let mut points: Vec<Point<i64>> = pixels.iter().flat_map(middles).collect();
        points.sort_unstable();
        points.dedup();
        // Andrew's monotone chain: the lower half from the left, the upper half from the right.
        let half = |points: &mut dyn Iterator<Item = Point<i64>>| {
            let mut chain: Vec<Point<i64>> = Vec::new();
            for point in points {
                while let [.., before, last] = chain[..]
                    && turn(before, last, point) <= 0
                {
                    chain.pop();
                }
                chain.push(point);
            }
            chain.pop();
            chain
        };
        let mut corners = half(&mut points.iter().copied());
        corners.extend(half(&mut points.iter().rev().copied()));
        Self { corners }
    }

    /// The pixels whose centres are inside the polygon or on its contour, as rows with their first and last
    /// column.
    fn rows(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let (low, high) = self
            .corners
            .iter()
            .fold((i64::MAX, i64::MIN), |(low, high), corner| (low.min(corner.y), high.max(corner.y)));
        ((low + 1) / 2..=high.div_euclid(2)).map(|row| {
            let (mut first, mut last) = (i64::MAX, i64::MIN);
            for (from, to) in sides(&self.corners) {
                let (upper, lower) = (from.y.min(to.y), from.y.max(to.y));
                if upper == lower || !(upper..=lower).contains(&(2 * row)) {
                    continue;
                }
                // Where the side crosses the row, in half pixels, as a fraction.
                let across = from.x * (to.y - from.y) + (to.x - from.x) * (2 * row - from.y);
                let over = 2 * (to.y - from.y);
                let (across, over) = if over < 0 { (-across, -over) } else { (across, over) };
                first = first.min(-(-across).div_euclid(over));
                last = last.max(across.div_euclid(over));
            }
            (row as usize, first as usize, last as usize)
        })
    }

    /// Number of pixels inside.
    fn area(&self) -> usize {
        self.rows().map(|(_, first, last)| last + 1 - first).sum()
    }

    /// The convex hull of all pixels inside.
    fn filled(&self) -> Self {
        let ends: Vec<_> =
            self.rows().flat_map(|(row, first, last)| [(first, row), (last, row)].map(Point::from)).collect();
        Self::new(&ends)
    }

    /// Maximum distance between two corners, in pixels.
    fn longest(&self) -> f64 {
        let from = |&from: &Point<i64>| self.corners.iter().map(move |&to| squared_distance(from, to));
        (self.corners.iter().flat_map(from).max().unwrap_or(0) as f64).sqrt() / 2.0
    }

    /// Minimum distance between two parallel lines that enclose the polygon, in pixels; one of them lies on a
    /// side.
    fn narrowest(&self) -> f64 {
        let width = |(from, to): (Point<i64>, Point<i64>)| {
            let area = self.corners.iter().map(|&corner| turn(from, to, corner)).max().unwrap_or(0);
            area as f64 / (squared_distance(from, to) as f64).sqrt() / 2.0
        };
        sides(&self.corners).map(width).fold(f64::INFINITY, f64::min)
    }
}

fn squared_distance(from: Point<i64>, to: Point<i64>) -> i64 {
    (to.x - from.x).pow(2) + (to.y - from.y).pow(2)
}

/// Twice the signed area of a triangle; positive if its corners are in counter-clockwise order with y
/// pointing up.
fn turn(first: Point<i64>, second: Point<i64>, third: Point<i64>) -> i64 {
    (second.x - first.x) * (third.y - first.y) - (second.y - first.y) * (third.x - first.x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::image::split;
    use proptest::prelude::*;

    /// Measurements of a picture in which `#` is the nucleus; every value of the image is 1.
    fn one(rows: &[&str]) -> Measurements {
        let (width, height) = (rows[0].len(), rows.len());
        let labels = rows.concat().chars().map(|c| u32::from(c == '#')).collect();
        let image =
            Image::new(Size::new(width, height), 1, Samples::U8(vec![1; width * height].into())).unwrap();
        measure(&LabelImage::from_labels(Size::new(width, height), labels), &split(&image).unwrap()).remove(0)
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
    }

    #[test]
    fn a_rectangle() {
        let found = one(&["......", ".####.", ".####.", "......"]);
        assert_eq!((found.area, found.centroid), (8, Point::new(2.5, 1.5)));
        assert_eq!(found.bounding_box, BoundingBox { left: 1, top: 1, right: 5, bottom: 3 });
        near(found.perimeter, 8.0);
        near(found.major_axis, 4.0 * 1.25f64.sqrt());
        near(found.minor_axis, 2.0);
        near(found.eccentricity, (1.0f64 - 0.25 / 1.25).sqrt());
        near(found.orientation.abs(), PI / 2.0);
        near(found.solidity, 1.0);
        near(found.feret_maximum, (16.0f64 + 1.0).sqrt());
        assert!(!found.touches_edge && found.nearest_neighbour.is_none());
    }

    #[test]
    fn a_single_pixel_has_finite_measures() {
        let found = one(&["#"]);
        assert_eq!((found.area, found.perimeter, found.circularity, found.eccentricity), (1, 0.0, 0.0, 0.0));
        assert_eq!((found.solidity, found.extent, found.major_axis), (1.0, 1.0, 0.0));
        near(found.feret_maximum, 1.0);
        near(found.feret_minimum, 0.5f64.sqrt());
        assert!(found.touches_edge);
    }

    #[test]
    fn an_angle_is_not_solid() {
        let found = one(&["#..", "#..", "###"]);
        near(found.solidity, 5.0 / 6.0);
        near(found.extent, 5.0 / 9.0);
    }

    #[test]
    fn orientation_turns_counter_clockwise_from_the_vertical() {
        near(one(&["#..", ".#.", "..#"]).orientation, FRAC_PI_4);
        near(one(&["..#", ".#.", "#.."]).orientation, -FRAC_PI_4);
        near(one(&["#", "#", "#"]).orientation, 0.0);
    }

    proptest! {
        #[test]
        fn the_nearest_neighbour_is_the_nearest_of_all(points in prop::collection::vec((0i32..9, 0i32..30), 0..60)) {
            let points: Vec<Point> =
                points.into_iter().map(|(x, y)| Point::new(f64::from(x) / 3.0, f64::from(y) / 7.0)).collect();
            let distance = |one: usize, other: usize| {
                let (dx, dy) = (points[one].x - points[other].x, points[one].y - points[other].y);
                (dx * dx + dy * dy).sqrt()
            };
            let nearest_of = |one: usize| {
                (0..points.len()).filter(|&other| other != one).map(|other| distance(one, other)).min_by(f64::total_cmp)
            };
            let expected: Vec<Option<f64>> = (0..points.len()).map(nearest_of).collect();
            prop_assert_eq!(nearest(&points), expected);
        }

        #[test]
        fn the_background_does_not_depend_on_the_depth(cells in prop::collection::vec((0u32..2, 0u8..=255), 1..60)) {
            let (numbers, values): (Vec<u32>, Vec<u8>) = cells.into_iter().unzip();
            let labels = LabelImage::from_labels(Size::new(values.len(), 1), numbers);
            let of = |samples| background(&labels, &Image::new(Size::new(values.len(), 1), 1, samples).unwrap());
            let float = of(Samples::F32(values.iter().map(|&value| value.into()).collect()));
            prop_assert_eq!(of(Samples::U8(values.clone().into())), float);
            prop_assert_eq!(of(Samples::U16(values.iter().map(|&value| value.into()).collect())), float);
        }

        #[test]
        fn the_nearest_is_the_nearest(points in prop::collection::vec((0.0f64..50.0, 0.0f64..50.0), 0..40)) {
            let points: Vec<Point> = points.into_iter().map(Point::from).collect();
            for (place, found) in nearest(&points).into_iter().enumerate() {
                let others = points.iter().enumerate().filter(|&(other, _)| other != place);
                let distance = |point: &Point| {
                    ((point.x - points[place].x).powi(2) + (point.y - points[place].y).powi(2)).sqrt()
                };
                let expected = others.map(|(_, point)| distance(point)).min_by(f64::total_cmp);
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn measures_keep_their_ranges(
            width in 1usize..12,
            seed in prop::collection::vec(0u32..4, 12 * 12),
        ) {
            let labels = LabelImage::from_labels(Size::new(width, 12), seed[..width * 12].to_vec());
            let image = Image::new(Size::new(width, 12), 1, Samples::U8(vec![7; width * 12].into())).unwrap();
            for found in measure(&labels, &split(&image).unwrap()) {
                prop_assert!(found.solidity > 0.0 && found.solidity <= 1.0, "{found:?}");
                prop_assert!(found.extent > 0.0 && found.extent <= 1.0, "{found:?}");
                prop_assert!((0.0..=1.0).contains(&found.eccentricity), "{found:?}");
                prop_assert!(found.minor_axis <= found.major_axis, "{found:?}");
                prop_assert!(found.feret_minimum <= found.feret_maximum, "{found:?}");
                prop_assert_eq!(found.intensities[0].median, 7.0);
            }
        }
    }
}
