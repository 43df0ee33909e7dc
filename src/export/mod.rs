//! The files that leave the program, one module a format; `docs/formats.md` says where each format is
//! defined.
//!
//! [`image_files`] writes the files of one image and gives its [part](Part) of the files that a batch shares;
//! [`batch_files`] makes those of all parts; [`archive`] puts files into one ZIP. Nothing here touches a
//! disk, and the same input gives the same bytes. All of them go by [`counted`](crate::nuclei::counted): nuclei that
//! do not count are left out, or marked where the format can say so.

use std::fmt;
use std::io::{Cursor, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::dsb2018::csv;
use crate::dsb2018::run_length::{self, Mask};
use crate::image::{Channel, Contrast, Image, PixelSize, Warning, preview};
use crate::nuclei::MeasurementTable;
use crate::nuclei::counted::{Counted, Rules, count};
use crate::nuclei::{LabelImage, Polygon, polygons};
use crate::record::{self, Provenance};

pub mod coco;
mod error;
mod file_name;
pub mod geojson;
pub mod label_image;
pub mod overlay;
pub mod rois;
pub mod signature;
pub mod svg;
pub mod tables;

pub use error::ExportError;
pub use file_name::{file_stem, file_stems};

/// What can be written of images and their nuclei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "ExportFormat"))]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// `submission.csv`: run lengths as the 2018 Data Science Bowl wants them ([`csv`]).
    Bowl,
    /// `summary.csv`: one row an image ([`tables`]).
    Summary,
    /// `nuclei.csv`: one row a nucleus ([`tables`]).
    Measurements,
    /// `ID-labels.png` or `.tif`: the label image ([`label_image`]).
    Labels,
    /// `ID-RoiSet.zip`: ImageJ's regions of interest ([`rois`]).
    Rois,
    /// `ID.geojson`: QuPath's detections and annotations ([`geojson`]).
    Geojson,
    /// `coco.json`: COCO instances ([`coco`]).
    Coco,
    /// `ID-outlines.svg`: outlines for a drawing program ([`svg`]).
    Svg,
    /// `ID-overlay.png`: the picture with the rims drawn in ([`overlay`]).
    Overlay,
    /// `nucleoscope.json`: what was done, so that it can be done again ([`record`]).
    Record,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Bowl,
        Self::Summary,
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
            Self::Summary => "summary",
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

    /// The file that all images of a batch share; `None` where each image has one of its own.
    pub fn batch_file(self) -> Option<&'static str> {
        match self {
            Self::Bowl => Some("submission.csv"),
            Self::Summary => Some("summary.csv"),
            Self::Measurements => Some("nuclei.csv"),
            Self::Coco => Some("coco.json"),
            Self::Record => Some("nucleoscope.json"),
            Self::Labels | Self::Rois | Self::Geojson | Self::Svg | Self::Overlay => None,
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
    /// What the image is called.
    pub image_id: &'a str,
    /// What the names of the image's own files begin with: [`file_stem`] of its id, or its
    /// [stem in its data set](crate::input::dataset::ImageEntry::file_stem).
    pub file_stem: &'a str,
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
    /// What was guessed or wrong about the file.
    pub warnings: &'a [Warning],
    /// Where the nuclei come from, and which of them count.
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

/// What one image gives to the files that a batch shares. It can be sent elsewhere as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    image_id: String,
    file: String,
    folder: String,
    bowl: Option<String>,
    summary: Option<tables::Fields>,
    nuclei: Option<tables::NucleiRows>,
    coco: Option<coco::Instances>,
    record: Option<record::ImageRecord>,
}

impl Part {
    /// The part of a file that could not be worked on: a row of the summary that says why. `image_id` is
    /// empty for a file that was no image at all.
    ///
    /// ```
    /// use nucleoscope::export::{Format, Part, batch_files};
    ///
    /// let part = Part::failed("b", "plate/b.tif", "the file is cut short");
    /// let files = batch_files(&[part], &[Format::Summary], Default::default())?;
    /// let text = String::from_utf8(files[0].bytes.clone()).unwrap();
    /// assert!(text.ends_with("\nb,b.tif,plate,,failed: the file is cut short\n"));
    /// # Ok::<(), nucleoscope::export::ExportError>(())
    /// ```
    pub fn failed(image_id: &str, path: &str, reason: &str) -> Self {
        let input = record::FileIdentity::new(path, &[]);
        Self {
            image_id: image_id.into(),
            summary: Some(tables::failure_fields(image_id, &input, reason)),
            file: input.name,
            folder: input.folder,
            bowl: None,
            nuclei: None,
            coco: None,
            record: None,
        }
    }
}

/// What is written of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageExport {
    /// The files that are its own.
    pub files: Vec<ExportFile>,
    /// Its part of the files that the batch shares.
    pub part: Part,
    /// Which of its nuclei count.
    pub counted: Counted,
}

/// Writes the files of one image, each format once, in the order given, and its part of those that a batch
/// shares. `measures` are keys of columns that the summary is to have beside the main ones.
///
/// # Errors
/// The parts of `subject` do not fit each other, or a format cannot hold the image; the message names
/// the format.
///
/// ```
/// use nucleoscope::export::{self, Format, Subject, tables::Dialect};
/// use nucleoscope::record::Provenance;
/// use nucleoscope::{image, synthetic};
///
/// let drawn = synthetic::field(&Default::default());
/// let subject = Subject {
///     image_id: "cells",
///     file_stem: "cells",
///     image: &drawn.image,
///     channels: &image::split(&drawn.image)?,
///     pixel_size: None,
///     labels: &drawn.truth,
///     edited: &[],
///     warnings: &[],
///     provenance: &Provenance::default(),
/// };
/// let made = export::image_files(&subject, &Format::ALL, &[])?;
/// assert_eq!(made.files[1].name, "cells-RoiSet.zip");
/// let shared = export::batch_files(&[made.part], &Format::ALL, Dialect::default())?;
/// assert_eq!(shared[1].name, "summary.csv");
/// assert!(export::archive(&shared)?.starts_with(b"PK"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn image_files(
    subject: &Subject,
    formats: &[Format],
    measures: &[String],
) -> Result<ImageExport, ExportError> {
    check(subject)?;
    let Subject { labels, provenance, .. } = *subject;
    let size = (labels.width(), labels.height());
    let needs = |wanted: &[Format]| formats.iter().any(|format| wanted.contains(format));
    let rules = Rules { regions: &provenance.regions, gates: &provenance.gates };
    let is_measured = !rules.is_empty() || needs(&[Format::Measurements, Format::Summary, Format::Geojson]);
    let table = is_measured
        .then(|| MeasurementTable::new(labels, subject.channels, subject.pixel_size, subject.edited));
    let counted = match &table {
        Some(table) => count(table, size, &rules),
        None => Counted::all(labels.count() as usize, size),
    };
    let has_polygons = needs(&[Format::Rois, Format::Geojson, Format::Svg]);
    let basis = Basis { polygons: if has_polygons { polygons(labels) } else { Vec::new() }, table, counted };
    let stem = subject.file_stem;
    let mut files = Vec::new();
    for format in each_once(formats) {
        if let Some((ending, bytes)) = write(subject, format, &basis)? {
            files.push(ExportFile { name: format!("{stem}{ending}"), bytes });
        }
    }
    let part = part(subject, formats, &basis, measures);
    Ok(ImageExport { files, part, counted: basis.counted })
}

/// What several formats are made from.
struct Basis {
    polygons: Vec<Vec<Polygon>>,
    table: Option<MeasurementTable>,
    counted: Counted,
}

fn part(subject: &Subject, formats: &[Format], basis: &Basis, measures: &[String]) -> Part {
    let Subject { image_id, labels, provenance, .. } = *subject;
    let Basis { table, counted, .. } = basis;
    let has = |format: Format| formats.contains(&format);
    let table_for = |format: Format| table.as_ref().filter(|_| has(format));
    Part {
        image_id: image_id.into(),
        file: provenance.input.name.clone(),
        folder: provenance.input.folder.clone(),
        bowl: has(Format::Bowl)
            .then(|| csv::rows(image_id, &included_masks(run_length::encode(labels), counted))),
        summary: table_for(Format::Summary)
            .map(|table| tables::summary_fields(subject, table, counted, measures)),
        nuclei: table_for(Format::Measurements).map(|table| tables::NucleiRows::new(table, counted)),
        coco: has(Format::Coco).then(|| coco::Instances::new(labels, &counted.included)),
        record: has(Format::Record).then(|| image_record(subject, counted)),
    }
}

fn included_masks(masks: Vec<Mask>, counted: &Counted) -> Vec<Mask> {
    masks
        .into_iter()
        .zip(&counted.included)
        .filter(|(_, included)| **included)
        .map(|(mask, _)| mask)
        .collect()
}

/// Writes the files that a batch shares, each format once, in the order given, with the images in theirs.
/// What a part does not have is left out.
///
/// # Errors
/// [`ExportError::Encode`] never in practice: text goes to memory.
pub fn batch_files(
    parts: &[Part],
    formats: &[Format],
    dialect: tables::Dialect,
) -> Result<Vec<ExportFile>, ExportError> {
    let mut files = Vec::new();
    for format in each_once(formats) {
        let Some(name) = format.batch_file() else { continue };
        let bytes = match format {
            Format::Bowl => {
                let rows = parts.iter().filter_map(|part| part.bowl.as_deref());
                std::iter::once(csv::HEADER).chain(rows).collect::<String>().into_bytes()
            }
            Format::Summary => {
                let images: Vec<&tables::Fields> =
                    parts.iter().filter_map(|part| part.summary.as_ref()).collect();
                tables::summary_csv(&images, dialect)
            }
            Format::Measurements => {
                let mut images = Vec::new();
                for part in parts {
                    images.extend(part.nuclei.as_ref().map(|rows| (&*part.image_id, &*part.folder, rows)));
                }
                tables::nuclei_csv(&images, dialect)
            }
            Format::Coco => {
                let names = names_in_batch(parts);
                let images = parts.iter().zip(&names);
                let images: Vec<(&str, &coco::Instances)> =
                    images.filter_map(|(part, name)| Some((name.as_str(), part.coco.as_ref()?))).collect();
                coco::encode(&images)?
            }
            Format::Record => {
                let images: Vec<&record::ImageRecord> =
                    parts.iter().filter_map(|part| part.record.as_ref()).collect();
                record::encode(&images)
                    .map_err(|error| ExportError::Encode { format, reason: error.to_string() })?
            }
            Format::Labels | Format::Rois | Format::Geojson | Format::Svg | Format::Overlay => continue,
        };
        files.push(ExportFile { name: name.into(), bytes });
    }
    Ok(files)
}

/// The record of an image.
fn image_record(subject: &Subject, counted: &Counted) -> record::ImageRecord {
    record::ImageRecord {
        id: subject.image_id.into(),
        provenance: subject.provenance.clone(),
        outcome: Some(record::Outcome {
            width: subject.image.width(),
            height: subject.image.height(),
            bit_depth: subject.image.bit_depth(),
            channels: subject.channels.iter().map(|channel| channel.name.clone()).collect(),
            pixel_size_used: subject.pixel_size,
            nuclei: subject.labels.count(),
            nuclei_counted: counted.count(),
            nuclei_edited: subject.edited.iter().filter(|edited| **edited).count(),
            warnings: subject.warnings.iter().map(|warning| warning.message.clone()).collect(),
        }),
    }
}

/// The names of the images' files; with their folders where two have the same name.
fn names_in_batch(parts: &[Part]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let are_unique = parts.iter().all(|part| seen.insert(part.file.as_str()));
    let name = |part: &Part| {
        if are_unique || part.folder.is_empty() {
            part.file.clone()
        } else {
            format!("{}/{}", part.folder, part.file)
        }
    };
    parts.iter().map(name).collect()
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

/// The ending of the name of an image's own file, and its bytes; nothing for a format that a batch shares.
fn write(subject: &Subject, format: Format, basis: &Basis) -> Result<Option<(String, Vec<u8>)>, ExportError> {
    let Subject { image_id, image, labels, provenance, .. } = *subject;
    let Basis { polygons, table, counted } = basis;
    let refused = |error: &dyn fmt::Display| ExportError::Encode { format, reason: error.to_string() };
    let size = (labels.width(), labels.height());
    let included = &counted.included;
    let (ending, bytes) = match format {
        Format::Labels => {
            let file =
                label_image::encode(labels, included, subject.pixel_size).map_err(|error| refused(&error))?;
            return Ok(Some((format!("-labels.{}", file.extension), file.bytes)));
        }
        Format::Rois => ("-RoiSet.zip", rois::encode(polygons, included, size)?),
        Format::Geojson => {
            let table = table.as_ref().ok_or_else(|| refused(&"nothing was measured"))?;
            (".geojson", geojson::encode(polygons, table, included, &provenance.regions, size)?)
        }
        Format::Svg => ("-outlines.svg", svg::encode(image_id, polygons, included, size).into_bytes()),
        Format::Overlay => {
            let picture = preview(image, None, &Contrast::default()).map_err(|error| refused(&error))?;
            // Those of a large image are not held twice without need.
            let drawn = if counted.is_all() {
                overlay::encode(picture, labels)
            } else {
                overlay::encode(picture, &labels.only(included))
            };
            ("-overlay.png", drawn.map_err(|error| refused(&error))?)
        }
        Format::Bowl | Format::Summary | Format::Measurements | Format::Coco | Format::Record => {
            return Ok(None);
        }
    };
    Ok(Some((ending.into(), bytes)))
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
    use crate::diagnostic::Diagnostic;
    use crate::image::{Samples, split};
    use crate::nuclei::Region;
    use crate::nuclei::counted::{Gate, Keep};
    use crate::synthetic::{FieldOptions, field};
    use proptest::prelude::*;

    fn subject<'a>(
        image: &'a Image,
        channels: &'a [Channel],
        labels: &'a LabelImage,
        provenance: &'a Provenance,
    ) -> Subject<'a> {
        let image_id = "a/b: c";
        Subject {
            image_id,
            file_stem: "a_b_ c-1",
            image,
            channels,
            pixel_size: None,
            labels,
            edited: &[],
            warnings: &[],
            provenance,
        }
    }

    #[test]
    fn every_file_is_named_for_its_image_or_the_batch_and_is_the_same_every_time() {
        let drawn = field(&FieldOptions { nuclei: 5, width: 64, height: 64, ..Default::default() });
        let (channels, provenance) = (split(&drawn.image).unwrap(), Provenance::default());
        let subject = subject(&drawn.image, &channels, &drawn.truth, &provenance);
        let made = image_files(&subject, &Format::ALL, &[]).unwrap();
        let stem = subject.file_stem;
        let endings: Vec<&str> =
            made.files.iter().map(|file| file.name.strip_prefix(stem).unwrap()).collect();
        assert_eq!(endings, ["-labels.png", "-RoiSet.zip", ".geojson", "-outlines.svg", "-overlay.png"]);
        let shared = |part: &Part| {
            batch_files(&[part.clone(), part.clone()], &Format::ALL, tables::Dialect::default()).unwrap()
        };
        let names: Vec<String> = shared(&made.part).into_iter().map(|file| file.name).collect();
        assert_eq!(names, ["submission.csv", "summary.csv", "nuclei.csv", "coco.json", "nucleoscope.json"]);
        let again = image_files(&subject, &Format::ALL, &[]).unwrap();
        assert_eq!(made, again);
        assert_eq!(archive(&made.files).unwrap(), archive(&again.files).unwrap());
        // A worker sends the part on as JSON.
        let sent: Part = serde_json::from_slice(&serde_json::to_vec(&made.part).unwrap()).unwrap();
        assert_eq!(shared(&sent), shared(&made.part));
    }

    /// The numbers of nuclei that each format holds.
    fn held(made: &ImageExport) -> Vec<Vec<u32>> {
        let text = |name: &str| -> String {
            let shared =
                batch_files(std::slice::from_ref(&made.part), &Format::ALL, tables::Dialect::default())
                    .unwrap();
            let file = shared.into_iter().chain(made.files.clone()).find(|file| file.name.ends_with(name));
            String::from_utf8_lossy(&file.unwrap().bytes).into_owned()
        };
        let json = |name: &str| serde_json::from_str::<serde_json::Value>(&text(name)).unwrap();
        let coco = json("coco.json")["annotations"].as_array().unwrap().clone();
        let geojson = json(".geojson")["features"].as_array().unwrap().clone();
        let number = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse().ok());
        let mut table = ::csv::Reader::from_reader(text("nuclei.csv").into_bytes().leak() as &[u8]);
        let rows = table.records().map(Result::unwrap).filter(|row| &row[3] == "true");
        let svg = text(".svg");
        let drawn = svg.split("id=\"nucleus-").skip(1).map(|rest| rest.split('"').next().unwrap());
        let labels = made.files.iter().find(|file| file.name.contains("-labels.")).unwrap();
        let labels = crate::image::decode(&labels.bytes, crate::image::Limits::default()).unwrap();
        let Samples::U16(values) = labels.samples() else { panic!("16 bits expected") };
        let values: std::collections::BTreeSet<u32> =
            values.iter().filter(|value| **value != 0).map(|value| u32::from(*value)).collect();
        vec![
            coco.iter().map(|one| one["nucleus"].as_u64().unwrap() as u32).collect(),
            geojson
                .iter()
                .filter(|one| one["properties"]["included"] == true)
                .filter_map(|one| number(&one["properties"]["name"]))
                .collect(),
            rows.map(|row| row[2].parse().unwrap()).collect(),
            drawn.map(|number| number.parse().unwrap()).collect(),
            values.into_iter().collect(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_format_holds_the_nuclei_that_count(
            seed in 0u64..50,
            corner in prop::option::of((-10.0f64..70.0, -10.0f64..70.0, -60.0f64..60.0, 5.0f64..60.0)),
            gate in prop::option::of((0.0f64..300.0, 0.0f64..300.0, any::<bool>())),
        ) {
            let drawn = field(&FieldOptions { seed, nuclei: 12, width: 64, height: 64, ..Default::default() });
            let regions: Vec<Region> = corner
                .map(|(x, y, width, height)| Region::Rectangle { x, y, width, height })
                .into_iter()
                .collect();
            let gates: Vec<Gate> = gate
                .map(|(one, other, is_kept)| Gate {
                    key: "area_px2".into(),
                    minimum: Some(one.min(other)),
                    maximum: Some(one.max(other)),
                    keep: if is_kept { Keep::Inside } else { Keep::Outside },
                })
                .into_iter()
                .collect();
            let channels = split(&drawn.image).unwrap();
            let provenance = Provenance { regions, gates, ..Default::default() };
            let made =
                image_files(&subject(&drawn.image, &channels, &drawn.truth, &provenance), &Format::ALL, &[])
                    .unwrap();
            let counted: Vec<u32> =
                (1..).zip(&made.counted.included).filter(|(_, counts)| **counts).map(|(number, _)| number).collect();
            for held in held(&made) {
                prop_assert_eq!(&held, &counted);
            }
            let rois = made.files.iter().find(|file| file.name.ends_with("RoiSet.zip")).unwrap();
            let rois = zip::ZipArchive::new(Cursor::new(rois.bytes.clone())).unwrap();
            prop_assert_eq!(rois.len(), counted.len());
            let rows = made.part.bowl.as_ref().unwrap().lines().filter(|row| !row.ends_with(',')).count();
            prop_assert_eq!(rows, counted.len());
            // What was measured does not depend on what counts.
            let all = Provenance::default();
            let all = image_files(&subject(&drawn.image, &channels, &drawn.truth, &all), &Format::ALL, &[]);
            let measures = |export: &ImageExport| {
                serde_json::to_value(export.part.nuclei.as_ref().unwrap()).unwrap()["numbers"].clone()
            };
            prop_assert_eq!(measures(&made), measures(&all.unwrap()));
        }
    }

    #[test]
    fn files_of_the_same_name_are_told_apart_by_their_folders() {
        let image = Image::new(2, 1, 1, Samples::U8(vec![1, 2])).unwrap();
        let (channels, labels) = (split(&image).unwrap(), LabelImage::from_labels(2, 1, vec![1, 0]));
        let part = |path: &str| {
            let input = record::FileIdentity::new(path, b"");
            let provenance = Provenance { input, ..Default::default() };
            image_files(&subject(&image, &channels, &labels, &provenance), &[Format::Coco], &[]).unwrap().part
        };
        assert_eq!(names_in_batch(&[part("a/1.png"), part("b/2.png")]), ["1.png", "2.png"]);
        assert_eq!(names_in_batch(&[part("a/1.png"), part("b/1.png")]), ["a/1.png", "b/1.png"]);
    }

    #[test]
    fn an_archive_gives_the_files_back() {
        let file = |name: &str, bytes: &[u8]| ExportFile { name: name.into(), bytes: bytes.into() };
        let files = [file("a.csv", b"rows"), file("µ.png", &[0; 999])];
        let packed = archive(&files).unwrap();
        let limits = crate::input::archive::Limits::default();
        let mut opened = crate::input::archive::Archive::open(Cursor::new(packed), limits).unwrap();
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
        let error =
            image_files(&subject(&image, &channels, &labels, &provenance), &[Format::Bowl], &[]).unwrap_err();
        assert_eq!(error.code(), "export/size");
        let labels = LabelImage::from_labels(2, 1, vec![1, 1]);
        let counted = Subject { edited: &[true, false], ..subject(&image, &channels, &labels, &provenance) };
        assert_eq!(image_files(&counted, &[], &[]).unwrap_err().code(), "export/edited-count");
    }

    #[test]
    fn a_format_is_named_the_same_everywhere() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
        }
    }
}
