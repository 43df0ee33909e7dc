//! The bill of materials of what is published, in the format CycloneDX 1.6: the crates whose code is in it, and the network.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::licences::{crates, package};

/// The components of a package for a platform. The same sources give the same text: there is no time and no serial number.
pub(crate) fn text(root: &Path, metadata: &Value, package_name: &str, target: &str) -> Result<String> {
    let named = crates(root, package_name, target)?;
    let own = package(metadata, package_name, None).context("there is no such package")?;
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let hashes = hashes(&lock);
    let found = |(name, version): &(String, String)| {
        package(metadata, name, Some(version)).with_context(|| format!("{name} {version}"))
    };
    let all: Vec<&Value> = named.iter().map(found).collect::<Result<_>>()?;
    let mut components: Vec<Value> = all
        .iter()
        .filter(|package| package["id"] != own["id"])
        .map(|package| component(package, &hashes))
        .collect();
    components.push(network(root)?);
    let mut dependencies: Vec<Value> =
        all.iter().map(|package| depends_on(metadata, package, &all)).collect();
    dependencies.push(json!({ "ref": "model:nuclei.onnx" }));
    let sbom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": component(own, &hashes),
            "properties": [{ "name": "nucleoscope:target", "value": target }],
        },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&sbom)? + "\n")
}

/// The hashes of the archives of crates, by name and version.
fn hashes(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        let line =
            block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'));
        line.map(str::to_owned)
    };
    let of_block =
        |block| Some(((value(block, "name")?, value(block, "version")?), value(block, "checksum")?));
    lock.split("[[package]]").filter_map(of_block).collect()
}

fn text_of<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

fn reference(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text_of(package, "name"), text_of(package, "version"))
}

fn component(package: &Value, hashes: &BTreeMap<(String, String), String>) -> Value {
    let (name, version) = (text_of(package, "name"), text_of(package, "version"));
    let mut component = json!({
        "type": if package["source"].is_null() { "application" } else { "library" },
        "bom-ref": reference(package),
        "name": name,
        "version": version,
        "purl": reference(package),
    });
    if let Some(licence) = package["license"].as_str() {
        // Before SPDX, Cargo's own notation had a slash for "or".
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if let Some(hash) = hashes.get(&(name.to_owned(), version.to_owned())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
    }
    if let Some(repository) = package["repository"].as_str() {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

/// Which of the components a package depends on.
fn depends_on(metadata: &Value, package: &Value, all: &[&Value]) -> Value {
    let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
    let node = nodes.clone().find(|node| node["id"] == package["id"]);
    let ids = node.and_then(|node| node["dependencies"].as_array()).into_iter().flatten();
    let mut on: Vec<String> = ids
        .filter_map(|id| all.iter().find(|other| other["id"] == *id))
        .map(|other| reference(other))
        .collect();
    on.sort();
    on.dedup();
    json!({ "ref": reference(package), "dependsOn": on })
}

/// The network as a component: its name and version are in its metadata and in the model card's title.
fn network(root: &Path) -> Result<Value> {
    let card = fs::read_to_string(root.join("model/README.md"))?;
    let title = card
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# Model card: "))
        .and_then(|title| title.split_once(' '));
    let (name, version) = title.context("the model card has no name and version")?;
    let hash: String = Sha256::digest(fs::read(root.join("model/nuclei.onnx"))?)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(json!({
        "type": "machine-learning-model",
        "bom-ref": "model:nuclei.onnx",
        "name": name,
        "version": version,
        "hashes": [{ "alg": "SHA-256", "content": hash }],
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    }))
}
