//! `nucleoscope tune`: finds the watershed settings that score best on an annotated dataset.

use std::ops::ControlFlow;

use clap::Args;
use nucleoscope::dsb2018::run_length::{self, Mask};
use nucleoscope::dsb2018::score::{Summary, score_image, summarize};
use nucleoscope::nuclei::{Setting, WatershedSettings, watershed};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::{Error, InFile, Segmenter};
use rayon::prelude::*;

use crate::annotated::Choice;
use crate::{Outcome, table, work};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// Number of times to go through all settings
    #[arg(long, default_value_t = 2, value_name = "N")]
    rounds: usize,
    #[command(flatten)]
    options: work::Options,
}

/// The settings and the values to try.
const GRID: [(&str, &[f64]); 6] = [
    ("interiorThreshold", &[0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7]),
    ("boundaryWeight", &[0.0, 0.1, 0.2, 0.3, 0.5]),
    ("h", &[0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5]),
    ("peakThreshold", &[0.0, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6]),
    ("minimumConfidence", &[0.0, 0.75, 0.8, 0.83, 0.86, 0.88, 0.9]),
    ("minimumArea", &[5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0]),
];

/// Changes one setting at a time and keeps the best value. The network predicts every image once, at the
/// scale that results from the given settings.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let chosen = arguments.choice.make()?;
    let results = chosen.for_each(&chosen.images(), &arguments.options, |work| {
        let truth = work.truth()?.unwrap_or_default();
        let segmenter = Segmenter::new(work.network).with_settings(work.settings);
        let inference = segmenter
            .predict(&work.opened.image, &mut |_| ControlFlow::Continue(()))
            .map_err(|error| error.in_file(&work.entry.path))?;
        Ok((inference.maps, truth))
    })?;
    let mut images = Vec::new();
    for result in results {
        match result {
            Some(Ok(image)) => images.push(image),
            Some(Err(error)) => return Err(error),
            None => return Ok(Outcome::Interrupted),
        }
    }

    let mut best = WatershedSettings::default();
    let mut best_score = score(&images, &best);
    table::say(format_args!("{:18} {:>7}  {best_score:.4}", "as they are", ""));
    for _ in 0..arguments.rounds {
        for (name, values) in GRID {
            let Some(setting) = Setting::named(name) else { continue };
            for &value in values {
                let mut settings = best;
                setting.set(&mut settings, value);
                let score = score(&images, &settings);
                table::say(format_args!("{:18} {value:>7}  {score:.4}", setting.option()));
                if score > best_score {
                    (best, best_score) = (settings, score);
                }
            }
        }
    }
    table::say(format_args!("best {best_score:.4} on {} images: {best:?}", images.len()));
    Ok(Outcome::Complete)
}

fn score(images: &[(ProbabilityMaps, Vec<Mask>)], settings: &WatershedSettings) -> f64 {
    let one = |(maps, truth): &(ProbabilityMaps, Vec<Mask>)| {
        score_image(truth, &run_length::encode(&watershed(maps, settings)))
    };
    let scores: Vec<_> = images.par_iter().map(one).collect();
    summarize(&scores).map_or(0.0, |summary: Summary| summary.score)
}
