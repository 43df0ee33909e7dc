//! The engine computes the same as ONNX Runtime (and, in the training project's tests, PyTorch): the shipped
//! network's logits are compared with those that the training project wrote to
//! `tests/fixtures/reference-logits.json`. Its weights, stored in 8 bits, are dequantised once, when it is loaded.

#![cfg(feature = "onnx")]

use nucleoscope::geometry::Size;
use nucleoscope::network::{Network, TractNetwork};
use prost::Message;
use serde::Deserialize;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::Conv;

const MODEL: &[u8] = include_bytes!("../model/nuclei.onnx");
const REFERENCE: &str = include_str!("fixtures/reference-logits.json");

#[derive(Deserialize)]
struct Reference {
    height: usize,
    width: usize,
    logits: Vec<f32>,
}

/// The shipped network without its sigmoid.
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
fn logits_equal_those_of_onnx_runtime() {
    let reference: Reference = serde_json::from_str(REFERENCE).unwrap();
    let input = input(reference.logits.len());
    let logits = network_of_logits().run(input, Size::new(reference.width, reference.height)).unwrap();
    assert_eq!(logits.len(), reference.logits.len());
    let largest = reference.logits.iter().fold(0.0f32, |largest, logit| largest.max(logit.abs()));
    assert!(largest > 1.0, "a reference of nothing shows nothing: {largest}");
    for (index, (ours, theirs)) in logits.iter().zip(&reference.logits).enumerate() {
        assert!((ours - theirs).abs() <= 1e-4, "value {index}: {ours}, by ONNX Runtime {theirs}");
    }
}

#[test]
fn weights_in_8_bits_are_constants_once_the_model_is_loaded() {
    let proto = ModelProto::decode(MODEL).unwrap();
    let quantised = proto.graph.as_ref().unwrap().node.iter();
    assert_eq!(quantised.filter(|node| node.op_type == "DequantizeLinear").count(), 21);
    let model = tract_onnx::onnx().model_for_proto_model(&proto).unwrap();
    let model = model.with_input_fact(0, f32::fact([1, 3, 64, 64]).into()).unwrap();
    let model = model.into_typed().unwrap().into_decluttered().unwrap();
    let is_constant = |outlet: &OutletId| model.outlet_fact(*outlet).unwrap().konst.is_some();
    for node in model.nodes.iter().filter(|node| !node.inputs.is_empty()) {
        assert!(!node.inputs.iter().all(is_constant), "{} is done again for every tile", node.name);
    }
    let convolutions: Vec<_> = model.nodes.iter().filter(|node| node.op_is::<Conv>()).collect();
    assert!(convolutions.len() >= 18, "{} of 18 with kernels of 3x3", convolutions.len());
    for node in convolutions {
        assert!(is_constant(&node.inputs[1]), "{}", node.name);
        assert_eq!(model.outlet_fact(node.inputs[1]).unwrap().datum_type, f32::datum_type(), "{}", node.name);
    }
}
