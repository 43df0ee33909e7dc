//! The definition of an export format, and the handle by which programs select formats.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::tables::Dialect;
use super::{Basis, BatchParts, ExportError, FORMATS, Subject};
use crate::record::FileIdentity;

/// The description of a format, from which the help of the command line, the menu of the page and the table
/// in `docs/formats.md` are generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct FormatInfo {
    /// The name on the command line and in JSON.
    pub name: &'static str,
    /// The name on the page.
    pub label: &'static str,
    /// One sentence about its contents, without a full stop.
    pub description: &'static str,
    /// The definition of the format, in Markdown.
    pub defined_by: &'static str,
    /// The names of its files; in JSON one string, with `ID` for the stem of an image.
    #[cfg_attr(feature = "typescript", tsify(type = "string"))]
    pub file: FileName,
}

/// The names of a format's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileName {
    /// Each image has its own files, with these endings after the [stem](Subject::file_stem) of the image.
    OfImage(&'static [&'static str]),
    /// All images of a batch share one file of this name.
    OfBatch(&'static str),
}

impl fmt::Display for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfBatch(name) => formatter.write_str(name),
            Self::OfImage(endings) => {
                let names: Vec<String> = endings.iter().map(|ending| format!("ID{ending}")).collect();
                formatter.write_str(&names.join(" or "))
            }
        }
    }
}

impl Serialize for FileName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The file of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    /// The end of the name, after the [stem](Subject::file_stem) of the image.
    pub ending: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// An export format. It writes either a [file per image](Self::image_file), or a [part](Self::image_part) per
/// image and [one file](Self::batch_file) of all parts, as [`FormatInfo::file`] specifies.
///
/// To add a format, implement this trait in a file in this folder and add the format to [`FORMATS`].
pub trait Exporter: Sync {
    /// The description of the format.
    fn info(&self) -> FormatInfo;

    /// The file of an image; `None` for a format with one file per batch.
    ///
    /// # Errors
    /// The format cannot represent the image.
    fn image_file(&self, _subject: &Subject, _basis: &Basis) -> Result<Option<ImageFile>, ExportError> {
        Ok(None)
    }

    /// The part of an image in the file of the batch; `None` for a format with one file per image.
    ///
    /// # Errors
    /// The format cannot represent the image.
    fn image_part(&self, _subject: &Subject, _basis: &Basis) -> Result<Option<Value>, ExportError> {
        Ok(None)
    }

    /// The part of a file that could not be processed; `None` for a format that does not list such files.
    fn failed_part(&self, _image_id: &str, _input: &FileIdentity, _reason: &str) -> Option<Value> {
        None
    }

    /// Writes the file of the batch; nothing for a format with one file per image.
    ///
    /// # Errors
    /// A part was not created by this format or cannot be read, or the file cannot be written.
    fn batch_file(
        &self,
        _images: &BatchParts,
        _dialect: Dialect,
        _file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        Ok(())
    }
}

/// A handle of a format. In JSON it is the name of the format, by which the [`FORMATS`] are looked up; two
/// handles with the same name are equal.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(type = "string", rename = "ExportFormat"))]
pub struct Format(&'static dyn Exporter);

impl Format {
    /// The format that `exporter` writes. It need not be one of [`FORMATS`].
    pub const fn new(exporter: &'static dyn Exporter) -> Self {
        Self(exporter)
    }

    pub(super) fn exporter(self) -> &'static dyn Exporter {
        self.0
    }

    /// The description of the format.
    pub fn info(self) -> FormatInfo {
        self.0.info()
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The file that all images of a batch share; `None` if each image has its own file.
    pub fn batch_file(self) -> Option<&'static str> {
        match self.info().file {
            FileName::OfBatch(name) => Some(name),
            FileName::OfImage(_) => None,
        }
    }

    /// An error of the encoder of this format.
    pub(super) fn refused(self, error: impl fmt::Display) -> ExportError {
        ExportError::Encode { format: self, reason: error.to_string() }
    }

    /// An error of writing JSON: of the file, or of this format.
    pub(super) fn not_serialized(self, error: serde_json::Error) -> ExportError {
        if error.is_io() { std::io::Error::from(error).into() } else { self.refused(error) }
    }

    /// A part in the form stored in [`Part`](super::Part).
    pub(super) fn part(self, part: impl Serialize) -> Result<Option<Value>, ExportError> {
        serde_json::to_value(part).map(Some).map_err(|error| self.refused(error))
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

impl Hash for Format {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl FromStr for Format {
    type Err = ExportError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_meant = |format: &&Self| format.name().eq_ignore_ascii_case(text.trim());
        FORMATS.iter().find(is_meant).copied().ok_or_else(|| ExportError::UnknownFormat { text: text.into() })
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A selection of formats without duplicates, in the order in which they were named; written as
/// `rois,geojson` or `all`.
///
/// ```
/// use nucleoscope::export::{FORMATS, Formats, coco, rois};
///
/// assert_eq!("rois, coco,rois".parse::<Formats>()?.0, [rois::ROIS, coco::COCO]);
/// assert_eq!("all".parse::<Formats>()?.0, FORMATS);
/// assert!("rois,xls".parse::<Formats>().unwrap_err().to_string().contains("\"xls\""));
/// # Ok::<(), nucleoscope::export::ExportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats(pub Vec<Format>);

impl FromStr for Formats {
    type Err = ExportError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut formats = Vec::new();
        for name in text.split(',') {
            if name.trim().eq_ignore_ascii_case("all") {
                formats.extend(FORMATS);
            } else {
                formats.push(name.parse()?);
            }
        }
        Ok(Self(each_once(&formats)))
    }
}

pub(super) fn each_once(formats: &[Format]) -> Vec<Format> {
    let is_first = |(place, format): &(usize, &Format)| !formats[..*place].contains(format);
    formats.iter().enumerate().filter(is_first).map(|(_, format)| *format).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_named_the_same_everywhere() {
        for format in FORMATS {
            assert_eq!(format.name().parse::<Format>().unwrap(), *format);
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
            assert_eq!(serde_json::from_value::<Format>(format.name().into()).unwrap(), *format);
        }
        assert_eq!(each_once(FORMATS), FORMATS);
    }

    #[test]
    fn the_guide_lists_every_format() {
        let row = |format: &Format| {
            let FormatInfo { name, label, description, defined_by, file } = format.info();
            let file = file.to_string().replace(" or ", "` or `");
            format!("| `{name}` | {label} | `{file}` | {description} | {defined_by} |\n")
        };
        let head = "| `--export` | on the page | file | what it is | defined by |\n|---|---|---|---|---|\n";
        let table = format!("{head}{}", FORMATS.iter().map(row).collect::<String>());
        let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md");
        let guide = std::fs::read_to_string(guide).unwrap().replace("\r\n", "\n");
        let (_, rest) = guide.split_once("<!-- formats:begin -->\n").unwrap();
        let (written, _) = rest.split_once("<!-- formats:end -->").unwrap();
        assert!(written.trim() == table.trim(), "the table in docs/formats.md should be:\n\n{table}");
    }
}
