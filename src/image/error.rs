//! Why a file did not become an image.

use crate::error::Explain;

/// Why a file did not become an image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file has no bytes.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// The first bytes are not those of a format that can be read.
    #[error("this is not an image in a format that can be read{}", hint(.looks_like))]
    UnknownFormat {
        /// What the file seems to be instead, where that is plain to see.
        looks_like: Option<&'static str>,
    },
    /// The file ends before the image does.
    #[error("the {format} file is cut short: the image data ends too early")]
    Truncated {
        /// The format's name.
        format: &'static str,
    },
    /// The file breaks its format's rules.
    #[error("the {format} file is damaged: {reason}")]
    Corrupt {
        /// The format's name.
        format: &'static str,
        /// What the decoder found.
        reason: String,
    },
    /// A valid file of a kind that is not supported.
    #[error("this kind of {format} is not supported: {reason}")]
    Unsupported {
        /// The format's name.
        format: &'static str,
        /// What the decoder found.
        reason: String,
    },
    /// The header announces more pixels than the limits allow; nothing was decoded.
    #[error("the image is too large: {width} × {height} pixels, the limit is {maximum_pixels} pixels")]
    TooLarge {
        /// Columns according to the header.
        width: u64,
        /// Rows according to the header.
        height: u64,
        /// The limit in pixels.
        maximum_pixels: u64,
    },
    /// A floating point image has values that are not numbers.
    #[error("{count} values are NaN or infinite, the first at x = {x}, y = {y}")]
    NonFinite {
        /// How many values.
        count: usize,
        /// Column of the first one, from 0.
        x: usize,
        /// Row of the first one, from 0.
        y: usize,
    },
    /// The number of values does not fit the dimensions.
    #[error("{values} values do not make an image of {width} × {height} pixels with {channels} channels")]
    Inconsistent {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Channels.
        channels: usize,
        /// Values that were given.
        values: usize,
    },
}

fn hint(looks_like: &Option<&'static str>) -> String {
    looks_like.map_or_else(String::new, |what| format!(": it looks like {what}"))
}

impl Explain for ImageError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "image/empty",
            Self::UnknownFormat { .. } => "image/unknown-format",
            Self::Truncated { .. } => "image/truncated",
            Self::Corrupt { .. } => "image/corrupt",
            Self::Unsupported { .. } => "image/unsupported",
            Self::TooLarge { .. } => "image/too-large",
            Self::NonFinite { .. } => "image/non-finite",
            Self::Inconsistent { .. } => "image/inconsistent",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Empty | Self::Truncated { .. } => {
                "Copy the file again from where it came from; the copy was probably interrupted.".into()
            }
            Self::UnknownFormat { .. } => {
                "Use PNG, JPEG, TIFF, BMP, GIF or WebP; other files can be saved as TIFF with ImageJ.".into()
            }
            Self::Corrupt { .. } => {
                "Open the image in ImageJ or another viewer; if it opens there, save it again as PNG or TIFF.".into()
            }
            Self::Unsupported { .. } => {
                "Save the image as an uncompressed 8- or 16-bit gray or RGB TIFF, for example with ImageJ.".into()
            }
            Self::TooLarge { .. } => {
                "Crop the image or scale it down; or use the command line, which has more memory.".into()
            }
            Self::NonFinite { .. } => {
                "Replace the values by numbers, in ImageJ with Process ▸ Math ▸ NaN Background or by clipping.".into()
            }
            Self::Inconsistent { .. } => "Pass width × height × channels values, with 1 or 3 channels.".into(),
        }
    }
}
