//! Uses a network that is not an ONNX model: here the brightness itself. It needs no feature, so
//! `cargo run --no-default-features --example own_network` compiles without tract.
#![expect(clippy::print_stdout, reason = "an example")]

use std::collections::HashMap;
use std::error::Error;

use nucleoscope::geometry::Size;
use nucleoscope::network::{ModelMetadata, Network, NetworkError};
use nucleoscope::{Segmenter, synthetic};

/// Takes bright pixels for nuclei.
struct Brightness(ModelMetadata);

impl Network for Brightness {
    fn metadata(&self) -> &ModelMetadata {
        &self.0
    }

    /// The input is `[3, height, width]`; the output are interior, boundary and distance in the same shape.
    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
        let red = &input[..size.area()];
        let interior = red.iter().map(|value| f32::from(*value > 0.3));
        let boundary = red.iter().map(|_| 0.0);
        let distance = red.iter().map(|value| value.clamp(0.0, 1.0));
        Ok(interior.chain(boundary).chain(distance).collect())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let metadata: HashMap<String, String> = [
        ("nucleoscope.contract", "1"),
        ("name", "brightness"),
        ("version", "1"),
        ("channels", "interior,boundary,distance"),
        ("activation", "none"),
        ("normalization", "percentile"),
        ("normalization_low", "1"),
        ("normalization_high", "99.8"),
        ("clip_low", "-0.5"),
        ("clip_high", "1.5"),
        ("stride", "1"),
        ("halo", "0"),
        ("training_diameter", "24"),
        ("license", "MIT"),
        ("data", "none"),
    ]
    .map(|(key, value)| (key.into(), value.into()))
    .into();
    let segmenter = Segmenter::new(Brightness(ModelMetadata::from_metadata(&metadata)?));
    let drawn = synthetic::field(&Default::default());
    let found = segmenter.segment(&drawn.image)?;
    println!("{} nuclei of {}", found.labels.count(), drawn.truth.count());
    Ok(())
}
