//! `nucleoscope.json`: what was done to which image by which program, so that it can be done again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{ExportError, Format, Subject};
use crate::image::PixelSize;
use crate::segment::Settings;

/// A file, told by its contents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileIdentity {
    /// Its name or path as the user knows it.
    pub name: String,
    /// SHA-256 of its bytes in hexadecimal digits ([`sha256`]).
    pub sha256: String,
}

/// A model, told by its contents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelIdentity {
    /// What the model calls itself.
    pub name: String,
    /// The version it gives itself.
    pub version: String,
    /// SHA-256 of its file in hexadecimal digits ([`sha256`]).
    pub sha256: String,
}

/// Where an image's nuclei come from: the part of a record that only the caller knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// The image's file.
    pub input: FileIdentity,
    /// The model; `None` if the nuclei were not found by one.
    pub model: Option<ModelIdentity>,
    /// The settings of the segmentation; `None` without one.
    pub settings: Option<Settings>,
    /// Which channel, page or slice was segmented; written as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<Value>,
    /// What was changed by hand; written as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edits: Option<Value>,
    /// Regions of interest, the only ones whose nuclei count; written as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Value>,
    /// Limits on measurements that nuclei had to keep; written as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    /// Version of this file's layout.
    format: u32,
    program: Program,
    image: ImageFacts<'a>,
    #[serde(flatten)]
    provenance: &'a Provenance,
    nuclei: u32,
    edited_nuclei: usize,
}

#[derive(Serialize)]
struct Program {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageFacts<'a> {
    id: &'a str,
    width: usize,
    height: usize,
    bit_depth: u8,
    channels: Vec<&'a str>,
    /// In µm.
    pixel_size: Option<PixelSize>,
}

/// Writes the record of an image.
///
/// # Errors
/// [`ExportError::Encode`] never in practice: text goes to memory.
pub fn encode(subject: &Subject) -> Result<Vec<u8>, ExportError> {
    let record = Record {
        format: 1,
        program: Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        image: ImageFacts {
            id: subject.image_id,
            width: subject.image.width(),
            height: subject.image.height(),
            bit_depth: subject.image.bit_depth(),
            channels: subject.channels.iter().map(|channel| channel.name.as_str()).collect(),
            pixel_size: subject.pixel_size,
        },
        provenance: subject.provenance,
        nuclei: subject.labels.count(),
        edited_nuclei: subject.edited.iter().filter(|edited| **edited).count(),
    };
    let refused =
        |error: serde_json::Error| ExportError::Encode { format: Format::Record, reason: error.to_string() };
    let mut bytes = serde_json::to_vec_pretty(&record).map_err(refused)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The SHA-256 of bytes in 64 hexadecimal digits (FIPS 180-4).
///
/// ```
/// use nucleoscope::export::record::sha256;
///
/// assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Image, Samples, split};
    use crate::nuclei::LabelImage;
    use serde_json::json;

    #[test]
    fn a_record_says_what_is_needed_to_repeat_a_run() {
        let image = Image::new(2, 1, 1, Samples::U16(vec![1, 2])).unwrap();
        let provenance = Provenance {
            input: FileIdentity { name: "a/b.tif".into(), sha256: sha256(b"") },
            model: Some(ModelIdentity {
                name: "nuclei".into(),
                version: "0.3.0".into(),
                sha256: sha256(b"m"),
            }),
            settings: Some(Settings { diameter: Some(30.0), ..Default::default() }),
            edits: Some(json!([{ "merge": [1, 2] }])),
            ..Default::default()
        };
        let subject = Subject {
            image_id: "b",
            image: &image,
            channels: &split(&image).unwrap(),
            pixel_size: PixelSize::new(0.5, 0.25),
            labels: &LabelImage::from_labels(2, 1, vec![1, 2]),
            edited: &[true, false],
            provenance: &provenance,
        };
        let bytes = encode(&subject).unwrap();
        let found: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(found["program"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(found["image"]["pixelSize"], json!({ "x": 0.5, "y": 0.25 }));
        assert_eq!((&found["nuclei"], &found["editedNuclei"]), (&json!(2), &json!(1)));
        assert_eq!(found["edits"][0]["merge"], json!([1, 2]));
        assert!(found.get("gates").is_none());
        // What the caller said can be read back, to run the same once more.
        assert_eq!(serde_json::from_slice::<Provenance>(&bytes).unwrap(), provenance);
    }

    #[test]
    fn the_mode_in_an_earlier_record_is_passed_over() {
        let settings = json!({ "diameter": 30.0, "effort": "accurate", "threshold": 0.5 });
        let read: Provenance = serde_json::from_value(json!({
            "input": { "name": "a", "sha256": "" }, "model": null, "settings": settings,
        }))
        .unwrap();
        let settings = read.settings.unwrap();
        assert_eq!((settings.diameter, settings.watershed.threshold), (Some(30.0), 0.5));
    }
}
