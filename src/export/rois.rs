//! ImageJ regions of interest: a `RoiSet.zip` for the ROI Manager, with one ROI per nucleus.
//!
//! The format is that of ImageJ's `ij.io.RoiDecoder`, whose header comments are its only specification:
//! big-endian, 64 bytes of header, coordinates, a second header, the name. A nucleus of one part without
//! holes is a traced ROI with pixel corners as coordinates; ImageJ includes a pixel if its centre is inside,
//! so the ROI covers exactly the pixels of the nucleus. Any other nucleus is a composite ROI, a path of
//! several closed lines. No position in a stack is set.

use super::{
    Basis, ExportError, ExportFile, Exporter, FileName, Format, FormatInfo, ImageFile, Subject, archive,
};
use crate::geometry::{Point, Size};
use crate::nuclei::{Polygon, Ring};

/// `ID-RoiSet.zip`: regions of interest for ImageJ.
pub const ROIS: Format = Format::new(&Rois);

struct Rois;

impl Exporter for Rois {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "rois",
            label: "ImageJ ROIs (RoiSet.zip)",
            description: "One region of interest a nucleus, for ImageJ's ROI Manager",
            defined_by: "`ij.io.RoiDecoder` in ImageJ's source",
            file: FileName::OfImage(&["-RoiSet.zip"]),
        }
    }

    fn image_file(&self, _subject: &Subject, basis: &Basis) -> Result<Option<ImageFile>, ExportError> {
        let bytes = encode(basis.polygons(), &basis.counted().included, basis.size())?;
        Ok(Some(ImageFile { ending: "-RoiSet.zip".into(), bytes }))
    }
}

/// The longest side of an image. ImageJ reads signed 16-bit numbers and interprets those below -5,000 as
/// large unsigned numbers; it would read 60,536 as -5,000.
const LONGEST_SIDE: usize = 60_535;
/// The maximum number of corners of a traced ROI: programs other than ImageJ read the count as a signed
/// number.
const MOST_CORNERS: usize = 32_767;

const VERSION: u16 = 227;
const RECTANGLE: u8 = 1;
const TRACED: u8 = 8;
const HEADER: usize = 64;
const MOVE_TO: f32 = 0.0;
const LINE_TO: f32 = 1.0;
const CLOSE: f32 = 4.0;

/// Creates an archive of the ROIs of the included nuclei of an image of `size`. They are named
/// `number-row-column`, with the centre of the bounding box, like ImageJ's own names.
///
/// # Errors
/// [`ExportError::TooLarge`] for sides above 60,535 pixels.
pub fn encode(nuclei: &[Vec<Polygon>], included: &[bool], size: Size) -> Result<Vec<u8>, ExportError> {
    let side = size.width.max(size.height);
    if side > LONGEST_SIDE {
        return Err(ExportError::TooLarge { format: ROIS, side, limit: LONGEST_SIDE });
    }
    let file = |(parts, number): (&Vec<Polygon>, u32)| {
        let bounds = Bounds::of(parts);
        let (x, y) = (u32::midpoint(bounds.left, bounds.right), u32::midpoint(bounds.top, bounds.bottom));
        let name = format!("{number:04}-{y:04}-{x:04}");
        ExportFile { bytes: roi(&name, parts, bounds), name: format!("{name}.roi") }
    };
    let counted = nuclei.iter().zip(1..).zip(included).filter(|(_, included)| **included);
    archive(&counted.map(|(nucleus, _)| file(nucleus)).collect::<Vec<_>>())
}

#[derive(Clone, Copy)]
struct Bounds {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Bounds {
    fn of(parts: &[Polygon]) -> Self {
        let none = Self { left: u32::MAX, top: u32::MAX, right: 0, bottom: 0 };
        parts.iter().flat_map(|part| &part.shell).fold(none, |bounds, &Point { x, y }| Self {
            left: bounds.left.min(x),
            top: bounds.top.min(y),
            right: bounds.right.max(x),
            bottom: bounds.bottom.max(y),
        })
    }
}

fn roi(name: &str, parts: &[Polygon], bounds: Bounds) -> Vec<u8> {
    let mut shape: Vec<u8> = Vec::new();
    let (kind, corners, path_length) = match parts {
        [Polygon { shell, holes }] if holes.is_empty() && shell.len() <= MOST_CORNERS => {
            shape.extend(shell.iter().flat_map(|corner| short(corner.x - bounds.left)));
            shape.extend(shell.iter().flat_map(|corner| short(corner.y - bounds.top)));
            (TRACED, shell.len() as u32, 0)
        }
        _ => {
            let rings = parts.iter().flat_map(|part| std::iter::once(&part.shell).chain(&part.holes));
            let path: Vec<f32> = rings.flat_map(path).collect();
            shape.extend(path.iter().flat_map(|number| number.to_be_bytes()));
            (RECTANGLE, 0, path.len() as u32)
        }
    };
    let second_header = (HEADER + shape.len()) as u32;

    let mut bytes = b"Iout".to_vec();
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend([kind, 0]);
    bytes.extend([bounds.top, bounds.left, bounds.bottom, bounds.right].into_iter().flat_map(short));
    bytes.extend(short(corners));
    bytes.resize(36, 0);
    bytes.extend(path_length.to_be_bytes());
    bytes.resize(60, 0);
    bytes.extend(second_header.to_be_bytes());
    bytes.extend(shape);
    // The second header: positions in a stack (0 for none), then the offset and length of the name.
    bytes.extend([0; 16]);
    bytes.extend((second_header + HEADER as u32).to_be_bytes());
    bytes.extend((name.len() as u32).to_be_bytes());
    bytes.resize(second_header as usize + HEADER, 0);
    bytes.extend(name.encode_utf16().flat_map(u16::to_be_bytes));
    bytes
}

/// A number below 2¹⁶, as [`LONGEST_SIDE`] and [`MOST_CORNERS`] guarantee.
fn short(number: u32) -> [u8; 2] {
    (number as u16).to_be_bytes()
}

/// A closed line as the segments of a composite ROI, in image coordinates.
fn path(ring: &Ring) -> impl Iterator<Item = f32> {
    let step = |(place, &Point { x, y }): (usize, &Point<u32>)| {
        [if place == 0 { MOVE_TO } else { LINE_TO }, x as f32, y as f32]
    };
    ring.iter().enumerate().flat_map(step).chain([CLOSE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuclei::{LabelImage, polygons};

    fn one(rows: &[&str]) -> Vec<u8> {
        let labels = rows.concat().chars().map(|cell| u32::from(cell == '#')).collect();
        let parts =
            polygons(&LabelImage::from_labels(Size::new(rows[0].len(), rows.len()), labels)).remove(0);
        roi("0001", &parts, Bounds::of(&parts))
    }

    #[test]
    fn a_plain_nucleus_is_traced() {
        let bytes = one(&["....", ".##.", "..#."]);
        assert_eq!(bytes[..18], *b"Iout\0\xe3\x08\0\0\x01\0\x01\0\x03\0\x03\0\x06");
        let coordinates = &bytes[HEADER..HEADER + 24];
        let x = [0, 2, 2, 1, 1, 0];
        let y = [0, 0, 2, 2, 1, 1];
        assert_eq!(coordinates, x.into_iter().chain(y).flat_map(u16::to_be_bytes).collect::<Vec<_>>());
        assert_eq!(bytes[60..64], 88u32.to_be_bytes());
        assert_eq!(bytes[88 + 64..], "0001".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
    }

    #[test]
    fn a_nucleus_with_a_hole_is_composite() {
        let bytes = one(&["###", "#.#", "###"]);
        assert_eq!((bytes[6], &bytes[36..40]), (RECTANGLE, &26u32.to_be_bytes()[..]));
        let floats: Vec<f32> = bytes[HEADER..HEADER + 4 * 26]
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_be_bytes(*bytes))
            .collect();
        let outer = [0.0, 0.0, 0.0, 1.0, 3.0, 0.0, 1.0, 3.0, 3.0, 1.0, 0.0, 3.0, 4.0];
        let inner = [0.0, 1.0, 2.0, 1.0, 2.0, 2.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 4.0];
        assert_eq!(floats, [outer, inner].concat());
    }

    #[test]
    fn an_image_that_is_too_long_is_refused() {
        assert!(encode(&[], &[], Size::new(60_535, 1)).is_ok());
        assert!(matches!(
            encode(&[], &[], Size::new(1, 60_536)),
            Err(ExportError::TooLarge { side: 60_536, .. })
        ));
    }
}
