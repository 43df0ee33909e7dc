//! A model's metadata, from the `metadata_props` of its ONNX file.

use std::collections::HashMap;

use super::error::plain_start;
use super::{NetworkError, ScaleRange};
use crate::image::{LocalRange, Normalization};

/// The activation that converts the model's raw output to values in `0.0..=1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum Activation {
    /// The output is already in range.
    None,
    /// The output is logits: `1 / (1 + exp(-x))`.
    Sigmoid,
}

/// A model's metadata. `docs/model-metadata.md` lists the keys.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct ModelMetadata {
    /// The model's name, as [plain text](crate::plain_text) of at most 80 characters.
    pub name: String,
    /// The model's version, as plain text of at most 80 characters.
    pub version: String,
    /// The activation to apply to the raw output.
    pub activation: Activation,
    /// How images are normalised.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub normalization: Normalization,
    /// Both sides of the input must be multiples of this many pixels.
    pub stride: usize,
    /// Context in pixels that a tile needs around the part that is kept, at the network's scale.
    pub halo: usize,
    /// Diameter in pixels of the nuclei that the model segments best.
    pub training_diameter: f32,
    /// The scales at which the model works.
    pub scales: ScaleRange,
    /// Licence of the weights, as plain text of at most 2,000 characters.
    pub license: String,
    /// The training data, as plain text of at most 2,000 characters.
    pub data: String,
}

/// The supported version of the metadata's layout.
const LAYOUT: &str = "1";
/// The three output channels, in order.
const CHANNELS: &str = "interior,boundary,distance";
/// Largest plausible stride and halo.
const LARGEST_MARGIN: usize = 512;
/// The most characters of a name and of a description.
const LONGEST_NAME: usize = 80;
const LONGEST_DESCRIPTION: usize = 2000;

impl ModelMetadata {
    /// Reads the metadata from a model's `metadata_props`.
    ///
    /// # Errors
    /// [`NetworkError::Metadata`] with the key that is missing or out of range.
    ///
    /// ```
    /// use nucleoscope::network::ModelMetadata;
    ///
    /// let error = ModelMetadata::from_metadata(&Default::default()).unwrap_err();
    /// assert!(error.to_string().contains("nucleoscope.contract"));
    /// ```
    pub fn from_metadata(metadata: &HashMap<String, String>) -> Result<Self, NetworkError> {
        let keys = Keys(metadata);
        keys.expect("nucleoscope.contract", LAYOUT)?;
        keys.expect("channels", CHANNELS)?;
        let activation = match keys.text("activation")? {
            "sigmoid" => Activation::Sigmoid,
            "none" => Activation::None,
            other => {
                return Err(NetworkError::metadata(format!(
                    "metadata \"activation\" is \"{other}\"; \"sigmoid\" and \"none\" are known"
                )));
            }
        };
        let local = match keys.text("normalization")? {
            "percentile" => None,
            "local" => Some(LocalRange {
                cell_percentile: keys.number("normalization_cell", 50.0, 100.0)?,
                smallest_share: keys.number("normalization_share", 0.0, 1.0)? as f32,
                least_noises: keys.number("normalization_noises", 0.0, 1e6)? as f32,
                least_steps: keys.number("normalization_steps", 0.0, 1e6)? as f32,
            }),
            other => {
                return Err(NetworkError::metadata(format!(
                    "metadata \"normalization\" is \"{other}\"; \"percentile\" and \"local\" are known"
                )));
            }
        };
        let normalization = Normalization {
            local,
            low_percentile: keys.number("normalization_low", 0.0, 50.0)?,
            high_percentile: keys.number("normalization_high", 50.0, 100.0)?,
            clip_low: keys.number("clip_low", -1e6, 0.0)? as f32,
            clip_high: keys.number("clip_high", 1.0, 1e6)? as f32,
        };
        let training_diameter = keys.number("training_diameter", 2.0, 1000.0)?;
        Ok(Self {
            name: plain_start(keys.text("name")?, LONGEST_NAME),
            version: plain_start(keys.text("version")?, LONGEST_NAME),
            activation,
            normalization,
            stride: keys.number("stride", 1.0, LARGEST_MARGIN as f64)? as usize,
            halo: keys.number("halo", 0.0, LARGEST_MARGIN as f64)? as usize,
            training_diameter: training_diameter as f32,
            scales: ScaleRange::from_metadata(metadata, training_diameter)?,
            license: plain_start(keys.text("license")?, LONGEST_DESCRIPTION),
            data: plain_start(keys.text("data")?, LONGEST_DESCRIPTION),
        })
    }
}

struct Keys<'a>(&'a HashMap<String, String>);

impl<'a> Keys<'a> {
    fn text(&self, key: &str) -> Result<&'a str, NetworkError> {
        let found = self.0.get(key).map(|value| value.trim()).filter(|value| !value.is_empty());
        found.ok_or_else(|| NetworkError::metadata(format!("metadata \"{key}\" is missing")))
    }

    fn expect(&self, key: &str, wanted: &str) -> Result<(), NetworkError> {
        match self.text(key)? {
            found if found == wanted => Ok(()),
            found => {
                Err(NetworkError::metadata(format!("metadata \"{key}\" is \"{found}\", not \"{wanted}\"")))
            }
        }
    }

    fn number(&self, key: &str, least: f64, most: f64) -> Result<f64, NetworkError> {
        let text = self.text(key)?;
        match text.parse::<f64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(NetworkError::metadata(format!(
                "metadata \"{key}\" is \"{text}\", not a number from {least} to {most}"
            ))),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn metadata() -> HashMap<String, String> {
        let pairs = [
            ("nucleoscope.contract", "1"),
            ("name", "test"),
            ("version", "1"),
            ("channels", "interior,boundary,distance"),
            ("activation", "sigmoid"),
            ("normalization", "percentile"),
            ("normalization_low", "1"),
            ("normalization_high", "99.8"),
            ("clip_low", "-0.5"),
            ("clip_high", "1.5"),
            ("stride", "8"),
            ("halo", "16"),
            ("training_diameter", "24"),
            ("license", "MIT"),
            ("data", "none"),
        ];
        pairs.map(|(key, value)| (key.into(), value.into())).into()
    }

    #[test]
    fn reads_every_key() {
        let metadata = ModelMetadata::from_metadata(&metadata()).unwrap();
        assert_eq!((metadata.stride, metadata.halo, metadata.training_diameter), (8, 16, 24.0));
        assert_eq!(metadata.activation, Activation::Sigmoid);
        assert_eq!(metadata.normalization.high_percentile, 99.8);
    }

    #[test]
    fn texts_are_plain_and_not_too_long() {
        let mut hostile = metadata();
        hostile.insert("name".into(), "\u{1b}]0;title\u{7}\u{202e}".into());
        hostile.insert("data".into(), "x".repeat(1 << 20));
        let read = ModelMetadata::from_metadata(&hostile).unwrap();
        assert_eq!(read.name, r"\u{1b}]0;title\u{7}\u{202e}");
        assert_eq!(read.data.chars().count(), LONGEST_DESCRIPTION + 1);
        hostile.insert("activation".into(), "\u{1b}[31m".repeat(1 << 20));
        let error = ModelMetadata::from_metadata(&hostile).unwrap_err().to_string();
        assert!(error.len() < 6000 && !error.contains('\u{1b}'), "{error}");
    }

    #[test]
    fn every_key_is_needed_and_named_when_it_is_missing_or_wrong() {
        for key in metadata().into_keys() {
            for value in [None, Some(""), Some("-77777777777")] {
                let free_text = ["name", "version", "license", "data"].contains(&key.as_str());
                if value == Some("-77777777777") && free_text {
                    continue;
                }
                let mut broken = metadata();
                broken.remove(&key);
                broken.extend(value.map(|value| (key.clone(), value.to_owned())));
                let error = ModelMetadata::from_metadata(&broken).unwrap_err().to_string();
                assert!(error.contains(&format!("\"{key}\"")), "{error}");
            }
        }
    }
}
