//! `nucleoscope evaluate`: the score on an annotated folder, by condition.

use std::collections::BTreeMap;

use clap::Args;
use nucleoscope::dataset::ImageEntry;
use nucleoscope::score::{ImageScore, score_image, summarize};
use nucleoscope::{Error, run_length};

use crate::annotated::Choice;
use crate::{Outcome, table, work};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// Print every image as well
    #[arg(long)]
    each: bool,
    #[command(flatten)]
    options: work::Options,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let choice = arguments.choice.make()?;
    let results = choice.for_each(&arguments.options, |work| {
        let truth = work.truth().unwrap_or_else(|| Ok(Vec::new()))?;
        Ok(score_image(&truth, &run_length::encode(&work.segment()?)))
    })?;
    let mut failures = choice.failures;
    let mut by_condition: BTreeMap<&str, Vec<(&ImageEntry, ImageScore)>> = BTreeMap::new();
    for (image, result) in choice.images().into_iter().zip(results) {
        match result {
            Some(Ok(score)) => by_condition.entry(choice.condition(image)).or_default().push((image, score)),
            Some(Err(error)) => {
                failures += 1;
                table::say_failure(&error);
            }
            None => return Ok(Outcome::Interrupted),
        }
    }
    print(&by_condition, arguments.each);
    Ok(if failures == 0 { Outcome::Complete } else { Outcome::WithFailures })
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
