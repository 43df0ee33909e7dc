//! Faster kernels for some of a model's operators. Other operators are run by tract's own kernels.

use nucleoscope_kernels::{DepthToSpace, MaxPool2x2, PatchConvolution, UpsampleAdd, Winograd};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::model::translator::Translate;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PoolSpec};
use tract_onnx::tract_core::ops::math::{Add, Max};
use tract_onnx::tract_core::ops::nn::{DataFormat, NearestUpsample};
use tract_onnx::tract_core::optim::Optimizer;

use super::operator::{Operator, Shape};

/// Replaces the following in `model`, whose images are `[N, C, H, W]`:
///
/// - 3×3 convolutions of stride 1 with zero padding, and convolutions whose patches do not overlap (1×1, 2×2
///   of stride 2 …), with the ReLU that follows;
/// - 2×2 max-pooling of stride 2;
/// - nearest-neighbour upsampling by 2 followed by a sum;
/// - the axis moves into which tract translates `DepthToSpace`.
///
/// # Errors
/// tract's error if it cannot change the graph.
pub(super) fn accelerate(mut model: TypedModel) -> TractResult<TypedModel> {
    // Weights become constants; everything else stays as in the file.
    Optimizer::prop_consts().optimize(&mut model)?;
    ChannelsLast.translate_model(&model)?.into_decluttered()
}

/// Copies a model with the kernels inserted. Every outlet of the copy is `[N, C, H, W]` as in the model. A
/// kernel that reads another kernel's output takes it from before the axes are moved; moves that become
/// unused are dropped when the copy is decluttered.
#[derive(Debug)]
struct ChannelsLast;

impl Translate<TypedFact, Box<dyn TypedOp>, TypedFact, Box<dyn TypedOp>> for ChannelsLast {
    fn translate_node(
        &self,
        source: &TypedModel,
        node: &TypedNode,
        target: &mut TypedModel,
        mapping: &HashMap<OutletId, OutletId>,
    ) -> TractResult<TVec<OutletId>> {
        if let Some((operator, inputs)) = replacement(source, node)? {
            let inputs: TVec<_> = (inputs.iter().enumerate())
                .map(|(index, input)| {
                    channels_last(target, mapping[input], format!("{}.channels_last.{index}", node.name))
                })
                .collect::<TractResult<_>>()?;
            let answer = target.wire_node(&node.name, operator, &inputs)?;
            return target.wire_node(format!("{}.channels_first", node.name), AxisOp::Move(3, 1), &answer);
        }
        if source.inputs.contains(&node.id.into()) {
            return Ok(tvec!(target.add_source(&node.name, node.outputs[0].fact.clone())?));
        }
        let inputs: TVec<_> = node.inputs.iter().map(|input| mapping[input]).collect();
        target.wire_node(&node.name, node.op.clone(), &inputs)
    }
}

/// `outlet`, `[N, C, H, W]`, as `[N, H, W, C]`.
fn channels_last(target: &mut TypedModel, outlet: OutletId, name: String) -> TractResult<OutletId> {
    let node = target.node(outlet.node);
    if node.op_as::<AxisOp>() == Some(&AxisOp::Move(3, 1)) {
        return Ok(node.inputs[0]);
    }
    Ok(target.wire_node(name, AxisOp::Move(1, 3), &[outlet])?[0])
}

/// The replacement for a node of the model, and the outlets of the model that it reads.
type Replacement = (Box<dyn TypedOp>, TVec<OutletId>);

fn replacement(model: &TypedModel, node: &TypedNode) -> TractResult<Option<Replacement>> {
    if let Some(conv) = node.op_as::<Conv>() {
        // If a ReLU follows, the ReLU's node is replaced instead, together with the convolution.
        rule_if!(rectifier_after(model, node)?.is_none());
        return convolution(model, node, conv, f32::NEG_INFINITY);
    }
    if let Some(pool) = node.op_as::<MaxPool>() {
        return Ok(max_pool(pool).map(|operator| (operator, tvec!(node.inputs[0]))));
    }
    if let Some(axes) = node.op_as::<AxisOp>() {
        return depth_to_space(model, node, axes);
    }
    rule_if_some!(binary = node.op_as::<TypedBinOp>());
    if binary.0.is::<Max>() {
        for input in &node.inputs {
            let before = model.node(input.node);
            if let Some(conv) = before.op_as::<Conv>()
                && rectifier_after(model, before)? == Some(node.id)
            {
                return convolution(model, before, conv, 0.0);
            }
        }
    } else if binary.0.is::<Add>() {
        return upsample_add(model, node);
    }
    Ok(None)
}

/// The node `max(convolution, 0)`, if the convolution has no other reader.
fn rectifier_after(model: &TypedModel, convolution: &TypedNode) -> TractResult<Option<usize>> {
    rule_if!(!model.outputs.contains(&convolution.id.into()));
    let [successor] = &*convolution.outputs[0].successors else { return Ok(None) };
    let next = model.node(successor.node);
    rule_if!(next.op_as::<TypedBinOp>().is_some_and(|binary| binary.0.is::<Max>()));
    rule_if_some!(other = next.inputs.iter().find(|input| input.node != convolution.id));
    rule_if_some!(least = &model.outlet_fact(*other)?.konst);
    rule_if!(least.len() == 1 && least.cast_to_scalar::<f32>()? == 0.0);
    Ok(Some(next.id))
}

/// A convolution's kernel; its output is clamped to at least `least`.
fn convolution(
    model: &TypedModel,
    node: &TypedNode,
    conv: &Conv,
    least: f32,
) -> TractResult<Option<Replacement>> {
    let pool = &conv.pool_spec;
    rule_if!(conv.q_params.is_none() && conv.group == 1 && conv.kernel_fmt == KernelFormat::OIHW);
    rule_if!(pool.data_format == DataFormat::NCHW && pool.dilations().iter().all(|&step| step == 1));
    rule_if!(model.outlet_fact(node.inputs[0])?.datum_type == f32::datum_type());
    rule_if_some!(weights = &model.outlet_fact(node.inputs[1])?.konst);
    rule_if_some!(bias = &model.outlet_fact(node.inputs[2])?.konst);
    rule_if!(weights.datum_type() == f32::datum_type() && bias.datum_type() == f32::datum_type());
    let (inputs, outputs) = (conv.input_channels(), conv.output_channels());
    let weights: Vec<f32> = weights.to_plain_array_view::<f32>()?.iter().copied().collect();
    // A bias may be a single value for all channels.
    let bias: Vec<f32> = bias.to_plain_array_view::<f32>()?.iter().copied().cycle().take(outputs).collect();
    rule_if!(bias.len() == outputs);
    let operator: Box<dyn TypedOp> = match (&*pool.kernel_shape, &*pool.strides()) {
        ([3, 3], [1, 1]) if around(pool) == Some(1) => {
            rule_if_some!(kernel = Winograd::new(inputs, &weights, bias, least));
            Box::new(Operator::new(kernel, Shape { channels: Some(outputs), ..Shape::SAME }))
        }
        (&[side, wide], &[down, across]) if [wide, down, across] == [side; 3] && around(pool) == Some(0) => {
            let kernel = PatchConvolution::new(side, inputs, &weights, bias, least);
            Box::new(Operator::new(kernel, Shape { shrink: side, channels: Some(outputs), ..Shape::SAME }))
        }
        _ => return Ok(None),
    };
    Ok(Some((operator, tvec!(node.inputs[0]))))
}

fn max_pool(pool: &MaxPool) -> Option<Box<dyn TypedOp>> {
    let spec = &pool.pool_spec;
    let is_ours = pool.with_index_outputs.is_none()
        && spec.data_format == DataFormat::NCHW
        && *spec.kernel_shape == [2, 2]
        && *spec.strides() == [2, 2]
        && spec.dilations().iter().all(|&step| step == 1)
        && around(spec) == Some(0);
    is_ours.then(|| Box::new(Operator::new(MaxPool2x2, Shape { shrink: 2, ..Shape::SAME })) as _)
}

/// The width of the padding, if it is the same on every side.
fn around(pool: &PoolSpec) -> Option<usize> {
    // A size that is divisible by the strides, so that a remainder is not counted as padding.
    let size: TVec<usize> = pool.kernel_shape.iter().map(|side| side * 8).collect();
    let sides = pool.padding.compute(&size, &pool.kernel_shape, &pool.dilations(), &pool.strides());
    let width = sides.first()?.pad_before;
    sides.iter().all(|side| (side.pad_before, side.pad_after) == (width, width)).then_some(width)
}

/// The last of the four axis moves that make up `DepthToSpace`, with rows × columns × rest channels (mode
/// `DCR`): `[N, side, side, C, H, W]`, `[N, side, C, H, W, side]`, `[N, C, H, side, W, side]`,
/// `[N, C, side × H, side × W]`.
fn depth_to_space(model: &TypedModel, last: &TypedNode, joined: &AxisOp) -> TractResult<Option<Replacement>> {
    let before = |node: &TypedNode| node.inputs.first().map(|input| model.node(input.node));
    rule_if!(matches!(joined, AxisOp::Reshape(2, _, to) if to.len() == 2));
    rule_if_some!(rows = before(last));
    rule_if!(rows.op_as() == Some(&AxisOp::Move(1, 3)));
    rule_if_some!(columns = before(rows));
    rule_if!(columns.op_as() == Some(&AxisOp::Move(2, 5)));
    rule_if_some!(split = before(columns));
    rule_if_some!(AxisOp::Reshape(1, _, squares) = split.op_as::<AxisOp>());
    let [down, across, channels] = &**squares else { return Ok(None) };
    rule_if!(down == across);
    let (Ok(side), Ok(channels)) = (down.to_usize(), channels.to_usize()) else { return Ok(None) };
    let fact = |outlet: OutletId| Ok::<_, TractError>(model.outlet_fact(outlet)?.shape.to_tvec());
    let (from, to) = (fact(split.inputs[0])?, fact(last.id.into())?);
    rule_if!(from.len() == 4 && to.len() == 4 && to[1] == channels.to_dim());
    rule_if!(to[2] == from[2].clone() * side && to[3] == from[3].clone() * side);
    let shape = Shape { grow: side, channels: Some(channels), ..Shape::SAME };
    Ok(Some((Box::new(Operator::new(DepthToSpace { side }, shape)), tvec!(split.inputs[0]))))
}

/// The sum of an image and an upsampled one.
fn upsample_add(model: &TypedModel, node: &TypedNode) -> TractResult<Option<Replacement>> {
    for (input, other) in [(0, 1), (1, 0)] {
        let (doubled, fine) = (node.inputs[input], node.inputs[other]);
        let resize = model.node(doubled.node);
        if doubles(model, resize)? && model.outlet_fact(fine)?.shape == model.outlet_fact(doubled)?.shape {
            let operator = Box::new(Operator::new(UpsampleAdd, Shape::SAME));
            return Ok(Some((operator, tvec!(resize.inputs[0], fine))));
        }
    }
    Ok(None)
}

/// Whether a node doubles height and width by repeating pixels.
fn doubles(model: &TypedModel, node: &TypedNode) -> TractResult<bool> {
    if let Some(upsample) = node.op_as::<NearestUpsample>() {
        return Ok(*upsample.scales == [1, 1, 2, 2]);
    }
    // tract itself detects when a resize is equivalent to this, whatever its conventions, in one step or two.
    if node.op.name() != "Resize" {
        return Ok(false);
    }
    let Some(simpler) = node.op.declutter(model, node)? else { return Ok(false) };
    let model = &simpler.model;
    model.nodes.iter().try_fold(false, |found, node| Ok(found || doubles(model, node)?))
}
