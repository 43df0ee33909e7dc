//! `nucleoscope evaluate`: scores on annotated datasets, by condition and by set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use nucleoscope::Error;
use nucleoscope::dsb2018::run_length;
use nucleoscope::dsb2018::score::{ImageScore, score_image, summarize, summarize_sets};
use nucleoscope::export::tables::for_spreadsheet;
use nucleoscope::plain_text::plain;
use nucleoscope::segment::{Pass, Segmentation};
use serde::Serialize;

use crate::annotated::{Annotated, Choice, Chosen};
use crate::output::write_whole;
use crate::{Outcome, sheet, table, work};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// Also print the score of every image
    #[arg(long)]
    each: bool,
    /// Also write a table with one row per image: its scores, its scale, the pixels processed
    #[arg(long, value_name = "FILE.csv")]
    table: Option<PathBuf>,
    /// Also draw the best, median and worst images with true and predicted outlines
    #[arg(long, value_name = "FILE.svg")]
    sheet: Option<PathBuf>,
    #[command(flatten)]
    options: work::Options,
}

/// The result for one image.
struct Evaluated<'a> {
    image: Annotated<'a>,
    score: ImageScore,
    work: Work,
}

/// The inference done for an image.
#[derive(Clone, Copy)]
struct Work {
    /// The factor by which the image was resized for the network.
    scale: f64,
    /// Number of inference passes.
    passes: usize,
    /// Number of pixels of the image.
    own: f64,
    /// Number of pixels of the image at its final scale.
    at_final_scale: f64,
    /// Number of pixels in all passes.
    resized: f64,
    /// Number of pixels processed by the network, including the overlap of tiles and padding.
    network: f64,
}

impl Work {
    fn of(found: &Segmentation) -> Self {
        let (width, height) = (found.labels.width() as f64, found.labels.height() as f64);
        let scaled = |length: f64| (length * found.scale).round().max(1.0);
        let sum = |pixels: fn(&Pass) -> u64| found.passes.iter().map(pixels).sum::<u64>() as f64;
        Self {
            scale: found.scale,
            passes: found.passes.len(),
            own: width * height,
            at_final_scale: scaled(width) * scaled(height),
            resized: sum(|pass| pass.pixels),
            network: sum(|pass| pass.network_pixels),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let choice = arguments.choice.make()?;
    let images = choice.images();
    let results = choice.for_each(&images, &arguments.options, |work| {
        let truth = work.truth()?.unwrap_or_default();
        let found = work.segment()?;
        Ok((score_image(&truth, &run_length::encode(&found.labels)), Work::of(&found)))
    })?;
    let mut failures = choice.failures;
    let mut evaluated: Vec<Evaluated> = Vec::new();
    for (image, result) in images.into_iter().zip(results) {
        match result {
            Some(Ok((score, work))) => evaluated.push(Evaluated { image, score, work }),
            Some(Err(error)) => {
                failures += 1;
                table::print_failure(&error);
            }
            None => return Ok(Outcome::Interrupted),
        }
    }
    if let Some(path) = &arguments.table {
        write_table(&evaluated, path)?;
    }
    if let Some(path) = &arguments.sheet {
        draw_sheet(&choice, &evaluated, &arguments.options, path)?;
    }
    print(&evaluated, arguments.each);
    Ok(Outcome::of(evaluated.len(), failures))
}

/// Segments the images of the score sheet again and writes the sheet.
fn draw_sheet(
    choice: &Chosen,
    evaluated: &[Evaluated],
    options: &work::Options,
    path: &Path,
) -> Result<(), Error> {
    let scores: Vec<f64> = evaluated.iter().map(|image| image.score.score).collect();
    let mut rows = [const { Vec::new() }; 3];
    for (row, places) in rows.iter_mut().zip(sheet::choose(&scores)) {
        let shown: Vec<&Evaluated> = places.iter().map(|&place| &evaluated[place]).collect();
        let images: Vec<Annotated> = shown.iter().map(|shown| shown.image).collect();
        let panels = choice.for_each(&images, options, |work| {
            let score = shown.iter().find(|shown| std::ptr::eq(shown.image.entry, work.entry));
            score.map_or_else(|| Ok(String::new()), |shown| sheet::panel(&work, &shown.score))
        })?;
        *row = panels.into_iter().flatten().collect::<Result<_, _>>()?;
    }
    write_whole(path, sheet::sheet(&rows).as_bytes())
}

/// A row of the table of images.
#[derive(Serialize)]
struct TableRow {
    set: String,
    condition: String,
    image_id: String,
    score: f64,
    average_precision_50: f64,
    average_precision_75: f64,
    true_positives: u64,
    false_negatives: u64,
    false_positives: u64,
    scale: f64,
    passes: usize,
    pixels: f64,
    pixels_at_final_scale: f64,
    pixels_of_passes: f64,
    network_pixels: f64,
}

fn write_table(evaluated: &[Evaluated], path: &Path) -> Result<(), Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for Evaluated { image, score, work } in evaluated {
        let counts = score.counts[0];
        let row = TableRow {
            set: for_spreadsheet(image.set()),
            condition: for_spreadsheet(image.condition()),
            image_id: for_spreadsheet(&image.entry.image_id),
            score: score.score,
            average_precision_50: score.average_precision_50,
            average_precision_75: score.average_precision_75,
            true_positives: counts.true_positives,
            false_negatives: counts.false_negatives,
            false_positives: counts.false_positives,
            scale: work.scale,
            passes: work.passes,
            pixels: work.own,
            pixels_at_final_scale: work.at_final_scale,
            pixels_of_passes: work.resized,
            network_pixels: work.network,
        };
        writer
            .serialize(row)
            .map_err(|error| Error::io(std::io::Error::other(error), path.display().to_string()))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::io(std::io::Error::other(error), path.display().to_string()))?;
    write_whole(path, &bytes)
}

fn print(evaluated: &[Evaluated], each: bool) {
    let mut by_condition: BTreeMap<&str, Vec<&Evaluated>> = BTreeMap::new();
    for image in evaluated {
        by_condition.entry(image.image.condition()).or_default().push(image);
    }
    let by_set: Vec<&[Evaluated]> =
        evaluated.chunk_by(|one, other| one.image.set() == other.image.set()).collect();
    let set_name = |set: &[Evaluated]| set.first().map_or("", |image| image.image.set()).to_owned();

    let ids = evaluated.iter().filter(|_| each).map(|image| image.image.entry.image_id.as_str());
    let sets = by_set.iter().filter_map(|set| Some(set.first()?.image.set()));
    let width = table::width(ids.chain(by_condition.keys().copied()).chain(sets), "mean of sets");

    table::head("condition", width);
    for (name, images) in &by_condition {
        for image in images.iter().filter(|_| each) {
            table::image_row(&image.image.entry.image_id, width, &image.score);
        }
        if let Some(summary) = summarize(images.iter().map(|image| &image.score)) {
            table::summary_row(name, width, &summary);
        }
    }
    if let Some(summary) = summarize(evaluated.iter().map(|image| &image.score)) {
        table::summary_row("all", width, &summary);
    }

    table::say("");
    table::head("set", width);
    let mut scores = Vec::new();
    for set in &by_set {
        let of_set: Vec<&ImageScore> = set.iter().map(|image| &image.score).collect();
        if let Some(summary) = summarize(of_set.iter().copied()) {
            table::summary_row(&set_name(set), width, &summary);
        }
        scores.push(of_set);
    }
    if let Some(summary) = summarize_sets(&scores) {
        table::sets_row("mean of sets", width, &summary);
    }

    table::say("");
    table::say(
        "Pixels of all passes, for one pixel of the image at its final scale and for one of its own, as means",
    );
    table::say("of images; in brackets those that the network was shown, with overlap of tiles and padding.");
    table::say(format_args!(
        "{:width$}  {:>6}  {:>6}  {:>6}  {:>16}  {:>16}",
        "set", "images", "scale", "passes", "final", "own"
    ));
    for set in &by_set {
        print_work(&set_name(set), width, set.iter());
    }
    print_work("all", width, evaluated.iter());
}

fn print_work<'a>(
    name: &str,
    width: usize,
    images: impl ExactSizeIterator<Item = &'a Evaluated<'a>> + Clone,
) {
    let mean = |value: fn(&Work) -> f64| {
        images.clone().map(|image| value(&image.work)).sum::<f64>() / images.len().max(1) as f64
    };
    let of = |resized: f64, network: f64| format!("{resized:.3} ({network:.3})");
    let name = plain(name);
    table::say(format_args!(
        "{name:width$}  {:>6}  {:>6.3}  {:>6.2}  {:>16}  {:>16}",
        images.len(),
        mean(|work| work.scale),
        mean(|work| work.passes as f64),
        of(mean(|work| work.resized / work.at_final_scale), mean(|work| work.network / work.at_final_scale)),
        of(mean(|work| work.resized / work.own), mean(|work| work.network / work.own)),
    ));
}
