//! Regions of interest: parts of the image to which counts and tables can be confined.

use serde::{Deserialize, Serialize};

use super::LabelImage;
use super::stencil::{self, Point, Stencil};

/// A part of the image, in image pixels: right, down; the upper left pixel covers 0 to 1 both ways. It
/// may reach beyond the image. One with a coordinate that is not finite has nothing in it.
///
/// ```
/// use nucleoscope::nuclei::Region;
///
/// let text = r#"{ "kind": "rectangle", "x": 1, "y": 2, "width": 30, "height": 20 }"#;
/// let region: Region = serde_json::from_str(text)?;
/// assert_eq!(region, Region::Rectangle { x: 1.0, y: 2.0, width: 30.0, height: 20.0 });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Region {
    /// A rectangle with sides along rows and columns.
    Rectangle {
        /// Column of the corner it begins at.
        x: f64,
        /// Row of that corner.
        y: f64,
        /// Way from there to the right; to the left if below 0.
        width: f64,
        /// Way from there down; up if below 0.
        height: f64,
    },
    /// A polygon; where it covers itself, what is inside an odd number of times belongs to it.
    Polygon {
        /// Its corners in order; the last one joins the first.
        points: Vec<(f64, f64)>,
    },
}

impl Region {
    /// Its corners; none if one is not a place.
    fn corners(&self) -> Vec<Point> {
        let corners = match self {
            &Self::Rectangle { x, y, width, height } => {
                vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
            }
            Self::Polygon { points } => points.clone(),
        };
        if corners.iter().copied().all(stencil::is_place) { corners } else { Vec::new() }
    }
}

/// Whether each nucleus lies in one of the regions, told by its centroid; all do if there are no regions.
/// The first entry is nucleus 1.
///
/// ```
/// use nucleoscope::nuclei::{LabelImage, Region, inside};
///
/// let labels = LabelImage::from_labels(4, 1, vec![1, 1, 0, 2]);
/// let left_half = Region::Rectangle { x: 0.0, y: 0.0, width: 2.0, height: 1.0 };
/// assert_eq!(inside(&labels, &[left_half]), [true, false]);
/// assert_eq!(inside(&labels, &[]), [true, true]);
/// ```
pub fn inside(labels: &LabelImage, regions: &[Region]) -> Vec<bool> {
    let polygons: Vec<Vec<Point>> = regions.iter().map(Region::corners).collect();
    let is_inside = |centroid| {
        regions.is_empty() || polygons.iter().any(|points| stencil::is_in_polygon(points, centroid))
    };
    centroids(labels).into_iter().map(is_inside).collect()
}

/// How many pixels of the image have their centre in at least one of the regions; all of them if there
/// are no regions. What a count is divided by to give a density.
///
/// ```
/// use nucleoscope::nuclei::{Region, area};
///
/// let square = |x| Region::Rectangle { x, y: 0.0, width: 10.0, height: 10.0 };
/// assert_eq!(area(100, 50, &[square(0.0), square(5.0), square(95.0)]), 200);
/// assert_eq!(area(100, 50, &[]), 5000);
/// ```
pub fn area(width: usize, height: usize, regions: &[Region]) -> usize {
    if regions.is_empty() {
        return width * height;
    }
    let polygons: Vec<Vec<Point>> = regions.iter().map(Region::corners).collect();
    let mut union = Stencil::empty(stencil::around(&polygons.concat(), 0.0, width, height));
    for points in &polygons {
        Stencil::polygon(points, width, height).pixels().for_each(|pixel| union.insert(pixel));
    }
    union.pixels().count()
}

/// The mean of the pixels' centres of each nucleus. Half a pixel more than in
/// [`Measurements`](super::Measurements), where centres have whole coordinates.
fn centroids(labels: &LabelImage) -> Vec<Point> {
    let mut sums = vec![(0u64, 0u64, 0u64); labels.count() as usize];
    for (y, row) in labels.as_slice().chunks_exact(labels.width().max(1)).enumerate() {
        for (x, &label) in row.iter().enumerate().filter(|(_, label)| **label != 0) {
            let (columns, rows, count) = &mut sums[label as usize - 1];
            *columns += x as u64;
            *rows += y as u64;
            *count += 1;
        }
    }
    let mean = |sum: u64, count: u64| sum as f64 / count as f64 + 0.5;
    sums.into_iter().map(|(columns, rows, count)| (mean(columns, count), mean(rows, count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Region {
        Region::Rectangle { x, y, width, height }
    }

    #[test]
    fn the_centroid_decides() {
        // Centroids at (2, 0.5) and (5.5, 1).
        let labels = LabelImage::from_labels(6, 2, vec![1, 1, 1, 1, 0, 2, 0, 0, 0, 0, 0, 2]);
        assert_eq!(inside(&labels, &[rectangle(1.9, 0.4, 0.2, 0.2)]), [true, false]);
        assert_eq!(inside(&labels, &[rectangle(2.1, 0.0, 4.0, 2.0)]), [false, true]);
        let triangle = Region::Polygon { points: vec![(0.0, 0.0), (6.0, 0.0), (0.0, 2.0)] };
        assert_eq!(inside(&labels, std::slice::from_ref(&triangle)), [true, false]);
        assert_eq!(inside(&labels, &[triangle, rectangle(5.0, 0.0, 1.0, 2.0)]), [true, true]);
    }

    #[test]
    fn a_rectangle_may_be_drawn_from_any_corner() {
        for region in [rectangle(3.0, 3.0, -2.0, -1.0), rectangle(1.0, 2.0, 2.0, 1.0)] {
            assert_eq!(area(9, 9, &[region]), 2);
        }
    }

    #[test]
    fn the_area_ends_at_the_image_and_counts_once() {
        assert_eq!(area(4, 3, &[rectangle(-1e6, -1e6, 2e6, 2e6)]), 12);
        assert_eq!(area(4, 3, &[rectangle(2.0, 1.0, 9.0, 1.0), rectangle(3.0, 0.0, 1.0, 9.0)]), 4);
        assert_eq!(area(4, 3, &[rectangle(10.0, 10.0, 5.0, 5.0)]), 0);
    }

    #[test]
    fn what_is_no_place_is_empty() {
        let labels = LabelImage::from_labels(1, 1, vec![1]);
        let polygon = |points: &[Point]| Region::Polygon { points: points.to_vec() };
        for region in [
            rectangle(f64::NAN, 0.0, 1.0, 1.0),
            rectangle(0.0, 0.0, f64::INFINITY, 1.0),
            polygon(&[(0.0, 0.0), (1.0, 0.0), (f64::NAN, 1.0)]),
            polygon(&[(0.0, 0.0), (1.0, 1.0)]),
            polygon(&[]),
        ] {
            assert_eq!(inside(&labels, std::slice::from_ref(&region)), [false]);
            assert_eq!(area(1, 1, &[region]), 0);
        }
    }

    proptest! {
        #[test]
        fn nuclei_of_a_pixel_are_inside_where_the_area_is(corners in prop::collection::vec((-2.0f64..9.0, -2.0f64..9.0), 0..7)) {
            let labels = LabelImage::from_labels(8, 8, (1..=64).collect());
            let regions = [Region::Polygon { points: corners }, rectangle(1.5, 1.5, 2.0, 3.0)];
            let count = inside(&labels, &regions).into_iter().filter(|inside| *inside).count();
            prop_assert_eq!(count, area(8, 8, &regions));
        }
    }
}
