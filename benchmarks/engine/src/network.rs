//! The shipped network, with and without our operators.

use nucleoscope::network::TractNetwork;
use prost::Message;
use tract_onnx::pb::ModelProto;

use crate::BenchError;

/// The operators that run the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operators {
    /// Our operators where they exist, as in the product.
    Own,
    /// Only tract's operators.
    Stock,
}

/// Loads a model.
///
/// # Errors
/// The network's error.
pub fn load(model: &[u8], operators: Operators) -> Result<TractNetwork, BenchError> {
    Ok(match operators {
        Operators::Own => TractNetwork::load(model)?,
        Operators::Stock => TractNetwork::load_stock(model)?,
    })
}

/// The same model with metadata for no activation, so that its output is that of the file itself and can be
/// compared with other engines' output.
///
/// # Errors
/// [`BenchError::NotOnnx`].
pub fn without_activation(model: &[u8]) -> Result<Vec<u8>, BenchError> {
    let mut model = ModelProto::decode(model)?;
    for entry in &mut model.metadata_props {
        if entry.key == "activation" {
            entry.value = "none".into();
        }
    }
    Ok(model.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use nucleoscope::geometry::Size;
    use nucleoscope::network::{Activation, Network};

    use super::*;
    use crate::network_input;

    fn shipped() -> Vec<u8> {
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/nuclei.onnx")).unwrap()
    }

    #[test]
    fn maps_are_the_activated_output_of_the_file() {
        let (maps, logits) = (shipped(), without_activation(&shipped()).unwrap());
        let [maps, logits] = [maps, logits].map(|model| load(&model, Operators::Own).unwrap());
        assert_eq!(logits.metadata().activation, Activation::None);
        let input = network_input(maps.metadata(), 64).unwrap();
        let run = |network: &TractNetwork| network.run(input.clone(), Size::new(64, 64)).unwrap();
        let activated = run(&logits).into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp()));
        for (value, map) in activated.zip(run(&maps)) {
            assert!((value - map).abs() < 1e-6, "{value} {map}");
        }
    }
}
