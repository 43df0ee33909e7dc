//! Errors and warnings: each has a message, a stable code, and help for the user.
//!
//! Each module has its own error type; [`Error`] adds the file in which the error occurred.

use std::fmt;

use crate::plain_text::plain;

/// The message, code and help of an error or a warning. The message is its [`Display`](fmt::Display).
///
/// Implemented by all types that implement [`miette::Diagnostic`], including the errors of this crate.
///
/// ```
/// use nucleoscope::{Diagnostic, image::{self, Limits}};
///
/// let error = image::decode(b"", Limits::default()).unwrap_err();
/// assert_eq!(error.to_string(), "the file is empty (0 bytes)");
/// assert_eq!(error.code(), "image/empty");
/// assert!(error.help().starts_with("Copy the file again"));
/// ```
pub trait Diagnostic: std::error::Error {
    /// A stable identifier such as `image/truncated`, for programs and tests.
    fn code(&self) -> String;

    /// One or two sentences about what the user can do.
    fn help(&self) -> String;
}

impl<D: miette::Diagnostic + ?Sized> Diagnostic for D {
    fn code(&self) -> String {
        miette::Diagnostic::code(self).map_or_else(String::new, |code| code.to_string())
    }

    fn help(&self) -> String {
        miette::Diagnostic::help(self).map_or_else(String::new, |help| help.to_string())
    }
}

/// The help of a diagnostic, for use in the help of another one: the trait cannot be in scope there.
pub(crate) fn help_of(diagnostic: &dyn miette::Diagnostic) -> String {
    Diagnostic::help(diagnostic)
}

/// A problem in a file that is used nevertheless: an assumption, a repair, or an omitted part. The page, the
/// command line, `summary.csv` and the record show it.
///
/// Modules whose warnings have fields have their own type, such as
/// [`DatasetWarning`](crate::input::dataset::DatasetWarning); this is the common plain form.
///
/// ```
/// use nucleoscope::{Diagnostic, Warning};
///
/// let warning = Warning::new("image/orientation", "the pixels are taken as stored", "Save it again.");
/// assert_eq!(warning.to_string(), "the pixels are taken as stored");
/// assert_eq!((warning.code(), warning.help()), ("image/orientation".into(), "Save it again.".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Warning {
    /// A stable identifier such as `image/orientation`, for programs and tests.
    pub code: String,
    /// One or two sentences without a full stop at the end: the problem, and what was done about it.
    pub message: String,
    /// What the user can do about it.
    pub help: String,
}

impl Warning {
    /// A warning with these fields. The message and the help become [plain] text, because they may repeat names.
    pub fn new(code: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help): (String, String) = (message.into(), help.into());
        Self { code: code.into(), message: plain(&message).into_owned(), help: plain(&help).into_owned() }
    }
}

impl<D: Diagnostic + ?Sized> From<&D> for Warning {
    fn from(diagnostic: &D) -> Self {
        Self::new(diagnostic.code(), diagnostic.to_string(), diagnostic.help())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Warning {}

impl miette::Diagnostic for Warning {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }
}

/// Serializes a diagnostic as `{code, message, help}`.
#[cfg(feature = "serde")]
pub(crate) fn serialize<S: serde::Serializer>(
    diagnostic: &impl Diagnostic,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&Warning::from(diagnostic), serializer)
}

/// The first few names and the number of further ones.
pub(crate) fn first_few(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What the user can do about a file or folder that could not be read or written.
pub(crate) fn io_help(kind: std::io::ErrorKind) -> &'static str {
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

/// A file or folder could not be read or written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error(transparent)]
#[diagnostic(code("file/io"), help("{}", io_help(.0.kind())))]
pub struct FileError(#[from] pub std::io::Error);

/// The program panicked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("an internal error: {message}")]
#[diagnostic(
    code("program/internal"),
    help("This is a fault of the program: please report it, with the file if you can.")
)]
pub struct InternalError {
    /// The message of the panic.
    pub message: String,
}

/// An error of any module, with the name of the file in which it occurred.
///
/// ```
/// use nucleoscope::{Diagnostic, InFile, image::{self, ImageError, Limits}};
///
/// let error = image::decode(b"not an image", Limits::default()).unwrap_err().in_file("notes.png");
/// assert_eq!(error.file(), "notes.png");
/// assert_eq!(error.code(), "image/unknown-format");
/// assert!(error.to_string().starts_with("notes.png: "));
/// assert!(matches!(error.downcast_ref(), Some(ImageError::UnknownFormat { .. })));
/// ```
#[derive(Debug)]
pub struct Error {
    file: String,
    source: Box<dyn miette::Diagnostic + Send + Sync>,
}

impl Error {
    /// A file or folder that could not be read or written.
    pub fn io(error: std::io::Error, file: impl Into<String>) -> Self {
        FileError(error).in_file(file)
    }

    /// The name or path of the file as the user knows it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The error without the file name.
    pub fn inner(&self) -> &(dyn miette::Diagnostic + Send + Sync) {
        &*self.source
    }

    /// The error as its concrete type, such as [`ImageError`](crate::image::ImageError).
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        std::error::Error::source(self)?.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.file, self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source: &(dyn miette::Diagnostic + 'static) = &*self.source;
        Some(source)
    }
}

impl miette::Diagnostic for Error {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.source.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.source.help()
    }
}

/// Adds the file name to an error.
pub trait InFile {
    /// The same error, with the file in which it occurred.
    fn in_file(self, file: impl Into<String>) -> Error;
}

impl<D: miette::Diagnostic + Send + Sync + 'static> InFile for D {
    fn in_file(self, file: impl Into<String>) -> Error {
        Error { file: file.into(), source: Box::new(self) }
    }
}

/// Runs a function on one file. A panic becomes an error of that file, so that other files can be processed.
///
/// # Errors
/// The error of the function, or [`InternalError`] if it panicked.
pub fn guarded<T>(file: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<&str>().map(ToString::to_string);
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(InternalError { message: message.unwrap_or_else(|| "a panic without a message".into()) }
            .in_file(file))
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
            assert!(error.help().contains("report"), "{}", error.help());
        }
        assert_eq!(guarded("cells.png", || Ok(3)).unwrap(), 3);
    }

    #[test]
    fn what_can_be_done_about_a_file_depends_on_what_is_wrong() {
        let help = |kind: io::ErrorKind| Error::io(io::Error::from(kind), "x").help();
        assert!(help(io::ErrorKind::NotFound).contains("no such file"));
        assert!(help(io::ErrorKind::PermissionDenied).contains("may read or write"));
        assert!(help(io::ErrorKind::StorageFull).contains("room on the disk"));
        assert!(help(io::ErrorKind::AlreadyExists).contains("in the way"));
        let moved = Error::io(io::Error::other("the browser can no longer read the file"), "x").help();
        assert!(moved.contains("still there"), "{moved}");
    }
}
