//! What the screen shows of an image: 8-bit colour with stretched contrast.

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;

use super::{Image, ImageError};

/// An 8-bit RGBA picture of an image for the screen; the data themselves are not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `[height, width, 4]`, row-major, red, green, blue, alpha (always 255).
    pub rgba: Vec<u8>,
}

/// Share of values, in percent, that may clip at each end when the contrast is stretched.
const CLIPPED: f64 = 0.1;

/// Makes a preview whose longer side is at most `maximum_side` pixels, or of full size for `None`.
///
/// # Errors
/// [`ImageError::Inconsistent`] if the picture cannot be held in memory.
pub fn preview(image: &Image, maximum_side: Option<usize>) -> Result<Preview, ImageError> {
    let (low, high) = image.percentiles(CLIPPED, 100.0 - CLIPPED);
    let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
    // A constant image shows as its own brightness instead of black.
    let offset = if high > low { low } else { 0.0 };
    let scale = if scale == 0.0 && image.bit_depth() == 8 { 1.0 } else { scale };
    let byte = |index: usize| ((image.samples().get(index) - offset) * scale).clamp(0.0, 255.0) as u8;
    let mut rgba = Vec::with_capacity(image.width() * image.height() * 4);
    for pixel in 0..image.width() * image.height() {
        let first = pixel * image.channels();
        let last = image.channels() - 1;
        rgba.extend([byte(first), byte(first + last.min(1)), byte(first + last), 255]);
    }
    let full = Preview { width: image.width(), height: image.height(), rgba };
    match maximum_side {
        Some(side) if side < full.width.max(full.height) => shrink(full, side.max(1)),
        _ => Ok(full),
    }
}

fn shrink(full: Preview, side: usize) -> Result<Preview, ImageError> {
    let longer = full.width.max(full.height);
    let scaled = |length: usize| (length * side).div_ceil(longer).max(1);
    let (width, height) = (scaled(full.width), scaled(full.height));
    let values = full.rgba.len();
    let refused = || ImageError::Inconsistent { width: full.width, height: full.height, channels: 4, values };
    let source = TypedImageRef::<U8x4>::from_buffer(full.width as u32, full.height as u32, &full.rgba)
        .map_err(|_| refused())?;
    let mut target = TypedImage::<U8x4>::new(width as u32, height as u32);
    // Alpha is 255 everywhere: there is nothing to weigh colours by.
    let options = fast_image_resize::ResizeOptions::new().use_alpha(false);
    Resizer::new().resize_typed(&source, &mut target, &options).map_err(|_| refused())?;
    let rgba = target.pixels().iter().flat_map(|pixel| pixel.0).collect();
    Ok(Preview { width, height, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Samples;

    #[test]
    fn dim_sixteen_bit_values_fill_the_range() {
        let image = Image::new(3, 1, 1, Samples::U16(vec![1000, 1010, 1020])).unwrap();
        let picture = preview(&image, None).unwrap();
        assert_eq!(picture.rgba, [0, 0, 0, 255, 127, 127, 127, 255, 255, 255, 255, 255]);
    }

    #[test]
    fn the_longer_side_is_bounded_and_no_side_vanishes() {
        let image = Image::new(400, 3, 1, Samples::U8(vec![7; 1200])).unwrap();
        let picture = preview(&image, Some(40)).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgba.len()), (40, 1, 160));
        assert_eq!(picture.rgba[..4], [7, 7, 7, 255]);
    }

    #[test]
    fn colour_keeps_its_order() {
        let image = Image::new(2, 1, 3, Samples::U8(vec![0, 100, 200, 255, 0, 0])).unwrap();
        assert_eq!(preview(&image, None).unwrap().rgba, [0, 100, 200, 255, 255, 0, 0, 255]);
    }
}
