//! `nucleoscope concatenate`: joins the parts of a run, or several runs, into the files of a single run.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::{ArgGroup, Args};
use nucleoscope::{Error, InFile};

use crate::export::{FileOptions, Tally};
use crate::fault::Fault;
use crate::journal::Shards;
use crate::output::{Locks, Place};
use crate::{Outcome, table};

#[derive(Args)]
#[command(group = ArgGroup::new("joined").args(["output", "export_dir", "summary", "nuclei", "failures"]).multiple(true).required(true))]
pub(crate) struct Arguments {
    /// The results of all parts, or of several runs: their folders, or the journals in them (nucleoscope.jsonl)
    #[arg(required = true, value_name = "PART")]
    parts: Vec<PathBuf>,
    /// Output CSV: ImageId,EncodedPixels, one row per nucleus
    #[arg(long, value_name = "submission.csv")]
    output: Option<PathBuf>,
    #[command(flatten)]
    files: FileOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let shards = Shards::open(&arguments.parts)?;
    let mut files = arguments.files.files()?;
    files.output.clone_from(&arguments.output);
    files.restrict(shards.formats());
    let is_missing = |format: &_| !shards.formats().contains(format);
    if let Some(format) = files.formats().into_iter().find(is_missing) {
        return Err(Fault::NoData { format: format.name() }.in_file("the parts"));
    }
    let folder = arguments.files.folder().map(Place::Folder);
    let single = arguments.output.as_deref().into_iter().chain(arguments.files.paths()).map(Place::File);
    let _locks = Locks::acquire(&folder.into_iter().chain(single).collect::<Vec<_>>())?;

    let mut tally = Tally::default();
    let mut failures = Vec::new();
    let mut ids = HashSet::new();
    let mut repeated = None;
    let read = shards.for_each(&mut |entry| {
        if !entry.image.is_empty() && !ids.insert(entry.image.clone()) {
            repeated.get_or_insert(entry.image.clone());
        }
        if let Some(counts) = entry.counts {
            tally.add(counts);
        }
        if let Some(failure) = entry.failure {
            failures.push((entry.image, failure.error()));
        }
        Ok(())
    });
    read.map_err(|error| error.in_file("the parts"))?;
    if let Some(id) = repeated {
        let reason = format!("more than one of them has an image with the id {id}");
        return Err(Fault::OtherShards { reason }.in_file("the parts"));
    }
    let failed: Vec<(&str, &Error)> = failures.iter().map(|(image, error)| (image.as_str(), error)).collect();
    files.write(None, &shards, &failed)?;
    table::say(format_args!("{tally}, {} failed", failed.len()));
    Ok(Outcome::of(tally.images(), failed.len()))
}
