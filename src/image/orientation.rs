//! Orientation tags for viewers (EXIF, TIFF tag 274). Pixels are always used as stored, as in ImageJ,
//! Bio-Formats and scikit-image, so that outlines, masks and coordinates match the pixels in the file; a
//! warning states that viewers show the image in another orientation.

use image::metadata::Orientation;

use super::Warning;
use super::warning::{kind, warn};

/// Adds a warning if a file requests another orientation.
pub(super) fn warn_of(orientation: Option<Orientation>, warnings: &mut Vec<Warning>) {
    let turned = match orientation {
        None | Some(Orientation::NoTransforms) => return,
        Some(Orientation::Rotate90) => "rotated by 90° clockwise",
        Some(Orientation::Rotate180) => "rotated by 180°",
        Some(Orientation::Rotate270) => "rotated by 90° counter-clockwise",
        Some(Orientation::FlipHorizontal) => "mirrored left to right",
        Some(Orientation::FlipVertical) => "mirrored top to bottom",
        Some(Orientation::Rotate90FlipH | Orientation::Rotate270FlipH) => "rotated by 90° and mirrored",
    };
    let message = format!(
        "its orientation tag asks for the image to be shown {turned}; the pixels are taken as they are stored, \
         and coordinates count from the first stored pixel"
    );
    warn(warnings, kind::ORIENTATION, message);
}
