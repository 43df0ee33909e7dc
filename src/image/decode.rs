//! Decoding of files to an [`Image`], with limits that are checked before memory is allocated.

use crate::geometry::Size;
use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};

use super::jpeg::{self, Colors, Jpeg};
use super::stack::{Keep, Opened, Selection};
use super::warning::{kind, warn};
use super::{Image, ImageError, Samples, Warning, foreign, orientation, tiff};
use crate::limits::Limits;

/// Checks the size of an image.
pub(crate) fn check_size(limits: &Limits, width: u64, height: u64) -> Result<(), ImageError> {
    let maximum_pixels = limits.maximum_pixels;
    let fits = width.checked_mul(height).is_some_and(|pixels| pixels <= maximum_pixels);
    if fits { Ok(()) } else { Err(ImageError::TooLarge { width, height, maximum_pixels }) }
}

/// Decodes the image to segment from a PNG, JPEG, BMP, GIF (first frame), WebP or TIFF file.
///
/// The format is determined from the contents, never from the file name. Alpha is dropped, palettes are
/// expanded, and 16-bit and float values keep their depth. The result is the image of [`open`] with the
/// default [`Selection`], without keeping the other channels in memory.
///
/// # Errors
/// As for [`open`].
///
/// ```
/// use nucleoscope::image::{decode, Limits};
///
/// let field = nucleoscope::synthetic::field(&Default::default());
/// let image = decode(&field.png(), Limits::default())?;
/// assert_eq!((image.width(), image.height(), image.bit_depth()), (256, 256, 8));
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Image, ImageError> {
    open_keeping(bytes, &Selection::default(), limits, Keep::Segmented).map(|opened| opened.image)
}

/// Opens a file: its metadata, the image to segment, and all its channels for measurement.
///
/// Files other than TIFF have one slice and one frame. Pages of a TIFF are read one at a time.
///
/// # Errors
/// Any problem in a file is reported as an [`ImageError`], never as a panic. The dimensions in the header are
/// checked against `limits` before any pixel is decoded, as is the total size of all pages
/// ([`ImageError::StackTooLarge`]). [`ImageError::NoSuchChannel`], [`ImageError::NoSuchSlice`] and
/// [`ImageError::NoSuchFrame`] list what is available.
///
/// ```
/// use nucleoscope::image::{open, ChannelChoice, Limits, Selection};
///
/// let field = nucleoscope::synthetic::field(&Default::default());
/// let opened = open(&field.png(), &Selection::default(), Limits::default())?;
/// assert_eq!((opened.info.slices, opened.info.frames, opened.channels.len()), (1, 1, 1));
///
/// let second = Selection::default().channel(ChannelChoice::Index(1));
/// let error = open(&field.png(), &second, Limits::default()).unwrap_err();
/// assert_eq!(error.to_string(), "there is no single channel 2; the channels are 1 gray");
/// # Ok::<(), nucleoscope::image::ImageError>(())
/// ```
pub fn open(bytes: &[u8], selection: &Selection, limits: Limits) -> Result<Opened, ImageError> {
    open_keeping(bytes, selection, limits, Keep::All)
}

/// Like [`open`], but without keeping the other channels in memory: the result has no channels.
///
/// # Errors
/// As for [`open`].
pub fn open_segmented(bytes: &[u8], selection: &Selection, limits: Limits) -> Result<Opened, ImageError> {
    open_keeping(bytes, selection, limits, Keep::Segmented)
}

fn open_keeping(
    bytes: &[u8],
    selection: &Selection,
    limits: Limits,
    keep: Keep,
) -> Result<Opened, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    match image::guess_format(bytes) {
        Ok(ImageFormat::Tiff) => tiff::open(bytes, selection, limits, keep),
        Ok(format) => match format_name(format) {
            Some(name) => {
                let mut warnings = Vec::new();
                let image = if format == ImageFormat::Jpeg {
                    decode_jpeg(bytes, limits, &mut warnings)?
                } else {
                    decode_with_image_crate(bytes, format, name, limits, &mut warnings)?
                };
                Opened::single(image, warnings, selection, keep)
            }
            None => Err(foreign::error(bytes)),
        },
        Err(_) if tiff::is_big_tiff(bytes) => tiff::open(bytes, selection, limits, keep),
        Err(_) => Err(foreign::error(bytes)),
    }
}

fn format_name(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Png => Some("PNG"),
        ImageFormat::Jpeg => Some("JPEG"),
        ImageFormat::Bmp => Some("BMP"),
        ImageFormat::Gif => Some("GIF"),
        ImageFormat::WebP => Some("WebP"),
        _ => None,
    }
}

fn decode_jpeg(bytes: &[u8], limits: Limits, warnings: &mut Vec<Warning>) -> Result<Image, ImageError> {
    let Jpeg { width, height, channels, samples, exif, oddities } =
        jpeg::decode(bytes, &[], Colors::ByMarkers, limits, |_| Ok(()))?;
    for oddity in oddities {
        warn(warnings, kind::JPEG, format!("the JPEG file is not as it should be: {oddity}"));
    }
    orientation::warn_of(exif.as_deref().and_then(Orientation::from_exif_chunk), warnings);
    Image::new(Size::new(width, height), channels, Samples::U8(samples.into()))
}

fn decode_with_image_crate(
    bytes: &[u8],
    format: ImageFormat,
    name: &'static str,
    limits: Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Image, ImageError> {
    if let Some((width, height)) = png_size(bytes) {
        check_size(&limits, width.into(), height.into())?;
    }
    let explain = |error| explain(error, name);
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    check_size(&limits, width.into(), height.into())?;
    let mut allocation = image::Limits::default();
    allocation.max_alloc = Some(limits.maximum_bytes());
    decoder.set_limits(allocation).map_err(explain)?;

    orientation::warn_of(decoder.orientation().ok(), warnings);
    let color = decoder.color_type();
    let mut buffer = vec![0; usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX)];
    decoder.read_image(&mut buffer).map_err(explain)?;
    let (channels, samples) = match color {
        ColorType::L8 => (1, Samples::U8(buffer.into())),
        ColorType::La8 => (1, Samples::U8(keep_channels(&buffer, 2, 1).into())),
        ColorType::Rgb8 => (3, Samples::U8(buffer.into())),
        ColorType::Rgba8 => (3, Samples::U8(keep_channels(&buffer, 4, 3).into())),
        ColorType::L16 => (1, Samples::U16(native_u16(&buffer).into())),
        ColorType::La16 => (1, Samples::U16(keep_channels(&native_u16(&buffer), 2, 1).into())),
        ColorType::Rgb16 => (3, Samples::U16(native_u16(&buffer).into())),
        ColorType::Rgba16 => (3, Samples::U16(keep_channels(&native_u16(&buffer), 4, 3).into())),
        other => {
            return Err(ImageError::Unsupported { format: name, reason: format!("colour type {other:?}") });
        }
    };
    Image::new(Size::new(width as usize, height as usize), channels, samples)
}

/// Width and height in a PNG header (PNG specification, 11.2.2): the decoder allocates memory for a row
/// before the width can be read from it.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |start: usize| bytes.get(start..start + 4)?.try_into().ok().map(u32::from_be_bytes);
    if bytes.get(12..16) == Some(b"IHDR") { Some((number(16)?, number(20)?)) } else { None }
}

/// The decoder returns 16-bit values as bytes in native byte order.
fn native_u16(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect()
}

/// The first `kept` of every `stride` values: drops alpha and further channels.
fn keep_channels<T: Copy>(values: &[T], stride: usize, kept: usize) -> Vec<T> {
    values.chunks_exact(stride).flat_map(|pixel| &pixel[..kept]).copied().collect()
}

fn explain(error: image::ImageError, format: &'static str) -> ImageError {
    match error {
        image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated { format }
        }
        image::ImageError::Unsupported(error) => {
            ImageError::Unsupported { format, reason: error.to_string() }
        }
        other => {
            let reason = other.to_string();
            let cut = ["unexpected end", "UnexpectedEof", "EOF", "failed to fill"];
            if cut.iter().any(|words| reason.contains(words)) {
                ImageError::Truncated { format }
            } else {
                ImageError::Corrupt { format, reason }
            }
        }
    }
}
