//! Small ONNX models with the metadata of the shipped one.

use nucleoscope::network::SHIPPED_MODEL;
use prost::Message;
use tract_onnx::pb::{
    AttributeProto, ModelProto, NodeProto, TensorProto, attribute_proto::AttributeType,
    tensor_proto::DataType,
};

/// Models of one and of several operators.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let chains: [&[NodeProto]; 4] = [
        &[convolution("image", "maps", "w")],
        &[convolution("image", "a", "w"), node("Sigmoid", &["a"], "maps")],
        &[
            convolution("image", "a", "w"),
            node("Relu", &["a"], "b"),
            with(with(node("MaxPool", &["b"], "c"), "kernel_shape", &[2, 2]), "strides", &[2, 2]),
            node("Resize", &["c", "", "scales"], "d"),
            node("Add", &["d", "a"], "e"),
            convolution("e", "maps", "w"),
        ],
        &[
            node("Concat", &["image", "image"], "a"),
            with(node("Transpose", &["image"], "b"), "perm", &[0, 1, 3, 2]),
            with(node("Transpose", &["b"], "c"), "perm", &[0, 1, 3, 2]),
            node("Mul", &["c", "half"], "maps"),
        ],
    ];
    chains.iter().filter_map(|nodes| file(nodes)).collect()
}

fn file(nodes: &[NodeProto]) -> Option<Vec<u8>> {
    let mut model = ModelProto::decode(SHIPPED_MODEL).ok()?;
    for entry in &mut model.metadata_props {
        match entry.key.as_str() {
            "stride" => entry.value = "8".into(),
            "halo" => entry.value = "8".into(),
            "data" | "license" => entry.value.truncate(8),
            _ => {}
        }
    }
    let graph = model.graph.as_mut()?;
    graph.node = nodes
        .iter()
        .cloned()
        .map(|mut node| {
            if node.op_type == "Concat" {
                node.attribute.push(number("axis", 1));
            }
            node
        })
        .collect();
    graph.value_info.clear();
    graph.initializer = vec![
        floats("w", &[3, 3, 1, 1], &[0.5, 0.0, 0.1, 0.2, 0.5, 0.0, 0.0, 0.1, 0.5]),
        floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]),
        floats("half", &[1, 3, 1, 1], &[0.5; 3]),
    ];
    Some(model.encode_to_vec())
}

fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: operator.into(),
        name: output.into(),
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.into()],
        ..Default::default()
    }
}

fn convolution(input: &str, output: &str, weights: &str) -> NodeProto {
    with(node("Conv", &[input, weights], output), "kernel_shape", &[1, 1])
}

fn with(mut node: NodeProto, name: &str, numbers: &[i64]) -> NodeProto {
    node.attribute.push(AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints: numbers.to_vec(),
        ..Default::default()
    });
    node
}

fn number(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i: value, ..Default::default() }
}

fn floats(name: &str, shape: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: shape.to_vec(),
        data_type: DataType::Float as i32,
        float_data: values.to_vec(),
        ..Default::default()
    }
}
