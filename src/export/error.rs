use super::{FORMATS, Format};

/// Why a file could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ExportError {
    /// There is no such format.
    #[error("there is no export called \"{text}\"")]
    #[diagnostic(code("export/unknown-format"), help("Choose \"all\" or some of {}, with commas between them.", FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ")))]
    UnknownFormat {
        /// What was asked for.
        text: String,
    },
    /// It is not known which nuclei the image has.
    #[error("no masks, label image or run lengths came with this image")]
    #[diagnostic(
        code("export/no-nuclei"),
        help(
            "Give the folder with its masks or labels, or a CSV of run lengths, too; or segment the image."
        )
    )]
    NoNuclei,
    /// The image or a channel has another size than the label image.
    #[error("{what} is {other_width} × {other_height} pixels but the label image is {width} × {height}")]
    #[diagnostic(code("export/size"), help("Segment the image once more."))]
    Size {
        /// The image, or the channel's name.
        what: String,
        /// Columns of the label image.
        width: usize,
        /// Rows of the label image.
        height: usize,
        /// Columns of the other.
        other_width: usize,
        /// Rows of the other.
        other_height: usize,
    },
    /// The marks for nuclei that were changed by hand are not one a nucleus.
    #[error("{entries} marks for edited nuclei where there are {nuclei} nuclei")]
    #[diagnostic(code("export/edited-count"), help("Segment the image once more."))]
    EditedCount {
        /// How many marks.
        entries: usize,
        /// How many nuclei.
        nuclei: u32,
    },
    /// The format has no room for coordinates as large as this image's.
    #[error("{format}: a side of {side} pixels; this format can hold {limit} at most")]
    #[diagnostic(code("export/too-large"), help("Leave this format out, or work on parts of the image."))]
    TooLarge {
        /// The format.
        format: Format,
        /// The image's longer side in pixels.
        side: usize,
        /// The longest side that fits, in pixels.
        limit: usize,
    },
    /// An encoder refused.
    #[error("{format}: {reason}")]
    #[diagnostic(
        code("export/encode"),
        help("Leave this format out, and report the problem with the image.")
    )]
    Encode {
        /// The format.
        format: Format,
        /// What it says.
        reason: String,
    },
    /// A file could not be put into a ZIP archive.
    #[error("\"{name}\" cannot be put into the ZIP archive: {reason}")]
    #[diagnostic(code("export/archive"), help("Save the files one by one."))]
    Archive {
        /// The file.
        name: String,
        /// Why.
        reason: String,
    },
}
