//! Input files from the command line.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nucleoscope::dsb2018::run_length::Mask;
use nucleoscope::geometry::Size;
use nucleoscope::input::batch::{self, Batch, OpenFile};
use nucleoscope::input::dataset::{DatasetWarning, ImageEntry, InputFile};
use nucleoscope::nuclei::LabelImage;
use nucleoscope::{Error, InFile};
use walkdir::WalkDir;

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
pub(crate) struct Files(Vec<PathBuf>);

impl OpenFile for Files {
    type Reader = io::BufReader<File>;

    fn open(&self, file: usize) -> io::Result<Self::Reader> {
        let path = self.0.get(file).ok_or(io::ErrorKind::NotFound)?;
        File::open(path).map(io::BufReader::new)
    }
}

impl Inputs {
    /// Collects every path: files directly, folders recursively.
    pub(crate) fn gather(paths: &[PathBuf]) -> Self {
        let mut files = Vec::new();
        let mut given = Vec::new();
        let mut failures = Vec::new();
        let mut seen = HashSet::new();
        let mut repeated = Vec::new();
        for root in paths {
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
                        files.push(entry.into_path());
                    }
                    Err(error) => {
                        let path = error.path().unwrap_or(root).display().to_string();
                        failures.push(Error::io(error.into(), path));
                    }
                }
            }
        }
        let files = Files(files);
        let mut batch = batch::open(&given, &files);
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
    /// Writes a file atomically, but never over one of the images.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let paths = || {
            let given = self.batch.dataset.images.iter().map(|image| self.batch.sources[image.file].file);
            given.filter_map(|file| self.files.0.get(file)).map(|path| real(path)).collect()
        };
        if path.exists() && self.images.get_or_init(paths).contains(&real(path)) {
            let reason = "this is one of the images; it is not overwritten, name another folder";
            return Err(Error::io(
                io::Error::new(io::ErrorKind::AlreadyExists, reason),
                path.display().to_string(),
            ));
        }
        write_whole(path, bytes)
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

/// Writes a file atomically: to a temporary file first, which is then moved into place.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut draft = tempfile::Builder::new().prefix(".nucleoscope-").tempfile_in(folder)?;
        io::Write::write_all(&mut draft, bytes)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            draft.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        draft.persist(path)?;
        Ok(())
    };
    write().map_err(|error| Error::io(error, path.display().to_string()))
}
