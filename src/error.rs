//! One error type for everything a user can run into.
//!
//! Each module has its own error enum with the details; [`Error`] adds the file it happened in.
//! Every error explains itself in three parts: what went wrong (`Display`), a stable
//! machine-readable [`code`](Explain::code), and what the user can do ([`remedy`](Explain::remedy)).

use std::fmt;

/// What every error of this crate can say beyond its message.
pub trait Explain: std::error::Error {
    /// A stable identifier such as `image/truncated`, for programs and tests.
    fn code(&self) -> &'static str;

    /// One sentence that tells the user what to do about it.
    fn remedy(&self) -> String;
}

/// The kinds of error, one variant a module.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// A file could not be decoded as an image.
    #[error(transparent)]
    Image(#[from] crate::image::ImageError),
    /// A model could not be loaded or run.
    #[error(transparent)]
    Network(#[from] crate::network::NetworkError),
    /// A large image could not be segmented.
    #[error(transparent)]
    Field(#[from] crate::field::FieldError),
    /// A run-length encoded mask is not valid.
    #[error(transparent)]
    RunLength(#[from] crate::run_length::RunLengthError),
    /// A CSV file of the Bowl is not valid.
    #[error(transparent)]
    BowlCsv(#[from] crate::export::bowl_csv::BowlCsvError),
    /// The files given do not make a consistent data set.
    #[error(transparent)]
    Dataset(#[from] crate::dataset::DatasetError),
    /// An archive could not be read.
    #[error(transparent)]
    Archive(#[from] crate::archive::ArchiveError),
    /// A ground truth does not fit its image.
    #[error(transparent)]
    Truth(#[from] crate::truth::TruthError),
    /// A file for another program could not be made.
    #[error(transparent)]
    Export(#[from] crate::export::ExportError),
    /// A record of an earlier run cannot be used.
    #[error(transparent)]
    Record(#[from] crate::export::record::RecordError),
    /// A file does not tell regions of interest.
    #[error(transparent)]
    Regions(#[from] crate::export::geojson::RegionError),
    /// A file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Explain for ErrorKind {
    fn code(&self) -> &'static str {
        match self {
            Self::Image(error) => error.code(),
            Self::Network(error) => error.code(),
            Self::Field(error) => error.code(),
            Self::RunLength(error) => error.code(),
            Self::BowlCsv(error) => error.code(),
            Self::Dataset(error) => error.code(),
            Self::Archive(error) => error.code(),
            Self::Truth(error) => error.code(),
            Self::Export(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Regions(error) => error.code(),
            Self::Io(_) => "file/io",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Image(error) => error.remedy(),
            Self::Network(error) => error.remedy(),
            Self::Field(error) => error.remedy(),
            Self::RunLength(error) => error.remedy(),
            Self::BowlCsv(error) => error.remedy(),
            Self::Dataset(error) => error.remedy(),
            Self::Archive(error) => error.remedy(),
            Self::Truth(error) => error.remedy(),
            Self::Export(error) => error.remedy(),
            Self::Record(error) => error.remedy(),
            Self::Regions(error) => error.remedy(),
            Self::Io(_) => "Check that the file exists and that you may read or write it.".into(),
        }
    }
}

/// An error together with the file it happened in.
///
/// ```
/// use nucleoscope::{Explain, InFile, image::{self, Limits}};
///
/// let error = image::decode(b"not an image", Limits::default()).unwrap_err().in_file("notes.png");
/// assert_eq!(error.code(), "image/unknown-format");
/// assert!(error.to_string().starts_with("notes.png: "));
/// assert!(!error.remedy().is_empty());
/// ```
#[derive(Debug)]
pub struct Error {
    /// The file's name or path as the user knows it.
    pub file: String,
    /// What went wrong.
    pub kind: ErrorKind,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.file, self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        self.kind.code()
    }

    fn remedy(&self) -> String {
        self.kind.remedy()
    }
}

/// Adds the file's name to a module's error.
pub trait InFile {
    /// The same error, now naming the file it happened in.
    fn in_file(self, file: impl Into<String>) -> Error;
}

impl<E: Into<ErrorKind>> InFile for E {
    fn in_file(self, file: impl Into<String>) -> Error {
        Error { file: file.into(), kind: self.into() }
    }
}
