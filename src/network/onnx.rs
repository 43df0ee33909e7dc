//! ONNX files, run by `tract-onnx`.

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::prelude::*;

use super::{Activation, ModelContract, Network, NetworkError};

/// A model loaded from an ONNX file.
///
/// ```no_run
/// use nucleoscope::network::{Network, TractNetwork};
///
/// let bytes = std::fs::read("model/nuclei.onnx")?;
/// let network = TractNetwork::load(&bytes)?;
/// println!("{} {}", network.contract().name, network.contract().version);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TractNetwork {
    contract: ModelContract,
    plan: Arc<TypedRunnableModel>,
}

impl TractNetwork {
    /// Loads a model and makes sure that it keeps to the contract, by running it once on its smallest
    /// input.
    ///
    /// # Errors
    /// [`NetworkError::NotOnnx`], [`NetworkError::Contract`] or [`NetworkError::Unsupported`].
    pub fn load(bytes: &[u8]) -> Result<Self, NetworkError> {
        // The engine has panics of its own for broken graphs; they end here.
        catch_unwind(AssertUnwindSafe(|| Self::load_unguarded(bytes))).unwrap_or_else(|_| {
            Err(NetworkError::Unsupported { reason: "the engine gave up on the model's graph".into() })
        })
    }

    /// Loads a model as [`Self::load`] does, but without operators of our own: the network as tract alone runs
    /// it.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn load_stock(bytes: &[u8]) -> Result<Self, NetworkError> {
        Self::load(bytes)
    }

    fn load_unguarded(bytes: &[u8]) -> Result<Self, NetworkError> {
        let not_onnx = |reason: String| NetworkError::NotOnnx { reason };
        let onnx = tract_onnx::onnx();
        let proto = onnx
            .proto_model_for_read(&mut Cursor::new(bytes))
            .map_err(|error| not_onnx(format!("{error:#}")))?;
        let graph = proto.graph.as_ref().ok_or_else(|| not_onnx("it has no graph".into()))?;
        let entry = |entry: &tract_onnx::pb::StringStringEntryProto| (entry.key.clone(), entry.value.clone());
        let metadata: HashMap<String, String> = proto.metadata_props.iter().map(entry).collect();
        let contract = ModelContract::from_metadata(&metadata)?;

        let is_weight = |name: &str| graph.initializer.iter().any(|weight| weight.name == name);
        let inputs: Vec<&str> =
            graph.input.iter().map(|input| input.name.as_str()).filter(|name| !is_weight(name)).collect();
        let outputs: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
        if inputs != ["image"] || outputs != ["maps"] {
            return Err(NetworkError::contract(format!(
                "inputs are {inputs:?} and outputs {outputs:?}, not [\"image\"] and [\"maps\"]"
            )));
        }

        let unsupported = |error: TractError| NetworkError::Unsupported { reason: format!("{error:#}") };
        let plan = plan(&onnx, &proto, contract.stride).map_err(unsupported)?;
        let network = Self { contract, plan };
        let side = network.contract.stride;
        match network.run(vec![0.0; 3 * side * side], side, side) {
            Ok(_) => Ok(network),
            Err(NetworkError::Failed { reason, .. }) => Err(NetworkError::contract(format!(
                "a [1, 3, {side}, {side}] image does not give [1, 3, {side}, {side}] maps: {reason}"
            ))),
            Err(other) => Err(other),
        }
    }
}

/// Sizes stay symbols, as multiples of the stride: one plan serves every tile.
fn plan(
    onnx: &tract_onnx::Onnx,
    proto: &tract_onnx::pb::ModelProto,
    stride: usize,
) -> TractResult<Arc<TypedRunnableModel>> {
    let mut model = onnx.model_for_proto_model(proto)?;
    let (rows, columns) = (model.symbols.sym("Rows"), model.symbols.sym("Columns"));
    let shape: TVec<TDim> =
        tvec!(1.into(), 3.into(), TDim::from(rows) * stride as i64, TDim::from(columns) * stride as i64);
    model.set_output_fact(0, Default::default())?;
    model.with_input_fact(0, f32::fact(&*shape).into())?.into_optimized()?.into_runnable()
}

impl Network for TractNetwork {
    fn contract(&self) -> &ModelContract {
        &self.contract
    }

    fn run(&self, input: Vec<f32>, height: usize, width: usize) -> Result<Vec<f32>, NetworkError> {
        let failed = |reason: String| NetworkError::Failed { width, height, reason };
        let shape = [1, 3, height, width];
        let raw = (|| -> TractResult<Vec<f32>> {
            let tensor = Tensor::from_shape(&shape, &input)?;
            let output = self.plan.run(tvec!(tensor.into_tvalue()))?.remove(0);
            let view = output.to_plain_array_view::<f32>()?;
            if view.shape() != shape {
                return Err(TractError::msg(format!("the output's shape is {:?}", view.shape())));
            }
            Ok(view.iter().copied().collect())
        })();
        let mut maps = raw.map_err(|error| failed(format!("{error:#}")))?;
        if self.contract.activation == Activation::Sigmoid {
            maps.iter_mut().for_each(|value| *value = 1.0 / (1.0 + (-*value).exp()));
        }
        Ok(maps)
    }
}
