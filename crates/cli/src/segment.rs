//! `nucleoscope segment`: segments images and writes the Bowl's CSV.

use std::path::{Path, PathBuf};

use clap::Args;
use nucleoscope::dsb2018::run_length;
use nucleoscope::dsb2018::score::{ImageScore, score_image, summarize};
use nucleoscope::export::tables::{NucleiRows, nuclei_csv};
use nucleoscope::export::{label_image, overlay};
use nucleoscope::input::dataset::ImageEntry;
use nucleoscope::network::Network;
use nucleoscope::nuclei::{Edited, MeasurementTable};
use nucleoscope::record::{self, ModelIdentity, Record, RepeatedImage, sha256};
use nucleoscope::{Error, InFile, image};

use crate::export::{self, Exports, Tally, Written};
use crate::inputs::{self, Inputs};
use crate::work::{self, Work};
use crate::{Outcome, table};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Images, folders (searched recursively) and ZIP archives
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Output CSV: ImageId,EncodedPixels, one row per nucleus; may be omitted if another output is requested
    #[arg(
        long,
        value_name = "submission.csv",
        required_unless_present_any = ["export_dir", "labels", "outlines", "measurements", "summary", "nuclei"]
    )]
    output: Option<PathBuf>,
    /// Also write a label image for each image into this folder (16-bit PNG)
    #[arg(long, value_name = "DIR")]
    labels: Option<PathBuf>,
    /// Also write each image with its outlines drawn on it into this folder (PNG)
    #[arg(long, value_name = "DIR")]
    outlines: Option<PathBuf>,
    /// Also write a table of measurements for each image into this folder (CSV)
    #[arg(long, value_name = "DIR")]
    measurements: Option<PathBuf>,
    /// Repeat the run in this nucleoscope.json: its settings, corrections, regions and gates apply to the
    /// images in it, the options to all others
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    export: export::ExportOptions,
    #[command(flatten)]
    options: work::Options,
}

/// What is kept of an image after its files are written.
struct Finished {
    written: Written,
    score: Option<Result<ImageScore, Error>>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let folders = [&arguments.labels, &arguments.outlines, &arguments.measurements];
    for folder in folders.into_iter().flatten() {
        std::fs::create_dir_all(folder).map_err(|error| Error::io(error, folder.display().to_string()))?;
    }
    let mut exports = arguments.export.exports()?;
    if arguments.output.is_some() {
        exports = exports.with_bowl_rows();
    }
    let record = arguments.record.as_deref().map(read_record).transpose()?;
    let is_named = exports.names_model() || record.is_some();
    let model_hash = is_named.then(|| arguments.options.model_hash()).transpose()?.unwrap_or_default();
    let inputs = Inputs::gather(&arguments.inputs);
    let dataset = &inputs.batch.dataset;
    let mut failures = inputs.failures.len() + inputs.batch.failures.len();
    inputs.failures.iter().chain(&inputs.batch.failures).for_each(table::print_failure);
    dataset.warnings.iter().for_each(table::print_warning);
    if failures == 0 {
        dataset.require_images(arguments.inputs.len()).map_err(|error| error.in_file("the inputs"))?;
    }

    let images: Vec<&ImageEntry> = dataset.images.iter().filter(|image| image.is_requested).collect();
    let options = match record {
        Some(record) => {
            let named: Vec<_> =
                images.iter().map(|entry| RepeatedImage { id: &entry.image_id, path: &entry.path }).collect();
            // A file that cannot be read is reported when it is segmented.
            let hash_of = |image: usize| Some(sha256(&inputs.read(images[image].file, "").ok()?));
            record.compare(&model_hash, &named, hash_of).iter().for_each(table::print_warning);
            arguments.options.repeating(record)
        }
        None => arguments.options.clone(),
    };
    let job = |work: Work| {
        let found = work.find()?;
        let mut provenance = exports.provenance();
        if let Some(run) = work.run {
            provenance = run.clone();
            provenance.pixel_size = run.pixel_size.or(exports.pixel_size());
        }
        let model = ModelIdentity::new(work.network.metadata(), model_hash.as_str());
        let provenance = provenance.with_run(model, work.settings, work.selection.clone());
        let (entry, opened) = (work.entry, &work.opened);
        let written =
            exports.write_image(&inputs, entry, opened, &found.labels, &found.edited, provenance)?;
        finish(arguments, &exports, &inputs, &work, &found, written)
    };
    let given: Vec<_> = images.iter().map(|image| (&inputs, *image)).collect();
    let results = work::for_each(&given, &options, job)?;
    if results.iter().any(Option::is_none) {
        match &arguments.output {
            Some(output) => eprintln!("Stopped; {} was not written.", output.display()),
            None => eprintln!("Stopped; the files of some images were not written."),
        }
        return Ok(Outcome::Interrupted);
    }

    let mut parts = Vec::new();
    let mut failed = export::unopened(&inputs);
    let mut scores = Vec::new();
    let mut tally = Tally::default();
    for (entry, result) in images.iter().zip(results.into_iter().flatten()) {
        match result {
            Ok(finished) => {
                tally.add(&finished.written);
                parts.push(finished.written.part);
                match finished.score {
                    Some(Ok(score)) if !entry.ignored_in_scoring => scores.push((*entry, score)),
                    Some(Err(error)) => {
                        failures += 1;
                        table::print_failure(&error);
                    }
                    _ => {}
                }
            }
            Err(error) => {
                failures += 1;
                table::print_failure(&error);
                failed.push(export::failed_part(&entry.image_id, &error));
            }
        }
    }
    parts.extend(failed);
    exports.write_batch(&inputs, &parts, arguments.output.as_deref())?;
    let written = arguments.output.as_ref().map(|output| format!(": {}", output.display()));
    print_scores(&scores);
    table::say(format_args!("{tally}, {failures} failed{}", written.unwrap_or_default()));
    Ok(if failures == 0 { Outcome::Complete } else { Outcome::WithFailures })
}

fn read_record(path: &Path) -> Result<Record, Error> {
    record::read(&inputs::read(path)?).map_err(|error| error.in_file(path.display().to_string()))
}

/// Writes the files that have their own folder, and keeps what is written at the end.
fn finish(
    arguments: &Arguments,
    exports: &Exports,
    inputs: &Inputs,
    work: &Work,
    found: &Edited,
    written: Written,
) -> Result<Finished, Error> {
    let entry = work.entry;
    let labels = &found.labels;
    let included = &written.counted.included;
    let stem = &entry.file_stem;
    let path = |folder: &Path, ending: &str| folder.join(format!("{stem}{ending}"));
    if let Some(folder) = &arguments.labels {
        let file =
            label_image::encode(labels, included, None).map_err(|error| Error::io(error, &entry.path))?;
        inputs.write(&path(folder, &format!(".{}", file.extension)), &file.bytes)?;
    }
    if let Some(folder) = &arguments.outlines {
        let preview = image::preview(&work.opened.image, &[], None, &[], None)
            .map_err(|error| error.in_file(&entry.path))?;
        let picture = overlay::encode(preview, &labels.only(included));
        inputs.write(&path(folder, ".png"), &picture.map_err(|error| Error::io(error, &entry.path))?)?;
    }
    if let Some(folder) = &arguments.measurements {
        let (channels, pixel_size) = (&work.opened.channels, written.pixel_size);
        let table = MeasurementTable::new(labels, channels, pixel_size, &found.edited);
        let table = table.with_cells(labels, channels, pixel_size, written.cell_expansion);
        let rows = NucleiRows::new(&table, &written.counted);
        let folder_of_image = entry.path.replace('\\', "/");
        let folder_of_image = folder_of_image.rsplit_once('/').map_or("", |(folder, _)| folder);
        let bytes = nuclei_csv(&[(&entry.image_id, folder_of_image, &rows)], exports.dialect());
        inputs.write(&path(folder, "-measurements.csv"), &bytes)?;
    }
    let masks = run_length::encode(labels);
    let score = work.truth().map(|truth| truth.map(|truth| score_image(&truth, &masks))).transpose();
    Ok(Finished { written, score })
}

fn print_scores(scores: &[(&ImageEntry, ImageScore)]) {
    let Some(summary) = summarize(scores.iter().map(|(_, score)| score)) else { return };
    let width = scores.iter().map(|(entry, _)| entry.image_id.chars().count()).max().unwrap_or(0).max(5);
    table::head("image", width);
    for (entry, score) in scores {
        table::image_row(&entry.image_id, width, score);
    }
    table::summary_row("all", width, &summary);
}
