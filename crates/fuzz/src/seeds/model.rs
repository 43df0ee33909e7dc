//! Small ONNX models with the metadata of the shipped one.

use fastrand::Rng;
use nucleoscope::network::{OPERATORS, SHIPPED_MODEL};
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

/// Changes some fields of a model, which remains one; whether the input was a model.
pub(crate) fn vary(input: &mut Vec<u8>, random: &mut Rng) -> bool {
    let Ok(mut model) = ModelProto::decode(&**input) else { return false };
    for _ in 0..1 << random.u32(..3) {
        vary_once(&mut model, random);
    }
    *input = model.encode_to_vec();
    true
}

fn vary_once(model: &mut ModelProto, random: &mut Rng) {
    const NUMBERS: [i64; 12] = [0, 1, -1, 2, 3, 7, 256, 65_536, i32::MAX as i64, 1 << 40, i64::MAX, i64::MIN];
    let number = NUMBERS[random.usize(..NUMBERS.len())];
    let Some(graph) = model.graph.as_mut().filter(|graph| !graph.node.is_empty()) else { return };
    let names: Vec<String> = graph.node.iter().flat_map(|node| node.output.clone()).collect();
    let at = random.usize(..graph.node.len());
    let node = &mut graph.node[at];
    match random.u8(..11) {
        0 => node.op_type = OPERATORS[random.usize(..OPERATORS.len())].into(),
        1 | 2 => {
            for attribute in &mut node.attribute {
                attribute.i = number;
                if let Some(place) = attribute.ints.len().checked_sub(1) {
                    attribute.ints[random.usize(..=place)] = number;
                }
            }
        }
        3 => node
            .attribute
            .push(self::number(["axis", "keepdims", "group", "blocksize"][random.usize(..4)], number)),
        4 if !names.is_empty() => node.input.push(names[random.usize(..names.len())].clone()),
        5 if !node.input.is_empty() => drop(node.input.remove(random.usize(..node.input.len()))),
        6 => drop(graph.node.remove(at)),
        7 | 8 if !graph.initializer.is_empty() => {
            let which = random.usize(..graph.initializer.len());
            let weights = &mut graph.initializer[which];
            match random.u8(..4) {
                0 => weights.dims.push(number),
                1 => drop(weights.dims.pop()),
                2 => weights.float_data.truncate(random.usize(..9)),
                _ => weights.dims.iter_mut().for_each(|side| *side = number),
            }
        }
        9 if !model.metadata_props.is_empty() => {
            let entry = random.usize(..model.metadata_props.len());
            let texts = ["0", "-1", "1", "3", "512", "1e9", "NaN", "", "local", "none"];
            model.metadata_props[entry].value = texts[random.usize(..texts.len())].into();
        }
        _ => {
            for entry in &mut model.opset_import {
                entry.version = number;
            }
        }
    }
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
