//! `nucleoscope export`: files for other programs from nuclei that are known already; and the options by
//! which `nucleoscope segment` writes the same files.

use std::path::PathBuf;

use clap::Args;
use nucleoscope::dataset::ImageEntry;
use nucleoscope::export::record::{FileIdentity, ModelIdentity, sha256};
use nucleoscope::export::{self, ExportError, Formats, Provenance, Subject};
use nucleoscope::image::{Opened, PixelSize, Selection};
use nucleoscope::nuclei::LabelImage;
use nucleoscope::segment::Settings;
use nucleoscope::{Error, Explain, InFile, run_length};
use rayon::prelude::*;

use crate::inputs::Inputs;
use crate::{Outcome, table, work};

/// What `segment` offers.
#[derive(Args, Clone)]
pub(crate) struct ExportOptions {
    /// Also write files for other programs, several an image: all, or some of bowl, measurements, labels,
    /// rois, geojson, coco, svg, overlay, record
    #[arg(long, value_name = "all|FORMAT,...", value_parser = formats, requires = "export_dir")]
    export: Option<Formats>,
    /// The folder for them
    #[arg(long, value_name = "DIR", requires = "export")]
    export_dir: Option<PathBuf>,
    /// Size of a pixel in µm, or its width and height [default: what the file says]
    #[arg(long, value_name = "UM[,UM]", value_parser = pixel_size)]
    pub(crate) pixel_size: Option<PixelSize>,
}

impl ExportOptions {
    /// What to write, if anything; the folder is made.
    pub(crate) fn exports(&self) -> Result<Option<Exports>, Error> {
        let Some((formats, folder)) = self.export.clone().zip(self.export_dir.clone()) else {
            return Ok(None);
        };
        Exports::new(formats, folder, self.pixel_size).map(Some)
    }
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// Images with their nuclei: masks, label images or run lengths in the Bowl's layout
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// What to write: all, or some of bowl, measurements, labels, rois, geojson, coco, svg, overlay, record
    #[arg(long, value_name = "all|FORMAT,...", value_parser = formats, default_value = "all")]
    export: Formats,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    export_dir: PathBuf,
    /// Size of a pixel in µm, or its width and height [default: what the file says]
    #[arg(long, value_name = "UM[,UM]", value_parser = pixel_size)]
    pixel_size: Option<PixelSize>,
}

fn formats(text: &str) -> Result<Formats, String> {
    text.parse().map_err(|error: ExportError| format!("{error}. {}", error.remedy()))
}

fn pixel_size(text: &str) -> Result<PixelSize, String> {
    let (x, y) = text.split_once(',').unwrap_or((text, text));
    let number = |side: &str| side.trim().parse::<f64>().map_err(|_| format!("\"{side}\" is not a number"));
    PixelSize::new(number(x)?, number(y)?).ok_or_else(|| "not above 0".into())
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let inputs = Inputs::gather(&arguments.inputs);
    let dataset = &inputs.batch.dataset;
    inputs.failures.iter().chain(&inputs.batch.failures).for_each(table::say_failure);
    dataset.notices.iter().for_each(table::say_notice);
    let mut failures = inputs.failures.len() + inputs.batch.failures.len();
    if failures == 0 {
        dataset.require_images(arguments.inputs.len()).map_err(|error| error.in_file("the inputs"))?;
    }
    let exports = Exports::new(arguments.export.clone(), arguments.export_dir.clone(), arguments.pixel_size)?;
    let images: Vec<&ImageEntry> = dataset.images.iter().filter(|image| image.wanted).collect();
    let results: Vec<Result<u32, Error>> =
        images.par_iter().map(|entry| known(&exports, &inputs, entry)).collect();
    let (mut done, mut nuclei) = (0, 0);
    for result in results {
        match result {
            Ok(count) => {
                done += 1;
                nuclei += count;
            }
            Err(error) => {
                failures += 1;
                table::say_failure(&error);
            }
        }
    }
    let folder = arguments.export_dir.display();
    table::say(format_args!("{done} images, {nuclei} nuclei, {failures} failed: {folder}"));
    Ok(if failures == 0 { Outcome::Complete } else { Outcome::WithFailures })
}

/// Writes the files of an image whose nuclei are known; how many there are.
fn known(exports: &Exports, inputs: &Inputs, entry: &ImageEntry) -> Result<u32, Error> {
    let opened = work::open(inputs, entry, &Selection::default())?;
    let (width, height) = (opened.image.width(), opened.image.height());
    let masks = work::true_masks(inputs, entry, width, height)
        .unwrap_or_else(|| Err(ExportError::NoNuclei.in_file(&entry.path)))?;
    let labels =
        run_length::decode_overlapping(&masks, width, height).map_err(|error| error.in_file(&entry.path))?;
    exports.write(inputs, entry, &opened, &labels, None)?;
    Ok(labels.count())
}

/// Which files to write, and where.
pub(crate) struct Exports {
    formats: Formats,
    folder: PathBuf,
    pixel_size: Option<PixelSize>,
}

impl Exports {
    fn new(formats: Formats, folder: PathBuf, pixel_size: Option<PixelSize>) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder).map_err(|error| error.in_file(folder.display().to_string()))?;
        Ok(Self { formats, folder, pixel_size })
    }

    /// Writes the files of one image; `found_by` tells what found the nuclei, if something did.
    pub(crate) fn write(
        &self,
        inputs: &Inputs,
        entry: &ImageEntry,
        opened: &Opened,
        labels: &LabelImage,
        found_by: Option<(ModelIdentity, Settings, Selection)>,
    ) -> Result<(), Error> {
        let bytes = inputs.read(entry.file, &entry.path)?;
        let name = entry.path.rsplit(['/', '\\']).next().unwrap_or(&entry.path).to_owned();
        let mut provenance =
            Provenance { input: FileIdentity { name, sha256: sha256(&bytes) }, ..Default::default() };
        if let Some((model, settings, selection)) = found_by {
            provenance.model = Some(model);
            provenance.settings = Some(settings);
            provenance.selection = serde_json::to_value(selection).ok();
        }
        let subject = Subject {
            image_id: &entry.image_id,
            image: &opened.image,
            channels: &opened.channels,
            pixel_size: self.pixel_size.or(opened.info.pixel_size),
            labels,
            edited: &[],
            provenance: &provenance,
        };
        let files = export::files_named(&subject, &entry.file_stem, &self.formats.0)
            .map_err(|error| error.in_file(&entry.path))?;
        files.iter().try_for_each(|file| inputs.write(&self.folder.join(&file.name), &file.bytes))
    }
}
