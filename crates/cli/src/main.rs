//! The command line: `nucleoscope segment`, `concatenate`, `export`, `score`, `evaluate`, `tune`, `model`,
//! `example`.

#![warn(clippy::unwrap_used)]

mod annotated;
mod concatenate;
mod evaluate;
mod example;
mod export;
mod fault;
mod inputs;
mod journal;
mod limits;
mod memory;
mod model;
mod model_check;
mod outcome;
mod output;
mod progress;
mod score;
mod segment;
mod sheet;
mod table;
mod tune;
mod watershed_options;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nucleoscope::plain_text::plain;

use outcome::{Outcome, exit_code};

/// Segments cell nuclei in microscopy images.
#[derive(Parser)]
#[command(name = "nucleoscope", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    limits: limits::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Segment the nuclei in images, folders and ZIP archives, and write the Bowl's CSV
    Segment(Box<segment::Arguments>),
    /// Join the files of all parts of a run (segment --shard), or of several runs (segment --resume)
    Concatenate(concatenate::Arguments),
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
    /// Try the model from standard input; the program starts itself with this command
    #[command(hide = true)]
    CheckModel(model_check::ModelOptions),
}

/// Parses the arguments, or prints help or an error and exits. An error repeats arguments, which may come from file names:
/// it is that of the [plain] arguments.
fn arguments() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| {
        let shown = std::env::args_os().map(|argument| plain(&argument.to_string_lossy()).into_owned());
        Arguments::try_parse_from(shown).err().unwrap_or(error).exit()
    })
}

fn main() -> ExitCode {
    memory::keep();
    output::ignore_size_signal();
    watershed_options::warn_of_old_names(std::env::args_os());
    let arguments = arguments();
    limits::set(&arguments.limits);
    let result = match arguments.command {
        Command::Segment(arguments) => segment::run(&arguments),
        Command::Concatenate(arguments) => concatenate::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Score(arguments) => score::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Tune(arguments) => tune::run(&arguments),
        Command::Model(arguments) => model::run(&arguments),
        Command::Example(arguments) => example::run(&arguments),
        Command::CheckModel(options) => return model_check::run(&options),
    };
    if let Err(error) = &result {
        table::print_failure(error);
    }
    ExitCode::from(exit_code(&result))
}
