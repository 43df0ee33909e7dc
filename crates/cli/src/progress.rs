//! Progress for programs: one JSON object per line. `docs/command-line.md` describes the events.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use nucleoscope::input::shard::Shard;
use nucleoscope::plain_text::is_hidden;
use nucleoscope::{Error, InFile};
use serde::Serialize;

use crate::fault::Fault;
use crate::journal::Failure;
use crate::outcome::{Outcome, exit_code};
use crate::output::cannot_write;
use crate::table;

/// A line of progress.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Event<'a> {
    /// The inputs are known; the first line.
    Started { version: &'static str, images: usize, shard: String },
    /// An image is done, and its own files are written.
    Done(Done<'a>),
    /// A file failed.
    Failed(Failed<'a>),
    /// The run has ended; the last line.
    Finished {
        exit_code: u8,
        done: usize,
        skipped: usize,
        failed: usize,
        nuclei: usize,
        nuclei_counted: usize,
        seconds: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failed<'a>>,
    },
}

/// An image that is done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Done<'a> {
    /// Its id.
    pub image: &'a str,
    /// The path of its file.
    pub file: &'a str,
    /// The number of its nuclei.
    pub nuclei: usize,
    /// The number of those that count.
    pub nuclei_counted: usize,
    /// Time from reading the file to the last file written.
    pub seconds: f64,
    /// The part of it that found the nuclei.
    pub segmentation_seconds: f64,
    /// Whether an earlier run had already done it.
    pub skipped: bool,
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(flatten)]
    failure: Failure,
}

impl<'a> Failed<'a> {
    fn new(image: Option<&'a str>, error: &Error) -> Self {
        Self { image, failure: Failure::new(error) }
    }
}

/// Creates or empties a file, unless another run writes its progress to it.
fn create(path: &Path) -> Result<File, Error> {
    let refused = |error| cannot_write(error, path);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(refused)?;
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(Fault::InUse.in_file(path.display().to_string()));
    }
    if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        file.set_len(0).map_err(refused)?;
    }
    Ok(file)
}

/// JSON with escapes in place of characters that control a terminal or reorder text: they are in strings only.
fn without_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_hidden(letter) {
            let units = letter
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect::<String>();
            escaped.push_str(&units);
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

/// Writes progress, if requested, and counts what is done.
pub(crate) struct Progress {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stream: Option<Box<dyn Write + Send>>,
    done: usize,
    skipped: usize,
    failed: usize,
    nuclei: usize,
    nuclei_counted: usize,
}

impl State {
    fn write(&mut self, event: &Event) {
        let Some(stream) = &mut self.stream else { return };
        let write = |stream: &mut dyn Write| -> io::Result<()> {
            writeln!(stream, "{}", without_controls(&serde_json::to_string(event)?))?;
            stream.flush()
        };
        if let Err(error) = write(stream) {
            self.stream = None;
            table::print_warning(&Fault::NoProgress { reason: error.to_string() });
        }
    }
}

impl Progress {
    /// Progress to a file, or to standard output if its name is `-`.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let stream: Option<Box<dyn Write + Send>> = match path {
            None => None,
            Some(path) if path == Path::new("-") => {
                table::print_to_standard_error();
                Some(Box::new(io::stdout()))
            }
            Some(path) => Some(Box::new(create(path)?)),
        };
        Ok(Self { started: Instant::now(), state: Mutex::new(State { stream, ..State::default() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn started(&self, images: usize, shard: Shard) {
        let event = Event::Started { version: env!("CARGO_PKG_VERSION"), images, shard: shard.to_string() };
        self.state().write(&event);
    }

    pub(crate) fn done(&self, done: Done) {
        let mut state = self.state();
        state.done += 1;
        state.skipped += usize::from(done.skipped);
        state.nuclei += done.nuclei;
        state.nuclei_counted += done.nuclei_counted;
        state.write(&Event::Done(done));
    }

    /// A file failed; `image` is the id if it is an image.
    pub(crate) fn failed(&self, image: Option<&str>, error: &Error) {
        let mut state = self.state();
        state.failed += 1;
        state.write(&Event::Failed(Failed::new(image, error)));
    }

    pub(crate) fn finished(&self, result: &Result<Outcome, Error>) {
        let mut state = self.state();
        let State { done, skipped, failed, nuclei, nuclei_counted, .. } = *state;
        state.write(&Event::Finished {
            exit_code: exit_code(result),
            done,
            skipped,
            failed,
            nuclei,
            nuclei_counted,
            seconds: self.started.elapsed().as_secs_f64(),
            error: result.as_ref().err().map(|error| Failed::new(None, error)),
        });
    }
}
