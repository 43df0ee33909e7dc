//! `nucleoscope export`: files for other programs from existing segmentations; and the options shared with
//! `nucleoscope segment`.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};
use nucleoscope::export::bowl::BOWL;
use nucleoscope::export::conditions::GroupTemplate;
use nucleoscope::export::tables::{Decimal, Delimiter, Dialect, MEASUREMENTS, SUMMARY, failures_csv};
use nucleoscope::export::{
    self, BatchWriter, ExportError, FORMATS, Format, Formats, ImageExport, Part, Parts, Subject, geojson,
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
use crate::journal::Counts;
use crate::output::{Locks, Place, WithoutFirstLine, create_folder, write_whole, write_with};
use crate::{Outcome, limits, table, work};

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
    #[command(flatten)]
    files: FileOptions,
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

/// The files to write.
#[derive(Args, Clone)]
pub(crate) struct FileOptions {
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
    /// Field delimiter of these tables, in which names that begin like a formula get an apostrophe in front
    #[arg(long, value_name = "SIGN", default_value = "comma", value_parser = named(Delimiter::NAMED))]
    delimiter: Delimiter,
    /// Decimal separator of these tables
    #[arg(long, value_name = "SIGN", default_value = "point", value_parser = named(Decimal::NAMED))]
    decimal: Decimal,
    /// Also write a table of the files that failed, with the reasons (CSV) [default: failures.csv in --export-dir]
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
}

impl FileOptions {
    /// The folder for files for other programs.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.export_dir.as_deref()
    }

    /// The single files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.summary, &self.nuclei, &self.failures].into_iter().flatten().map(PathBuf::as_path)
    }

    /// Determines what to write, and creates the folder.
    pub(crate) fn files(&self) -> Result<BatchFiles, Error> {
        self.export_dir.as_deref().map_or(Ok(()), create_folder)?;
        Ok(BatchFiles {
            folder: self.export_dir.clone().map(|folder| (self.export.0.clone(), folder)),
            output: None,
            summary: self.summary.clone(),
            nuclei: self.nuclei.clone(),
            failures: self.failures.clone(),
            dialect: Dialect::default().delimiter(self.delimiter).decimal(self.decimal),
            has_header: true,
        })
    }
}

impl ExportOptions {
    /// Determines what to write, and creates the folder.
    pub(crate) fn exports(&self) -> Result<Exports, Error> {
        let regions = self.regions.as_deref().map_or_else(|| Ok(Vec::new()), read_regions)?;
        Ok(Exports {
            files: self.files.files()?,
            pixel_size: self.pixel_size,
            gates: self.gates.clone(),
            positive: self.positive.clone(),
            cell_expansion: self.cell_expansion,
            groups: self.groups.clone(),
            regions,
        })
    }

    /// The files to write.
    pub(crate) fn files(&self) -> &FileOptions {
        &self.files
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
    unopened(&inputs).for_each(table::print_failure);
    dataset.warnings.iter().for_each(table::print_warning);
    if unopened(&inputs).next().is_none() {
        dataset.require_images(arguments.inputs.len()).map_err(|error| error.in_file("the inputs"))?;
    }
    let exports = arguments.options.exports()?;
    let files = arguments.options.files();
    let places = files.folder().map(Place::Folder).into_iter().chain(files.paths().map(Place::File));
    let _locks = Locks::acquire(&places.collect::<Vec<_>>())?;
    let images: Vec<&ImageEntry> = dataset.images.iter().filter(|image| image.is_requested).collect();
    let results: Vec<Result<Written, Error>> =
        images.par_iter().map(|entry| known(&exports, &inputs, entry)).collect();
    let mut parts = Vec::new();
    let mut failed: Vec<(&str, &Error)> = Vec::new();
    let mut tally = Tally::default();
    for (entry, result) in images.iter().zip(&results) {
        match result {
            Ok(written) => {
                tally.add(written.counts());
                parts.push(written.part.clone());
            }
            Err(error) => {
                table::print_failure(error);
                failed.push((&entry.image_id, error));
                parts.push(failed_part(&entry.image_id, error));
            }
        }
    }
    failed.extend(unopened(&inputs).map(|error| ("", error)));
    parts.extend(unopened(&inputs).map(|error| failed_part("", error)));
    exports.files.write(Some(&inputs), &parts.as_slice(), &failed)?;
    let target = arguments.options.files.folder().map(|folder| format!(": {}", folder.display()));
    table::say(format_args!("{tally}, {} failed{}", failed.len(), target.unwrap_or_default()));
    Ok(Outcome::of(tally.images(), failed.len()))
}

/// The errors of files that could not be opened.
pub(crate) fn unopened(inputs: &Inputs) -> impl Iterator<Item = &Error> {
    inputs.failures.iter().chain(&inputs.batch.failures)
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
    pub(crate) fn add(&mut self, image: Counts) {
        self.images += 1;
        self.nuclei += image.nuclei;
        self.counted += image.counted;
        if let Some(positive) = image.positive {
            let (before, of) = self.positive.unwrap_or_default();
            self.positive = Some((before + positive, of + image.counted));
        }
    }

    /// The number of images.
    pub(crate) fn images(&self) -> usize {
        self.images
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
    let bytes = inputs.read(entry.file, &entry.path)?;
    let opened = work::open(&bytes, entry, &Selection::default())?;
    work::print_warnings(entry, &opened);
    let labels = inputs.truth_labels(entry, opened.image.size())?;
    let input = FileIdentity::new(&entry.path, &bytes);
    let provenance = Provenance { input, start: record::Start::GroundTruth, ..exports.provenance(entry) };
    exports.write_image(inputs, entry, &opened, &labels, &[], provenance)
}

/// The files to write.
pub(crate) struct BatchFiles {
    /// The folder for files of these formats.
    folder: Option<(Vec<Format>, PathBuf)>,
    /// The Bowl's CSV.
    pub output: Option<PathBuf>,
    summary: Option<PathBuf>,
    nuclei: Option<PathBuf>,
    failures: Option<PathBuf>,
    /// The delimiter and decimal separator of the tables.
    pub dialect: Dialect,
    /// Whether tables with one row for each image, nucleus or failure have a first line with the names of the
    /// columns.
    pub has_header: bool,
}

impl BatchFiles {
    /// The formats of which parts are needed.
    pub(crate) fn formats(&self) -> Vec<Format> {
        let mut formats = self.folder.as_ref().map_or_else(Vec::new, |(formats, _)| formats.clone());
        let single = self.single().into_iter().filter(|(path, _)| path.is_some()).map(|(_, format)| format);
        for format in single {
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        formats
    }

    /// Limits the formats in the folder to those for which there are parts.
    pub(crate) fn restrict(&mut self, available: &[Format]) {
        if let Some((formats, _)) = &mut self.folder {
            formats.retain(|format| available.contains(format));
        }
    }

    /// The single files and their formats.
    fn single(&self) -> [(Option<&Path>, Format); 3] {
        [
            (self.output.as_deref(), BOWL),
            (self.summary.as_deref(), SUMMARY),
            (self.nuclei.as_deref(), MEASUREMENTS),
        ]
    }

    /// Writes the files shared by all images, and the table of the files that failed.
    pub(crate) fn write(
        &self,
        inputs: Option<&Inputs>,
        parts: &dyn Parts,
        failures: &[(&str, &Error)],
    ) -> Result<(), Error> {
        let in_folder = self.folder.iter().flat_map(|(formats, folder)| {
            let of_batch = |format: &Format| Some((folder.join(format.batch_file()?), *format));
            formats.iter().filter_map(of_batch)
        });
        let single = self.single().into_iter().filter_map(|(path, format)| Some((path?.to_owned(), format)));
        let files: Vec<(PathBuf, Format)> = in_folder.chain(single).collect();
        let refused = |error: ExportError, path: &Path| match error {
            ExportError::File { kind, reason } => {
                Fault::write(std::io::Error::new(kind, reason)).in_file(path.display().to_string())
            }
            error => error.in_file("the exports"),
        };
        let check = |path: &Path| inputs.map_or(Ok(()), |inputs| inputs.check(path));
        if let Some((first, _)) = files.first() {
            let batch = BatchWriter::new(parts).map_err(|error| refused(error, first))?;
            for (path, format) in &files {
                check(path)?;
                write_with(path, |file| {
                    let written = if self.has_header || ![BOWL, SUMMARY, MEASUREMENTS].contains(format) {
                        batch.write(*format, self.dialect, file)
                    } else {
                        batch.write(*format, self.dialect, &mut WithoutFirstLine::new(file))
                    };
                    written.map_err(|error| refused(error, path))
                })?;
            }
        }
        let of_folder = self.folder.as_ref().map(|(_, folder)| folder.join("failures.csv"));
        if let Some(path) = self.failures.clone().or(of_folder) {
            let bytes = failures_csv(failures, self.dialect);
            let header = if self.has_header {
                0
            } else {
                bytes.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1)
            };
            check(&path)?;
            write_whole(&path, &bytes[header..])?;
        }
        Ok(())
    }
}

/// The files to write, and the rules for which nuclei count.
pub(crate) struct Exports {
    /// The files to write.
    pub files: BatchFiles,
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
    /// The names and sizes of the image's own files.
    pub files: Vec<(String, u64)>,
    /// The nuclei that count.
    pub counted: Counted,
    /// The pixel size that was used.
    pub pixel_size: Option<PixelSize>,
    /// The distance by which nuclei were expanded into cells.
    pub cell_expansion: f64,
}

impl Written {
    /// The number of nuclei.
    pub(crate) fn counts(&self) -> Counts {
        let Counted { included, .. } = &self.counted;
        Counts {
            nuclei: included.len(),
            counted: self.counted.count(),
            positive: self.counted.positive_count(),
        }
    }
}

impl Exports {
    /// The pixel size given by the user.
    pub(crate) fn pixel_size(&self) -> Option<PixelSize> {
        self.pixel_size
    }

    /// Whether groups are found with a template.
    pub(crate) fn has_groups(&self) -> bool {
        self.groups.is_some()
    }

    /// The group of an image, if there is a template.
    pub(crate) fn group(&self, entry: &ImageEntry) -> Option<String> {
        self.groups.as_ref().map(|groups| groups.group(&entry.path).unwrap_or_default())
    }

    /// The provenance of an image according to the options.
    pub(crate) fn provenance(&self, entry: &ImageEntry) -> Provenance {
        Provenance {
            pixel_size: self.pixel_size,
            gates: self.gates.clone(),
            positive: self.positive.clone(),
            cell_expansion: self.cell_expansion,
            regions: self.regions.clone(),
            group: self.group(entry),
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
        provenance: Provenance,
    ) -> Result<Written, Error> {
        let formats = self.files.formats();
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
        if let Some(threshold) = provenance.positive.as_ref().filter(|_| made.counted.positive.is_none()) {
            table::print_warning(&Fault::UnusedThreshold(threshold.to_string()).in_file(&entry.path));
        }
        if let Some((_, folder)) = &self.files.folder {
            made.files.iter().try_for_each(|file| inputs.write(&folder.join(&file.name), &file.bytes))?;
        }
        let ImageExport { part, counted, files } = made;
        let files = files.into_iter().map(|file| (file.name, file.bytes.len() as u64)).collect();
        Ok(Written { part, files, counted, pixel_size, cell_expansion: provenance.cell_expansion })
    }
}

fn read_regions(path: &Path) -> Result<Vec<Region>, Error> {
    geojson::read_regions_within(&inputs::read(path)?, &limits::get())
        .map_err(|error| error.in_file(path.display().to_string()))
}
