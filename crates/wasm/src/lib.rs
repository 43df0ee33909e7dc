//! The JavaScript bindings: they convert types and compute nothing.
//!
//! All functions are synchronous and meant for a Web Worker. Errors are JavaScript `Error` objects named
//! `NucleoscopeError` with `code`, `message` and `help`.

#![cfg(target_arch = "wasm32")]

mod memory;

use std::io;
use std::ops::{ControlFlow, Range};

use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::preserve;
use tsify::Tsify;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FileReaderSync};

use nucleoscope::diagnostic::{Diagnostic, Warning};
use nucleoscope::dsb2018::csv;
use nucleoscope::dsb2018::run_length::{self, Mask};
use nucleoscope::dsb2018::score::{self, ImageScore};
use nucleoscope::export::tables::Dialect;
use nucleoscope::export::{self, ExportFile, Format, FormatInfo, Part, Subject, geojson};
use nucleoscope::geometry::{Rect, Size};
use nucleoscope::image::{self, ChannelDisplay, Limits, Opened, PixelSize, Preview, Selection, StackInfo};
use nucleoscope::input::batch::{self, Archives, Batch, OpenFile, Source};
use nucleoscope::input::blocks::{BlockReader, ReadRange};
use nucleoscope::input::dataset::{self, InputFile};
use nucleoscope::input::truth::GroundTruth;
use nucleoscope::network::{ModelMetadata, Network, TractNetwork};
use nucleoscope::nuclei::MeasurementTable;
use nucleoscope::nuclei::counted::{self, Gate, Rules};
use nucleoscope::nuclei::summary::Summary as NucleiSummary;
use nucleoscope::nuclei::table::Column;
use nucleoscope::nuclei::{
    self, Edit, Edited, Outline, RefusedEdit, Region, Setting, SparseNuclei, Threshold,
};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::record::{self, sha256};
use nucleoscope::record::{ImageRecord, Provenance};
use nucleoscope::segment::tiled::{Assembly, BlockNuclei, Plan as Tiling, Sizes};
use nucleoscope::segment::{self, Progress, Settings};
use nucleoscope::synthetic::{self, FieldOptions};

/// The only handwritten declarations: in a record, some fields of these types are optional and Rust fills in
/// the defaults, but the values that the module returns are complete. The fields are those of the Rust types.
#[wasm_bindgen(typescript_custom_section)]
const COMPLETE_TYPES: &str = r#"
export type Gate = Required<GateFields>;
export type FileIdentity = Required<FileIdentityFields>;
export type ModelIdentity = Required<ModelIdentityFields>;
export type Provenance = Required<ProvenanceFields>;
export type TableDialect = Required<TableDialectFields>;

/** The pixels of an image's nuclei, one mask each: bytes that only the module writes and reads. */
export type Masks = Uint8Array<ArrayBuffer>;

/** The module adds the file itself. */
export type GivenProvenance = Omit<Provenance, "input">;
"#;

#[wasm_bindgen]
extern "C" {
    /// Settings with all fields.
    #[wasm_bindgen(typescript_type = "Required<Settings>")]
    pub type AllSettings;

    /// The provenance of an image's nuclei, without its file.
    #[wasm_bindgen(typescript_type = "GivenProvenance")]
    pub type GivenProvenance;

    /// The pixels of an image's nuclei.
    #[wasm_bindgen(typescript_type = "Masks")]
    pub type MasksObject;

    /// The scores of several images together; `null` if there are none.
    #[wasm_bindgen(typescript_type = "ScoreSummary | null")]
    pub type MaybeScoreSummary;

    /// Called with the amount of finished work and the total.
    #[wasm_bindgen(typescript_type = "(done: number, total: number) => void")]
    pub type OnProgress;
}

/// The JavaScript type declared for this Rust type.
type Js<T> = <T as Tsify>::JsType;

/// Runs once when the module is instantiated, and makes panics readable in the console.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Lets the module trap when its memory has more than this many bytes. JavaScript cannot watch the memory while the
/// module is running, nor limit one that the module has created.
#[wasm_bindgen(js_name = limitMemory)]
pub fn limit_memory(bytes: f64) {
    memory::limit(bytes);
}

/// Sets a property of a new object, which cannot fail.
fn set(object: &JsValue, key: &str, value: impl Into<JsValue>) {
    let done = js_sys::Reflect::set(object, &key.into(), &value.into());
    debug_assert!(done.is_ok());
}

fn thrown(error: impl Diagnostic) -> JsValue {
    error_object(&error)
}

fn error_object(error: &(impl Diagnostic + ?Sized)) -> JsValue {
    let ErrorReport { code, message, help } = ErrorReport::of(error);
    let object = js_sys::Error::new(&message);
    object.set_name("NucleoscopeError");
    set(&object, "code", code);
    set(&object, "help", help);
    object.into()
}

/// Our types always serialize; if one did not, the caller would get `undefined` rather than a trap.
fn to_object<T: JsCast>(value: &impl Serialize) -> T {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).unwrap_or(JsValue::UNDEFINED).unchecked_into()
}

/// Converts a value to its declared JavaScript type.
fn to_js<T: Tsify + Serialize>(value: &T) -> Js<T> {
    to_object(value)
}

fn to_js_list<T: Tsify + Serialize>(values: &[T]) -> Vec<Js<T>> {
    values.iter().map(to_js).collect()
}

fn from_object<T: for<'de> Deserialize<'de>>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| refused(&error.to_string()))
}

/// Converts a value from its declared JavaScript type.
fn from_js<T: Tsify + for<'de> Deserialize<'de>>(object: Js<T>) -> Result<T, JsValue> {
    from_object(object.unchecked_into())
}

fn from_js_list<T: Tsify + for<'de> Deserialize<'de>>(objects: Vec<Js<T>>) -> Result<Vec<T>, JsValue> {
    objects.into_iter().map(from_js).collect()
}

/// A `TypeError` for an invalid argument, with a message like every other error. Nothing has been done with
/// the argument, so the module remains usable.
fn refused(reason: &str) -> JsValue {
    let object = js_sys::TypeError::new(&format!("A setting or a number cannot be used: {reason}."));
    object.set_name("NucleoscopeError");
    set(&object, "code", "argument/invalid");
    set(&object, "help", "Reset the settings, or correct the file they came from, and try again.");
    object.into()
}

/// The SHA-256 of bytes, by which the record identifies files.
#[wasm_bindgen(js_name = sha256)]
pub fn sha256_of(bytes: &[u8]) -> String {
    sha256(bytes)
}

/// Reads each image's entry in a record of an earlier run.
///
/// # Errors
/// The bytes are not a record, or a value in it cannot be used; the message names the field.
#[wasm_bindgen(js_name = readRecord)]
pub fn read_record(bytes: &[u8]) -> Result<Vec<Js<ImageRecord>>, JsValue> {
    record::read(bytes).map(|record| to_js_list(&record.images)).map_err(thrown)
}

/// Reads the regions of interest from a GeoJSON file.
///
/// # Errors
/// The bytes are not GeoJSON, or contain no region.
#[wasm_bindgen(js_name = readRegions)]
pub fn read_regions(bytes: &[u8]) -> Result<Vec<Js<Region>>, JsValue> {
    geojson::read_regions(bytes).map(|regions| to_js_list(&regions)).map_err(thrown)
}

/// Determines which nuclei of an image count and are positive, and summarizes them. `width` and `height` are the
/// image's.
///
/// # Errors
/// A `TypeError` if an argument is invalid.
#[wasm_bindgen(js_name = countNuclei)]
pub fn count_nuclei(
    table: Js<TableObject>,
    width: usize,
    height: usize,
    #[wasm_bindgen(js_name = "pixelSize")] pixel_size: Option<Js<PixelSize>>,
    regions: Vec<Js<Region>>,
    gates: Vec<Js<Gate>>,
    positive: Option<Js<Threshold>>,
) -> Result<Js<CountedNuclei<'static>>, JsValue> {
    let table = table_of(table)?;
    let pixel_size = pixel_size.map(from_js).transpose()?;
    let regions: Vec<Region> = from_js_list(regions)?;
    let gates: Vec<Gate> = from_js_list(gates)?;
    let counted =
        counted::count(&table, Size::new(width, height), &Rules { regions: &regions, gates: &gates });
    let threshold: Option<Threshold> = positive.map(from_js).transpose()?;
    let counted = counted.classified(&table, threshold.as_ref());
    Ok(to_js(&CountedNuclei {
        included: flags(&counted.included),
        positive: counted.positive.as_deref().map_or(JsValue::NULL, |positive| flags(positive).into()),
        summary: NucleiSummary::new(&table, &counted, pixel_size),
    }))
}

fn flags(values: &[bool]) -> js_sys::Uint8Array {
    js_sys::Uint8Array::from(&*values.iter().copied().map(u8::from).collect::<Vec<u8>>())
}

/// The nuclei of an image that count.
#[derive(Serialize, Tsify)]
pub struct CountedNuclei<'a> {
    /// For each nucleus, whether it counts (1) or not (0).
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer>")]
    included: js_sys::Uint8Array,
    /// For each nucleus, whether it counts and is positive (1) or not (0); `null` if nuclei are not classified.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer> | null")]
    positive: JsValue,
    /// Summary of the nuclei that count.
    summary: NucleiSummary<'a>,
}

/// Otsu's threshold of some values; nothing if there are no two different ones.
#[wasm_bindgen(js_name = otsuThreshold)]
pub fn otsu_threshold(values: &[f64]) -> Option<f64> {
    nuclei::otsu(values)
}

/// Values by column: row r of column c is `values[c * rows + r]` and belongs to nucleus r + 1; NaN means no
/// value.
#[derive(Serialize, Deserialize, Tsify)]
#[tsify(rename = "MeasurementTable")]
pub struct TableObject {
    /// The columns.
    columns: Vec<Column>,
    /// Number of nuclei.
    rows: usize,
    /// The measured values.
    #[serde(with = "preserve")]
    #[tsify(type = "Float64Array<ArrayBuffer>")]
    values: js_sys::Float64Array,
}

impl From<MeasurementTable> for TableObject {
    fn from(MeasurementTable { columns, rows, values }: MeasurementTable) -> Self {
        Self { columns, rows, values: js_sys::Float64Array::from(&*values) }
    }
}

/// Converts a table from [`Segmentation::measure`].
fn table_of(object: Js<TableObject>) -> Result<MeasurementTable, JsValue> {
    let TableObject { columns, rows, values } = from_js(object)?;
    let values = values.to_vec();
    if columns.len().checked_mul(rows) != Some(values.len()) {
        return Err(js_sys::TypeError::new("this is not a table of measurements").into());
    }
    Ok(MeasurementTable { columns, rows, values })
}

/// An image's entry in the Bowl's CSV.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct CsvImage {
    /// The image's ID.
    image_id: String,
    /// Its nuclei, from [`Segmentation::masks`].
    #[serde(with = "preserve")]
    #[tsify(type = "Masks")]
    masks: js_sys::Uint8Array,
    /// For each nucleus, whether it is written (1) or not (0); `null` to write all.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer> | null")]
    included: JsValue,
}

/// Writes the Bowl's CSV.
///
/// # Errors
/// A `TypeError` if an argument is invalid.
#[wasm_bindgen(js_name = bowlCsv)]
pub fn bowl_csv(images: Vec<Js<CsvImage>>) -> Result<Vec<u8>, JsValue> {
    let mut csv = csv::HEADER.to_owned();
    for image in images {
        let CsvImage { image_id, masks, included } = from_js(image)?;
        let mut masks = masks_of(&masks)?;
        if let Some(included) = included.dyn_ref::<js_sys::Uint8Array>() {
            let mut included = included.to_vec().into_iter();
            masks.retain(|_| included.next() == Some(1));
        }
        csv += &csv::rows(&image_id, &masks);
    }
    Ok(csv.into_bytes())
}

/// Reads masks that this module wrote.
fn masks_of(bytes: &js_sys::Uint8Array) -> Result<Vec<Mask>, JsValue> {
    run_length::from_bytes(&bytes.to_vec()).ok_or_else(|| refused("these are not the masks of nuclei"))
}

/// A file that could not be processed.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct FailedFile {
    /// Empty if the file is not an image.
    image_id: String,
    /// The file's path, for display.
    path: String,
    /// The reason.
    reason: String,
    /// The group of the image, as in a record.
    group: Option<String>,
}

/// Writes the files shared by a batch, from the parts that [`Segmentation::export_files`] returned for each
/// image; `failures` are files that could not be processed, which the summary lists.
///
/// # Errors
/// A `TypeError` if an argument is invalid.
#[wasm_bindgen(js_name = batchFiles)]
pub fn batch_files(
    parts: Vec<js_sys::Uint8Array>,
    failures: Vec<Js<FailedFile>>,
    formats: Vec<Js<Format>>,
    dialect: Js<Dialect>,
) -> Result<Vec<Js<FileObject>>, JsValue> {
    let formats: Vec<Format> = from_js_list(formats)?;
    let dialect: Dialect = from_js(dialect)?;
    let part = |bytes: &js_sys::Uint8Array| serde_json::from_slice::<Part>(&bytes.to_vec());
    let mut parts: Vec<Part> = parts
        .iter()
        .map(part)
        .collect::<Result<_, _>>()
        .map_err(|error| js_sys::TypeError::new(&error.to_string()))?;
    let failures: Vec<FailedFile> = from_js_list(failures)?;
    let failed =
        |file: FailedFile| Part::failed(&file.image_id, &file.path, &file.reason).in_group(file.group);
    parts.extend(failures.into_iter().map(failed));
    let files = export::batch_files(&parts, &formats, dialect).map_err(thrown)?;
    Ok(files.into_iter().map(|file| to_js(&FileObject::from(file))).collect())
}

/// A file to save.
#[derive(Serialize, Tsify)]
#[tsify(rename = "ExportFile")]
pub struct FileObject {
    /// Its name, without a folder.
    name: String,
    /// Its contents.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer>")]
    bytes: js_sys::Uint8Array,
}

impl From<ExportFile> for FileObject {
    fn from(ExportFile { name, bytes }: ExportFile) -> Self {
        Self { name, bytes: js_sys::Uint8Array::from(&*bytes) }
    }
}

/// The files of one image, and its part of the files shared by the batch, for `batchFiles`.
#[derive(Serialize, Tsify)]
pub struct ImageExport {
    /// The image's separate files.
    #[tsify(type = "ExportFile[]")]
    files: Vec<FileObject>,
    /// The image's part of the shared files.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer>")]
    part: js_sys::Uint8Array,
}

/// The default settings.
#[wasm_bindgen(js_name = defaultSettings)]
pub fn default_settings() -> AllSettings {
    to_object(&Settings::default())
}

/// The watershed settings: names, ranges, help.
#[wasm_bindgen(js_name = watershedSettings)]
pub fn watershed_settings() -> Vec<Js<Setting>> {
    to_js_list(nuclei::SETTINGS)
}

/// The export formats: names, labels on the page, descriptions, file names.
#[wasm_bindgen(js_name = exportFormats)]
pub fn export_formats() -> Vec<Js<FormatInfo>> {
    to_js_list(&export::FORMATS.iter().map(|format| format.info()).collect::<Vec<_>>())
}

/// A browser's file.
#[derive(Clone)]
pub struct BlobFile(Blob);

impl ReadRange for BlobFile {
    fn size(&self) -> u64 {
        self.0.size() as u64
    }

    fn read_range(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let unreadable =
            |_| io::Error::other("the browser can no longer read the file; it was moved or changed");
        let part = self.0.slice_with_f64_and_f64(range.start as f64, range.end as f64).map_err(unreadable)?;
        let buffer = FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(&part));
        Ok(js_sys::Uint8Array::new(&buffer.map_err(unreadable)?.into()).to_vec())
    }
}

/// A single file, returned for any number.
struct OneBlob(Blob);

impl OpenFile for OneBlob {
    type Reader = BlockReader<BlobFile>;

    fn open(&self, _: usize) -> io::Result<Self::Reader> {
        Ok(BlockReader::new(BlobFile(self.0.clone())))
    }
}

struct Blobs(Vec<Blob>);

impl OpenFile for Blobs {
    type Reader = BlockReader<BlobFile>;

    fn open(&self, file: usize) -> io::Result<Self::Reader> {
        self.0
            .get(file)
            .cloned()
            .map(BlobFile)
            .map(BlockReader::new)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A file from the user.
#[derive(Deserialize, Tsify)]
pub struct BatchFile {
    /// Its path within the folder that was dropped or selected, or its name.
    path: String,
    /// Its contents.
    #[serde(with = "preserve")]
    #[tsify(type = "Blob")]
    blob: JsValue,
    /// Whether the user selected this file itself, rather than a folder that contains it.
    explicit: bool,
    /// Identifies the file.
    number: usize,
}

impl BatchFile {
    fn blob(&self) -> Blob {
        self.blob.clone().unchecked_into()
    }
}

/// The contents of a set of files.
#[derive(Serialize, Tsify)]
pub struct BatchPlan {
    /// The images.
    images: Vec<PlannedImage>,
    /// Files that cannot be used.
    failures: Vec<PlannedFailure>,
    /// Warnings for the user.
    warnings: Vec<Warning>,
    /// The image IDs that a sample submission requests, in its order.
    requested: Option<Vec<String>>,
    /// Records of earlier runs, for `readRecord`.
    records: Vec<PlannedRecord>,
}

/// A record of an earlier run.
#[derive(Serialize, Tsify)]
pub struct PlannedRecord {
    /// Its path, for display.
    path: String,
    /// The location of its bytes.
    source: Source,
}

/// An image to segment.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct PlannedImage {
    /// The image's ID, which is unique.
    image_id: String,
    /// The prefix of the names of its output files.
    file_stem: String,
    /// Its path, for display.
    path: String,
    /// Size in bytes.
    size: u64,
    /// The location of its bytes.
    source: Source,
    /// Its true nuclei, if known.
    truth: Option<PlannedTruth>,
    /// Whether its score is ignored.
    ignored_in_scoring: bool,
}

/// The location of an image's true nuclei.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum PlannedTruth {
    /// Files with one nucleus each.
    Masks {
        /// The files.
        sources: Vec<Source>,
    },
    /// A label image.
    Labels {
        /// The label image.
        source: Source,
    },
    /// The Bowl's CSV.
    Runs {
        /// The true nuclei.
        #[serde(with = "preserve")]
        #[tsify(type = "Masks")]
        masks: js_sys::Uint8Array,
    },
}

/// A file that cannot be used.
#[derive(Serialize, Tsify)]
pub struct PlannedFailure {
    /// Its path, for display.
    path: String,
    /// The error.
    error: ErrorReport,
}

/// The parts of an error: what went wrong, and what to do about it. Thrown errors are `Error` objects named
/// `NucleoscopeError` with these properties.
#[derive(Serialize, Tsify)]
pub struct ErrorReport {
    /// A stable identifier such as `image/truncated`.
    code: String,
    /// The error message.
    message: String,
    /// What the user can do about it.
    help: String,
}

impl ErrorReport {
    fn of(error: &(impl Diagnostic + ?Sized)) -> Self {
        let Warning { code, message, help } = Warning::from(error);
        Self { code, message, help }
    }
}

/// Reads the user's files. Caches the directories of archives, so that each is read only once.
#[wasm_bindgen]
#[derive(Default)]
pub struct SourceReader(Archives);

#[wasm_bindgen]
impl SourceReader {
    /// Creates a reader without open archives.
    #[wasm_bindgen(constructor)]
    pub fn new() -> SourceReader {
        Self::default()
    }

    /// Expands archives, reads CSV files and determines which images there are. An invalid file does not
    /// throw.
    ///
    /// # Errors
    /// A `TypeError` if the arguments are not files.
    #[wasm_bindgen(js_name = openBatch)]
    pub fn open_batch(&mut self, files: Vec<Js<BatchFile>>) -> Result<Js<BatchPlan>, JsValue> {
        let files: Vec<BatchFile> = from_js_list(files)?;
        let given: Vec<InputFile> = files
            .iter()
            .map(|file| InputFile {
                explicit: file.explicit,
                ..InputFile::found(file.path.clone(), file.blob().size() as u64)
            })
            .collect();
        let numbers: Vec<usize> = files.iter().map(|file| file.number).collect();
        let blobs = Blobs(files.iter().map(BatchFile::blob).collect());
        let batch = batch::open_again(&given, &numbers, &blobs, &mut self.0);
        Ok(to_js(&plan_of(batch)))
    }

    /// Reads the bytes of a file, or of one entry of an archive. `number` identifies the file.
    ///
    /// # Errors
    /// The file or the entry cannot be read.
    pub fn read(&mut self, number: u32, blob: Blob, entry: Option<usize>) -> Result<Vec<u8>, JsValue> {
        let source = Source { file: number as usize, entry };
        self.0.read_and_keep(&OneBlob(blob), source, "").map_err(|error| error_object(error.inner()))
    }
}

fn plan_of(batch: Batch) -> BatchPlan {
    let source = |file: usize| batch.sources[file];
    let images = batch.dataset.images.into_iter().map(|image| PlannedImage {
        source: source(image.file),
        truth: match image.truth {
            dataset::Truth::Unknown => None,
            dataset::Truth::MaskFiles(files) => {
                Some(PlannedTruth::Masks { sources: files.into_iter().map(source).collect() })
            }
            dataset::Truth::LabelFile(file) => Some(PlannedTruth::Labels { source: source(file) }),
            dataset::Truth::RunLengths(masks) => {
                Some(PlannedTruth::Runs { masks: js_sys::Uint8Array::from(&*run_length::to_bytes(&masks)) })
            }
        },
        file_stem: image.file_stem,
        image_id: image.image_id,
        path: image.path,
        size: image.size,
        ignored_in_scoring: image.ignored_in_scoring,
    });
    let unopened = batch
        .failures
        .iter()
        .map(|error| PlannedFailure { path: error.file().into(), error: ErrorReport::of(error.inner()) });
    let refused = batch
        .dataset
        .failed
        .iter()
        .map(|failed| PlannedFailure { path: failed.path.clone(), error: ErrorReport::of(&failed.error) });
    BatchPlan {
        images: images.collect(),
        failures: unopened.chain(refused).collect(),
        warnings: batch.dataset.warnings.iter().map(Warning::from).collect(),
        requested: batch.dataset.requested,
        records: batch.records.into_iter().map(|(path, source)| PlannedRecord { path, source }).collect(),
    }
}

/// Reads the bytes of a blob.
///
/// # Errors
/// The blob cannot be read.
#[wasm_bindgen(js_name = readBlob)]
pub fn read_blob(blob: Blob) -> Result<Vec<u8>, JsValue> {
    let source = Source { file: 0, entry: None };
    Archives::default().read(&OneBlob(blob), source, "").map_err(|error| error_object(error.inner()))
}

/// A synthetic image, as a file.
#[derive(Serialize, Tsify)]
pub struct ExampleImage {
    /// Its name.
    name: String,
    /// Its contents.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer>")]
    png: js_sys::Uint8Array,
}

/// Draws a synthetic image as an example.
#[wasm_bindgen(js_name = exampleImage)]
pub fn example_image(seed: u32) -> Js<ExampleImage> {
    to_js(&ExampleImage {
        name: format!("example-{seed}.png"),
        png: js_sys::Uint8Array::from(&*synthetic::field(&FieldOptions::example(seed)).png()),
    })
}

/// Segments probability maps that were predicted elsewhere into nuclei, and returns the labels, row by row.
///
/// # Errors
/// A `TypeError` if a map does not have `width * height` values or the settings are invalid.
#[wasm_bindgen(js_name = watershedMaps)]
pub fn watershed_maps(
    width: usize,
    height: usize,
    interior: Vec<f32>,
    boundary: Vec<f32>,
    distance: Vec<f32>,
    settings: Option<Js<Settings>>,
) -> Result<Vec<u32>, JsValue> {
    let maps = ProbabilityMaps::new(Size::new(width, height), interior, boundary, distance)
        .ok_or_else(|| refused("each map must have width * height values"))?;
    let labels = nuclei::watershed(&maps, &settings_or_default(settings)?.watershed);
    Ok(labels.as_slice().to_vec())
}

fn settings_or_default(settings: Option<Js<Settings>>) -> Result<Settings, JsValue> {
    settings.map(from_js).transpose().map(Option::unwrap_or_default)
}

/// Summarizes the scores of several images; `null` if there are none.
///
/// # Errors
/// A `TypeError` if the scores are invalid.
#[wasm_bindgen(js_name = summarizeScores)]
pub fn summarize_scores(scores: Vec<Js<ImageScore>>) -> Result<MaybeScoreSummary, JsValue> {
    let scores: Vec<ImageScore> = from_js_list(scores)?;
    Ok(to_object(&score::summarize(&scores)))
}

/// A decoded image, with every channel of the selected part of its stack.
#[wasm_bindgen]
pub struct DecodedImage(Opened);

#[wasm_bindgen]
impl DecodedImage {
    /// Decodes an image file. `pixelSize` is the size of a pixel in µm and overrides that of the file.
    /// `measured` keeps all channels in memory, which measuring and exporting require.
    ///
    /// # Errors
    /// The file or the selection is invalid.
    pub fn open(
        bytes: &[u8],
        selection: Js<Selection>,
        #[wasm_bindgen(js_name = "pixelSize")] pixel_size: Option<Js<PixelSize>>,
        measured: bool,
    ) -> Result<DecodedImage, JsValue> {
        let selection: Selection = from_js(selection)?;
        let open = if measured { image::open } else { image::open_segmented };
        let mut opened = open(bytes, &selection, Limits::default()).map_err(thrown)?;
        let given: Option<PixelSize> = pixel_size.map(from_js).transpose()?;
        let given = given.and_then(|size| PixelSize::new(size.x, size.y));
        opened.info.pixel_size = given.or(opened.info.pixel_size);
        Ok(Self(opened))
    }

    /// Number of columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.0.image.width()
    }

    /// Number of rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.0.image.height()
    }

    /// The dimensions and channels of the file's stack.
    pub fn stack(&self) -> Js<StackInfo> {
        to_js(&self.0.info)
    }

    /// The given displays with numbers in place of automatic limits.
    ///
    /// # Errors
    /// A channel is not in memory, or a display is invalid.
    #[wasm_bindgen(js_name = withLimits)]
    pub fn with_limits(&self, displays: Vec<Js<ChannelDisplay>>) -> Result<Vec<Js<ChannelDisplay>>, JsValue> {
        let displays: Vec<ChannelDisplay> = from_js_list(displays)?;
        let Opened { image, channels, .. } = &self.0;
        image::with_limits(image, channels, &displays).map(|displays| to_js_list(&displays)).map_err(thrown)
    }

    /// An 8-bit picture of the visible channels of the image or, with `window`, of a part of it. Its longer
    /// side is at most `maximumSide`; 0 for full size. Without displays, it shows the image to segment with
    /// automatic limits, which are those of the whole image.
    ///
    /// # Errors
    /// There is not enough memory, a channel is not in memory, the window lies outside the image, or an
    /// argument is invalid.
    pub fn preview(
        &self,
        maximum_side: usize,
        displays: Vec<Js<ChannelDisplay>>,
        window: Option<Js<Rect>>,
    ) -> Result<Js<PreviewObject>, JsValue> {
        let displays: Vec<ChannelDisplay> = from_js_list(displays)?;
        let window: Option<Rect> = window.map(from_js).transpose()?;
        let Opened { image, channels, .. } = &self.0;
        let picture = image::preview(image, channels, side(maximum_side), &displays, window.as_ref());
        picture.map(preview_object).map_err(thrown)
    }
}

/// The maximum side; 0 means no limit.
fn side(maximum: usize) -> Option<usize> {
    Some(maximum).filter(|&side| side > 0)
}

/// A preview for display.
#[derive(Serialize, Tsify)]
#[tsify(rename = "Preview")]
pub struct PreviewObject {
    /// Number of columns.
    width: usize,
    /// Number of rows.
    height: usize,
    /// RGBA values of every pixel (alpha is always 255), row by row.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8ClampedArray<ArrayBuffer>")]
    rgba: js_sys::Uint8ClampedArray,
}

fn preview_object(Preview { width, height, rgba }: Preview) -> Js<PreviewObject> {
    to_js(&PreviewObject { width, height, rgba: js_sys::Uint8ClampedArray::from(&*rgba) })
}

/// The network's prediction for an image, which can be labelled with different settings.
#[wasm_bindgen]
pub struct Prediction(ProbabilityMaps);

#[wasm_bindgen]
impl Prediction {
    /// Restores a prediction from [`Self::values`].
    ///
    /// # Errors
    /// A `TypeError` if the bytes are not three maps of this size.
    #[wasm_bindgen(constructor)]
    pub fn new(width: usize, height: usize, values: &[u8]) -> Result<Prediction, JsValue> {
        ProbabilityMaps::from_bytes(Size::new(width, height), values)
            .map(Self)
            .ok_or_else(|| refused("these are not three maps of that size"))
    }

    /// The interior, boundary and distance maps as bytes, one after the other, row by row.
    pub fn values(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// Segments the prediction into nuclei and applies the corrections.
    ///
    /// # Errors
    /// A `TypeError` if the settings or an edit are invalid.
    pub fn label(&self, settings: Js<Settings>, edits: Vec<Js<Edit>>) -> Result<Segmentation, JsValue> {
        let settings: Settings = from_js(settings)?;
        let edits: Vec<Edit> = from_js_list(edits)?;
        Ok(nuclei::corrected(nuclei::watershed(&self.0, &settings.watershed), &edits).into())
    }

    /// Finds the nuclei of a block of a large image, as numbers for [`Segmentation::from_blocks`].
    ///
    /// # Errors
    /// A `TypeError` if this is not the prediction of the block or an argument is invalid.
    #[wasm_bindgen(js_name = labelBlock)]
    pub fn label_block(
        &self,
        plan: Js<Tiling>,
        block: usize,
        settings: Js<Settings>,
    ) -> Result<Vec<u32>, JsValue> {
        let plan: Tiling = from_js(plan)?;
        let settings: Settings = from_js(settings)?;
        let block = plan.blocks.get(block).filter(|block| block.window.size() == self.0.size());
        let block = block.ok_or_else(|| refused("this is not the prediction of the block"))?;
        Ok(plan.label(&self.0, &settings, block).into_numbers())
    }

    /// Number of columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.0.width
    }

    /// Number of rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.0.height
    }

    /// The interior probability as a picture.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn picture(&self, maximum_side: usize) -> Result<Js<PreviewObject>, JsValue> {
        let ProbabilityMaps { width, height, interior, .. } = &self.0;
        image::map_preview(*width, *height, interior, side(maximum_side)).map(preview_object).map_err(thrown)
    }
}

/// The true nuclei of an image, not yet checked against its size.
#[wasm_bindgen]
pub struct Truth(GroundTruth);

#[wasm_bindgen]
impl Truth {
    /// Reads mask files with one nucleus each.
    ///
    /// # Errors
    /// A file is not an image.
    #[wasm_bindgen(js_name = fromMaskFiles)]
    pub fn from_mask_files(files: Vec<js_sys::Uint8Array>) -> Result<Truth, JsValue> {
        let files = files.iter().map(js_sys::Uint8Array::to_vec);
        GroundTruth::from_mask_files(files, Limits::default()).map(Self).map_err(thrown)
    }

    /// Reads a label image file.
    ///
    /// # Errors
    /// The file is not an image.
    #[wasm_bindgen(js_name = fromLabelFile)]
    pub fn from_label_file(file: &[u8]) -> Result<Truth, JsValue> {
        GroundTruth::from_label_file(file, Limits::default()).map(Self).map_err(thrown)
    }

    /// Reads masks from a [`BatchPlan`] or from [`Segmentation::masks`].
    ///
    /// # Errors
    /// A `TypeError` if the masks are invalid.
    #[wasm_bindgen(js_name = fromMasks)]
    pub fn from_masks(masks: MasksObject) -> Result<Truth, JsValue> {
        masks_of(&masks.unchecked_into()).map(|masks| Self(GroundTruth::RunLengths(masks)))
    }
}

/// Converts a listener to a progress callback. To cancel, the worker is terminated; the listener cannot.
fn progress_callback(on_progress: Option<OnProgress>) -> impl FnMut(usize, usize) -> ControlFlow<()> {
    let on_progress = on_progress.map(JsCast::unchecked_into::<js_sys::Function>);
    move |done, total| {
        if let Some(report) = &on_progress {
            // An exception thrown by the listener is ignored.
            _ = report.call2(&JsValue::NULL, &(done as u32).into(), &(total as u32).into());
        }
        ControlFlow::Continue(())
    }
}

/// A loaded model.
#[wasm_bindgen]
pub struct Segmenter(TractNetwork);

#[wasm_bindgen]
impl Segmenter {
    /// Loads a model from an ONNX file.
    ///
    /// # Errors
    /// The bytes are not a model, or its metadata or form is not supported.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &[u8]) -> Result<Segmenter, JsValue> {
        TractNetwork::load(model).map(Self).map_err(thrown)
    }

    /// Runs the network on tiles of ascending size, as it would be run on images.
    ///
    /// # Errors
    /// The network failed, or its output contains anything but finite numbers.
    #[wasm_bindgen(js_name = tryOut)]
    pub fn try_out(&self) -> Result<(), JsValue> {
        self.0.try_out().map_err(thrown)
    }

    /// The model's metadata.
    pub fn metadata(&self) -> Js<ModelMetadata> {
        to_js(self.0.metadata())
    }

    /// Runs the network on an image. `onProgress` is called with the finished fraction of the work, as a
    /// number of steps and the maximum number of steps.
    ///
    /// # Errors
    /// The network failed, or the settings are invalid.
    pub fn infer(
        &self,
        image: &DecodedImage,
        settings: Js<Settings>,
        on_progress: Option<OnProgress>,
    ) -> Result<Prediction, JsValue> {
        let settings: Settings = from_js(settings)?;
        let mut report = progress_callback(on_progress);
        let mut report = |progress: Progress| {
            let (done, total) = progress.of_all_passes();
            report(done, total)
        };
        let segmenter = nucleoscope::Segmenter::new(&self.0).with_settings(settings);
        let found = segmenter.predict(&image.0.image, &mut report).map_err(thrown)?;
        Ok(Prediction(found.maps))
    }

    /// Plans the segmentation of a large image in blocks; returns nothing for an image that is predicted as a
    /// whole. `onProgress` is called with the number of finished inference passes and their total.
    ///
    /// # Errors
    /// There is not enough memory for the nuclei, the network failed, or an argument is invalid.
    #[wasm_bindgen(js_name = planTiled)]
    pub fn plan_field(
        &self,
        image: &DecodedImage,
        settings: Js<Settings>,
        sizes: Option<Js<Sizes>>,
        on_progress: Option<OnProgress>,
    ) -> Result<Option<Js<Tiling>>, JsValue> {
        let settings: Settings = from_js(settings)?;
        let sizes: Sizes = sizes.map(from_js).transpose()?.unwrap_or_default();
        let image = &image.0.image;
        let segmenter = nucleoscope::Segmenter::new(&self.0).with_settings(settings).with_sizes(sizes);
        if !segmenter.is_tiled(image) {
            return Ok(None);
        }
        // Another worker assembles the blocks after minutes of work, so the available memory is checked now.
        drop(Assembly::new(image.size(), 0).map_err(thrown)?);
        let plan = segmenter.plan(image, &mut progress_callback(on_progress)).map_err(thrown)?;
        Ok(Some(to_js(&plan)))
    }

    /// Predicts one block of a large image.
    ///
    /// # Errors
    /// The network failed, or an argument is invalid.
    #[wasm_bindgen(js_name = inferBlock)]
    pub fn infer_block(
        &self,
        image: &DecodedImage,
        plan: Js<Tiling>,
        block: usize,
        on_progress: Option<OnProgress>,
    ) -> Result<Prediction, JsValue> {
        let plan: Tiling = from_js(plan)?;
        let image = &image.0.image;
        let block = plan.blocks.get(block).filter(|_| plan.size() == image.size());
        let block = block.ok_or_else(|| refused("this is no block of the image"))?;
        let mut report = progress_callback(on_progress);
        let mut report = |done, total| _ = report(done, total);
        plan.predict(&self.0, image, block, &mut report).map(Prediction).map_err(thrown)
    }
}

/// The outlines of the nuclei in one block of a large image, from the numbers of
/// [`Prediction::label_block`].
///
/// # Errors
/// A `TypeError` if the numbers are not nuclei of an image of this size.
#[wasm_bindgen(js_name = blockOutlines)]
pub fn block_outlines(width: usize, height: usize, nuclei: Vec<u32>) -> Result<Js<OutlinesObject>, JsValue> {
    let nuclei = BlockNuclei::from_numbers(nuclei, Size::new(width, height));
    let nuclei = nuclei.ok_or_else(|| refused("these are not the nuclei of a block"))?;
    Ok(outlines_object(&nuclei.outlines()))
}

/// The nuclei of an image.
#[wasm_bindgen]
pub struct Segmentation {
    nuclei: Edited,
    masks: Vec<Mask>,
}

impl From<Edited> for Segmentation {
    fn from(nuclei: Edited) -> Self {
        Self { masks: run_length::encode(&nuclei.labels), nuclei }
    }
}

#[wasm_bindgen]
impl Segmentation {
    /// Creates a segmentation from the true nuclei, and applies corrections.
    ///
    /// # Errors
    /// The truth does not match the image; a `TypeError` if an edit is invalid.
    #[wasm_bindgen(js_name = fromTruth)]
    pub fn from_truth(
        truth: &Truth,
        image: &DecodedImage,
        edits: Vec<Js<Edit>>,
    ) -> Result<Segmentation, JsValue> {
        let start = truth.0.labels(image.0.image.size()).map_err(thrown)?;
        let edits: Vec<Edit> = from_js_list(edits)?;
        Ok(nuclei::apply(&start, &edits).into())
    }

    /// Assembles all blocks of a large image in the order of the plan.
    ///
    /// # Errors
    /// There is not enough memory; a `TypeError` if an argument is invalid.
    #[wasm_bindgen(js_name = fromBlocks)]
    pub fn from_blocks(
        plan: Js<Tiling>,
        blocks: Vec<js_sys::Uint32Array>,
        settings: Js<Settings>,
    ) -> Result<Segmentation, JsValue> {
        let plan: Tiling = from_js(plan)?;
        let settings: Settings = from_js(settings)?;
        let size = plan.size();
        let mut assembly = Assembly::new(size, settings.watershed.minimum_area).map_err(thrown)?;
        for block in blocks {
            let nuclei = BlockNuclei::from_numbers(block.to_vec(), size);
            assembly.add(&nuclei.ok_or_else(|| refused("these are not the nuclei of a block"))?);
        }
        Ok(Edited::unedited(assembly.finish()).into())
    }

    /// Restores nuclei from [`Self::masks`].
    ///
    /// # Errors
    /// The masks do not match the image or overlap; a `TypeError` if they are invalid.
    #[wasm_bindgen(js_name = fromMasks)]
    pub fn from_masks(nuclei: Js<FinishedNuclei>) -> Result<Segmentation, JsValue> {
        let finished: FinishedNuclei = from_js(nuclei)?;
        let masks = masks_of(&finished.masks)?;
        let labels =
            run_length::decode(&masks, Size::new(finished.width, finished.height)).map_err(thrown)?;
        let mut nuclei = Edited::unedited(labels);
        for number in finished.edited {
            if let Some(mark) = nuclei.edited.get_mut((number as usize).wrapping_sub(1)) {
                *mark = true;
            }
        }
        Ok(Self { nuclei, masks })
    }

    /// Number of nuclei.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> u32 {
        self.nuclei.labels.count()
    }

    /// Diameter of a typical nucleus in pixels.
    #[wasm_bindgen(getter)]
    pub fn diameter(&self) -> Option<f32> {
        segment::typical_diameter(&self.nuclei.labels)
    }

    /// Labels of the nuclei that an edit changed.
    pub fn edited(&self) -> Vec<u32> {
        labels_where(&self.nuclei.edited)
    }

    /// Edits that changed nothing, with reasons.
    #[wasm_bindgen(js_name = refusedEdits)]
    pub fn refused_edits(&self) -> Vec<Js<RefusedEdit>> {
        to_js_list(&self.nuclei.refused)
    }

    /// The labels, row by row; 0 is background.
    pub fn labels(&self) -> Vec<u32> {
        self.nuclei.labels.as_slice().to_vec()
    }

    /// Closed polygons along the pixel sides.
    pub fn outlines(&self) -> Js<OutlinesObject> {
        outlines_object(&nuclei::outlines(&self.nuclei.labels))
    }

    /// The pixels of every nucleus, from which another worker can measure and export.
    pub fn masks(&self) -> MasksObject {
        js_sys::Uint8Array::from(&*run_length::to_bytes(&self.masks)).unchecked_into()
    }

    /// Scores the nuclei against the truth.
    ///
    /// # Errors
    /// The truth does not match the image.
    pub fn score(&self, truth: &Truth) -> Result<Js<ImageScore>, JsValue> {
        let masks = truth.0.masks(self.nuclei.labels.size()).map_err(thrown)?;
        Ok(to_js(&score::score_image(&masks, &self.masks)))
    }

    /// The outlines of the true nuclei, numbered as in the score.
    ///
    /// # Errors
    /// The truth does not match the image.
    #[wasm_bindgen(js_name = truthOutlines)]
    pub fn truth_outlines(&self, truth: &Truth) -> Result<Js<OutlinesObject>, JsValue> {
        let labels = truth.0.labels(self.nuclei.labels.size()).map_err(thrown)?;
        Ok(outlines_object(&nuclei::outlines(&labels)))
    }

    /// Measures every nucleus in every channel, and the cells into which they are expanded by a distance in µm or,
    /// if the pixel size is not known, in pixels; 0 omits the cells.
    pub fn measure(
        &self,
        image: &DecodedImage,
        #[wasm_bindgen(js_name = "cellExpansion")] cell_expansion: f64,
    ) -> Js<TableObject> {
        let Opened { channels, info, .. } = &image.0;
        let Edited { labels, edited, .. } = &self.nuclei;
        let table = MeasurementTable::new(labels, channels, info.pixel_size, edited);
        to_js(&TableObject::from(table.with_cells(labels, channels, info.pixel_size, cell_expansion)))
    }

    /// The outlines of the cells into which nuclei are expanded, as in [`Self::measure`]; `pixelSize` is in µm.
    ///
    /// # Errors
    /// A `TypeError` if the pixel size is invalid.
    #[wasm_bindgen(js_name = cellOutlines)]
    pub fn cell_outlines(
        &self,
        #[wasm_bindgen(js_name = "cellExpansion")] cell_expansion: f64,
        #[wasm_bindgen(js_name = "pixelSize")] pixel_size: Option<Js<PixelSize>>,
    ) -> Result<Js<OutlinesObject>, JsValue> {
        let size = pixel_size.map(from_js).transpose()?;
        Ok(outlines_object(&nuclei::outlines(&nuclei::expand(&self.nuclei.labels, cell_expansion, size))))
    }

    /// Writes the files of one image, and its part of the files shared by the batch ([`batch_files`]). `file`
    /// is the image's file, which the record identifies by its hash; `path` is its path for display; the
    /// names of the image's files begin with `fileStem`. `measures` are the keys of columns to add to the
    /// main ones in the summary.
    ///
    /// # Errors
    /// A format cannot represent the image; a `TypeError` if an argument is invalid.
    #[wasm_bindgen(js_name = exportFiles)]
    #[expect(clippy::too_many_arguments, reason = "JavaScript has no other way to hand over so many things")]
    pub fn export_files(
        &self,
        image: &DecodedImage,
        file: &[u8],
        image_id: &str,
        #[wasm_bindgen(js_name = "fileStem")] file_stem: &str,
        path: &str,
        formats: Vec<Js<Format>>,
        measures: Vec<String>,
        provenance: GivenProvenance,
    ) -> Result<Js<ImageExport>, JsValue> {
        let formats: Vec<Format> = from_js_list(formats)?;
        let mut provenance: Provenance = from_object(provenance.into())?;
        provenance.input = record::FileIdentity::new(path, file);
        let subject = Subject {
            image_id,
            file_stem,
            image: &image.0.image,
            channels: &image.0.channels,
            pixel_size: image.0.info.pixel_size,
            labels: &self.nuclei.labels,
            edited: &self.nuclei.edited,
            warnings: &image.0.info.warnings,
            provenance: &provenance,
        };
        let made = export::image_files(&subject, &formats, &measures).map_err(thrown)?;
        let part = serde_json::to_vec(&made.part).unwrap_or_default();
        Ok(to_js(&ImageExport {
            files: made.files.into_iter().map(FileObject::from).collect(),
            part: js_sys::Uint8Array::from(&*part),
        }))
    }
}

/// The labels of the nuclei for which the flag is set.
fn labels_where(flags: &[bool]) -> Vec<u32> {
    (1..).zip(flags).filter(|(_, flag)| **flag).map(|(number, _)| number).collect()
}

/// Corrected nuclei of a large image. A correction takes as much time and memory as the nuclei near it.
#[wasm_bindgen]
pub struct SparseSegmentation {
    nuclei: SparseNuclei,
    masks: Vec<Mask>,
    refused: Vec<RefusedEdit>,
}

#[wasm_bindgen]
impl SparseSegmentation {
    /// Corrects nuclei from [`Segmentation::masks`].
    ///
    /// # Errors
    /// The masks do not match the image or overlap; a `TypeError` if an argument is invalid.
    #[wasm_bindgen(constructor)]
    pub fn new(
        width: usize,
        height: usize,
        masks: MasksObject,
        edits: Vec<Js<Edit>>,
    ) -> Result<SparseSegmentation, JsValue> {
        let masks = masks_of(&masks.unchecked_into())?;
        let edits: Vec<Edit> = from_js_list(edits)?;
        let mut nuclei = run_length::decode_sparse(&masks, Size::new(width, height)).map_err(thrown)?;
        let refused = nuclei.apply(&edits);
        Ok(Self { masks: run_length::encode_sparse(&nuclei), nuclei, refused })
    }

    /// Number of nuclei.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.nuclei.count()
    }

    /// Diameter of a typical nucleus in pixels.
    #[wasm_bindgen(getter)]
    pub fn diameter(&self) -> Option<f32> {
        segment::diameter_of(self.nuclei.areas())
    }

    /// Labels of the nuclei that an edit changed.
    pub fn edited(&self) -> Vec<u32> {
        labels_where(&self.nuclei.edited())
    }

    /// Edits that changed nothing, with reasons.
    #[wasm_bindgen(js_name = refusedEdits)]
    pub fn refused_edits(&self) -> Vec<Js<RefusedEdit>> {
        to_js_list(&self.refused)
    }

    /// Closed polygons along the pixel sides.
    pub fn outlines(&self) -> Js<OutlinesObject> {
        outlines_object(&self.nuclei.outlines())
    }

    /// The pixels of every nucleus.
    pub fn masks(&self) -> MasksObject {
        js_sys::Uint8Array::from(&*run_length::to_bytes(&self.masks)).unchecked_into()
    }

    /// Scores the nuclei against the truth.
    ///
    /// # Errors
    /// The truth does not match the image.
    pub fn score(&self, truth: &Truth) -> Result<Js<ImageScore>, JsValue> {
        let masks = truth.0.masks(self.nuclei.size()).map_err(thrown)?;
        Ok(to_js(&score::score_image(&masks, &self.masks)))
    }

    /// The outlines of the true nuclei, numbered as in the score.
    ///
    /// # Errors
    /// The truth does not match the image.
    #[wasm_bindgen(js_name = truthOutlines)]
    pub fn truth_outlines(&self, truth: &Truth) -> Result<Js<OutlinesObject>, JsValue> {
        let labels = truth.0.labels(self.nuclei.size()).map_err(thrown)?;
        Ok(outlines_object(&nuclei::outlines(&labels)))
    }
}

/// Closed polygons. Polygon `i` belongs to nucleus `labels[i]` and has the points from `offsets[i]` up to
/// `offsets[i + 1]`; each point is two values of `points`.
#[derive(Serialize, Tsify)]
#[tsify(rename = "Outlines")]
pub struct OutlinesObject {
    /// Column and row of every point.
    #[serde(with = "preserve")]
    #[tsify(type = "Int32Array<ArrayBuffer>")]
    points: js_sys::Int32Array,
    /// Index of each polygon's first point, followed by the total number of points.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint32Array<ArrayBuffer>")]
    offsets: js_sys::Uint32Array,
    /// The nucleus of every polygon.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint32Array<ArrayBuffer>")]
    labels: js_sys::Uint32Array,
}

fn outlines_object(lines: &[Outline]) -> Js<OutlinesObject> {
    let mut points = Vec::new();
    let mut offsets = vec![0];
    for line in lines {
        points.extend(line.points.iter().flat_map(|point| [point.x as i32, point.y as i32]));
        offsets.push(points.len() as u32 / 2);
    }
    let numbers: Vec<u32> = lines.iter().map(|line| line.label).collect();
    to_js(&OutlinesObject {
        points: js_sys::Int32Array::from(&*points),
        offsets: js_sys::Uint32Array::from(&*offsets),
        labels: js_sys::Uint32Array::from(&*numbers),
    })
}

/// Nuclei from another worker, for measuring and exporting.
#[derive(Deserialize, Tsify)]
pub struct FinishedNuclei {
    /// Their pixels.
    #[serde(with = "preserve")]
    #[tsify(type = "Masks")]
    masks: js_sys::Uint8Array,
    /// Number of columns of the image.
    width: usize,
    /// Number of rows of the image.
    height: usize,
    /// Labels of the nuclei that the user corrected.
    edited: Vec<u32>,
}

/// A ZIP archive that is built file by file.
#[wasm_bindgen]
#[derive(Default)]
pub struct Archive(export::Archive);

#[wasm_bindgen]
impl Archive {
    /// Creates an empty archive.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// The archive already has a file of that name.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), JsValue> {
        self.0.add(name, bytes).map_err(thrown)
    }

    /// Returns the archive's bytes.
    ///
    /// # Errors
    /// The archive would be too large.
    pub fn finish(self) -> Result<Vec<u8>, JsValue> {
        self.0.finish().map_err(thrown)
    }
}
