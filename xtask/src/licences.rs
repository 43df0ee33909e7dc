//! The licences of the libraries whose code is in what is published.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The licence of the GNU C Library.
const LGPL: &str = include_str!("../licences/LGPL-2.1.txt");

/// Where the licence of a crate is that has no file with it.
enum Substitute {
    /// In another crate of the same repository, on which the crate depends.
    Crate(&'static str),
    /// The Apache licence, which has no line with a name.
    Apache,
    /// The MIT licence, with the authors that the crate names.
    Mit,
}

/// Crates without a file with their licence; each chooses a licence that the crate allows.
const SUBSTITUTES: [(&str, Substitute); 7] = [
    ("block2", Substitute::Mit),
    ("dispatch2", Substitute::Apache),
    ("gloo-utils", Substitute::Apache),
    ("nom-language", Substitute::Crate("nom")),
    ("objc2", Substitute::Mit),
    ("objc2-encode", Substitute::Mit),
    ("tract-extra", Substitute::Crate("tract-core")),
];

/// The licences of all crates whose code is in a package for a platform, and where the network comes from. Crates with the
/// same text share it.
///
/// # Errors
/// A crate has no file with its licence.
pub(crate) fn text(root: &Path, metadata: &Value, package_name: &str, target: &str) -> Result<String> {
    // By its words, because many copies differ only in their spaces: the first copy, and its crates.
    let mut texts: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for (name, version) in crates(root, package_name, target)? {
        let package = package(metadata, &name, Some(&version)).context(format!("{name} {version}"))?;
        if package["source"].is_null() {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("see the text");
        for text in licences_of(root, metadata, package)? {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (_, crates) = texts.entry(words).or_insert_with(|| (text, BTreeSet::new()));
            crates.insert(format!("{name} {version} ({licence})"));
        }
    }
    let mut sections: Vec<(BTreeSet<String>, String)> =
        texts.into_values().map(|(text, crates)| (crates, text)).collect();
    sections.sort();
    let mut all = String::from(
        "The program contains code of these libraries, and of Rust's standard library (MIT OR Apache-2.0).\n",
    );
    for (crates, text) in sections {
        let crates = crates.into_iter().collect::<Vec<_>>().join("\n");
        write!(all, "\n{}\n\n{crates}\n\n{}\n", line(), text.trim())?;
    }
    write!(all, "\n{}\n\n{}", line(), of_network(&fs::read_to_string(root.join("model/README.md"))?)?)?;
    Ok(all)
}

/// The licence of the C library, if it is in programs for this platform.
pub(crate) fn of_c_library(target: &str) -> String {
    if !target.contains("linux-gnu") {
        return String::new();
    }
    format!(
        "\n{}\n\nThe program also contains the GNU C Library (LGPL-2.1-or-later). From the source code of Nucleoscope, it \
         can be\nlinked with another version of that library: cargo xtask dist.\n\n{LGPL}",
        line()
    )
}

fn line() -> String {
    "-".repeat(72)
}

/// The section of the model card about the images with which the network was trained.
fn of_network(card: &str) -> Result<String> {
    let data = card.split_once("\n## Data\n").and_then(|(_, rest)| rest.split_once("\n## "));
    let (data, _) = data.context("the model card has no section \"Data\"")?;
    Ok(format!(
        "The network (nuclei.onnx) has the licence of Nucleoscope. It was trained with these images, which are not\n\
         included:\n\n{}\n",
        data.trim()
    ))
}

/// Names and versions of the crates whose code is in a package, without those that only run in the compiler.
pub(crate) fn crates(root: &Path, package: &str, target: &str) -> Result<BTreeSet<(String, String)>> {
    let edges = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
    let tree = ["tree", "--locked", "--package", package, "--target", target];
    let tree = cargo(root, &[&tree[..], &edges].concat())?;
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    });
    Ok(crates.collect())
}

/// The texts of the licences of a crate.
fn licences_of(root: &Path, metadata: &Value, package: &Value) -> Result<Vec<String>> {
    let texts = licence_files(package)?;
    if !texts.is_empty() {
        return Ok(texts);
    }
    let name = package["name"].as_str().unwrap_or_default();
    let substitute = SUBSTITUTES.iter().find(|(other, _)| *other == name);
    match substitute.map(|(_, substitute)| substitute) {
        Some(Substitute::Crate(other)) => {
            let other =
                self::package(metadata, other, None).with_context(|| format!("{name} needs {other}"))?;
            licence_files(other)
        }
        Some(Substitute::Apache) => Ok(vec![fs::read_to_string(root.join("LICENSE-APACHE"))?]),
        Some(Substitute::Mit) => {
            let own = fs::read_to_string(root.join("LICENSE-MIT"))?;
            let (_, terms) = own.split_once("\nPermission").context("LICENSE-MIT has no permission")?;
            let authors: Vec<&str> =
                package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            Ok(vec![format!("MIT License\n\nCopyright (c) {}\n\nPermission{terms}", authors.join(", "))])
        }
        None => bail!(
            "{name} {} has no file with its licence: say in xtask/src/licences.rs where it is",
            package["version"].as_str().unwrap_or_default()
        ),
    }
}

/// The contents of the files in a crate that have its licence, and those of code of others in its folders; empty if there
/// are none.
fn licence_files(package: &Value) -> Result<Vec<String>> {
    let manifest = package["manifest_path"].as_str().map(Path::new);
    let mut paths = Vec::new();
    find_licences(manifest.and_then(Path::parent).context("a crate has no folder")?, &mut paths)?;
    paths.sort();
    let text = |path| Ok(String::from_utf8_lossy(&fs::read(path)?).replace("\r\n", "\n"));
    paths.into_iter().map(text).collect()
}

/// Finds the files with licences in a folder and those in it, without what is not compiled.
fn find_licences(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        let is_licence = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"]
            .iter()
            .any(|beginning| name.starts_with(beginning));
        if path.is_dir() && !["TESTS", "BENCHES", "EXAMPLES"].contains(&&*name) {
            find_licences(&path, found)?;
        } else if is_licence && path.is_file() && path.extension().is_none_or(|ending| ending != "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// A package in the output of `cargo metadata`.
pub(crate) fn package<'a>(metadata: &'a Value, name: &str, version: Option<&str>) -> Option<&'a Value> {
    let fits = |package: &&Value| {
        package["name"] == name && version.is_none_or(|version| package["version"] == version)
    };
    metadata["packages"].as_array()?.iter().find(fits)
}

/// The output of `cargo metadata`.
pub(crate) fn metadata(root: &Path) -> Result<Value> {
    Ok(serde_json::from_str(&cargo(root, &["metadata", "--format-version", "1", "--locked"])?)?)
}

pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Result<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let output = command.args(arguments).current_dir(root).stderr(Stdio::inherit()).output();
    let output = output.context("cargo could not be started")?;
    if !output.status.success() {
        bail!("cargo {} failed", arguments[0]);
    }
    Ok(String::from_utf8(output.stdout)?)
}
