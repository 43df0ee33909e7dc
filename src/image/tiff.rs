//! TIFF, through the `tiff` crate: it keeps float gray and odd depths that general decoders drop.

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::decode::{Limits, keep_channels};
use super::{Image, ImageError, Samples};

const FORMAT: &str = "TIFF";

/// Whether the bytes start as a BigTIFF does (version 43 instead of 42).
pub(super) fn is_big_tiff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II\x2b\x00") || bytes.starts_with(b"MM\x00\x2b")
}

/// Decodes the first page.
pub(super) fn decode(bytes: &[u8], limits: Limits) -> Result<Image, ImageError> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(explain)?;
    let (width, height) = decoder.dimensions().map_err(explain)?;
    limits.check(width.into(), height.into())?;
    let mut allocation = tiff::decoder::Limits::default();
    allocation.decoding_buffer_size = usize::try_from(limits.maximum_bytes()).unwrap_or(usize::MAX);
    allocation.intermediate_buffer_size = allocation.decoding_buffer_size;
    let mut decoder = decoder.with_limits(allocation);

    let (stored, kept) = channels(decoder.colortype().map_err(explain)?)?;
    let is_planar =
        stored > 1 && decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).map_err(explain)? == Some(2);
    let mut values = DecodingResult::U8(Vec::new());
    decoder.read_image_to_buffer(&mut values).map_err(explain)?;

    let pixels = width as usize * height as usize;
    let layout = Layout { pixels, stored, kept, is_planar };
    let samples = match values {
        DecodingResult::U8(values) => Samples::U8(layout.select(values)),
        DecodingResult::U16(values) => Samples::U16(layout.select(values)),
        DecodingResult::F32(values) => Samples::F32(layout.select(values)),
        DecodingResult::U32(values) => layout.floats(values, |value| value as f32),
        DecodingResult::U64(values) => layout.floats(values, |value| value as f32),
        DecodingResult::I8(values) => layout.floats(values, f32::from),
        DecodingResult::I16(values) => layout.floats(values, f32::from),
        DecodingResult::I32(values) => layout.floats(values, |value| value as f32),
        DecodingResult::I64(values) => layout.floats(values, |value| value as f32),
        DecodingResult::F16(values) => layout.floats(values, f32::from),
        DecodingResult::F64(values) => layout.floats(values, |value| value as f32),
    };
    Image::new(width as usize, height as usize, kept, samples)
}

/// Channels stored a pixel, and how many of them (the first ones) are colour.
fn channels(color: ColorType) -> Result<(usize, usize), ImageError> {
    match color {
        ColorType::Gray(bits) if bits >= 8 => Ok((1, 1)),
        ColorType::GrayA(bits) if bits >= 8 => Ok((2, 1)),
        ColorType::RGB(bits) if bits >= 8 => Ok((3, 3)),
        ColorType::RGBA(bits) if bits >= 8 => Ok((4, 3)),
        ColorType::Multiband { num_samples, .. } => {
            let reason = format!("it has {num_samples} channels; save the one with the nuclei on its own");
            Err(ImageError::Unsupported { format: FORMAT, reason })
        }
        other => Err(ImageError::Unsupported { format: FORMAT, reason: format!("pixels are {other:?}") }),
    }
}

/// How values lie in the decoder's buffer.
struct Layout {
    pixels: usize,
    stored: usize,
    kept: usize,
    is_planar: bool,
}

impl Layout {
    /// The colour channels, interleaved. A buffer of the wrong length is left for
    /// [`Image::new`] to refuse.
    fn select<T: Copy>(&self, values: Vec<T>) -> Vec<T> {
        if self.is_planar && values.len() == self.pixels * self.stored {
            (0..self.pixels)
                .flat_map(|pixel| (0..self.kept).map(move |channel| channel * self.pixels + pixel))
                .map(|index| values[index])
                .collect()
        } else if self.kept < self.stored {
            keep_channels(&values, self.stored, self.kept)
        } else {
            values
        }
    }

    fn floats<T: Copy>(&self, values: Vec<T>, convert: impl Fn(T) -> f32) -> Samples {
        Samples::F32(self.select(values).into_iter().map(convert).collect())
    }
}

fn explain(error: TiffError) -> ImageError {
    match error {
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated { format: FORMAT }
        }
        TiffError::UnsupportedError(reason) => {
            ImageError::Unsupported { format: FORMAT, reason: reason.to_string() }
        }
        other => ImageError::Corrupt { format: FORMAT, reason: other.to_string() },
    }
}
