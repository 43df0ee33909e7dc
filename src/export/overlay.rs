//! The image with the contours of its nuclei.

use image::ExtendedColorType;

use super::signature;
use super::{Basis, ExportError, Exporter, FileName, Format, FormatInfo, ImageFile, Subject};
use crate::geometry::Size;
use crate::image::{Preview, preview};
use crate::nuclei::LabelImage;

/// `ID-overlay.png`: the image with the contours of its nuclei.
pub const OVERLAY: Format = Format::new(&Overlay);

struct Overlay;

impl Exporter for Overlay {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "overlay",
            label: "Picture with outlines (PNG)",
            description: "The segmented image, the outermost pixels of every nucleus in yellow",
            defined_by: "PNG",
            file: FileName::OfImage(&["-overlay.png"]),
        }
    }

    fn image_file(&self, subject: &Subject, basis: &Basis) -> Result<Option<ImageFile>, ExportError> {
        let Subject { image, labels, .. } = *subject;
        let counted = basis.counted();
        let picture = preview(image, &[], None, &[], None).map_err(|error| OVERLAY.refused(error))?;
        // The labels of a large image are not copied unnecessarily.
        let drawn = if counted.is_all() {
            encode(picture, labels)
        } else {
            encode(picture, &labels.only(&counted.included))
        };
        let bytes = drawn.map_err(|error| OVERLAY.refused(error))?;
        Ok(Some(ImageFile { ending: "-overlay.png".into(), bytes }))
    }
}

/// The colour of the contours: visible on black, gray and pink.
const RIM: [u8; 3] = [255, 221, 0];

/// Draws the outermost pixels of every nucleus over a full-size preview and writes an RGB PNG.
///
/// # Errors
/// The encoder does not support the size, or the size of the preview differs from that of the label image.
pub fn encode(preview: Preview, labels: &LabelImage) -> std::io::Result<Vec<u8>> {
    if Size::new(preview.width, preview.height) != labels.size() {
        return Err(std::io::Error::other("the picture and the label image differ in size"));
    }
    let (width, height, mut bytes) = (preview.width, preview.height, preview.rgba);
    // Alpha is removed in place: a second copy of a large image may not fit into memory.
    for pixel in 0..width * height {
        let is_rim = is_rim(labels, pixel % width, pixel / width);
        let rgb = if is_rim { RIM } else { [bytes[4 * pixel], bytes[4 * pixel + 1], bytes[4 * pixel + 2]] };
        bytes[3 * pixel..3 * pixel + 3].copy_from_slice(&rgb);
    }
    bytes.truncate(3 * width * height);
    signature::png(&bytes, Size::new(width, height), ExtendedColorType::Rgb8)
}

/// Whether a pixel of a nucleus has a neighbour outside of the nucleus; the image border is not a contour.
fn is_rim(labels: &LabelImage, x: usize, y: usize) -> bool {
    let label = labels.get(x, y);
    let (right, below) = ((x + 1).min(labels.width() - 1), (y + 1).min(labels.height() - 1));
    let around = [(x.saturating_sub(1), y), (right, y), (x, y.saturating_sub(1)), (x, below)];
    label != 0 && around.iter().any(|&(x, y)| labels.get(x, y) != label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Limits, Samples, decode};

    #[test]
    fn the_rim_is_drawn_and_nothing_else() {
        let labels = LabelImage::from_labels(Size::new(4, 3), vec![1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0]);
        let preview = Preview { width: 4, height: 3, rgba: [7, 8, 9, 255].repeat(12) };
        let image = decode(&encode(preview.clone(), &labels).unwrap(), Limits::default()).unwrap();
        let Samples::U8(values) = image.samples() else { panic!("8 bits expected") };
        let drawn: Vec<bool> = values.chunks_exact(3).map(|rgb| rgb == RIM).collect();
        let row = [false, false, true, false];
        assert_eq!(drawn, [row, row, row].concat());
        assert!(encode(preview, &LabelImage::empty(Size::new(3, 4))).is_err());
    }
}
