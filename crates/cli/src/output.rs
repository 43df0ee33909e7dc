//! Output files that are written whole or not at all, and locks on the places to which a run writes.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use nucleoscope::{Error, InFile};
use same_file::Handle;

use crate::fault::Fault;
use crate::table;

/// The beginning of the names of files that are being written.
const DRAFT: &str = ".nucleoscope-";

/// Makes writing above the limit on the size of files an error instead of the end of the process.
pub(crate) fn ignore_size_signal() {
    #[cfg(unix)]
    {
        #[expect(unsafe_code, reason = "a call into C that takes two numbers and keeps no pointer")]
        // SAFETY: the signal is ignored; no handler of ours runs.
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        }
    }
}

/// Creates a folder and those that contain it.
pub(crate) fn create_folder(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|error| cannot_write(error, folder))
}

/// Writes a file atomically.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, |file| file.write_all(bytes).map_err(|error| cannot_write(error, path)))
}

/// Writes a file atomically: `write` writes to a temporary file, which is then moved into place. The temporary
/// file is locked, so that a file without a lock is known to be left over from a process that was killed.
pub(crate) fn write_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let refused = |error| cannot_write(error, path);
    let mut draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(folder_of(path)).map_err(refused)?;
    // Without locks, files that are left over stay.
    _ = draft.as_file().try_lock();
    let mut buffered = BufWriter::with_capacity(1 << 16, draft.as_file_mut());
    write(&mut buffered)?;
    buffered.flush().map_err(refused)?;
    drop(buffered);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        draft.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(refused)?;
    }
    draft.persist(path).map_err(|error| refused(error.error))?;
    Ok(())
}

/// An error of writing a file or folder.
pub(crate) fn cannot_write(error: io::Error, path: &Path) -> Error {
    Fault::write(error).in_file(path.display().to_string())
}

/// The folder of a file.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A folder or file to which a run writes.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// All files in a folder.
    Folder(&'a Path),
    /// One file.
    File(&'a Path),
}

impl Place<'_> {
    fn path(&self) -> &Path {
        let (Self::Folder(path) | Self::File(path)) = self;
        path
    }

    fn folder(&self) -> &Path {
        match self {
            Self::Folder(path) => path,
            Self::File(path) => folder_of(path),
        }
    }

    /// The file that is locked. It exists only as long as the lock.
    fn lock_path(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(".nucleoscope.lock"),
            Self::File(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                folder_of(path).join(format!(".{name}.nucleoscope.lock"))
            }
        }
    }

    /// The journal of a run that mainly writes here.
    pub(crate) fn journal(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join("nucleoscope.jsonl"),
            Self::File(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                folder_of(path).join(format!("{name}.nucleoscope.jsonl"))
            }
        }
    }
}

/// Locks on all places to which a run writes, until they are dropped.
pub(crate) struct Locks {
    _locks: Vec<Lock>,
}

impl Locks {
    /// Locks the places, and removes unfinished files that killed processes left there.
    ///
    /// # Errors
    /// Another process has locked one of them, or it cannot be written.
    pub(crate) fn acquire(places: &[Place]) -> Result<Self, Error> {
        let mut seen = HashSet::new();
        let mut locks = Vec::new();
        for place in places {
            let folder = place.folder();
            let real = folder.canonicalize().map_err(|error| cannot_write(error, place.path()))?;
            if seen.insert(real.join(place.lock_path().file_name().unwrap_or_default())) {
                locks.push(Lock::acquire(place)?);
            }
        }
        for place in places {
            remove_drafts(place.folder());
        }
        Ok(Self { _locks: locks })
    }
}

struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    fn acquire(place: &Place) -> Result<Self, Error> {
        let path = place.lock_path();
        let refused = |error| cannot_write(error, place.path());
        loop {
            let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
            let file = open.map_err(refused)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Fault::InUse.in_file(place.path().display().to_string()));
                }
                Err(TryLockError::Error(error)) => {
                    let missing = Fault::NoLocks { reason: error.to_string() };
                    table::print_warning(&missing.in_file(place.path().display().to_string()));
                }
            }
            // The process that had the lock before may have deleted the file after it was opened here.
            let locked = file.try_clone().and_then(Handle::from_file).map_err(refused)?;
            if Handle::from_path(&path).is_ok_and(|named| named == locked) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Another process that opened the file before finds that it is gone, and creates it again.
        _ = std::fs::remove_file(&self.path);
    }
}

/// Removes files that a killed process was writing: those that no process has locked.
fn remove_drafts(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            let is_left = File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
            if is_left {
                _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Leaves out the first line of what is written.
pub(crate) struct WithoutFirstLine<'a> {
    file: &'a mut dyn Write,
    is_after: bool,
}

impl<'a> WithoutFirstLine<'a> {
    pub(crate) fn new(file: &'a mut dyn Write) -> Self {
        Self { file, is_after: false }
    }
}

impl Write for WithoutFirstLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_after {
            return self.file.write(bytes);
        }
        let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else { return Ok(bytes.len()) };
        self.is_after = true;
        Ok(end + 1)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
