//! Models of others: whatever is in the file, it is used or refused with a reason, and takes no results along.

#![expect(clippy::print_stdout, reason = "shown if a test fails, or with --nocapture")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_proto::DataType, tensor_shape_proto::Dimension, tensor_shape_proto::dimension, type_proto,
};

fn nucleoscope(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nucleoscope")).current_dir(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: operator.into(),
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    }
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    let r#type = AttributeType::Ints.into();
    AttributeProto { name: name.into(), ints: values.to_vec(), r#type, ..AttributeProto::default() }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        i: value,
        r#type: AttributeType::Int.into(),
        ..AttributeProto::default()
    }
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float.into(),
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64.into(),
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn value(name: &str) -> ValueInfoProto {
    let side = |value| Dimension { value: Some(value), ..Dimension::default() };
    let fixed = |length| side(dimension::Value::DimValue(length));
    let free = |name: &str| side(dimension::Value::DimParam(name.into()));
    let shape = TensorShapeProto { dim: vec![fixed(1), fixed(3), free("H"), free("W")] };
    let tensor = type_proto::Tensor { elem_type: DataType::Float.into(), shape: Some(shape) };
    let r#type = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.into(), r#type: Some(r#type), ..ValueInfoProto::default() }
}

/// A model whose output is the image: a convolution of one pixel, then `nodes`, the last of which has the output
/// `last`, then the activation.
fn model(nodes: Vec<NodeProto>, constants: Vec<TensorProto>, last: &str) -> ModelProto {
    let weights = floats("weights", &[3, 3, 1, 1], &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let mut all = vec![node("Conv", &["image", "weights"], "first")];
    all.extend(nodes);
    all.push(node("Sigmoid", &[last], "maps"));
    let metadata = [
        ("nucleoscope.contract", "1"),
        ("name", "tiny"),
        ("version", "1.0"),
        ("channels", "interior,boundary,distance"),
        ("activation", "none"),
        ("normalization", "percentile"),
        ("normalization_low", "1"),
        ("normalization_high", "99.8"),
        ("clip_low", "-0.5"),
        ("clip_high", "1.5"),
        ("stride", "8"),
        ("halo", "0"),
        ("training_diameter", "24"),
        ("license", "none"),
        ("data", "none"),
    ];
    let entry = |(key, value): (&str, &str)| StringStringEntryProto { key: key.into(), value: value.into() };
    let graph = GraphProto {
        node: all,
        name: "graph".into(),
        initializer: [vec![weights], constants].concat(),
        input: vec![value("image")],
        output: vec![value("maps")],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
        graph: Some(graph),
        metadata_props: metadata.map(entry).to_vec(),
        ..ModelProto::default()
    }
}

fn tiny() -> ModelProto {
    model(Vec::new(), Vec::new(), "first")
}

fn with(mut node: NodeProto, attributes: impl IntoIterator<Item = AttributeProto>) -> NodeProto {
    node.attribute.extend(attributes);
    node
}

fn graph(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.as_mut().unwrap()
}

/// Adds a value to `first` without changing its shape: the other one's smallest value.
fn add_all(mut nodes: Vec<NodeProto>, constants: Vec<TensorProto>, name: &str) -> ModelProto {
    nodes.push(with(node("ReduceMin", &[name], "least"), [int("keepdims", 0)]));
    nodes.push(node("Add", &["first", "least"], "sum"));
    model(nodes, constants, "sum")
}

/// A chain of nodes from `first` to `last`.
fn chain(operator: &str, length: usize) -> ModelProto {
    let name = |place: usize| if place == 0 { "first".into() } else { format!("x{place}") };
    let nodes = (0..length).map(|place| node(operator, &[&name(place)], &name(place + 1)));
    model(nodes.collect(), Vec::new(), &name(length))
}

/// Models that do harm, and the codes with which they are refused.
fn hostile() -> Vec<(&'static str, ModelProto, &'static [&'static str])> {
    let too_large: &[&str] = &["model/too-large"];
    let memory: &[&str] = &["model/too-much-memory"];
    let unsupported: &[&str] = &["model/unsupported"];

    // Values that are only known when the engine computes them, so that no limit can be checked before.
    let hidden = |name: &str, factor: &str, times: usize| {
        let step = |place: usize| if place == 0 { format!("{name}0") } else { format!("{name}{place}") };
        let nodes = (0..times).map(|place| node("Mul", &[&step(place), factor], &step(place + 1)));
        (nodes.collect::<Vec<_>>(), step(times))
    };
    let (mut of_shape, side) = hidden("side", "thousand", 3);
    of_shape.push(node("ConstantOfShape", &[&side], "huge"));
    let doubled = |place: usize| format!("d{place}");
    let mut concat = vec![node("ConstantOfShape", &["million"], "d0")];
    concat.extend((0..20).map(|place| {
        let half = doubled(place);
        with(node("Concat", &[&half, &half], &doubled(place + 1)), [int("axis", 0)])
    }));
    let (mut range, end) = hidden("end", "thousand", 3);
    range.push(node("Squeeze", &[&end], "end"));
    range.push(node("Range", &["zero", "end", "one"], "huge"));
    let scalar = |name: &str, value| TensorProto { dims: Vec::new(), ..integers(name, &[value]) };
    let enlarge = |scale: f32| {
        let scales = floats("scales", &[4], &[1.0, 1.0, scale, scale]);
        add_all(vec![node("Resize", &["first", "", "scales"], "large")], vec![scales], "large")
    };
    let pad = |width: i64| {
        let pads = integers("pads", &[0, 0, width, width, 0, 0, width, width]);
        add_all(vec![node("Pad", &["first", "pads"], "large")], vec![pads], "large")
    };

    let mut circle = model(
        vec![node("Add", &["first", "later"], "sum"), node("Relu", &["sum"], "later")],
        vec![],
        "later",
    );
    graph(&mut circle).name = "circle".into();
    let mut itself = tiny();
    graph(&mut itself).node[0].input[0] = "first".into();
    let mut types = tiny();
    graph(&mut types).initializer[0] = TensorProto { dims: vec![3, 3, 1, 1], ..integers("weights", &[1; 9]) };
    let mut strings = tiny();
    graph(&mut strings).initializer[0] = TensorProto {
        name: "weights".into(),
        dims: vec![3, 3, 1, 1],
        data_type: DataType::String.into(),
        string_data: vec![b"x".to_vec(); 9],
        ..TensorProto::default()
    };
    let mut empty = tiny();
    graph(&mut empty).initializer[0] = floats("weights", &[0, 3, 1, 1], &[]);
    let mut negative = tiny();
    graph(&mut negative).initializer[0].dims[0] = -3;
    let mut declared = tiny();
    graph(&mut declared).initializer[0].dims = vec![1 << 40, 1 << 40];
    let mut missing = tiny();
    graph(&mut missing).initializer[0].float_data.pop();
    let mut elsewhere = tiny();
    let location = StringStringEntryProto { key: "location".into(), value: "/etc/passwd".into() };
    let weights = &mut graph(&mut elsewhere).initializer[0];
    (weights.external_data, weights.data_location) = (vec![location], Some(1));
    weights.float_data.clear();
    let mut not_a_number = tiny();
    graph(&mut not_a_number).initializer[0].float_data[0] = f32::NAN;
    graph(&mut not_a_number).node[1].op_type = "Identity".into();
    // The engine keeps sizes that depend on the image as formulas.
    let mut formulas = vec![node("Shape", &["first"], "shape0")];
    formulas.extend((0..300).map(|place| {
        let (operator, number) = if place % 2 == 0 { ("Add", "one") } else { ("Div", "three") };
        node(operator, &[&format!("shape{place}"), number], &format!("shape{}", place + 1))
    }));
    formulas.push(node("ConstantOfShape", &["shape300"], "zeros"));
    let mut squares = vec![node("Shape", &["first"], "shape0")];
    squares.extend((0..20).map(|place| {
        let side = format!("shape{place}");
        node("Mul", &[&side, &side], &format!("shape{}", place + 1))
    }));
    squares.push(with(node("Cast", &["shape20"], "numbers"), [int("to", 1)]));
    let mut kernel = tiny();
    graph(&mut kernel).node[0].attribute.push(ints("pads", &[1 << 50; 4]));
    let mut many = tiny();
    many.metadata_props = vec![StringStringEntryProto::default(); 600_000];
    let mut text = tiny();
    text.metadata_props[4].value = "\u{1b}]0;owned\u{7}\u{202e}".repeat(100_000);
    let mut looped = tiny();
    graph(&mut looped).node[0].op_type = "Loop".into();

    vec![
        (
            "a constant of terabytes",
            add_all(
                vec![node("ConstantOfShape", &["shape"], "huge")],
                vec![integers("shape", &[1 << 20; 2])],
                "huge",
            ),
            too_large,
        ),
        (
            "a hidden constant of terabytes",
            add_all(of_shape, vec![integers("side0", &[1000]), integers("thousand", &[1000])], "huge"),
            &["model/too-much-memory", "model/unsupported"],
        ),
        ("doubling", add_all(concat, vec![integers("million", &[1_000_000])], "d20"), memory),
        (
            "a long range",
            add_all(
                vec![node("Range", &["zero", "end", "one"], "huge")],
                vec![scalar("zero", 0), scalar("end", 1 << 50), scalar("one", 1)],
                "huge",
            ),
            too_large,
        ),
        (
            "a hidden long range",
            {
                range.push(with(node("Cast", &["huge"], "numbers"), [int("to", 1)]));
                add_all(
                    range,
                    vec![
                        integers("end0", &[1000]),
                        integers("thousand", &[1000]),
                        scalar("zero", 0),
                        scalar("one", 1),
                    ],
                    "numbers",
                )
            },
            memory,
        ),
        ("an enlargement by a million", enlarge(1e6), too_large),
        (
            "an enlargement by thousands",
            enlarge(60_000.0),
            &["model/too-much-memory", "model/unsupported", "model/failed"],
        ),
        ("padding by a million", pad(1_000_000), too_large),
        (
            "padding by thousands",
            pad(60_000),
            &["model/too-much-memory", "model/unsupported", "model/failed"],
        ),
        ("a padding attribute", kernel, too_large),
        ("too many nodes", chain("Relu", 6_000), too_large),
        ("too many texts", many, too_large),
        ("declared elements", declared, too_large),
        ("a circle", circle, unsupported),
        ("a node of its own output", itself, unsupported),
        ("integers as weights", types, &["model/unsupported", "model/metadata"]),
        ("texts as weights", strings, &["model/unsupported", "model/metadata"]),
        ("weights without values", empty, &["model/unsupported", "model/metadata"]),
        ("a negative dimension", negative, unsupported),
        ("missing values", missing, unsupported),
        ("values in another file", elsewhere, unsupported),
        ("output that is not a number", not_a_number, &["model/failed"]),
        ("terminal escapes", text, &["model/metadata"]),
        (
            "sizes as long formulas",
            add_all(formulas, vec![integers("one", &[1]), integers("three", &[3])], "zeros"),
            &["model/crashed"],
        ),
        ("sizes as powers", add_all(squares, Vec::new(), "numbers"), &["model/too-slow"]),
        ("a loop", looped, &["model/operators"]),
    ]
}

/// Enough time for a valid model on a slow computer, and little memory.
const LIMITS: &str = "seconds=30,memory=1024";
/// For models that never end.
const SHORT: &str = "seconds=2,memory=1024";

#[test]
fn a_hostile_model_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiny.onnx");
    fs::write(&file, tiny().encode_to_vec()).unwrap();
    let valid = nucleoscope(folder.path(), &["model", "tiny.onnx"]);
    assert!(valid.status.success(), "{}", said(&valid));
    for (name, model, codes) in hostile() {
        fs::write(&file, model.encode_to_vec()).unwrap();
        let started = Instant::now();
        let limits = if codes.contains(&"model/too-slow") { SHORT } else { LIMITS };
        let output = nucleoscope(folder.path(), &["model", "tiny.onnx", "--model-limits", limits]);
        let reason = said(&output);
        println!("{name}: {:.1} s, {reason}", started.elapsed().as_secs_f64());
        assert_eq!(output.status.code(), Some(1), "{name}: {reason}");
        assert!(codes.iter().any(|code| reason.contains(&format!("[{code}]"))), "{name}: {reason}");
        assert!(reason.starts_with("error: tiny.onnx: ") && reason.lines().count() == 1, "{name}: {reason}");
        assert!(!reason.trim_end().contains(char::is_control) && reason.len() < 5000, "{name}: {reason}");
    }
}

#[test]
fn what_was_done_stays_when_a_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let made = nucleoscope(folder.path(), &["example", "bowl", "--count", "1"]);
    assert!(made.status.success(), "{}", said(&made));
    let arguments = ["segment", "bowl", "--export-dir", "results", "--export", "summary,record", "--resume"];
    let first = nucleoscope(folder.path(), &arguments);
    assert!(first.status.success(), "{}", said(&first));
    let files = || {
        let entries = fs::read_dir(folder.path().join("results")).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
        files.sort();
        files
    };
    let before = files();
    assert!(before.len() >= 3, "{before:?}");

    let crash = hostile().into_iter().find(|(_, _, codes)| codes == &["model/crashed"]).unwrap().1;
    fs::write(folder.path().join("crash.onnx"), crash.encode_to_vec()).unwrap();
    let with_model = ["--model", "crash.onnx", "--model-limits", LIMITS];
    let commands: [&[&str]; 4] =
        [&arguments, &["evaluate", "bowl"], &["tune", "bowl"], &["segment", "bowl", "--output", "new.csv"]];
    for command in commands {
        let output = nucleoscope(folder.path(), &[command, &with_model].concat());
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", said(&output));
        assert!(said(&output).contains("[model/crashed]"), "{command:?}: {}", said(&output));
    }
    assert!(files() == before, "no file has changed");
    assert!(!folder.path().join("new.csv").exists());
    assert!(!folder.path().join("new.csv.nucleoscope.jsonl").exists());

    // A valid one is used, and the results say so.
    let model = tiny().encode_to_vec();
    fs::write(folder.path().join("tiny.onnx"), &model).unwrap();
    let other = nucleoscope(folder.path(), &[&arguments[..], &["--model", "tiny.onnx"]].concat());
    assert!(other.status.success(), "{}", said(&other));
    let hash = nucleoscope::record::sha256(&model);
    for name in ["nucleoscope.json", "summary.csv"] {
        let text = fs::read_to_string(folder.path().join("results").join(name)).unwrap();
        assert!(text.contains("tiny") && text.contains(&hash), "{name}: {text}");
    }
}

/// A model with the operators of most networks, to be mutated.
fn varied() -> ModelProto {
    let weights: Vec<f32> = (0..81).map(|index| (index % 7) as f32 / 10.0 - 0.3).collect();
    let nodes = vec![
        with(node("Conv", &["first", "kernel"], "a"), [ints("pads", &[1; 4])]),
        node("Relu", &["a"], "b"),
        with(node("MaxPool", &["b"], "c"), [ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])]),
        with(node("Conv", &["c", "kernel"], "d"), [ints("pads", &[2; 4]), ints("dilations", &[2; 2])]),
        node("Resize", &["d", "", "scales"], "e"),
        with(node("Concat", &["b", "e"], "f"), [int("axis", 1)]),
        node("Conv", &["f", "mix"], "g"),
        node("Shape", &["first"], "shape"),
        node("Reshape", &["g", "shape"], "h"),
        node("Add", &["h", "first"], "i"),
    ];
    let constants = vec![
        floats("kernel", &[3, 3, 3, 3], &weights),
        floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]),
        floats("mix", &[3, 6, 1, 1], &weights[..18]),
    ];
    model(nodes, constants, "i")
}

/// A model with one to three random changes.
fn mutated(base: &ModelProto, random: &mut fastrand::Rng) -> Vec<u8> {
    let mut changed = base.clone();
    for _ in 0..random.usize(1..=3) {
        let extreme =
            [i64::MIN, -1, 0, 1, 2, 3, 7, 64, 4096, 65_536, 1 << 31, 1 << 40, i64::MAX][random.usize(..13)];
        let graph = graph(&mut changed);
        let operator = random.choice(nucleoscope::network::OPERATORS).unwrap();
        let name = random.choice(&graph.node).unwrap().output[0].clone();
        let node = random.choice(&mut graph.node).unwrap();
        match random.u8(..10) {
            0 => node.op_type = (*operator).into(),
            1 => {
                let inputs = node.input.len();
                node.input[random.usize(..inputs)] = name;
            }
            2 => node.output[0] = name,
            3 => node.input.push(name),
            4 => _ = node.input.pop(),
            5 => {
                let axis = ["axis", "keepdims", "group", "blocksize", "to", "auto_pad", "ceil_mode"]
                    [random.usize(..7)];
                node.attribute.push(int(axis, extreme));
            }
            6 => {
                let side =
                    ["pads", "strides", "dilations", "kernel_shape", "axes", "perm"][random.usize(..6)];
                node.attribute.push(ints(side, &vec![extreme; random.usize(..6)]));
            }
            7 => random.choice(&mut graph.initializer).unwrap().dims.push(extreme),
            8 => {
                let tensor = random.choice(&mut graph.initializer).unwrap();
                let place = random.usize(..tensor.float_data.len().max(1));
                tensor.float_data.splice(place..=place, [f32::from_bits(random.u32(..))]);
            }
            _ => random.choice(&mut graph.initializer).unwrap().data_type = random.i32(..25),
        }
    }
    let mut bytes = changed.encode_to_vec();
    if random.u8(..4) == 0 {
        let place = random.usize(..bytes.len());
        bytes[place] = random.u8(..);
    }
    bytes
}

/// Tries mutated models; each is used, or refused with one line. `NUCLEOSCOPE_MODELS` is their number.
#[test]
fn a_mutated_model_is_used_or_refused_with_its_reason() {
    let number =
        std::env::var("NUCLEOSCOPE_MODELS").ok().and_then(|number| number.parse().ok()).unwrap_or(30);
    let folder = tempfile::tempdir().unwrap();
    let base = varied();
    fs::write(folder.path().join("varied.onnx"), base.encode_to_vec()).unwrap();
    let valid = nucleoscope(folder.path(), &["model", "varied.onnx"]);
    assert!(valid.status.success(), "{}", said(&valid));
    let mut codes = std::collections::BTreeMap::new();
    for seed in 0..number {
        let bytes = mutated(&base, &mut fastrand::Rng::with_seed(seed));
        fs::write(folder.path().join("mutated.onnx"), bytes).unwrap();
        let output =
            nucleoscope(folder.path(), &["model", "mutated.onnx", "--model-limits", "seconds=5,memory=1024"]);
        let reason = said(&output);
        let code = match output.status.code() {
            Some(0) => "used",
            Some(1) if reason.starts_with("error: mutated.onnx: ") && reason.lines().count() == 1 => {
                reason.split(['[', ']']).find(|part| part.starts_with("model/")).unwrap_or(&reason)
            }
            _ => panic!("seed {seed}: {:?} {reason}", output.status),
        };
        *codes.entry(code.to_owned()).or_insert(0) += 1;
    }
    println!("{codes:?}");
    assert!(codes.len() >= 2, "the changes differ: {codes:?}");
}
