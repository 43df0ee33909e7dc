//! Errors of the benchmarks.

use nucleoscope::image::ImageError;
use nucleoscope::network::NetworkError;

/// An error of a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The model could not be loaded or run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The image could not be opened.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The model file could not be parsed.
    #[error("the model is not ONNX: {0}")]
    NotOnnx(#[from] prost::DecodeError),
    /// The number of chains is not supported.
    #[error("multiply and add can be measured in {known:?} chains, not in {chains}", known = crate::CHAINS)]
    Chains {
        /// The requested number.
        chains: usize,
    },
    /// The synthetic probability maps do not have the expected number of nuclei.
    #[error("{0} nuclei are not about a thousand")]
    Crowd(u32),
}
