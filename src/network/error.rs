//! Why a model could not be loaded or run.

use crate::error::Explain;

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The bytes are not an ONNX model.
    #[error("this is not an ONNX model: {reason}")]
    NotOnnx {
        /// What the parser found.
        reason: String,
    },
    /// The model is ONNX but breaks the contract.
    #[error("the model does not keep to the contract: {reason}")]
    Contract {
        /// Which part of the contract, and what was found instead.
        reason: String,
    },
    /// The model uses something that the engine cannot run.
    #[error("the model cannot be run: {reason}")]
    Unsupported {
        /// What the engine says.
        reason: String,
    },
    /// The model was loaded but failed on an image.
    #[error("the network failed on a tile of {width} × {height} pixels: {reason}")]
    Failed {
        /// Columns of the tile.
        width: usize,
        /// Rows of the tile.
        height: usize,
        /// What the engine says.
        reason: String,
    },
}

impl NetworkError {
    /// A contract error.
    pub(super) fn contract(reason: impl Into<String>) -> Self {
        Self::Contract { reason: reason.into() }
    }
}

impl Explain for NetworkError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOnnx { .. } => "model/not-onnx",
            Self::Contract { .. } => "model/contract",
            Self::Unsupported { .. } => "model/unsupported",
            Self::Failed { .. } => "model/failed",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NotOnnx { .. } => {
                "Choose a file that was exported as ONNX (its name ends in .onnx).".into()
            }
            Self::Contract { .. } => {
                "Export the model as docs/model-contract.md describes, with its metadata_props.".into()
            }
            Self::Unsupported { .. } => {
                "Export the model with opset 17 to 21 and standard convolution, pooling and resize operators."
                    .into()
            }
            Self::Failed { .. } => {
                "Try a smaller image; if that fails too, report the model and the image's size.".into()
            }
        }
    }
}
