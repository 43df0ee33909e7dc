//! Foreign models.

use nucleoscope::network::TractNetwork;

use super::refused;
use crate::Outcome;

/// Loads a model. The library catches panics of the engine, natively; in WebAssembly they end the module, so the
/// driver for WebAssembly ignores traps of this target that come from the engine.
pub(super) fn load(input: &[u8]) -> Outcome {
    TractNetwork::load(input).map(drop).map_err(|error| refused(&error))
}
