//! `nucleoscope.json`: the images, settings, program and model of a run, for reproducing it. It is written
//! and read here, for the page and the command line.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::diagnostic::Warning;
use crate::image::{PixelSize, Selection};
use crate::limits::{self, LimitError, Limits};
use crate::network::ModelMetadata;
use crate::nuclei::counted::Gate;
use crate::nuclei::{Edit, MAXIMUM_EXPANSION, Region, Setting, SettingKind, Threshold};
use crate::segment::Settings;

/// The version of the file layout.
const FORMAT: u64 = 2;

/// A file, identified by its contents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "FileIdentityFields"))]
#[serde(rename_all = "camelCase", default)]
pub struct FileIdentity {
    /// Its name, without a folder.
    pub name: String,
    /// Its folder as the user knows it, with `/` as separator; empty if it was given without a folder.
    pub folder: String,
    /// The SHA-256 of its contents in hexadecimal digits ([`sha256`]).
    pub sha256: String,
}

impl FileIdentity {
    /// A file with a path and contents.
    ///
    /// ```
    /// use nucleoscope::record::FileIdentity;
    ///
    /// let file = FileIdentity::new(r"plate\A1/cells.png", b"");
    /// assert_eq!((file.folder.as_str(), file.name.as_str()), ("plate/A1", "cells.png"));
    /// ```
    pub fn new(path: &str, bytes: &[u8]) -> Self {
        let path = path.replace('\\', "/");
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        Self { name: name.into(), folder: folder.into(), sha256: sha256(bytes) }
    }
}

/// A model, identified by its contents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "ModelIdentityFields"))]
#[serde(rename_all = "camelCase", default)]
pub struct ModelIdentity {
    /// The name in its metadata.
    pub name: String,
    /// The version in its metadata.
    pub version: String,
    /// The SHA-256 of its file in hexadecimal digits ([`sha256`]).
    pub sha256: String,
}

impl ModelIdentity {
    /// The model with this metadata, whose file has this SHA-256.
    pub fn new(metadata: &ModelMetadata, sha256: impl Into<String>) -> Self {
        Self { name: metadata.name.clone(), version: metadata.version.clone(), sha256: sha256.into() }
    }
}

/// The origin of the nuclei of an image before corrections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Start {
    /// The segmentation by the network.
    #[default]
    Network,
    /// The ground truth supplied with the image.
    GroundTruth,
}

/// The origin of the nuclei of an image, and which of them count: the part of a record that only the caller
/// knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify), tsify(rename = "ProvenanceFields"))]
#[serde(rename_all = "camelCase", default)]
pub struct Provenance {
    /// The file of the image.
    pub input: FileIdentity,
    /// The model; `None` if the nuclei were not found by a model.
    pub model: Option<ModelIdentity>,
    /// The nuclei to which the corrections apply.
    pub start: Start,
    /// The settings of the segmentation; `None` without a segmentation.
    pub settings: Option<Settings>,
    /// The channel, slice and frame that were segmented.
    pub selection: Selection,
    /// The pixel size set by the user; `None` if it is that of the file.
    pub pixel_size: Option<PixelSize>,
    /// The manual corrections, in order.
    pub edits: Vec<Edit>,
    /// The regions of interest; if there are any, only nuclei inside one of them count.
    pub regions: Vec<Region>,
    /// Ranges of measurements outside of which nuclei do not count.
    pub gates: Vec<Gate>,
    /// The distance by which nuclei are expanded into cells, in µm if the pixel size is known, otherwise in pixels;
    /// 0 if they are not.
    pub cell_expansion: f64,
    /// The threshold that divides the counted nuclei into positive and negative ones, if there is one.
    pub positive: Option<Threshold>,
    /// The group (condition) of the image; empty if it is in none, `None` if no group was set.
    pub group: Option<String>,
}

impl Provenance {
    /// Identifies everything that determines the results of an image: the file, the model, the settings, the
    /// corrections, the rules for which nuclei count, and the version of the program. In hexadecimal digits.
    ///
    /// ```
    /// use nucleoscope::record::{FileIdentity, Provenance};
    ///
    /// let of_file = |bytes| Provenance { input: FileIdentity::new("a.png", bytes), ..Default::default() };
    /// assert_eq!(of_file(b"cells").fingerprint(), of_file(b"cells").fingerprint());
    /// assert_ne!(of_file(b"cells").fingerprint(), of_file(b"other cells").fingerprint());
    /// ```
    pub fn fingerprint(&self) -> String {
        sha256(format!("{} {self:?}", env!("CARGO_PKG_VERSION")).as_bytes())
    }

    /// Sets what a segmentation used. The model and the settings are `None` if the nuclei are the ground truth.
    #[must_use]
    pub fn with_run(self, model: ModelIdentity, settings: Settings, selection: Selection) -> Self {
        let is_found = self.start == Start::Network;
        Self { model: is_found.then_some(model), settings: is_found.then_some(settings), selection, ..self }
    }
}

/// The record of one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ImageRecord {
    /// The id of the image.
    pub id: String,
    /// The provenance of its nuclei.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// The properties of its file and the results, for readers of the record.
    #[serde(flatten)]
    pub outcome: Option<Outcome>,
}

/// The properties of an image, and the number of its nuclei.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) bit_depth: u8,
    pub(crate) channels: Vec<String>,
    /// In µm.
    pub(crate) pixel_size_used: Option<PixelSize>,
    pub(crate) nuclei: u32,
    pub(crate) nuclei_counted: usize,
    pub(crate) nuclei_edited: usize,
    #[serde(deserialize_with = "warnings_or_messages")]
    pub(crate) warnings: Vec<Warning>,
}

/// The warnings of a record; those of earlier versions are only messages.
fn warnings_or_messages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Warning>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Warning(Warning),
        Message(String),
    }
    let stored = Vec::<Stored>::deserialize(deserializer)?.into_iter();
    let warnings = stored.map(|stored| match stored {
        Stored::Warning(warning) => warning,
        Stored::Message(message) => Warning::new("", message, ""),
    });
    Ok(warnings.collect())
}

/// The images of a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// One entry per image.
    pub images: Vec<ImageRecord>,
}

/// A difference between a record and the images and the model with which its run is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum RecordMismatch {
    /// The record was made with another model.
    #[error("the record was made with another model ({name} {version}); nuclei may differ")]
    #[diagnostic(code("record/other-model"), help("Use that model."))]
    OtherModel {
        /// The name of the model in the record.
        name: String,
        /// Its version.
        version: String,
    },
    /// The record has an entry for an image that is not there.
    #[error("the record has an entry for {image_id}, which is not among the images")]
    #[diagnostic(code("record/without-image"), help("Add the image, or go on without it."))]
    WithoutImage {
        /// The id of the image.
        image_id: String,
    },
    /// The file of an image is not the one in the record.
    #[error("{path}: this is not the file in the record; nuclei may differ")]
    #[diagnostic(code("record/other-file"), help("Give the file that the record was made with."))]
    OtherFile {
        /// The path of the file.
        path: String,
    },
    /// The record has no entry for an image.
    #[error("{path}: the record has no entry for this image; the options are used for it")]
    #[diagnostic(code("record/not-in-record"), help("Nothing needs to be done."))]
    NotInRecord {
        /// The path of the image's file.
        path: String,
    },
}

/// An image with which a run is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatedImage<'a> {
    /// Its id.
    pub id: &'a str,
    /// The path of its file.
    pub path: &'a str,
}

impl Record {
    /// The entry of an image; the last one if there are several.
    pub fn image(&self, id: &str) -> Option<&ImageRecord> {
        self.images.iter().rfind(|image| image.id == id)
    }

    /// Compares the record with the model and the images with which its run is repeated, because the nuclei
    /// may differ. `model_sha256` is the hash of the model; `hash_of` returns that of the file of an image by
    /// its index in `images`, or `None` if the file cannot be read. It is called only for images in the record.
    ///
    /// ```
    /// use nucleoscope::record::{RecordMismatch, RepeatedImage, read, sha256};
    ///
    /// let text = format!(r#"{{ "images": [{{ "id": "a", "input": {{ "sha256": "{}" }} }}] }}"#, sha256(b"a"));
    /// let record = read(text.as_bytes())?;
    /// let images = ["a", "b"].map(|id| RepeatedImage { id, path: id });
    /// let found = record.compare("", &images, |_| Some(sha256(b"another file")));
    /// let (a, b) = ("a".to_owned(), "b".to_owned());
    /// assert_eq!(found, [RecordMismatch::OtherFile { path: a }, RecordMismatch::NotInRecord { path: b }]);
    /// # Ok::<(), nucleoscope::record::RecordError>(())
    /// ```
    pub fn compare(
        &self,
        model_sha256: &str,
        images: &[RepeatedImage],
        hash_of: impl Fn(usize) -> Option<String>,
    ) -> Vec<RecordMismatch> {
        let is_other = |hash: &str, other: &str| !hash.is_empty() && hash != other;
        let mut models = self.images.iter().filter_map(|image| image.provenance.model.as_ref());
        let other_model = models.find(|model| is_other(&model.sha256, model_sha256)).map(|model| {
            RecordMismatch::OtherModel { name: model.name.clone(), version: model.version.clone() }
        });
        // Of images with the same id, the first.
        let places: HashMap<&str, usize> =
            images.iter().enumerate().rev().map(|(place, image)| (image.id, place)).collect();
        let of_entry = |entry: &ImageRecord| {
            let Some(&place) = places.get(&*entry.id) else {
                return Some(RecordMismatch::WithoutImage { image_id: entry.id.clone() });
            };
            let expected = &entry.provenance.input.sha256;
            let is_other_file =
                !expected.is_empty() && hash_of(place).is_some_and(|hash| is_other(expected, &hash));
            is_other_file.then(|| RecordMismatch::OtherFile { path: images[place].path.into() })
        };
        let known: HashSet<&str> = self.images.iter().map(|image| &*image.id).collect();
        let missing = images.iter().filter(|image| !known.contains(image.id));
        other_model
            .into_iter()
            .chain(self.images.iter().filter_map(of_entry))
            .chain(missing.map(|image| RecordMismatch::NotInRecord { path: image.path.into() }))
            .collect()
    }
}

#[derive(Serialize)]
struct File {
    format: u64,
    program: Program,
    /// A note about the contents of the exports, for readers of the file.
    note: &'static str,
    images: [(); 0],
}

#[derive(Serialize)]
struct Program {
    name: &'static str,
    version: &'static str,
}

const NOTE: &str = "Nuclei outside the regions or the gates of their image are left out of the label images, \
                    ROIs, outlines, COCO and the Bowl's CSV; tables and GeoJSON hold them with included = false.";

/// Writes the record of several images.
///
/// # Errors
/// None in practice, because the text is written to memory.
pub fn encode(images: &[&ImageRecord]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut writer = RecordWriter::new(&mut bytes)?;
    images.iter().try_for_each(|image| writer.add(image))?;
    writer.finish().map_err(serde_json::Error::io)?;
    Ok(bytes)
}

/// Writes a record one image at a time.
pub(crate) struct RecordWriter<'a> {
    file: &'a mut dyn Write,
    is_empty: bool,
}

impl<'a> RecordWriter<'a> {
    /// Writes the fields before the images.
    pub(crate) fn new(file: &'a mut dyn Write) -> serde_json::Result<Self> {
        let program = Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
        let empty = serde_json::to_string_pretty(&File { format: FORMAT, program, note: NOTE, images: [] })?;
        let before = empty.strip_suffix("]\n}").unwrap_or(&empty);
        file.write_all(before.as_bytes()).map_err(serde_json::Error::io)?;
        Ok(Self { file, is_empty: true })
    }

    /// Adds an image.
    pub(crate) fn add(&mut self, image: &ImageRecord) -> serde_json::Result<()> {
        let separator = if self.is_empty { "" } else { "," };
        self.is_empty = false;
        // No string in JSON contains a line feed, so every one begins a line.
        let text = format!("{separator}\n{}", serde_json::to_string_pretty(image)?).replace('\n', "\n    ");
        self.file.write_all(text.as_bytes()).map_err(serde_json::Error::io)
    }

    /// Writes the end.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.file.write_all(if self.is_empty { b"]\n}\n" } else { b"\n  ]\n}\n" })
    }
}

/// The reason why a file cannot be used as a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum RecordError {
    /// The file is not JSON.
    #[error("not JSON: {reason}")]
    #[diagnostic(code("record/not-json"), help("Use a nucleoscope.json as this program exports it."))]
    NotJson {
        /// The error message of the parser, with line and column.
        reason: String,
    },
    /// The file exceeds a limit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Limit(#[from] LimitError),
    /// The file is JSON, but not a record.
    #[error("not a record of Nucleoscope: it has no list of images")]
    #[diagnostic(code("record/not-a-record"), help("Use a nucleoscope.json as this program exports it."))]
    NotARecord,
    /// The record has an incompatible layout.
    #[error("a record of layout {found}; this program reads layout {FORMAT}")]
    #[diagnostic(code("record/layout"), help("Use the program's version that wrote it."))]
    Layout {
        /// The version of the layout.
        found: String,
    },
    /// A value is not valid.
    #[error("{field} is {found}, but should be {expected}")]
    #[diagnostic(
        code("record/field"),
        help("Correct the value in the file, or use the file as it was exported.")
    )]
    Field {
        /// The path of the value: `images[0].selection.frame`.
        field: String,
        /// The value.
        found: String,
        /// The expected value.
        expected: String,
    },
    /// The entry of an image is not a valid record.
    #[error("images[{image}]: {reason}")]
    #[diagnostic(
        code("record/image"),
        help("Correct the value in the file, or use the file as it was exported.")
    )]
    Image {
        /// The index of the image, from 0.
        image: usize,
        /// The error message of the parser.
        reason: String,
    },
}

/// Reads a record and validates all values.
///
/// # Errors
/// The file is not a record, or a value is not valid; the message gives the field.
///
/// ```
/// use nucleoscope::record::read;
///
/// let record = read(br#"{ "format": 2, "images": [{ "id": "a", "settings": { "interiorThreshold": 0.4 } }] }"#)?;
/// assert_eq!(record.images[0].provenance.settings.unwrap().watershed.interior_threshold, 0.4);
///
/// let error = read(br#"{ "format": 2, "images": [{ "id": "a", "selection": { "frame": 1e15 } }] }"#);
/// let words = "images[0].selection.frame is 1000000000000000.0, but should be a whole number from 0 to 4294967295";
/// assert_eq!(error.unwrap_err().to_string(), words);
/// # Ok::<(), nucleoscope::record::RecordError>(())
/// ```
pub fn read(bytes: &[u8]) -> Result<Record, RecordError> {
    read_within(bytes, &Limits::default())
}

/// Like [`read`], with other limits.
///
/// # Errors
/// As for [`read`].
pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Record, RecordError> {
    check_json(bytes, limits)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| RecordError::NotJson { reason: error.to_string() })?;
    let layout = &value["format"];
    if !layout.is_null() && layout.as_u64() != Some(FORMAT) {
        return Err(RecordError::Layout { found: layout.to_string() });
    }
    let images = value["images"].as_array().ok_or(RecordError::NotARecord)?;
    let image = |(place, image): (usize, &Value)| {
        for (list, check) in
            [("edits", limits::check::maximum_edits as Check), ("gates", limits::check::maximum_gates)]
        {
            check(limits, image[list].as_array().map_or(0, |values| values.len() as u64))?;
        }
        check(image, &format!("images[{place}]"))?;
        let image = ImageRecord::deserialize(image)
            .map_err(|error| RecordError::Image { image: place, reason: error.to_string() })?;
        check_regions(&image.provenance.regions, limits)?;
        Ok::<_, RecordError>(image)
    };
    Ok(Record { images: images.iter().enumerate().map(image).collect::<Result<_, _>>()? })
}

type Check = fn(&Limits, u64) -> Result<(), LimitError>;

/// Checks the size of a JSON file and an upper bound of the number of its values before it is parsed: a value takes up
/// to 100 bytes of memory.
pub(crate) fn check_json(bytes: &[u8], limits: &Limits) -> Result<(), LimitError> {
    limits::check::maximum_json_bytes(limits, bytes.len() as u64)?;
    let values = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    limits::check::maximum_json_values(limits, values as u64)
}

/// Checks the number and the size of regions of interest.
pub(crate) fn check_regions(regions: &[Region], limits: &Limits) -> Result<(), LimitError> {
    limits::check::maximum_regions(limits, regions.len() as u64)?;
    limits::check::maximum_region_points(limits, regions.iter().map(Region::points).sum())?;
    limits::check::maximum_region_rows(limits, regions.iter().map(Region::rows_crossed).sum())
}

/// The valid range of a number.
struct Range {
    low: f64,
    high: f64,
    is_whole: bool,
}

const fn from_to(low: f64, high: f64) -> Range {
    Range { low, high, is_whole: false }
}

const fn whole(low: f64, high: f64) -> Range {
    Range { low, high, is_whole: true }
}

/// The maximum absolute coordinate.
const FARTHEST: f64 = 1e8;
/// The maximum number of channels, slices or frames of a file.
const MOST: f64 = u32::MAX as f64;

/// The numbers in the entry of an image, by their path.
const NUMBERS: [(&[&str], Range); 7] = [
    (&["settings", "diameter"], from_to(0.1, 1e5)),
    (&["selection", "frame"], whole(0.0, MOST)),
    (&["selection", "slice", "single"], whole(0.0, MOST)),
    (&["selection", "channel"], whole(0.0, MOST)),
    (&["pixelSize", "x"], from_to(1e-6, 1e6)),
    (&["pixelSize", "y"], from_to(1e-6, 1e6)),
    (&["cellExpansion"], from_to(0.0, MAXIMUM_EXPANSION)),
];

fn check(image: &Value, name: &str) -> Result<(), RecordError> {
    let field = |path: String, found: &Value, expected: String| RecordError::Field {
        field: path,
        found: shortened(found),
        expected,
    };
    if !image.is_object() {
        return Err(field(name.into(), image, "an object".into()));
    }
    if !image["id"].is_string() {
        return Err(field(format!("{name}.id"), &image["id"], "a text".into()));
    }
    for (path, range) in &NUMBERS {
        let value = path.iter().fold(image, |value, key| &value[*key]);
        // A channel may be given by name.
        if value.is_null() || (path.last() == Some(&"channel") && value.is_string()) {
            continue;
        }
        let is_in_range = value.as_f64().is_some_and(|number| {
            (range.low..=range.high).contains(&number) && (!range.is_whole || value.is_u64())
        });
        if !is_in_range {
            let kind = if range.is_whole { "a whole number" } else { "a number" };
            let expected = format!("{kind} from {} to {}", range.low, range.high);
            return Err(field(format!("{name}.{}", path.join(".")), value, expected));
        }
    }
    check_settings(&image["settings"])
        .map_err(|(key, value, expected)| field(format!("{name}.settings.{key}"), value, expected))?;
    let threshold = &image["positive"];
    if !threshold.is_null() {
        let problem = match Threshold::deserialize(threshold) {
            Ok(threshold) => threshold.check().err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = problem {
            let expected = format!("what the program writes there ({reason})");
            return Err(field(format!("{name}.positive"), threshold, expected));
        }
    }
    for list in ["edits", "regions", "gates"] {
        let values = &image[list];
        if !values.is_null() && !values.is_array() {
            return Err(field(format!("{name}.{list}"), values, "a list".into()));
        }
        for (place, entry) in values.as_array().into_iter().flatten().enumerate() {
            let name = format!("{name}.{list}[{place}]");
            let problem = match list {
                "edits" => Edit::deserialize(entry).err().map(|error| error.to_string()),
                "regions" => Region::deserialize(entry).err().map(|error| error.to_string()),
                _ => match Gate::deserialize(entry) {
                    Ok(gate) => gate.check().err().map(|error| error.to_string()),
                    Err(error) => Some(error.to_string()),
                },
            };
            if let Some(reason) = problem {
                return Err(field(name, entry, format!("what the program writes there ({reason})")));
            }
            if list != "gates" && !are_places(entry) {
                let expected = format!("numbers from -{FARTHEST} to {FARTHEST}");
                return Err(field(name, entry, expected));
            }
        }
    }
    Ok(())
}

/// The name, value and range of the first setting that is out of range. Values of another type are left to
/// the parser.
fn check_settings(settings: &Value) -> Result<(), (&str, &Value, String)> {
    let Some(fields) = settings.as_object() else { return Ok(()) };
    for (key, value) in fields {
        let Some(setting) = Setting::named(key).filter(|setting| setting.kind != SettingKind::Switch) else {
            continue;
        };
        if !value.is_null() && !value.as_f64().is_some_and(|number| setting.accepts(number)) {
            let kind = if setting.kind == SettingKind::Count { "a whole number" } else { "a number" };
            let expected = format!("{kind} from {} to {}", setting.minimum, setting.maximum);
            return Err((key, value, expected));
        }
    }
    Ok(())
}

/// Whether all numbers in a correction or a region are valid coordinates.
fn are_places(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() <= FARTHEST),
        Value::Array(values) => values.iter().all(are_places),
        Value::Object(fields) => fields.values().all(are_places),
        _ => true,
    }
}

fn shortened(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    format!("{}…", text.chars().take(LONGEST).collect::<String>())
}

/// The SHA-256 hash as 64 hexadecimal digits (FIPS 180-4).
///
/// ```
/// use nucleoscope::record::sha256;
///
/// assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::geometry::Point;
    use crate::image::Slice;
    use crate::nuclei::{SETTINGS, WatershedSettings};
    use proptest::prelude::*;
    use serde_json::json;

    fn written(provenance: &Provenance) -> Vec<u8> {
        let outcome = Outcome {
            width: 2,
            height: 1,
            bit_depth: 16,
            channels: vec!["gray".into()],
            pixel_size_used: PixelSize::new(0.5, 0.25),
            nuclei: 2,
            nuclei_counted: 1,
            nuclei_edited: 1,
            warnings: Vec::new(),
        };
        let record = ImageRecord { id: "b".into(), provenance: provenance.clone(), outcome: Some(outcome) };
        encode(&[&record]).unwrap()
    }

    fn provenance() -> Provenance {
        Provenance {
            input: FileIdentity::new("plate/b.tif", b"bytes"),
            model: Some(ModelIdentity {
                name: "nuclei".into(),
                version: "0.3.0".into(),
                sha256: sha256(b"m"),
            }),
            start: Start::GroundTruth,
            settings: Some(Settings {
                diameter: Some(1500.0),
                watershed: WatershedSettings {
                    peak_threshold: 0.12,
                    boundary_weight: 0.7,
                    smoothing: 15.5,
                    minimum_area: 4000,
                    ..Default::default()
                },
            }),
            selection: Selection { channel: None, slice: Slice::Single(3), frame: 7 },
            pixel_size: PixelSize::new(0.5, 0.25),
            edits: vec![Edit::Merge { at: vec![Point::new(1.0, 2.0), Point::new(3.5, 4.0)] }],
            regions: vec![Region::rectangle(0.5, 0.0, -3.0, 4.0).named("cortex")],
            gates: vec!["!area:50..".parse().unwrap()],
            cell_expansion: 2.5,
            positive: Some("gray_ring_mean>=12.5".parse().unwrap()),
            group: Some("treated".into()),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let provenance = provenance();
        let bytes = written(&provenance);
        let found: Value = serde_json::from_slice(&bytes).unwrap();
        let image = &found["images"][0];
        assert_eq!(found["program"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(image["pixelSizeUsed"], json!({ "x": 0.5, "y": 0.25 }));
        assert_eq!([&image["nuclei"], &image["nucleiCounted"], &image["nucleiEdited"]], [2, 1, 1]);
        let read = read(&bytes).unwrap();
        assert_eq!((read.images[0].id.as_str(), &read.images[0].provenance), ("b", &provenance));
    }

    #[test]
    fn what_is_out_of_range_is_refused_and_named() {
        let good: Value = serde_json::from_slice(&written(&provenance())).unwrap();
        let with = |pointer: &str, value: Value| {
            let mut changed = good.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            read(changed.to_string().as_bytes())
        };
        for (pointer, value, field) in [
            ("/images/0/selection/frame", json!(1e15), "images[0].selection.frame"),
            ("/images/0/selection/frame", json!(-1), "images[0].selection.frame"),
            ("/images/0/selection/slice", json!({ "single": 1.5 }), "images[0].selection.slice.single"),
            ("/images/0/selection/channel", json!(1e15), "images[0].selection.channel"),
            ("/images/0/settings/interiorThreshold", json!(1.5), "images[0].settings.interiorThreshold"),
            ("/images/0/settings/peakThreshold", json!("high"), "images[0].settings.peakThreshold"),
            ("/images/0/settings/minimumArea", json!(1e15), "images[0].settings.minimumArea"),
            ("/images/0/pixelSize/x", json!(0), "images[0].pixelSize.x"),
            ("/images/0/edits/0/kind", json!("explode"), "images[0].edits[0]"),
            ("/images/0/edits/0/at/0/0", json!(1e300), "images[0].edits[0]"),
            ("/images/0/regions/0/width", json!(null), "images[0].regions[0]"),
            ("/images/0/gates/0/minimum", json!("x"), "images[0].gates[0]"),
            ("/images/0/cellExpansion", json!(-1), "images[0].cellExpansion"),
            ("/images/0/positive/minimum", json!("x"), "images[0].positive"),
            ("/images/0/positive/key", json!(""), "images[0].positive"),
            ("/images/0/id", json!(7), "images[0].id"),
        ] {
            match with(pointer, value.clone()) {
                Err(RecordError::Field { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{pointer} = {value}: {other:?}"),
            }
        }
        assert_eq!(with("/format", json!(3)).unwrap_err().code(), "record/layout");
        assert_eq!(with("/images/0/settings/fillHoles", json!(3)).unwrap_err().code(), "record/image");
        assert_eq!(read(b"[]").unwrap_err(), RecordError::NotARecord);
        assert_eq!(read(b"{").unwrap_err().code(), "record/not-json");
    }

    proptest! {
        #[test]
        fn every_setting_comes_back_in_its_full_range(
            places in prop::collection::vec(0.0f64..=1.0, SETTINGS.len()),
            diameter in prop::option::of(0.5f32..5e4),
        ) {
            let mut watershed = WatershedSettings::default();
            for (setting, place) in SETTINGS.iter().zip(places) {
                setting.set(&mut watershed, setting.minimum + place * (setting.maximum - setting.minimum));
            }
            let settings = Settings { diameter, watershed };
            let provenance = Provenance { settings: Some(settings), ..Default::default() };
            let read = read(&written(&provenance)).unwrap();
            prop_assert_eq!(&read.images[0].provenance, &provenance);
        }
    }

    #[test]
    fn warnings_are_read_with_code_and_help_and_as_the_messages_of_an_earlier_record() {
        let mut file: Value = serde_json::from_slice(&written(&provenance())).unwrap();
        let mut read_again = |warnings: Value| {
            file["images"][0]["warnings"] = warnings;
            read(file.to_string().as_bytes()).unwrap().images[0].outcome.clone().unwrap().warnings
        };
        let warning = Warning::new("image/jpeg", "its end mark is missing", "Check the image.");
        assert_eq!(read_again(json!([warning])), [warning]);
        assert_eq!(read_again(json!(["cut off"])), [Warning::new("", "cut off", "")]);
    }

    #[test]
    fn a_record_without_cells_classes_and_names_is_read() {
        let region = json!({ "kind": "rectangle", "x": 0, "y": 0, "width": 3, "height": 2 });
        let read: Provenance = serde_json::from_value(json!({ "regions": [region] })).unwrap();
        assert_eq!((read.cell_expansion, read.positive), (0.0, None));
        assert_eq!(read.regions, [Region::rectangle(0.0, 0.0, 3.0, 2.0)]);
    }

    #[test]
    fn the_mode_in_an_earlier_record_is_passed_over() {
        let settings = json!({ "diameter": 30.0, "effort": "accurate", "threshold": 0.5 });
        let read: Provenance = serde_json::from_value(json!({
            "input": { "name": "a", "sha256": "" }, "model": null, "settings": settings,
        }))
        .unwrap();
        let settings = read.settings.unwrap();
        assert_eq!((settings.diameter, settings.watershed.interior_threshold), (Some(30.0), 0.5));
    }
}
