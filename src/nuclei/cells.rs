//! Expansion of nuclei into cells.

use std::collections::VecDeque;

use super::LabelImage;
use crate::image::PixelSize;

/// The maximum distance of an expansion, in µm and in pixels.
pub const MAXIMUM_EXPANSION: f64 = 1000.0;

/// Distances are compared with this relative tolerance, so that 0.3 µm are three pixels of 0.1 µm.
const TOLERANCE: f64 = 1e-9;

/// Expands every nucleus by a distance, without overlap: a pixel outside nuclei belongs to the nucleus whose
/// nearest pixel is nearest to it, or to none if that is farther away than `distance`. If two are equally near,
/// it belongs to the one with the smaller label. Distances are Euclidean, between pixel centres; they are in µm if
/// the pixel size is given, otherwise in pixels.
///
/// The result has the same nuclei with the same labels. It is that of scikit-image's `expand_labels`, whose choice
/// between equally near nuclei is not defined. A distance that is not above 0 changes nothing, and one above
/// [`MAXIMUM_EXPANSION`] pixels has the effect of that maximum.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::image::PixelSize;
/// use nucleoscope::nuclei::{LabelImage, expand};
///
/// let nuclei = LabelImage::from_labels(Size::new(5, 2), vec![1, 0, 0, 0, 2,
///                                                            0, 0, 0, 0, 0]);
/// assert_eq!(expand(&nuclei, 2.0, None).as_slice(), [1, 1, 1, 2, 2,
///                                                    1, 1, 0, 2, 2]);
/// let half_as_high = PixelSize::new(1.0, 0.5);
/// assert_eq!(expand(&nuclei, 0.5, half_as_high).as_slice(), [1, 0, 0, 0, 2,
///                                                            1, 0, 0, 0, 2]);
/// ```
pub fn expand(nuclei: &LabelImage, distance: f64, pixel_size: Option<PixelSize>) -> LabelImage {
    if distance.is_nan() || distance <= 0.0 || nuclei.count() == 0 {
        return nuclei.clone();
    }
    // In widths of a pixel.
    let (distance, height) = match pixel_size {
        Some(size) => (
            (distance.min(MAXIMUM_EXPANSION) / size.x).min(MAXIMUM_EXPANSION),
            (size.y / size.x).min(f64::MAX),
        ),
        None => (distance.min(MAXIMUM_EXPANSION), 1.0),
    };
    let (width, rows) = (nuclei.width(), nuclei.height());
    let limit = distance * distance * (1.0 + TOLERANCE);
    let reach = ((limit.sqrt() / height).min(MAXIMUM_EXPANSION) as usize).min(rows - 1);
    let row_of = |y: usize| Row::new(&nuclei.as_slice()[y * width..(y + 1) * width], limit);
    let mut near: VecDeque<Row> = (0..reach).map(row_of).collect();
    let mut first = 0;
    let mut cells = Vec::with_capacity(nuclei.as_slice().len());
    let mut nearest = vec![0.0; width];
    for y in 0..rows {
        if y + reach < rows {
            near.push_back(row_of(y + reach));
        }
        if y > first + reach {
            near.pop_front();
            first += 1;
        }
        // Nothing is nearer than a nucleus to its own pixels, not even if a pixel has hardly any height.
        let own = &nuclei.as_slice()[y * width..(y + 1) * width];
        for (nearest, &label) in nearest.iter_mut().zip(own) {
            *nearest = if label == 0 { f64::INFINITY } else { f64::NEG_INFINITY };
        }
        let start = cells.len();
        cells.extend(own);
        for (row, other) in near.iter().zip(first..).filter(|(row, _)| !row.is_empty) {
            let down = y.abs_diff(other) as f64 * height;
            row.improve(down * down, limit, &mut nearest, &mut cells[start..]);
        }
    }
    LabelImage::from_consecutive(nuclei.size(), nuclei.count(), cells)
}

/// For each pixel of a row, the nearest nucleus in that row.
struct Row {
    /// The squared distances, in widths of a pixel; infinite beyond the limit.
    squares: Vec<f64>,
    labels: Vec<u32>,
    is_empty: bool,
}

impl Row {
    fn new(labels: &[u32], limit: f64) -> Self {
        let mut row = Self {
            squares: vec![f64::INFINITY; labels.len()],
            labels: vec![0; labels.len()],
            is_empty: labels.iter().all(|label| *label == 0),
        };
        if !row.is_empty {
            row.scan(labels, limit, 0..labels.len());
            row.scan(labels, limit, (0..labels.len()).rev());
        }
        row
    }

    /// Takes the nearest nucleus among those that come before each pixel in this order.
    fn scan(&mut self, labels: &[u32], limit: f64, order: impl Iterator<Item = usize>) {
        let mut last = None;
        for x in order {
            if labels[x] != 0 {
                last = Some((x, labels[x]));
            }
            let Some((at, label)) = last else { continue };
            let across = x.abs_diff(at) as f64;
            let square = across * across;
            if square <= limit && is_nearer((square, label), (self.squares[x], self.labels[x])) {
                (self.squares[x], self.labels[x]) = (square, label);
            }
        }
    }

    /// Updates the nearest nuclei of a row whose squared vertical distance from this one is `down`.
    fn improve(&self, down: f64, limit: f64, nearest: &mut [f64], cells: &mut [u32]) {
        let found = self.squares.iter().zip(&self.labels);
        for ((nearest, cell), (&square, &label)) in nearest.iter_mut().zip(cells).zip(found) {
            let square = square + down;
            if square <= limit && is_nearer((square, label), (*nearest, *cell)) {
                (*nearest, *cell) = (square, label);
            }
        }
    }
}

/// Whether a nucleus at a squared distance takes precedence over another.
fn is_nearer((square, label): (f64, u32), (other_square, other): (f64, u32)) -> bool {
    square < other_square || (square == other_square && label < other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;

    fn labels(width: usize, labels: &[u32]) -> LabelImage {
        LabelImage::from_labels(Size::new(width, labels.len() / width), labels.to_vec())
    }

    /// The definition, pixel by pixel.
    fn defined(nuclei: &LabelImage, distance: f64, (x_size, y_size): (f64, f64)) -> Vec<u32> {
        let (width, height) = (nuclei.width(), nuclei.height());
        let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let cell = |(x, y): (usize, usize)| {
            let squared = |(other_x, other_y): (usize, usize)| {
                let (dx, dy) = (x.abs_diff(other_x) as f64 * x_size, y.abs_diff(other_y) as f64 * y_size);
                dx * dx + dy * dy
            };
            let nuclei = places().map(|place| (squared(place), nuclei.get(place.0, place.1)));
            let nearest = nuclei
                .filter(|(square, label)| *label != 0 && *square <= distance * distance)
                .min_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
            nearest.map_or(0, |(_, label)| label)
        };
        places().map(cell).collect()
    }

    #[test]
    fn nuclei_grow_as_in_scikit_image() {
        // skimage.segmentation.expand_labels 0.26 of the first matrix, which has no equally near nuclei.
        #[rustfmt::skip]
        let nuclei = labels(8, &[
            1, 1, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 2, 0,
            0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0,
            0, 3, 0, 0, 0, 0, 0, 0,
        ]);
        assert_eq!(expand(&nuclei, 0.0, None), nuclei);
        assert_eq!(expand(&nuclei, f64::NAN, None), nuclei);
        #[rustfmt::skip]
        assert_eq!(expand(&nuclei, 1.5, None).as_slice(), [
            1, 1, 1, 0, 0, 2, 2, 2,
            1, 1, 1, 0, 0, 2, 2, 2,
            0, 0, 0, 0, 0, 2, 2, 2,
            0, 0, 0, 0, 0, 0, 0, 0,
            3, 3, 3, 0, 0, 0, 0, 0,
            3, 3, 3, 0, 0, 0, 0, 0,
        ]);
        #[rustfmt::skip]
        assert_eq!(expand(&nuclei, 2.9, None).as_slice(), [
            1, 1, 1, 1, 2, 2, 2, 2,
            1, 1, 1, 1, 2, 2, 2, 2,
            1, 1, 1, 1, 2, 2, 2, 2,
            3, 3, 3, 3, 2, 2, 2, 2,
            3, 3, 3, 3, 0, 0, 0, 0,
            3, 3, 3, 3, 0, 0, 0, 0,
        ]);
        #[rustfmt::skip]
        assert_eq!(expand(&nuclei, 1.5, PixelSize::new(0.5, 1.0)).as_slice(), [
            1, 1, 1, 1, 2, 2, 2, 2,
            1, 1, 1, 1, 2, 2, 2, 2,
            0, 0, 0, 0, 2, 2, 2, 2,
            0, 0, 0, 0, 0, 0, 0, 0,
            3, 3, 3, 3, 0, 0, 0, 0,
            3, 3, 3, 3, 3, 0, 0, 0,
        ]);
    }

    #[test]
    fn equally_near_nuclei_share_pixels_by_their_labels() {
        let nuclei = labels(5, &[2, 0, 0, 0, 1]);
        assert_eq!(expand(&nuclei, 9.0, None).as_slice(), [2, 2, 1, 1, 1]);
        let above = labels(1, &[2, 0, 1]);
        assert_eq!(expand(&above, 1.0, None).as_slice(), [2, 1, 1]);
    }

    #[test]
    fn a_distance_in_micrometres_includes_its_end() {
        let nuclei = labels(6, &[1, 0, 0, 0, 0, 0]);
        // 0.3 / 0.1 is less than 3 in floating-point numbers.
        assert_eq!(expand(&nuclei, 0.3, PixelSize::new(0.1, 0.1)).areas(), [4]);
        assert_eq!(expand(&nuclei, 1e300, None).areas(), [6]);
        assert_eq!(expand(&LabelImage::empty(Size::new(3, 2)), 5.0, None).count(), 0);
    }

    #[test]
    fn nuclei_keep_their_pixels_if_sizes_of_pixels_are_extreme() {
        let nuclei = labels(3, &[1, 0, 2, 0, 0, 0, 3, 0, 4]);
        // Quotients and squares of these overflow or become 0.
        for (x, y) in
            [(5e-324, 1.0), (1.0, 5e-324), (1e-200, 1.0), (1.0, 1e-200), (1e-300, 1e300), (1e300, 1e-300)]
        {
            let cells = expand(&nuclei, 2.0, PixelSize::new(x, y));
            let mut kept = nuclei.as_slice().iter().zip(cells.as_slice());
            assert!(kept.all(|(nucleus, cell)| *nucleus == 0 || nucleus == cell), "{x} {y}: {cells:?}");
        }
    }

    proptest! {
        #[test]
        fn every_pixel_belongs_to_the_nearest_nucleus(
            width in 1usize..12,
            height in 1usize..12,
            nuclei in prop::collection::vec(prop_oneof![9 => Just(0u32), 1 => 1u32..6], 144),
            distance in prop_oneof![(0u32..40).prop_map(|quarters| f64::from(quarters) / 4.0), 0.0f64..20.0],
            pixel in prop::sample::select(vec![None, Some((1.0, 1.0)), Some((0.5, 0.5)), Some((1.0, 2.0)), Some((0.5, 0.25))]),
        ) {
            let nuclei = LabelImage::from_labels(Size::new(width, height), nuclei[..width * height].to_vec());
            let size = pixel.and_then(|(x, y)| PixelSize::new(x, y));
            let cells = expand(&nuclei, distance, size);
            prop_assert_eq!(cells.as_slice(), defined(&nuclei, distance, pixel.unwrap_or((1.0, 1.0))));
            prop_assert_eq!(cells.count(), nuclei.count());
        }
    }
}
