//! `nucleoscope segment`: images in, the Bowl's CSV out.

use std::path::{Path, PathBuf};

use clap::Args;
use nucleoscope::dataset::ImageEntry;
use nucleoscope::export::record::ModelIdentity;
use nucleoscope::export::{MeasurementTable, bowl_csv, label_image, overlay};
use nucleoscope::network::Network;
use nucleoscope::nuclei::LabelImage;
use nucleoscope::score::{ImageScore, score_image, summarize};
use nucleoscope::{Error, InFile, image, run_length};

use crate::export::{self, Exports};
use crate::inputs::{Inputs, write_whole};
use crate::work::{self, Work};
use crate::{Outcome, table};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Images, folders (searched to any depth) and ZIP archives
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Where to write the CSV: ImageId,EncodedPixels, one row a nucleus; may be left out if something
    /// else is written
    #[arg(
        long,
        value_name = "submission.csv",
        required_unless_present_any = ["export_dir", "labels", "outlines", "measurements"]
    )]
    output: Option<PathBuf>,
    /// Also write one label image an image into this folder (16-bit PNG)
    #[arg(long, value_name = "DIR")]
    labels: Option<PathBuf>,
    /// Also write one picture an image with the outlines drawn in into this folder (PNG)
    #[arg(long, value_name = "DIR")]
    outlines: Option<PathBuf>,
    /// Also write one table of measurements an image into this folder (CSV)
    #[arg(long, value_name = "DIR")]
    measurements: Option<PathBuf>,
    #[command(flatten)]
    export: export::ExportOptions,
    #[command(flatten)]
    options: work::Options,
}

/// What is kept of an image once its files are written.
struct Finished {
    rows: String,
    nuclei: u32,
    score: Option<Result<ImageScore, Error>>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let folders = [&arguments.labels, &arguments.outlines, &arguments.measurements];
    for folder in folders.into_iter().flatten() {
        std::fs::create_dir_all(folder).map_err(|error| error.in_file(folder.display().to_string()))?;
    }
    let exports = arguments.export.exports()?;
    let model_hash = exports.as_ref().map(|_| arguments.options.model_hash()).transpose()?;
    let inputs = Inputs::gather(&arguments.inputs);
    let dataset = &inputs.batch.dataset;
    let mut failures = inputs.failures.len() + inputs.batch.failures.len();
    inputs.failures.iter().chain(&inputs.batch.failures).for_each(table::say_failure);
    dataset.notices.iter().for_each(table::say_notice);
    if failures == 0 {
        dataset.require_images(arguments.inputs.len()).map_err(|error| error.in_file("the inputs"))?;
    }

    let images: Vec<&ImageEntry> = dataset.images.iter().filter(|image| image.wanted).collect();
    let exports = exports.zip(model_hash);
    let job = |work: Work| {
        let labels = work.segment()?;
        if let Some((exports, hash)) = &exports {
            write_exports(exports, &inputs, &work, &labels, hash)?;
        }
        finish(arguments, &inputs, &work, &labels)
    };
    let results = work::for_each(&inputs, &images, &arguments.options, job)?;
    if results.iter().any(Option::is_none) {
        match &arguments.output {
            Some(output) => eprintln!("Stopped; {} was not written.", output.display()),
            None => eprintln!("Stopped; the files of some images were not written."),
        }
        return Ok(Outcome::Interrupted);
    }

    let mut csv = bowl_csv::HEADER.to_owned();
    let mut scores = Vec::new();
    let (mut nuclei, mut done) = (0, 0);
    for (entry, result) in images.iter().zip(results.into_iter().flatten()) {
        match result {
            Ok(finished) => {
                csv.push_str(&finished.rows);
                nuclei += finished.nuclei;
                done += 1;
                match finished.score {
                    Some(Ok(score)) if !entry.ignored_in_scoring => scores.push((*entry, score)),
                    Some(Err(error)) => {
                        failures += 1;
                        table::say_failure(&error);
                    }
                    _ => {}
                }
            }
            Err(error) => {
                failures += 1;
                table::say_failure(&error);
            }
        }
    }
    let mut written = String::new();
    if let Some(output) = &arguments.output {
        write_whole(output, csv.as_bytes())?;
        written = format!(": {}", output.display());
    }
    print_scores(&scores);
    table::say(format_args!("{done} images, {nuclei} nuclei, {failures} failed{written}"));
    Ok(if failures == 0 { Outcome::Complete } else { Outcome::WithFailures })
}

fn write_exports(
    exports: &Exports,
    inputs: &Inputs,
    work: &Work,
    labels: &LabelImage,
    model_hash: &str,
) -> Result<(), Error> {
    let contract = work.network.contract();
    let model = ModelIdentity {
        name: contract.name.clone(),
        version: contract.version.clone(),
        sha256: model_hash.to_owned(),
    };
    exports.write(
        inputs,
        work.entry,
        &work.opened,
        labels,
        Some((model, work.settings, work.selection.clone())),
    )
}

/// Writes the files that have a folder of their own, and keeps what comes together at the end.
fn finish(
    arguments: &Arguments,
    inputs: &Inputs,
    work: &Work,
    labels: &LabelImage,
) -> Result<Finished, Error> {
    let entry = work.entry;
    let stem = &entry.file_stem;
    let path = |folder: &Path, ending: &str| folder.join(format!("{stem}{ending}"));
    if let Some(folder) = &arguments.labels {
        let file = label_image::encode(labels, None).map_err(|error| error.in_file(&entry.path))?;
        inputs.write(&path(folder, &format!(".{}", file.extension)), &file.bytes)?;
    }
    if let Some(folder) = &arguments.outlines {
        let preview = image::preview(&work.opened.image, None, &image::Contrast::default())
            .map_err(|error| error.in_file(&entry.path))?;
        let picture = overlay::encode(preview, labels).map_err(|error| error.in_file(&entry.path))?;
        inputs.write(&path(folder, ".png"), &picture)?;
    }
    if let Some(folder) = &arguments.measurements {
        let pixel_size = arguments.export.pixel_size.or(work.opened.info.pixel_size);
        let table = MeasurementTable::new(labels, &work.opened.channels, pixel_size, &[]);
        inputs.write(&path(folder, "-measurements.csv"), table.csv(&entry.image_id).as_bytes())?;
    }
    let masks = run_length::encode(labels);
    let score = work.truth().map(|truth| truth.map(|truth| score_image(&truth, &masks)));
    Ok(Finished { rows: bowl_csv::rows(&entry.image_id, &masks), nuclei: labels.count(), score })
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
