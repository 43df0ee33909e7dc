//! Export of the results to files, with one module per format; `docs/formats.md` lists the definition of each
//! format.
//!
//! [`FORMATS`] lists the formats for the help of the command line and the menu of the page. [`image_files`]
//! writes the files of one image and returns its [part](Part) of the files of the batch; [`batch_files`]
//! writes those from all parts, and [`BatchWriter`] from parts that are not all in memory; [`archive`] creates a
//! ZIP archive of files. No function here accesses the disk, and the same input gives the same bytes. All formats
//! use [`counted`](crate::nuclei::counted): nuclei that do not count are omitted, or marked if the format supports
//! it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::io::{Cursor, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::geometry::Size;
use crate::image::{Channel, Image, PixelSize, Warning};
use crate::nuclei::MeasurementTable;
use crate::nuclei::counted::{Counted, Rules, count};
use crate::nuclei::{LabelImage, Polygon, expand, polygons};
use crate::record::{FileIdentity, Provenance};

pub mod bowl;
pub mod coco;
pub mod conditions;
mod error;
mod file_name;
mod format;
pub mod geojson;
pub mod label_image;
pub mod overlay;
pub mod record;
pub mod rois;
pub mod signature;
pub mod svg;
pub mod tables;

pub use error::ExportError;
use file_name::folded;
pub use file_name::{file_stem, file_stems, is_file_name};
use format::each_once;
pub use format::{Exporter, FileName, Format, FormatInfo, Formats, ImageFile};

/// All formats, in the order of the help and of the menu of the page.
pub static FORMATS: &[Format] = &[
    bowl::BOWL,
    tables::SUMMARY,
    conditions::CONDITIONS,
    tables::MEASUREMENTS,
    label_image::LABELS,
    rois::ROIS,
    geojson::GEOJSON,
    coco::COCO,
    svg::SVG,
    overlay::OVERLAY,
    record::RECORD,
];

/// An image, its nuclei and all further data for the files.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The id of the image.
    pub image_id: &'a str,
    /// The stem of the names of the image's own files: [`file_stem`] of its id, or its [stem in its data
    /// set](crate::input::dataset::ImageEntry::file_stem).
    pub file_stem: &'a str,
    /// The segmented image.
    pub image: &'a Image,
    /// The channels in which intensities are measured, each of the size of the image.
    pub channels: &'a [Channel],
    /// The pixel size, if known.
    pub pixel_size: Option<PixelSize>,
    /// The nuclei.
    pub labels: &'a LabelImage,
    /// Whether each nucleus was edited manually, the first entry for nucleus 1; empty if none was.
    pub edited: &'a [bool],
    /// The assumptions about the file and the problems in it.
    pub warnings: &'a [Warning],
    /// The origin of the nuclei, and which of them count.
    pub provenance: &'a Provenance,
}

/// A file to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Its name without a folder, [safe on every system](is_file_name).
    pub name: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// The part of one image in the files of a batch. It can be serialized as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    image_id: String,
    file: String,
    folder: String,
    /// The group set for the image, as in [`Provenance::group`].
    #[serde(default)]
    group: Option<String>,
    /// The part for each format, by the name of the format.
    formats: BTreeMap<String, Value>,
}

impl Part {
    /// The part of a file that could not be processed: a row of the summary with the reason. `image_id` is
    /// empty for a file that is not an image.
    ///
    /// ```
    /// use nucleoscope::export::{Part, batch_files, tables::SUMMARY};
    ///
    /// let part = Part::failed("b", "plate/b.tif", "the file is cut short");
    /// let files = batch_files(&[part], &[SUMMARY], Default::default())?;
    /// let text = String::from_utf8(files[0].bytes.clone()).unwrap();
    /// assert!(text.ends_with("\nb,b.tif,plate,,failed: the file is cut short\n"));
    /// # Ok::<(), nucleoscope::export::ExportError>(())
    /// ```
    pub fn failed(image_id: &str, path: &str, reason: &str) -> Self {
        let input = FileIdentity::new(path, &[]);
        let of_format = |format: &Format| {
            let part = format.exporter().failed_part(image_id, &input, reason)?;
            Some((format.name().to_owned(), part))
        };
        let formats = FORMATS.iter().filter_map(of_format).collect();
        Self { image_id: image_id.into(), file: input.name, folder: input.folder, group: None, formats }
    }

    /// The same part with a group, as in [`Provenance::group`].
    #[must_use]
    pub fn in_group(self, group: Option<String>) -> Self {
        Self { group, ..self }
    }
}

/// The parts of a batch, in the order of its images. They are read several times, so that they need not all be
/// in memory.
pub trait Parts {
    /// Calls `visit` for every part, in order.
    ///
    /// # Errors
    /// The first error of `visit`, or a part cannot be read.
    fn for_each(&self, visit: &mut dyn FnMut(&Part) -> Result<(), ExportError>) -> Result<(), ExportError>;
}

impl Parts for &[Part] {
    fn for_each(&self, visit: &mut dyn FnMut(&Part) -> Result<(), ExportError>) -> Result<(), ExportError> {
        self.iter().try_for_each(visit)
    }
}

/// The part of one image in the file of the batch in one format.
#[derive(Debug, Clone)]
pub struct ImagePart<'a> {
    /// The id of the image.
    pub image_id: &'a str,
    /// The folder of its file.
    pub folder: &'a str,
    /// Its group; empty if it is in none.
    pub group: &'a str,
    /// The name of its file, including its folder if two images of the batch have the same name.
    pub file_name: &'a str,
}

/// The parts of the images of a batch in one format.
pub struct BatchParts<'a> {
    format: Format,
    parts: &'a dyn Parts,
    naming: &'a [Naming],
}

impl BatchParts<'_> {
    /// Calls `visit` for every image that has a part in the format, in order, with the deserialized part.
    ///
    /// # Errors
    /// The first error of `visit`; [`ExportError::Encode`]: a part was not created by the format; or a part
    /// cannot be read.
    pub fn for_each<T: DeserializeOwned>(
        &self,
        visit: &mut dyn FnMut(ImagePart, T) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut naming = self.naming.iter();
        self.parts.for_each(&mut |part| {
            let (Some(naming), Part { image_id, folder, formats, .. }) = (naming.next(), part) else {
                return Ok(());
            };
            let Some(value) = formats.get(self.format.name()) else { return Ok(()) };
            let image = ImagePart { image_id, folder, group: &naming.group, file_name: &naming.file_name };
            visit(image, T::deserialize(value).map_err(|error| self.format.refused(error))?)
        })
    }
}

/// What an image is called in the files of a batch, which depends on the other images.
struct Naming {
    group: String,
    file_name: String,
}

/// Writes the files of a batch from parts that need not all be in memory.
pub struct BatchWriter<'a> {
    parts: &'a dyn Parts,
    naming: Vec<Naming>,
}

impl<'a> BatchWriter<'a> {
    /// Reads the parts once, for the names and groups of the images. If no part has a group, the groups are
    /// those of the [folders](tables::groups).
    ///
    /// # Errors
    /// A part cannot be read.
    pub fn new(parts: &'a dyn Parts) -> Result<Self, ExportError> {
        let mut names = Vec::new();
        let mut set_groups = Vec::new();
        parts.for_each(&mut |part| {
            names.push((part.file.clone(), part.folder.clone()));
            set_groups.push(part.group.clone());
            Ok(())
        })?;
        let groups: Vec<String> = if set_groups.iter().any(Option::is_some) {
            set_groups.into_iter().map(Option::unwrap_or_default).collect()
        } else {
            tables::groups(&names.iter().map(|(_, folder)| folder.clone()).collect::<Vec<_>>())
        };
        let naming = names_in_batch(&names).into_iter().zip(groups);
        Ok(Self { parts, naming: naming.map(|(file_name, group)| Naming { group, file_name }).collect() })
    }

    /// Writes the file of a format, with the images in the order of the parts; nothing if each image has its own
    /// file. Images whose part does not contain the format are left out.
    ///
    /// # Errors
    /// A part cannot be read or was modified, or the file cannot be written.
    pub fn write(
        &self,
        format: Format,
        dialect: tables::Dialect,
        file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        let images = BatchParts { format, parts: self.parts, naming: &self.naming };
        format.exporter().batch_file(&images, dialect, file)
    }
}

/// The output for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageExport {
    /// The image's own files.
    pub files: Vec<ExportFile>,
    /// Its part of the files of the batch.
    pub part: Part,
    /// Which of its nuclei count.
    pub counted: Counted,
}

/// Writes the files of one image, each format once, in the given order, and returns its part of the files of
/// the batch. `measures` are the keys of additional columns of the summary.
///
/// # Errors
/// The fields of `subject` are inconsistent, or a format cannot store the image; the message gives the
/// format.
///
/// ```
/// use nucleoscope::export::{self, FORMATS, Subject, tables::Dialect};
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
/// let made = export::image_files(&subject, FORMATS, &[])?;
/// assert!(made.files.iter().any(|file| file.name == "cells-RoiSet.zip"));
/// let shared = export::batch_files(&[made.part], FORMATS, Dialect::default())?;
/// assert!(shared.iter().any(|file| file.name == "summary.csv"));
/// assert!(export::archive(&shared)?.starts_with(b"PK"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn image_files(
    subject: &Subject,
    formats: &[Format],
    measures: &[String],
) -> Result<ImageExport, ExportError> {
    check(subject)?;
    let basis = Basis::new(subject, measures);
    let input = &subject.provenance.input;
    let mut files = Vec::new();
    let mut part = Part {
        image_id: subject.image_id.into(),
        file: input.name.clone(),
        folder: input.folder.clone(),
        group: subject.provenance.group.clone(),
        formats: BTreeMap::new(),
    };
    for format in each_once(formats) {
        if let Some(ImageFile { ending, bytes }) = format.exporter().image_file(subject, &basis)? {
            files.push(ExportFile { name: format!("{}{ending}", subject.file_stem), bytes });
        }
        if let Some(of_image) = format.exporter().image_part(subject, &basis)? {
            part.formats.insert(format.name().to_owned(), of_image);
        }
    }
    Ok(ImageExport { files, part, counted: basis.counted })
}

/// Intermediate results that several formats share. Each is computed on first use.
#[derive(Debug)]
pub struct Basis<'a> {
    subject: Subject<'a>,
    measures: &'a [String],
    table: OnceCell<MeasurementTable>,
    polygons: OnceCell<Vec<Vec<Polygon>>>,
    counted: Counted,
}

impl<'a> Basis<'a> {
    fn new(subject: &Subject<'a>, measures: &'a [String]) -> Self {
        let Subject { labels, provenance, .. } = *subject;
        let size = labels.size();
        let rules = Rules { regions: &provenance.regions, gates: &provenance.gates };
        let mut basis = Self {
            subject: *subject,
            measures,
            table: OnceCell::new(),
            polygons: OnceCell::new(),
            counted: Counted::all(labels.count() as usize, size),
        };
        if !rules.is_empty() || provenance.positive.is_some() {
            let table = basis.table();
            basis.counted = count(table, size, &rules).classified(table, provenance.positive.as_ref());
        }
        basis
    }

    /// The measurements, one row per nucleus.
    pub fn table(&self) -> &MeasurementTable {
        let Subject { labels, channels, pixel_size, edited, provenance, .. } = self.subject;
        self.table.get_or_init(|| {
            let table = MeasurementTable::new(labels, channels, pixel_size, edited);
            table.with_cells(labels, channels, pixel_size, provenance.cell_expansion)
        })
    }

    /// The outlines along the pixel edges, first those of nucleus 1.
    pub fn polygons(&self) -> &[Vec<Polygon>] {
        self.polygons.get_or_init(|| polygons(self.subject.labels))
    }

    /// The nuclei expanded into cells ([`expand`]), as [`Self::polygons`]; `None` if they are not expanded.
    pub fn cell_polygons(&self) -> Option<Vec<Vec<Polygon>>> {
        let Subject { labels, pixel_size, provenance, .. } = self.subject;
        let expansion = provenance.cell_expansion;
        (expansion > 0.0).then(|| polygons(&expand(labels, expansion, pixel_size)))
    }

    /// Which nuclei count.
    pub fn counted(&self) -> &Counted {
        &self.counted
    }

    /// The keys of additional columns of the summary.
    pub fn measures(&self) -> &[String] {
        self.measures
    }

    /// The numbers of columns and rows of the label image.
    pub fn size(&self) -> Size {
        self.subject.labels.size()
    }
}

/// Writes the files of a batch, each format once, in the given order, with the images in the order of
/// `parts`. Formats that a part does not contain are omitted for its image. If no part has a group, the groups
/// are those of the [folders](tables::groups).
///
/// # Errors
/// [`ExportError::Encode`]: a part was modified.
pub fn batch_files(
    parts: &[Part],
    formats: &[Format],
    dialect: tables::Dialect,
) -> Result<Vec<ExportFile>, ExportError> {
    let writer = BatchWriter::new(&parts)?;
    let mut files = Vec::new();
    for format in each_once(formats) {
        let Some(name) = format.batch_file() else { continue };
        let mut bytes = Vec::new();
        writer.write(format, dialect, &mut bytes)?;
        files.push(ExportFile { name: name.into(), bytes });
    }
    Ok(files)
}

/// The names of the image files, including their folders if two have the same name. `files`: name and folder.
fn names_in_batch(files: &[(String, String)]) -> Vec<String> {
    let mut seen = HashSet::new();
    let are_unique = files.iter().all(|(file, _)| seen.insert(file.as_str()));
    let name = |(file, folder): &(String, String)| {
        if are_unique || folder.is_empty() { file.clone() } else { format!("{folder}/{file}") }
    };
    files.iter().map(name).collect()
}

fn check(subject: &Subject) -> Result<(), ExportError> {
    let Subject { labels, edited, .. } = subject;
    let (width, height) = (labels.width(), labels.height());
    let channels = subject.channels.iter().map(|channel| (channel.name.as_str(), &channel.image));
    for (what, image) in [("the image", subject.image)].into_iter().chain(channels) {
        if image.size() != labels.size() {
            let (other_width, other_height) = (image.width(), image.height());
            return Err(ExportError::Size { what: what.into(), width, height, other_width, other_height });
        }
    }
    if !edited.is_empty() && edited.len() != labels.count() as usize {
        return Err(ExportError::EditedCount { entries: edited.len(), nuclei: labels.count() });
    }
    Ok(())
}

/// Creates a ZIP archive of files.
///
/// # Errors
/// A name [is not a file name](is_file_name) on every system, two files have the same name there, or the limits of
/// the archive format are exceeded.
pub fn archive(files: &[ExportFile]) -> Result<Vec<u8>, ExportError> {
    let mut archive = Archive::default();
    files.iter().try_for_each(|file| archive.add(&file.name, &file.bytes))?;
    archive.finish()
}

/// A ZIP archive to which files are added one by one. Dates are fixed (1 January 1980), so the same files
/// give the same archive.
pub struct Archive {
    writer: ZipWriter<Cursor<Vec<u8>>>,
    /// The names in it, in the form in which file systems compare them.
    names: HashSet<String>,
}

impl Default for Archive {
    fn default() -> Self {
        Self { writer: ZipWriter::new(Cursor::new(Vec::new())), names: HashSet::new() }
    }
}

impl Archive {
    /// Adds a file.
    ///
    /// # Errors
    /// The name [is not a file name](is_file_name) on every system, there is already a file of that name, or the limits
    /// of the archive format are exceeded.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let refused = |reason: String| ExportError::Archive { name: name.to_owned(), reason };
        if !is_file_name(name) {
            return Err(refused("it is not a file name on every system".into()));
        }
        if !self.names.insert(folded(name)) {
            return Err(refused("there is already a file of that name".into()));
        }
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::DEFLATE)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let written =
            self.writer.start_file(name, options).and_then(|()| Ok(self.writer.write_all(bytes)?));
        written.map_err(|error| refused(error.to_string()))
    }

    /// Returns the bytes of the archive.
    ///
    /// # Errors
    /// The limits of the archive format are exceeded.
    pub fn finish(self) -> Result<Vec<u8>, ExportError> {
        let refused = |error: zip::result::ZipError| ExportError::Archive {
            name: "the list of contents".into(),
            reason: error.to_string(),
        };
        self.writer.finish().map(Cursor::into_inner).map_err(refused)
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
        let made = image_files(&subject, FORMATS, &[]).unwrap();
        let stem = subject.file_stem;
        let endings: Vec<&str> =
            made.files.iter().map(|file| file.name.strip_prefix(stem).unwrap()).collect();
        assert_eq!(endings, ["-labels.png", "-RoiSet.zip", ".geojson", "-outlines.svg", "-overlay.png"]);
        let shared = |part: &Part| {
            batch_files(&[part.clone(), part.clone()], FORMATS, tables::Dialect::default()).unwrap()
        };
        let names: Vec<String> = shared(&made.part).into_iter().map(|file| file.name).collect();
        assert_eq!(
            names,
            [
                "submission.csv",
                "summary.csv",
                "conditions.csv",
                "nuclei.csv",
                "coco.json",
                "nucleoscope.json"
            ]
        );
        let again = image_files(&subject, FORMATS, &[]).unwrap();
        assert_eq!(made, again);
        assert_eq!(archive(&made.files).unwrap(), archive(&again.files).unwrap());
        // A worker transfers the part as JSON.
        let sent: Part = serde_json::from_slice(&serde_json::to_vec(&made.part).unwrap()).unwrap();
        assert_eq!(shared(&sent), shared(&made.part));
    }

    /// The numbers of the nuclei in each format.
    fn held(made: &ImageExport) -> Vec<Vec<u32>> {
        let text = |name: &str| -> String {
            let shared =
                batch_files(std::slice::from_ref(&made.part), FORMATS, tables::Dialect::default()).unwrap();
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
                .map(|(x, y, width, height)| Region::rectangle(x, y, width, height))
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
                image_files(&subject(&drawn.image, &channels, &drawn.truth, &provenance), FORMATS, &[])
                    .unwrap();
            let counted: Vec<u32> =
                (1..).zip(&made.counted.included).filter(|(_, counts)| **counts).map(|(number, _)| number).collect();
            for held in held(&made) {
                prop_assert_eq!(&held, &counted);
            }
            let rois = made.files.iter().find(|file| file.name.ends_with("RoiSet.zip")).unwrap();
            let rois = zip::ZipArchive::new(Cursor::new(rois.bytes.clone())).unwrap();
            prop_assert_eq!(rois.len(), counted.len());
            let rows = made.part.formats["bowl"].as_str().unwrap().lines().filter(|row| !row.ends_with(',')).count();
            prop_assert_eq!(rows, counted.len());
            // The measurements do not depend on which nuclei count.
            let all = Provenance::default();
            let all = image_files(&subject(&drawn.image, &channels, &drawn.truth, &all), FORMATS, &[]);
            let measures = |export: &ImageExport| {
                export.part.formats["measurements"]["numbers"].clone()
            };
            prop_assert_eq!(measures(&made), measures(&all.unwrap()));
        }
    }

    #[test]
    fn files_of_the_same_name_are_told_apart_by_their_folders() {
        let image = Image::new(Size::new(2, 1), 1, Samples::U8(vec![1, 2].into())).unwrap();
        let (channels, labels) =
            (split(&image).unwrap(), LabelImage::from_labels(Size::new(2, 1), vec![1, 0]));
        let part = |path: &str| {
            let input = FileIdentity::new(path, b"");
            let provenance = Provenance { input, ..Default::default() };
            image_files(&subject(&image, &channels, &labels, &provenance), &[coco::COCO], &[]).unwrap().part
        };
        let names = |parts: &[Part]| -> Vec<String> {
            let writer = BatchWriter::new(&parts).unwrap();
            writer.naming.into_iter().map(|naming| naming.file_name).collect()
        };
        assert_eq!(names(&[part("a/1.png"), part("b/2.png")]), ["1.png", "2.png"]);
        assert_eq!(names(&[part("a/1.png"), part("b/1.png")]), ["a/1.png", "b/1.png"]);
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
        for names in [
            ["a", "a"],
            ["a", "A"],
            ["a", "../b"],
            ["a", "/b"],
            ["a", "C:b"],
            ["a", "nul.csv"],
            ["a", "b\\c"],
        ] {
            let refused = archive(&names.map(|name| file(name, b""))).unwrap_err();
            assert_eq!(refused.code(), "export/archive", "{names:?}");
        }
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let image = Image::new(Size::new(2, 1), 1, Samples::U8(vec![1, 2].into())).unwrap();
        let (channels, provenance) = (split(&image).unwrap(), Provenance::default());
        let labels = LabelImage::from_labels(Size::new(1, 2), vec![1, 1]);
        let error =
            image_files(&subject(&image, &channels, &labels, &provenance), &[bowl::BOWL], &[]).unwrap_err();
        assert_eq!(error.code(), "export/size");
        let labels = LabelImage::from_labels(Size::new(2, 1), vec![1, 1]);
        let counted = Subject { edited: &[true, false], ..subject(&image, &channels, &labels, &provenance) };
        assert_eq!(image_files(&counted, &[], &[]).unwrap_err().code(), "export/edited-count");
    }
}
