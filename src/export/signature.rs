//! The signature by which images written by Nucleoscope are recognized.
//!
//! In a PNG it is a `tEXt` chunk with the keyword `Software` before the pixels (PNG specification, 11.3.3),
//! in a TIFF the tag `Software` (305). It is lost if another program saves the file.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use flate2::Crc;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::geometry::Size;

/// The name of the program in files.
pub const SOFTWARE: &str = "Nucleoscope";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The end of the first chunk of a PNG, which has a fixed length.
const AFTER_HEADER: usize = PNG.len() + 4 + 4 + 13 + 4;

/// The number of bytes at the start of a PNG that are searched.
pub(crate) const PNG_BEGINNING: u64 = 1024;

/// Writes an image of `size` as a signed PNG.
///
/// # Errors
/// The encoder does not support the size.
pub(super) fn png(pixels: &[u8], size: Size, colors: ExtendedColorType) -> io::Result<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let encoder = PngEncoder::new(&mut file);
    encoder.write_image(pixels, size.width as u32, size.height as u32, colors).map_err(io::Error::other)?;
    Ok(sign_png(file.into_inner()))
}

/// Signs a PNG.
fn sign_png(mut file: Vec<u8>) -> Vec<u8> {
    let text = [b"tEXtSoftware\0", SOFTWARE.as_bytes()].concat();
    let mut sum = Crc::new();
    sum.update(&text);
    let length = (text.len() - 4) as u32;
    let chunk = [&length.to_be_bytes()[..], &text, &sum.sum().to_be_bytes()].concat();
    if file.len() >= AFTER_HEADER {
        file.splice(AFTER_HEADER..AFTER_HEADER, chunk);
    }
    file
}

/// Whether a PNG or TIFF was written by Nucleoscope. For a PNG, its first 1,024 bytes are sufficient.
///
/// # Errors
/// The file cannot be read. A truncated file or one of another format is not signed, which is no error.
pub fn is_signed(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut beginning = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.by_ref().take(PNG_BEGINNING).read_to_end(&mut beginning)?;
    if beginning.starts_with(PNG) {
        return Ok(is_signed_png(&beginning));
    }
    let signed = match beginning.get(..4) {
        Some(b"II*\0") => is_signed_tiff(file, u16::from_le_bytes, u32::from_le_bytes),
        Some(b"MM\0*") => is_signed_tiff(file, u16::from_be_bytes, u32::from_be_bytes),
        _ => Ok(false),
    };
    match signed {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        other => other,
    }
}

fn is_signed_png(beginning: &[u8]) -> bool {
    let mut chunks = &beginning[PNG.len()..];
    while let Some((length, rest)) = chunks.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((kind, rest)) = rest.split_first_chunk::<4>() else { return false };
        match (kind, rest.get(..length)) {
            (b"tEXt", Some(text)) if text.strip_prefix(b"Software\0") == Some(SOFTWARE.as_bytes()) => {
                return true;
            }
            (b"IDAT", _) | (_, None) => return false,
            _ => {}
        }
        chunks = rest.get(length + 4..).unwrap_or_default();
    }
    false
}

/// Searches for the tag in the first directory of a TIFF.
fn is_signed_tiff(
    file: &mut (impl Read + Seek),
    short: fn([u8; 2]) -> u16,
    long: fn([u8; 4]) -> u32,
) -> io::Result<bool> {
    const TAG: u16 = 305;
    let mut read_at = |position: u32, bytes: &mut [u8]| -> io::Result<()> {
        file.seek(SeekFrom::Start(position.into()))?;
        file.read_exact(bytes)
    };
    let (mut offset, mut count) = ([0; 4], [0; 2]);
    read_at(4, &mut offset)?;
    let directory = long(offset);
    read_at(directory, &mut count)?;
    let mut entries = vec![0; 12 * usize::from(short(count))];
    read_at(directory.saturating_add(2), &mut entries)?;
    let (entries, _) = entries.as_chunks::<12>();
    let Some(entry) = entries.iter().find(|entry| short([entry[0], entry[1]]) == TAG) else {
        return Ok(false);
    };
    // The text is longer than four bytes, so the entry contains its offset.
    let mut text = [0; SOFTWARE.len()];
    if (long([entry[4], entry[5], entry[6], entry[7]]) as usize) < text.len() {
        return Ok(false);
    }
    read_at(long([entry[8], entry[9], entry[10], entry[11]]), &mut text)?;
    Ok(text == SOFTWARE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{label_image, overlay};
    use crate::image::{Limits, PixelSize, Preview, decode};
    use crate::nuclei::LabelImage;
    use std::io::Cursor;

    fn signed(bytes: &[u8]) -> bool {
        is_signed(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn our_pictures_are_marked_and_still_pictures() {
        let labels = LabelImage::from_labels(Size::new(2, 1), vec![0, 1]);
        let preview = Preview { width: 2, height: 1, rgba: vec![9; 8] };
        let files = [
            label_image::encode(&labels, &[true], None).unwrap().bytes,
            label_image::encode(&labels, &[true], PixelSize::new(0.5, 0.5)).unwrap().bytes,
            overlay::encode(preview, &labels).unwrap(),
        ];
        for file in files {
            assert!(signed(&file));
            assert_eq!(decode(&file, Limits::default()).unwrap().width(), 2);
            for length in 0..file.len().min(400) {
                signed(&file[..length]);
            }
        }
    }

    #[test]
    fn pictures_of_others_are_not_marked() {
        let mut file = Cursor::new(Vec::new());
        let encoder = image::codecs::png::PngEncoder::new(&mut file);
        image::ImageEncoder::write_image(encoder, &[1, 2], 2, 1, image::ExtendedColorType::L8).unwrap();
        assert!(!signed(file.get_ref()));
        // The synthetic images are also input.
        assert!(!signed(&crate::synthetic::field(&Default::default()).png()));
        assert!(!signed(b"II*\0\xff\xff\xff\xff") && !signed(b"II*\0\0\0\0\0") && !signed(b""));
    }
}
