//! The archive of a release: the command line for one platform, its licences and its documentation.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::licences::{self, cargo, metadata, package};
use crate::sbom;

const PACKAGE: &str = "nucleoscope-cli";
const PROGRAM: &str = "nucleoscope";

/// 1 January 1980, the time of every file: as in the archives that the program writes.
const TIME: u64 = 315_532_800;

/// Files of the repository in the archive, at the same paths.
const DOCUMENTS: [&str; 5] =
    ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "docs/command-line.md"];

/// The arguments of `cargo xtask dist`.
#[derive(Default)]
struct Options {
    /// The platform; that of the compiler by default.
    target: Option<String>,
    /// A program that is already built.
    program: Option<PathBuf>,
    /// The folder for the archive; `target/dist` by default.
    output: Option<PathBuf>,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        for pair in arguments.chunks(2) {
            match *pair {
                ["--target", target] => options.target = Some(target.to_owned()),
                ["--program", path] => options.program = Some(path.into()),
                ["--output", path] => options.output = Some(path.into()),
                _ => bail!("unexpected argument: {}", pair.join(" ")),
            }
        }
        Ok(options)
    }
}

/// Builds the program, unless it is given, and writes `nucleoscope-VERSION-TARGET.tar.gz` and its SHA-256. The
/// archive depends only on the bytes of the files in it.
pub(crate) fn dist(root: &Path, arguments: &[&str]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let target = options.target.clone().map_or_else(host, Ok)?;
    let program = options.program.map_or_else(|| compile(root, &target, options.target.is_some()), Ok)?;
    let metadata = metadata(root)?;
    let version = package(&metadata, PACKAGE, None).and_then(|package| package["version"].as_str());
    let name = format!("{PROGRAM}-{}-{target}", version.context("the command line has no version")?);

    let suffix = if target.contains("windows") { ".exe" } else { "" };
    let read = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
    let mut files = BTreeMap::from([(format!("{PROGRAM}{suffix}"), (0o755, read(&program)?))]);
    for document in DOCUMENTS {
        files.insert(document.to_owned(), (0o644, read(&root.join(document))?));
    }
    let licences = licences::text(root, &metadata, PACKAGE, &target)? + &licences::of_c_library(&target);
    files.insert("THIRD-PARTY-LICENSES.txt".to_owned(), (0o644, licences.into_bytes()));
    let sbom = sbom::text(root, &metadata, PACKAGE, &target)?;
    files.insert("sbom.cdx.json".to_owned(), (0o644, sbom.into_bytes()));

    let folder = options.output.unwrap_or_else(|| root.join("target/dist"));
    fs::create_dir_all(&folder)?;
    let archive = archive(&name, &files)?;
    let path = folder.join(format!("{name}.tar.gz"));
    fs::write(&path, &archive)?;
    let hash: String = Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(folder.join(format!("{name}.tar.gz.sha256")), format!("{hash}  {name}.tar.gz\n"))?;
    eprintln!("xtask: {} ({:.1} MB)", path.display(), archive.len() as f64 / 1e6);
    Ok(())
}

/// The compiler's own platform.
pub(crate) fn host() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().context("rustc could not be started")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc did not report its host")?.to_owned())
}

/// Compiles the program without symbols and, for Linux, with the C library in it, so that it runs on every
/// distribution and in an empty container. Both flags concern only linking, so they are given to the last crate alone.
fn compile(root: &Path, target: &str, is_cross: bool) -> Result<PathBuf> {
    let mut arguments = vec!["rustc", "--release", "--locked", "--package", PACKAGE, "--bin", PROGRAM];
    arguments.extend(["--message-format", "json-render-diagnostics"]);
    if is_cross {
        arguments.extend(["--target", target]);
    }
    let without_paths = crate::without_paths(target)?;
    arguments.extend(without_paths.iter().map(String::as_str));
    arguments.extend(["--", "-C", "strip=symbols"]);
    if target.contains("linux") {
        arguments.extend(["-C", "target-feature=+crt-static"]);
    }
    let messages = cargo(root, &arguments)?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut programs = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    programs.next_back().context("cargo did not report the program")
}

/// A compressed archive with the files in a folder, in the order of their names, without owners.
fn archive(folder: &str, files: &BTreeMap<String, (u32, Vec<u8>)>) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for (name, (mode, bytes)) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        header.set_mtime(TIME);
        archive.append_data(&mut header, format!("{folder}/{name}"), bytes.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}
