use std::io;

use super::{FORMATS, Format};
use crate::diagnostic::io_help;

/// The reason why a file could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ExportError {
    /// There is no such format.
    #[error("there is no export called \"{text}\"")]
    #[diagnostic(code("export/unknown-format"), help("Choose \"all\" or some of {}, with commas between them.", FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ")))]
    UnknownFormat {
        /// The requested format.
        text: String,
    },
    /// A template for groups does not contain `{group}` once.
    #[error("\"{text}\" does not contain {{group}} once")]
    #[diagnostic(
        code("export/group-template"),
        help("Write {{group}} where the file names have the name of the group, such as \"{{group}}_*\".")
    )]
    GroupTemplate {
        /// The template.
        text: String,
    },
    /// The nuclei of the image are unknown.
    #[error("no masks, label image or run lengths came with this image")]
    #[diagnostic(
        code("export/no-nuclei"),
        help(
            "Give the folder with its masks or labels, or a CSV of run lengths, too; or segment the image."
        )
    )]
    NoNuclei,
    /// The size of the image or of a channel differs from that of the label image.
    #[error("{what} is {other_width} × {other_height} pixels but the label image is {width} × {height}")]
    #[diagnostic(code("export/size"), help("Segment the image once more."))]
    Size {
        /// The image, or the name of the channel.
        what: String,
        /// Columns of the label image.
        width: usize,
        /// Rows of the label image.
        height: usize,
        /// Columns of the image or channel.
        other_width: usize,
        /// Rows of the image or channel.
        other_height: usize,
    },
    /// The number of marks for manually edited nuclei differs from the number of nuclei.
    #[error("{entries} marks for edited nuclei where there are {nuclei} nuclei")]
    #[diagnostic(code("export/edited-count"), help("Segment the image once more."))]
    EditedCount {
        /// The number of marks.
        entries: usize,
        /// The number of nuclei.
        nuclei: u32,
    },
    /// The format cannot store coordinates as large as those of this image.
    #[error("{format}: a side of {side} pixels; this format can hold {limit} at most")]
    #[diagnostic(code("export/too-large"), help("Leave this format out, or work on parts of the image."))]
    TooLarge {
        /// The format.
        format: Format,
        /// The longer side of the image in pixels.
        side: usize,
        /// The longest supported side in pixels.
        limit: usize,
    },
    /// An encoder failed.
    #[error("{format}: {reason}")]
    #[diagnostic(
        code("export/encode"),
        help("Leave this format out, and report the problem with the image.")
    )]
    Encode {
        /// The format.
        format: Format,
        /// The error message.
        reason: String,
    },
    /// A file of the batch could not be written, or a stored part could not be read.
    #[error("{reason}")]
    #[diagnostic(code("file/io"), help("{}", io_help(*.kind)))]
    File {
        /// The kind of the error.
        kind: io::ErrorKind,
        /// The error message.
        reason: String,
    },
    /// A file could not be added to a ZIP archive.
    #[error("\"{name}\" cannot be put into the ZIP archive: {reason}")]
    #[diagnostic(code("export/archive"), help("Save the files one by one."))]
    Archive {
        /// The file.
        name: String,
        /// The reason.
        reason: String,
    },
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        Self::File { kind: error.kind(), reason: error.to_string() }
    }
}
