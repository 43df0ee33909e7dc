//! The JavaScript bindings: they convert types and compute nothing.
//!
//! All of it is synchronous and meant for a Web Worker. Errors are JavaScript `Error` objects named
//! `NucleoscopeError` with `code`, `message` and `help`.

#![cfg(target_arch = "wasm32")]

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

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
use nucleoscope::geometry::Size;
use nucleoscope::image::{self, Contrast, Image, Limits, Opened, PixelSize, Preview, Selection, StackInfo};
use nucleoscope::input::batch::{self, Archives, Batch, OpenFile, Source};
use nucleoscope::input::dataset::{self, InputFile};
use nucleoscope::input::truth::{self, MaskFile};
use nucleoscope::network::{ModelMetadata, Network, TractNetwork};
use nucleoscope::nuclei::MeasurementTable;
use nucleoscope::nuclei::counted::{self, Gate, Rules};
use nucleoscope::nuclei::summary::Summary as NucleiSummary;
use nucleoscope::nuclei::table::Column;
use nucleoscope::nuclei::{self, Edit, LabelImage, Region, Setting};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::record::{self, sha256};
use nucleoscope::record::{ImageRecord, Provenance};
use nucleoscope::segment::tiled::{Assembly, BlockNuclei, Plan as Tiling, Sizes};
use nucleoscope::segment::{self, Progress, Settings};
use nucleoscope::synthetic::{self, FieldOptions, Modality};

/// The only declarations that are not generated: a record may lack some fields of these types, and Rust then
/// fills them in, but what the module returns has them all. Their fields are those of the Rust types.
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
    /// Settings of which none is left out.
    #[wasm_bindgen(typescript_type = "Required<Settings>")]
    pub type AllSettings;

    /// Where an image's nuclei come from, without its file.
    #[wasm_bindgen(typescript_type = "GivenProvenance")]
    pub type GivenProvenance;

    /// The pixels of an image's nuclei.
    #[wasm_bindgen(typescript_type = "Masks")]
    pub type MasksObject;

    /// The scores of several images together; `null` of none.
    #[wasm_bindgen(typescript_type = "ScoreSummary | null")]
    pub type MaybeScoreSummary;

    /// Is told what is done of how much.
    #[wasm_bindgen(typescript_type = "(done: number, total: number) => void")]
    pub type OnProgress;
}

/// A JavaScript object that is declared by this Rust type.
type Js<T> = <T as Tsify>::JsType;

/// Runs once when the module is instantiated: panics become readable in the console.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Sets a property of a fresh object; that has no way to fail.
fn set(object: &JsValue, key: &str, value: impl Into<JsValue>) {
    let done = js_sys::Reflect::set(object, &key.into(), &value.into());
    debug_assert!(done.is_ok());
}

fn thrown(error: impl Diagnostic) -> JsValue {
    error_object(&error)
}

fn error_object(error: &(impl Diagnostic + ?Sized)) -> JsValue {
    let object = js_sys::Error::new(&error.to_string());
    object.set_name("NucleoscopeError");
    set(&object, "code", error.code());
    set(&object, "help", error.help());
    object.into()
}

/// Our types always serialize; should one not, the caller sees `undefined` rather than a trap.
fn to_object<T: JsCast>(value: &impl Serialize) -> T {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).unwrap_or(JsValue::UNDEFINED).unchecked_into()
}

/// The object that a value is declared as.
fn to_js<T: Tsify + Serialize>(value: &T) -> Js<T> {
    to_object(value)
}

fn to_js_list<T: Tsify + Serialize>(values: &[T]) -> Vec<Js<T>> {
    values.iter().map(to_js).collect()
}

fn from_object<T: for<'de> Deserialize<'de>>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| refused(&error.to_string()))
}

/// The value of an object that was declared as one.
fn from_js<T: Tsify + for<'de> Deserialize<'de>>(object: Js<T>) -> Result<T, JsValue> {
    from_object(object.unchecked_into())
}

fn from_js_list<T: Tsify + for<'de> Deserialize<'de>>(objects: Vec<Js<T>>) -> Result<Vec<T>, JsValue> {
    objects.into_iter().map(from_js).collect()
}

/// A `TypeError` that explains itself like every other error: an argument is not what it should be. Nothing
/// has been done with it, so the module goes on as before.
fn refused(reason: &str) -> JsValue {
    let object = js_sys::TypeError::new(&format!("A setting or a number cannot be used: {reason}."));
    object.set_name("NucleoscopeError");
    set(&object, "code", "argument/invalid");
    set(&object, "help", "Reset the settings, or correct the file they came from, and try again.");
    object.into()
}

/// The SHA-256 of bytes, as the record names files by it.
#[wasm_bindgen(js_name = sha256)]
pub fn sha256_of(bytes: &[u8]) -> String {
    sha256(bytes)
}

/// What a record of an earlier run says of each image.
///
/// # Errors
/// It is no record, or a value in it is none that the program can use; the message names the field.
#[wasm_bindgen(js_name = readRecord)]
pub fn read_record(bytes: &[u8]) -> Result<Vec<Js<ImageRecord>>, JsValue> {
    record::read(bytes).map(|record| to_js_list(&record.images)).map_err(thrown)
}

/// The regions of interest in a GeoJSON file.
///
/// # Errors
/// It is no GeoJSON, or has no region.
#[wasm_bindgen(js_name = readRegions)]
pub fn read_regions(bytes: &[u8]) -> Result<Vec<Js<Region>>, JsValue> {
    geojson::read_regions(bytes).map(|regions| to_js_list(&regions)).map_err(thrown)
}

/// Decides which nuclei of an image count, and sums them up. `width` and `height` are the image's.
///
/// # Errors
/// A `TypeError` if an argument is not what it should be.
#[wasm_bindgen(js_name = countNuclei)]
pub fn count_nuclei(
    table: Js<TableObject>,
    width: usize,
    height: usize,
    #[wasm_bindgen(js_name = "pixelSize")] pixel_size: Option<Js<PixelSize>>,
    regions: Vec<Js<Region>>,
    gates: Vec<Js<Gate>>,
) -> Result<Js<CountedNuclei<'static>>, JsValue> {
    let table = table_of(table)?;
    let pixel_size = pixel_size.map(from_js).transpose()?;
    let regions: Vec<Region> = from_js_list(regions)?;
    let gates: Vec<Gate> = from_js_list(gates)?;
    let counted =
        counted::count(&table, Size::new(width, height), &Rules { regions: &regions, gates: &gates });
    let included: Vec<u8> = counted.included.iter().copied().map(u8::from).collect();
    Ok(to_js(&CountedNuclei {
        included: js_sys::Uint8Array::from(&*included),
        summary: NucleiSummary::new(&table, &counted, pixel_size),
    }))
}

/// Which nuclei of an image count.
#[derive(Serialize, Tsify)]
pub struct CountedNuclei<'a> {
    /// For each nucleus, whether it counts (1) or not (0).
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer>")]
    included: js_sys::Uint8Array,
    /// What those that count have in common.
    summary: NucleiSummary<'a>,
}

/// Column after column: row r of column c is `values[c * rows + r]` and about nucleus r + 1; NaN: no value.
#[derive(Serialize, Deserialize, Tsify)]
#[tsify(rename = "MeasurementTable")]
pub struct TableObject {
    /// What the columns are.
    columns: Vec<Column>,
    /// How many nuclei there are.
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

/// A table as [`Segmentation::measure`] gave it.
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
    /// The image.
    image_id: String,
    /// Its nuclei, as [`Segmentation::masks`] gave them.
    #[serde(with = "preserve")]
    #[tsify(type = "Masks")]
    masks: js_sys::Uint8Array,
    /// For each nucleus, whether it is written (1) or not (0); all are where this is `null`.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer> | null")]
    included: JsValue,
}

/// Writes the Bowl's CSV.
///
/// # Errors
/// A `TypeError` if an argument is not what it should be.
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

/// The masks in bytes that came from here.
fn masks_of(bytes: &js_sys::Uint8Array) -> Result<Vec<Mask>, JsValue> {
    run_length::from_bytes(&bytes.to_vec()).ok_or_else(|| refused("these are not the masks of nuclei"))
}

/// A file that could not be worked on.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct FailedFile {
    /// Empty for a file that is no image.
    image_id: String,
    /// What the user knows the file by.
    path: String,
    /// What is wrong with it.
    reason: String,
}

/// Writes the files that a batch shares, from what [`Segmentation::export_files`] gave for each image;
/// `failures` are files that could not be worked on, of which the summary says so.
///
/// # Errors
/// A `TypeError` if an argument is not what it should be.
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
    parts.extend(failures.iter().map(|file| Part::failed(&file.image_id, &file.path, &file.reason)));
    let files = export::batch_files(&parts, &formats, dialect).map_err(thrown)?;
    Ok(files.into_iter().map(|file| to_js(&FileObject::from(file))).collect())
}

/// A file to be saved.
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

/// The files of one image, and its part of those that a batch shares, for `batchFiles`.
#[derive(Serialize, Tsify)]
pub struct ImageExport {
    /// The files that are the image's own.
    #[tsify(type = "ExportFile[]")]
    files: Vec<FileObject>,
    /// Its part of the shared files.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer>")]
    part: js_sys::Uint8Array,
}

/// The settings that are used where none are given.
#[wasm_bindgen(js_name = defaultSettings)]
pub fn default_settings() -> AllSettings {
    to_object(&Settings::default())
}

/// The settings of the watershed: names, ranges, help.
#[wasm_bindgen(js_name = watershedSettings)]
pub fn watershed_settings() -> Vec<Js<Setting>> {
    to_js_list(nuclei::SETTINGS)
}

/// The formats of the exports: names, what they are called on the page, what they hold, the names of their files.
#[wasm_bindgen(js_name = exportFormats)]
pub fn export_formats() -> Vec<Js<FormatInfo>> {
    to_js_list(&export::FORMATS.iter().map(|format| format.info()).collect::<Vec<_>>())
}

/// A file of the browser as something to read and seek in, a block at a time.
pub struct BlobReader {
    blob: Blob,
    position: u64,
    block_start: u64,
    block: Vec<u8>,
}

/// Bytes that are fetched at once: archives are read in many small steps. The first block is small, as a mask
/// is; each that follows where the last one ended is twice as large.
const FIRST_BLOCK: u64 = 1 << 13;
const LARGEST_BLOCK: u64 = 1 << 18;

impl BlobReader {
    fn new(blob: Blob) -> Self {
        Self { blob, position: 0, block_start: 0, block: Vec::new() }
    }

    fn fetch(&mut self) -> io::Result<()> {
        let length = self.block.len() as u64;
        let goes_on = length > 0 && self.position == self.block_start + length;
        let next = if goes_on { (2 * length).clamp(FIRST_BLOCK, LARGEST_BLOCK) } else { FIRST_BLOCK };
        let end = (self.position + next).min(self.blob.size() as u64);
        self.block = slice(&self.blob, self.position, end)?;
        self.block_start = self.position;
        Ok(())
    }
}

fn slice(blob: &Blob, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let unreadable = |_| io::Error::other("the browser can no longer read the file; it was moved or changed");
    let part = blob.slice_with_f64_and_f64(start as f64, end as f64).map_err(unreadable)?;
    let buffer = FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(&part));
    Ok(js_sys::Uint8Array::new(&buffer.map_err(unreadable)?.into()).to_vec())
}

impl Read for BlobReader {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let in_block =
            |reader: &Self| reader.position.checked_sub(reader.block_start).map(|offset| offset as usize);
        if in_block(self).is_none_or(|offset| offset >= self.block.len()) {
            self.fetch()?;
        }
        let rest = in_block(self).and_then(|offset| self.block.get(offset..)).unwrap_or_default();
        let count = rest.len().min(target.len());
        target[..count].copy_from_slice(&rest[..count]);
        self.position += count as u64;
        Ok(count)
    }

    fn read_to_end(&mut self, target: &mut Vec<u8>) -> io::Result<usize> {
        let rest = slice(&self.blob, self.position, self.blob.size() as u64)?;
        self.position += rest.len() as u64;
        target.extend_from_slice(&rest);
        Ok(rest.len())
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => (self.blob.size() as u64).checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// One file, whatever its number.
struct OneBlob(Blob);

impl OpenFile for OneBlob {
    type Reader = BlobReader;

    fn open(&self, _: usize) -> io::Result<BlobReader> {
        Ok(BlobReader::new(self.0.clone()))
    }
}

struct Blobs(Vec<Blob>);

impl OpenFile for Blobs {
    type Reader = BlobReader;

    fn open(&self, file: usize) -> io::Result<BlobReader> {
        self.0.get(file).cloned().map(BlobReader::new).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A file as its user gave it.
#[derive(Deserialize, Tsify)]
pub struct BatchFile {
    /// Its name, with its path inside the folder that was dropped or chosen.
    path: String,
    /// Its contents.
    #[serde(with = "preserve")]
    #[tsify(type = "Blob")]
    blob: JsValue,
    /// Whether the user named this very file, rather than a folder that contains it.
    explicit: bool,
    /// Tells it from other files.
    number: usize,
}

impl BatchFile {
    fn blob(&self) -> Blob {
        self.blob.clone().unchecked_into()
    }
}

/// What a set of files contains.
#[derive(Serialize, Tsify)]
pub struct BatchPlan {
    /// The images.
    images: Vec<PlannedImage>,
    /// Files that cannot be used.
    failures: Vec<PlannedFailure>,
    /// What a user should know.
    warnings: Vec<Warning>,
    /// The image ids that a sample submission asks for, in its order.
    requested: Option<Vec<String>>,
    /// Records of earlier runs, for `readRecord`.
    records: Vec<PlannedRecord>,
}

/// A record of an earlier run.
#[derive(Serialize, Tsify)]
pub struct PlannedRecord {
    /// What the user knows it by.
    path: String,
    /// Where its bytes are.
    source: Source,
}

/// An image to segment.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct PlannedImage {
    /// What it is called; no other image has the same id.
    image_id: String,
    /// What the names of its files begin with.
    file_stem: String,
    /// What the user knows it by.
    path: String,
    /// In bytes.
    size: u64,
    /// Where its bytes are.
    source: Source,
    /// Its true nuclei, where they are known.
    truth: Option<PlannedTruth>,
    /// Whether its score does not count.
    ignored_in_scoring: bool,
}

/// Where an image's true nuclei are.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum PlannedTruth {
    /// In files with one nucleus each.
    Masks {
        /// The files.
        sources: Vec<Source>,
    },
    /// In a label image.
    Labels {
        /// The label image.
        source: Source,
    },
    /// In the Bowl's CSV.
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
    /// What the user knows it by.
    path: String,
    /// What is wrong with it.
    error: ErrorReport,
}

/// What went wrong, and what to do about it: the parts of every error. Those that are thrown are `Error`
/// objects named `NucleoscopeError` with these properties.
#[derive(Serialize, Tsify)]
pub struct ErrorReport {
    /// A stable identifier such as `image/truncated`.
    code: String,
    /// What happened.
    message: String,
    /// What the user can do about it.
    help: String,
}

impl ErrorReport {
    fn of(error: &(impl Diagnostic + ?Sized)) -> Self {
        Self { code: error.code(), message: error.to_string(), help: error.help() }
    }
}

/// Reads the user's files. Keeps the lists of contents of archives, so that each is read once, however many of
/// its files are read.
#[wasm_bindgen]
#[derive(Default)]
pub struct SourceReader(Archives);

/// Most archives whose lists of contents are kept: one with 30,000 files takes some 10 MB.
const MOST_ARCHIVES: usize = 8;

#[wasm_bindgen]
impl SourceReader {
    /// Has no archive open.
    #[wasm_bindgen(constructor)]
    pub fn new() -> SourceReader {
        Self::default()
    }

    /// Expands archives, reads CSV files and says which images there are. One bad file never throws.
    ///
    /// # Errors
    /// A `TypeError` if these are not files.
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
        let positions: HashMap<usize, usize> = numbers.iter().copied().zip(0..).collect();
        let known = self.0.renumbered(|number| positions.get(&number).copied());
        let batch = batch::open_again(&given, &Blobs(files.iter().map(BatchFile::blob).collect()), known);
        // Those of files that are gone are forgotten.
        self.0 = batch.archives.renumbered(|position| numbers.get(position).copied());
        Ok(to_js(&plan_of(batch)))
    }

    /// The bytes of a file, or of one entry of an archive. `number` tells the file from others.
    ///
    /// # Errors
    /// The file or the entry cannot be read.
    pub fn read(&mut self, number: u32, blob: Blob, entry: Option<usize>) -> Result<Vec<u8>, JsValue> {
        let file = number as usize;
        let store = OneBlob(blob);
        if entry.is_some() {
            if self.0.len() >= MOST_ARCHIVES && !self.0.contains(file) {
                self.0 = Archives::default();
            }
            self.0.directory(&store, file, "").map_err(|error| error_object(error.inner()))?;
        }
        self.0.read(&store, Source { file, entry }, "").map_err(|error| error_object(error.inner()))
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

/// The bytes of a blob.
///
/// # Errors
/// It cannot be read.
#[wasm_bindgen(js_name = readBlob)]
pub fn read_blob(blob: Blob) -> Result<Vec<u8>, JsValue> {
    let source = Source { file: 0, entry: None };
    Archives::default().read(&OneBlob(blob), source, "").map_err(|error| error_object(error.inner()))
}

/// A made-up image, as a file.
#[derive(Serialize, Tsify)]
pub struct ExampleImage {
    /// Its name.
    name: String,
    /// Its contents.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8Array<ArrayBuffer>")]
    png: js_sys::Uint8Array,
}

/// A made-up image for a first try.
#[wasm_bindgen(js_name = exampleImage)]
pub fn example_image(seed: u32) -> Js<ExampleImage> {
    let modality = if seed.is_multiple_of(2) { Modality::Stained } else { Modality::Fluorescence };
    let options = FieldOptions {
        seed: seed.into(),
        width: 512,
        height: 384,
        nuclei: 90,
        modality,
        ..Default::default()
    };
    to_js(&ExampleImage {
        name: format!("example-{seed}.png"),
        png: js_sys::Uint8Array::from(&*synthetic::field(&options).png()),
    })
}

/// Cuts maps that were computed elsewhere into nuclei: the nuclei's numbers, row by row.
///
/// # Errors
/// A `TypeError` if a map does not have `width * height` values or the settings are not settings.
#[wasm_bindgen(js_name = watershedMaps)]
pub fn watershed_maps(
    width: usize,
    height: usize,
    interior: Vec<f32>,
    boundary: Vec<f32>,
    distance: Vec<f32>,
    settings: Option<Js<Settings>>,
) -> Result<Vec<u32>, JsValue> {
    let fits = |map: &Vec<f32>| width.checked_mul(height) == Some(map.len());
    if ![&interior, &boundary, &distance].into_iter().all(fits) {
        return Err(refused("each map must have width * height values"));
    }
    let maps = ProbabilityMaps { width, height, interior, boundary, distance };
    let labels = nuclei::watershed(&maps, &settings_or_default(settings)?.watershed);
    Ok(labels.as_slice().to_vec())
}

fn settings_or_default(settings: Option<Js<Settings>>) -> Result<Settings, JsValue> {
    settings.map(from_js).transpose().map(Option::unwrap_or_default)
}

/// The scores of several images together; `null` without images.
///
/// # Errors
/// A `TypeError` if these are not scores.
#[wasm_bindgen(js_name = summarizeScores)]
pub fn summarize_scores(scores: Vec<Js<ImageScore>>) -> Result<MaybeScoreSummary, JsValue> {
    let scores: Vec<ImageScore> = from_js_list(scores)?;
    Ok(to_object(&score::summarize(&scores)))
}

/// A decoded image, with every channel of the part of its stack that was chosen.
#[wasm_bindgen]
pub struct DecodedImage(Opened);

#[wasm_bindgen]
impl DecodedImage {
    /// Decodes an image file's bytes. `pixelSize`: the size of a pixel in µm, where the user knows
    /// better than the file. `measured`: with all channels in memory, which measuring and exporting need.
    ///
    /// # Errors
    /// What is wrong with the file, or with the choice.
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

    /// Columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.0.image.width()
    }

    /// Rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.0.image.height()
    }

    /// What the file holds.
    pub fn stack(&self) -> Js<StackInfo> {
        to_js(&self.0.info)
    }

    /// An 8-bit picture for the screen whose longer side is at most `maximumSide`; 0 for full size.
    ///
    /// # Errors
    /// There is not enough memory for it, or the contrast is none.
    pub fn preview(&self, maximum_side: usize, contrast: Js<Contrast>) -> Result<Js<PreviewObject>, JsValue> {
        let contrast: Contrast = from_js(contrast)?;
        let picture = image::preview(&self.0.image, side(maximum_side), &contrast).map_err(thrown)?;
        Ok(preview_object(picture))
    }
}

/// 0 is no limit.
fn side(maximum: usize) -> Option<usize> {
    Some(maximum).filter(|&side| side > 0)
}

/// A picture for the screen.
#[derive(Serialize, Tsify)]
#[tsify(rename = "Preview")]
pub struct PreviewObject {
    /// Columns.
    width: usize,
    /// Rows.
    height: usize,
    /// Red, green, blue and alpha (always 255) of every pixel, row by row.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint8ClampedArray<ArrayBuffer>")]
    rgba: js_sys::Uint8ClampedArray,
}

fn preview_object(Preview { width, height, rgba }: Preview) -> Js<PreviewObject> {
    to_js(&PreviewObject { width, height, rgba: js_sys::Uint8ClampedArray::from(&*rgba) })
}

/// The network's answer for an image, which is cut into nuclei as often as wanted.
#[wasm_bindgen]
pub struct Prediction(ProbabilityMaps);

#[wasm_bindgen]
impl Prediction {
    /// From the bytes that [`Self::values`] gave.
    ///
    /// # Errors
    /// A `TypeError` if these are not three maps of that size.
    #[wasm_bindgen(constructor)]
    pub fn new(width: usize, height: usize, values: &[u8]) -> Result<Prediction, JsValue> {
        ProbabilityMaps::from_bytes(width, height, values)
            .map(Self)
            .ok_or_else(|| refused("these are not three maps of that size"))
    }

    /// Interior, boundary and distance, one after the other, row by row, as bytes.
    pub fn values(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// Cuts the maps into nuclei and corrects them.
    ///
    /// # Errors
    /// A `TypeError` if the settings or an edit are none.
    pub fn label(&self, settings: Js<Settings>, edits: Vec<Js<Edit>>) -> Result<Segmentation, JsValue> {
        let settings: Settings = from_js(settings)?;
        let edits: Vec<Edit> = from_js_list(edits)?;
        Ok(Segmentation::of(nuclei::watershed(&self.0, &settings.watershed), &edits))
    }

    /// How sure the network is that a pixel belongs to a nucleus, as a picture.
    ///
    /// # Errors
    /// There is not enough memory for it.
    pub fn picture(&self, maximum_side: usize) -> Result<Js<PreviewObject>, JsValue> {
        let ProbabilityMaps { width, height, interior, .. } = &self.0;
        image::map_preview(*width, *height, interior, side(maximum_side)).map(preview_object).map_err(thrown)
    }
}

/// The true nuclei of an image, not yet held against its size.
#[wasm_bindgen]
pub struct Truth(TruthSource);

enum TruthSource {
    Masks(Vec<MaskFile>),
    Labels(Image),
    Runs(Vec<Mask>),
}

#[wasm_bindgen]
impl Truth {
    /// From mask files, one nucleus each.
    ///
    /// # Errors
    /// One of them is not an image.
    #[wasm_bindgen(js_name = fromMaskFiles)]
    pub fn from_mask_files(files: Vec<js_sys::Uint8Array>) -> Result<Truth, JsValue> {
        let decode = |file: &js_sys::Uint8Array| MaskFile::decode(&file.to_vec(), Limits::default());
        files
            .iter()
            .map(decode)
            .collect::<Result<_, _>>()
            .map(|masks| Self(TruthSource::Masks(masks)))
            .map_err(thrown)
    }

    /// From a label image file.
    ///
    /// # Errors
    /// It is not an image.
    #[wasm_bindgen(js_name = fromLabelFile)]
    pub fn from_label_file(file: &[u8]) -> Result<Truth, JsValue> {
        image::decode(file, Limits::default()).map(|labels| Self(TruthSource::Labels(labels))).map_err(thrown)
    }

    /// From masks, as a [`BatchPlan`] or [`Segmentation::masks`] has them.
    ///
    /// # Errors
    /// A `TypeError` if these are not masks.
    #[wasm_bindgen(js_name = fromMasks)]
    pub fn from_masks(masks: MasksObject) -> Result<Truth, JsValue> {
        masks_of(&masks.unchecked_into()).map(|masks| Self(TruthSource::Runs(masks)))
    }

    fn masks(&self, width: usize, height: usize) -> Result<Vec<Mask>, truth::TruthError> {
        match &self.0 {
            TruthSource::Masks(masks) => {
                let masks = masks.iter().map(|mask| mask.nucleus(width, height));
                Ok(masks.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
            TruthSource::Labels(labels) => truth::from_labels(labels, width, height),
            TruthSource::Runs(masks) => truth::check_masks(masks, width, height).map(|()| masks.clone()),
        }
    }
}

/// Calls a listener with what is done of how much. Work is cancelled by ending the worker, never from here.
fn progress_callback(on_progress: Option<OnProgress>) -> impl FnMut(usize, usize) -> ControlFlow<()> {
    let on_progress = on_progress.map(JsCast::unchecked_into::<js_sys::Function>);
    move |done, total| {
        if let Some(report) = &on_progress {
            // What a listener throws is the listener's own affair.
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
    /// Loads a model from an ONNX file's bytes.
    ///
    /// # Errors
    /// It is no model, or its metadata or form cannot be used.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &[u8]) -> Result<Segmenter, JsValue> {
        TractNetwork::load(model).map(Self).map_err(thrown)
    }

    /// What the model says of itself.
    pub fn metadata(&self) -> Js<ModelMetadata> {
        to_js(self.0.metadata())
    }

    /// Has the network look at an image. `onProgress` is told the share of the work done so far, in
    /// parts of the most that it can be.
    ///
    /// # Errors
    /// The network failed, or the settings are not settings.
    pub fn infer(
        &self,
        image: &DecodedImage,
        settings: Js<Settings>,
        on_progress: Option<OnProgress>,
    ) -> Result<Prediction, JsValue> {
        let settings: Settings = from_js(settings)?;
        let mut report = progress_callback(on_progress);
        let mut report = |Progress { pass, passes, done, total }: Progress| {
            report((pass - 1) * total + done, passes * total)
        };
        let segmenter = nucleoscope::Segmenter::new(&self.0).with_settings(settings);
        let found = segmenter.predict(&image.0.image, &mut report).map_err(thrown)?;
        Ok(Prediction(found.maps))
    }

    /// Settles how a large image is segmented block by block; nothing for one whose maps are to be made as
    /// a whole. `onProgress` is told how many looks are done, of how many.
    ///
    /// # Errors
    /// There will not be enough memory for the nuclei, the network failed, or an argument is not what it
    /// should be.
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
        // Another worker puts the blocks together, after minutes of work: whether one can is found out now.
        drop(Assembly::new(image.size(), 0).map_err(thrown)?);
        let plan = segmenter.plan(image, &mut progress_callback(on_progress)).map_err(thrown)?;
        Ok(Some(to_js(&plan)))
    }

    /// Finds the nuclei of one block of a large image, as numbers for [`Segmentation::from_blocks`].
    ///
    /// # Errors
    /// The network failed, or an argument is not what it should be.
    #[wasm_bindgen(js_name = findInBlock)]
    pub fn find_in_block(
        &self,
        image: &DecodedImage,
        settings: Js<Settings>,
        plan: Js<Tiling>,
        block: usize,
        on_progress: Option<OnProgress>,
    ) -> Result<Vec<u32>, JsValue> {
        let settings: Settings = from_js(settings)?;
        let plan: Tiling = from_js(plan)?;
        let image = &image.0.image;
        let block = plan.blocks.get(block).filter(|_| plan.size() == image.size());
        let block = block.ok_or_else(|| refused("this is no block of the image"))?;
        let segmenter = nucleoscope::Segmenter::new(&self.0).with_settings(settings);
        let found =
            segmenter.find(image, &plan, block, &mut progress_callback(on_progress)).map_err(thrown)?;
        Ok(found.into_numbers())
    }
}

/// The nuclei of an image.
#[wasm_bindgen]
pub struct Segmentation {
    labels: LabelImage,
    masks: Vec<Mask>,
    edited: Vec<bool>,
    refused: Vec<RefusedEdit>,
}

/// A correction that changed nothing.
#[derive(Serialize, Tsify)]
pub struct RefusedEdit {
    /// Its place in the list of corrections.
    edit: usize,
    /// Why it changed nothing.
    reason: String,
}

impl Segmentation {
    fn of(labels: LabelImage, edits: &[Edit]) -> Self {
        // While a slider moves, every millisecond counts: what nobody corrected is not gone through again.
        if edits.is_empty() { Self::untouched(labels) } else { Self::corrected(&labels, edits) }
    }

    fn untouched(labels: LabelImage) -> Self {
        let masks = run_length::encode(&labels);
        Self { masks, edited: vec![false; labels.count() as usize], labels, refused: Vec::new() }
    }

    fn corrected(labels: &LabelImage, edits: &[Edit]) -> Self {
        let result = nuclei::apply(labels, edits);
        let reason =
            |(edit, error): (usize, nuclei::EditError)| RefusedEdit { edit, reason: error.to_string() };
        Self {
            masks: run_length::encode(&result.labels),
            labels: result.labels,
            edited: result.edited,
            refused: result.refused.into_iter().map(reason).collect(),
        }
    }
}

#[wasm_bindgen]
impl Segmentation {
    /// Begins with nuclei that are known, and corrects them.
    ///
    /// # Errors
    /// The truth does not fit the image; a `TypeError` if an edit is none.
    #[wasm_bindgen(js_name = fromTruth)]
    pub fn from_truth(
        truth: &Truth,
        image: &DecodedImage,
        edits: Vec<Js<Edit>>,
    ) -> Result<Segmentation, JsValue> {
        let (width, height) = (image.width(), image.height());
        let masks = truth.masks(width, height).map_err(thrown)?;
        let start = run_length::decode_overlapping(&masks, width, height).map_err(thrown)?;
        let edits: Vec<Edit> = from_js_list(edits)?;
        Ok(Self::corrected(&start, &edits))
    }

    /// Puts the blocks of a large image together, all of them in the order of the plan, and corrects the
    /// nuclei.
    ///
    /// # Errors
    /// There is not enough memory; a `TypeError` if an argument is not what it should be.
    #[wasm_bindgen(js_name = fromBlocks)]
    pub fn from_blocks(
        plan: Js<Tiling>,
        blocks: Vec<js_sys::Uint32Array>,
        settings: Js<Settings>,
        edits: Vec<Js<Edit>>,
    ) -> Result<Segmentation, JsValue> {
        let plan: Tiling = from_js(plan)?;
        let settings: Settings = from_js(settings)?;
        let edits: Vec<Edit> = from_js_list(edits)?;
        let size = plan.size();
        let mut assembly = Assembly::new(size, settings.watershed.minimum_area).map_err(thrown)?;
        for block in blocks {
            let nuclei = BlockNuclei::from_numbers(block.to_vec(), size);
            assembly.add(&nuclei.ok_or_else(|| refused("these are not the nuclei of a block"))?);
        }
        Ok(Self::of(assembly.finish(), &edits))
    }

    /// From nuclei that [`Self::masks`] gave.
    ///
    /// # Errors
    /// The masks do not fit the image or share a pixel; a `TypeError` if these are not masks.
    #[wasm_bindgen(js_name = fromMasks)]
    pub fn from_masks(nuclei: Js<FinishedNuclei>) -> Result<Segmentation, JsValue> {
        let finished: FinishedNuclei = from_js(nuclei)?;
        let masks = masks_of(&finished.masks)?;
        let labels = run_length::decode(&masks, finished.width, finished.height).map_err(thrown)?;
        let mut edited = vec![false; labels.count() as usize];
        for number in finished.edited {
            if let Some(mark) = edited.get_mut((number as usize).wrapping_sub(1)) {
                *mark = true;
            }
        }
        Ok(Self { labels, masks, edited, refused: Vec::new() })
    }

    /// How many nuclei.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> u32 {
        self.labels.count()
    }

    /// Diameter of a typical nucleus in pixels.
    #[wasm_bindgen(getter)]
    pub fn diameter(&self) -> Option<f32> {
        segment::typical_diameter(&self.labels)
    }

    /// Numbers of the nuclei that an edit changed.
    pub fn edited(&self) -> Vec<u32> {
        (1..).zip(&self.edited).filter(|(_, edited)| **edited).map(|(number, _)| number).collect()
    }

    /// Edits that changed nothing, and why.
    #[wasm_bindgen(js_name = refusedEdits)]
    pub fn refused_edits(&self) -> Vec<Js<RefusedEdit>> {
        to_js_list(&self.refused)
    }

    /// The nuclei's numbers, row by row, 0 for background.
    pub fn labels(&self) -> Vec<u32> {
        self.labels.as_slice().to_vec()
    }

    /// Closed polygons along the pixel sides.
    pub fn outlines(&self) -> Js<OutlinesObject> {
        outlines_object(&self.labels)
    }

    /// The pixels of every nucleus: what measuring and exporting in another worker start from.
    pub fn masks(&self) -> MasksObject {
        js_sys::Uint8Array::from(&*run_length::to_bytes(&self.masks)).unchecked_into()
    }

    /// Holds the nuclei against the truth.
    ///
    /// # Errors
    /// The truth does not fit the image.
    pub fn score(&self, truth: &Truth) -> Result<Js<ImageScore>, JsValue> {
        let masks = truth.masks(self.labels.width(), self.labels.height()).map_err(thrown)?;
        Ok(to_js(&score::score_image(&masks, &self.masks)))
    }

    /// The true nuclei's outlines, numbered as in the score.
    ///
    /// # Errors
    /// The truth does not fit the image.
    #[wasm_bindgen(js_name = truthOutlines)]
    pub fn truth_outlines(&self, truth: &Truth) -> Result<Js<OutlinesObject>, JsValue> {
        let (width, height) = (self.labels.width(), self.labels.height());
        let masks = truth.masks(width, height).map_err(thrown)?;
        let labels = run_length::decode_overlapping(&masks, width, height).map_err(thrown)?;
        Ok(outlines_object(&labels))
    }

    /// Measures every nucleus in every channel.
    pub fn measure(&self, image: &DecodedImage) -> Js<TableObject> {
        let Opened { channels, info, .. } = &image.0;
        let table = MeasurementTable::new(&self.labels, channels, info.pixel_size, &self.edited);
        to_js(&TableObject::from(table))
    }

    /// Writes the files of one image, and its part of those that a batch shares ([`batch_files`]).
    /// `file` is the image's file, which the record names by its hash; `path` is what the user knows it by;
    /// the names of the image's own files begin with `fileStem`. `measures` are keys of columns that the
    /// summary is to have beside the main ones.
    ///
    /// # Errors
    /// A format cannot hold the image; a `TypeError` if an argument is not what it should be.
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
            labels: &self.labels,
            edited: &self.edited,
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

/// Closed polygons. Polygon `i` is of nucleus `labels[i]` and has the points `offsets[i]` up to
/// `offsets[i + 1]`, each two numbers of `points`.
#[derive(Serialize, Tsify)]
#[tsify(rename = "Outlines")]
pub struct OutlinesObject {
    /// Column and row of every point.
    #[serde(with = "preserve")]
    #[tsify(type = "Int32Array<ArrayBuffer>")]
    points: js_sys::Int32Array,
    /// The first point of every polygon, and at the end how many points there are.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint32Array<ArrayBuffer>")]
    offsets: js_sys::Uint32Array,
    /// The nucleus of every polygon.
    #[serde(with = "preserve")]
    #[tsify(type = "Uint32Array<ArrayBuffer>")]
    labels: js_sys::Uint32Array,
}

fn outlines_object(labels: &LabelImage) -> Js<OutlinesObject> {
    let lines = nuclei::outlines(labels);
    let mut points = Vec::new();
    let mut offsets = vec![0];
    for line in &lines {
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

/// Nuclei as they left a worker: what measuring and exporting start from.
#[derive(Deserialize, Tsify)]
pub struct FinishedNuclei {
    /// Their pixels.
    #[serde(with = "preserve")]
    #[tsify(type = "Masks")]
    masks: js_sys::Uint8Array,
    /// Columns of the image.
    width: usize,
    /// Rows of the image.
    height: usize,
    /// Numbers of the nuclei that the user corrected.
    edited: Vec<u32>,
}

/// A ZIP archive that is put together file by file.
#[wasm_bindgen]
#[derive(Default)]
pub struct Archive(export::Archive);

#[wasm_bindgen]
impl Archive {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// There is a file of that name already.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), JsValue> {
        self.0.add(name, bytes).map_err(thrown)
    }

    /// The archive's bytes.
    ///
    /// # Errors
    /// An archive cannot hold so much.
    pub fn finish(self) -> Result<Vec<u8>, JsValue> {
        self.0.finish().map_err(thrown)
    }
}
