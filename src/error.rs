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
    /// The program panicked: with what the panic says.
    #[error("an internal error: {0}")]
    Internal(String),
    /// A fault of the program around this crate.
    #[error("{0}")]
    Other(Box<dyn Explain + Send + Sync>),
}

/// What can be done about a file or folder that could not be read or written.
fn io_remedy(kind: std::io::ErrorKind) -> &'static str {
    use std::io::ErrorKind as Kind;
    match kind {
        Kind::NotFound => "Check the path: there is no such file or folder.",
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => "Check that you may read or write it.",
        Kind::AlreadyExists | Kind::NotADirectory => {
            "Something else of that name is in the way: choose another path."
        }
        Kind::IsADirectory => "This is a folder: name a file.",
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => {
            "Make room on the disk, or choose another one."
        }
        Kind::OutOfMemory => "Close other programs and try again.",
        _ => "Check that it is still there, unchanged and readable, and try again.",
    }
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
            Self::Internal(_) => "program/internal",
            Self::Other(error) => error.code(),
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
            Self::Io(error) => io_remedy(error.kind()).into(),
            Self::Internal(_) => {
                "This is a fault of the program: please report it, with the file if you can.".into()
            }
            Self::Other(error) => error.remedy(),
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

/// Runs work on one file. A panic becomes an error of that file, so that others can go on.
///
/// # Errors
/// What the work says, or [`ErrorKind::Internal`] where it panicked.
pub fn guarded<T>(file: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<&str>().map(ToString::to_string);
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(ErrorKind::Internal(words.unwrap_or_else(|| "a panic without words".into())).in_file(file))
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_panic_is_an_error_of_its_file_and_no_missing_file() {
        let number = 7;
        for (result, words) in [
            (guarded("cells.png", || -> Result<(), Error> { panic!("out of bounds") }), "out of bounds"),
            (guarded("cells.png", || -> Result<(), Error> { panic!("number {number}") }), "number 7"),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.to_string(), format!("cells.png: an internal error: {words}"));
            assert_eq!(error.code(), "program/internal");
            assert!(error.remedy().contains("report"), "{}", error.remedy());
        }
        assert_eq!(guarded("cells.png", || Ok(3)).unwrap(), 3);
    }

    #[test]
    fn what_can_be_done_about_a_file_depends_on_what_is_wrong() {
        let remedy = |kind: io::ErrorKind| io::Error::from(kind).in_file("x").remedy();
        assert!(remedy(io::ErrorKind::NotFound).contains("no such file"));
        assert!(remedy(io::ErrorKind::PermissionDenied).contains("may read or write"));
        assert!(remedy(io::ErrorKind::StorageFull).contains("room on the disk"));
        assert!(remedy(io::ErrorKind::AlreadyExists).contains("in the way"));
        let moved = io::Error::other("the browser can no longer read the file").in_file("x").remedy();
        assert!(moved.contains("still there"), "{moved}");
    }
}
