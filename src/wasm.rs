//! The browser's door: types go through here, and nothing is computed.
//!
//! All of it is synchronous and meant for a Web Worker. Errors are JavaScript `Error` objects named
//! `NucleoscopeError` with `code`, `message` and `remedy`.

use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FileReaderSync};

use crate::batch::{self, OpenFile, Source};
use crate::dataset::{self, InputFile};
use crate::error::Explain;
use crate::export::bowl_csv;
use crate::image::{self, Image, Limits};
use crate::network::{Maps, Network, TractNetwork};
use crate::nuclei::{self, LabelImage};
use crate::run_length::{self, Mask};
use crate::score::{self, ImageScore};
use crate::segment::{self, Progress, Settings};
use crate::synthetic::{self, FieldOptions, Modality};
use crate::truth;

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

    #[wasm_bindgen(typescript_type = "BatchPlan")]
    pub type BatchPlanObject;
    #[wasm_bindgen(typescript_type = "Settings")]
    pub type SettingsObject;
    #[wasm_bindgen(typescript_type = "ModelContract")]
    pub type ContractObject;
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

fn thrown(error: impl Explain) -> JsValue {
    let object = js_sys::Error::new(&error.to_string());
    object.set_name("NucleoscopeError");
    set(&object, "code", error.code());
    set(&object, "remedy", error.remedy());
    object.into()
}

/// Our types always serialize; should one not, the caller sees `undefined` rather than a trap.
fn to_object<T: JsCast>(value: &impl Serialize) -> T {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).unwrap_or(JsValue::UNDEFINED).unchecked_into()
}

fn from_object<T: for<'de> Deserialize<'de>>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| js_sys::TypeError::new(&error.to_string()).into())
}

/// The first line of the Bowl's CSV, with its line end.
#[wasm_bindgen(js_name = bowlCsvHeader)]
pub fn bowl_csv_header() -> String {
    bowl_csv::HEADER.into()
}

/// The settings that are used where none are given.
#[wasm_bindgen(js_name = defaultSettings)]
pub fn default_settings() -> SettingsObject {
    to_object(&Settings::default())
}

/// A file of the browser as something to read and seek in, a block at a time.
pub struct BlobReader {
    blob: Blob,
    position: u64,
    block_start: u64,
    block: Vec<u8>,
}

/// Bytes that are fetched at once: archives are read in many small steps.
const BLOCK: u64 = 1 << 18;

impl BlobReader {
    fn new(blob: Blob) -> Self {
        Self { blob, position: 0, block_start: 0, block: Vec::new() }
    }

    fn fetch(&mut self) -> io::Result<()> {
        let end = (self.position + BLOCK).min(self.blob.size() as u64);
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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedImage {
    image_id: String,
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
    code: &'static str,
    message: String,
    remedy: String,
}

impl Report {
    fn of(error: &impl Explain) -> Self {
        let (code, remedy) = (error.code(), error.remedy());
        Self { name: "NucleoscopeError", code, message: error.to_string(), remedy }
    }
}

/// Expands archives, reads CSV files and says which images there are. One bad file never throws.
#[wasm_bindgen(js_name = openBatch)]
pub fn open_batch(files: Vec<BatchFile>) -> BatchPlanObject {
    let given: Vec<InputFile> = files
        .iter()
        .map(|file| InputFile {
            path: file.path(),
            size: file.blob().size() as u64,
            explicit: file.explicit(),
        })
        .collect();
    let batch = batch::open(&given, &Blobs(files.iter().map(BatchFile::blob).collect()));
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
        image_id: image.image_id,
        path: image.path,
        size: image.size,
        ignored_in_scoring: image.ignored_in_scoring,
    });
    let unopened = batch
        .failures
        .iter()
        .map(|error| Failure { path: error.file.clone(), error: Report::of(&error.kind) });
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
    })
}

/// The bytes of a file, or of one entry of an archive.
///
/// # Errors
/// The file or the entry cannot be read.
#[wasm_bindgen(js_name = readSource)]
pub fn read_source(blob: Blob, entry: Option<usize>) -> Result<Vec<u8>, JsValue> {
    batch::read(&Blobs(vec![blob]), Source { file: 0, entry }, "").map_err(|error| thrown(error.kind))
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
        return Err(js_sys::TypeError::new("each map must have width * height values").into());
    }
    let maps = Maps { width, height, interior, boundary, distance };
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

/// A decoded image.
#[wasm_bindgen]
pub struct DecodedImage(Image);

#[wasm_bindgen]
impl DecodedImage {
    /// Decodes an image file's bytes.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn decode(bytes: &[u8]) -> Result<DecodedImage, JsValue> {
        image::decode(bytes, Limits::default()).map(Self).map_err(thrown)
    }

    /// Columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.0.height()
    }

    /// 1 for gray, 3 for colour.
    #[wasm_bindgen(getter)]
    pub fn channels(&self) -> usize {
        self.0.channels()
    }

    /// Bits a value: 8, 16 or 32 (float).
    #[wasm_bindgen(getter, js_name = bitDepth)]
    pub fn bit_depth(&self) -> u8 {
        self.0.bit_depth()
    }

    /// An 8-bit picture for the screen whose longer side is at most `maximumSide`; 0 for full size.
    ///
    /// # Errors
    /// There is not enough memory for it.
    pub fn preview(&self, maximum_side: usize) -> Result<PreviewObject, JsValue> {
        let picture =
            image::preview(&self.0, Some(maximum_side).filter(|&side| side > 0), &Contrast::default())
                .map_err(thrown)?;
        let object = js_sys::Object::new();
        set(&object, "width", picture.width as u32);
        set(&object, "height", picture.height as u32);
        set(&object, "rgba", js_sys::Uint8ClampedArray::from(&*picture.rgba));
        Ok(object.unchecked_into())
    }
}

/// The true nuclei of an image, not yet held against its size.
#[wasm_bindgen]
pub struct Truth(TruthSource);

enum TruthSource {
    Masks(Vec<Image>),
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
        let decode = |file: &js_sys::Uint8Array| image::decode(&file.to_vec(), Limits::default());
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
                let masks = masks.iter().map(|mask| truth::from_mask(mask, width, height));
                Ok(masks.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
            TruthSource::Labels(labels) => truth::from_labels(labels, width, height),
            TruthSource::Runs(masks) => truth::check_masks(masks, width, height).map(|()| masks.clone()),
        }
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
    /// It is no model, or breaks the contract.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &[u8]) -> Result<Segmenter, JsValue> {
        TractNetwork::load(model).map(Self).map_err(thrown)
    }

    /// What the model says of itself.
    pub fn contract(&self) -> ContractObject {
        to_object(self.0.contract())
    }

    /// Finds the nuclei of an image. `onProgress` is told the share of the work done so far, in
    /// parts of the most that it can be.
    ///
    /// # Errors
    /// The network failed, or the settings are not settings.
    pub fn segment(
        &self,
        image: &DecodedImage,
        settings: Option<SettingsObject>,
        on_progress: Option<OnProgress>,
    ) -> Result<Segmentation, JsValue> {
        let settings = settings_or_default(settings)?;
        let on_progress = on_progress.map(JsCast::unchecked_into::<js_sys::Function>);
        let mut tell = |Progress { pass, passes, done, total }: Progress| {
            if let Some(tell) = &on_progress {
                let (done, total) = ((pass - 1) * total + done, passes * total);
                // What a listener throws is the listener's own affair.
                _ = tell.call2(&JsValue::NULL, &(done as u32).into(), &(total as u32).into());
            }
        };
        let found = segment::segment(&self.0, &image.0, &settings, &mut tell).map_err(thrown)?;
        let masks = run_length::encode(&found.labels);
        Ok(Segmentation { labels: found.labels, masks, diameter: found.diameter })
    }
}

/// The nuclei of an image.
#[wasm_bindgen]
pub struct Segmentation {
    labels: LabelImage,
    masks: Vec<Mask>,
    diameter: Option<f32>,
}

#[wasm_bindgen]
impl Segmentation {
    /// How many nuclei.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> u32 {
        self.labels.count()
    }

    /// Diameter of a typical nucleus in pixels.
    #[wasm_bindgen(getter)]
    pub fn diameter(&self) -> Option<f32> {
        self.diameter
    }

    /// The nuclei's numbers, row by row, 0 for background.
    pub fn labels(&self) -> Vec<u32> {
        self.labels.as_slice().to_vec()
    }

    /// Closed polygons along the pixel sides.
    pub fn outlines(&self) -> OutlinesObject {
        let lines = nuclei::outlines(&self.labels);
        let mut points = Vec::new();
        let mut offsets = vec![0];
        for line in &lines {
            points.extend(line.points.iter().flat_map(|&(x, y)| [x as i32, y as i32]));
            offsets.push(points.len() as u32 / 2);
        }
        let object = js_sys::Object::new();
        set(&object, "points", js_sys::Int32Array::from(&*points));
        set(&object, "offsets", js_sys::Uint32Array::from(&*offsets));
        object.unchecked_into()
    }

    /// This image's rows of the Bowl's CSV, without header.
    #[wasm_bindgen(js_name = csvRows)]
    pub fn csv_rows(&self, image_id: &str) -> String {
        bowl_csv::rows(image_id, &self.masks)
    }

    /// Holds the nuclei against the truth.
    ///
    /// # Errors
    /// The truth does not fit the image.
    pub fn score(&self, truth: &Truth) -> Result<ImageScoreObject, JsValue> {
        let masks = truth.masks(self.labels.width(), self.labels.height()).map_err(thrown)?;
        Ok(to_object(&score::score_image(&masks, &self.masks)))
    }
}
