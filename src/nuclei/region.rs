//! Regions of interest: parts of the image to which counts and tables can be restricted.

use super::pixel_mask::{self, PixelMask};
use super::{LabelImage, Polygon, Ring, polygons};
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
        let mut labels = vec![0; image.area()];
        let pixels = PixelMask::polygon(&corners, image);
        pixels.pixels().for_each(|pixel| labels[pixel.y * image.width + pixel.x] = 1);
        let point = |corner: &Point<u32>| Point::new(corner.x.into(), corner.y.into());
        let points = |ring: &Ring| ring.iter().map(point).collect();
        let parts = polygons(&LabelImage::from_labels(image, labels));
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
    if corners.len() < 3 || signed_area(corners) == 0.0 {
        return false;
    }
    let sides: Vec<(Point, Point)> = pixel_mask::sides(corners).collect();
    let are_apart = |(first, second): (usize, usize)| {
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
    (0..sides.len())
        .flat_map(|first| (first + 1..sides.len()).map(move |second| (first, second)))
        .all(are_apart)
}

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
    let polygons: Vec<Vec<Point>> = regions.iter().map(Region::corners).collect();
    let is_inside = |&point| {
        regions.is_empty() || polygons.iter().any(|corners| pixel_mask::is_in_polygon(corners, point))
    };
    points.iter().map(is_inside).collect()
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
    let named: Vec<(String, Vec<Point>)> = regions
        .iter()
        .enumerate()
        .map(|(place, region)| (region.display_name(place), region.corners()))
        .collect();
    let names = |point: &Point| {
        let around = named.iter().filter(|(_, corners)| pixel_mask::is_in_polygon(corners, *point));
        around.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join("; ")
    };
    points.iter().map(names).collect()
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
    let polygons: Vec<Vec<Point>> = regions.iter().map(Region::corners).collect();
    let mut union = PixelMask::empty(pixel_mask::around(&polygons.concat(), 0.0, image));
    for points in &polygons {
        PixelMask::polygon(points, image).pixels().for_each(|pixel| union.insert(pixel));
    }
    union.pixels().count()
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

    proptest! {
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
