//! Microscopy images: decoding with limits, and normalisation for the network.
//!
//! ```text
//! bytes ──open──▶ Opened: metadata, all channels ──preview──▶ Preview (for the screen), and
//!       ──decode──▶ Image ──normalize──▶ NormalizedImage
//! ```

mod buffer;
mod channel;
mod decode;
mod display;
mod error;
mod foreign;
mod jpeg;
mod names;
mod normalize;
mod orientation;
mod part;
mod preview;
mod stack;
mod tiff;
mod warning;

pub use crate::diagnostic::Warning;
pub use crate::limits::Limits;
pub use buffer::Buffer;
pub use channel::{Channel, PixelSize, split};
pub(crate) use decode::check_size;
pub use decode::{decode, open, open_segmented};
pub use display::{ChannelDisplay, with_limits};
pub use error::ImageError;
pub use names::{IMAGE_ENDINGS, is_image_name, unread_format};
pub use normalize::{Levels, LocalRange, Normalization, NormalizedImage, normalize};
pub use part::ImagePart;
pub use preview::{Preview, map_preview, preview};
pub use stack::{ChannelChoice, ChannelInfo, Opened, Selection, Slice, StackInfo};
#[cfg(feature = "serde")]
pub(crate) use tiff::with_alpha as tiff_with_alpha;

use crate::geometry::Size;

/// The values of an image at their stored depth. A vector becomes a [`Buffer`] with `into`.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// 8-bit integers, `0..=255`.
    U8(Buffer<u8>),
    /// Integers of 9 to 16 bits, `0..=65535`.
    U16(Buffer<u16>),
    /// Floating-point values of any range, all finite.
    F32(Buffer<f32>),
}

impl Samples {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len(),
            Self::F32(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index` as a float; 8- and 16-bit integers are exact.
    pub fn get(&self, index: usize) -> f32 {
        match self {
            Self::U8(values) => f32::from(values[index]),
            Self::U16(values) => f32::from(values[index]),
            Self::F32(values) => values[index],
        }
    }
}

/// A decoded image: grayscale or RGB, without alpha, at its stored depth.
///
/// Values are row-major and interleaved, `samples[(y * width + x) * channels + channel]`, shape
/// `[height, width, channels]`, in RGB order. An RGB image whose three channels are equal everywhere is stored
/// as gray, so `channels` is 3 only for images with colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    width: usize,
    height: usize,
    channels: usize,
    samples: Samples,
}

impl Image {
    /// Creates an image from values in memory.
    ///
    /// # Errors
    /// [`ImageError::Inconsistent`] if there are not `width * height * channels` values, `channels`
    /// is not 1 or 3, or a side is 0; [`ImageError::NonFinite`] if a float is NaN or infinite.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::image::{Image, Samples};
    ///
    /// let image = Image::new(Size::new(2, 1), 3, Samples::U8(vec![9, 9, 9,  7, 7, 7].into()))?;
    /// assert_eq!(image.channels(), 1); // equal channels are gray
    /// assert_eq!(image.samples(), &Samples::U8(vec![9, 7].into()));
    /// # Ok::<(), nucleoscope::image::ImageError>(())
    /// ```
    pub fn new(size: Size, channels: usize, samples: Samples) -> Result<Self, ImageError> {
        let Size { width, height } = size;
        let expected = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(channels));
        if expected != Some(samples.len()) || !matches!(channels, 1 | 3) || samples.is_empty() {
            return Err(ImageError::Inconsistent { width, height, channels, values: samples.len() });
        }
        if let Samples::F32(values) = &samples {
            let broken = |value: &&f32| !value.is_finite();
            if let Some(first) = values.iter().position(|value| !value.is_finite()) {
                let (x, y) = ((first / channels) % width, first / channels / width);
                return Err(ImageError::NonFinite { count: values.iter().filter(broken).count(), x, y });
            }
        }
        let (channels, samples) = match samples {
            Samples::U8(values) => collapse(values, channels, Samples::U8),
            Samples::U16(values) => collapse(values, channels, Samples::U16),
            Samples::F32(values) => collapse(values, channels, Samples::F32),
        };
        Ok(Self { width, height, channels, samples })
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The numbers of columns and rows.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// 1 for gray, 3 for colour.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Bits per value: 8, 16 or 32 (float).
    pub fn bit_depth(&self) -> u8 {
        match self.samples {
            Samples::U8(_) => 8,
            Samples::U16(_) => 16,
            Samples::F32(_) => 32,
        }
    }

    /// The values, interleaved and row-major.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The values at two percentiles of all values of all channels.
    ///
    /// Percentiles are in percent, `0.0..=100.0`, by the nearest-rank method: the smallest value such that at
    /// least this percentage of all values are less than or equal to it. The result is exact, not sampled.
    ///
    /// ```
    /// use nucleoscope::geometry::Size;
    /// use nucleoscope::image::{Image, Samples};
    ///
    /// let image = Image::new(Size::new(5, 1), 1, Samples::U16(vec![50, 10, 40, 20, 30].into()))?;
    /// assert_eq!(image.percentiles(0.0, 60.0), (10.0, 30.0));
    /// # Ok::<(), nucleoscope::image::ImageError>(())
    /// ```
    pub fn percentiles(&self, low: f64, high: f64) -> (f32, f32) {
        let count = self.samples.len();
        let rank = |percent: f64| {
            ((percent.clamp(0.0, 100.0) / 100.0 * count as f64).ceil() as usize).clamp(1, count) - 1
        };
        let (low, high) = (rank(low), rank(high));
        match &self.samples {
            Samples::U8(values) => {
                let counts = histogram(values.iter().map(|&value| usize::from(value)), 1 << 8);
                (nth(&counts, low), nth(&counts, high))
            }
            Samples::U16(values) => {
                let counts = histogram(values.iter().map(|&value| usize::from(value)), 1 << 16);
                (nth(&counts, low), nth(&counts, high))
            }
            Samples::F32(values) => {
                let mut values = values.to_vec();
                let at_low = *values.select_nth_unstable_by(low, f32::total_cmp).1;
                let at_high = *values.select_nth_unstable_by(high, f32::total_cmp).1;
                (at_low, at_high)
            }
        }
    }
}

/// Keeps one of three equal channels.
fn collapse<T: Copy + PartialEq>(
    values: Buffer<T>,
    channels: usize,
    wrap: fn(Buffer<T>) -> Samples,
) -> (usize, Samples) {
    let is_gray = channels == 3 && values.chunks_exact(3).all(|rgb| rgb[0] == rgb[1] && rgb[1] == rgb[2]);
    if is_gray { (1, wrap(values.into_iter().step_by(3).collect())) } else { (channels, wrap(values)) }
}

fn histogram(values: impl Iterator<Item = usize>, bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for value in values {
        counts[value] += 1;
    }
    counts
}

/// The value at `rank` (from 0) in the sorted values of the histogram `counts`.
fn nth(counts: &[usize], rank: usize) -> f32 {
    let mut seen = 0;
    let reaches = |&count: &usize| {
        seen += count;
        seen > rank
    };
    counts.iter().position(reaches).unwrap_or(0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_does_not_fit() {
        for (width, height, channels) in [(2, 2, 1), (3, 1, 2), (0, 3, 1), (usize::MAX, usize::MAX, 3)] {
            let error =
                Image::new(Size::new(width, height), channels, Samples::U8(vec![0; 3].into())).unwrap_err();
            assert!(matches!(error, ImageError::Inconsistent { .. }), "{error}");
        }
    }

    #[test]
    fn names_the_first_pixel_that_is_not_finite() {
        let values = vec![0.0, 1.0, 2.0, f32::NAN, f32::INFINITY, 5.0];
        let error = Image::new(Size::new(3, 2), 1, Samples::F32(values.into())).unwrap_err();
        assert!(matches!(error, ImageError::NonFinite { count: 2, x: 0, y: 1 }), "{error}");
    }

    #[test]
    fn colour_stays_colour() {
        let image = Image::new(Size::new(1, 1), 3, Samples::U8(vec![0, 0, 255].into())).unwrap();
        assert_eq!(image.channels(), 3);
    }

    proptest! {
        #[test]
        fn percentiles_do_not_depend_on_the_depth(values in prop::collection::vec(0u8..=255, 1..200), low in 0.0..=100.0f64, high in 0.0..=100.0f64) {
            let of = |samples| Image::new(Size::new(values.len(), 1), 1, samples).unwrap().percentiles(low, high);
            let bytes = of(Samples::U8(values.clone().into()));
            prop_assert_eq!(bytes, of(Samples::U16(values.iter().map(|&v| v.into()).collect())));
            prop_assert_eq!(bytes, of(Samples::F32(values.iter().map(|&v| v.into()).collect())));
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let at_or_below = sorted.iter().filter(|&&v| f32::from(v) <= bytes.0).count();
            prop_assert!(at_or_below as f64 >= low / 100.0 * values.len() as f64 - 1e-9);
        }
    }
}
