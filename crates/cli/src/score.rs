//! `nucleoscope score`: scores a submission against the ground truth.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use nucleoscope::dsb2018::csv::{self, ImageRows, Purpose};
use nucleoscope::dsb2018::score::score_submission;
use nucleoscope::geometry::Size;
use nucleoscope::input::dataset::ImageEntry;
use nucleoscope::{Error, InFile};

use crate::fault::Fault;
use crate::inputs::{self, Inputs};
use crate::{Outcome, limits, table, work};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Submission to score
    #[arg(value_name = "submission.csv")]
    submission: PathBuf,
    /// Ground truth: a CSV such as stage1_train_labels.csv, or a folder or ZIP archive with masks or
    /// label images
    #[arg(long, value_name = "CSV_OR_DIR")]
    truth: PathBuf,
    /// Images, to check that every run is within its image
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let name = arguments.submission.display().to_string();
    let submission =
        csv::read_within(&inputs::read(&arguments.submission)?, Purpose::Submission, &limits::get())
            .map_err(|error| error.in_file(&name))?;
    let mut failures = 0;
    for image in &submission.images {
        if let Err(error) = &image.masks {
            failures += 1;
            table::print_failure(&error.clone().in_file(&name));
        }
    }
    submission.warnings.iter().for_each(table::print_warning);

    let is_csv = arguments.truth.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let (mut truth, unusable) =
        if is_csv { truth_from_csv(&arguments.truth)? } else { truth_from_files(&arguments.truth) };
    failures += unusable;
    if let Some(folder) = &arguments.images {
        failures += add_sizes(&mut truth, folder);
    }
    let report = score_submission(&truth, &submission.images);
    report.warnings.iter().for_each(table::print_warning);
    let Some(summary) = report.summary else {
        return Err(Fault::NoTruth.in_file(arguments.truth.display().to_string()));
    };
    let width = table::width(report.images.iter().map(|image| image.image_id.as_str()), "image");
    table::head("image", width);
    for image in &report.images {
        table::image_row(&image.image_id, width, &image.score);
    }
    table::summary_row("all", width, &summary);
    Ok(Outcome::of(report.images.len(), failures))
}

fn truth_from_csv(path: &std::path::Path) -> Result<(Vec<ImageRows>, usize), Error> {
    let name = path.display().to_string();
    let truth = csv::read_within(&inputs::read(path)?, Purpose::Truth, &limits::get())
        .map_err(|error| error.in_file(&name))?;
    truth.warnings.iter().for_each(table::print_warning);
    let unusable = truth.images.iter().filter_map(|image| image.masks.as_ref().err());
    let count = unusable.clone().count();
    unusable.for_each(|error| table::print_failure(&error.clone().in_file(&name)));
    Ok((truth.images, count))
}

/// Ground truth from the Bowl's folders; images without it are skipped.
fn truth_from_files(path: &std::path::Path) -> (Vec<ImageRows>, usize) {
    let inputs = Inputs::gather(&[path.to_path_buf()]);
    inputs.batch.dataset.warnings.iter().for_each(table::print_warning);
    let mut failed: Vec<Error> = Vec::new();
    let mut truth = Vec::new();
    for entry in &inputs.batch.dataset.images {
        let rows = size_of(&inputs, entry)
            .and_then(|size| Ok(inputs.truth(entry, size)?.map(|masks| (masks, size))));
        match rows {
            Ok(Some((masks, size))) => {
                let mut rows = ImageRows::new(&entry.image_id, masks);
                rows.size = Some(size);
                rows.ignored = entry.ignored_in_scoring;
                truth.push(rows);
            }
            Ok(None) => {}
            Err(error) => failed.push(error),
        }
    }
    let all = inputs.failures.iter().chain(&inputs.batch.failures).chain(&failed);
    let count = all.clone().count();
    all.for_each(table::print_failure);
    (truth, count)
}

fn size_of(inputs: &Inputs, entry: &ImageEntry) -> Result<Size, Error> {
    Ok(work::decode(inputs, entry)?.size())
}

/// Adds the sizes of images that the ground truth does not contain.
fn add_sizes(truth: &mut [ImageRows], folder: &std::path::Path) -> usize {
    let inputs = Inputs::gather(&[folder.to_path_buf()]);
    // Of images with the same id, the first.
    let places: HashMap<String, usize> =
        truth.iter().enumerate().rev().map(|(place, rows)| (rows.image_id.clone(), place)).collect();
    let mut failures = 0;
    for entry in &inputs.batch.dataset.images {
        let Some(rows) = places.get(&entry.image_id).map(|&place| &mut truth[place]) else { continue };
        match size_of(&inputs, entry) {
            Ok(size) => rows.size = rows.size.or(Some(size)),
            Err(error) => {
                failures += 1;
                table::print_failure(&error);
            }
        }
    }
    failures
}
