//! Errors of loading and running a model.

use crate::geometry::Size;

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum NetworkError {
    /// The bytes are not an ONNX model.
    #[error("this is not an ONNX model: {reason}")]
    #[diagnostic(
        code("model/not-onnx"),
        help("Choose a file that was exported as ONNX (its name ends in .onnx).")
    )]
    NotOnnx {
        /// The parser's message.
        reason: String,
    },
    /// The model is ONNX, but its metadata or form is not supported.
    #[error("the model cannot be used: {reason}")]
    #[diagnostic(
        code("model/metadata"),
        help("Export the model as docs/model-metadata.md describes, with its metadata_props.")
    )]
    Metadata {
        /// What is wrong, and what was found instead.
        reason: String,
    },
    /// The model uses operators outside the supported set.
    #[error("the model cannot be run: it uses {names}")]
    #[diagnostic(
        code("model/operators"),
        help("Export the model with the operators that docs/model-metadata.md lists.")
    )]
    Operators {
        /// Names of the ONNX operators, sorted and separated by commas.
        names: String,
    },
    /// The engine does not support the model.
    #[error("the model cannot be run: {reason}")]
    #[diagnostic(
        code("model/unsupported"),
        help("Export the model with opset 17 to 21 and standard convolution, pooling and resize operators.")
    )]
    Unsupported {
        /// The engine's message.
        reason: String,
    },
    /// The model was loaded, but failed on an image.
    #[error("the network failed on a tile of {size} pixels: {reason}")]
    #[diagnostic(
        code("model/failed"),
        help("Try a smaller image; if that fails too, report the model and the image's size.")
    )]
    Failed {
        /// Width and height of the tile.
        size: Size,
        /// The engine's message.
        reason: String,
    },
}

impl NetworkError {
    /// Creates an error about the metadata or form of a model.
    pub(super) fn metadata(reason: impl Into<String>) -> Self {
        Self::Metadata { reason: reason.into() }
    }
}
