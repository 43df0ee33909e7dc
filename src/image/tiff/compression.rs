//! Decompression of strips and tiles.

use std::borrow::Cow;
use std::io::Read;

use weezl::{BitOrder, LzwStatus, decode};

use super::FORMAT;
use super::directory::corrupt;
use super::page::{Number, Page};
use crate::image::jpeg::{self, Colors};
use crate::image::warning::{kind, warn};
use crate::image::{ImageError, Limits, Warning};

const NONE: u16 = 1;
const LZW: u16 = 5;
/// JPEG as in TIFF technical note 2, a value of Compression.
pub(super) const JPEG: u16 = 7;
const DEFLATE: u16 = 8;
const PACK_BITS: u16 = 32_773;
const OLD_DEFLATE: u16 = 32_946;
const ZSTD: u16 = 50_000;

/// A strip or tile to decompress.
pub(super) struct Packed<'a> {
    pub bytes: &'a [u8],
    /// The number of columns of the strip or tile.
    pub width: usize,
    /// The number of required rows.
    pub height: usize,
    /// The maximum number of rows.
    pub full_height: usize,
    /// The number of bytes of the required rows.
    pub length: usize,
}

/// Rejects unsupported compression, with its name.
pub(super) fn check(page: &Page) -> Result<(), ImageError> {
    let unsupported = |reason: String| Err(ImageError::Unsupported { format: FORMAT, reason });
    match page.compression {
        NONE | LZW | DEFLATE | OLD_DEFLATE | PACK_BITS | ZSTD => Ok(()),
        JPEG if page.bits == 8 && page.number == Number::Unsigned => Ok(()),
        JPEG => unsupported(format!("JPEG compression of values with {} bits", page.bits)),
        other => unsupported(format!("its pixels are compressed with {}", name(other))),
    }
}

fn name(compression: u16) -> String {
    let known = match compression {
        2 => "CCITT Huffman",
        3 => "CCITT fax group 3",
        4 => "CCITT fax group 4",
        6 => "JPEG of the kind before 1995",
        9 | 10 => "JBIG",
        32_809 => "ThunderScan",
        33_003 | 33_004 | 33_005 | 34_712 => "JPEG 2000",
        34_676 | 34_677 => "SGI LogL",
        34_887 => "LERC",
        34_892 => "lossy JPEG of DNG",
        34_925 => "LZMA",
        50_001 => "WebP",
        22_610 | 34_934 => "JPEG XR",
        50_002 | 52_546 => "JPEG XL",
        other => return format!("method {other}"),
    };
    known.to_owned()
}

/// Whether a predictor is undone: only these three methods support it (TIFF 6.0, section 14).
pub(super) fn has_predictor(compression: u16) -> bool {
    matches!(compression, LZW | DEFLATE | OLD_DEFLATE | ZSTD)
}

/// Whether the values are uncompressed, so that the length of a strip is known without the tag.
pub(super) fn is_none(compression: u16) -> bool {
    compression == NONE
}

/// Decompresses a strip or tile; the result has at least `packed.length` bytes.
///
/// No more memory than that is allocated, regardless of the compressed data.
pub(super) fn expand<'a>(
    page: &Page,
    packed: &Packed<'a>,
    jpeg_tables: &[u8],
    warnings: &mut Vec<Warning>,
) -> Result<Cow<'a, [u8]>, ImageError> {
    let reversed: Cow<[u8]> = if page.reversed_bits {
        Cow::Owned(packed.bytes.iter().map(|byte| byte.reverse_bits()).collect())
    } else {
        Cow::Borrowed(packed.bytes)
    };
    let expanded = match page.compression {
        NONE => reversed,
        LZW => Cow::Owned(lzw(&reversed, packed.length)?),
        PACK_BITS => Cow::Owned(pack_bits(&reversed, packed.length)),
        JPEG => Cow::Owned(jpeg(page, packed, jpeg_tables, warnings)?),
        ZSTD => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(&*reversed);
            let decoder = decoder.map_err(|error| damaged("ZSTD", &error))?;
            Cow::Owned(read(decoder, packed.length).map_err(|error| damaged("ZSTD", &error))?)
        }
        _ => {
            let decoder = flate2::read::ZlibDecoder::new(&*reversed);
            Cow::Owned(read(decoder, packed.length).map_err(|error| damaged("Deflate", &error))?)
        }
    };
    if expanded.len() < packed.length {
        let reason = format!("a strip or tile holds {} bytes instead of {}", expanded.len(), packed.length);
        return Err(corrupt(reason));
    }
    Ok(expanded)
}

fn damaged(method: &str, error: &dyn std::fmt::Display) -> ImageError {
    corrupt(format!("a strip or tile is not valid {method} ({error})"))
}

fn read(decoder: impl Read, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn lzw(packed: &[u8], length: usize) -> Result<Vec<u8>, ImageError> {
    // Before TIFF 5.0, codes, of which the clear code 256 is the first, were stored lowest bit first.
    let is_old = packed.first() == Some(&0) && packed.get(1).is_some_and(|byte| byte & 1 == 1);
    let configuration = if is_old {
        decode::Configuration::new(BitOrder::Lsb, 8)
    } else {
        decode::Configuration::with_tiff_size_switch(BitOrder::Msb, 8)
    };
    let mut decoder = configuration.with_yield_on_full_buffer(true).build();
    let mut bytes = vec![0; length];
    let (mut read, mut written) = (0, 0);
    while let (Some(rest), Some(free)) =
        (packed.get(read..), bytes.get_mut(written..).filter(|free| !free.is_empty()))
    {
        let step = decoder.decode_bytes(rest, free);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status.map_err(|error| damaged("LZW", &error))? {
            LzwStatus::Ok if step.consumed_in + step.consumed_out > 0 => {}
            _ => break,
        }
    }
    bytes.truncate(written);
    Ok(bytes)
}

/// Apple's run-length encoding (TIFF 6.0, section 9).
fn pack_bits(mut packed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let (Some((&head, rest)), true) = (packed.split_first(), bytes.len() < length) {
        let count = usize::from(head) + 1;
        packed = match head {
            0..=127 => {
                let (literal, rest) = rest.split_at(count.min(rest.len()));
                bytes.extend_from_slice(literal);
                rest
            }
            128 => rest,
            129..=255 => {
                let Some((&value, rest)) = rest.split_first() else { break };
                bytes.resize(bytes.len() + 258 - count, value);
                rest
            }
        };
    }
    bytes
}

/// The maximum length in bytes of the shared tables of a JPEG: all tables of the standard take about 3,000.
const LONGEST_TABLES: usize = 1 << 14;

/// Decodes a JPEG whose tables may be stored once for all strips.
fn jpeg(
    page: &Page,
    packed: &Packed,
    tables: &[u8],
    warnings: &mut Vec<Warning>,
) -> Result<Vec<u8>, ImageError> {
    let samples = if page.is_planar { 1 } else { page.samples };
    if tables.len() > LONGEST_TABLES {
        return Err(damaged("JPEG", &"its tables are too long"));
    }
    let fits = |size: jpeg::Size| {
        let is_right = size.width == packed.width
            && (packed.height..=packed.full_height).contains(&size.height)
            && size.components == samples;
        if is_right {
            return Ok(());
        }
        Err(damaged(
            "JPEG",
            &format!(
                "it has {} × {} pixels with {} values, not {} × {} with {samples}",
                size.width, size.height, size.components, packed.width, packed.height
            ),
        ))
    };
    let colors = if page.is_ycbcr && samples == 3 { Colors::Ycbcr } else { Colors::Stored };
    // Sizes that fit are no larger than the strip, which has been checked.
    let limits = Limits::default().with_maximum_pixels(u64::MAX);
    let decoded = jpeg::decode(packed.bytes, tables, colors, limits, fits).map_err(|error| match error {
        ImageError::Corrupt { format: FORMAT, .. } => error,
        ImageError::Corrupt { reason, .. } => damaged("JPEG", &reason),
        ImageError::Unsupported { reason, .. } => {
            ImageError::Unsupported { format: FORMAT, reason: format!("JPEG compression with {reason}") }
        }
        ImageError::Truncated { .. } => damaged("JPEG", &"its data end too early"),
        other => damaged("JPEG", &other),
    })?;
    for oddity in decoded.oddities {
        warn(warnings, kind::JPEG, format!("a JPEG strip or tile is not as it should be: {oddity}"));
    }
    Ok(decoded.samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_lengths_of_the_specification() {
        // The example of TIFF 6.0, page 42.
        let packed =
            [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let expected = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        assert_eq!(pack_bits(&packed, 24), expected);
        assert!(pack_bits(&packed[..1], 24).is_empty());
        assert_eq!(
            pack_bits(&[128, 5, 1, 2], 3),
            [1, 2],
            "128 does nothing, and a cut literal is what is there"
        );
    }
}
