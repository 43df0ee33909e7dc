//! Numbers and directories of a TIFF file (TIFF 6.0, section 2; BigTIFF).
//!
//! The `tiff` crate reads directories too, but only after a first page whose pixels it can decode, and it
//! does not support 9 to 15 bits, palettes, or descriptions that are not UTF-8.

use crate::image::warning::{kind, warn};
use crate::image::{ImageError, Warning};
use crate::limits::{Limits, check};

use super::FORMAT;

/// The contents of a file, and the format of its numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    pub bytes: &'a [u8],
    pub big_endian: bool,
    big_tiff: bool,
    pub limits: Limits,
}

/// An entry of a directory: the location of its values.
#[derive(Debug, Clone, Copy)]
struct Field {
    tag: u16,
    kind: u16,
    count: usize,
    place: usize,
}

/// The entries of one page that are used.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    fields: Vec<Field>,
}

/// The supported tags.
pub(super) mod tag {
    pub(crate) const SUBFILE: u16 = 254;
    pub(crate) const OLD_SUBFILE: u16 = 255;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const BITS: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const DESCRIPTION: u16 = 270;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const SAMPLES: u16 = 277;
    pub(crate) const STRIP_ROWS: u16 = 278;
    pub(crate) const STRIP_BYTES: u16 = 279;
    pub(crate) const X_RESOLUTION: u16 = 282;
    pub(crate) const Y_RESOLUTION: u16 = 283;
    pub(crate) const PLANAR: u16 = 284;
    pub(crate) const PAGE_NAME: u16 = 285;
    pub(crate) const RESOLUTION_UNIT: u16 = 296;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const COLOR_MAP: u16 = 320;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTES: u16 = 325;
    pub(crate) const EXTRA_SAMPLES: u16 = 338;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const JPEG_TABLES: u16 = 347;
    pub(crate) const UIC1: u16 = 33_628;
    pub(crate) const UIC2: u16 = 33_629;
    pub(crate) const LSM: u16 = 34_412;
    pub(crate) const NO_DATA: u16 = 42_113;
    pub(crate) const IMAGEJ_SIZES: u16 = 50_838;
    pub(crate) const IMAGEJ_VALUES: u16 = 50_839;
    pub(super) const ALL: [u16; 34] = [
        SUBFILE,
        OLD_SUBFILE,
        WIDTH,
        HEIGHT,
        BITS,
        COMPRESSION,
        PHOTOMETRIC,
        FILL_ORDER,
        DESCRIPTION,
        STRIP_OFFSETS,
        ORIENTATION,
        PAGE_NAME,
        SAMPLES,
        STRIP_ROWS,
        STRIP_BYTES,
        X_RESOLUTION,
        Y_RESOLUTION,
        PLANAR,
        RESOLUTION_UNIT,
        PREDICTOR,
        COLOR_MAP,
        TILE_WIDTH,
        TILE_HEIGHT,
        TILE_OFFSETS,
        TILE_BYTES,
        EXTRA_SAMPLES,
        SAMPLE_FORMAT,
        JPEG_TABLES,
        UIC1,
        UIC2,
        LSM,
        NO_DATA,
        IMAGEJ_SIZES,
        IMAGEJ_VALUES,
    ];
}

pub(super) fn corrupt(reason: impl Into<String>) -> ImageError {
    ImageError::Corrupt { format: FORMAT, reason: reason.into() }
}

impl<'a> File<'a> {
    /// Reads the header. Also returns the offset of the first directory.
    fn open(bytes: &'a [u8], limits: Limits) -> Result<(Self, u64), ImageError> {
        let big_endian = match bytes.get(..2) {
            Some(b"II") => false,
            Some(b"MM") => true,
            _ => return Err(corrupt("it does not begin as a TIFF")),
        };
        let file = Self { bytes, big_endian, big_tiff: false, limits };
        match file.number(2, 2)? {
            42 => Ok((file, file.number(4, 4)?)),
            43 if file.number(4, 2)? == 8 => Ok((Self { big_tiff: true, ..file }, file.number(8, 8)?)),
            version => Err(corrupt(format!("version {version} is neither TIFF nor BigTIFF"))),
        }
    }

    /// The bytes from `start` on.
    pub(super) fn slice(&self, start: usize, length: usize) -> Result<&'a [u8], ImageError> {
        let range = start..start.checked_add(length).ok_or(ImageError::Truncated { format: FORMAT })?;
        self.bytes.get(range).ok_or(ImageError::Truncated { format: FORMAT })
    }

    /// An integer of 1 to 8 bytes.
    fn number(&self, start: usize, length: usize) -> Result<u64, ImageError> {
        let digits = self.slice(start, length)?.iter();
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Ok(if self.big_endian { digits.fold(0, add) } else { digits.rev().fold(0, add) })
    }

    /// Decodes an integer from bytes of the file; `None` for more than 8 bytes.
    pub(super) fn number_in(&self, bytes: &[u8]) -> Option<u64> {
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        (bytes.len() <= 8).then(|| {
            if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
        })
    }

    /// Decodes an 8-byte float.
    pub(super) fn float_in(&self, bytes: &[u8]) -> Option<f64> {
        (bytes.len() == 8).then(|| self.number_in(bytes)).flatten().map(f64::from_bits)
    }

    /// A 4-byte integer at an offset.
    pub(super) fn long(&self, place: usize) -> Option<u64> {
        self.number(place, 4).ok()
    }

    /// Checks an offset in the file; an offset that does not fit into memory is after the end.
    fn place(&self, start: usize, length: usize) -> Result<usize, ImageError> {
        Ok(usize::try_from(self.number(start, length)?).unwrap_or(usize::MAX))
    }

    /// Reads the directory at `start`, and returns the offset of the next one (0 for none) and the number of
    /// entries.
    fn directory(&self, start: usize) -> Result<(Directory, u64, usize), ImageError> {
        let (count_size, entry_size, value_size) = if self.big_tiff { (8, 20, 8) } else { (2, 12, 4) };
        let entries = self.place(start, count_size)?;
        let first = start + count_size;
        let length = entries.checked_mul(entry_size).ok_or(ImageError::Truncated { format: FORMAT })?;
        self.slice(first, length)?;
        let mut fields = Vec::new();
        for at in (first..first + length).step_by(entry_size) {
            let (tag, kind) = (self.number(at, 2)? as u16, self.number(at + 2, 2)? as u16);
            // Of a tag that is there several times, the first counts.
            if tag::ALL.contains(&tag) && fields.iter().all(|field: &Field| field.tag != tag) {
                let count = self.place(at + 4, value_size)?;
                let value = at + 4 + value_size;
                let fits = count.checked_mul(size_of_kind(kind)).is_some_and(|bytes| bytes <= value_size);
                let place = if fits { value } else { self.place(value, value_size)? };
                fields.push(Field { tag, kind, count, place });
            }
        }
        Ok((Directory { fields }, self.number(first + length, value_size)?, entries))
    }
}

/// Opens a file and reads the directories of its pages, in order.
///
/// # Errors
/// The chain of directories points outside the file, or is too long. A chain with a cycle is cut at the
/// cycle, with a warning.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    limits: Limits,
    warnings: &mut Vec<Warning>,
) -> Result<(File<'a>, Vec<Directory>), ImageError> {
    let (file, mut next) = File::open(bytes, limits)?;
    let mut directories = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut all_entries = 0u64;
    while next != 0 {
        if !seen.insert(next) {
            let pages = directories.len();
            let message =
                format!("its list of pages leads back to itself; its {pages} pages up to there are read");
            warn(warnings, kind::PAGE_LOOP, message);
            break;
        }
        let start = usize::try_from(next).map_err(|_| ImageError::Truncated { format: FORMAT })?;
        let (directory, after, entries) = file.directory(start)?;
        all_entries += entries as u64;
        directories.push(directory);
        check::maximum_pages(&limits, directories.len() as u64)?;
        check::maximum_tags(&limits, all_entries)?;
        next = after;
    }
    Ok((file, directories))
}

/// The number of bytes of a value of a field type (TIFF 6.0, page 15, and BigTIFF); 0 for unknown types.
fn size_of_kind(kind: u16) -> usize {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 0,
    }
}

impl Directory {
    fn field(&self, tag: u16) -> Option<Field> {
        self.fields.iter().find(|field| field.tag == tag).copied()
    }

    pub(super) fn has(&self, tag: u16) -> bool {
        self.field(tag).is_some()
    }

    /// Whether the values of any field, or the directory itself, start in the range `start..end`.
    pub(super) fn is_within(&self, start: u64, end: u64) -> bool {
        self.fields.iter().any(|field| (start..end).contains(&(field.place as u64)))
    }

    /// The number of values of a field; 0 if it is missing.
    pub(super) fn count(&self, tag: u16) -> usize {
        self.field(tag).map_or(0, |field| field.count)
    }

    /// The integers of a field, at most `most` of them. Empty if it is missing.
    pub(super) fn numbers(&self, file: &File, tag: u16, most: usize) -> Result<Vec<u64>, ImageError> {
        let Some(field) = self.field(tag) else { return Ok(Vec::new()) };
        let size = match field.kind {
            1 | 3 | 4 | 7 | 13 | 16 | 18 => size_of_kind(field.kind),
            kind => {
                return Err(corrupt(format!(
                    "tag {tag} has values of type {kind}, whole numbers were expected"
                )));
            }
        };
        let count = field.count.min(most);
        file.slice(field.place, count.saturating_mul(size))?;
        (0..count).map(|index| file.number(field.place + index * size, size)).collect()
    }

    /// 4-byte integers at the values of a field, regardless of its type and count; only those that are in the
    /// file.
    pub(super) fn longs(&self, file: &File, tag: u16, count: usize) -> Vec<u64> {
        let Some(field) = self.field(tag) else { return Vec::new() };
        (0..count).map_while(|index| file.long(field.place.checked_add(4 * index)?)).collect()
    }

    /// The first integer of a field, or the default `missing` without the field.
    pub(super) fn number(&self, file: &File, tag: u16, missing: u64) -> Result<u64, ImageError> {
        Ok(self.numbers(file, tag, 1)?.first().copied().unwrap_or(missing))
    }

    /// A fraction; `None` if it is missing or of another type.
    pub(super) fn fraction(&self, file: &File, tag: u16) -> Option<f64> {
        let field = self.field(tag).filter(|field| field.kind == 5 && field.count > 0)?;
        let above = file.number(field.place, 4).ok()?;
        let below = file.number(field.place.checked_add(4)?, 4).ok()?;
        (below != 0).then(|| above as f64 / below as f64)
    }

    /// The bytes of a field; empty if it is missing.
    pub(super) fn bytes<'a>(&self, file: &File<'a>, tag: u16) -> Result<&'a [u8], ImageError> {
        match self.field(tag) {
            Some(field) => file.slice(field.place, field.count.saturating_mul(size_of_kind(field.kind))),
            None => Ok(&[]),
        }
    }

    /// The text of a field up to the terminating zero: UTF-8, or Latin-1 as written by old programs; or
    /// UTF-16.
    pub(super) fn text(&self, file: &File, tag: u16) -> Result<String, ImageError> {
        let bytes = self.bytes(file, tag)?;
        if let Some(text) = utf16(bytes) {
            return Ok(text);
        }
        let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or(bytes);
        Ok(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
        })
    }
}

/// UTF-16 text, recognized by a byte order mark or a leading two-byte `<`.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (big_endian, start) = match bytes.get(..2)? {
        [0xff, 0xfe] => (false, 2),
        [0xfe, 0xff] => (true, 2),
        [b'<', 0] => (false, 0),
        [0, b'<'] => (true, 0),
        _ => return None,
    };
    let unit =
        |pair: &[u8; 2]| if big_endian { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
    let units: Vec<u16> =
        bytes[start..].as_chunks().0.iter().map(unit).take_while(|&unit| unit != 0).collect();
    Some(String::from_utf16_lossy(&units))
}
