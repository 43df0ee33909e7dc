//! Errors of opening an image file.

use crate::limits::LimitError;

/// The reason why an image could not be opened.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ImageError {
    /// The file is empty.
    #[error("the file is empty (0 bytes)")]
    #[diagnostic(
        code("image/empty"),
        help("Copy the file again from where it came from; the copy was probably interrupted.")
    )]
    Empty,
    /// The file is not in a supported format.
    #[error("this is not an image in a format that can be read{}", hint(.looks_like))]
    #[diagnostic(
        code("image/unknown-format"),
        help("Use PNG, JPEG, TIFF, BMP, GIF or WebP; other files can be saved as TIFF with ImageJ.")
    )]
    UnknownFormat {
        /// The apparent type of the file, if it is recognized.
        looks_like: Option<&'static str>,
    },
    /// An image in an unsupported format, such as that of a microscope vendor.
    #[error("this is an image in a format that is not read: {format}")]
    #[diagnostic(code("image/makers-format"), help("Save it {way}."))]
    MakersFormat {
        /// The name of the format.
        format: &'static str,
        /// How to save it in another format, as the end of a sentence.
        way: &'static str,
    },
    /// The file is truncated.
    #[error("the {format} file is cut short: the image data ends too early")]
    #[diagnostic(
        code("image/truncated"),
        help("Copy the file again from where it came from; the copy was probably interrupted.")
    )]
    Truncated {
        /// The name of the format.
        format: &'static str,
    },
    /// The file violates its format.
    #[error("the {format} file is damaged: {reason}")]
    #[diagnostic(
        code("image/corrupt"),
        help("Open the image in ImageJ or another viewer; if it opens there, save it again as PNG or TIFF.")
    )]
    Corrupt {
        /// The name of the format.
        format: &'static str,
        /// The error message of the decoder.
        reason: String,
    },
    /// A valid file of an unsupported variant of a format.
    #[error("this kind of {format} is not supported: {reason}")]
    #[diagnostic(
        code("image/unsupported"),
        help("Save the image as an uncompressed 8- or 16-bit gray or RGB TIFF, for example with ImageJ.")
    )]
    Unsupported {
        /// The name of the format.
        format: &'static str,
        /// The error message of the decoder.
        reason: String,
    },
    /// The number of pixels in the header exceeds the limits; nothing was decoded.
    #[error("the image is too large: {width} × {height} pixels, the limit is {maximum_pixels} pixels")]
    #[diagnostic(
        code("image/too-large"),
        help(
            "Crop the image or scale it down; or use the command line, which has more memory (--limit pixels=NUMBER)."
        )
    )]
    TooLarge {
        /// Columns according to the header.
        width: u64,
        /// Rows according to the header.
        height: u64,
        /// The limit in pixels.
        maximum_pixels: u64,
    },
    /// The file exceeds a limit on what is read; nothing was decoded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Limit(#[from] LimitError),
    /// The selection needs so many planes that decoding would take minutes; nothing was decoded.
    #[error(
        "the stack is too large: {values} values would have to be decoded, the limit is {maximum_values}"
    )]
    #[diagnostic(
        code("image/stack-too-large"),
        help(
            "Choose one slice, or save a part of the stack as a file of its own; or use the command line with --limit stack=NUMBER."
        )
    )]
    StackTooLarge {
        /// The number of values on all pages that the selection needs.
        values: u64,
        /// The limit in values.
        maximum_values: u64,
    },
    /// The file has no such channel, or several channels match a part of a name.
    #[error("there is no single channel {wanted}; the channels are {}", numbered(.names))]
    #[diagnostic(
        code("image/no-such-channel"),
        help("Choose one of the channels by its number or its whole name.")
    )]
    NoSuchChannel {
        /// The requested number (from 1) or name.
        wanted: String,
        /// The names of the channels, in order.
        names: Vec<String>,
    },
    /// The z-stack has no such slice.
    #[error("there is no slice {}; {}", .slice.saturating_add(1), how_many(*.slices, "slice"))]
    #[diagnostic(
        code("image/no-such-slice"),
        help("Choose one of the slices, or the maximum projection of all.")
    )]
    NoSuchSlice {
        /// The requested slice, from 0.
        slice: usize,
        /// The number of slices.
        slices: usize,
    },
    /// The time series has no such frame.
    #[error("there is no frame {}; {}", .frame.saturating_add(1), how_many(*.frames, "frame"))]
    #[diagnostic(code("image/no-such-frame"), help("Choose one of the frames."))]
    NoSuchFrame {
        /// The requested frame, from 0.
        frame: usize,
        /// The number of frames.
        frames: usize,
    },
    /// The file is part of a set, and this plane is in another file.
    #[error("channel {} of slice {} and frame {} is not in this file", .channel + 1, .slice + 1, .frame + 1)]
    #[diagnostic(
        code("image/missing-plane"),
        help("Choose a slice and frame that this file has, or save the whole set as one file with ImageJ.")
    )]
    MissingPlane {
        /// The channel, from 0.
        channel: usize,
        /// The slice, from 0.
        slice: usize,
        /// The frame, from 0.
        frame: usize,
    },
    /// A floating-point image contains NaN or infinite values.
    #[error("{count} values are NaN or infinite, the first at x = {x}, y = {y}")]
    #[diagnostic(
        code("image/non-finite"),
        help(
            "Replace the values by numbers, in ImageJ with Process ▸ Math ▸ NaN Background or by clipping."
        )
    )]
    NonFinite {
        /// The number of such values.
        count: usize,
        /// The column of the first one, from 0.
        x: usize,
        /// The row of the first one, from 0.
        y: usize,
    },
    /// The number of values does not match the dimensions.
    #[error("{values} values do not make an image of {width} × {height} pixels with {channels} channels")]
    #[diagnostic(
        code("image/inconsistent"),
        help("Pass width × height × channels values, with 1 or 3 channels.")
    )]
    Inconsistent {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Channels.
        channels: usize,
        /// The number of values.
        values: usize,
    },
}

fn hint(looks_like: &Option<&'static str>) -> String {
    looks_like.map_or_else(String::new, |what| format!(": it looks like {what}"))
}

/// `1 DAPI, 2 GFP`, numbered as on the command line.
fn numbered(names: &[String]) -> String {
    const SHOWN: usize = 100;
    let shown = names.iter().take(SHOWN).zip(1..).map(|(name, number)| format!("{number} {name}"));
    let shown = shown.collect::<Vec<String>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn how_many(count: usize, what: &str) -> String {
    if count == 1 { format!("there is one {what}") } else { format!("there are {count} {what}s") }
}
