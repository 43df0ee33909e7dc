//! The benchmarked code for JavaScript, which measures the time.

use nucleoscope::geometry::Size;
use nucleoscope::network::{Network, TractNetwork};
use wasm_bindgen::prelude::*;

use crate::{
    BenchError, CHAINS, Crowd, Operators, Stages, load, multiply_add, network_input, without_activation,
};

fn thrown(error: BenchError) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}

/// The loaded network.
#[wasm_bindgen]
pub struct BenchNetwork(TractNetwork);

#[wasm_bindgen]
impl BenchNetwork {
    /// Loads the network with our operators.
    ///
    /// # Errors
    /// The model cannot be loaded.
    pub fn own(model: &[u8]) -> Result<BenchNetwork, JsValue> {
        load(model, Operators::Own).map(Self).map_err(thrown)
    }

    /// Loads the network with tract's operators only.
    ///
    /// # Errors
    /// The model cannot be loaded.
    pub fn stock(model: &[u8]) -> Result<BenchNetwork, JsValue> {
        load(model, Operators::Stock).map(Self).map_err(thrown)
    }

    /// The network's input for a square image.
    ///
    /// # Errors
    /// The side is 0.
    pub fn input(&self, side: usize) -> Result<Vec<f32>, JsValue> {
        network_input(self.0.metadata(), side).map_err(thrown)
    }

    /// Runs the network on `[1, 3, side, side]` values.
    ///
    /// # Errors
    /// The network cannot be run on them.
    pub fn run(&self, input: Vec<f32>, side: usize) -> Result<Vec<f32>, JsValue> {
        self.0.run(input, Size::new(side, side)).map_err(|error| thrown(error.into()))
    }
}

/// The model without an activation after its last operator.
///
/// # Errors
/// It is not ONNX.
#[wasm_bindgen(js_name = withoutActivation)]
pub fn model_without_activation(model: &[u8]) -> Result<Vec<u8>, JsValue> {
    without_activation(model).map_err(thrown)
}

/// The stages from a file to nuclei.
#[wasm_bindgen]
pub struct BenchStages(Stages);

#[wasm_bindgen]
impl BenchStages {
    /// Consumes the network.
    ///
    /// # Errors
    /// The image is larger than the limit.
    #[wasm_bindgen(constructor)]
    pub fn new(network: BenchNetwork, side: usize) -> Result<BenchStages, JsValue> {
        Stages::new(network.0, side).map(Self).map_err(thrown)
    }

    /// See [`Stages::decode`].
    ///
    /// # Errors
    /// Those of [`Stages::decode`].
    pub fn decode(&mut self) -> Result<(), JsValue> {
        self.0.decode().map_err(thrown)
    }

    /// See [`Stages::normalize`].
    pub fn normalize(&mut self) {
        self.0.normalize();
    }

    /// See [`Stages::infer`].
    ///
    /// # Errors
    /// Those of [`Stages::infer`].
    pub fn infer(&mut self) -> Result<(), JsValue> {
        self.0.infer().map_err(thrown)
    }

    /// See [`Stages::watershed`].
    pub fn watershed(&mut self) {
        self.0.watershed();
    }

    /// See [`Stages::outlines`].
    pub fn outlines(&self) {
        self.0.outlines();
    }

    /// See [`Stages::run_lengths`].
    #[wasm_bindgen(js_name = runLengths)]
    pub fn run_lengths(&self) {
        self.0.run_lengths();
    }
}

/// Probability maps of many touching nuclei.
#[wasm_bindgen]
pub struct BenchCrowd(Crowd);

#[wasm_bindgen]
impl BenchCrowd {
    /// Draws the probability maps.
    ///
    /// # Errors
    /// They do not have the expected number of nuclei.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<BenchCrowd, JsValue> {
        Crowd::new().map(Self).map_err(thrown)
    }

    /// See [`Crowd::watershed`].
    pub fn watershed(&self) -> u32 {
        self.0.watershed()
    }
}

/// See [`CHAINS`].
#[wasm_bindgen(js_name = chainCounts)]
pub fn chain_counts() -> Vec<u32> {
    CHAINS.map(|chains| chains as u32).to_vec()
}

/// See [`multiply_add`].
///
/// # Errors
/// Those of [`multiply_add`].
#[wasm_bindgen(js_name = multiplyAdd)]
pub fn multiply_add_chains(chains: usize, steps: u32) -> Result<f64, JsValue> {
    multiply_add(chains, steps).map_err(thrown)
}
