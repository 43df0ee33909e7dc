//! Regions of interest: parts of the image to which counts and tables can be restricted.

use super::pixel_mask::{self, Pixel, PixelMask};
use super::{BoundingBox, LabelImage, Polygon, Ring, polygons};
use crate::geometry::{Point, Size};

/// A part of the image, with an optional name.
///
/// ```
/// use nucleoscope::nuclei::Region;
///
/// let text = r#"{ "name": "cortex", "kind": "rectangle", "x": 1, "y": 2, "width": 30, "height": 20 }"#;
/// let region: Region = serde_json::from_str(text)?;
/// assert_eq!(region, Region::rectangle(1.0, 2.0, 30.0, 20.0).named("cortex"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Region {
    /// The name that the user gave it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub name: Option<String>,
    /// Its shape and position.
    #[cfg_attr(feature = "serde", serde(flatten))]
    // An interface could not extend a union.
    #[cfg_attr(feature = "typescript", tsify(type = "RegionShape"))]
    pub shape: RegionShape,
}

/// The shape and position of a region, in image pixels: x to the right, y down; the upper left pixel covers 0
/// to 1 in both directions. It may extend beyond the image. A shape with a coordinate that is not finite is
/// empty.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "camelCase")
)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum RegionShape {
    /// An axis-aligned rectangle.
    Rectangle {
        /// Column of the first corner.
        x: f64,
        /// Row of the first corner.
        y: f64,
        /// Width from that corner to the right; negative to the left.
        width: f64,
        /// Height from that corner down; negative up.
        height: f64,
    },
    /// A polygon, filled by the even-odd rule.
    Polygon {
        /// The corners in order; the last one is connected to the first.
        points: Vec<Point>,
    },
}

impl Region {
    /// A rectangle without a name; see [`RegionShape::Rectangle`].
    pub fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { name: None, shape: RegionShape::Rectangle { x, y, width, height } }
    }

    /// A polygon without a name; see [`RegionShape::Polygon`].
    pub fn polygon(points: Vec<Point>) -> Self {
        Self { name: None, shape: RegionShape::Polygon { points } }
    }

    /// The same region with a name; a blank name is none.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()), ..self }
    }

    /// The name, or `Region 1` for the first region of an image if it has none; `place` starts at 0.
    pub fn display_name(&self, place: usize) -> String {
        self.name.clone().unwrap_or_else(|| format!("Region {}", place + 1))
    }

    /// The number of corners.
    #[cfg(feature = "serde")]
    pub(crate) fn points(&self) -> u64 {
        match &self.shape {
            RegionShape::Rectangle { .. } => 4,
            RegionShape::Polygon { points } => points.len() as u64,
        }
    }

    /// The number of rows of the largest image that the sides cross, summed over the sides.
    #[cfg(feature = "serde")]
    pub(crate) fn rows_crossed(&self) -> u64 {
        let row = |y: f64| y.clamp(0.0, MOST_ROWS) as u64;
        pixel_mask::sides(&self.corners()).map(|(from, to)| row(from.y).abs_diff(row(to.y))).sum()
    }

    /// The corners; none if a coordinate is not finite or is too large.
    fn corners(&self) -> Vec<Point> {
        let corners = match &self.shape {
            &RegionShape::Rectangle { x, y, width, height } => {
                let (right, bottom) = (x + width, y + height);
                [(x, y), (right, y), (right, bottom), (x, bottom)].map(Point::from).to_vec()
            }
            RegionShape::Polygon { points } => points.clone(),
        };
        if corners.iter().copied().all(pixel_mask::is_near_image) { corners } else { Vec::new() }
    }

    /// The region as polygons that are valid according to OGC's Simple Features: each has a shell,
    /// whose winding is numerically counter-clockwise, and holes, whose winding is clockwise. A polygon that
    /// crosses or touches itself is replaced by the pixels of the image whose centres are in it. An empty
    /// region has no polygons.
    ///
    /// ```
    /// use nucleoscope::geometry::{Point, Size};
    /// use nucleoscope::nuclei::Region;
    ///
    /// let image = Size::new(9, 9);
    /// let square = Region::rectangle(0.0, 0.0, 2.5, 2.0);
    /// let corners = [(0.0, 0.0), (2.5, 0.0), (2.5, 2.0), (0.0, 2.0)].map(Point::from);
    /// assert_eq!(square.polygons(image), [[corners]]);
    /// let bow = [(0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)].map(Point::from);
    /// assert_eq!(Region::polygon(bow.to_vec()).polygons(image).len(), 2);
    /// ```
    pub fn polygons(&self, image: Size) -> Vec<Vec<Vec<Point>>> {
        let mut corners = self.corners();
        corners.dedup();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        if is_simple(&corners) {
            if signed_area(&corners) < 0.0 {
                corners.reverse();
            }
            return vec![vec![corners]];
        }
        let bounds = pixel_mask::around(&corners, 0.0, image);
        let window = Size::new(bounds.width(), bounds.height());
        let mut labels = vec![0; window.area()];
        let pixels = PixelMask::polygon(&corners, image);
        let index = |pixel: Pixel| (pixel.y - bounds.top) * window.width + pixel.x - bounds.left;
        pixels.pixels().for_each(|pixel| labels[index(pixel)] = 1);
        let (left, top) = (bounds.left as f64, bounds.top as f64);
        let point = |corner: &Point<u32>| Point::new(f64::from(corner.x) + left, f64::from(corner.y) + top);
        let points = |ring: &Ring| ring.iter().map(point).collect();
        let parts = polygons(&LabelImage::from_labels(window, labels));
        let rings = |part: &Polygon| std::iter::once(&part.shell).chain(&part.holes).map(points).collect();
        parts.iter().flatten().map(rings).collect()
    }
}

/// Twice the signed area of a closed line; positive if it runs clockwise on screen.
fn signed_area(corners: &[Point]) -> f64 {
    pixel_mask::sides(corners).map(|(from, to)| from.x * to.y - to.x * from.y).sum()
}

/// Whether a closed line has an area and neither crosses nor touches itself.
fn is_simple(corners: &[Point]) -> bool {
    is_simple_within(corners, MOST_COMPARED)
}

/// The same, but `false` if more than `most` pairs of sides would have to be compared.
fn is_simple_within(corners: &[Point], most: usize) -> bool {
    if corners.len() < 3 || signed_area(corners) == 0.0 {
        return false;
    }
    let sides: Vec<(Point, Point)> = pixel_mask::sides(corners).collect();
    let are_apart = |first: usize, second: usize| {
        let (first, second) = (first.min(second), first.max(second));
        let (one, other) = (sides[first], sides[second]);
        let is_next = second == first + 1;
        let is_last = first == 0 && second == sides.len() - 1;
        // Adjacent sides share a corner, and must have no other point in common.
        match (is_next, is_last) {
            (true, _) => !is_on(one, other.1) && !is_on(other, one.0),
            (_, true) => !is_on(one, other.0) && !is_on(other, one.1),
            _ => !do_meet(one, other),
        }
    };
    // Sides are compared if their rows overlap, or their columns, whichever are the shorter ranges.
    let ranges = |axis: fn(Point) -> f64| -> Vec<(f64, f64)> {
        let ends = sides.iter().map(|&(from, to)| (axis(from), axis(to)));
        ends.map(|(from, to)| (from.min(to), from.max(to))).collect()
    };
    let total = |ranges: &[(f64, f64)]| ranges.iter().map(|(low, high)| high - low).sum::<f64>();
    let (columns, rows) = (ranges(|point| point.x), ranges(|point| point.y));
    let ranges = if total(&rows) <= total(&columns) { rows } else { columns };
    let mut order: Vec<usize> = (0..sides.len()).collect();
    order.sort_unstable_by(|&one, &other| ranges[one].0.total_cmp(&ranges[other].0));
    let mut open: Vec<usize> = Vec::new();
    let mut compared = 0;
    for side in order {
        open.retain(|&other| ranges[other].1 >= ranges[side].0);
        compared += open.len();
        if compared > most || !open.iter().all(|&other| are_apart(side, other)) {
            return false;
        }
        open.push(side);
    }
    true
}

/// The maximum number of pairs of sides that are compared to find out whether a polygon crosses itself: those of
/// 10,000 sides that are all side by side, or of millions of the usual ones. Beyond it, the polygon is taken as one that
/// does.
const MOST_COMPARED: usize = 50_000_000;

/// More rows than any image has that is less than a hundred times as high as wide.
#[cfg(feature = "serde")]
const MOST_ROWS: f64 = 65_536.0;

/// The side of a line on which a point lies: positive or negative, or 0 if it is on the line.
fn turn((from, to): (Point, Point), point: Point) -> f64 {
    (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)
}

/// Whether a point is on a side.
fn is_on(side: (Point, Point), point: Point) -> bool {
    let (from, to) = side;
    let is_between = |low: f64, high: f64, value: f64| low.min(high) <= value && value <= low.max(high);
    turn(side, point) == 0.0 && is_between(from.x, to.x, point.x) && is_between(from.y, to.y, point.y)
}

/// Whether two sides have a point in common.
fn do_meet(one: (Point, Point), other: (Point, Point)) -> bool {
    let is_split = |side: (Point, Point), (from, to): (Point, Point)| {
        let (first, second) = (turn(side, from), turn(side, to));
        (first > 0.0 && second < 0.0) || (first < 0.0 && second > 0.0)
    };
    (is_split(one, other) && is_split(other, one))
        || is_on(one, other.0)
        || is_on(one, other.1)
        || is_on(other, one.0)
        || is_on(other, one.1)
}

/// Whether each point is in at least one of the regions; always true if there are no regions.
///
/// ```
/// use nucleoscope::geometry::Point;
/// use nucleoscope::nuclei::{Region, inside};
///
/// let left_half = Region::rectangle(0.0, 0.0, 2.0, 1.0);
/// let points = [Point::new(1.0, 0.5), Point::new(3.5, 0.5)];
/// assert_eq!(inside(&points, &[left_half]), [true, false]);
/// assert_eq!(inside(&points, &[]), [true, true]);
/// ```
pub fn inside(points: &[Point], regions: &[Region]) -> Vec<bool> {
    if regions.is_empty() {
        return vec![true; points.len()];
    }
    let by_row = by_row(points);
    let mut inside = vec![false; points.len()];
    for region in regions {
        for point in in_polygon(points, &by_row, &region.corners()) {
            inside[point] = true;
        }
    }
    inside
}

/// The indices of points, from the upmost to the lowest.
fn by_row(points: &[Point]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).filter(|&place| !points[place].y.is_nan()).collect();
    order.sort_unstable_by(|&one, &other| points[one].y.total_cmp(&points[other].y));
    order
}

/// The points that are in a polygon, by the same rule as [`PixelMask::polygon`]. Only points in the rows of a side are
/// compared with it.
fn in_polygon(points: &[Point], by_row: &[usize], corners: &[Point]) -> Vec<usize> {
    let mut is_odd = vec![false; by_row.len()];
    // The first rank that any side reaches, and the end of the last one.
    let (mut first, mut end) = (by_row.len(), 0);
    for (from, to) in pixel_mask::sides(corners) {
        let rank = |y: f64| by_row.partition_point(|&place| points[place].y < y);
        let rows = rank(from.y.min(to.y))..rank(from.y.max(to.y));
        (first, end) = (first.min(rows.start), end.max(rows.end));
        for rank in rows {
            let point = points[by_row[rank]];
            is_odd[rank] ^= pixel_mask::crossing(from, to, point.y).is_some_and(|x| x <= point.x);
        }
    }
    (first..end).filter(|&rank| is_odd[rank]).map(|rank| by_row[rank]).collect()
}

/// The names of the regions that contain each point, separated by `; `; empty for a point in none.
///
/// ```
/// use nucleoscope::geometry::Point;
/// use nucleoscope::nuclei::{Region, region_names};
///
/// let cortex = Region::rectangle(0.0, 0.0, 2.0, 1.0).named("cortex");
/// let right = Region::rectangle(1.0, 0.0, 2.0, 1.0);
/// let points = [0.5, 1.5, 3.5].map(|x| Point::new(x, 0.5));
/// assert_eq!(region_names(&points, &[cortex, right]), ["cortex", "cortex; Region 2", ""]);
/// ```
pub fn region_names(points: &[Point], regions: &[Region]) -> Vec<String> {
    let by_row = by_row(points);
    let mut names = vec![String::new(); points.len()];
    for (place, region) in regions.iter().enumerate() {
        let name = region.display_name(place);
        for point in in_polygon(points, &by_row, &region.corners()) {
            let separator = if names[point].is_empty() { "" } else { "; " };
            names[point].extend([separator, &name]);
        }
    }
    names
}

/// Number of pixels of the image whose centres are in at least one of the regions, or all pixels if there are
/// no regions. Dividing a count by it gives a density.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::{Region, area};
///
/// let image = Size::new(100, 50);
/// let square = |x| Region::rectangle(x, 0.0, 10.0, 10.0);
/// assert_eq!(area(image, &[square(0.0), square(5.0), square(95.0)]), 200);
/// assert_eq!(area(image, &[]), 5000);
/// ```
pub fn area(image: Size, regions: &[Region]) -> usize {
    if regions.is_empty() {
        return image.area();
    }
    let polygons: Vec<(Vec<Point>, BoundingBox)> = regions
        .iter()
        .map(|region| {
            let corners = region.corners();
            let bounds = pixel_mask::around(&corners, 0.0, image);
            (corners, bounds)
        })
        .filter(|(_, bounds)| bounds.width() > 0 && bounds.height() > 0)
        .collect();
    let Some(bounds) = polygons.iter().map(|(_, bounds)| *bounds).reduce(BoundingBox::with) else { return 0 };
    // One more for the ends of spans.
    let across = bounds.width() + 1;
    let rows = (PIXELS_AT_A_TIME / across).max(1);
    (bounds.top..bounds.bottom)
        .step_by(rows)
        .map(|top| {
            // Number of spans that begin at a pixel, minus those that end before it.
            let band = top..bounds.bottom.min(top + rows);
            let mut changes = vec![0i32; across * band.len()];
            for (corners, own) in
                polygons.iter().filter(|(_, own)| own.top < band.end && band.start < own.bottom)
            {
                for span in pixel_mask::spans(corners, *own, &band, image) {
                    let row = (span.y - band.start) * across;
                    changes[row + span.x - bounds.left] += 1;
                    changes[row + span.end() - bounds.left] -= 1;
                }
            }
            changes.chunks_exact(across).map(covered).sum::<usize>()
        })
        .sum()
}

/// The number of pixels whose spans are counted at a time.
const PIXELS_AT_A_TIME: usize = 1 << 22;

/// The number of pixels of a row that are in a span.
fn covered(changes: &[i32]) -> usize {
    let open = changes.iter().scan(0, |open, change| {
        *open += change;
        Some(*open > 0)
    });
    open.filter(|is_open| *is_open).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Region {
        Region::rectangle(x, y, width, height)
    }

    #[test]
    fn a_place_is_inside_one_region_at_least() {
        let points = [(2.0, 0.5), (5.5, 1.0)].map(Point::from);
        assert_eq!(inside(&points, &[rectangle(1.9, 0.4, 0.2, 0.2)]), [true, false]);
        assert_eq!(inside(&points, &[rectangle(2.1, 0.0, 4.0, 2.0)]), [false, true]);
        let triangle = Region::polygon([(0.0, 0.0), (6.0, 0.0), (0.0, 2.0)].map(Point::from).to_vec());
        assert_eq!(inside(&points, std::slice::from_ref(&triangle)), [true, false]);
        assert_eq!(inside(&points, &[triangle, rectangle(5.0, 0.0, 1.0, 2.0)]), [true, true]);
    }

    #[test]
    fn a_rectangle_may_be_drawn_from_any_corner() {
        for region in [rectangle(3.0, 3.0, -2.0, -1.0), rectangle(1.0, 2.0, 2.0, 1.0)] {
            assert_eq!(area(Size::new(9, 9), &[region]), 2);
        }
    }

    #[test]
    fn the_area_ends_at_the_image_and_counts_once() {
        assert_eq!(area(Size::new(4, 3), &[rectangle(-1e6, -1e6, 2e6, 2e6)]), 12);
        assert_eq!(area(Size::new(4, 3), &[rectangle(2.0, 1.0, 9.0, 1.0), rectangle(3.0, 0.0, 1.0, 9.0)]), 4);
        assert_eq!(area(Size::new(4, 3), &[rectangle(10.0, 10.0, 5.0, 5.0)]), 0);
    }

    #[test]
    fn what_is_no_place_is_empty() {
        let polygon =
            |points: &[(f64, f64)]| Region::polygon(points.iter().copied().map(Point::from).collect());
        for region in [
            rectangle(f64::NAN, 0.0, 1.0, 1.0),
            rectangle(0.0, 0.0, f64::INFINITY, 1.0),
            polygon(&[(0.0, 0.0), (1.0, 0.0), (f64::NAN, 1.0)]),
            polygon(&[(0.0, 0.0), (1.0, 1.0)]),
            polygon(&[]),
        ] {
            assert_eq!(inside(&[Point::new(0.5, 0.5)], std::slice::from_ref(&region)), [false]);
            assert_eq!(area(Size::new(1, 1), &[region]), 0);
        }
    }

    fn is_simple_by_all_pairs(corners: &[Point]) -> bool {
        let sides: Vec<(Point, Point)> = pixel_mask::sides(corners).collect();
        let last = sides.len() - 1;
        let pairs =
            (0..sides.len()).flat_map(|first| (first + 1..sides.len()).map(move |second| (first, second)));
        signed_area(corners) != 0.0
            && pairs.into_iter().all(|(first, second)| {
                let (one, other) = (sides[first], sides[second]);
                match second - first {
                    1 => !is_on(one, other.1) && !is_on(other, one.0),
                    apart if apart == last => !is_on(one, other.0) && !is_on(other, one.1),
                    _ => !do_meet(one, other),
                }
            })
    }

    #[test]
    fn polygons_with_too_many_sides_side_by_side_are_taken_as_pixels() {
        // Slanting teeth: both the rows and the columns of all sides overlap.
        let teeth = (0..100).map(|at| {
            let end = f64::from(at % 2) * 90.0;
            Point::new(f64::from(at) * 1e-3 + end, end)
        });
        let back = [(99.0, 95.0), (-1.0, 95.0), (-1.0, -1.0)].map(Point::from);
        let comb: Vec<Point> = teeth.chain(back).collect();
        assert!(is_simple(&comb) && is_simple_by_all_pairs(&comb));
        assert!(!is_simple_within(&comb, 4000));
    }

    proptest! {
        #[test]
        fn a_polygon_is_simple_if_no_two_sides_meet(corners in prop::collection::vec((0i32..7, 0i32..7), 3..7)) {
            let corners: Vec<Point> =
                corners.into_iter().map(|(x, y)| Point::new(f64::from(x), f64::from(y))).collect();
            prop_assert_eq!(is_simple(&corners), is_simple_by_all_pairs(&corners));
        }

        #[test]
        fn points_and_areas_are_those_of_each_region_alone(
            outlines in prop::collection::vec(prop::collection::vec((-3i32..20, -3i32..20), 0..6), 1..4),
            points in prop::collection::vec((-2i32..20, -2i32..20), 0..20),
        ) {
            // Half coordinates, so that points and corners are in the same rows.
            let point = |(x, y): (i32, i32)| Point::new(f64::from(x) / 2.0, f64::from(y) / 2.0);
            let polygon = |outline: Vec<(i32, i32)>| Region::polygon(outline.into_iter().map(point).collect());
            let regions: Vec<Region> = outlines.into_iter().map(polygon).collect();
            let points: Vec<Point> = points.into_iter().map(point).collect();
            let around = |point: &Point| {
                let inside = |region: &&Region| pixel_mask::is_in_polygon(&region.corners(), *point);
                regions.iter().filter(inside).count()
            };
            let expected: Vec<bool> = points.iter().map(|point| around(point) > 0).collect();
            prop_assert_eq!(inside(&points, &regions), expected);
            let names = region_names(&points, &regions);
            let count = |name: &String| name.split("; ").filter(|name| !name.is_empty()).count();
            let found: Vec<usize> = names.iter().map(count).collect();
            prop_assert_eq!(found, points.iter().map(around).collect::<Vec<usize>>());

            let image = Size::new(8, 7);
            let masks: Vec<PixelMask> =
                regions.iter().map(|region| PixelMask::polygon(&region.corners(), image)).collect();
            let pixels = (0..56).filter(|at| {
                masks.iter().any(|mask| mask.contains(Point::new(at % 8, at / 8)))
            });
            prop_assert_eq!(area(image, &regions), pixels.count());
        }

        #[test]
        fn centres_of_pixels_are_inside_where_the_area_is(corners in prop::collection::vec((-2.0f64..9.0, -2.0f64..9.0), 0..7)) {
            let centre = |pixel: u32| Point::new(f64::from(pixel % 8) + 0.5, f64::from(pixel / 8) + 0.5);
            let centres: Vec<Point> = (0..64).map(centre).collect();
            let points = corners.into_iter().map(Point::from).collect();
            let regions = [Region::polygon(points), rectangle(1.5, 1.5, 2.0, 3.0)];
            let count = inside(&centres, &regions).into_iter().filter(|inside| *inside).count();
            prop_assert_eq!(count, area(Size::new(8, 8), &regions));
        }
    }
}
