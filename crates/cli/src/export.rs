//! `nucleoscope export`: files for other programs from existing segmentations; and the options shared with
//! `nucleoscope segment`.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};
use nucleoscope::export::bowl::BOWL;
use nucleoscope::export::conditions::GroupTemplate;
use nucleoscope::export::record::RECORD;
use nucleoscope::export::tables::{Decimal, Delimiter, Dialect, MEASUREMENTS, SUMMARY};
use nucleoscope::export::{
    self, ExportError, ExportFile, FORMATS, Format, Formats, ImageExport, Part, Subject, geojson,
};
use nucleoscope::image::{Opened, PixelSize, Selection};
use nucleoscope::input::dataset::ImageEntry;
use nucleoscope::nuclei::counted::{Counted, Gate, GateError};
use nucleoscope::nuclei::{LabelImage, MAXIMUM_EXPANSION, Region, Threshold, ThresholdError};
use nucleoscope::record::{self, FileIdentity, Provenance};
use nucleoscope::{Diagnostic, Error, InFile};
use rayon::prelude::*;

use crate::fault::Fault;
use crate::inputs::{self, Inputs};
use crate::{Outcome, table, work};

#[derive(Args)]
#[command(group = ArgGroup::new("files").args(["export_dir", "summary", "nuclei"]).multiple(true).required(true))]
pub(crate) struct Arguments {
    /// Images with their nuclei: masks, label images or run lengths in the Bowl's layout
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    options: ExportOptions,
}

/// The options of `segment` and `export` for the files to write and the nuclei that count.
#[derive(Args, Clone)]
pub(crate) struct ExportOptions {
    #[arg(
        long,
        value_name = "all|FORMAT,...",
        help = help(),
        value_parser = formats,
        default_value = "all",
        hide_default_value = true,
        requires = "export_dir"
    )]
    export: Formats,
    /// Write files for other programs into this folder
    #[arg(long, value_name = "DIR")]
    export_dir: Option<PathBuf>,
    /// Also write a table with one row per image: counts, densities, mean and standard deviation of the
    /// measurements (CSV)
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Also write a table with one row per nucleus, of all images (CSV)
    #[arg(long, value_name = "FILE")]
    nuclei: Option<PathBuf>,
    /// Field delimiter of these tables
    #[arg(long, value_name = "SIGN", default_value = "comma", value_parser = named(Delimiter::NAMED))]
    delimiter: Delimiter,
    /// Decimal separator of these tables
    #[arg(long, value_name = "SIGN", default_value = "point", value_parser = named(Decimal::NAMED))]
    decimal: Decimal,
    /// Count only nuclei whose measurement is in a range: area_px2:50..400, circularity:0.8.. ; prefix with !
    /// to count those outside the range. May be given several times
    #[arg(long = "gate", value_name = "MEASUREMENT:LOW..HIGH", value_parser = gate, allow_hyphen_values = true)]
    gates: Vec<Gate>,
    /// Divide the counted nuclei into positive and negative ones: dapi_mean>=120
    #[arg(long, value_name = "MEASUREMENT>=VALUE", value_parser = threshold)]
    positive: Option<Threshold>,
    /// Expand nuclei into cells by this distance, in µm if the pixel size is known, otherwise in pixels, and measure
    /// the cells [default: 0, no cells]
    #[arg(long, value_name = "DISTANCE", value_parser = expansion, default_value = "0", hide_default_value = true)]
    cell_expansion: f64,
    /// Count only nuclei inside these regions of every image
    #[arg(long, value_name = "FILE.geojson")]
    regions: Option<PathBuf>,
    /// Where the file names have the image's group: {group}_* ; with a / for folders, such as {group}/* [default:
    /// the first folder in which the images differ]
    #[arg(long = "group", value_name = "TEMPLATE", value_parser = group)]
    groups: Option<GroupTemplate>,
    /// Pixel size in µm, or pixel width and height [default: from the file]
    #[arg(long, value_name = "UM[,UM]", value_parser = pixel_size)]
    pixel_size: Option<PixelSize>,
}

impl ExportOptions {
    /// Determines what to write, and creates the folder.
    pub(crate) fn exports(&self) -> Result<Exports, Error> {
        if let Some(folder) = &self.export_dir {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::io(error, folder.display().to_string()))?;
        }
        let regions = self.regions.as_deref().map_or_else(|| Ok(Vec::new()), read_regions)?;
        let summary = self.summary.as_ref().map(|_| SUMMARY);
        let nuclei = self.nuclei.as_ref().map(|_| MEASUREMENTS);
        Ok(Exports {
            folder: self.export_dir.clone().map(|folder| (self.export.0.clone(), folder)),
            summary: self.summary.clone(),
            nuclei: self.nuclei.clone(),
            dialect: Dialect::default().delimiter(self.delimiter).decimal(self.decimal),
            extra: summary.into_iter().chain(nuclei).collect(),
            pixel_size: self.pixel_size,
            gates: self.gates.clone(),
            positive: self.positive.clone(),
            cell_expansion: self.cell_expansion,
            groups: self.groups.clone(),
            regions,
        })
    }
}

/// Parses one of these names.
fn named<T: Copy + Send + Sync + 'static, const N: usize>(
    values: [(&'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    let value_of = move |name: String| values.into_iter().find(|value| value.0 == name).map(|value| value.1);
    PossibleValuesParser::new(values.map(|value| value.0))
        .try_map(move |name| value_of(name).ok_or("not a name"))
}

/// The help of `--export`, with a line for each format.
fn help() -> String {
    let widest = FORMATS.iter().map(|format| format.name().len()).max().unwrap_or(0);
    let line = |format: &Format| format!("\n  {:widest$}  {}", format.name(), format.info().description);
    let lines: String = FORMATS.iter().map(line).collect();
    format!(
        "What to write into --export-dir: all (the default), or some of these with commas between them{lines}"
    )
}

fn formats(text: &str) -> Result<Formats, String> {
    text.parse().map_err(|error: ExportError| format!("{error}. {}", error.help()))
}

fn gate(text: &str) -> Result<Gate, String> {
    text.parse().map_err(|error: GateError| format!("{error}. {}", error.help()))
}

fn threshold(text: &str) -> Result<Threshold, String> {
    text.parse().map_err(|error: ThresholdError| format!("{error}. {}", error.help()))
}

fn expansion(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=MAXIMUM_EXPANSION).contains(&number) {
        Ok(number)
    } else {
        Err(format!("not from 0 to {MAXIMUM_EXPANSION}"))
    }
}

fn group(text: &str) -> Result<GroupTemplate, String> {
    text.parse().map_err(|error: ExportError| format!("{error}. {}", error.help()))
}

fn pixel_size(text: &str) -> Result<PixelSize, String> {
    let (x, y) = text.split_once(',').unwrap_or((text, text));
    let number = |side: &str| side.trim().parse::<f64>().map_err(|_| format!("\"{side}\" is not a number"));
    PixelSize::new(number(x)?, number(y)?).ok_or_else(|| "not above 0".into())
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let inputs = Inputs::gather(&arguments.inputs);
    let dataset = &inputs.batch.dataset;
    inputs.failures.iter().chain(&inputs.batch.failures).for_each(table::print_failure);
    dataset.warnings.iter().for_each(table::print_warning);
    let mut failures = inputs.failures.len() + inputs.batch.failures.len();
    if failures == 0 {
        dataset.require_images(arguments.inputs.len()).map_err(|error| error.in_file("the inputs"))?;
    }
    let exports = arguments.options.exports()?;
    let images: Vec<&ImageEntry> = dataset.images.iter().filter(|image| image.is_requested).collect();
    let results: Vec<Result<Written, Error>> =
        images.par_iter().map(|entry| known(&exports, &inputs, entry)).collect();
    let mut parts = Vec::new();
    let mut failed = unopened(&inputs);
    let mut tally = Tally::default();
    for (entry, result) in images.iter().zip(results) {
        match result {
            Ok(written) => {
                tally.add(&written);
                parts.push(written.part);
            }
            Err(error) => {
                failures += 1;
                table::print_failure(&error);
                failed.push(failed_part(&entry.image_id, &error));
            }
        }
    }
    parts.extend(failed);
    exports.write_batch(&inputs, &parts, None)?;
    let target = arguments.options.export_dir.as_deref().map(|folder| format!(": {}", folder.display()));
    table::say(format_args!("{tally}, {failures} failed{}", target.unwrap_or_default()));
    Ok(if failures == 0 { Outcome::Complete } else { Outcome::WithFailures })
}

/// The summary's rows for files that could not be opened.
pub(crate) fn unopened(inputs: &Inputs) -> Vec<Part> {
    let files = inputs.failures.iter().chain(&inputs.batch.failures).map(|error| failed_part("", error));
    let failed = inputs.batch.dataset.failed.iter();
    files.chain(failed.map(|failed| Part::failed("", &failed.path, &failed.error.to_string()))).collect()
}

/// The summary's row for a file that could not be processed.
pub(crate) fn failed_part(image_id: &str, error: &Error) -> Part {
    Part::failed(image_id, error.file(), &error.inner().to_string())
}

/// Number of images and nuclei processed in a run.
#[derive(Default)]
pub(crate) struct Tally {
    images: usize,
    nuclei: usize,
    counted: usize,
    /// Of the images whose nuclei are classified: positive nuclei, and all that count.
    positive: Option<(usize, usize)>,
}

impl Tally {
    /// Adds an image.
    pub(crate) fn add(&mut self, written: &Written) {
        self.images += 1;
        self.nuclei += written.counted.included.len();
        self.counted += written.counted.count();
        if let Some(positive) = written.counted.positive_count() {
            let (before, of) = self.positive.unwrap_or_default();
            self.positive = Some((before + positive, of + written.counted.count()));
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { images, nuclei, counted, positive } = self;
        if counted == nuclei {
            write!(formatter, "{images} images, {nuclei} nuclei")?;
        } else {
            write!(formatter, "{images} images, {counted} of {nuclei} nuclei counted")?;
        }
        match positive {
            Some((positive, of @ 1..)) => {
                let percent = *positive as f64 / *of as f64 * 100.0;
                write!(formatter, ", {positive} positive ({percent:.1} %)")
            }
            Some((positive, 0)) => write!(formatter, ", {positive} positive"),
            None => Ok(()),
        }
    }
}

/// Writes the files of an image from its existing nuclei.
fn known(exports: &Exports, inputs: &Inputs, entry: &ImageEntry) -> Result<Written, Error> {
    let opened = work::open(inputs, entry, &Selection::default())?;
    work::print_warnings(entry, &opened);
    let labels = inputs.truth_labels(entry, opened.image.size())?;
    let provenance = Provenance { start: record::Start::GroundTruth, ..exports.provenance() };
    exports.write_image(inputs, entry, &opened, &labels, &[], provenance)
}

/// The files to write, and the rules for which nuclei count.
pub(crate) struct Exports {
    /// The folder for files of these formats.
    folder: Option<(Vec<Format>, PathBuf)>,
    summary: Option<PathBuf>,
    nuclei: Option<PathBuf>,
    dialect: Dialect,
    /// Formats that are needed in addition to those of the folder.
    extra: Vec<Format>,
    pixel_size: Option<PixelSize>,
    gates: Vec<Gate>,
    positive: Option<Threshold>,
    cell_expansion: f64,
    groups: Option<GroupTemplate>,
    regions: Vec<Region>,
}

/// What is kept of an image after its files are written.
pub(crate) struct Written {
    /// The image's part of the files shared by the batch.
    pub part: Part,
    /// The nuclei that count.
    pub counted: Counted,
    /// The pixel size that was used.
    pub pixel_size: Option<PixelSize>,
    /// The distance by which nuclei were expanded into cells.
    pub cell_expansion: f64,
}

impl Exports {
    /// Also includes the Bowl's rows in every part.
    pub(crate) fn with_bowl_rows(mut self) -> Self {
        self.extra.push(BOWL);
        self
    }

    /// Whether any file contains the model's name.
    pub(crate) fn names_model(&self) -> bool {
        self.folder.is_some() || self.summary.is_some()
    }

    /// The pixel size given by the user.
    pub(crate) fn pixel_size(&self) -> Option<PixelSize> {
        self.pixel_size
    }

    /// The delimiter and decimal separator of the tables.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The provenance according to the options, for every image.
    pub(crate) fn provenance(&self) -> Provenance {
        Provenance {
            pixel_size: self.pixel_size,
            gates: self.gates.clone(),
            positive: self.positive.clone(),
            cell_expansion: self.cell_expansion,
            regions: self.regions.clone(),
            ..Default::default()
        }
    }

    /// Writes the separate files of one image.
    pub(crate) fn write_image(
        &self,
        inputs: &Inputs,
        entry: &ImageEntry,
        opened: &Opened,
        labels: &LabelImage,
        edited: &[bool],
        mut provenance: Provenance,
    ) -> Result<Written, Error> {
        let own = self.folder.as_ref().map_or(&[][..], |(formats, _)| formats);
        let formats: Vec<Format> = own.iter().chain(&self.extra).copied().collect();
        provenance.input = FileIdentity::new(&entry.path, &[]);
        if formats.contains(&RECORD) {
            let bytes = inputs.read(entry.file, &entry.path)?;
            provenance.input = FileIdentity::new(&entry.path, &bytes);
        }
        if let Some(groups) = &self.groups {
            provenance.group = Some(groups.group(&entry.path).unwrap_or_default());
        }
        let pixel_size = provenance.pixel_size.or(opened.info.pixel_size);
        let subject = Subject {
            image_id: &entry.image_id,
            file_stem: &entry.file_stem,
            image: &opened.image,
            channels: &opened.channels,
            pixel_size,
            labels,
            edited,
            warnings: &opened.info.warnings,
            provenance: &provenance,
        };
        let made =
            export::image_files(&subject, &formats, &[]).map_err(|error| error.in_file(&entry.path))?;
        for &place in &made.counted.unused {
            let gate = &provenance.gates[place];
            table::print_warning(&Fault::UnusedGate(gate.to_string()).in_file(&entry.path));
        }
        if let Some(threshold) = provenance.positive.filter(|_| made.counted.positive.is_none()) {
            table::print_warning(&Fault::UnusedThreshold(threshold.to_string()).in_file(&entry.path));
        }
        if let Some((_, folder)) = &self.folder {
            made.files.iter().try_for_each(|file| inputs.write(&folder.join(&file.name), &file.bytes))?;
        }
        let ImageExport { part, counted, .. } = made;
        Ok(Written { part, counted, pixel_size, cell_expansion: provenance.cell_expansion })
    }

    /// Writes the files shared by all images; `output` is the path of the Bowl's CSV.
    pub(crate) fn write_batch(
        &self,
        inputs: &Inputs,
        parts: &[Part],
        output: Option<&Path>,
    ) -> Result<(), Error> {
        let make = |formats: &[Format]| -> Result<Vec<ExportFile>, Error> {
            export::batch_files(parts, formats, self.dialect).map_err(|error| error.in_file("the exports"))
        };
        if let Some((formats, folder)) = &self.folder {
            let files = make(formats)?;
            files.iter().try_for_each(|file| inputs.write(&folder.join(&file.name), &file.bytes))?;
        }
        let single =
            [(output, BOWL), (self.summary.as_deref(), SUMMARY), (self.nuclei.as_deref(), MEASUREMENTS)];
        for (path, format) in single {
            let Some(path) = path else { continue };
            make(&[format])?.iter().try_for_each(|file| inputs.write(path, &file.bytes))?;
        }
        Ok(())
    }
}

fn read_regions(path: &Path) -> Result<Vec<Region>, Error> {
    geojson::read_regions(&inputs::read(path)?).map_err(|error| error.in_file(path.display().to_string()))
}
