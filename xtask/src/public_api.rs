//! The libraries' public API as text, one item a line, in `docs/api/`: a change of it shows in the
//! difference of a commit.
//!
//! rustdoc writes the API as JSON, which stable Rust does only when it is allowed to with
//! `RUSTC_BOOTSTRAP`. For Cargo itself that variable would mean to compile many dependencies anew, so
//! this program starts rustdoc in Cargo's place and sets it there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use public_api::{Builder, MINIMUM_NIGHTLY_RUST_VERSION};

/// Set while Cargo runs, to the rustdoc to start.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// The packages that others depend on.
const LIBRARIES: [&str; 2] = ["nucleoscope", "nucleoscope-kernels"];

/// Starts rustdoc if this program was started in its place.
pub(crate) fn in_place_of_rustdoc() -> Option<ExitCode> {
    let rustdoc = env::var_os(RUSTDOC)?;
    let status = Command::new(rustdoc).args(env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
    Some(if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Compares the API with the files, or writes them.
pub(crate) fn public_api(root: &Path, write: bool) -> Result<()> {
    let mut changed = Vec::new();
    for library in LIBRARIES {
        let api = Builder::from_rustdoc_json(rustdoc_json(root, library)?)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()
            .with_context(|| {
                format!(
                    "this toolchain's rustdoc is not the one that Rust {MINIMUM_NIGHTLY_RUST_VERSION} has"
                )
            })?;
        let path = root.join("docs/api").join(format!("{library}.txt"));
        let text = format!("{api}");
        if write {
            fs::create_dir_all(root.join("docs/api"))?;
            fs::write(&path, text)?;
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            changed.push(path);
        }
    }
    if !changed.is_empty() {
        bail!("the public API is not that of {changed:?}: \"cargo xtask public-api --write\" writes it anew");
    }
    Ok(())
}

fn rustdoc_json(root: &Path, library: &str) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let rustdoc = env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let status = Command::new(cargo)
        .args(["rustdoc", "--quiet", "--package", library, "--lib"])
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("RUSTDOC", env::current_exe()?)
        .env(RUSTDOC, rustdoc)
        .current_dir(root)
        .status()
        .context("cargo could not be started")?;
    if !status.success() {
        bail!("{library} could not be documented");
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("doc").join(format!("{}.json", library.replace('-', "_"))))
}
