//! `nucleoscope evaluate`: the score on an annotated folder, by condition.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use nucleoscope::dataset::ImageEntry;
use nucleoscope::score::{ImageScore, score_image, summarize};
use nucleoscope::{Error, run_length};

use crate::annotated::{Choice, Chosen};
use crate::inputs::write_whole;
use crate::{Outcome, sheet, table, work};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// Print every image as well
    #[arg(long)]
    each: bool,
    /// Also draw the best, median and worst images with true and found outlines
    #[arg(long, value_name = "FILE.svg")]
    sheet: Option<PathBuf>,
    #[command(flatten)]
    options: work::Options,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let choice = arguments.choice.make()?;
    let images = choice.images();
    let results = choice.for_each(&images, &arguments.options, |work| {
        let truth = work.truth().unwrap_or_else(|| Ok(Vec::new()))?;
        Ok(score_image(&truth, &run_length::encode(&work.segment()?)))
    })?;
    let mut failures = choice.failures;
    let mut scored: Vec<(&ImageEntry, ImageScore)> = Vec::new();
    for (image, result) in images.into_iter().zip(results) {
        match result {
            Some(Ok(score)) => scored.push((image, score)),
            Some(Err(error)) => {
                failures += 1;
                table::say_failure(&error);
            }
            None => return Ok(Outcome::Interrupted),
        }
    }
    if let Some(path) = &arguments.sheet {
        draw_sheet(&choice, &scored, &arguments.options, path)?;
    }
    let mut by_condition: BTreeMap<&str, Vec<(&ImageEntry, ImageScore)>> = BTreeMap::new();
    for (image, score) in scored {
        by_condition.entry(choice.condition(image)).or_default().push((image, score));
    }
    print(&by_condition, arguments.each);
    Ok(if failures == 0 { Outcome::Complete } else { Outcome::WithFailures })
}

/// Segments the images of the score sheet once more and writes it.
fn draw_sheet(
    choice: &Chosen,
    scored: &[(&ImageEntry, ImageScore)],
    options: &work::Options,
    path: &Path,
) -> Result<(), Error> {
    let scores: Vec<f64> = scored.iter().map(|(_, score)| score.score).collect();
    let mut rows = [const { Vec::new() }; 3];
    for (row, places) in rows.iter_mut().zip(sheet::choose(&scores)) {
        let images: Vec<&ImageEntry> = places.iter().map(|&place| scored[place].0).collect();
        let score_of = |image: &ImageEntry| {
            let found = scored.iter().find(|(other, _)| other.image_id == image.image_id);
            found.map(|(_, score)| score)
        };
        let panels = choice.for_each(&images, options, |work| {
            score_of(work.entry).map_or_else(|| Ok(String::new()), |score| sheet::panel(&work, score))
        })?;
        *row = panels.into_iter().flatten().collect::<Result<_, _>>()?;
    }
    write_whole(path, sheet::sheet(&rows).as_bytes())
}

fn print(by_condition: &BTreeMap<&str, Vec<(&ImageEntry, ImageScore)>>, each: bool) {
    let names = by_condition.iter().flat_map(|(name, images)| {
        let ids = images.iter().filter(|_| each).map(|(image, _)| image.image_id.as_str());
        ids.chain([*name])
    });
    let width = names.map(|name| name.chars().count()).max().unwrap_or(0).max(9);
    table::head("condition", width);
    for (name, images) in by_condition {
        for (image, score) in images.iter().filter(|_| each) {
            table::image_row(&image.image_id, width, score);
        }
        if let Some(summary) = summarize(images.iter().map(|(_, score)| score)) {
            table::summary_row(name, width, &summary);
        }
    }
    if let Some(summary) = summarize(by_condition.values().flatten().map(|(_, score)| score)) {
        table::summary_row("all", width, &summary);
    }
}
