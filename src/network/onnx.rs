//! ONNX models, run by `tract-onnx`.

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::prelude::*;

use super::accelerate::accelerate;
use super::error::quoted;
use super::supported::check_operators;
use super::{Activation, ModelLimits, ModelMetadata, Network, NetworkError, ScaleRange};
use crate::geometry::Size;

/// The ONNX file of the model included in this crate.
pub const SHIPPED_MODEL: &[u8] = include_bytes!("../../model/nuclei.onnx");

/// A model loaded from an ONNX file.
///
/// ```no_run
/// use nucleoscope::network::{Network, TractNetwork};
///
/// let bytes = std::fs::read("model/nuclei.onnx")?;
/// let network = TractNetwork::load(&bytes)?;
/// println!("{} {}", network.metadata().name, network.metadata().version);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TractNetwork {
    metadata: ModelMetadata,
    plan: Arc<TypedRunnableModel>,
}

impl TractNetwork {
    /// Loads a model and checks its form by running it once on its smallest input.
    ///
    /// A model that was made to do harm can still need any amount of time and memory, or end the process. One from
    /// others is therefore first loaded and tried ([`Self::try_out`]) in a process of its own, as the command line
    /// does.
    ///
    /// # Errors
    /// [`NetworkError::NotOnnx`], [`NetworkError::TooLarge`], [`NetworkError::Metadata`],
    /// [`NetworkError::Operators`] or [`NetworkError::Unsupported`].
    pub fn load(bytes: &[u8]) -> Result<Self, NetworkError> {
        Self::load_within(bytes, &ModelLimits::default())
    }

    /// [`Self::load`] with other limits than the default ones.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn load_within(bytes: &[u8], limits: &ModelLimits) -> Result<Self, NetworkError> {
        Self::load_guarded(bytes, limits, accelerate)
    }

    /// Loads the model included in this crate, [`SHIPPED_MODEL`].
    ///
    /// # Errors
    /// Those of [`Self::load`]; none in practice.
    pub fn shipped() -> Result<Self, NetworkError> {
        Self::load(SHIPPED_MODEL)
    }

    /// [`Self::load`] without this crate's own operators: slower; a reference for tests.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn load_stock(bytes: &[u8]) -> Result<Self, NetworkError> {
        Self::load_guarded(bytes, &ModelLimits::default(), Ok)
    }

    /// Runs the network on tiles of ascending size, up to 1024 × 1024 pixels (512 × 512 in WebAssembly), as it would
    /// be run on images.
    ///
    /// # Errors
    /// [`NetworkError::Failed`], also if its output contains anything but finite numbers.
    pub fn try_out(&self) -> Result<(), NetworkError> {
        let stride = self.metadata.stride;
        for longest in [64, 256, LONGEST_TRIAL] {
            let side = (longest / stride).max(1) * stride;
            let size = Size::new(side, side);
            // Values between those of the clipped range, and no two neighbours the same.
            let input = (0..3 * size.area()).map(|index| (index % 251) as f32 / 250.0).collect();
            let maps = self.run(input, size)?;
            if let Some(value) = maps.into_iter().find(|value| !value.is_finite()) {
                return Err(NetworkError::Failed { size, reason: format!("its output contains {value}") });
            }
        }
        Ok(())
    }

    /// The same network with other scales than in its metadata, for finding the best ones.
    #[must_use]
    pub fn with_scales(mut self, scales: ScaleRange) -> Self {
        self.metadata.scales = scales;
        self
    }

    fn load_guarded(bytes: &[u8], limits: &ModelLimits, prepare: Prepare) -> Result<Self, NetworkError> {
        // The engine panics on some broken graphs; such panics are caught here.
        catch_unwind(AssertUnwindSafe(|| Self::load_unguarded(bytes, limits, prepare)))
            .unwrap_or_else(|_| Err(NetworkError::unsupported("the engine gave up on the model's graph")))
    }

    fn load_unguarded(bytes: &[u8], limits: &ModelLimits, prepare: Prepare) -> Result<Self, NetworkError> {
        let not_onnx = |reason: String| NetworkError::NotOnnx { reason: quoted(reason) };
        limits.check_bytes(bytes)?;
        let onnx = tract_onnx::onnx();
        let proto = onnx
            .proto_model_for_read(&mut Cursor::new(bytes))
            .map_err(|error| not_onnx(format!("{error:#}")))?;
        let graph = proto.graph.as_ref().ok_or_else(|| not_onnx("it has no graph".into()))?;
        let entry = |entry: &tract_onnx::pb::StringStringEntryProto| (entry.key.clone(), entry.value.clone());
        let metadata: HashMap<String, String> = proto.metadata_props.iter().map(entry).collect();
        let metadata = ModelMetadata::from_metadata(&metadata)?;

        let is_weight = |name: &str| graph.initializer.iter().any(|weight| weight.name == name);
        let inputs: Vec<&str> =
            graph.input.iter().map(|input| input.name.as_str()).filter(|name| !is_weight(name)).collect();
        let outputs: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
        if inputs != ["image"] || outputs != ["maps"] {
            return Err(NetworkError::metadata(format!(
                "inputs are {inputs:?} and outputs {outputs:?}, not [\"image\"] and [\"maps\"]"
            )));
        }

        let unsupported = |error: TractError| NetworkError::unsupported(format!("{error:#}"));
        check_operators(graph)?;
        limits.check_graph(graph)?;
        let plan = plan(&onnx, &proto, metadata.stride, prepare).map_err(unsupported)?;
        let network = Self { metadata, plan };
        let side = network.metadata.stride;
        match network.run(vec![0.0; 3 * side * side], Size::new(side, side)) {
            Ok(_) => Ok(network),
            Err(NetworkError::Failed { reason, .. }) => Err(NetworkError::metadata(format!(
                "a [1, 3, {side}, {side}] image does not give [1, 3, {side}, {side}] maps: {reason}"
            ))),
            Err(other) => Err(other),
        }
    }
}

/// The largest side of a tile in [`TractNetwork::try_out`].
const LONGEST_TRIAL: usize = if cfg!(target_arch = "wasm32") { 512 } else { 1024 };

/// A change to a model before it is optimised.
type Prepare = fn(TypedModel) -> TractResult<TypedModel>;

/// Creates the execution plan. Sizes remain symbolic, as multiples of the stride, so one plan serves every
/// tile.
fn plan(
    onnx: &tract_onnx::Onnx,
    proto: &tract_onnx::pb::ModelProto,
    stride: usize,
    prepare: Prepare,
) -> TractResult<Arc<TypedRunnableModel>> {
    let mut model = onnx.model_for_proto_model(proto)?;
    let (rows, columns) = (model.symbols.sym("Rows"), model.symbols.sym("Columns"));
    let shape: TVec<TDim> =
        tvec!(1.into(), 3.into(), TDim::from(rows) * stride as i64, TDim::from(columns) * stride as i64);
    model.set_output_fact(0, Default::default())?;
    let model = model.with_input_fact(0, f32::fact(&*shape).into())?.into_typed()?;
    prepare(model)?.into_optimized()?.into_runnable()
}

impl Network for TractNetwork {
    fn metadata(&self) -> &ModelMetadata {
        &self.metadata
    }

    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
        let shape = [1, 3, size.height, size.width];
        let run = || -> TractResult<Vec<f32>> {
            let tensor = Tensor::from_shape(&shape, &input)?;
            // Otherwise the input would be in memory twice while the network runs.
            drop(input);
            let output = self.plan.run(tvec!(tensor.into_tvalue()))?.remove(0);
            let view = output.to_plain_array_view::<f32>()?;
            if view.shape() != shape {
                return Err(TractError::msg(format!("the output's shape is {:?}", view.shape())));
            }
            Ok(view.iter().copied().collect())
        };
        // The engine panics if a tensor does not fit into memory, and on some broken graphs.
        let raw = catch_unwind(AssertUnwindSafe(run))
            .unwrap_or_else(|_| Err(TractError::msg("the engine gave up on it")))
            .map_err(|error| quoted(format!("{error:#}")));
        let mut maps = raw.map_err(|reason| NetworkError::Failed { size, reason })?;
        if self.metadata.activation == Activation::Sigmoid {
            maps.iter_mut().for_each(|value| *value = 1.0 / (1.0 + (-*value).exp()));
        }
        Ok(maps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use std::collections::BTreeSet;
    use tract_onnx::pb::{AttributeProto, ModelProto};

    /// The largest difference between the outputs of both networks for noise.
    fn largest_difference(ours: &TractNetwork, stock: &TractNetwork, size: Size) -> f32 {
        let mut random = fastrand::Rng::with_seed(size.area() as u64);
        let input: Vec<f32> = (0..3 * size.area()).map(|_| random.f32()).collect();
        let ours = ours.run(input.clone(), size).unwrap();
        let stock = stock.run(input, size).unwrap();
        assert_eq!((ours.len(), stock.len()), (3 * size.area(), 3 * size.area()));
        let (least, most) =
            stock.iter().fold((1.0f32, 0.0f32), |(a, b), &value| (a.min(value), b.max(value)));
        assert!(most - least > 1e-3, "an answer of one value shows nothing");
        ours.iter().zip(&stock).fold(0.0, |largest, (a, b)| f32::max(largest, (a - b).abs()))
    }

    fn operators(network: &TractNetwork) -> BTreeSet<String> {
        network.plan.model().nodes().iter().map(|node| node.op().name().into_owned()).collect()
    }

    #[test]
    fn the_shipped_network_runs_on_kernels_alone() {
        let network = TractNetwork::load(SHIPPED_MODEL).unwrap();
        let ours = ["DepthToSpace", "MaxPool2x2", "PatchConvolution", "UpsampleAdd", "Winograd"];
        // Otherwise only the order of the axes changes.
        let rest = ["Const", "MoveAxis", "Source"];
        assert_eq!(
            operators(&network)
                .iter()
                .map(String::as_str)
                .filter(|name| !rest.contains(name))
                .collect::<Vec<_>>(),
            ours
        );
    }

    #[test]
    fn kernels_change_no_map_of_the_shipped_network() {
        let (ours, stock) =
            (TractNetwork::load(SHIPPED_MODEL).unwrap(), TractNetwork::load_stock(SHIPPED_MODEL).unwrap());
        for (width, height) in [(32, 32), (64, 96), (224, 160)] {
            let size = Size::new(width, height);
            let difference = largest_difference(&ours, &stock, size);
            assert!(difference <= 1e-5, "{size}: {difference}");
        }
    }

    #[test]
    fn operators_without_a_kernel_run_between_those_that_have_one() {
        let mut proto = ModelProto::decode(SHIPPED_MODEL).unwrap();
        let nodes = &mut proto.graph.as_mut().unwrap().node;
        for (from, to) in [("MaxPool", "AveragePool"), ("Relu", "Elu")] {
            nodes.iter_mut().find(|node| node.op_type == from).unwrap().op_type = to.into();
        }
        let dilated = nodes.iter_mut().filter(|node| node.op_type == "Conv").nth(2).unwrap();
        for attribute in &mut dilated.attribute {
            if attribute.name == "pads" || attribute.name == "dilations" {
                attribute.ints.fill(2);
            }
        }
        assert!(dilated.attribute.iter().any(|AttributeProto { name, .. }| name == "dilations"));
        let model = proto.encode_to_vec();
        let (ours, stock) = (TractNetwork::load(&model).unwrap(), TractNetwork::load_stock(&model).unwrap());
        assert!(
            operators(&ours).is_superset(&["Winograd".into(), "SumPool".into()].into()),
            "{:?}",
            operators(&ours)
        );
        let difference = largest_difference(&ours, &stock, Size::new(96, 64));
        assert!(difference <= 1e-5, "{difference}");
    }
}
