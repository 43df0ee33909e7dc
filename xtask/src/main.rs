//! Build steps of this repository that Cargo alone cannot express.
//!
//! `cargo xtask wasm` compiles `crates/wasm` to WebAssembly and writes the module, its JavaScript glue
//! and its TypeScript types to `packages/nucleoscope/src/wasm/`; `cargo xtask wasm bench` does the same, in the same way,
//! with the benchmarks' crate and `target/bench-wasm/`, and `cargo xtask wasm fuzz` with the fuzz targets and
//! `target/fuzz-wasm/`. The glue comes from wasm-bindgen's own library,
//! pinned to the crate's version, so that nothing needs to be installed beside Rust.
//! `cargo xtask licences` and `cargo xtask sbom` print the licences and the bill of materials of a package.
//! `cargo xtask dist` builds the command line and packs it for a release.
//! `cargo xtask public-api` makes the documentation and compares the libraries' public API with its copy in `docs/api/`.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

mod dist;
mod licences;
mod public_api;
mod sbom;
mod unused_code;

/// A crate that becomes a WebAssembly module.
struct Artefact {
    /// The name of its package.
    package: &'static str,
    /// The name of its module and of the files made from it.
    name: &'static str,
    /// Where those go, from the root.
    folder: &'static str,
}

const PAGE: Artefact =
    Artefact { package: "nucleoscope-wasm", name: "nucleoscope", folder: "packages/nucleoscope/src/wasm" };
const BENCH: Artefact =
    Artefact { package: "nucleoscope-bench", name: "nucleoscope_bench", folder: "target/bench-wasm" };
const FUZZ: Artefact =
    Artefact { package: "nucleoscope-fuzz", name: "nucleoscope_fuzz", folder: "target/fuzz-wasm" };

const TARGET: &str = "wasm32-unknown-unknown";

fn main() -> ExitCode {
    if let Some(code) = public_api::in_place_of_rustdoc() {
        return code;
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["wasm"] => wasm(&PAGE, "web"),
        ["wasm", "--quick"] => wasm(&PAGE, "release"),
        ["wasm", "bench"] => wasm(&BENCH, "web"),
        ["wasm", "fuzz"] => wasm(&FUZZ, "release"),
        ["dist", ref options @ ..] => root().and_then(|root| dist::dist(&root, options)),
        ["licences", package, target] => print(licences::text, package, target),
        ["sbom", package, target] => print(sbom::text, package, target),
        ["public-api"] => root().and_then(|root| public_api::public_api(&root, false)),
        ["public-api", "--write"] => root().and_then(|root| public_api::public_api(&root, true)),
        _ => {
            eprintln!(
                "usage: cargo xtask wasm            build the WebAssembly module into packages/nucleoscope/src/wasm/"
            );
            eprintln!("       cargo xtask wasm --quick    the same in a third of the time; larger, as fast");
            eprintln!("       cargo xtask wasm bench      build the benchmarks' into target/bench-wasm/");
            eprintln!(
                "       cargo xtask wasm fuzz       build the fuzz targets, quickly, into target/fuzz-wasm/"
            );
            eprintln!(
                "       cargo xtask dist            build the command line and pack it into target/dist/"
            );
            eprintln!("       cargo xtask dist [--target TRIPLE] [--program FILE] [--output FOLDER]");
            eprintln!(
                "       cargo xtask licences PACKAGE TRIPLE   print the licences of the crates in a package"
            );
            eprintln!(
                "       cargo xtask sbom PACKAGE TRIPLE       print its bill of materials (CycloneDX); host is this platform"
            );
            eprintln!("       cargo xtask public-api      compare the libraries' public API with docs/api/");
            eprintln!("       cargo xtask public-api --write   write it there");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what a function makes of a package for a platform.
fn print(
    text: impl Fn(&Path, &serde_json::Value, &str, &str) -> Result<String>,
    package: &str,
    target: &str,
) -> Result<()> {
    let root = root()?;
    let target = if target == "host" { dist::host()? } else { target.to_owned() };
    let text = text(&root, &licences::metadata(&root)?, package, &target)?;
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn wasm(artefact: &Artefact, profile: &str) -> Result<()> {
    let module = compile(artefact, profile)?;
    let folder = root()?.join(artefact.folder);
    let output = folder.join(format!("{}_bg.wasm", artefact.name));
    // Written aside and moved into place last, so that an interrupted run leaves nothing half made.
    let draft = folder.with_extension("draft");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    Bindgen::new()
        .input_module(artefact.name, unused_code::without_unused_code(&fs::read(&module)?)?)
        .out_name(artefact.name)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .generate(&draft)
        .with_context(|| format!("wasm-bindgen could not process {}", module.display()))?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&draft, &folder)?;
    eprintln!("xtask: {} ({:.1} MB)", output.display(), fs::metadata(&output)?.len() as f64 / 1e6);
    Ok(())
}

/// Compiles the library alone as a cdylib (with an rlib beside it, Cargo drops the link-time
/// optimisation) and returns the module's path.
fn compile(artefact: &Artefact, profile: &str) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "rustc",
            "--package",
            artefact.package,
            "--profile",
            profile,
            "--lib",
            "--crate-type",
            "cdylib",
        ])
        .args(["--target", TARGET, "--message-format", "json-render-diagnostics"])
        // The quick module shares the compiled crates with other builds, for which these flags would be others.
        .args(if profile == "web" { without_paths(TARGET)? } else { Vec::new() })
        .current_dir(root()?)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    if !output.status.success() {
        bail!("{} did not compile for {TARGET}", artefact.package);
    }
    let file = format!("{}.wasm", artefact.package.replace('-', "_"));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .find(|path| path.file_name().is_some_and(|name| name == file.as_str()))
        .with_context(|| format!("cargo did not report {file}"))
}

/// Options of Cargo that keep the folders of this computer out of what is compiled, so that the same sources give the same
/// bytes elsewhere: errors name files in crates and in the target folder.
fn without_paths(target: &str) -> Result<Vec<String>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).context("Cargo has no folder")?;
    let output = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().map(|root| root.join("target")), |path| Ok(path.into()))?;
    let remap = |path: PathBuf, name: &str| format!("--remap-path-prefix={}={name}", path.display());
    let flags = [remap(home.join("registry/src"), "crates"), remap(output, "target")];
    Ok(vec!["--config".into(), format!("target.{target}.rustflags={}", serde_json::to_string(&flags)?)])
}

/// The clone from which cargo was started, even if the program was compiled in another one with the same target folder.
fn root() -> Result<PathBuf> {
    let here =
        std::env::var_os("CARGO_MANIFEST_DIR").context("xtask must be started by cargo: `cargo xtask`")?;
    Ok(Path::new(&here).parent().context("xtask has no parent folder")?.to_path_buf())
}
