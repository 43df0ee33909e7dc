//! The loaded models: the one inside the module, and the last one from a file. All calls and threads share them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use nucleoscope::network::TractNetwork;
use nucleoscope::{Error, InFile};

use crate::error::BUILT_IN;

static SHIPPED: Mutex<Option<TractNetwork>> = Mutex::new(None);
static OTHER: Mutex<Option<(Version, TractNetwork)>> = Mutex::new(None);

/// Identifies a file and its contents without reading it.
#[derive(PartialEq)]
struct Version {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl Version {
    fn of(path: &Path) -> std::io::Result<Self> {
        let path = path.canonicalize()?;
        let metadata = path.metadata()?;
        Ok(Self { path, length: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// The model in a file, or the one inside the module; it is loaded once, and again if the file has changed.
///
/// The lock is held while a model is loaded, so that threads do not load it twice. The caller must not be attached to
/// the Python interpreter.
pub(crate) fn load(path: Option<&Path>) -> Result<TractNetwork, Error> {
    let Some(path) = path else {
        let mut loaded = SHIPPED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = &*loaded {
            return Ok(network.clone());
        }
        let network = TractNetwork::shipped().map_err(|error| error.in_file(BUILT_IN))?;
        return Ok(loaded.insert(network).clone());
    };
    let name = path.display().to_string();
    let io = |error| Error::io(error, &name);
    let version = Version::of(path).map_err(io)?;
    let mut loaded = OTHER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, network)) = &*loaded
        && *of == version
    {
        return Ok(network.clone());
    }
    let bytes = std::fs::read(path).map_err(io)?;
    let network = TractNetwork::load(&bytes).map_err(|error| error.in_file(&name))?;
    Ok(loaded.insert((version, network)).1.clone())
}
