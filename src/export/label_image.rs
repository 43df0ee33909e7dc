//! The label image as a file that other programs read: ImageJ, QuPath, CellProfiler, scikit-image.

use std::io::Cursor;

use image::ExtendedColorType;
use tiff::encoder::{TiffEncoder, colortype::Gray32};

use crate::nuclei::LabelImage;

/// A label image file: its bytes, and the ending its name should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelFile {
    /// `png` or `tif`.
    pub extension: &'static str,
    /// The file's contents.
    pub bytes: Vec<u8>,
}

/// Writes a 16-bit gray PNG, or a 32-bit gray TIFF if there are more than 65,535 nuclei. 0 is
/// background, every other value the number of a nucleus.
///
/// # Errors
/// The encoder refuses the size (a side of 0, or more than 2³¹ pixels).
///
/// ```
/// use nucleoscope::{export, image, nuclei::LabelImage};
///
/// let labels = LabelImage::from_labels(2, 1, vec![0, 1]);
/// let file = export::label_image::encode(&labels)?;
/// let read_back = image::decode(&file.bytes, image::Limits::default())?;
/// assert_eq!(read_back.samples(), &image::Samples::U16(vec![0, 1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode(labels: &LabelImage) -> std::io::Result<LabelFile> {
    let (width, height) = (labels.width() as u32, labels.height() as u32);
    let mut file = Cursor::new(Vec::new());
    if labels.count() <= u32::from(u16::MAX) {
        let bytes: Vec<u8> =
            labels.as_slice().iter().flat_map(|&label| (label as u16).to_ne_bytes()).collect();
        let encoder = image::codecs::png::PngEncoder::new(&mut file);
        image::ImageEncoder::write_image(encoder, &bytes, width, height, ExtendedColorType::L16)
            .map_err(std::io::Error::other)?;
        Ok(LabelFile { extension: "png", bytes: file.into_inner() })
    } else {
        TiffEncoder::new(&mut file)
            .and_then(|mut encoder| encoder.write_image::<Gray32>(width, height, labels.as_slice()))
            .map_err(std::io::Error::other)?;
        Ok(LabelFile { extension: "tif", bytes: file.into_inner() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Limits, Samples, decode};

    #[test]
    fn many_nuclei_need_a_tiff() {
        let numbers: Vec<u32> = (1..=65_536).collect();
        let file = encode(&LabelImage::from_labels(256, 256, numbers.clone())).unwrap();
        assert_eq!(file.extension, "tif");
        let read_back = decode(&file.bytes, Limits::default()).unwrap();
        assert_eq!(read_back.samples(), &Samples::F32(numbers.iter().map(|&number| number as f32).collect()));
    }
}
