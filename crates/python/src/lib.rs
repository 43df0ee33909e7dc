//! The Python bindings: they convert types and compute nothing.
//!
//! The Python package is in `python/nucleoscope`; its type stub `_nucleoscope.pyi` is generated from the signatures
//! in this crate.

#![warn(clippy::unwrap_used)]

mod arrays;
mod blocks;
mod error;
mod hints;
mod input;
mod model;
mod nuclei;
mod options;
mod score;
mod segment;

/// Of the extension module only: Python and other modules keep theirs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The extension module of the package `nucleoscope`, which exports everything in it except the steps of a
/// segmentation in blocks.
#[pyo3::pymodule]
mod _nucleoscope {
    #[pymodule_export]
    use super::blocks::{
        array_layout, assemble_blocks, check_options, find_block, parts_of_blocks, plan_blocks,
    };
    #[pymodule_export]
    use super::nuclei::Nuclei;
    #[pymodule_export]
    use super::options::default_settings;
    #[pymodule_export]
    use super::score::Score;
    #[pymodule_export]
    use super::segment::{example, segment};
}
