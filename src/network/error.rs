//! Errors of loading and running a model.

use crate::geometry::Size;
use crate::plain_text::plain;

/// The longest quotation of a model's file in a message, in characters.
const LONGEST: usize = 400;

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
    /// The model exceeds a limit.
    #[error("the model has {}; the limit is {limit}", quantity(*.found, .name))]
    #[diagnostic(
        code("model/too-large"),
        help(
            "Use a smaller model. If you trust this one, raise the limit: --model-limits {name}=NUMBER on the command line, ModelLimits in the library."
        )
    )]
    TooLarge {
        /// The name of the limit, as in `ModelLimits`.
        name: &'static str,
        /// The number in the model.
        found: u64,
        /// The limit.
        limit: u64,
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
    pub(super) fn metadata(reason: impl AsRef<str>) -> Self {
        Self::Metadata { reason: quoted(reason) }
    }

    /// Creates an error about a model that the engine does not support.
    #[cfg(feature = "onnx")]
    pub(super) fn unsupported(reason: impl AsRef<str>) -> Self {
        Self::Unsupported { reason: quoted(reason) }
    }
}

/// A message that may contain parts of a model's file, as plain text and not too long.
pub(super) fn quoted(reason: impl AsRef<str>) -> String {
    plain_start(reason.as_ref(), LONGEST)
}

/// [`plain`] text of at most `most` characters; the rest is replaced by an ellipsis.
pub(super) fn plain_start(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", plain(&text[..end])),
        None => plain(text).into_owned(),
    }
}

/// A number with the name of its limit, in words.
fn quantity(found: u64, name: &str) -> String {
    if name == "dimension" { format!("a dimension of {found}") } else { format!("{found} {name}") }
}
