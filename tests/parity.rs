//! The engine answers what PyTorch answers: the shipped network's logits against those that the training
//! project wrote to `tests/fixtures/reference-logits.json`.

use nucleoscope::network::{Network, TractNetwork};
use prost::Message;
use serde::Deserialize;
use tract_onnx::pb::ModelProto;

const MODEL: &[u8] = include_bytes!("../model/nuclei.onnx");
const REFERENCE: &str = include_str!("fixtures/reference-logits.json");

#[derive(Deserialize)]
struct Reference {
    height: usize,
    width: usize,
    logits: Vec<f32>,
}

/// The shipped network without the sigmoid behind it.
fn network_of_logits() -> TractNetwork {
    let mut model = ModelProto::decode(MODEL).unwrap();
    let activation = model.metadata_props.iter_mut().find(|entry| entry.key == "activation").unwrap();
    activation.value = "none".into();
    TractNetwork::load(&model.encode_to_vec()).unwrap()
}

/// The training project's input: a linear congruential generator's upper 12 bits as multiples of 1/4096.
fn input(length: usize) -> Vec<f32> {
    let mut state = 0u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 20) as f32 / 4096.0
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn logits_are_those_of_pytorch() {
    let reference: Reference = serde_json::from_str(REFERENCE).unwrap();
    let input = input(reference.logits.len());
    let logits = network_of_logits().run(input, reference.height, reference.width).unwrap();
    assert_eq!(logits.len(), reference.logits.len());
    let largest = reference.logits.iter().fold(0.0f32, |largest, logit| largest.max(logit.abs()));
    assert!(largest > 1.0, "a reference of nothing shows nothing: {largest}");
    for (index, (ours, theirs)) in logits.iter().zip(&reference.logits).enumerate() {
        assert!((ours - theirs).abs() <= 1e-4, "value {index}: {ours}, by PyTorch {theirs}");
    }
}
