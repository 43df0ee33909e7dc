use super::Format;
use crate::error::Explain;

/// Why a file could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// There is no such format.
    #[error("there is no export called \"{text}\"")]
    UnknownFormat {
        /// What was asked for.
        text: String,
    },
    /// It is not known which nuclei the image has.
    #[error("no masks, label image or run lengths came with this image")]
    NoNuclei,
    /// The image or a channel has another size than the label image.
    #[error("{what} is {other_width} × {other_height} pixels but the label image is {width} × {height}")]
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
    EditedCount {
        /// How many marks.
        entries: usize,
        /// How many nuclei.
        nuclei: u32,
    },
    /// The format has no room for coordinates as large as this image's.
    #[error("{format}: a side of {side} pixels; this format can hold {limit} at most")]
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
    Encode {
        /// The format.
        format: Format,
        /// What it says.
        reason: String,
    },
    /// A file could not be put into a ZIP archive.
    #[error("\"{name}\" cannot be put into the ZIP archive: {reason}")]
    Archive {
        /// The file.
        name: String,
        /// Why.
        reason: String,
    },
}

impl Explain for ExportError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownFormat { .. } => "export/unknown-format",
            Self::NoNuclei => "export/no-nuclei",
            Self::Size { .. } => "export/size",
            Self::EditedCount { .. } => "export/edited-count",
            Self::TooLarge { .. } => "export/too-large",
            Self::Encode { .. } => "export/encode",
            Self::Archive { .. } => "export/archive",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::UnknownFormat { .. } => {
                let names = Format::ALL.map(Format::name).join(", ");
                format!("Choose \"all\" or some of {names}, with commas between them.")
            }
            Self::NoNuclei => {
                "Give the folder with its masks or labels, or a CSV of run lengths, too; or segment the image."
                    .into()
            }
            Self::Size { .. } | Self::EditedCount { .. } => "Segment the image once more.".into(),
            Self::TooLarge { .. } => "Leave this format out, or work on parts of the image.".into(),
            Self::Encode { .. } => "Leave this format out, and report the problem with the image.".into(),
            Self::Archive { .. } => "Save the files one by one.".into(),
        }
    }
}
