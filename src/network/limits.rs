//! Checks a model before the engine sees it: its size, the order of its nodes, and what its constants declare.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto, tensor_proto::DataType};

use super::NetworkError;

/// How large a model may be. Models that exceed a limit are refused before they are loaded.
///
/// ```
/// use nucleoscope::Diagnostic;
/// use nucleoscope::network::{ModelLimits, SHIPPED_MODEL, TractNetwork};
///
/// let limits = ModelLimits { nodes: 10, ..ModelLimits::default() };
/// let error = TractNetwork::load_within(SHIPPED_MODEL, &limits).unwrap_err();
/// assert_eq!(error.code(), "model/too-large");
/// assert!(error.to_string().ends_with("nodes; the limit is 10"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelLimits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Texts, nodes, attributes and tensors in the file, which take more memory than bytes of the file.
    pub parts: u64,
    /// Nodes of the graph.
    pub nodes: u64,
    /// Constants: initialisers and tensors in attributes.
    pub constants: u64,
    /// Values of all constants together, and of a tensor whose shape is constant.
    pub elements: u64,
    /// A kernel's side, a stride, a padding, a factor of enlargement, a number of groups.
    pub dimension: u64,
}

impl Default for ModelLimits {
    /// 256 MiB, 500,000 parts, 5,000 nodes, 20,000 constants with 100 million values, dimensions of 65,536.
    fn default() -> Self {
        Self {
            bytes: 1 << 28,
            parts: 500_000,
            nodes: 5_000,
            constants: 20_000,
            elements: 100_000_000,
            dimension: 65_536,
        }
    }
}

impl ModelLimits {
    /// The names of the limits.
    pub const NAMES: [&str; 6] = ["bytes", "parts", "nodes", "constants", "elements", "dimension"];

    /// The limit with a name.
    pub fn named(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "bytes" => &mut self.bytes,
            "parts" => &mut self.parts,
            "nodes" => &mut self.nodes,
            "constants" => &mut self.constants,
            "elements" => &mut self.elements,
            "dimension" => &mut self.dimension,
            _ => return None,
        })
    }

    /// Checks what can be counted without decoding the file.
    ///
    /// # Errors
    /// [`NetworkError::TooLarge`]
    pub fn check_bytes(&self, bytes: &[u8]) -> Result<(), NetworkError> {
        at_most(bytes.len() as u64, "bytes", self.bytes)?;
        at_most(count_parts(bytes, Message::Model, 0, self.parts), "parts", self.parts)
    }

    /// Checks the graph of a decoded file.
    pub(super) fn check_graph(&self, graph: &GraphProto) -> Result<(), NetworkError> {
        at_most(graph.node.len() as u64, "nodes", self.nodes)?;
        self.check_constants(graph)?;
        for node in &graph.node {
            for attribute in &node.attribute {
                if SIZES.contains(&attribute.name.as_str()) {
                    let values = attribute.ints.iter().chain([&attribute.i]);
                    values.map(|value| value.unsigned_abs()).try_for_each(|value| self.dimension(value))?;
                }
            }
        }
        self.check_shapes(graph)?;
        check_transpositions(graph)?;
        check_order(graph)
    }

    fn dimension(&self, value: u64) -> Result<(), NetworkError> {
        at_most(value, "dimension", self.dimension)
    }

    fn check_constants(&self, graph: &GraphProto) -> Result<(), NetworkError> {
        let (mut constants, mut elements) = (0, 0u64);
        for tensor in tensors(graph) {
            constants += 1;
            at_most(constants, "constants", self.constants)?;
            elements = elements.saturating_add(self.elements_of(tensor)?);
            at_most(elements, "elements", self.elements)?;
        }
        Ok(())
    }

    /// The number of values of a constant, which must be what its dimensions declare.
    fn elements_of(&self, tensor: &TensorProto) -> Result<u64, NetworkError> {
        let broken =
            |reason: &str| NetworkError::unsupported(format!("the constant {:?} {reason}", tensor.name));
        if !tensor.external_data.is_empty() || tensor.data_location.is_some_and(|location| location != 0) {
            return Err(broken("is in another file"));
        }
        let mut declared = 1u64;
        for &side in &tensor.dims {
            let side = u64::try_from(side).map_err(|_| broken("has a negative dimension"))?;
            declared = declared.saturating_mul(side);
        }
        at_most(declared, "elements", self.elements)?;
        let values = [
            tensor.float_data.len(),
            tensor.int32_data.len(),
            tensor.string_data.len(),
            tensor.int64_data.len(),
            tensor.double_data.len(),
            tensor.uint64_data.len(),
        ];
        let given = match tensor.raw_data.len() as u64 {
            0 => values.into_iter().max().unwrap_or(0) as u64,
            bytes => {
                bytes / width(tensor.data_type).ok_or_else(|| broken("has a type that is not supported"))?
            }
        };
        if given != declared {
            return Err(broken(&format!("declares {declared} values and has {given}")));
        }
        Ok(declared)
    }

    /// Checks constant inputs that determine the size of an output.
    fn check_shapes(&self, graph: &GraphProto) -> Result<(), NetworkError> {
        let in_nodes = graph.node.iter().filter(|node| node.op_type == "Constant");
        let in_nodes = in_nodes.filter_map(|node| Some((node.output.first()?.as_str(), constant_of(node)?)));
        let constants = graph.initializer.iter().map(|tensor| (tensor.name.as_str(), numbers(tensor)));
        let constants: HashMap<&str, Vec<f64>> = constants.chain(in_nodes).collect();
        for node in &graph.node {
            let input = |place: usize| {
                let name = node.input.get(place)?;
                constants.get(name.as_str()).map(Vec::as_slice)
            };
            let product =
                |values: &[f64]| values.iter().fold(1.0, |product, value| product * value.abs().max(1.0));
            let elements = match node.op_type.as_str() {
                "ConstantOfShape" => input(0).map(product),
                "Expand" | "Tile" => input(1).map(product),
                "Resize" => input(3).map(product),
                "Range" => (|| {
                    let [start, limit, delta] = [0, 1, 2].map(|place| input(place)?.first().copied());
                    Some((limit? - start?) / delta?)
                })(),
                _ => None,
            };
            at_most(elements.unwrap_or(0.0) as u64, "elements", self.elements)?;
            let factors = match node.op_type.as_str() {
                "Pad" => input(1),
                "Resize" => input(2),
                _ => None,
            };
            factors.unwrap_or_default().iter().try_for_each(|value| self.dimension(value.abs() as u64))?;
        }
        Ok(())
    }
}

/// Attributes that determine the size of an output or of a kernel.
const SIZES: [&str; 9] = [
    "blocksize",
    "dilations",
    "group",
    "kernel_shape",
    "num_groups",
    "num_outputs",
    "output_padding",
    "pads",
    "strides",
];

fn at_most(found: u64, name: &'static str, limit: u64) -> Result<(), NetworkError> {
    if found <= limit { Ok(()) } else { Err(NetworkError::TooLarge { name, found, limit }) }
}

/// Every constant of a graph.
fn tensors(graph: &GraphProto) -> impl Iterator<Item = &TensorProto> {
    let attributes = graph.node.iter().flat_map(|node| &node.attribute);
    let in_attributes =
        attributes.flat_map(|attribute: &AttributeProto| attribute.t.iter().chain(&attribute.tensors));
    let sparse =
        graph.sparse_initializer.iter().flat_map(|sparse| sparse.values.iter().chain(&sparse.indices));
    graph.initializer.iter().chain(sparse).chain(in_attributes)
}

/// Bytes of a value in `raw_data`.
fn width(data_type: i32) -> Option<u64> {
    Some(match DataType::try_from(data_type).ok()? {
        DataType::Bool | DataType::Int8 | DataType::Uint8 => 1,
        DataType::Float16 | DataType::Bfloat16 | DataType::Int16 | DataType::Uint16 => 2,
        DataType::Float | DataType::Int32 | DataType::Uint32 => 4,
        DataType::Double | DataType::Int64 | DataType::Uint64 => 8,
        _ => return None,
    })
}

/// The value of a `Constant` node.
fn constant_of(node: &NodeProto) -> Option<Vec<f64>> {
    let attribute = node.attribute.first()?;
    Some(match attribute.name.as_str() {
        "value" => numbers(attribute.t.as_ref()?),
        "value_int" => vec![attribute.i as f64],
        "value_ints" => attribute.ints.iter().map(|&value| value as f64).collect(),
        "value_float" => vec![f64::from(attribute.f)],
        "value_floats" => attribute.floats.iter().copied().map(f64::from).collect(),
        _ => return None,
    })
}

/// The values of a small constant of integers or floats, as shapes are; none of any other.
fn numbers(tensor: &TensorProto) -> Vec<f64> {
    const MOST: usize = 64;
    let raw = &tensor.raw_data;
    let values: Vec<f64> = match DataType::try_from(tensor.data_type) {
        _ if raw.len() > 8 * MOST => Vec::new(),
        Ok(DataType::Int64) if raw.is_empty() => {
            tensor.int64_data.iter().map(|&value| value as f64).collect()
        }
        Ok(DataType::Int64) => {
            raw.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as f64).collect()
        }
        Ok(DataType::Int32) if raw.is_empty() => tensor.int32_data.iter().copied().map(f64::from).collect(),
        Ok(DataType::Int32) => {
            raw.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes).into()).collect()
        }
        Ok(DataType::Float) if raw.is_empty() => tensor.float_data.iter().copied().map(f64::from).collect(),
        Ok(DataType::Float) => {
            raw.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes).into()).collect()
        }
        _ => Vec::new(),
    };
    if values.len() > MOST { Vec::new() } else { values }
}

/// The axes of a `Transpose` must be a permutation: for others, tract looks for cycles until the memory is used up.
fn check_transpositions(graph: &GraphProto) -> Result<(), NetworkError> {
    let transpositions = graph.node.iter().filter(|node| node.op_type == "Transpose");
    for axes in transpositions.flat_map(|node| &node.attribute).filter(|attribute| attribute.name == "perm") {
        let mut sorted = axes.ints.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..axes.ints.len() as i64) {
            let reason = format!("a Transpose has the axes {:?}, which are no permutation", axes.ints);
            return Err(NetworkError::unsupported(reason));
        }
    }
    Ok(())
}

/// Every input must come from an earlier node, a constant or the model's input, as ONNX requires. So there is no
/// circle.
fn check_order(graph: &GraphProto) -> Result<(), NetworkError> {
    let inputs = graph.input.iter().map(|input| &input.name);
    let constants = graph.initializer.iter().map(|constant| &constant.name);
    let sparse = graph.sparse_initializer.iter().filter_map(|sparse| sparse.values.as_ref());
    let mut known: HashSet<&str> =
        inputs.chain(constants).chain(sparse.map(|values| &values.name)).map(String::as_str).collect();
    // An input that is left out has no name.
    known.insert("");
    for node in &graph.node {
        if let Some(unknown) = node.input.iter().find(|name| !known.contains(name.as_str())) {
            return Err(NetworkError::unsupported(format!(
                "the input {unknown:?} of a node {} comes from no earlier node",
                node.op_type
            )));
        }
        known.extend(node.output.iter().map(String::as_str));
    }
    Ok(())
}

/// The messages of an ONNX file that can contain many others.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    Value,
    Type,
    TensorType,
    Shape,
    Annotation,
    Training,
    Function,
    /// A text, numbers, or a message with a few of these.
    Leaf,
}

impl Message {
    /// What a field with this number contains.
    fn field(self, number: u64) -> Self {
        match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) | (Self::Training, 1 | 2) => Self::Graph,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::SparseTensor, 1 | 2) => Self::Tensor,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::SparseTensor,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Graph, 14) => Self::Annotation,
            (Self::Node, 5) => Self::Attribute,
            (Self::Value, 2) | (Self::Attribute, 14 | 15) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            _ => Self::Leaf,
        }
    }
}

/// The number of fields with a length in a message and those inside it, or more than `most` if there are more than
/// that. What is no message ends the count: decoding it is an error.
fn count_parts(mut bytes: &[u8], message: Message, depth: u32, most: u64) -> u64 {
    /// Decoding ends there, too.
    const DEEPEST: u32 = 100;
    let mut count = 0;
    while count <= most {
        let Some(key) = varint(&mut bytes) else { break };
        let length = match key & 7 {
            0 => {
                if varint(&mut bytes).is_none() {
                    break;
                }
                continue;
            }
            // The fields of a group follow.
            3 | 4 => continue,
            1 => 8,
            5 => 4,
            2 => varint(&mut bytes).unwrap_or(u64::MAX),
            _ => break,
        };
        let Some((field, rest)) =
            usize::try_from(length).ok().and_then(|length| bytes.split_at_checked(length))
        else {
            break;
        };
        bytes = rest;
        if key & 7 == 2 {
            count += 1;
            let inside = message.field(key >> 3);
            if !matches!(inside, Message::Leaf) && depth < DEEPEST {
                count += count_parts(field, inside, depth + 1, most - count.min(most));
            }
        }
    }
    count
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Diagnostic;
    use crate::network::{SHIPPED_MODEL, TractNetwork};

    #[test]
    fn each_limit_is_applied_and_named() {
        for name in ModelLimits::NAMES {
            let mut limits = ModelLimits::default();
            *limits.named(name).unwrap() = 1;
            let error = TractNetwork::load_within(SHIPPED_MODEL, &limits).unwrap_err();
            assert_eq!(error.code(), "model/too-large", "{name}: {error}");
            assert!(error.to_string().contains(name) && error.help().contains(name), "{name}: {error}");
        }
        assert!(ModelLimits::default().named("names").is_none());
    }

    #[test]
    fn axes_that_are_no_permutation_are_refused() {
        let transposed = |perm: &[i64]| {
            let perm = AttributeProto { name: "perm".into(), ints: perm.to_vec(), ..Default::default() };
            let node =
                NodeProto { op_type: "Transpose".into(), attribute: vec![perm], ..NodeProto::default() };
            check_transpositions(&GraphProto { node: vec![node], ..GraphProto::default() })
        };
        assert!(transposed(&[]).is_ok());
        assert!(transposed(&[0, 2, 3, 1]).is_ok());
        for wrong in [&[0, 0, 1][..], &[1, 2, 3], &[0, -1]] {
            assert!(transposed(wrong).unwrap_err().to_string().contains("no permutation"), "{wrong:?}");
        }
    }

    #[test]
    fn parts_are_counted_however_deep_they_are_and_whatever_is_around_them() {
        let count = |bytes: &[u8]| count_parts(bytes, Message::Model, 0, 1000);
        let field = |number: u8, inside: &[u8]| [&[number << 3 | 2, inside.len() as u8], inside].concat();
        let node = field(1, &field(5, &field(1, b"axis")));
        // The graph, the node, the attribute, its name.
        assert_eq!(count(&field(7, &node)), 4);
        // A group of an unknown field, a number, and fields of fixed length.
        let around = [&[0x63, 0x08, 0x01, 0x64, 0x49][..], &[0; 8], &[0x4d], &[0; 4]].concat();
        assert_eq!(count(&[around, field(7, &node)].concat()), 4);
        assert_eq!(count(&field(7, &node).repeat(200)), 800);
        assert!(count(&field(7, &node).repeat(2000)) > 1000, "counting ends");
        for cut in 0..10 {
            count(&field(7, &node)[..cut]);
        }
        assert_eq!(count(&[0xff; 100]), 0);
    }
}
