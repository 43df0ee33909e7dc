//! The files that leave the program, one module a format; `docs/formats.md` says where each format is
//! defined.
//!
//! [`files`] writes any of them for one image, [`archive`] puts files into one ZIP. Nothing here touches
//! a disk, and the same input gives the same bytes.

use std::fmt;
use std::io::{Cursor, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::image::{Channel, Contrast, Image, PixelSize, preview};
use crate::nuclei::{LabelImage, Polygon, polygons};
use crate::run_length;

pub mod bowl_csv;
pub mod coco;
mod error;
mod file_name;
pub mod geojson;
pub mod label_image;
pub mod measurements;
pub mod overlay;
pub mod record;
pub mod rois;
pub mod signature;
pub mod svg;

pub use error::ExportError;
pub use file_name::{file_stem, file_stems};
pub use measurements::MeasurementTable;
pub use record::Provenance;

/// What can be written of an image's nuclei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// `ID-bowl.csv`: run lengths as the 2018 Data Science Bowl wants them ([`bowl_csv`]).
    Bowl,
    /// `ID-measurements.csv`: one row a nucleus ([`measurements`]).
    Measurements,
    /// `ID-labels.png` or `.tif`: the label image ([`label_image`]).
    Labels,
    /// `ID-RoiSet.zip`: ImageJ's regions of interest ([`rois`]).
    Rois,
    /// `ID.geojson`: QuPath's detections ([`geojson`]).
    Geojson,
    /// `ID-coco.json`: COCO instances ([`coco`]).
    Coco,
    /// `ID-outlines.svg`: outlines for a drawing program ([`svg`]).
    Svg,
    /// `ID-overlay.png`: the picture with the rims drawn in ([`overlay`]).
    Overlay,
    /// `ID-nucleoscope.json`: what was done, so that it can be done again ([`record`]).
    Record,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 9] = [
        Self::Bowl,
        Self::Measurements,
        Self::Labels,
        Self::Rois,
        Self::Geojson,
        Self::Coco,
        Self::Svg,
        Self::Overlay,
        Self::Record,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bowl => "bowl",
            Self::Measurements => "measurements",
            Self::Labels => "labels",
            Self::Rois => "rois",
            Self::Geojson => "geojson",
            Self::Coco => "coco",
            Self::Svg => "svg",
            Self::Overlay => "overlay",
            Self::Record => "record",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = ExportError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_meant = |format: &Self| format.name().eq_ignore_ascii_case(text.trim());
        Self::ALL.into_iter().find(is_meant).ok_or_else(|| ExportError::UnknownFormat { text: text.into() })
    }
}

/// A choice of formats, each once, in the order in which they were named; written `rois,geojson` or
/// `all`.
///
/// ```
/// use nucleoscope::export::{Format, Formats};
///
/// assert_eq!("rois, coco,rois".parse::<Formats>()?.0, [Format::Rois, Format::Coco]);
/// assert_eq!("all".parse::<Formats>()?.0, Format::ALL);
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
            let named: &[Format] =
                if name.trim().eq_ignore_ascii_case("all") { &Format::ALL } else { &[name.parse()?] };
            formats.extend(named);
        }
        Ok(Self(each_once(&formats)))
    }
}

fn each_once(formats: &[Format]) -> Vec<Format> {
    let is_first = |(place, format): &(usize, &Format)| !formats[..*place].contains(format);
    formats.iter().enumerate().filter(is_first).map(|(_, format)| *format).collect()
}

/// An image and its nuclei, with all that the files say of them.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What the image is called; file names begin with it, made harmless by [`file_stem`].
    pub image_id: &'a str,
    /// The picture that was segmented.
    pub image: &'a Image,
    /// The channels in which intensities are measured, each of the image's size.
    pub channels: &'a [Channel],
    /// How large a pixel is, where it is known.
    pub pixel_size: Option<PixelSize>,
    /// The nuclei.
    pub labels: &'a LabelImage,
    /// Whether each nucleus was changed by hand, the first entry for nucleus 1; empty if none was.
    pub edited: &'a [bool],
    /// Where the nuclei come from.
    pub provenance: &'a Provenance,
}

/// A file to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Its name, without a folder; safe on every system.
    pub name: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Writes the files of one image, each format once, in the order given.
///
/// # Errors
/// The parts of `subject` do not fit each other, or a format cannot hold the image; the message names
/// the format.
///
/// ```
/// use nucleoscope::export::{self, Format, Provenance, Subject};
/// use nucleoscope::{image, synthetic};
///
/// let drawn = synthetic::field(&Default::default());
/// let subject = Subject {
///     image_id: "cells",
///     image: &drawn.image,
///     channels: &image::split(&drawn.image)?,
///     pixel_size: None,
///     labels: &drawn.truth,
///     edited: &[],
///     provenance: &Provenance::default(),
/// };
/// let files = export::files(&subject, &Format::ALL)?;
/// assert_eq!(files[3].name, "cells-RoiSet.zip");
/// assert!(export::archive(&files)?.starts_with(b"PK"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn files(subject: &Subject, formats: &[Format]) -> Result<Vec<ExportFile>, ExportError> {
    files_named(subject, &file_stem(subject.image_id), formats)
}

/// The same with names that begin otherwise: with the image's stem in its data set
/// ([`ImageEntry::file_stem`](crate::dataset::ImageEntry::file_stem)).
///
/// # Errors
/// As [`files`].
pub fn files_named(
    subject: &Subject,
    stem: &str,
    formats: &[Format],
) -> Result<Vec<ExportFile>, ExportError> {
    check(subject)?;
    let needs = |wanted: &[Format]| formats.iter().any(|format| wanted.contains(format));
    let parts = Parts {
        polygons: if needs(&[Format::Rois, Format::Geojson, Format::Svg]) {
            polygons(subject.labels)
        } else {
            Vec::new()
        },
        table: needs(&[Format::Measurements, Format::Geojson]).then(|| {
            MeasurementTable::new(subject.labels, subject.channels, subject.pixel_size, subject.edited)
        }),
    };
    let one = |format: Format| {
        let (ending, bytes) = write(subject, format, &parts)?;
        Ok(ExportFile { name: format!("{stem}{ending}"), bytes })
    };
    each_once(formats).into_iter().map(one).collect()
}

/// What several formats are made from.
struct Parts {
    polygons: Vec<Vec<Polygon>>,
    table: Option<MeasurementTable>,
}

fn check(subject: &Subject) -> Result<(), ExportError> {
    let Subject { labels, edited, .. } = subject;
    let (width, height) = (labels.width(), labels.height());
    let channels = subject.channels.iter().map(|channel| (channel.name.as_str(), &channel.image));
    for (what, image) in [("the image", subject.image)].into_iter().chain(channels) {
        if (image.width(), image.height()) != (width, height) {
            let (other_width, other_height) = (image.width(), image.height());
            return Err(ExportError::Size { what: what.into(), width, height, other_width, other_height });
        }
    }
    if !edited.is_empty() && edited.len() != labels.count() as usize {
        return Err(ExportError::EditedCount { entries: edited.len(), nuclei: labels.count() });
    }
    Ok(())
}

/// The ending of a file's name, and its bytes.
fn write(subject: &Subject, format: Format, parts: &Parts) -> Result<(String, Vec<u8>), ExportError> {
    let Subject { image_id, image, labels, provenance, .. } = *subject;
    let refused = |error: &dyn fmt::Display| ExportError::Encode { format, reason: error.to_string() };
    let table = || parts.table.as_ref().ok_or_else(|| refused(&"nothing was measured"));
    let (ending, bytes) = match format {
        Format::Bowl => {
            let rows = bowl_csv::rows(image_id, &run_length::encode(labels));
            ("-bowl.csv", [bowl_csv::HEADER, &rows].concat().into_bytes())
        }
        Format::Measurements => ("-measurements.csv", table()?.csv(image_id).into_bytes()),
        Format::Labels => {
            let file = label_image::encode(labels, subject.pixel_size).map_err(|error| refused(&error))?;
            return Ok((format!("-labels.{}", file.extension), file.bytes));
        }
        Format::Rois => ("-RoiSet.zip", rois::encode(&parts.polygons, (labels.width(), labels.height()))?),
        Format::Geojson => (".geojson", geojson::encode(&parts.polygons, table()?)?),
        Format::Coco => ("-coco.json", coco::encode(labels, &provenance.input.name)?),
        Format::Svg => {
            let size = (labels.width(), labels.height());
            ("-outlines.svg", svg::encode(image_id, &parts.polygons, size).into_bytes())
        }
        Format::Overlay => {
            let picture = preview(image, None, &Contrast::default()).map_err(|error| refused(&error))?;
            ("-overlay.png", overlay::encode(picture, labels).map_err(|error| refused(&error))?)
        }
        Format::Record => ("-nucleoscope.json", record::encode(subject)?),
    };
    Ok((ending.into(), bytes))
}

/// Packs files into one ZIP archive.
///
/// # Errors
/// Two files have the same name, or an archive cannot hold them.
pub fn archive(files: &[ExportFile]) -> Result<Vec<u8>, ExportError> {
    let mut archive = Archive::default();
    files.iter().try_for_each(|file| archive.add(&file.name, &file.bytes))?;
    archive.finish()
}

/// A ZIP archive that is put together file by file. Dates are fixed (1 January 1980), so the same files
/// give the same archive.
pub struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl Default for Archive {
    fn default() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }
}

impl Archive {
    /// Adds a file.
    ///
    /// # Errors
    /// There is a file of that name already, or an archive cannot hold it.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::DEFLATE)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let written = self.0.start_file(name, options).and_then(|()| Ok(self.0.write_all(bytes)?));
        written.map_err(|error| ExportError::Archive { name: name.to_owned(), reason: error.to_string() })
    }

    /// The archive's bytes.
    ///
    /// # Errors
    /// An archive cannot hold so much.
    pub fn finish(self) -> Result<Vec<u8>, ExportError> {
        let refused = |error: zip::result::ZipError| ExportError::Archive {
            name: "the list of contents".into(),
            reason: error.to_string(),
        };
        self.0.finish().map(Cursor::into_inner).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Explain;
    use crate::image::{Samples, split};
    use crate::synthetic::{FieldOptions, field};

    fn subject<'a>(
        image: &'a Image,
        channels: &'a [Channel],
        labels: &'a LabelImage,
        provenance: &'a Provenance,
    ) -> Subject<'a> {
        let image_id = "a/b: c";
        Subject { image_id, image, channels, pixel_size: None, labels, edited: &[], provenance }
    }

    #[test]
    fn every_file_begins_with_the_image_and_is_the_same_every_time() {
        let drawn = field(&FieldOptions { nuclei: 5, width: 64, height: 64, ..Default::default() });
        let (channels, provenance) = (split(&drawn.image).unwrap(), Provenance::default());
        let subject = subject(&drawn.image, &channels, &drawn.truth, &provenance);
        let made = files(&subject, &Format::ALL).unwrap();
        let stem = file_stem(subject.image_id);
        let endings: Vec<&str> = made.iter().map(|file| file.name.strip_prefix(&stem).unwrap()).collect();
        let expected = [
            "-bowl.csv",
            "-measurements.csv",
            "-labels.png",
            "-RoiSet.zip",
            ".geojson",
            "-coco.json",
            "-outlines.svg",
            "-overlay.png",
            "-nucleoscope.json",
        ];
        assert_eq!(endings, expected);
        let again = files(&subject, &Format::ALL).unwrap();
        assert_eq!(made, again);
        assert_eq!(archive(&made).unwrap(), archive(&again).unwrap());
    }

    #[test]
    fn an_archive_gives_the_files_back() {
        let file = |name: &str, bytes: &[u8]| ExportFile { name: name.into(), bytes: bytes.into() };
        let files = [file("a.csv", b"rows"), file("µ.png", &[0; 999])];
        let packed = archive(&files).unwrap();
        let limits = crate::archive::Limits::default();
        let mut opened = crate::archive::Archive::open(Cursor::new(packed), limits).unwrap();
        for (entry, file) in files.iter().enumerate() {
            assert_eq!(opened.entries()[entry].path, file.name);
            assert_eq!(opened.read(entry).unwrap(), file.bytes);
        }
        let twice = archive(&[file("a", b""), file("a", b"")]).unwrap_err();
        assert_eq!(twice.code(), "export/archive");
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let image = Image::new(2, 1, 1, Samples::U8(vec![1, 2])).unwrap();
        let (channels, provenance) = (split(&image).unwrap(), Provenance::default());
        let labels = LabelImage::from_labels(1, 2, vec![1, 1]);
        let error = files(&subject(&image, &channels, &labels, &provenance), &[Format::Bowl]).unwrap_err();
        assert_eq!(error.code(), "export/size");
        let labels = LabelImage::from_labels(2, 1, vec![1, 1]);
        let counted = Subject { edited: &[true, false], ..subject(&image, &channels, &labels, &provenance) };
        assert_eq!(files(&counted, &[]).unwrap_err().code(), "export/edited-count");
    }

    #[test]
    fn a_format_is_named_the_same_everywhere() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
        }
    }
}
