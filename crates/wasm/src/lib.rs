//! The JavaScript bindings: they convert types and compute nothing.
//!
//! All of it is synchronous and meant for a Web Worker. Errors are JavaScript `Error` objects named
//! `NucleoscopeError` with `code`, `message` and `help`.

#![cfg(target_arch = "wasm32")]

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FileReaderSync};

use nucleoscope::diagnostic::Diagnostic;
use nucleoscope::dsb2018::csv;
use nucleoscope::dsb2018::run_length::{self, Mask};
use nucleoscope::dsb2018::score::{self, ImageScore};
use nucleoscope::export::tables::Dialect;
use nucleoscope::export::{self, ExportFile, Format, Part, Subject, geojson};
use nucleoscope::image::{self, Contrast, Image, Limits, Opened, PixelSize, Preview, Selection};
use nucleoscope::input::batch::{self, Archives, Batch, OpenFile, Source};
use nucleoscope::input::dataset::{self, InputFile};
use nucleoscope::input::truth::{self, MaskFile};
use nucleoscope::network::{Network, TractNetwork};
use nucleoscope::nuclei::MeasurementTable;
use nucleoscope::nuclei::counted::{self, Gate, Rules};
use nucleoscope::nuclei::summary::Summary;
use nucleoscope::nuclei::table::Column;
use nucleoscope::nuclei::{self, Edit, LabelImage, Region};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::record::Provenance;
use nucleoscope::record::{self, sha256};
use nucleoscope::segment::tiled::{Assembly, BlockNuclei, Plan as Tiling, Sizes};
use nucleoscope::segment::{self, Progress, Settings};
use nucleoscope::synthetic::{self, FieldOptions, Modality};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("wasm.d.ts");

#[wasm_bindgen]
extern "C" {
    /// See `BatchFile` in `wasm.d.ts`.
    #[wasm_bindgen(typescript_type = "BatchFile")]
    pub type BatchFile;

    #[wasm_bindgen(method, getter)]
    fn path(this: &BatchFile) -> String;

    #[wasm_bindgen(method, getter)]
    fn blob(this: &BatchFile) -> Blob;

    #[wasm_bindgen(method, getter)]
    fn explicit(this: &BatchFile) -> bool;

    #[wasm_bindgen(method, getter)]
    fn number(this: &BatchFile) -> u32;

    #[wasm_bindgen(typescript_type = "BatchPlan")]
    pub type BatchPlanObject;
    #[wasm_bindgen(typescript_type = "Settings")]
    pub type SettingsObject;
    #[wasm_bindgen(typescript_type = "Setting[]")]
    pub type SettingList;
    #[wasm_bindgen(typescript_type = "ModelMetadata")]
    pub type MetadataObject;
    #[wasm_bindgen(typescript_type = "ImageScore")]
    pub type ImageScoreObject;
    #[wasm_bindgen(typescript_type = "ScoreSummary | null")]
    pub type SummaryObject;
    #[wasm_bindgen(typescript_type = "ImageScore[]")]
    pub type ImageScores;
    #[wasm_bindgen(typescript_type = "Preview")]
    pub type PreviewObject;
    #[wasm_bindgen(typescript_type = "Outlines")]
    pub type OutlinesObject;
    #[wasm_bindgen(typescript_type = "ExampleImage")]
    pub type ExampleObject;
    #[wasm_bindgen(typescript_type = "(done: number, total: number) => void")]
    pub type OnProgress;
    #[wasm_bindgen(typescript_type = "Selection")]
    pub type SelectionObject;
    #[wasm_bindgen(typescript_type = "StackInfo")]
    pub type StackObject;
    #[wasm_bindgen(typescript_type = "Contrast")]
    pub type ContrastObject;
    #[wasm_bindgen(typescript_type = "Edit[]")]
    pub type Edits;
    #[wasm_bindgen(typescript_type = "{ edit: number; reason: string }[]")]
    pub type RefusedEdits;
    #[wasm_bindgen(typescript_type = "Region[]")]
    pub type Regions;
    #[wasm_bindgen(typescript_type = "MeasurementTable")]
    pub type MeasurementTableObject;
    #[wasm_bindgen(
        typescript_type = "{ readonly csvRows: string; readonly width: number; readonly height: number; readonly edited: readonly number[] }"
    )]
    pub type FinishedNuclei;
    #[wasm_bindgen(typescript_type = "ExportFormat[]")]
    pub type ExportFormats;
    #[wasm_bindgen(typescript_type = "FormatInfo[]")]
    pub type FormatList;
    #[wasm_bindgen(typescript_type = "Provenance")]
    pub type ProvenanceObject;
    #[wasm_bindgen(typescript_type = "ImageRecord[]")]
    pub type ImageRecords;
    #[wasm_bindgen(typescript_type = "ExportFile[]")]
    pub type ExportFiles;
    #[wasm_bindgen(typescript_type = "ImageExport")]
    pub type ImageExportObject;
    #[wasm_bindgen(typescript_type = "FailedFile[]")]
    pub type FailedFiles;
    #[wasm_bindgen(typescript_type = "TableDialect")]
    pub type DialectObject;
    #[wasm_bindgen(typescript_type = "PixelSize | null")]
    pub type MaybePixelSize;
    #[wasm_bindgen(typescript_type = "Gate[]")]
    pub type Gates;
    #[wasm_bindgen(typescript_type = "CountedNuclei")]
    pub type CountedObject;
    #[wasm_bindgen(typescript_type = "string[]")]
    pub type Keys;
    #[wasm_bindgen(typescript_type = "TiledSizes")]
    pub type TiledSizes;
    #[wasm_bindgen(typescript_type = "TiledPlan")]
    pub type TiledPlan;
}

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

fn from_object<T: for<'de> Deserialize<'de>>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| refused(&error.to_string()))
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

/// The first line of the Bowl's CSV, with its line end.
#[wasm_bindgen(js_name = bowlCsvHeader)]
pub fn bowl_csv_header() -> String {
    csv::HEADER.into()
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
pub fn read_record(bytes: &[u8]) -> Result<ImageRecords, JsValue> {
    record::read(bytes).map(|record| to_object(&record.images)).map_err(thrown)
}

/// The regions of interest in a GeoJSON file.
///
/// # Errors
/// It is no GeoJSON, or has no region.
#[wasm_bindgen(js_name = readRegions)]
pub fn read_regions(bytes: &[u8]) -> Result<Regions, JsValue> {
    geojson::read_regions(bytes).map(|regions| to_object(&regions)).map_err(thrown)
}

/// Decides which nuclei of an image count, and sums them up. `width` and `height` are the image's.
///
/// # Errors
/// A `TypeError` if an argument is not what it should be.
#[wasm_bindgen(js_name = countNuclei)]
pub fn count_nuclei(
    table: MeasurementTableObject,
    width: usize,
    height: usize,
    #[wasm_bindgen(js_name = "pixelSize")] pixel_size: MaybePixelSize,
    regions: Regions,
    gates: Gates,
) -> Result<CountedObject, JsValue> {
    let table = table_of(&table)?;
    let pixel_size: Option<PixelSize> = from_object(pixel_size.into())?;
    let regions: Vec<Region> = from_object(regions.into())?;
    let gates: Vec<Gate> = from_object(gates.into())?;
    let counted = counted::count(&table, (width, height), &Rules { regions: &regions, gates: &gates });
    let included: Vec<u8> = counted.included.iter().copied().map(u8::from).collect();
    let object = js_sys::Object::new();
    set(&object, "included", js_sys::Uint8Array::from(&*included));
    set(&object, "summary", to_object::<JsValue>(&Summary::new(&table, &counted, pixel_size)));
    Ok(object.unchecked_into())
}

/// A table as [`Segmentation::measure`] gave it.
fn table_of(object: &JsValue) -> Result<MeasurementTable, JsValue> {
    let get = |key: &str| js_sys::Reflect::get(object, &key.into());
    let columns: Vec<Column> = from_object(get("columns")?)?;
    let rows: usize = from_object(get("rows")?)?;
    let values = js_sys::Float64Array::new(&get("values")?).to_vec();
    if columns.len().checked_mul(rows) != Some(values.len()) {
        return Err(js_sys::TypeError::new("this is not a table of measurements").into());
    }
    Ok(MeasurementTable { columns, rows, values })
}

/// Of an image's rows of the Bowl's CSV, those of the nuclei that are included (1).
#[wasm_bindgen(js_name = includedRows)]
pub fn included_rows(rows: &str, included: &[u8]) -> String {
    csv::included_rows(rows, &included.iter().map(|&one| one != 0).collect::<Vec<_>>())
}

/// A file that could not be worked on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailedFile {
    image_id: String,
    path: String,
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
    failures: FailedFiles,
    formats: ExportFormats,
    dialect: DialectObject,
) -> Result<ExportFiles, JsValue> {
    let formats: Vec<Format> = from_object(formats.into())?;
    let dialect: Dialect = from_object(dialect.into())?;
    let part = |bytes: &js_sys::Uint8Array| serde_json::from_slice::<Part>(&bytes.to_vec());
    let mut parts: Vec<Part> = parts
        .iter()
        .map(part)
        .collect::<Result<_, _>>()
        .map_err(|error| js_sys::TypeError::new(&error.to_string()))?;
    let failures: Vec<FailedFile> = from_object(failures.into())?;
    parts.extend(failures.iter().map(|file| Part::failed(&file.image_id, &file.path, &file.reason)));
    Ok(file_list(export::batch_files(&parts, &formats, dialect).map_err(thrown)?).unchecked_into())
}

fn file_list(files: Vec<ExportFile>) -> js_sys::Array {
    let list = js_sys::Array::new();
    for ExportFile { name, bytes } in files {
        let object = js_sys::Object::new();
        set(&object, "name", name);
        set(&object, "bytes", js_sys::Uint8Array::from(&*bytes));
        list.push(&object);
    }
    list
}

/// The settings that are used where none are given.
#[wasm_bindgen(js_name = defaultSettings)]
pub fn default_settings() -> SettingsObject {
    to_object(&Settings::default())
}

/// The settings of the watershed: names, ranges, help.
#[wasm_bindgen(js_name = watershedSettings)]
pub fn watershed_settings() -> SettingList {
    to_object(&nuclei::SETTINGS)
}

/// The formats of the exports: names, what they are called on the page, what they hold, the names of their files.
#[wasm_bindgen(js_name = exportFormats)]
pub fn export_formats() -> FormatList {
    to_object(&export::FORMATS.iter().map(|format| format.info()).collect::<Vec<_>>())
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    images: Vec<PlannedImage>,
    failures: Vec<Failure>,
    notices: Vec<dataset::Notice>,
    wanted: Option<Vec<String>>,
    records: Vec<PlannedRecord>,
}

#[derive(Serialize)]
struct PlannedRecord {
    path: String,
    source: Source,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedImage {
    image_id: String,
    csv_id: String,
    file_stem: String,
    path: String,
    size: u64,
    source: Source,
    truth: Option<PlannedTruth>,
    ignored_in_scoring: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum PlannedTruth {
    Masks { sources: Vec<Source> },
    Labels { source: Source },
    Runs { masks: Vec<String> },
}

#[derive(Serialize)]
struct Failure {
    path: String,
    error: Report,
}

#[derive(Serialize)]
struct Report {
    name: &'static str,
    code: String,
    message: String,
    help: String,
}

impl Report {
    fn of(error: &(impl Diagnostic + ?Sized)) -> Self {
        let (code, help) = (error.code(), error.help());
        Self { name: "NucleoscopeError", code, message: error.to_string(), help }
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
    #[wasm_bindgen(js_name = openBatch)]
    pub fn open_batch(&mut self, files: Vec<BatchFile>) -> BatchPlanObject {
        let given: Vec<InputFile> = files
            .iter()
            .map(|file| InputFile {
                explicit: file.explicit(),
                ..InputFile::found(file.path(), file.blob().size() as u64)
            })
            .collect();
        let numbers: Vec<usize> = files.iter().map(|file| file.number() as usize).collect();
        let positions: HashMap<usize, usize> = numbers.iter().copied().zip(0..).collect();
        let known = self.0.renumbered(|number| positions.get(&number).copied());
        let batch = batch::open_again(&given, &Blobs(files.iter().map(BatchFile::blob).collect()), known);
        // Those of files that are gone are forgotten.
        self.0 = batch.archives.renumbered(|position| numbers.get(position).copied());
        plan_object(batch)
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

fn plan_object(batch: Batch) -> BatchPlanObject {
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
                Some(PlannedTruth::Runs { masks: masks.iter().map(Mask::to_string).collect() })
            }
        },
        csv_id: csv::field(&image.image_id),
        file_stem: image.file_stem,
        image_id: image.image_id,
        path: image.path,
        size: image.size,
        ignored_in_scoring: image.ignored_in_scoring,
    });
    let unopened = batch
        .failures
        .iter()
        .map(|error| Failure { path: error.file().into(), error: Report::of(error.inner()) });
    let refused = batch
        .dataset
        .failed
        .iter()
        .map(|failed| Failure { path: failed.path.clone(), error: Report::of(&failed.error) });
    to_object(&Plan {
        images: images.collect(),
        failures: unopened.chain(refused).collect(),
        notices: batch.dataset.notices,
        wanted: batch.dataset.wanted,
        records: batch.records.into_iter().map(|(path, source)| PlannedRecord { path, source }).collect(),
    })
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

/// A made-up image for a first try.
#[wasm_bindgen(js_name = exampleImage)]
pub fn example_image(seed: u32) -> ExampleObject {
    let modality = if seed.is_multiple_of(2) { Modality::Stained } else { Modality::Fluorescence };
    let options = FieldOptions {
        seed: seed.into(),
        width: 512,
        height: 384,
        nuclei: 90,
        modality,
        ..Default::default()
    };
    let object = js_sys::Object::new();
    set(&object, "name", format!("example-{seed}.png"));
    set(&object, "png", js_sys::Uint8Array::from(&*synthetic::field(&options).png()));
    object.unchecked_into()
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
    settings: Option<SettingsObject>,
) -> Result<Vec<u32>, JsValue> {
    let fits = |map: &Vec<f32>| width.checked_mul(height) == Some(map.len());
    if ![&interior, &boundary, &distance].into_iter().all(fits) {
        return Err(refused("each map must have width * height values"));
    }
    let maps = ProbabilityMaps { width, height, interior, boundary, distance };
    let labels = nuclei::watershed(&maps, &settings_or_default(settings)?.watershed);
    Ok(labels.as_slice().to_vec())
}

fn settings_or_default(settings: Option<SettingsObject>) -> Result<Settings, JsValue> {
    settings.map(|settings| from_object(settings.into())).transpose().map(Option::unwrap_or_default)
}

/// The scores of several images together; `null` without images.
///
/// # Errors
/// A `TypeError` if these are not scores.
#[wasm_bindgen(js_name = summarizeScores)]
pub fn summarize_scores(scores: ImageScores) -> Result<SummaryObject, JsValue> {
    let scores: Vec<ImageScore> = from_object(scores.into())?;
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
        selection: SelectionObject,
        #[wasm_bindgen(js_name = "pixelSize")] pixel_size: MaybePixelSize,
        measured: bool,
    ) -> Result<DecodedImage, JsValue> {
        let selection: Selection = from_object(selection.into())?;
        let open = if measured { image::open } else { image::open_segmented };
        let mut opened = open(bytes, &selection, Limits::default()).map_err(thrown)?;
        let given: Option<PixelSize> = from_object(pixel_size.into())?;
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
    pub fn stack(&self) -> StackObject {
        to_object(&self.0.info)
    }

    /// An 8-bit picture for the screen whose longer side is at most `maximumSide`; 0 for full size.
    ///
    /// # Errors
    /// There is not enough memory for it, or the contrast is none.
    pub fn preview(&self, maximum_side: usize, contrast: ContrastObject) -> Result<PreviewObject, JsValue> {
        let contrast: Contrast = from_object(contrast.into())?;
        let picture = image::preview(&self.0.image, side(maximum_side), &contrast).map_err(thrown)?;
        Ok(preview_object(picture))
    }
}

/// 0 is no limit.
fn side(maximum: usize) -> Option<usize> {
    Some(maximum).filter(|&side| side > 0)
}

fn preview_object(picture: Preview) -> PreviewObject {
    let object = js_sys::Object::new();
    set(&object, "width", picture.width as u32);
    set(&object, "height", picture.height as u32);
    set(&object, "rgba", js_sys::Uint8ClampedArray::from(&*picture.rgba));
    object.unchecked_into()
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
    pub fn label(&self, settings: SettingsObject, edits: Edits) -> Result<Segmentation, JsValue> {
        let settings: Settings = from_object(settings.into())?;
        let edits: Vec<Edit> = from_object(edits.into())?;
        Ok(Segmentation::of(nuclei::watershed(&self.0, &settings.watershed), &edits))
    }

    /// How sure the network is that a pixel belongs to a nucleus, as a picture.
    ///
    /// # Errors
    /// There is not enough memory for it.
    pub fn picture(&self, maximum_side: usize) -> Result<PreviewObject, JsValue> {
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

    /// From the Bowl's run lengths, one nucleus each.
    ///
    /// # Errors
    /// One of them breaks the format's rules.
    #[wasm_bindgen(js_name = fromRuns)]
    pub fn from_runs(masks: Vec<String>) -> Result<Truth, JsValue> {
        let masks = masks.iter().map(|runs| runs.parse()).collect::<Result<_, _>>();
        masks.map(|masks| Self(TruthSource::Runs(masks))).map_err(thrown)
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
    /// It is no model, or breaks the metadata.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &[u8]) -> Result<Segmenter, JsValue> {
        TractNetwork::load(model).map(Self).map_err(thrown)
    }

    /// What the model says of itself.
    pub fn metadata(&self) -> MetadataObject {
        to_object(self.0.metadata())
    }

    /// Has the network look at an image. `onProgress` is told the share of the work done so far, in
    /// parts of the most that it can be.
    ///
    /// # Errors
    /// The network failed, or the settings are not settings.
    pub fn infer(
        &self,
        image: &DecodedImage,
        settings: SettingsObject,
        on_progress: Option<OnProgress>,
    ) -> Result<Prediction, JsValue> {
        let settings: Settings = from_object(settings.into())?;
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
        settings: SettingsObject,
        sizes: Option<TiledSizes>,
        on_progress: Option<OnProgress>,
    ) -> Result<Option<TiledPlan>, JsValue> {
        let settings: Settings = from_object(settings.into())?;
        let sizes: Sizes = sizes.map(|sizes| from_object(sizes.into())).transpose()?.unwrap_or_default();
        let image = &image.0.image;
        let segmenter = nucleoscope::Segmenter::new(&self.0).with_settings(settings).with_sizes(sizes);
        if !segmenter.is_tiled(image) {
            return Ok(None);
        }
        // Another worker puts the blocks together, after minutes of work: whether one can is found out now.
        drop(Assembly::new(image.width(), image.height(), 0).map_err(thrown)?);
        let plan = segmenter.plan(image, &mut progress_callback(on_progress)).map_err(thrown)?;
        Ok(Some(to_object(&plan)))
    }

    /// Finds the nuclei of one block of a large image, as numbers for [`Segmentation::from_blocks`].
    ///
    /// # Errors
    /// The network failed, or an argument is not what it should be.
    #[wasm_bindgen(js_name = findInBlock)]
    pub fn find_in_block(
        &self,
        image: &DecodedImage,
        settings: SettingsObject,
        plan: TiledPlan,
        block: usize,
        on_progress: Option<OnProgress>,
    ) -> Result<Vec<u32>, JsValue> {
        let settings: Settings = from_object(settings.into())?;
        let plan: Tiling = from_object(plan.into())?;
        let image = &image.0.image;
        let block =
            plan.blocks.get(block).filter(|_| (plan.width, plan.height) == (image.width(), image.height()));
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

#[derive(Serialize)]
struct RefusedEdit {
    edit: usize,
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
    pub fn from_truth(truth: &Truth, image: &DecodedImage, edits: Edits) -> Result<Segmentation, JsValue> {
        let (width, height) = (image.width(), image.height());
        let masks = truth.masks(width, height).map_err(thrown)?;
        let start = run_length::decode_overlapping(&masks, width, height).map_err(thrown)?;
        let edits: Vec<Edit> = from_object(edits.into())?;
        Ok(Self::corrected(&start, &edits))
    }

    /// Puts the blocks of a large image together, all of them in the order of the plan, and corrects the
    /// nuclei.
    ///
    /// # Errors
    /// There is not enough memory; a `TypeError` if an argument is not what it should be.
    #[wasm_bindgen(js_name = fromBlocks)]
    pub fn from_blocks(
        plan: TiledPlan,
        blocks: Vec<js_sys::Uint32Array>,
        settings: SettingsObject,
        edits: Edits,
    ) -> Result<Segmentation, JsValue> {
        let plan: Tiling = from_object(plan.into())?;
        let settings: Settings = from_object(settings.into())?;
        let edits: Vec<Edit> = from_object(edits.into())?;
        let (width, height) = (plan.width, plan.height);
        let mut assembly = Assembly::new(width, height, settings.watershed.minimum_area).map_err(thrown)?;
        for block in blocks {
            let nuclei = BlockNuclei::from_numbers(block.to_vec(), width, height);
            assembly.add(&nuclei.ok_or_else(|| refused("these are not the nuclei of a block"))?);
        }
        Ok(Self::of(assembly.finish(), &edits))
    }

    /// Takes up nuclei where [`Self::csv_rows`] left them.
    ///
    /// # Errors
    /// The rows are not rows of this program.
    #[wasm_bindgen(js_name = fromCsvRows)]
    pub fn from_csv_rows(nuclei: FinishedNuclei) -> Result<Segmentation, JsValue> {
        let finished: Finished = from_object(nuclei.into())?;
        let masks = csv::masks_of_rows(&finished.csv_rows).map_err(thrown)?;
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
    pub fn refused_edits(&self) -> RefusedEdits {
        to_object(&self.refused)
    }

    /// The nuclei's numbers, row by row, 0 for background.
    pub fn labels(&self) -> Vec<u32> {
        self.labels.as_slice().to_vec()
    }

    /// Closed polygons along the pixel sides.
    pub fn outlines(&self) -> OutlinesObject {
        outlines_object(&self.labels)
    }

    /// This image's rows of the Bowl's CSV, without header.
    #[wasm_bindgen(js_name = csvRows)]
    pub fn csv_rows(&self, image_id: &str) -> String {
        csv::rows(image_id, &self.masks)
    }

    /// Holds the nuclei against the truth.
    ///
    /// # Errors
    /// The truth does not fit the image.
    pub fn score(&self, truth: &Truth) -> Result<ImageScoreObject, JsValue> {
        let masks = truth.masks(self.labels.width(), self.labels.height()).map_err(thrown)?;
        Ok(to_object(&score::score_image(&masks, &self.masks)))
    }

    /// The true nuclei's outlines, numbered as in the score.
    ///
    /// # Errors
    /// The truth does not fit the image.
    #[wasm_bindgen(js_name = truthOutlines)]
    pub fn truth_outlines(&self, truth: &Truth) -> Result<OutlinesObject, JsValue> {
        let (width, height) = (self.labels.width(), self.labels.height());
        let masks = truth.masks(width, height).map_err(thrown)?;
        let labels = run_length::decode_overlapping(&masks, width, height).map_err(thrown)?;
        Ok(outlines_object(&labels))
    }

    /// Measures every nucleus in every channel.
    pub fn measure(&self, image: &DecodedImage) -> MeasurementTableObject {
        let Opened { channels, info, .. } = &image.0;
        let table = MeasurementTable::new(&self.labels, channels, info.pixel_size, &self.edited);
        let object = js_sys::Object::new();
        set(&object, "columns", to_object::<JsValue>(&table.columns));
        set(&object, "rows", table.rows as u32);
        set(&object, "values", js_sys::Float64Array::from(&*table.values));
        object.unchecked_into()
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
        formats: ExportFormats,
        measures: Keys,
        provenance: ProvenanceObject,
    ) -> Result<ImageExportObject, JsValue> {
        let formats: Vec<Format> = from_object(formats.into())?;
        let measures: Vec<String> = from_object(measures.into())?;
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
        let object = js_sys::Object::new();
        set(&object, "files", file_list(made.files));
        set(&object, "part", js_sys::Uint8Array::from(&*part));
        Ok(object.unchecked_into())
    }
}

fn outlines_object(labels: &LabelImage) -> OutlinesObject {
    let lines = nuclei::outlines(labels);
    let mut points = Vec::new();
    let mut offsets = vec![0];
    for line in &lines {
        points.extend(line.points.iter().flat_map(|&(x, y)| [x as i32, y as i32]));
        offsets.push(points.len() as u32 / 2);
    }
    let numbers: Vec<u32> = lines.iter().map(|line| line.label).collect();
    let object = js_sys::Object::new();
    set(&object, "points", js_sys::Int32Array::from(&*points));
    set(&object, "offsets", js_sys::Uint32Array::from(&*offsets));
    set(&object, "labels", js_sys::Uint32Array::from(&*numbers));
    object.unchecked_into()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finished {
    csv_rows: String,
    width: usize,
    height: usize,
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
