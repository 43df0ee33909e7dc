//! Uses your own ONNX model and settings; docs/model-metadata.md describes what the model has to
//! provide.
//!
//! `cargo run --release --example own_model -- model/nuclei.onnx`
#![expect(clippy::print_stdout, reason = "an example")]

use std::error::Error;

use nucleoscope::network::TractNetwork;
use nucleoscope::nuclei::WatershedSettings;
use nucleoscope::segment::Settings;
use nucleoscope::{Segmenter, synthetic};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "model/nuclei.onnx".into());
    let network = TractNetwork::load(&std::fs::read(path)?)?;
    // Split more readily, and keep small nuclei.
    let watershed = WatershedSettings::default().h(0.2).minimum_area(10);
    let segmenter =
        Segmenter::new(network).with_settings(Settings::default().diameter(20.0).watershed(watershed));
    println!("{} {}", segmenter.metadata().name, segmenter.metadata().version);
    let found = segmenter.segment(&synthetic::field(&Default::default()).image)?;
    println!("{} nuclei", found.labels.count());
    Ok(())
}
