use crate::geometry::Size;
use crate::network::NetworkError;

/// Why an image could not be segmented.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum SegmentError {
    /// The network failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Network(#[from] NetworkError),
    /// The label image does not fit into memory.
    #[error("the label image of {size} pixels needs {} MB, more than there is", .size.area() / 250_000)]
    #[diagnostic(
        code("segment/out-of-memory"),
        help("Close other programs; or crop the image into parts, or scale it down.")
    )]
    OutOfMemory {
        /// Width and height.
        size: Size,
    },
    /// The caller cancelled the segmentation.
    #[error("the segmentation was cancelled")]
    #[diagnostic(code("segment/cancelled"), help("Start it again."))]
    Cancelled,
}
