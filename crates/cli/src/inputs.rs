//! Input files from the command line.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use nucleoscope::dsb2018::csv;
use nucleoscope::dsb2018::run_length::Mask;
use nucleoscope::geometry::Size;
use nucleoscope::input::batch::{self, Batch, OpenFile};
use nucleoscope::input::dataset::{DatasetWarning, ImageEntry, InputFile, Truth};
use nucleoscope::nuclei::LabelImage;
use nucleoscope::record::sha256;
use nucleoscope::{Error, InFile};
use walkdir::WalkDir;

use crate::limits;
use crate::output::write_whole;

/// The files to process, and their paths.
pub(crate) struct Inputs {
    /// The files' contents.
    pub batch: Batch,
    /// Reads the files.
    pub files: Files,
    /// Paths that could not be accessed, and files that are not readable images.
    pub failures: Vec<Error>,
    images: OnceLock<HashSet<PathBuf>>,
}

/// Files by their index.
pub(crate) struct Files(Vec<Origin>);

/// Where the contents of a file are.
enum Origin {
    Path(PathBuf),
    /// Standard input, which can be read only once.
    Memory(Arc<[u8]>),
}

/// A file from standard input.
pub(crate) struct StandardInput {
    /// The name by which it is known.
    pub name: String,
    bytes: Arc<[u8]>,
}

impl StandardInput {
    /// Reads standard input to its end.
    pub(crate) fn read(name: &str) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map_err(|error| Error::io(error, name))?;
        Ok(Self { name: name.to_owned(), bytes: bytes.into() })
    }
}

/// An open file.
pub(crate) enum Reader {
    File(io::BufReader<File>),
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Reader {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(target),
            Self::Memory(bytes) => bytes.read(target),
        }
    }

    fn read_to_end(&mut self, target: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read_to_end(target),
            Self::Memory(bytes) => bytes.read_to_end(target),
        }
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

impl OpenFile for Files {
    type Reader = Reader;

    fn open(&self, file: usize) -> io::Result<Self::Reader> {
        match self.0.get(file).ok_or(io::ErrorKind::NotFound)? {
            Origin::Path(path) => File::open(path).map(io::BufReader::new).map(Reader::File),
            Origin::Memory(bytes) => Ok(Reader::Memory(Cursor::new(bytes.clone()))),
        }
    }
}

impl Inputs {
    /// Collects every path: files directly, folders recursively.
    pub(crate) fn gather(paths: &[PathBuf]) -> Self {
        Self::gather_with(paths, None)
    }

    /// Like [`Self::gather`]; the path `-` is standard input.
    pub(crate) fn gather_with(paths: &[PathBuf], standard_input: Option<&StandardInput>) -> Self {
        let mut files = Vec::new();
        let mut given = Vec::new();
        let mut failures = Vec::new();
        let mut seen = HashSet::new();
        let mut repeated = Vec::new();
        for root in paths {
            if let Some(StandardInput { name, bytes }) = standard_input.filter(|_| root == Path::new("-")) {
                given.push(InputFile::given(name, bytes.len() as u64));
                files.push(Origin::Memory(bytes.clone()));
                continue;
            }
            let explicit = !root.is_dir();
            let named = if explicit { root.parent() } else { Some(root.as_path()) };
            let named = named.map_or_else(String::new, |folder| folder.display().to_string());
            for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
                match entry {
                    Ok(entry) if entry.file_type().is_dir() => {}
                    Ok(entry) if paths.len() > 1 && !seen.insert(real(entry.path())) => {
                        repeated.push(entry.path().display().to_string());
                    }
                    Ok(entry) => {
                        let size = entry.metadata().map_or(0, |metadata| metadata.len());
                        let path = entry.path().display().to_string();
                        given.push(InputFile { explicit, root: named.len(), ..InputFile::found(path, size) });
                        files.push(Origin::Path(entry.into_path()));
                    }
                    Err(error) => {
                        let path = error.path().unwrap_or(root).display().to_string();
                        failures.push(Error::io(error.into(), path));
                    }
                }
            }
        }
        let files = Files(files);
        let mut batch = batch::open_within(&given, &files, limits::get());
        failures.extend(batch.dataset.failed.drain(..).map(|failed| failed.error.in_file(failed.path)));
        if !repeated.is_empty() {
            batch.dataset.warnings.push(DatasetWarning::RepeatedFiles { files: repeated });
        }
        Self { batch, files, failures, images: OnceLock::new() }
    }

    /// Reads the bytes of a file of the batch; `path` names it in errors.
    pub(crate) fn read(&self, file: usize, path: &str) -> Result<Vec<u8>, Error> {
        self.batch.read(&self.files, file, path)
    }

    /// The true nuclei of an image, if known, checked against its size.
    pub(crate) fn truth(&self, entry: &ImageEntry, size: Size) -> Result<Option<Vec<Mask>>, Error> {
        self.batch.truth(&self.files, entry, size)
    }

    /// The true nuclei of an image as a label image; an error if they are not known.
    pub(crate) fn truth_labels(&self, entry: &ImageEntry, size: Size) -> Result<LabelImage, Error> {
        self.batch.truth_labels(&self.files, entry, size)
    }
}

impl Inputs {
    /// Identifies the ground truth of an image by its contents; empty if there is none.
    pub(crate) fn truth_fingerprint(&self, entry: &ImageEntry) -> String {
        let file = |&file: &usize| {
            self.read(file, &entry.path).map_or_else(|_| String::new(), |bytes| sha256(&bytes))
        };
        match &entry.truth {
            Truth::Unknown => String::new(),
            Truth::MaskFiles(files) => sha256(files.iter().map(file).collect::<String>().as_bytes()),
            Truth::LabelFile(label_file) => file(label_file),
            Truth::RunLengths(masks) => sha256(csv::rows(&entry.image_id, masks).as_bytes()),
        }
    }

    /// Writes a file atomically, but never over one of the images.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.check(path)?;
        write_whole(path, bytes)
    }

    /// An error if a file is one of the images, which must not be overwritten.
    pub(crate) fn check(&self, path: &Path) -> Result<(), Error> {
        let paths = || {
            let given = self.batch.dataset.images.iter().map(|image| self.batch.sources[image.file].file);
            let origins = given.filter_map(|file| self.files.0.get(file));
            let path_of =
                |origin: &Origin| if let Origin::Path(path) = origin { Some(real(path)) } else { None };
            origins.filter_map(path_of).collect()
        };
        if path.exists() && self.images.get_or_init(paths).contains(&real(path)) {
            let reason = "this is one of the images; it is not overwritten, name another folder";
            return Err(Error::io(
                io::Error::new(io::ErrorKind::AlreadyExists, reason),
                path.display().to_string(),
            ));
        }
        Ok(())
    }
}

/// The canonical path, if known.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Reads a whole file; errors include the path.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::io(error, path.display().to_string()))
}
