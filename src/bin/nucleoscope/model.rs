//! `nucleoscope model`: what a model says of itself.

use std::path::PathBuf;

use clap::Args;
use nucleoscope::Error;
use nucleoscope::network::{Activation, Network};

use crate::{Outcome, table, work};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The model
    #[arg(value_name = "FILE.onnx")]
    model: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let network = work::load_model(&arguments.model)?;
    let contract = network.contract();
    let normalization = contract.normalization;
    let activation = match contract.activation {
        Activation::None => "none",
        Activation::Sigmoid => "sigmoid",
    };
    let rows = [
        ("name", contract.name.clone()),
        ("version", contract.version.clone()),
        ("input", format!("image: float32 [1, 3, H, W], H and W multiples of {}", contract.stride)),
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
        ("training diameter", format!("{} pixels", contract.training_diameter)),
        ("halo", format!("{} pixels", contract.halo)),
        ("license", contract.license.clone()),
        ("data", contract.data.clone()),
    ];
    for (key, value) in rows {
        table::say(format_args!("{key:<18}{value}"));
    }
    let scales: Vec<String> =
        contract.scales.entries().map(|(name, value)| format!("{name}={value:.4}")).collect();
    table::say(format_args!("{:<18}{}", "scales", scales.join(", ")));
    Ok(Outcome::Complete)
}
