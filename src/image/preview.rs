//! Display of an image: 8-bit colour with stretched contrast.

use std::ops::Range;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{ResizeOptions, Resizer};

use super::{Image, ImageError};
use crate::geometry::length_within;

/// An 8-bit RGBA version of an image for the screen; the data are not modified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The number of columns.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    /// `[height, width, 4]`, row-major, red, green, blue, alpha (always 255).
    pub rgba: Vec<u8>,
}

/// The percentage of values that may be clipped at each end by automatic contrast.
const CLIPPED: f64 = 0.1;

/// The conversion of the values of an image to brightness on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", default)
)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Contrast {
    /// The value shown as black; the 0.1th percentile for `None`.
    pub low: Option<f32>,
    /// The value shown as white; the 99.9th percentile for `None`.
    pub high: Option<f32>,
    /// The brightness is `((value - low) / (high - low)).powf(1 / gamma)`: values above 1 brighten dim
    /// nuclei.
    pub gamma: f32,
}

impl Default for Contrast {
    fn default() -> Self {
        Self { low: None, high: None, gamma: 1.0 }
    }
}

impl Contrast {
    /// The value shown as black; the 0.1th percentile for `None`.
    #[must_use]
    pub fn low(mut self, low: impl Into<Option<f32>>) -> Self {
        self.low = low.into();
        self
    }

    /// The value shown as white; the 99.9th percentile for `None`.
    #[must_use]
    pub fn high(mut self, high: impl Into<Option<f32>>) -> Self {
        self.high = high.into();
        self
    }

    /// The gamma of the brightness: values above 1 brighten dim nuclei.
    #[must_use]
    pub fn gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma;
        self
    }
}

/// Creates a preview whose longer side is at most `maximum_side` pixels, or of full size for `None`.
///
/// # Errors
/// [`ImageError::Inconsistent`] if the preview does not fit into memory.
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::image::{Contrast, Image, Samples, preview};
///
/// let image = Image::new(Size::new(3, 1), 1, Samples::U16(vec![1000, 1010, 1040]))?;
/// let by_hand = Contrast::default().low(1000.0).high(1020.0);
/// let picture = preview(&image, None, &by_hand)?;
/// assert_eq!(picture.rgba.chunks(4).map(|rgba| rgba[0]).collect::<Vec<_>>(), [0, 127, 255]);
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
pub fn preview(
    image: &Image,
    maximum_side: Option<usize>,
    contrast: &Contrast,
) -> Result<Preview, ImageError> {
    let (low, high) = match *contrast {
        Contrast { low: Some(low), high: Some(high), .. } => (low, high),
        Contrast { low, high, .. } => {
            let (darkest, brightest) = image.percentiles(CLIPPED, 100.0 - CLIPPED);
            (low.unwrap_or(darkest), high.unwrap_or(brightest))
        }
    };
    let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
    // A constant image is shown with its own brightness instead of black.
    let offset = if high > low { low } else { 0.0 };
    let scale = if scale == 0.0 && image.bit_depth() == 8 { 1.0 } else { scale };
    let curve = gamma_curve(contrast.gamma);
    let byte = |index: usize| {
        curve[((image.samples().get(index) - offset) * scale).clamp(0.0, 255.0) as u8 as usize]
    };
    let rows = |rows: Range<usize>| {
        let mut rgba = Vec::with_capacity(image.width() * rows.len() * 4);
        for pixel in rows.start * image.width()..rows.end * image.width() {
            let first = pixel * image.channels();
            let last = image.channels() - 1;
            rgba.extend([byte(first), byte(first + last.min(1)), byte(first + last), 255]);
        }
        rgba
    };
    at_most(image.width(), image.height(), &rows, maximum_side)
}

/// The output of gamma correction for each of 256 brightness levels; an invalid gamma is replaced by 1.
fn gamma_curve(gamma: f32) -> [u8; 256] {
    let gamma = if gamma.is_finite() && gamma > 0.0 { gamma } else { 1.0 };
    std::array::from_fn(|value| ((value as f32 / 255.0).powf(1.0 / gamma) * 255.0).round() as u8)
}

/// Displays a map of `width * height` values in `0.0..=1.0` with the viridis colour map: dark blue is 0,
/// yellow is 1.
///
/// # Errors
/// [`ImageError::Inconsistent`] if the preview does not fit into memory.
pub fn map_preview(
    width: usize,
    height: usize,
    map: &[f32],
    maximum_side: Option<usize>,
) -> Result<Preview, ImageError> {
    let colours: [[u8; 4]; 256] = std::array::from_fn(|step| {
        let colorous::Color { r, g, b } = colorous::VIRIDIS.eval_rational(step, 256);
        [r, g, b, 255]
    });
    let rows = |rows: Range<usize>| {
        let values = &map[rows.start * width..rows.end * width];
        values.iter().flat_map(|value| colours[(value * 255.0).clamp(0.0, 255.0) as u8 as usize]).collect()
    };
    at_most(width, height, &rows, maximum_side)
}

/// The preview in full size or, if that is too large, with its longer side reduced; `rows` returns the pixels
/// of some rows.
fn at_most(
    width: usize,
    height: usize,
    rows: &dyn Fn(Range<usize>) -> Vec<u8>,
    maximum_side: Option<usize>,
) -> Result<Preview, ImageError> {
    match maximum_side {
        Some(side) if side < width.max(height) => shrink(width, height, rows, side.max(1)),
        _ => Ok(Preview { width, height, rgba: rows(0..height) }),
    }
}

/// The number of full-size pixels in memory at a time while a preview is reduced.
const STRIP_PIXELS: usize = 1 << 22;
/// The radius of the Lanczos filter in pixels of the reduced preview.
const FILTER_REACH: f64 = 3.0;

/// Reduces one strip of rows at a time, because the full-size preview of a large image would take several
/// times its memory.
fn shrink(
    full_width: usize,
    full_height: usize,
    rows: &dyn Fn(Range<usize>) -> Vec<u8>,
    side: usize,
) -> Result<Preview, ImageError> {
    let longer = full_width.max(full_height);
    let scaled = |length: usize| (length * side).div_ceil(longer).max(1);
    let (width, height) = (scaled(full_width), scaled(full_height));
    let step = full_height as f64 / height as f64;
    let strip = ((STRIP_PIXELS as f64 / (full_width as f64 * step)) as usize).max(1);
    let mut rgba = Vec::with_capacity(width * height * 4);
    for top in (0..height).step_by(strip) {
        let bottom = (top + strip).min(height);
        // The filter reads pixels beyond the strip.
        let (above, below) = (top as f64 * step, bottom as f64 * step);
        let reach = FILTER_REACH * step + 1.0;
        let seen = (above - reach).max(0.0) as usize..((below + reach).ceil() as usize).min(full_height);
        let part = above - seen.start as f64..below - seen.start as f64;
        let pixels = rows(seen.clone());
        let values = pixels.len();
        let refused =
            || ImageError::Inconsistent { width: full_width, height: full_height, channels: 4, values };
        let source = TypedImageRef::<U8x4>::from_buffer(full_width as u32, seen.len() as u32, &pixels)
            .map_err(|_| refused())?;
        let mut target = TypedImage::<U8x4>::new(width as u32, (bottom - top) as u32);
        // Alpha is 255 everywhere, so colours need not be weighted by it.
        let options = ResizeOptions::new().use_alpha(false).crop(
            0.0,
            part.start,
            full_width as f64,
            length_within(&part, seen.len()),
        );
        Resizer::new().resize_typed(&source, &mut target, &options).map_err(|_| refused())?;
        rgba.extend(target.pixels().iter().flat_map(|pixel| pixel.0));
    }
    Ok(Preview { width, height, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::image::Samples;

    #[test]
    fn dim_sixteen_bit_values_fill_the_range() {
        let image = Image::new(Size::new(3, 1), 1, Samples::U16(vec![1000, 1010, 1020])).unwrap();
        let picture = preview(&image, None, &Contrast::default()).unwrap();
        assert_eq!(picture.rgba, [0, 0, 0, 255, 127, 127, 127, 255, 255, 255, 255, 255]);
    }

    #[test]
    fn the_longer_side_is_bounded_and_no_side_vanishes() {
        let image = Image::new(Size::new(400, 3), 1, Samples::U8(vec![7; 1200])).unwrap();
        let picture = preview(&image, Some(40), &Contrast::default()).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgba.len()), (40, 1, 160));
        assert_eq!(picture.rgba[..4], [7, 7, 7, 255]);
    }

    #[test]
    fn a_large_picture_is_reduced_without_seams() {
        let (width, height) = (2000, 6000);
        let values = (0..width * height).map(|pixel| (pixel / width * 256 / height) as u8).collect();
        let image = Image::new(Size::new(width, height), 1, Samples::U8(values)).unwrap();
        let contrast = Contrast { low: Some(0.0), high: Some(255.0), ..Contrast::default() };
        assert!(width * height > 2 * STRIP_PIXELS);
        for side in [700, 5999] {
            let picture = preview(&image, Some(side), &contrast).unwrap();
            assert_eq!(picture.rgba.len(), 4 * picture.width * picture.height);
            for (pixel, rgba) in picture.rgba.as_chunks::<4>().0.iter().enumerate() {
                let expected = (pixel / picture.width) as f64 * 256.0 / side as f64;
                assert!((f64::from(rgba[0]) - expected).abs() < 2.0 && rgba[3] == 255, "{pixel}: {rgba:?}");
            }
        }
    }

    #[test]
    fn colour_keeps_its_order() {
        let image = Image::new(Size::new(2, 1), 3, Samples::U8(vec![0, 100, 200, 255, 0, 0])).unwrap();
        assert_eq!(
            preview(&image, None, &Contrast::default()).unwrap().rgba,
            [0, 100, 200, 255, 255, 0, 0, 255]
        );
    }

    #[test]
    fn gamma_brightens_the_middle_and_leaves_the_ends() {
        let image = Image::new(Size::new(3, 1), 1, Samples::U8(vec![0, 64, 255])).unwrap();
        let contrast = Contrast { low: Some(0.0), high: Some(255.0), gamma: 2.0 };
        let picture = preview(&image, None, &contrast).unwrap();
        assert_eq!(picture.rgba.chunks(4).map(|rgba| rgba[0]).collect::<Vec<_>>(), [0, 128, 255]);
        for gamma in [f32::NAN, 0.0, -1.0, f32::INFINITY] {
            let broken = preview(&image, None, &Contrast { gamma, ..contrast }).unwrap();
            assert_eq!(broken.rgba[4], 64, "{gamma}");
        }
    }

    #[test]
    fn a_map_goes_from_dark_to_yellow() {
        let picture = map_preview(3, 1, &[f32::NAN, 0.0, 1.0], None).unwrap();
        let brightness: Vec<u32> =
            picture.rgba.chunks(4).map(|c| c[..3].iter().map(|&v| u32::from(v)).sum()).collect();
        assert_eq!(brightness[0], brightness[1]);
        assert!(brightness[2] > 2 * brightness[1]);
    }
}
