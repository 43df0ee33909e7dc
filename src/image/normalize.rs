//! From raw values of any range to what the network was trained on.

use serde::{Deserialize, Serialize};

use super::{Image, Samples, Window};

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

/// How the raw values of one image become network input: its [`Normalization`] with the percentiles worked
/// out. Settled once for an image, it is the same for every part of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Levels {
    low: f32,
    scale: f32,
    clip_low: f32,
    clip_high: f32,
}

impl Levels {
    /// Works out an image's percentiles.
    pub fn of(image: &Image, normalization: &Normalization) -> Self {
        let (low, high) = image.percentiles(normalization.low_percentile, normalization.high_percentile);
        let range = high - low;
        let scale = if range > 0.0 { range.recip() } else { 0.0 };
        let scale = if scale.is_finite() { scale } else { 0.0 };
        Self { low, scale, clip_low: normalization.clip_low, clip_high: normalization.clip_high }
    }

    fn value(&self, raw: f32) -> f32 {
        ((raw - self.low) * self.scale).max(self.clip_low).min(self.clip_high)
    }
}

/// An image as the network sees it, at the image's own size. Values are worked out a window at a time:
/// those of a large image would take several times its memory.
///
/// ```
/// use nucleoscope::image::{Image, Normalization, NormalizedImage, Samples, Window, normalize};
///
/// let image = Image::new(4, 1, 1, Samples::U16(vec![1000, 1100, 1200, 5000]))?;
/// let settings = Normalization { low_percentile: 25.0, high_percentile: 75.0, clip_low: -0.5, clip_high: 1.5 };
/// let normalized = normalize(&image, &settings);
/// assert_eq!(normalized.planes(), [[0.0, 0.5, 1.0, 1.5]]);
/// assert_eq!(normalized.window(&Window { left: 1, top: 0, width: 2, height: 1 }), [[0.5, 1.0]]);
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct NormalizedImage<'a> {
    image: &'a Image,
    levels: Levels,
}

impl<'a> NormalizedImage<'a> {
    /// With levels that are known already.
    pub fn new(image: &'a Image, levels: Levels) -> Self {
        Self { image, levels }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.image.width()
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.image.height()
    }

    /// All of it; see [`Self::window`].
    pub fn planes(&self) -> Vec<Vec<f32>> {
        self.window(&Window::whole(self.width(), self.height()))
    }

    /// One plane a channel (1 for gray, 3 for RGB), each `window.height * window.width` values row by row
    /// within the clip range of the [`Normalization`]. A constant image is 0 everywhere.
    ///
    /// # Panics
    /// If the window reaches beyond the image: a programming error, not an input's.
    pub fn window(&self, window: &Window) -> Vec<Vec<f32>> {
        let value = |raw: f32| self.levels.value(raw);
        match self.image.samples() {
            Samples::U8(values) => {
                let table: Vec<f32> = (0..=u8::MAX).map(|raw| value(raw.into())).collect();
                self.cut(values, window, |raw| table[usize::from(raw)])
            }
            Samples::U16(values) => self.cut(values, window, |raw| value(raw.into())),
            Samples::F32(values) => self.cut(values, window, value),
        }
    }

    fn cut<T: Copy>(&self, values: &[T], window: &Window, value: impl Fn(T) -> f32) -> Vec<Vec<f32>> {
        let channels = self.image.channels();
        let plane = |channel: usize| {
            let mut plane = Vec::with_capacity(window.width * window.height);
            for y in window.rows() {
                let row = &values[(y * self.width() + window.left) * channels..][..window.width * channels];
                plane.extend(row.iter().skip(channel).step_by(channels).map(|&raw| value(raw)));
            }
            plane
        };
        (0..channels).map(plane).collect()
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
