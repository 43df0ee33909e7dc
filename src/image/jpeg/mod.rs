//! Decoder for JPEG with 8 bits and Huffman codes: baseline, extended sequential and progressive (ITU-T
//! T.81).
//!
//! Implemented here because pixels must either be correct or be rejected: decoders for Rust mix up the blocks
//! of separate scans of subsampled components, or fill in data after a damaged position without an error
//! (`docs/formats.md`). All values are identical to those of libjpeg's accurate integer method.
//!
//! ```text
//! segments ──▶ scans ──huffman──▶ coefficients ──transform──▶ planes ──color──▶ pixels
//! ```

mod color;
mod huffman;
mod transform;

use color::Plane;
use huffman::{Bits, Fault, Table};

use super::{ImageError, Limits, check_size};

const FORMAT: &str = "JPEG";

/// The meaning of the components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colors {
    /// As in a standalone file: determined by the markers of JFIF and Adobe, or else by the component ids.
    ByMarkers,
    /// Three components are luminance and colour differences (YCbCr), to be converted to RGB.
    Ycbcr,
    /// The components are returned unchanged.
    Stored,
}

/// A decoded image.
#[derive(Debug)]
pub(super) struct Jpeg {
    pub width: usize,
    pub height: usize,
    /// The number of values per pixel.
    pub channels: usize,
    /// The values, interleaved and row-major.
    pub samples: Vec<u8>,
    /// The EXIF block, starting with its TIFF header.
    pub exif: Option<Vec<u8>>,
    /// Problems in the file that do not prevent decoding every pixel.
    pub oddities: Vec<String>,
}

/// Width, height and number of components, without decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub width: usize,
    pub height: usize,
    pub components: usize,
}

/// Decodes a JPEG. `tables` is a JPEG without an image whose tables are used if the file has none of its own
/// (JPEGTables of TIFF); `fits` may reject the size before memory is allocated.
///
/// # Errors
/// [`ImageError::Truncated`], [`ImageError::Corrupt`] with the position, [`ImageError::Unsupported`],
/// [`ImageError::TooLarge`], or an error of `fits`.
pub(super) fn decode(
    bytes: &[u8],
    tables: &[u8],
    colors: Colors,
    limits: Limits,
    fits: impl FnOnce(Size) -> Result<(), ImageError>,
) -> Result<Jpeg, ImageError> {
    let mut decoder = Decoder { limits, ..Decoder::default() };
    if !tables.is_empty() {
        decoder.read(tables, None)?;
    }
    decoder.read(bytes, Some(Box::new(fits)))?;
    decoder.finish(colors)
}

fn corrupt(reason: impl Into<String>) -> ImageError {
    ImageError::Corrupt { format: FORMAT, reason: reason.into() }
}

fn unsupported(reason: impl Into<String>) -> ImageError {
    ImageError::Unsupported { format: FORMAT, reason: reason.into() }
}

const CUT: ImageError = ImageError::Truncated { format: FORMAT };

/// More than any encoder writes; each scan takes time, even if it has few bytes.
const MOST_SCANS: usize = 500;

/// The position in a block of each coefficient in zigzag order (figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// One component of the frame.
struct Component {
    id: u8,
    /// The horizontal and vertical sampling factors.
    sampling: (usize, usize),
    steps_at: usize,
    /// The quantization steps at the start of its first scan.
    steps: Option<[u16; 64]>,
    /// Columns and rows of samples that belong to the image.
    width: usize,
    height: usize,
    /// The number of stored blocks, rounded up to whole MCUs.
    across: usize,
    down: usize,
    /// The samples of a sequential frame.
    samples: Vec<u8>,
    /// The coefficients of a progressive frame.
    coefficients: Vec<i16>,
    /// The lowest known bit of each coefficient; 16 if none is known.
    known: [u8; 64],
}

struct Frame {
    width: usize,
    height: usize,
    is_progressive: bool,
    /// The maximum horizontal and vertical sampling factors of the components.
    most: (usize, usize),
    components: Vec<Component>,
}

impl Frame {
    /// The number of MCUs of an interleaved scan, horizontally and vertically.
    fn units(&self) -> (usize, usize) {
        (self.width.div_ceil(8 * self.most.0), self.height.div_ceil(8 * self.most.1))
    }
}

#[derive(Default)]
struct Decoder {
    limits: Limits,
    steps: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart_interval: usize,
    frame: Option<Frame>,
    is_jfif: bool,
    /// The colour transform in the Adobe marker.
    adobe: Option<u8>,
    exif: Option<Vec<u8>>,
    oddities: Vec<String>,
    /// Whether pixels at the bottom of the image are missing.
    is_cut: bool,
    scans: usize,
}

/// The part of a component in a scan.
struct Part {
    component: usize,
    dc: usize,
    ac: usize,
}

/// The coefficients of a scan, and their bits.
#[derive(Clone, Copy)]
struct Band {
    first: usize,
    last: usize,
    /// The bit known before the scan, 0 for a first pass.
    high: u8,
    low: u8,
}

/// Checks whether a size is accepted.
type Fits<'a> = Box<dyn FnOnce(Size) -> Result<(), ImageError> + 'a>;

impl Decoder {
    /// Reads all segments; without `fits`, the file may contain only tables.
    fn read(&mut self, bytes: &[u8], mut fits: Option<Fits>) -> Result<(), ImageError> {
        if !bytes.starts_with(b"\xff\xd8") {
            return Err(corrupt("it does not begin as a JPEG"));
        }
        let only_tables = fits.is_none();
        let mut place = 2;
        loop {
            let Some((marker, after)) = next_marker(bytes, place) else {
                if only_tables {
                    return Ok(());
                }
                return self.end_is_missing();
            };
            place = after;
            match marker {
                // The end of the image.
                0xd9 => return if only_tables { Ok(()) } else { self.end() },
                // Stray restart markers, a start marker, and a temporary marker have no segment.
                0xd0..=0xd8 | 0x01 => continue,
                _ => {}
            }
            let length =
                bytes.get(place..place + 2).map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1]));
            let segment = length.and_then(|length| bytes.get(place + 2..place + length.max(2)));
            let (Some(length), Some(segment)) = (length, segment) else {
                return if only_tables { Err(CUT) } else { self.end_is_missing() };
            };
            place += length.max(2);
            match marker {
                0xdb => self.quantization(segment)?,
                0xc4 => self.huffman(segment)?,
                0xdd => {
                    let [high, low, ..] = *segment else { return Err(corrupt("a segment is too short")) };
                    self.restart_interval = usize::from(u16::from_be_bytes([high, low]));
                }
                0xc0..=0xc2 if !only_tables => {
                    let Some(fits) = fits.take() else { return Err(corrupt("it has two frames")) };
                    self.frame(segment, marker == 0xc2, fits)?;
                }
                0xc3 => return Err(unsupported("lossless coding")),
                0xc5..=0xc7 | 0xde | 0xdf => return Err(unsupported("hierarchical coding")),
                0xc9..=0xcf => return Err(unsupported("arithmetic coding")),
                0xf7 => return Err(unsupported("JPEG-LS coding")),
                0xda if !only_tables => place = self.scan(bytes, segment, place)?,
                0xdc => return Err(unsupported("its height stands behind its first scan")),
                0xe0 if segment.starts_with(b"JFIF\0") => self.is_jfif = true,
                0xe1 if segment.starts_with(b"Exif\0") && self.exif.is_none() => {
                    self.exif = segment.get(6..).map(<[u8]>::to_vec);
                }
                0xee if segment.starts_with(b"Adobe") => self.adobe = segment.get(11).copied(),
                _ => {}
            }
        }
    }

    /// At the end marker, every component must have been in a scan.
    fn end(&mut self) -> Result<(), ImageError> {
        if !self.knows(|known| known[0] < 16) {
            return Err(CUT);
        }
        if !self.knows(|known| known.iter().all(|&bit| bit == 0)) {
            self.oddities.push("its last scans are missing, so that fine detail is lost".into());
        }
        Ok(())
    }

    /// A file without an end marker is accepted if it is complete otherwise.
    fn end_is_missing(&mut self) -> Result<(), ImageError> {
        if !self.knows(|known| known.iter().all(|&bit| bit == 0)) {
            return Err(CUT);
        }
        if !self.is_cut {
            self.oddities.push("its end mark is missing, but all of its pixels are there".into());
        }
        Ok(())
    }

    /// Whether a condition holds for the coefficients of every component.
    fn knows(&self, enough: impl Fn(&[u8; 64]) -> bool) -> bool {
        self.frame
            .as_ref()
            .is_some_and(|frame| frame.components.iter().all(|component| enough(&component.known)))
    }

    fn quantization(&mut self, mut segment: &[u8]) -> Result<(), ImageError> {
        while let Some((&head, rest)) = segment.split_first() {
            let size = if head >> 4 == 0 { 1 } else { 2 };
            let (Some(slot), Some(values)) =
                (self.steps.get_mut(usize::from(head & 15)), rest.get(..64 * size))
            else {
                return Err(corrupt("a quantisation table is not valid"));
            };
            let mut steps = [0; 64];
            for (value, &at) in values.chunks_exact(size).zip(&ZIGZAG) {
                steps[usize::from(at)] = value.iter().fold(0, |number, &byte| number << 8 | u16::from(byte));
            }
            *slot = Some(steps);
            segment = &rest[64 * size..];
        }
        Ok(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Result<(), ImageError> {
        let broken = || corrupt("a Huffman table is not valid");
        while let Some((&head, rest)) = segment.split_first() {
            let counts: &[u8; 16] = rest.first_chunk().ok_or_else(broken)?;
            let count = counts.iter().map(|&count| usize::from(count)).sum::<usize>();
            let values = rest.get(16..16 + count).ok_or_else(broken)?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = tables.get_mut(usize::from(head & 15)).ok_or_else(broken)?;
            *slot = Some(Table::new(counts, values).ok_or_else(broken)?);
            segment = &rest[16 + count..];
        }
        Ok(())
    }

    fn frame(&mut self, segment: &[u8], is_progressive: bool, fits: Fits) -> Result<(), ImageError> {
        let [precision, high, low, left, right, count, components @ ..] = segment else {
            return Err(corrupt("its frame is too short"));
        };
        let (height, width) = (
            usize::from(u16::from_be_bytes([*high, *low])),
            usize::from(u16::from_be_bytes([*left, *right])),
        );
        if *precision != 8 {
            return Err(unsupported(format!("{precision} bits a value")));
        }
        if height == 0 {
            return Err(unsupported("its height stands behind its first scan"));
        }
        let count = usize::from(*count);
        if width == 0 || count == 0 || components.len() < 3 * count {
            return Err(corrupt("its frame has no columns or no components"));
        }
        if count > 4 {
            return Err(unsupported(format!("{count} values a pixel")));
        }
        check_size(&self.limits, width as u64, height as u64)?;
        fits(Size { width, height, components: count })?;
        let described = components.chunks_exact(3).take(count);
        let sampling = |byte: u8| (usize::from(byte >> 4), usize::from(byte & 15));
        if described.clone().any(|one| !(1..=4).contains(&(one[1] >> 4)) || !(1..=4).contains(&(one[1] & 15)))
        {
            return Err(corrupt("a component has no valid sampling"));
        }
        let most = described
            .clone()
            .map(|one| sampling(one[1]))
            .fold((1, 1), |most, (across, down)| (most.0.max(across), most.1.max(down)));
        let mut frame = Frame { width, height, is_progressive, most, components: Vec::new() };
        let units = frame.units();
        for one in described {
            let (across, down) = sampling(one[1]);
            let blocks = (units.0 * across, units.1 * down);
            let values = blocks.0 * blocks.1 * 64;
            frame.components.push(Component {
                id: one[0],
                sampling: (across, down),
                steps_at: one[2].into(),
                steps: None,
                width: (width * across).div_ceil(most.0),
                height: (height * down).div_ceil(most.1),
                across: blocks.0,
                down: blocks.1,
                samples: if is_progressive { Vec::new() } else { vec![0; values] },
                coefficients: if is_progressive { vec![0; values] } else { Vec::new() },
                known: [16; 64],
            });
        }
        self.frame = Some(frame);
        Ok(())
    }

    /// Decodes a scan whose data start at `place`; returns the end of the data.
    fn scan(&mut self, bytes: &[u8], header: &[u8], place: usize) -> Result<usize, ImageError> {
        let Some(frame) = self.frame.as_mut() else { return Err(corrupt("a scan stands before the frame")) };
        let broken = || corrupt("a scan's header is not valid");
        self.scans += 1;
        if self.scans > MOST_SCANS {
            return Err(corrupt(format!("it has more than {MOST_SCANS} scans")));
        }
        let (&count, rest) = header.split_first().ok_or_else(broken)?;
        let count = usize::from(count);
        let [first, last, bits] = *rest.get(2 * count..2 * count + 3).ok_or_else(broken)? else {
            return Err(broken());
        };
        let band = if frame.is_progressive {
            Band { first: first.into(), last: last.into(), high: bits >> 4, low: bits & 15 }
        } else {
            Band { first: 0, last: 63, high: 0, low: 0 }
        };
        let refines = band.high > 0;
        if band.first > band.last
            || band.last > 63
            || band.low > 13
            || (refines && band.high != band.low + 1)
            || (frame.is_progressive && (band.first == 0) != (band.last == 0))
            || (band.first > 0 && count != 1)
        {
            return Err(broken());
        }
        let mut parts: Vec<Part> = Vec::new();
        for pair in rest[..2 * count].chunks_exact(2) {
            let component = frame.components.iter().position(|component| component.id == pair[0]);
            let component = component.ok_or_else(broken)?;
            if parts.iter().any(|part| part.component == component) {
                return Err(broken());
            }
            parts.push(Part {
                component,
                dc: usize::from(pair[1] >> 4) & 3,
                ac: usize::from(pair[1] & 15) & 3,
            });
        }
        if parts.is_empty() {
            return Err(broken());
        }
        for part in &parts {
            let component = &mut frame.components[part.component];
            if component.steps.is_none() {
                let steps = self.steps.get(component.steps_at).copied().flatten();
                component.steps = Some(steps.ok_or_else(|| corrupt("a quantisation table is missing"))?);
            }
            let (needs_dc, needs_ac) = (band.first == 0 && !refines, band.last > 0);
            if (needs_dc && self.dc[part.dc].is_none()) || (needs_ac && self.ac[part.ac].is_none()) {
                return Err(corrupt("a Huffman table is missing"));
            }
            let known = &mut component.known[band.first..=band.last];
            let expected = if refines { band.high } else { 16 };
            if known.iter().any(|&bit| bit != expected) {
                return Err(corrupt("a scan repeats coefficients, or refines some that are not there"));
            }
            known.fill(band.low);
        }
        let tables = Tables { dc: &self.dc, ac: &self.ac, restart_interval: self.restart_interval };
        let end = run_scan(frame, &parts, band, &tables, bytes, place)?;
        if end.cut_rows > 0 {
            let rows = end.cut_rows;
            self.is_cut = true;
            self.oddities
                .push(format!("it is cut short: its last {rows} rows of pixels repeat the one above"));
        }
        if end.has_rest {
            self.oddities.push("some of its data belong to no pixel, so a place in it may be damaged".into());
        }
        Ok(end.place)
    }

    fn finish(mut self, colors: Colors) -> Result<Jpeg, ImageError> {
        let Some(mut frame) = self.frame.take() else { return Err(CUT) };
        for component in &mut frame.components {
            if frame.is_progressive {
                component.samples = transformed(component);
                component.coefficients = Vec::new();
            }
        }
        let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        let channels = ids.len();
        let is_ycbcr = match (colors, channels) {
            (Colors::Ycbcr, 3) => true,
            (Colors::ByMarkers, 3) if self.is_jfif => true,
            (Colors::ByMarkers, 3) => match self.adobe {
                Some(transform) => transform != 0,
                None => ids != *b"RGB",
            },
            (Colors::ByMarkers, 4) => self.adobe == Some(2),
            _ => false,
        };
        if colors == Colors::ByMarkers && channels == 2 {
            return Err(unsupported("two values a pixel"));
        }
        let of_inks = colors == Colors::ByMarkers && channels == 4;
        let planes: Vec<Plane> = frame
            .components
            .into_iter()
            .map(|component| Plane {
                width: component.width,
                height: component.height,
                stride: component.across * 8,
                samples: component.samples,
                sampling: component.sampling,
            })
            .collect();
        let (width, height) = (frame.width, frame.height);
        let kept = if of_inks { 3 } else { channels };
        let mut samples = Vec::with_capacity(width * height * kept);
        let mut rows = vec![vec![0u8; width]; channels];
        for y in 0..height {
            for (plane, row) in planes.iter().zip(&mut rows) {
                plane.expand(y, frame.most, row);
            }
            match &rows[..] {
                [only] => samples.extend_from_slice(only),
                [first, second, third] if is_ycbcr => {
                    for ((&y, &blue), &red) in first.iter().zip(second).zip(third) {
                        samples.extend(color::rgb([y, blue, red]));
                    }
                }
                [first, second, third, fourth] if of_inks => {
                    for x in 0..width {
                        let mut inks = [first[x], second[x], third[x]];
                        if is_ycbcr {
                            inks = color::rgb(inks).map(|ink| 255 - ink);
                        }
                        samples.extend(color::of_inks([inks[0], inks[1], inks[2], fourth[x]]));
                    }
                }
                all => {
                    for x in 0..width {
                        samples.extend(all.iter().map(|row| row[x]));
                    }
                }
            }
        }
        Ok(Jpeg { width, height, channels: kept, samples, exif: self.exif, oddities: self.oddities })
    }
}

/// The next marker at or after `place`, and the position after it.
fn next_marker(bytes: &[u8], place: usize) -> Option<(u8, usize)> {
    let rest = bytes.get(place..)?;
    let found = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
    Some((rest[found + 1], place + found + 2))
}

struct Tables<'a> {
    dc: &'a [Option<Table>; 4],
    ac: &'a [Option<Table>; 4],
    restart_interval: usize,
}

/// The result of a scan.
struct ScanEnd {
    place: usize,
    /// Whether there are unused data.
    has_rest: bool,
    /// The number of pixel rows missing at the bottom of the image.
    cut_rows: usize,
}

/// The fraction of the units of a scan that may be missing at the end of the file, as its reciprocal.
const MAY_BE_MISSING: usize = 50;

fn run_scan(
    frame: &mut Frame,
    parts: &[Part],
    band: Band,
    tables: &Tables,
    bytes: &[u8],
    place: usize,
) -> Result<ScanEnd, ImageError> {
    // A scan of one component stores its blocks in row-major order, without those that only pad MCUs (A.2.2).
    let alone = parts.len() == 1;
    let (across, down) = if alone {
        let component = &frame.components[parts[0].component];
        (component.width.div_ceil(8), component.height.div_ceil(8))
    } else {
        frame.units()
    };
    let unit_rows = |frame: &Frame| {
        let down = if alone { frame.components[parts[0].component].sampling.1 } else { 1 };
        if alone { 8 * frame.most.1 / down } else { 8 * frame.most.1 }
    };
    let mut bits = Bits::new(bytes, place);
    let mut state = State::default();
    let (mut has_rest, mut restarts) = (false, 0);
    for unit in 0..across * down {
        if tables.restart_interval > 0 && unit > 0 && unit % tables.restart_interval == 0 {
            has_rest |= bits.unused_bytes() > 0 || bits.has_odd_padding();
            let (expected, row) = (0xd0 + (restarts % 8) as u8, unit / across * unit_rows(frame));
            match next_marker(bytes, bits.place) {
                Some((marker, after)) if marker == expected => bits.place = after,
                None if is_nearly_whole(unit, across * down) => {
                    let cut_rows = frame.height.saturating_sub(row);
                    return Ok(ScanEnd { place: bytes.len(), has_rest, cut_rows });
                }
                None => return Err(CUT),
                Some(_) => {
                    return Err(corrupt(format!(
                        "a restart mark is missing or in the wrong place at row {row}; what follows cannot be decoded"
                    )));
                }
            }
            bits.clear();
            state = State::default();
            restarts += 1;
        }
        let (x, y) = (unit % across, unit / across);
        for (number, part) in parts.iter().enumerate() {
            let component = &mut frame.components[part.component];
            let (columns, rows) = if alone { (1, 1) } else { component.sampling };
            for block in 0..columns * rows {
                let (column, row) = (x * columns + block % columns, y * rows + block / columns);
                let coder = Coder { band, dc: tables.dc[part.dc].as_ref(), ac: tables.ac[part.ac].as_ref() };
                let done = if frame.is_progressive {
                    let start = (row * component.across + column) * 64;
                    let Some(coefficients) =
                        component.coefficients.get_mut(start..).and_then(|rest| rest.first_chunk_mut())
                    else {
                        continue;
                    };
                    coder.progressive(&mut bits, &mut state, number, coefficients)
                } else {
                    let mut coefficients = [0i16; 64];
                    let done = coder.sequential(&mut bits, &mut state, number, &mut coefficients);
                    if let Some(steps) = &component.steps {
                        put(component.across * 8, column, row, &mut component.samples, &coefficients, steps);
                    }
                    done
                };
                let done = if bits.is_overdrawn() { Err(Fault::Ends) } else { done };
                let Err(fault) = done else { continue };
                let pixel_row = y * unit_rows(frame);
                let at_end = next_marker(bytes, bits.place).is_none_or(|(marker, _)| marker == 0xd9);
                if fault == Fault::Ends && next_marker(bytes, bits.place).is_none() {
                    if !frame.is_progressive && is_nearly_whole(unit, across * down) {
                        let cut_rows = frame.height.saturating_sub(pixel_row);
                        fill_rest(frame, parts, alone, y);
                        return Ok(ScanEnd { place: bytes.len(), has_rest, cut_rows });
                    }
                    return Err(CUT);
                }
                let what =
                    if fault == Fault::Ends && at_end { "its data end" } else { "its data are not valid" };
                return Err(corrupt(format!("{what} at row {pixel_row}; what follows cannot be decoded")));
            }
        }
    }
    has_rest |= bits.unused_bytes() > 0 || bits.has_odd_padding();
    Ok(ScanEnd { place: bits.place, has_rest, cut_rows: 0 })
}

fn is_nearly_whole(done: usize, all: usize) -> bool {
    (all - done) * MAY_BE_MISSING <= all
}

/// Repeats the last available row of samples, from MCU row `unit_row` on.
fn fill_rest(frame: &mut Frame, parts: &[Part], alone: bool, unit_row: usize) {
    for part in parts {
        let component = &mut frame.components[part.component];
        let rows = if alone { 1 } else { component.sampling.1 };
        let (first, stride) = (unit_row * rows * 8, component.across * 8);
        let Some(above) = first.checked_sub(1) else { continue };
        for row in first..component.down * 8 {
            component.samples.copy_within(above * stride..(above + 1) * stride, row * stride);
        }
    }
}

/// Copies the samples of a block to their position.
fn put(
    stride: usize,
    column: usize,
    row: usize,
    samples: &mut [u8],
    coefficients: &[i16; 64],
    steps: &[u16; 64],
) {
    let block = transform::inverse(coefficients, steps);
    for (line, values) in block.chunks_exact(8).enumerate() {
        let start = (row * 8 + line) * stride + column * 8;
        if let Some(target) = samples.get_mut(start..start + 8) {
            target.copy_from_slice(values);
        }
    }
}

/// The samples of a component whose coefficients are complete.
fn transformed(component: &Component) -> Vec<u8> {
    let mut samples = vec![0; component.coefficients.len()];
    if let Some(steps) = &component.steps {
        for (block, coefficients) in component.coefficients.as_chunks::<64>().0.iter().enumerate() {
            let (column, row) = (block % component.across, block / component.across);
            put(component.across * 8, column, row, &mut samples, coefficients, steps);
        }
    }
    samples
}

/// The decoder state that is kept between blocks, up to a restart.
#[derive(Default)]
struct State {
    /// The last DC coefficient of each component of the scan.
    dc: [i32; 4],
    /// The number of remaining blocks without further coefficients in the band.
    empty: u32,
}

struct Coder<'a> {
    band: Band,
    dc: Option<&'a Table>,
    ac: Option<&'a Table>,
}

impl Coder<'_> {
    fn next_dc(&self, bits: &mut Bits, state: &mut State, part: usize) -> Result<i32, Fault> {
        let size = bits.value(self.dc.ok_or(Fault::Invalid)?)?;
        if size > 15 {
            return Err(Fault::Invalid);
        }
        state.dc[part] = state.dc[part].wrapping_add(bits.signed(size));
        Ok(state.dc[part])
    }

    /// Decodes all coefficients of a block (F.2.2).
    fn sequential(
        &self,
        bits: &mut Bits,
        state: &mut State,
        part: usize,
        block: &mut [i16; 64],
    ) -> Result<(), Fault> {
        block[0] = self.next_dc(bits, state, part)? as i16;
        let ac = self.ac.ok_or(Fault::Invalid)?;
        let mut at = 1;
        while at < 64 {
            let value = bits.value(ac)?;
            let (run, size) = (usize::from(value >> 4), value & 15);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => break,
                _ => {
                    at += run;
                    let number = bits.signed(size) as i16;
                    *block
                        .get_mut(usize::from(*ZIGZAG.get(at).ok_or(Fault::Invalid)?))
                        .ok_or(Fault::Invalid)? = number;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// Decodes the bits of the band of a block (G.1.2).
    fn progressive(
        &self,
        bits: &mut Bits,
        state: &mut State,
        part: usize,
        block: &mut [i16; 64],
    ) -> Result<(), Fault> {
        let Band { first, high, low, .. } = self.band;
        match (first, high) {
            (0, 0) => {
                let dc = self.next_dc(bits, state, part)?;
                block[0] = (dc << low) as i16;
                Ok(())
            }
            (0, _) => {
                if bits.number(1) == 1 {
                    block[0] |= 1 << low;
                }
                Ok(())
            }
            (_, 0) => self.first_pass(bits, state, block),
            _ => self.refine(bits, state, block),
        }
    }

    fn first_pass(&self, bits: &mut Bits, state: &mut State, block: &mut [i16; 64]) -> Result<(), Fault> {
        if state.empty > 0 {
            state.empty -= 1;
            return Ok(());
        }
        let ac = self.ac.ok_or(Fault::Invalid)?;
        let mut at = self.band.first;
        while at <= self.band.last {
            let value = bits.value(ac)?;
            let (run, size) = (value >> 4, value & 15);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => {
                    state.empty = (1 << run) - 1 + bits.number(run);
                    break;
                }
                _ => {
                    at += usize::from(run);
                    if at > self.band.last {
                        return Err(Fault::Invalid);
                    }
                    block[usize::from(ZIGZAG[at])] = (bits.signed(size) << self.band.low) as i16;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn refine(&self, bits: &mut Bits, state: &mut State, block: &mut [i16; 64]) -> Result<(), Fault> {
        let ac = self.ac.ok_or(Fault::Invalid)?;
        let Band { first, last, low, .. } = self.band;
        let step = 1i16 << low;
        let mut at = first;
        if state.empty == 0 {
            while at <= last {
                let value = bits.value(ac)?;
                let (mut run, size) = (value >> 4, value & 15);
                let new = match (run, size) {
                    (15, 0) => 0,
                    (_, 0) => {
                        state.empty = (1 << run) + bits.number(run);
                        break;
                    }
                    (_, 1) if bits.number(1) == 1 => step,
                    (_, 1) => -step,
                    _ => return Err(Fault::Invalid),
                };
                // Skips `run` zeros, and refines the nonzero coefficients on the way by one bit.
                while at <= last {
                    let coefficient = &mut block[usize::from(ZIGZAG[at])];
                    if *coefficient != 0 {
                        correct(bits, coefficient, step);
                    } else if run == 0 {
                        *coefficient = new;
                        break;
                    } else {
                        run -= 1;
                    }
                    at += 1;
                }
                if at > last && new != 0 {
                    return Err(Fault::Invalid);
                }
                at += 1;
            }
        }
        if state.empty > 0 {
            for &at in &ZIGZAG[at.min(last + 1)..=last] {
                let coefficient = &mut block[usize::from(at)];
                if *coefficient != 0 {
                    correct(bits, coefficient, step);
                }
            }
            state.empty -= 1;
        }
        Ok(())
    }
}

/// Reads one more bit of a nonzero coefficient.
fn correct(bits: &mut Bits, coefficient: &mut i16, step: i16) {
    if bits.number(1) == 1 && *coefficient & step == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient > 0 { step } else { -step });
    }
}
