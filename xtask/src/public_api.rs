//! The documentation of all packages, and the libraries' public API as text, one item a line, in `docs/api/`: a change
//! of it shows in the difference of a commit.
//!
//! rustdoc writes the API as JSON, which stable Rust does only when it is allowed to with `RUSTC_BOOTSTRAP`. For Cargo
//! itself that variable would mean to compile many dependencies anew, so this program starts rustdoc in Cargo's place
//! and sets it there. The documentation of the workspace is made in the same run of Cargo, because that of a package
//! alone would select other features of the dependencies and compile them again.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use public_api::{Builder, MINIMUM_NIGHTLY_RUST_VERSION};

/// Set while Cargo runs, to the rustdoc to start.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// The packages that others depend on.
const LIBRARIES: [&str; 2] = ["nucleoscope", "nucleoscope-kernels"];

/// A feature that only `crates/wasm` selects, and which is not part of the API.
const LEFT_OUT: &str = "feature=\"typescript\"";

/// Starts rustdoc if this program was started in its place: for the documentation and, of a library, for the API.
pub(crate) fn in_place_of_rustdoc() -> Option<ExitCode> {
    let rustdoc = env::var_os(RUSTDOC)?;
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let succeeds = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let is_library = arguments.windows(2).any(|pair| {
        pair[0] == "--crate-name" && LIBRARIES.iter().any(|name| pair[1] == crate_name(name).as_str())
    });
    let documented = succeeds(Command::new(&rustdoc).args(&arguments))
        && (!is_library
            || succeeds(
                Command::new(&rustdoc)
                    .args(without_cfg(&arguments, LEFT_OUT))
                    .args(["-Z", "unstable-options", "--output-format", "json"])
                    .env("RUSTC_BOOTSTRAP", "1"),
            ));
    Some(if documented { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The arguments without `--cfg` and this value.
fn without_cfg(arguments: &[OsString], value: &str) -> Vec<OsString> {
    let mut kept: Vec<OsString> = Vec::new();
    for argument in arguments {
        if argument == value && kept.last().is_some_and(|last| last == "--cfg") {
            kept.pop();
        } else {
            kept.push(argument.clone());
        }
    }
    kept
}

fn crate_name(package: &str) -> String {
    package.replace('-', "_")
}

/// Makes the documentation without warnings, and compares the API with the files, or writes them.
pub(crate) fn public_api(root: &Path, write: bool) -> Result<()> {
    let folder = document(root)?;
    let mut changed = Vec::new();
    for library in LIBRARIES {
        let api = Builder::from_rustdoc_json(folder.join(format!("{}.json", crate_name(library))))
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

/// Documents the workspace and returns the folder with the result.
fn document(root: &Path) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let rustdoc = env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let status = Command::new(cargo)
        .args(["doc", "--quiet", "--workspace", "--no-deps"])
        .env("RUSTDOC", env::current_exe()?)
        .env(RUSTDOC, rustdoc)
        // The second flag only tells Cargo that a plain `cargo doc` is not the same.
        .env("RUSTDOCFLAGS", "-D warnings --cfg public_api")
        .current_dir(root)
        .status()
        .context("cargo could not be started")?;
    if !status.success() {
        bail!("the packages could not be documented");
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("doc"))
}
