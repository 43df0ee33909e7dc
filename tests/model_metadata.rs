//! Models that are not ONNX or have invalid metadata are refused with the reason.

#![cfg(feature = "onnx")]

use nucleoscope::Diagnostic;
use nucleoscope::geometry::Size;
use nucleoscope::network::{Network, NetworkError, OPERATORS, TractNetwork};
use prost::Message;
use tract_onnx::pb::ModelProto;

fn shipped() -> ModelProto {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/model/nuclei.onnx");
    ModelProto::decode(&*std::fs::read(path).unwrap()).unwrap()
}

fn load(model: &ModelProto) -> Result<TractNetwork, NetworkError> {
    TractNetwork::load(&model.encode_to_vec())
}

#[test]
fn the_shipped_model_has_valid_metadata_and_its_size() {
    let network = load(&shipped()).unwrap();
    assert_eq!(network.metadata().name, "nuclei");
    assert_eq!(network.metadata().training_diameter, 24.0);
    assert!(shipped().opset_import[0].version >= 17);
    assert!(shipped().encoded_len() <= 4_000_000, "{} bytes", shipped().encoded_len());
}

#[test]
fn the_same_pixels_give_the_same_probabilities_at_another_size() {
    let network = load(&shipped()).unwrap();
    let stride = network.metadata().stride;
    for (rows, columns) in [(1, 1), (2, 3), (4, 1)] {
        let size = Size::new(columns * stride, rows * stride);
        let maps = network.run(vec![0.25; 3 * size.area()], size).unwrap();
        assert_eq!(maps.len(), 3 * size.area());
        assert!(maps.iter().all(|value| (0.0..=1.0).contains(value)));
    }
}

#[test]
fn files_that_are_not_onnx_are_refused() {
    let cases: [&[u8]; 4] = [b"", b"not a model", &[0xff; 64], b"\x89PNG\r\n\x1a\n"];
    for bytes in cases {
        let error = TractNetwork::load(bytes).unwrap_err();
        assert!(["model/not-onnx", "model/metadata"].contains(&error.code().as_str()), "{error}");
        assert!(!error.help().is_empty());
    }
}

#[test]
fn a_truncated_model_is_refused() {
    let bytes = shipped().encode_to_vec();
    for share in [1, 10, 50, 99] {
        assert!(TractNetwork::load(&bytes[..bytes.len() * share / 100]).is_err(), "{share} %");
    }
}

#[test]
fn a_model_without_metadata_is_refused_by_name() {
    let mut model = shipped();
    model.metadata_props.retain(|entry| entry.key != "activation");
    let error = load(&model).unwrap_err();
    assert_eq!(error.code(), "model/metadata");
    assert!(error.to_string().contains("\"activation\""), "{error}");
}

#[test]
fn a_model_with_other_names_is_refused_with_its_names() {
    let mut model = shipped();
    let graph = model.graph.as_mut().unwrap();
    graph.output[0].name = graph.node[0].output[0].clone();
    let error = load(&model).unwrap_err();
    assert_eq!(error.code(), "model/metadata");
    assert!(error.to_string().contains("maps"), "{error}");
}

#[test]
fn a_model_with_another_shape_is_refused() {
    let mut model = shipped();
    let graph = model.graph.as_mut().unwrap();
    // The first layer's output under the right name: the name is valid, the shape is not.
    let first = graph.node.iter().position(|node| node.op_type == "Conv").unwrap();
    let last = graph.node.iter_mut().find(|node| node.output[0] == "maps").unwrap();
    last.output[0] = "unused".into();
    graph.node[first].output[0] = "maps".into();
    graph.node.truncate(first + 1);
    let error = load(&model).unwrap_err();
    assert!(["model/metadata", "model/unsupported"].contains(&error.code().as_str()), "{error}");
}

#[test]
fn operators_that_no_image_network_needs_are_refused_by_name() {
    let mut model = shipped();
    let nodes = &mut model.graph.as_mut().unwrap().node;
    for (node, operator) in [(3, "Teleport"), (5, "LSTM"), (6, "LSTM")] {
        nodes[node].op_type = operator.into();
    }
    let error = load(&model).unwrap_err();
    assert_eq!(error.code(), "model/operators", "{error}");
    assert!(error.to_string().ends_with("it uses LSTM, Teleport"), "{error}");
}

#[test]
fn the_guide_lists_every_operator() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/model-metadata.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let list: Vec<String> = OPERATORS.iter().map(|operator| format!("`{operator}`")).collect();
    let list = list.join(", ");
    assert!(guide.contains(&list), "docs/model-metadata.md should list: {list}");
}
