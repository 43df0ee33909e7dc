//! Normalisation of raw values of any range to the input range of the network.

use super::{Image, ImagePart, Samples};
use crate::geometry::{Rect, Size};

/// The conversion of raw values to network input; the metadata of the model specifies the parameters used in
/// training.
///
/// The low and high ends of the range, which are the same for all channels to preserve the colour balance,
/// are mapped linearly to 0 and 1, and the result is clipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalization {
    /// The percentile that becomes 0, in percent.
    pub low_percentile: f64,
    /// The percentile that becomes 1, in percent.
    pub high_percentile: f64,
    /// The local range, so that single bright objects do not reduce the contrast; `None` to use the
    /// percentiles of all values as the range of the whole image.
    pub local: Option<LocalRange>,
    /// The smallest value after scaling.
    pub clip_low: f32,
    /// The largest value after scaling.
    pub clip_high: f32,
}

/// A range that is robust to single pixels and, if the background is dark, varies across the image.
///
/// Each channel is divided into blocks of 2 × 2 pixels. The second largest of the four values of a block is
/// its high, the second smallest its low, so that hot and dead pixels are ignored. The low percentile is that
/// of the lows of the blocks, the high percentile that of their highs. If the median of the highs is in the
/// upper half of this range, the background is bright, and the range is the same everywhere. Otherwise the
/// high end is local: the image is divided into square cells (a sixteenth of the longer side, but at least 32
/// pixels); each cell has the percentile of its own highs, or that of a neighbour if it is higher, and the
/// high end of the range is interpolated between the centres of the cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalRange {
    /// The percentile of the highs of a cell, in percent.
    pub cell_percentile: f64,
    /// The minimum range of a cell as a fraction of the largest one, 0 to 1.
    pub smallest_share: f32,
    /// The minimum range in standard deviations of the noise.
    pub least_noises: f32,
    /// The minimum range in an image of integers, in steps.
    pub least_steps: f32,
}

/// The conversion of the raw values of one image to network input: its [`Normalization`] with the computed
/// range. It is computed once per image and is the same for every part of it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Levels {
    low: f32,
    /// The high end of the range at the centre of every cell, in row-major order.
    tops: Vec<f32>,
    /// The number of cells per row.
    columns: usize,
    /// The side of a cell in pixels.
    cell: usize,
    clip_low: f32,
    clip_high: f32,
}

/// The number of cells along the longer side of an image.
const CELLS_A_SIDE: usize = 16;
/// The minimum side of a cell in pixels.
const SMALLEST_CELL: usize = 32;
/// The mean difference between the second largest and the second smallest of four values of white noise, in
/// standard deviations.
const NOISE_OF_BLOCK: f32 = 0.594;

impl Levels {
    /// Computes the range of an image.
    pub fn of(image: &Image, normalization: &Normalization) -> Self {
        match &normalization.local {
            None => {
                let (low, high) =
                    image.percentiles(normalization.low_percentile, normalization.high_percentile);
                Self::everywhere(low, high, normalization)
            }
            Some(local) => match image.samples() {
                Samples::U8(values) => Self::local(&Blocks::new(image, values), normalization, local, 1 << 8),
                Samples::U16(values) => {
                    Self::local(&Blocks::new(image, values), normalization, local, 1 << 16)
                }
                Samples::F32(values) => Self::local(&Blocks::new(image, values), normalization, local, 0),
            },
        }
    }

    fn everywhere(low: f32, high: f32, normalization: &Normalization) -> Self {
        let Normalization { clip_low, clip_high, .. } = *normalization;
        Self { low, tops: vec![high], columns: 1, cell: 1, clip_low, clip_high }
    }

    /// `bins` is the number of possible values of integers, 0 for floats.
    fn local<T: Copy + Into<f32>>(
        blocks: &Blocks<T>,
        normalization: &Normalization,
        local: &LocalRange,
        bins: usize,
    ) -> Self {
        let [mut lows, mut highs, mut differences] = [(); 3].map(|()| Ranks::new(bins));
        for row in 0..blocks.rows {
            for column in 0..blocks.columns {
                for channel in 0..blocks.channels {
                    let (low, high) = blocks.low_and_high(row, column, channel);
                    lows.add(low);
                    highs.add(high);
                    differences.add(high - low);
                }
            }
        }
        let low = lows.percentile(normalization.low_percentile);
        let (middle, high) = (highs.percentile(50.0), highs.percentile(normalization.high_percentile));
        let noise = differences.percentile(50.0) / NOISE_OF_BLOCK;
        let steps = if bins > 0 { local.least_steps } else { 0.0 };
        let least = (local.least_noises * noise).max(steps);
        if middle - low > (high - low) / 2.0 {
            return Self::everywhere(low.min(high - least), high, normalization);
        }
        let (tops, columns) = blocks.tops(local.cell_percentile);
        let largest = tops.iter().copied().fold(low, f32::max);
        let floor = low + least.max(local.smallest_share * (largest - low));
        let tops = tops.into_iter().map(|top| top.max(floor)).collect();
        let Normalization { clip_low, clip_high, .. } = *normalization;
        Self { low, tops, columns, cell: blocks.cell, clip_low, clip_high }
    }

    /// The factor for values above the low end, if the high end is `top`.
    fn scale(&self, top: f32) -> f32 {
        let range = top - self.low;
        let scale = if range > 0.0 { range.recip() } else { 0.0 };
        if scale.is_finite() { scale } else { 0.0 }
    }

    /// The factor, if it is the same everywhere.
    fn only_scale(&self) -> Option<f32> {
        if let [top] = self.tops[..] { Some(self.scale(top)) } else { None }
    }

    /// The factors of some pixels of a row.
    fn scales(&self, y: usize, columns: std::ops::Range<usize>) -> Vec<f32> {
        let rows = self.tops.chunks_exact(self.columns);
        let (above, below, share) = self.between(y, rows.len());
        let row = |row: usize| &self.tops[row * self.columns..][..self.columns];
        let tops: Vec<f32> =
            row(above).iter().zip(row(below)).map(|(a, b)| a * (1.0 - share) + b * share).collect();
        columns
            .map(|x| {
                let (left, right, share) = self.between(x, self.columns);
                self.scale(tops[left] * (1.0 - share) + tops[right] * share)
            })
            .collect()
    }

    /// The cells whose centres are before and after a pixel along an axis, and the weight of the second.
    fn between(&self, pixel: usize, cells: usize) -> (usize, usize, f32) {
        let at = ((pixel as f32 + 0.5) / self.cell as f32 - 0.5).clamp(0.0, (cells - 1) as f32);
        let before = at as usize;
        (before, (before + 1).min(cells - 1), at - before as f32)
    }

    fn value(&self, raw: f32, scale: f32) -> f32 {
        ((raw - self.low) * scale).max(self.clip_low).min(self.clip_high)
    }
}

/// The 2 × 2 blocks of an image: an odd last row or column is omitted, and a side of one pixel is used
/// unchanged.
struct Blocks<'a, T> {
    values: &'a [T],
    /// The number of values per row of the image.
    stride: usize,
    channels: usize,
    rows: usize,
    columns: usize,
    /// The size of a block in pixels.
    size: Size,
    /// The side of a cell in pixels, an even number.
    cell: usize,
}

impl<'a, T: Copy + Into<f32>> Blocks<'a, T> {
    fn new(image: &Image, values: &'a [T]) -> Self {
        let (width, height, channels) = (image.width(), image.height(), image.channels());
        let size = Size::new(width.min(2), height.min(2));
        let cell = width.max(height).div_ceil(CELLS_A_SIDE).max(SMALLEST_CELL).next_multiple_of(2);
        let (rows, columns) = (height / size.height, width / size.width);
        Self { values, stride: width * channels, channels, rows, columns, size, cell }
    }

    fn low_and_high(&self, row: usize, column: usize, channel: usize) -> (f32, f32) {
        let Size { width, height } = self.size;
        let at = |y: usize, x: usize| {
            let place = (row * height + y) * self.stride + (column * width + x) * self.channels + channel;
            self.values[place].into()
        };
        match (width, height) {
            (2, 2) => {
                let (a, b): (f32, f32) = (at(0, 0), at(0, 1));
                let (c, d): (f32, f32) = (at(1, 0), at(1, 1));
                let (lows, highs) = ((a.min(b), c.min(d)), (a.max(b), c.max(d)));
                // Two values remain without the smallest and the largest.
                let one = lows.0.max(lows.1);
                let other = highs.0.min(highs.1);
                (one.min(other), one.max(other))
            }
            _ => {
                let (a, b): (f32, f32) = (at(0, 0), at(height - 1, width - 1));
                (a.min(b), a.max(b))
            }
        }
    }

    /// The percentile of the highs of every cell, or that of a neighbour if it is higher, in row-major order;
    /// and the number of cells per row.
    fn tops(&self, percentile: f64) -> (Vec<f32>, usize) {
        let half = self.cell / 2;
        let (rows, columns) = (self.rows.div_ceil(half), self.columns.div_ceil(half));
        let mut own = Vec::with_capacity(rows * columns);
        let mut highs = Vec::new();
        for top in (0..self.rows).step_by(half) {
            for left in (0..self.columns).step_by(half) {
                highs.clear();
                for row in top..(top + half).min(self.rows) {
                    for column in left..(left + half).min(self.columns) {
                        highs.extend((0..self.channels).map(|c| self.low_and_high(row, column, c).1));
                    }
                }
                let rank = nearest_rank(highs.len(), percentile);
                own.push(*highs.select_nth_unstable_by(rank, f32::total_cmp).1);
            }
        }
        let around = |at: usize, cells: usize| at.saturating_sub(1)..(at + 2).min(cells);
        let largest = |place: usize| {
            around(place / columns, rows)
                .flat_map(|row| around(place % columns, columns).map(move |column| row * columns + column))
                .fold(f32::NEG_INFINITY, |most, neighbour| most.max(own[neighbour]))
        };
        ((0..rows * columns).map(largest).collect(), columns)
    }
}

/// Values for computing percentiles: a histogram for integers.
enum Ranks {
    Counts(Vec<usize>),
    Values(Vec<f32>),
}

impl Ranks {
    fn new(bins: usize) -> Self {
        if bins > 0 { Self::Counts(vec![0; bins]) } else { Self::Values(Vec::new()) }
    }

    fn add(&mut self, value: f32) {
        match self {
            Self::Counts(counts) => counts[value as usize] += 1,
            Self::Values(values) => values.push(value),
        }
    }

    /// By the nearest-rank method, like [`Image::percentiles`].
    fn percentile(&mut self, percentile: f64) -> f32 {
        match self {
            Self::Counts(counts) => super::nth(counts, nearest_rank(counts.iter().sum(), percentile)),
            Self::Values(values) => {
                let rank = nearest_rank(values.len(), percentile);
                *values.select_nth_unstable_by(rank, f32::total_cmp).1
            }
        }
    }
}

/// The index of a percentile in `count` sorted values.
fn nearest_rank(count: usize, percentile: f64) -> usize {
    ((percentile / 100.0 * count as f64).ceil() as usize).clamp(1, count) - 1
}

/// An image as network input, at its original size. Values are computed one window at a time, because those
/// of a large image would take several times its memory.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::geometry::Rect;
/// use nucleoscope::image::{Image, Normalization, Samples, normalize};
///
/// let image = Image::new(Size::new(4, 1), 1, Samples::U16(vec![1000, 1100, 1200, 5000].into()))?;
/// let settings = Normalization {
///     low_percentile: 25.0,
///     high_percentile: 75.0,
///     local: None,
///     clip_low: -0.5,
///     clip_high: 1.5,
/// };
/// let normalized = normalize(&image, &settings);
/// assert_eq!(normalized.planes(), [[0.0, 0.5, 1.0, 1.5]]);
/// assert_eq!(normalized.window(&Rect { left: 1, top: 0, width: 2, height: 1 }), [[0.5, 1.0]]);
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
#[derive(Debug, Clone)]
pub struct NormalizedImage<'a> {
    part: ImagePart<'a>,
    levels: Levels,
}

impl<'a> NormalizedImage<'a> {
    /// Creates a normalised image with known levels from an image or an [`ImagePart`], of which only windows
    /// inside the part can be computed.
    pub fn new(image: impl Into<ImagePart<'a>>, levels: Levels) -> Self {
        Self { part: image.into(), levels }
    }

    /// The number of columns of the whole image.
    pub fn width(&self) -> usize {
        self.size().width
    }

    /// The number of rows of the whole image.
    pub fn height(&self) -> usize {
        self.size().height
    }

    /// The numbers of columns and rows of the whole image.
    pub fn size(&self) -> Size {
        self.part.whole()
    }

    /// The image, or the part of it that is in memory; see [`Self::window`].
    pub fn planes(&self) -> Vec<Vec<f32>> {
        self.window(&self.part.rect())
    }

    /// One plane per channel (1 for gray, 3 for RGB), each with `window.height * window.width` values in
    /// row-major order, within the clip range of the [`Normalization`]. A constant image is 0 everywhere.
    /// The window is in the coordinates of the whole image.
    ///
    /// # Panics
    /// If the window extends beyond the part that is in memory, which is a programming error.
    pub fn window(&self, window: &Rect) -> Vec<Vec<f32>> {
        match (self.part.image().samples(), self.levels.only_scale()) {
            (Samples::U8(values), Some(scale)) => {
                let table: Vec<f32> = (0..=u8::MAX).map(|raw| self.levels.value(raw.into(), scale)).collect();
                self.cut(values, window, |raw, _| table[usize::from(raw)])
            }
            (Samples::U8(values), None) => {
                self.cut(values, window, |raw, scale| self.levels.value(raw.into(), scale))
            }
            (Samples::U16(values), _) => {
                self.cut(values, window, |raw, scale| self.levels.value(raw.into(), scale))
            }
            (Samples::F32(values), _) => self.cut(values, window, |raw, scale| self.levels.value(raw, scale)),
        }
    }

    fn cut<T: Copy>(&self, values: &[T], window: &Rect, value: impl Fn(T, f32) -> f32) -> Vec<Vec<f32>> {
        let (part, channels) = (self.part.rect(), self.part.image().channels());
        assert!(part.encloses(window), "the window is inside the part");
        let mut planes = vec![Vec::with_capacity(window.width * window.height); channels];
        let only = self.levels.only_scale().map(|scale| vec![scale; window.width]);
        for y in window.rows() {
            let scales = only.clone().unwrap_or_else(|| self.levels.scales(y, window.columns()));
            let first = (y - part.top) * part.width + window.left - part.left;
            let row = &values[first * channels..][..window.width * channels];
            for (channel, plane) in planes.iter_mut().enumerate() {
                let raw = row.iter().skip(channel).step_by(channels);
                plane.extend(raw.zip(&scales).map(|(&raw, &scale)| value(raw, scale)));
            }
        }
        planes
    }
}

/// Normalises an image.
pub fn normalize<'a>(image: &'a Image, normalization: &Normalization) -> NormalizedImage<'a> {
    NormalizedImage::new(image, Levels::of(image, normalization))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SETTINGS: Normalization = Normalization {
        low_percentile: 1.0,
        high_percentile: 99.8,
        local: None,
        clip_low: -0.5,
        clip_high: 1.5,
    };
    const LOCAL: Normalization = Normalization {
        local: Some(LocalRange {
            cell_percentile: 99.5,
            smallest_share: 0.2,
            least_noises: 12.0,
            least_steps: 16.0,
        }),
        ..SETTINGS
    };

    #[test]
    fn a_constant_image_is_zero() {
        for samples in [
            Samples::U8(vec![255; 9].into()),
            Samples::U16(vec![40_000; 9].into()),
            Samples::F32(vec![-1e30; 9].into()),
        ] {
            let image = Image::new(Size::new(3, 3), 1, samples).unwrap();
            assert_eq!(normalize(&image, &SETTINGS).planes(), &[vec![0.0; 9]]);
            assert_eq!(normalize(&image, &LOCAL).planes(), &[vec![0.0; 9]]);
        }
    }

    #[test]
    fn colours_share_one_scale_and_become_planes() {
        let image = Image::new(Size::new(2, 1), 3, Samples::U8(vec![0, 50, 100, 100, 0, 50].into())).unwrap();
        let settings = Normalization { low_percentile: 0.0, high_percentile: 100.0, ..SETTINGS };
        let normalized = normalize(&image, &settings);
        assert_eq!(normalized.planes(), &[vec![0.0, 1.0], vec![0.5, 0.0], vec![1.0, 0.5]]);
    }

    fn local(image: &Image) -> Vec<f32> {
        normalize(image, &LOCAL).planes().remove(0)
    }

    /// Squares of 12 pixels, 40 pixels apart, 100 brighter than a background of 50.
    fn squares(side: usize) -> Vec<u16> {
        let is_inside = |at: usize| (14..26).contains(&(at % 40));
        (0..side * side)
            .map(|pixel| if is_inside(pixel % side) && is_inside(pixel / side) { 150 } else { 50 })
            .collect()
    }

    fn at(values: &[f32], side: usize, x: usize, y: usize) -> f32 {
        values[y * side + x]
    }

    #[test]
    fn a_saturated_square_takes_no_contrast_away_from_what_is_elsewhere() {
        let side = 640;
        let mut values = squares(side);
        for pixel in (0..80).flat_map(|y| (0..80).map(move |x| y * side + x)) {
            values[pixel] = 600;
        }
        let image = Image::new(Size::new(side, side), 1, Samples::U16(values.into())).unwrap();
        let normalized = local(&image);
        assert_eq!(at(&normalized, side, 480, 480), 0.0);
        assert!(at(&normalized, side, 420, 420) > 0.9, "{}", at(&normalized, side, 420, 420));
        // With the percentiles of all values, the squares are dim.
        let plain = normalize(&image, &SETTINGS).planes().remove(0);
        assert!(at(&plain, side, 420, 420) < 0.25);
    }

    #[test]
    fn hot_pixels_take_no_contrast_away() {
        let side = 320;
        let mut values = squares(side);
        // About four in a thousand, none next to another.
        for pixel in (0..side * side).step_by(247) {
            values[pixel] = 60_000;
        }
        let normalized = local(&Image::new(Size::new(side, side), 1, Samples::U16(values.into())).unwrap());
        assert!(at(&normalized, side, 100, 101) > 0.9);
    }

    #[test]
    fn a_single_nucleus_on_a_large_field_is_the_top_of_its_range() {
        let side = 1000;
        let mut values = vec![50u16; side * side];
        for pixel in (480..500).flat_map(|y| (480..500).map(move |x| y * side + x)) {
            values[pixel] = 450;
        }
        let normalized = local(&Image::new(Size::new(side, side), 1, Samples::U16(values.into())).unwrap());
        assert!((at(&normalized, side, 490, 490) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_range_of_a_few_steps_is_not_blown_up() {
        let values = (0..64 * 64).map(|pixel| 20 + (pixel % 3) as u8).collect();
        let normalized = local(&Image::new(Size::new(64, 64), 1, Samples::U8(values)).unwrap());
        assert!(normalized.iter().all(|value| value.abs() < 0.2));
    }

    #[test]
    fn a_bright_field_has_one_range() {
        let side = 640;
        let values: Vec<u16> = squares(side).into_iter().map(|value| 200 - value).collect();
        let normalized = local(&Image::new(Size::new(side, side), 1, Samples::U16(values.into())).unwrap());
        assert_eq!((at(&normalized, side, 0, 0), at(&normalized, side, 20, 20)), (1.0, 0.0));
    }

    proptest! {
        #[test]
        fn an_offset_and_a_gain_change_nothing(values in prop::collection::vec(0u16..200, 9), offset in 0u16..30_000, gain in 1u16..100) {
            let plain = Image::new(Size::new(3, 3), 1, Samples::U16(values.clone().into())).unwrap();
            let moved = Image::new(Size::new(3, 3), 1, Samples::U16(values.iter().map(|v| v * gain + offset).collect())).unwrap();
            let (plain, moved) = (normalize(&plain, &SETTINGS), normalize(&moved, &SETTINGS));
            for (a, b) in plain.planes()[0].iter().zip(&moved.planes()[0]) {
                prop_assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }

        #[test]
        fn a_window_has_the_values_of_the_whole(
            values in prop::collection::vec(0u8..=255, 70 * 40),
            (left, top) in (0usize..60, 0usize..30),
        ) {
            let image = Image::new(Size::new(70, 40), 1, Samples::U8(values.into())).unwrap();
            let normalized = normalize(&image, &LOCAL);
            let whole = normalized.planes().remove(0);
            let part = normalized.window(&Rect { left, top, width: 10, height: 10 }).remove(0);
            for (index, value) in part.iter().enumerate() {
                prop_assert_eq!(*value, whole[(top + index / 10) * 70 + left + index % 10]);
            }
        }

        #[test]
        fn values_stay_within_the_clip_range(values in prop::collection::vec(-1e38f32..1e38, 9)) {
            let image = Image::new(Size::new(3, 3), 1, Samples::F32(values.into())).unwrap();
            for settings in [&SETTINGS, &LOCAL] {
                for value in &normalize(&image, settings).planes()[0] {
                    prop_assert!((-0.5..=1.5).contains(value), "{value}");
                }
            }
        }
    }
}
