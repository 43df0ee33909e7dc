//! Why something could not be measured.

use nucleoscope::image::ImageError;
use nucleoscope::network::NetworkError;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The model could not be loaded or run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The picture could not be opened.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The model's file could not be taken apart.
    #[error("the model is not ONNX: {0}")]
    NotOnnx(#[from] prost::DecodeError),
    /// There is no such number of chains.
    #[error("multiply and add can be measured in {known:?} chains, not in {chains}", known = crate::CHAINS)]
    Chains {
        /// How many were asked for.
        chains: usize,
    },
    /// The made-up maps are not what they are said to be.
    #[error("{0} nuclei are not about a thousand")]
    Crowd(u32),
}
