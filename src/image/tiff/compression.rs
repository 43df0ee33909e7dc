//! Strips and tiles as they are before compression.

use std::borrow::Cow;
use std::io::Read;

use weezl::{BitOrder, LzwStatus, decode};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::FORMAT;
use super::directory::corrupt;
use super::page::{Number, Page};
use crate::image::ImageError;

const NONE: u16 = 1;
const LZW: u16 = 5;
/// JPEG as in TIFF's technical note 2, value of Compression.
pub(super) const JPEG: u16 = 7;
const DEFLATE: u16 = 8;
const PACK_BITS: u16 = 32_773;
const OLD_DEFLATE: u16 = 32_946;
const ZSTD: u16 = 50_000;

/// One strip or tile to expand.
pub(super) struct Packed<'a> {
    pub bytes: &'a [u8],
    /// Columns of the strip or tile.
    pub width: usize,
    /// Rows that are needed of it.
    pub height: usize,
    /// Rows that it may have.
    pub full_height: usize,
    /// Bytes that these rows make.
    pub length: usize,
}

/// Refuses, by its name, a compression that is not read.
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

/// Whether a predictor is undone: only these three methods have one (TIFF 6.0, section 14).
pub(super) fn has_predictor(compression: u16) -> bool {
    matches!(compression, LZW | DEFLATE | OLD_DEFLATE | ZSTD)
}

/// Whether the values are as they were written, so that a strip's length is known without being told.
pub(super) fn is_none(compression: u16) -> bool {
    compression == NONE
}

/// Expands a strip or tile; what comes back has at least `packed.length` bytes.
///
/// No more memory is taken than those bytes, whatever the packed bytes say.
pub(super) fn expand<'a>(
    page: &Page,
    packed: &Packed<'a>,
    jpeg_tables: &[u8],
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
        JPEG => Cow::Owned(jpeg(page, packed, jpeg_tables)?),
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
    // Before TIFF 5.0, codes began with the lowest bit, and so with that of the clear code, 256.
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

/// Apple's run lengths (TIFF 6.0, section 9).
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

/// Most bytes of a JPEG's shared tables: all that the standard has take some 3,000.
const LONGEST_TABLES: usize = 1 << 14;

/// A JPEG whose tables may be stored once for all strips: without its own start and end marks they go
/// in front of its data.
fn jpeg(page: &Page, packed: &Packed, tables: &[u8]) -> Result<Vec<u8>, ImageError> {
    let samples = if page.is_planar { 1 } else { page.samples };
    let damaged = |error: &dyn std::fmt::Display| damaged("JPEG", error);
    if tables.len() > LONGEST_TABLES {
        return Err(damaged(&"its tables are too long"));
    }
    let joined = match (tables.strip_suffix(b"\xff\xd9"), packed.bytes.strip_prefix(b"\xff\xd8")) {
        (Some(tables), Some(data)) => [tables, data].concat(),
        _ => packed.bytes.to_vec(),
    };
    let most = |side: usize| side.max(1 << 14);
    let options =
        DecoderOptions::default().set_max_width(most(packed.width)).set_max_height(most(packed.height));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(joined), options);
    decoder.decode_headers().map_err(|error| damaged(&error))?;
    let stored = decoder.input_colorspace().ok_or_else(|| damaged(&"no colours"))?;
    let (width, height) = decoder.dimensions().ok_or_else(|| damaged(&"no size"))?;
    let fits = width == packed.width && (packed.height..=packed.full_height).contains(&height);
    if !fits || stored.num_components() != samples {
        return Err(damaged(&format!(
            "it has {width} × {height} pixels with {} values, not {} × {} with {samples}",
            stored.num_components(),
            packed.width,
            packed.height
        )));
    }
    let wanted = if page.is_ycbcr && samples == 3 { ColorSpace::RGB } else { stored };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    decoder.decode().map_err(|error| damaged(&error))
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
