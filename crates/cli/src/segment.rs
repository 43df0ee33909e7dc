//! `nucleoscope segment`: segments images and writes the Bowl's CSV.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use nucleoscope::dsb2018::run_length;
use nucleoscope::dsb2018::score::{ImageScore, score_image, summarize};
use nucleoscope::export::tables::{NucleiRows, groups, nuclei_csv};
use nucleoscope::export::{label_image, overlay};
use nucleoscope::input::dataset::ImageEntry;
use nucleoscope::input::shard::{Shard, ShardError};
use nucleoscope::network::Network;
use nucleoscope::nuclei::{Edited, MeasurementTable};
use nucleoscope::record::{self, FileIdentity, ModelIdentity, Provenance, Record, RepeatedImage, sha256};
use nucleoscope::{Diagnostic, Error, InFile, image};

use crate::export::{self, Exports, Tally, Written};
use crate::fault::Fault;
use crate::inputs::{self, Inputs, StandardInput};
use crate::journal::{Counts, Entry, Failure, Folder, Header, Journal, Line, OwnFile, RunParts, Span};
use crate::output::{Locks, Place, create_folder};
use crate::progress::{Done, Progress};
use crate::work::{self, ImageFile, Work};
use crate::{Outcome, limits, table};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Images, folders (searched recursively) and ZIP archives; - is an image from standard input
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
    /// Skip images that an earlier run has done with the same settings, and keep a journal for the next one
    #[arg(long)]
    resume: bool,
    /// Segment one of N parts of the images, from 1/N to N/N; concatenate joins their results
    #[arg(long, value_name = "I/N", value_parser = shard, default_value_t, hide_default_value = true)]
    shard: Shard,
    /// Leave out the first line of tables, so that those of all parts can be appended
    #[arg(long)]
    no_header: bool,
    /// Write progress as one JSON object per line to a file, or to standard output
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "-"
    )]
    jsonl: Option<PathBuf>,
    /// The file name of the image from standard input
    #[arg(long, value_name = "NAME", default_value = "stdin")]
    stdin_name: String,
    #[command(flatten)]
    export: export::ExportOptions,
    #[command(flatten)]
    options: work::Options,
}

fn shard(text: &str) -> Result<Shard, String> {
    text.parse().map_err(|error: ShardError| format!("{error}. {}", error.help()))
}

impl Arguments {
    /// The folder for the files of single images that an option names.
    fn folder(&self, folder: Folder) -> Option<&Path> {
        match folder {
            Folder::Export => self.export.files().folder(),
            Folder::Labels => self.labels.as_deref(),
            Folder::Outlines => self.outlines.as_deref(),
            Folder::Measurements => self.measurements.as_deref(),
        }
    }

    /// The folders and files to which the run writes, the main one first.
    fn places(&self) -> Vec<Place<'_>> {
        let all = [Folder::Export, Folder::Labels, Folder::Outlines, Folder::Measurements];
        let folders = all.into_iter().filter_map(|folder| self.folder(folder)).map(Place::Folder);
        let files = self.output.as_deref().into_iter().chain(self.export.files().paths()).map(Place::File);
        folders.chain(files).collect()
    }
}

/// What is kept in memory of an image that is done.
struct Finished {
    line: Span,
    counts: Counts,
    score: Option<Result<ImageScore, Error>>,
}

/// Everything that the work on an image needs.
struct Run<'a> {
    arguments: &'a Arguments,
    exports: Exports,
    inputs: &'a Inputs,
    journal: Journal,
    model_hash: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let progress = Progress::open(arguments.jsonl.as_deref())?;
    let result = segment(arguments, &progress);
    progress.finished(&result);
    result
}

fn segment(arguments: &Arguments, progress: &Progress) -> Result<Outcome, Error> {
    // First of all: a model that cannot be used changes nothing.
    let model_hash = arguments.options.model_hash()?;
    let folders = [&arguments.labels, &arguments.outlines, &arguments.measurements];
    folders.into_iter().flatten().try_for_each(|folder| create_folder(folder))?;
    let mut exports = arguments.export.exports()?;
    exports.files.output.clone_from(&arguments.output);
    exports.files.has_header = !arguments.no_header;
    let record = arguments.record.as_deref().map(read_record).transpose()?;
    let is_piped = arguments.inputs.iter().any(|path| path == Path::new("-"));
    let standard_input = is_piped.then(|| StandardInput::read(&arguments.stdin_name)).transpose()?;
    let inputs = Inputs::gather_with(&arguments.inputs, standard_input.as_ref());
    let dataset = &inputs.batch.dataset;
    let shard = arguments.shard;
    // Files that are not images belong to the last part.
    let unopened: Vec<&Error> = export::unopened(&inputs).filter(|_| shard.is_last()).collect();
    for error in &unopened {
        table::print_failure(*error);
    }
    dataset.warnings.iter().for_each(table::print_warning);
    if export::unopened(&inputs).next().is_none() {
        dataset.require_images(arguments.inputs.len()).map_err(|error| error.in_file("the inputs"))?;
    }

    let all: Vec<&ImageEntry> = dataset.images.iter().filter(|image| image.is_requested).collect();
    let range = shard.range(all.len());
    let images = &all[range.clone()];
    let is_grouped = exports.has_groups() || record.is_some();
    let folder_groups = (shard != Shard::WHOLE && !is_grouped).then(|| {
        let paths = all.iter().map(|entry| entry.path.as_str());
        let paths = paths.chain(export::unopened(&inputs).map(Error::file));
        groups(&paths.map(|path| FileIdentity::new(path, &[]).folder).collect::<Vec<_>>())
    });
    let options = match record {
        Some(record) => {
            let named: Vec<_> =
                all.iter().map(|entry| RepeatedImage { id: &entry.image_id, path: &entry.path }).collect();
            // A file that cannot be read is reported when it is segmented.
            let hash_of = |image: usize| {
                let file = range.contains(&image).then(|| inputs.read(all[image].file, "").ok());
                Some(sha256(&file??))
            };
            record.compare(&model_hash, &named, hash_of).iter().for_each(table::print_warning);
            arguments.options.repeating(record)
        }
        None => arguments.options.clone(),
    };

    let places = arguments.places();
    let _locks = Locks::acquire(&places)?;
    let list: String = all.iter().map(|entry| format!("{}\n{}\n", entry.image_id, entry.path)).collect();
    let header = Header::new(shard, all.len(), sha256(list.as_bytes()), exports.files.formats());
    let path = places.first().map_or_else(PathBuf::new, Place::journal);
    let journal = Journal::open(path, &header)?;
    let run = Run { arguments, exports, inputs: &inputs, journal, model_hash };

    progress.started(images.len(), shard);
    unopened.iter().for_each(|error| progress.failed(None, error));
    let cannot_write = AtomicBool::new(false);
    let ends_the_run = |error: &Error| error.downcast_ref().is_some_and(Fault::ends_the_run);
    let report = |entry: &ImageEntry, result: &Result<Finished, Error>| {
        let Err(error) = result else { return };
        progress.failed(Some(&entry.image_id), error);
        if ends_the_run(error) {
            work::stop();
            cannot_write.store(true, Ordering::Relaxed);
        }
    };
    let given: Vec<_> = images.iter().map(|image| (&inputs, *image)).collect();
    let results = work::for_each_file(&given, &options, |file| run.image(file, progress), report)?;
    let Run { exports, journal, .. } = run;
    if cannot_write.into_inner() || results.iter().any(Option::is_none) {
        let (done, errors): (Vec<_>, Vec<_>) = results.into_iter().flatten().partition(Result::is_ok);
        let errors = errors.into_iter().filter_map(Result::err);
        let (mut fatal, failures): (Vec<Error>, Vec<Error>) = errors.partition(ends_the_run);
        failures.iter().for_each(table::print_failure);
        eprintln!("Stopped; {} of {} images are done. Go on with --resume.", done.len(), images.len());
        return fatal.pop().map_or(Ok(Outcome::Interrupted), Err);
    }

    let mut lines = Vec::new();
    let mut failures: Vec<(&str, &Error)> = Vec::new();
    let mut scores = Vec::new();
    let mut tally = Tally::default();
    for (entry, result) in images.iter().zip(results.iter().flatten()) {
        match result {
            Ok(finished) => {
                tally.add(finished.counts);
                lines.push(Line::Stored(finished.line));
                match &finished.score {
                    Some(Ok(score)) if !entry.ignored_in_scoring => scores.push((*entry, score)),
                    Some(Err(error)) => failures.push((&entry.image_id, error)),
                    _ => {}
                }
            }
            Err(error) => {
                failures.push((&entry.image_id, error));
                lines.push(failed_line(&entry.image_id, error));
            }
        }
    }
    failures.iter().for_each(|(_, error)| table::print_failure(*error));
    failures.extend(unopened.iter().map(|error| ("", *error)));
    lines.extend(unopened.iter().map(|error| failed_line("", error)));
    let groups = folder_groups.map(|groups| groups.into_iter().skip(range.start).take(lines.len()).collect());
    let parts = RunParts { journal: &journal, lines: &lines, groups };
    exports.files.write(Some(&inputs), &parts, &failures)?;
    if arguments.resume || shard != Shard::WHOLE {
        journal.complete(header, &lines)?;
    } else {
        journal.remove();
    }
    let written = arguments.output.as_ref().map(|output| format!(": {}", output.display()));
    print_scores(&scores);
    table::say(format_args!("{tally}, {} failed{}", failures.len(), written.unwrap_or_default()));
    Ok(Outcome::of(tally.images(), failures.len()))
}

/// The line of a file that failed.
fn failed_line(image_id: &str, error: &Error) -> Line {
    Line::Failed(Box::new(Entry {
        key: String::new(),
        image: image_id.to_owned(),
        files: Vec::new(),
        counts: None,
        score: None,
        failure: Some(Failure::new(error)),
        part: export::failed_part(image_id, error),
    }))
}

impl Run<'_> {
    /// Segments an image and writes its files, unless an earlier run has done it.
    fn image(&self, file: ImageFile, progress: &Progress) -> Result<Finished, Error> {
        let started = Instant::now();
        let entry = file.entry;
        let provenance = self.provenance(&file);
        let key = self.key(entry, &provenance);
        let report = |counts: &Counts, segmentation_seconds: f64, skipped: bool| {
            progress.done(Done {
                image: &entry.image_id,
                file: &entry.path,
                nuclei: counts.nuclei,
                nuclei_counted: counts.counted,
                seconds: started.elapsed().as_secs_f64(),
                segmentation_seconds,
                skipped,
            });
        };
        if self.arguments.resume
            && let Some((line, stored)) = self.journal.find(&key)
            && stored.files.iter().all(|file| self.is_there(file))
        {
            let counts = stored.counts.unwrap_or_default();
            report(&counts, 0.0, true);
            return Ok(Finished { line, counts, score: stored.score.map(Ok) });
        }

        let work = file.open()?;
        let before = started.elapsed();
        let found = work.find()?;
        let segmentation_seconds = (started.elapsed() - before).as_secs_f64();
        let (labels, edited) = (&found.labels, &found.edited);
        let written =
            self.exports.write_image(self.inputs, entry, &work.opened, labels, edited, provenance)?;
        let files = self.write_single(&work, &found, &written)?;
        let counts = written.counts();
        let masks = run_length::encode(labels);
        let score = work.truth().map(|truth| truth.map(|truth| score_image(&truth, &masks))).transpose();
        let failure = score.as_ref().and_then(|score: &Result<_, Error>| score.as_ref().err());
        let line = self.journal.add(&Entry {
            // An image without its score is done again.
            key: if failure.is_some() { String::new() } else { key },
            image: entry.image_id.clone(),
            files,
            counts: Some(counts),
            score: score.as_ref().and_then(|score| score.as_ref().ok()).cloned(),
            failure: failure.map(Failure::new),
            part: written.part,
        })?;
        report(&counts, segmentation_seconds, false);
        if let Some(error) = failure {
            progress.failed(Some(&entry.image_id), error);
        }
        Ok(Finished { line, counts, score })
    }

    /// The provenance of the results: that of the record or of the options.
    fn provenance(&self, file: &ImageFile) -> Provenance {
        let mut provenance = self.exports.provenance(file.entry);
        if let Some(run) = file.run {
            let group = self.exports.group(file.entry).or_else(|| run.group.clone());
            let pixel_size = run.pixel_size.or(self.exports.pixel_size());
            provenance = Provenance { group, pixel_size, ..run.clone() };
        }
        provenance.input = FileIdentity::new(&file.entry.path, &file.bytes);
        let model = ModelIdentity::new(file.network.metadata(), self.model_hash.as_str());
        provenance.with_run(model, file.settings, file.selection.clone())
    }

    /// Identifies the image and everything that determines its results.
    fn key(&self, entry: &ImageEntry, provenance: &Provenance) -> String {
        let Self { arguments, exports, inputs, .. } = self;
        let own = [Folder::Labels, Folder::Outlines, Folder::Measurements];
        let own = own.map(|folder| arguments.folder(folder).is_some());
        let dialect = arguments.measurements.is_some().then_some(exports.files.dialect);
        let fields = (
            (&entry.image_id, &entry.file_stem, provenance.fingerprint(), inputs.truth_fingerprint(entry)),
            (exports.files.formats(), arguments.export.files().folder().is_some(), own, dialect),
            (&self.model_hash, arguments.options.block()),
        );
        sha256(format!("{fields:?}").as_bytes())
    }

    /// Whether a file is there as it was written.
    fn is_there(&self, file: &OwnFile) -> bool {
        let path = self.arguments.folder(file.folder).map(|folder| folder.join(&file.name));
        path.and_then(|path| path.metadata().ok()).is_some_and(|metadata| metadata.len() == file.bytes)
    }

    /// Writes the files that have their own folder. Returns all files of the image.
    fn write_single(&self, work: &Work, found: &Edited, written: &Written) -> Result<Vec<OwnFile>, Error> {
        let Self { arguments, exports, inputs, .. } = self;
        let entry = work.entry;
        let labels = &found.labels;
        let included = &written.counted.included;
        let own = |(name, bytes): &(String, u64)| OwnFile {
            folder: Folder::Export,
            name: name.clone(),
            bytes: *bytes,
        };
        let mut files: Vec<OwnFile> = written.files.iter().map(own).collect();
        let mut write = |folder: Folder, ending: &str, bytes: &[u8]| -> Result<(), Error> {
            let Some(path) = arguments.folder(folder) else { return Ok(()) };
            let name = format!("{}{ending}", entry.file_stem);
            inputs.write(&path.join(&name), bytes)?;
            files.push(OwnFile { folder, name, bytes: bytes.len() as u64 });
            Ok(())
        };
        if arguments.labels.is_some() {
            let file =
                label_image::encode(labels, included, None).map_err(|error| Error::io(error, &entry.path))?;
            write(Folder::Labels, &format!(".{}", file.extension), &file.bytes)?;
        }
        if arguments.outlines.is_some() {
            let preview = image::preview(&work.opened.image, &[], None, &[], None)
                .map_err(|error| error.in_file(&entry.path))?;
            let picture = overlay::encode(preview, &labels.only(included));
            write(Folder::Outlines, ".png", &picture.map_err(|error| Error::io(error, &entry.path))?)?;
        }
        if arguments.measurements.is_some() {
            let (channels, pixel_size) = (&work.opened.channels, written.pixel_size);
            let table = MeasurementTable::new(labels, channels, pixel_size, &found.edited);
            let table = table.with_cells(labels, channels, pixel_size, written.cell_expansion);
            let rows = NucleiRows::new(&table, &written.counted);
            let folder_of_image = entry.path.replace('\\', "/");
            let folder_of_image = folder_of_image.rsplit_once('/').map_or("", |(folder, _)| folder);
            let bytes = nuclei_csv(&[(&entry.image_id, folder_of_image, &rows)], exports.files.dialect);
            write(Folder::Measurements, "-measurements.csv", &bytes)?;
        }
        Ok(files)
    }
}

fn read_record(path: &Path) -> Result<Record, Error> {
    record::read_within(&inputs::read(path)?, &limits::get())
        .map_err(|error| error.in_file(path.display().to_string()))
}

fn print_scores(scores: &[(&ImageEntry, &ImageScore)]) {
    let Some(summary) = summarize(scores.iter().map(|(_, score)| *score)) else { return };
    let width = table::width(scores.iter().map(|(entry, _)| entry.image_id.as_str()), "image");
    table::head("image", width);
    for (entry, score) in scores {
        table::image_row(&entry.image_id, width, score);
    }
    table::summary_row("all", width, &summary);
}
