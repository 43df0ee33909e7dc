//! The command line: `nucleoscope segment`, `export`, `score`, `evaluate`, `tune`, `model`, `example`.

#![warn(clippy::unwrap_used)]

mod annotated;
mod evaluate;
mod example;
mod export;
mod fault;
mod inputs;
mod memory;
mod model;
mod score;
mod segment;
mod sheet;
mod table;
mod tune;
mod watershed_options;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Segments cell nuclei in microscopy images.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Segment the nuclei in images, folders and ZIP archives, and write the Bowl's CSV
    Segment(segment::Arguments),
    /// Write files for other programs from existing segmentations
    Export(export::Arguments),
    /// Score a submission against the ground truth
    Score(score::Arguments),
    /// Segment annotated datasets and print the scores by condition and by set
    Evaluate(evaluate::Arguments),
    /// Find the watershed settings that score best on an annotated dataset
    Tune(tune::Arguments),
    /// Check a model and print its metadata
    Model(model::Arguments),
    /// Create synthetic images with known nuclei, in the Bowl's layout
    Example(example::Arguments),
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Everything succeeded.
    Complete,
    /// Something failed; the errors have been printed.
    WithFailures,
    /// The user stopped the command.
    Interrupted,
}

fn main() -> ExitCode {
    memory::keep();
    watershed_options::warn_of_old_names(std::env::args());
    let outcome = match Arguments::parse().command {
        Command::Segment(arguments) => segment::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Score(arguments) => score::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Tune(arguments) => tune::run(&arguments),
        Command::Model(arguments) => model::run(&arguments),
        Command::Example(arguments) => example::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::WithFailures) => ExitCode::FAILURE,
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(error) => {
            table::print_failure(&error);
            ExitCode::FAILURE
        }
    }
}
