//! The journal of a run: one line for each finished image, with its part of the files of the batch. It keeps
//! memory constant for any number of images, lets a run go on after an interruption, and holds what is needed
//! to join the parts of a run.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nucleoscope::dsb2018::score::ImageScore;
use nucleoscope::export::{ExportError, Format, Part, Parts};
use nucleoscope::input::shard::Shard;
use nucleoscope::{Error, InFile, Warning};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::output::{cannot_write, write_with};

/// The version of the layout of the journal.
const FORMAT: u32 = 1;

/// The first line of a journal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    journal: u32,
    /// Whether the run has ended; the lines are then in the order of the images.
    is_complete: bool,
    /// The part of the run: `3/8`.
    shard: String,
    /// The number of images of all parts.
    images: usize,
    /// Identifies the list of images of all parts.
    inputs: String,
    /// The formats of which the lines contain parts.
    formats: Vec<Format>,
}

impl Header {
    pub(crate) fn new(shard: Shard, images: usize, inputs: String, formats: Vec<Format>) -> Self {
        Self { journal: FORMAT, is_complete: false, shard: shard.to_string(), images, inputs, formats }
    }
}

/// A line of a journal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// Identifies the image and everything that determines its results; empty if it has to be done again.
    pub key: String,
    /// The id of the image; empty if the file is not an image.
    pub image: String,
    /// The files of the image alone.
    pub files: Vec<OwnFile>,
    /// The number of nuclei; `None` if the file failed.
    pub counts: Option<Counts>,
    /// The score, if the ground truth is known.
    pub score: Option<ImageScore>,
    /// The error of the file or of its ground truth.
    pub failure: Option<Failure>,
    /// The part of the files of the batch.
    pub part: Part,
}

/// A file that belongs to one image.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OwnFile {
    /// The option that named its folder.
    pub folder: Folder,
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A folder for files of single images.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Folder {
    Export,
    Labels,
    Outlines,
    Measurements,
}

/// Numbers of nuclei of an image.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub nuclei: usize,
    pub counted: usize,
    /// Of the counted nuclei, if they are classified.
    pub positive: Option<usize>,
}

/// An error of a file.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub file: String,
    #[serde(flatten)]
    error: Warning,
}

impl Failure {
    pub(crate) fn new(error: &Error) -> Self {
        use nucleoscope::Diagnostic;
        let fields = Warning::new(error.code(), error.inner().to_string(), error.help());
        Self { file: error.file().to_owned(), error: fields }
    }

    pub(crate) fn error(self) -> Error {
        self.error.in_file(self.file)
    }
}

/// The place of a line in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    start: u64,
    length: u64,
}

/// An open journal.
pub(crate) struct Journal {
    path: PathBuf,
    state: Mutex<State>,
    /// The lines that were there when the journal was opened, by their keys.
    known: HashMap<String, Span>,
}

struct State {
    file: File,
    end: u64,
    is_empty: bool,
}

#[derive(Deserialize)]
struct KeyOnly {
    key: String,
}

impl Journal {
    /// Opens a journal to add to it, or creates it. A line that was not written completely is removed.
    ///
    /// # Errors
    /// The file cannot be written, or is not a journal.
    pub(crate) fn open(path: PathBuf, header: &Header) -> Result<Self, Error> {
        let refused = |error| cannot_write(error, &path);
        let fault = |fault: Fault| fault.in_file(path.display().to_string());
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open().map_err(refused)?;
        let mut header_line = serde_json::to_vec(header).map_err(|error| refused(error.into()))?;
        header_line.push(b'\n');
        let mut known = HashMap::new();
        let mut end = 0;
        let first = each_line(&file, |line, span| {
            if span.start > 0
                && let Ok(KeyOnly { key }) = serde_json::from_slice(line)
            {
                known.insert(key, span);
            }
            end = span.start + span.length;
        });
        let (first, torn) = first.map_err(refused)?;
        known.remove("");
        if first.is_empty() {
            // Either new, or the process was killed before the first line was written.
            let beginning = &br#"{"journal":"#[..torn.len().min(11)];
            if !torn.starts_with(beginning) {
                return Err(fault(Fault::NotAJournal { reason: "it has no line".into() }));
            }
            file.set_len(0).and_then(|()| file.rewind()).map_err(refused)?;
            file.write_all(&header_line).map_err(refused)?;
            end = header_line.len() as u64;
        } else {
            let shard = read_header(&first).map_err(fault)?.shard;
            if shard != header.shard {
                return Err(fault(Fault::OtherShards {
                    reason: format!("the results of part {shard} are here"),
                }));
            }
            file.set_len(end).map_err(refused)?;
            if first != header_line[..header_line.len() - 1] {
                // Such as that of a run that has ended: it is no longer complete.
                let (old, new) = (first.len() as u64 + 1, header_line.len() as u64);
                write_with(&path, |draft| {
                    let copy = draft.write_all(&header_line).and_then(|()| file.seek(SeekFrom::Start(old)));
                    copy.and_then(|_| io::copy(&mut file, draft)).map_err(refused)?;
                    Ok(())
                })?;
                file = open().map_err(refused)?;
                known.values_mut().for_each(|span: &mut Span| span.start = span.start - old + new);
                end = end - old + new;
            }
        }
        let is_empty = known.is_empty();
        Ok(Self { state: Mutex::new(State { file, end, is_empty }), known, path })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line with a key, among those that were there when the journal was opened.
    pub(crate) fn find(&self, key: &str) -> Option<(Span, Entry)> {
        let span = *self.known.get(key)?;
        Some((span, self.read(span).ok()?))
    }

    /// Adds a line. If that fails, the journal is as before.
    pub(crate) fn add(&self, entry: &Entry) -> Result<Span, Error> {
        let refused = |error| cannot_write(error, &self.path);
        let mut line = serde_json::to_vec(entry).map_err(|error| refused(error.into()))?;
        line.push(b'\n');
        let mut state = self.state();
        let start = state.end;
        let written = state.file.seek(SeekFrom::Start(start)).and_then(|_| state.file.write_all(&line));
        if let Err(error) = written {
            _ = state.file.set_len(start);
            return Err(refused(error));
        }
        state.end += line.len() as u64;
        state.is_empty = false;
        Ok(Span { start, length: line.len() as u64 })
    }

    fn bytes(&self, span: Span) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; span.length as usize];
        let mut state = self.state();
        state.file.seek(SeekFrom::Start(span.start))?;
        state.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads a line.
    pub(crate) fn read(&self, span: Span) -> io::Result<Entry> {
        Ok(serde_json::from_slice(&self.bytes(span)?)?)
    }

    /// Keeps the journal of a run that has ended, with one line for each of `lines`, in their order.
    pub(crate) fn complete(self, header: Header, lines: &[Line]) -> Result<(), Error> {
        self.state().is_empty = false;
        let refused = |error| cannot_write(error, &self.path);
        write_with(&self.path, |file| {
            let write = |file: &mut dyn Write| -> io::Result<()> {
                serde_json::to_writer(&mut *file, &Header { is_complete: true, ..header })?;
                file.write_all(b"\n")?;
                for line in lines {
                    match line {
                        Line::Stored(span) => file.write_all(&self.bytes(*span)?)?,
                        Line::Failed(entry) => {
                            serde_json::to_writer(&mut *file, entry)?;
                            file.write_all(b"\n")?;
                        }
                    }
                }
                Ok(())
            };
            write(file).map_err(refused)
        })
    }

    /// Removes the journal.
    pub(crate) fn remove(self) {
        self.state().is_empty = true;
    }
}

impl Drop for Journal {
    /// Removes the journal if there is nothing in it to go on with.
    fn drop(&mut self) {
        if self.state().is_empty {
            _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Calls `visit` for every complete line, and returns the first one and what follows the last one. The memory is
/// that of the longest line.
fn each_line(file: &File, mut visit: impl FnMut(&[u8], Span)) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut line, mut first, mut start) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)? as u64;
        if line.last() != Some(&b'\n') {
            return Ok((first, line));
        }
        line.pop();
        visit(&line, Span { start, length });
        if start == 0 {
            first.clone_from(&line);
        }
        start += length;
    }
}

fn read_header(line: &[u8]) -> Result<Header, Fault> {
    let header: Header =
        serde_json::from_slice(line).map_err(|error| Fault::NotAJournal { reason: error.to_string() })?;
    if header.journal != FORMAT {
        let reason = format!("its layout is {}, this program reads {FORMAT}", header.journal);
        return Err(Fault::NotAJournal { reason });
    }
    Ok(header)
}

/// A line of the files of a batch: an image in the journal, or a file that failed.
pub(crate) enum Line {
    Stored(Span),
    Failed(Box<Entry>),
}

/// The parts of a run, read from its journal.
pub(crate) struct RunParts<'a> {
    pub journal: &'a Journal,
    pub lines: &'a [Line],
    /// The groups of the images, if they depend on images that are not in `lines`.
    pub groups: Option<Vec<String>>,
}

impl Parts for RunParts<'_> {
    fn for_each(&self, visit: &mut dyn FnMut(&Part) -> Result<(), ExportError>) -> Result<(), ExportError> {
        let mut groups = self.groups.iter().flatten();
        for line in self.lines {
            let part = match line {
                Line::Stored(span) => self.journal.read(*span)?.part,
                Line::Failed(entry) => entry.part.clone(),
            };
            let part = match groups.next() {
                Some(group) => part.in_group(Some(group.clone())),
                None => part,
            };
            visit(&part)?;
        }
        Ok(())
    }
}

/// The journals of all parts of a run.
pub(crate) struct Shards {
    paths: Vec<PathBuf>,
    formats: Vec<Format>,
}

impl Shards {
    /// Opens the journals of the parts of a run, in any order, or of whole runs of different images, in the order
    /// in which these are joined.
    ///
    /// # Errors
    /// One cannot be read, is not complete, or does not belong to the same run as the others.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut shards: Vec<(Shard, PathBuf, Header)> = Vec::new();
        for path in paths {
            let path = if path.is_dir() { path.join("nucleoscope.jsonl") } else { path.clone() };
            let name = path.display().to_string();
            let header = first_line(&path).map_err(|error| Error::io(error, &name))?;
            let header = read_header(&header).map_err(|fault| fault.in_file(&name))?;
            if !header.is_complete {
                return Err(Fault::Unfinished.in_file(name));
            }
            let shard = header.shard.parse();
            let shard = shard.map_err(|_| Fault::NotAJournal { reason: "its part is missing".into() });
            shards.push((shard.map_err(|fault| fault.in_file(name))?, path, header));
        }
        let are_whole = shards.iter().all(|(shard, ..)| *shard == Shard::WHOLE);
        shards.sort_by_key(|(shard, ..)| *shard);
        let other =
            |path: &Path, reason: String| Fault::OtherShards { reason }.in_file(path.display().to_string());
        let mut formats = Vec::new();
        for (place, (shard, path, header)) in shards.iter().enumerate() {
            let (first_shard, first_path, first) = &shards[0];
            if shard.count() != first_shard.count() {
                return Err(other(
                    path,
                    format!("it is part {shard}, {} is part {first_shard}", first_path.display()),
                ));
            }
            let is_same = |(_, _, earlier): &&(Shard, PathBuf, Header)| earlier.inputs == header.inputs;
            if are_whole && let Some((_, earlier, _)) = shards[..place].iter().find(is_same) {
                return Err(other(path, format!("its images are those of {}", earlier.display())));
            }
            if !are_whole && shard.number() != place + 1 {
                let (missing, is_twice) = (place + 1, shard.number() <= place);
                let reason = if is_twice {
                    format!("part {shard} was given twice")
                } else {
                    format!("part {missing}/{} is missing", shard.count())
                };
                return Err(other(path, reason));
            }
            if !are_whole && (header.images, &header.inputs) != (first.images, &first.inputs) {
                return Err(other(
                    path,
                    format!("its images are others than those of {}", first_path.display()),
                ));
            }
            if header.formats != first.formats {
                return Err(other(
                    path,
                    format!("its files are others than those of {}", first_path.display()),
                ));
            }
            formats.clone_from(&header.formats);
        }
        if let Some((shard, path, _)) = shards.last()
            && !shard.is_last()
        {
            return Err(other(path, format!("part {}/{} is missing", shard.number() + 1, shard.count())));
        }
        Ok(Self { paths: shards.into_iter().map(|(_, path, _)| path).collect(), formats })
    }

    /// The formats that all parts contain.
    pub(crate) fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// Calls `visit` for every line, in the order of the images.
    pub(crate) fn for_each(
        &self,
        visit: &mut dyn FnMut(Entry) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        for path in &self.paths {
            let mut lines = BufReader::with_capacity(1 << 16, File::open(path)?).split(b'\n').skip(1);
            lines.try_for_each(|line| visit(serde_json::from_slice(&line?).map_err(io::Error::from)?))?;
        }
        Ok(())
    }
}

impl Parts for Shards {
    fn for_each(&self, visit: &mut dyn FnMut(&Part) -> Result<(), ExportError>) -> Result<(), ExportError> {
        Shards::for_each(self, &mut |entry| visit(&entry.part))
    }
}

fn first_line(path: &Path) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?.take(1 << 20)).read_until(b'\n', &mut line)?;
    Ok(line)
}
