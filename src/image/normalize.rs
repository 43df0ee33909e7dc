//! From raw values of any range to what the network was trained on.

use super::{Image, Samples};

/// How raw values become network input; the model's metadata says which numbers it was trained with.
///
/// Two percentiles of all values (all channels together, so that colours keep their balance) become
/// 0 and 1, linearly, and the result is clipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalization {
    /// Percentile that becomes 0, in percent.
    pub low_percentile: f64,
    /// Percentile that becomes 1, in percent.
    pub high_percentile: f64,
    /// Smallest value after scaling.
    pub clip_low: f32,
    /// Largest value after scaling.
    pub clip_high: f32,
}

/// Network input at the image's own size: one plane for gray, three for RGB.
///
/// Shape `[channels, height, width]`, row-major; values within the clip range of the
/// [`Normalization`]. A constant image is 0 everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalizedImage {
    width: usize,
    height: usize,
    planes: Vec<Vec<f32>>,
}

impl NormalizedImage {
    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// One plane a channel (1 or 3), each `height * width` values row by row.
    pub fn planes(&self) -> &[Vec<f32>] {
        &self.planes
    }

    /// The image with every plane changed in place.
    pub(crate) fn map_planes(mut self, change: impl Fn(&mut [f32])) -> Self {
        self.planes.iter_mut().for_each(|plane| change(plane));
        self
    }
}

/// Normalises an image.
///
/// ```
/// use nucleoscope::image::{Image, Normalization, Samples, normalize};
///
/// let image = Image::new(4, 1, 1, Samples::U16(vec![1000, 1100, 1200, 5000]))?;
/// let settings = Normalization { low_percentile: 25.0, high_percentile: 75.0, clip_low: -0.5, clip_high: 1.5 };
/// assert_eq!(normalize(&image, &settings).planes(), &[vec![0.0, 0.5, 1.0, 1.5]]);
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
pub fn normalize(image: &Image, normalization: &Normalization) -> NormalizedImage {
    let (low, high) = image.percentiles(normalization.low_percentile, normalization.high_percentile);
    let range = high - low;
    let scale = if range > 0.0 { range.recip() } else { 0.0 };
    let scale = if scale.is_finite() { scale } else { 0.0 };
    let (clip_low, clip_high) = (normalization.clip_low, normalization.clip_high);
    let value = |raw: f32| ((raw - low) * scale).max(clip_low).min(clip_high);
    let planes = (0..image.channels())
        .map(|channel| match image.samples() {
            Samples::U8(values) => {
                let table: Vec<f32> = (0..=u8::MAX).map(|raw| value(raw.into())).collect();
                every(values, channel, image.channels()).map(|&raw| table[usize::from(raw)]).collect()
            }
            Samples::U16(values) => {
                every(values, channel, image.channels()).map(|&raw| value(raw.into())).collect()
            }
            Samples::F32(values) => every(values, channel, image.channels()).map(|&raw| value(raw)).collect(),
        })
        .collect();
    NormalizedImage { width: image.width(), height: image.height(), planes }
}

fn every<T>(values: &[T], first: usize, step: usize) -> impl Iterator<Item = &T> {
    values.iter().skip(first).step_by(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SETTINGS: Normalization =
        Normalization { low_percentile: 1.0, high_percentile: 99.8, clip_low: -0.5, clip_high: 1.5 };

    #[test]
    fn a_constant_image_is_zero() {
        for samples in
            [Samples::U8(vec![255; 9]), Samples::U16(vec![40_000; 9]), Samples::F32(vec![-1e30; 9])]
        {
            let image = Image::new(3, 3, 1, samples).unwrap();
            assert_eq!(normalize(&image, &SETTINGS).planes(), &[vec![0.0; 9]]);
        }
    }

    #[test]
    fn colours_share_one_scale_and_become_planes() {
        let image = Image::new(2, 1, 3, Samples::U8(vec![0, 50, 100, 100, 0, 50])).unwrap();
        let settings = Normalization { low_percentile: 0.0, high_percentile: 100.0, ..SETTINGS };
        let normalized = normalize(&image, &settings);
        assert_eq!(normalized.planes(), &[vec![0.0, 1.0], vec![0.5, 0.0], vec![1.0, 0.5]]);
    }

    proptest! {
        #[test]
        fn an_offset_and_a_gain_change_nothing(values in prop::collection::vec(0u16..200, 9), offset in 0u16..30_000, gain in 1u16..100) {
            let plain = Image::new(3, 3, 1, Samples::U16(values.clone())).unwrap();
            let moved = Image::new(3, 3, 1, Samples::U16(values.iter().map(|v| v * gain + offset).collect())).unwrap();
            let (plain, moved) = (normalize(&plain, &SETTINGS), normalize(&moved, &SETTINGS));
            for (a, b) in plain.planes()[0].iter().zip(&moved.planes()[0]) {
                prop_assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }

        #[test]
        fn values_stay_within_the_clip_range(values in prop::collection::vec(-1e38f32..1e38, 9)) {
            let image = Image::new(3, 3, 1, Samples::F32(values)).unwrap();
            for value in &normalize(&image, &SETTINGS).planes()[0] {
                prop_assert!((-0.5..=1.5).contains(value), "{value}");
            }
        }
    }
}
