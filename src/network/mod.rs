//! The network: from a normalised image of any size to probability maps, with any implementation.
//!
//! ```text
//! NormalizedImage ──tiles, scale──▶ [1, 3, H, W] ──Network──▶ [1, 3, H, W] ──▶ ProbabilityMaps
//! ```
//!
//! [`Network`] is a small trait, so that the rest can be tested with a fake; [`TractNetwork`] runs ONNX
//! files.

#[cfg(feature = "onnx")]
mod accelerate;
mod error;
#[cfg(feature = "onnx")]
mod limits;
mod metadata;
#[cfg(feature = "onnx")]
mod onnx;
#[cfg(feature = "onnx")]
mod operator;
mod scale;
#[cfg(feature = "onnx")]
mod supported;
mod tiles;

use crate::geometry::Size;

pub use error::NetworkError;
#[cfg(feature = "onnx")]
pub use limits::ModelLimits;
#[cfg(test)]
pub(crate) use metadata::tests::metadata as test_metadata;
pub use metadata::{Activation, ModelMetadata};
#[cfg(feature = "onnx")]
pub use onnx::{SHIPPED_MODEL, TractNetwork};
pub use scale::ScaleRange;
#[cfg(feature = "onnx")]
pub use supported::OPERATORS;
pub(crate) use tiles::{Scene, source};

/// A network that predicts interior, boundary and distance maps from normalised pixels.
pub trait Network {
    /// The model's metadata.
    fn metadata(&self) -> &ModelMetadata;

    /// Runs the network once.
    ///
    /// `input` is `[3, height, width]`: normalised row-major planes of an image of this size, whose sides are
    /// multiples of the metadata's stride. The output has the same shape: interior, boundary and distance,
    /// after the activation.
    ///
    /// # Errors
    /// [`NetworkError::Failed`] if the network could not be run on this input.
    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError>;
}

impl<N: Network + ?Sized> Network for &N {
    fn metadata(&self) -> &ModelMetadata {
        (**self).metadata()
    }

    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
        (**self).run(input, size)
    }
}

impl<N: Network + ?Sized> Network for Box<N> {
    fn metadata(&self) -> &ModelMetadata {
        (**self).metadata()
    }

    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
        (**self).run(input, size)
    }
}
