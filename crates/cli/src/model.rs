//! `nucleoscope model`: checks a model and prints its metadata.

use std::path::PathBuf;

use clap::Args;
use nucleoscope::Error;
use nucleoscope::network::{Activation, Network};
use nucleoscope::record::sha256;

use crate::model_check::{self, ModelOptions};
use crate::{Outcome, table};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Model to check
    #[arg(value_name = "FILE.onnx")]
    model: PathBuf,
    #[command(flatten)]
    options: ModelOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let limits = &arguments.options.limits;
    let hash = sha256(&model_check::read(&arguments.model, limits)?);
    let network = model_check::load(&arguments.model, limits)?;
    let metadata = network.metadata();
    let normalization = metadata.normalization;
    let activation = match metadata.activation {
        Activation::None => "none",
        Activation::Sigmoid => "sigmoid",
    };
    let rows = [
        ("name", metadata.name.clone()),
        ("version", metadata.version.clone()),
        ("sha256", hash),
        ("input", format!("image: float32 [1, 3, H, W], H and W multiples of {}", metadata.stride)),
        ("output", "maps: float32 [1, 3, H, W]: interior, boundary, distance".into()),
        ("activation", activation.into()),
        (
            "normalization",
            format!(
                "percentiles {} and {} become 0 and 1, clipped to {}..{}",
                normalization.low_percentile,
                normalization.high_percentile,
                normalization.clip_low,
                normalization.clip_high
            ),
        ),
        ("training diameter", format!("{} pixels", metadata.training_diameter)),
        ("halo", format!("{} pixels", metadata.halo)),
        ("license", metadata.license.clone()),
        ("data", metadata.data.clone()),
    ];
    for (key, value) in rows {
        table::say(format_args!("{key:<18}{value}"));
    }
    let scales: Vec<String> =
        metadata.scales.entries().map(|(name, value)| format!("{name}={value:.4}")).collect();
    table::say(format_args!("{:<18}{}", "scales", scales.join(", ")));
    Ok(Outcome::Complete)
}
