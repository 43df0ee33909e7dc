//! The values of a page: decompression, unpacking and assembly of strips or tiles.

use half::f16;

use super::FORMAT;
use super::compression::{self, Packed};
use super::directory::{File, corrupt, tag};
use super::page::{Meaning, Number, Page};
use crate::image::warning::{kind, warn};
use crate::image::{Buffer, ImageError, Limits, Samples, Warning, check_size};

/// Reads the requested samples of a page, in this order, interleaved and row-major, with the shape
/// `[height, width, wanted.len()]`.
///
/// Unsigned integers of up to 8 bits become `U8`, those of up to 16 bits `U16`, all others `F32`. Values of
/// pages where 0 is white are inverted.
pub(super) fn read(
    file: &File,
    page: &Page,
    wanted: &[usize],
    limits: Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Samples, ImageError> {
    page.check(limits)?;
    let grid = Grid::read(file, page, limits)?;
    let pixels = page.width.saturating_mul(page.height);
    if wanted.iter().any(|&sample| sample >= page.samples) {
        return Err(corrupt(format!("a page has {} channels, fewer than others", page.samples)));
    }
    let count = pixels.saturating_mul(wanted.len());
    if (count as u64).saturating_mul(page.value_bytes()) > limits.maximum_bytes() {
        let (width, height) = (page.width as u64, page.height as u64);
        return Err(ImageError::TooLarge { width, height, maximum_pixels: limits.maximum_pixels });
    }
    let mut values = match (page.number, page.bits) {
        (Number::Unsigned, 1..=8) => Samples::U8(vec![0; count].into()),
        (Number::Unsigned, 9..=16) => Samples::U16(vec![0; count].into()),
        _ => Samples::F32(vec![0.0; count].into()),
    };
    let planes = if page.is_planar { wanted.len() } else { 1 };
    let background = background(file, page);
    let mut missing = 0usize;
    for plane in 0..planes {
        // Pairs of the index of a sample in a stored pixel and in a pixel of the result.
        let targets: Vec<(usize, usize)> =
            if page.is_planar { vec![(0, plane)] } else { wanted.iter().copied().zip(0..).collect() };
        let first = if page.is_planar { wanted[plane] * grid.chunks() } else { 0 };
        for chunk in 0..grid.chunks() {
            let rectangle = grid.rectangle(chunk, page);
            if grid.is_missing(first + chunk) {
                missing += 1;
                Target { page, rectangle, samples: &targets, stride: wanted.len() }
                    .fill_with(&mut values, background);
                continue;
            }
            let bytes = grid.expand(file, page, first + chunk, &rectangle, warnings)?;
            let target = Target { page, rectangle, samples: &targets, stride: wanted.len() };
            target.fill(&mut values, &bytes, file.big_endian, grid.row_bytes);
        }
    }
    if missing > 0 {
        let (what, all) = (if grid.is_tiled { "tiles" } else { "strips" }, grid.chunks() * planes);
        let message = format!(
            "{missing} of {all} {what} of a page are not in the file; they are filled with {background}"
        );
        warn(warnings, kind::SPARSE, message);
    }
    Ok(values)
}

/// The colours of a page as red, green and blue: `[height, width, 3]`.
pub(super) fn read_color(
    file: &File,
    page: &Page,
    limits: Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Samples, ImageError> {
    match page.meaning {
        Meaning::Palette => {
            let indices = read(file, page, &[0], limits, warnings)?;
            let colors = palette(file, page)?;
            let color = |index: usize| colors.get(index).copied().unwrap_or([0; 3]);
            Ok(Samples::U8(match indices {
                Samples::U8(values) => values.into_iter().flat_map(|index| color(index.into())).collect(),
                Samples::U16(values) => values.into_iter().flat_map(|index| color(index.into())).collect(),
                Samples::F32(_) => return Err(corrupt("its palette has positions that are fractions")),
            }))
        }
        Meaning::Cmyk => Ok(match read(file, page, &[0, 1, 2, 3], limits, warnings)? {
            Samples::U8(inks) => {
                let most = u32::from(u8::MAX >> (8 - page.bits));
                Samples::U8(without_black(&inks, |ink, black| {
                    ((most - u32::from(ink)) * (most - u32::from(black)) / most) as u8
                }))
            }
            Samples::U16(inks) => {
                let most = u64::from(u16::MAX >> (16 - page.bits));
                Samples::U16(without_black(&inks, |ink, black| {
                    ((most - u64::from(ink)) * (most - u64::from(black)) / most) as u16
                }))
            }
            Samples::F32(inks) => {
                let most =
                    if page.number == Number::Float { 1.0 } else { (2.0f32).powi(page.bits as i32) - 1.0 };
                Samples::F32(without_black(&inks, |ink, black| (most - ink) * (most - black) / most))
            }
        }),
        _ => read(file, page, &[0, 1, 2], limits, warnings),
    }
}

/// The colours of a palette at 8 bits: reds, then greens, then blues, of 16 bits each (TIFF 6.0, section 5).
/// If no value is above 255, the values are 8-bit.
pub(super) fn palette(file: &File, page: &Page) -> Result<Vec<[u8; 3]>, ImageError> {
    let colors = 1usize << page.bits.min(16);
    let map = page.directory.numbers(file, tag::COLOR_MAP, 3 * colors)?;
    if map.len() < 3 * colors {
        return Err(corrupt(format!("its palette has {} values instead of {}", map.len(), 3 * colors)));
    }
    let shift = if map.iter().any(|&value| value > 255) { 8 } else { 0 };
    let at = |index: usize| (map[index] >> shift) as u8;
    Ok((0..colors).map(|index| [at(index), at(index + colors), at(index + 2 * colors)]).collect())
}

fn without_black<T: Copy>(inks: &[T], light: impl Fn(T, T) -> T) -> Buffer<T> {
    let pixels = inks.chunks_exact(4);
    pixels.flat_map(|ink| [light(ink[0], ink[3]), light(ink[1], ink[3]), light(ink[2], ink[3])]).collect()
}

/// The maximum length in bytes of a number that is written as text.
const LONGEST_NUMBER: usize = 256;

/// The value of omitted strips and tiles: 0, or the value of the tag GDAL_NODATA.
fn background(file: &File, page: &Page) -> f64 {
    // Each page reads this text, and they may share a long one.
    let is_number = page.directory.count(tag::NO_DATA) <= LONGEST_NUMBER;
    let given = page.directory.text(file, tag::NO_DATA).ok().filter(|_| is_number);
    let given = given.and_then(|text| text.trim().parse().ok());
    let stored = given.unwrap_or(0.0);
    match page.number {
        Number::Unsigned if page.white_is_zero => (u64::MAX >> (64 - page.bits)) as f64 - stored,
        Number::Float if page.white_is_zero => 1.0 - stored,
        _ => stored,
    }
}

/// Whether a page is stored in tiles: it has a tile size, and as many offsets as tiles. The offsets may be in
/// the tags for strips; a page with as many offsets as strips, but not as tiles, has strips.
fn is_tiled(file: &File, page: &Page) -> Result<bool, ImageError> {
    let directory = &page.directory;
    if directory.has(tag::TILE_OFFSETS) {
        return Ok(true);
    }
    let side =
        |tag| Ok::<_, ImageError>(usize::try_from(directory.number(file, tag, 0)?).unwrap_or(usize::MAX));
    let (width, height, rows) = (side(tag::TILE_WIDTH)?, side(tag::TILE_HEIGHT)?, side(tag::STRIP_ROWS)?);
    if width == 0 || height == 0 {
        return Ok(false);
    }
    let places = directory.count(tag::STRIP_OFFSETS);
    let planes = if page.is_planar { page.samples } else { 1 };
    let tiles =
        page.width.div_ceil(width).saturating_mul(page.height.div_ceil(height)).saturating_mul(planes);
    let strips = if rows == 0 { planes } else { page.height.div_ceil(rows).saturating_mul(planes) };
    Ok(places == tiles || places != strips)
}

/// The number of compressed bytes of the strips or tiles of a page.
pub(super) fn compressed_bytes(file: &File, page: &Page, limits: Limits) -> Result<u64, ImageError> {
    if compression::is_none(page.compression) {
        return Ok(0);
    }
    Ok(Grid::read(file, page, limits)?.lengths.into_iter().fold(0, u64::saturating_add))
}

/// The division of a page into strips or tiles.
struct Grid<'a> {
    width: usize,
    height: usize,
    across: usize,
    down: usize,
    is_tiled: bool,
    row_bytes: usize,
    offsets: Vec<u64>,
    lengths: Vec<u64>,
    /// Whether any length is greater than 0.
    has_lengths: bool,
    jpeg_tables: &'a [u8],
}

/// The part of the page covered by a strip or tile.
#[derive(Clone, Copy)]
struct Rectangle {
    x: usize,
    y: usize,
    /// The columns and rows inside the page.
    width: usize,
    height: usize,
}

impl<'a> Grid<'a> {
    fn read(file: &File<'a>, page: &Page, limits: Limits) -> Result<Self, ImageError> {
        let directory = &page.directory;
        let is_tiled = is_tiled(file, page)?;
        let side = |tag, missing: usize| {
            let side = directory.number(file, tag, missing as u64)?;
            usize::try_from(side)
                .ok()
                .filter(|&side| side > 0)
                .ok_or_else(|| corrupt("its tiles have no size"))
        };
        let (width, height) = if is_tiled {
            (side(tag::TILE_WIDTH, 0)?, side(tag::TILE_HEIGHT, 0)?)
        } else {
            (page.width, side(tag::STRIP_ROWS, page.height)?.min(page.height))
        };
        check_size(&limits, width as u64, height as u64)?;
        let samples = if page.is_planar { 1 } else { page.samples };
        let row_bytes = width.saturating_mul(samples).saturating_mul(page.bits).div_ceil(8);
        if (row_bytes as u64).saturating_mul(height as u64) > limits.maximum_bytes() {
            let (width, height) = (width as u64, height as u64);
            return Err(ImageError::TooLarge { width, height, maximum_pixels: limits.maximum_pixels });
        }
        let (across, down) = (page.width.div_ceil(width), page.height.div_ceil(height));
        let count = across.saturating_mul(down).saturating_mul(if page.is_planar { page.samples } else { 1 });
        // Some writers store the offsets of tiles in the tags for strips.
        let (place, length) = if is_tiled && directory.has(tag::TILE_OFFSETS) {
            (tag::TILE_OFFSETS, tag::TILE_BYTES)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTES)
        };
        let offsets = directory.numbers(file, place, count)?;
        if offsets.len() < count {
            let found = offsets.len();
            return Err(corrupt(format!("a page has {found} strips or tiles, {count} were expected")));
        }
        let lengths = directory.numbers(file, length, count)?;
        Ok(Self {
            width,
            height,
            across,
            down,
            is_tiled,
            row_bytes,
            offsets,
            has_lengths: lengths.iter().any(|&length| length > 0),
            lengths,
            jpeg_tables: directory.bytes(file, tag::JPEG_TABLES)?,
        })
    }

    /// The number of strips or tiles of one plane.
    fn chunks(&self) -> usize {
        self.across * self.down
    }

    /// Whether a strip or tile is omitted, as in sparse files if it contains only background: its offset is
    /// 0, or its length is 0. If all lengths are 0, they were not filled in.
    fn is_missing(&self, chunk: usize) -> bool {
        let is_empty = self.has_lengths && self.lengths.get(chunk) == Some(&0);
        self.offsets[chunk] == 0 || is_empty
    }

    fn rectangle(&self, chunk: usize, page: &Page) -> Rectangle {
        let (x, y) = (chunk % self.across * self.width, chunk / self.across * self.height);
        Rectangle { x, y, width: self.width.min(page.width - x), height: self.height.min(page.height - y) }
    }

    /// The data of one strip or tile, at least `rectangle.height` rows.
    fn expand(
        &self,
        file: &File<'a>,
        page: &Page,
        chunk: usize,
        rectangle: &Rectangle,
        warnings: &mut Vec<Warning>,
    ) -> Result<std::borrow::Cow<'a, [u8]>, ImageError> {
        // Rows below the page are not needed, even if a tile contains them.
        let height = rectangle.height;
        let length = self.row_bytes * height;
        let cut = ImageError::Truncated { format: FORMAT };
        let start = self.offsets[chunk].checked_add(page.shift).and_then(|start| usize::try_from(start).ok());
        let Some(start) = start else { return Err(cut) };
        // Lengths of uncompressed strips are often wrong, and those of compressed ones sometimes missing.
        let stored = if compression::is_none(page.compression) {
            length
        } else {
            let rest = file.bytes.len().saturating_sub(start);
            self.lengths.get(chunk).map_or(rest, |&length| usize::try_from(length).unwrap_or(usize::MAX))
        };
        let full_height = if self.is_tiled { self.height } else { self.height.max(height) };
        let bytes = file.slice(start, stored)?;
        let packed = Packed { bytes, width: self.width, height, full_height, length };
        compression::expand(page, &packed, self.jpeg_tables, warnings)
    }
}

/// The destination of the values of a strip or tile.
struct Target<'a> {
    page: &'a Page,
    rectangle: Rectangle,
    /// Pairs of a sample of a stored pixel and a sample of a pixel of the result.
    samples: &'a [(usize, usize)],
    /// Samples per pixel of the result.
    stride: usize,
}

impl Target<'_> {
    /// Sets every pixel to the same value.
    fn fill_with(&self, values: &mut Samples, value: f64) {
        match values {
            Samples::U8(values) => self.spread(values, value as u8),
            Samples::U16(values) => self.spread(values, value as u16),
            Samples::F32(values) => self.spread(values, value as f32),
        }
    }

    fn spread<T: Copy>(&self, values: &mut [T], value: T) {
        let Rectangle { x, y, width, height } = self.rectangle;
        for row in y..y + height {
            let start = (row * self.page.width + x) * self.stride;
            for pixel in values[start..start + width * self.stride].chunks_exact_mut(self.stride) {
                for &(_, to) in self.samples {
                    pixel[to] = value;
                }
            }
        }
    }

    fn fill(&self, values: &mut Samples, bytes: &[u8], big_endian: bool, row_bytes: usize) {
        let page = self.page;
        let stored = if page.is_planar { 1 } else { page.samples };
        let has_predictor = compression::has_predictor(page.compression);
        let mask = u64::MAX >> (64 - page.bits);
        let mut numbers = Vec::new();
        let mut bytes_of_floats = Vec::new();
        for (row, packed) in bytes.chunks_exact(row_bytes).take(self.rectangle.height).enumerate() {
            if has_predictor && page.predictor == 3 {
                undo_float_predictor(packed, stored, page.bits / 8, &mut bytes_of_floats);
                unpack(&bytes_of_floats, page.bits, true, &mut numbers);
            } else {
                unpack(packed, page.bits, big_endian, &mut numbers);
            }
            if has_predictor && page.predictor == 2 {
                for index in stored..numbers.len() {
                    numbers[index] = numbers[index].wrapping_add(numbers[index - stored]) & mask;
                }
            }
            if page.white_is_zero && page.number != Number::Float {
                numbers.iter_mut().for_each(|number| *number ^= mask);
            }
            self.put(values, row, &numbers, stored);
        }
    }

    fn put(&self, values: &mut Samples, row: usize, numbers: &[u64], stored: usize) {
        match values {
            Samples::U8(values) => self.scatter(values, row, numbers, stored, |number| number as u8),
            Samples::U16(values) => self.scatter(values, row, numbers, stored, |number| number as u16),
            Samples::F32(values) => {
                let convert = |number| to_float(number, self.page);
                self.scatter(values, row, numbers, stored, convert);
            }
        }
    }

    fn scatter<T>(
        &self,
        values: &mut [T],
        row: usize,
        numbers: &[u64],
        stored: usize,
        convert: impl Fn(u64) -> T,
    ) {
        let Rectangle { x, y, width, .. } = self.rectangle;
        let start = ((y + row) * self.page.width + x) * self.stride;
        let targets = values[start..start + width * self.stride].chunks_exact_mut(self.stride);
        for (pixel, source) in targets.zip(numbers.chunks_exact(stored)) {
            for &(from, to) in self.samples {
                pixel[to] = convert(source[from]);
            }
        }
    }
}

/// Converts the bits of a number to its value. Large integers and doubles are rounded to the nearest `f32`.
fn to_float(number: u64, page: &Page) -> f32 {
    let value = match (page.number, page.bits) {
        (Number::Signed, bits) => (((number << (64 - bits)) as i64) >> (64 - bits)) as f32,
        (Number::Float, 16) => f16::from_bits(number as u16).to_f32(),
        (Number::Float, 32) => f32::from_bits(number as u32),
        (Number::Float, _) => f64::from_bits(number) as f32,
        _ => number as f32,
    };
    if page.white_is_zero && page.number == Number::Float { 1.0 - value } else { value }
}

/// Unpacks the numbers of a row: whole bytes in the byte order of the file, other sizes packed from the
/// highest bit on.
fn unpack(row: &[u8], bits: usize, big_endian: bool, numbers: &mut Vec<u64>) {
    numbers.clear();
    let number = |bytes: &[u8]| {
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        if big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    };
    match bits {
        8 => numbers.extend(row.iter().map(|&byte| u64::from(byte))),
        16 => numbers.extend(row.chunks_exact(2).map(number)),
        24 | 32 | 64 => numbers.extend(row.chunks_exact(bits / 8).map(number)),
        _ => {
            let (mut waiting, mut held) = (0u64, 0);
            for &byte in row {
                waiting = waiting << 8 | u64::from(byte);
                held += 8;
                while held >= bits {
                    held -= bits;
                    numbers.push(waiting >> held & ((1 << bits) - 1));
                }
            }
        }
    }
}

/// Undoes the floating-point predictor (TIFF technical note 3): differences of bytes, grouped by
/// significance. The result is big-endian.
fn undo_float_predictor(row: &[u8], samples: usize, size: usize, floats: &mut Vec<u8>) {
    let mut bytes = row.to_vec();
    for index in samples..bytes.len() {
        bytes[index] = bytes[index].wrapping_add(bytes[index - samples]);
    }
    let count = bytes.len() / size;
    floats.clear();
    floats.extend((0..count * size).map(|index| bytes[index % size * count + index / size]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(row: &[u8], bits: usize, big_endian: bool) -> Vec<u64> {
        let mut numbers = Vec::new();
        unpack(row, bits, big_endian, &mut numbers);
        numbers
    }

    #[test]
    fn numbers_are_unpacked_from_the_highest_bit() {
        assert_eq!(numbers(&[0b1010_0001], 1, false), [1, 0, 1, 0, 0, 0, 0, 1]);
        assert_eq!(numbers(&[0b1101_0100, 0b1000_0000], 3, false)[..3], [6, 5, 1]);
        assert_eq!(numbers(&[0xab, 0xcd, 0xef], 12, false), [0xabc, 0xdef]);
        assert_eq!(numbers(&[1, 2, 3, 4], 16, true), [0x102, 0x304]);
        assert_eq!(numbers(&[1, 2, 3, 4], 32, false), [0x0403_0201]);
        assert_eq!(numbers(&[1, 2, 3], 24, true), [0x01_0203]);
    }

    #[test]
    fn the_float_predictor_is_undone() {
        // 1.0 and 2.0 are 3f80_0000 and 4000_0000: bytes grouped by significance, then differences.
        let planes = [0x3fu8, 0x40, 0x80, 0x00, 0, 0, 0, 0];
        let differences: Vec<u8> =
            (0..8).map(|at| planes[at].wrapping_sub(if at == 0 { 0 } else { planes[at - 1] })).collect();
        let mut floats = Vec::new();
        undo_float_predictor(&differences, 1, 4, &mut floats);
        assert_eq!(floats, [1.0f32.to_be_bytes(), 2.0f32.to_be_bytes()].concat());
    }
}
