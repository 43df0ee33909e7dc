//! Segmentation of cell nuclei in microscopy images: in the browser, on the command line and in your own Rust
//! program, without a GPU.
//!
//! # Data flow
//! ```text
//! bytes ─▶ image::Image ─▶ image::NormalizedImage ─▶ network::ProbabilityMaps ─▶ nuclei::LabelImage ─▶ outlines,
//!                                                                                          run lengths,
//!                                                                                          score
//! ```
//! The steps up to the probability maps are expensive and run once per image; the steps after them are cheap,
//! pure and deterministic. [`Segmenter`] runs all steps.
//!
//! # Modules
//! - [`image`]: decoding with limits, normalisation, previews
//! - [`prediction`]: the probability maps of the network, as plain data
//! - [`network`]: model metadata, tiles, and ONNX with the feature `onnx`
//! - [`nuclei`]: watershed, label image, corrections, measurements, regions, which nuclei count
//! - [`Segmenter`]: from an image to its nuclei; [`segment`]: its settings, its results, and tiled images
//! - [`dsb2018`]: run-length encoding, CSV and score of the 2018 Data Science Bowl
//! - [`export`] and [`record`]: the files for other programs, and the record for reproducing a run
//! - [`input`]: input files: folders, archives, ground truth
//! - [`synthetic`]: synthetic fields of view with known ground truth
//! - [`diagnostic`], [`geometry`], [`limits`] and [`plain_text`]: errors; sizes, points and rectangles; limits on what is
//!   read; names that are safe to show
//!
//! # Features
//! - `onnx` (default): runs ONNX models with tract. Everything else is available without it.
//! - `serde` (default): [`Serialize`](serde::Serialize) and [`Deserialize`](serde::Deserialize) for the types that
//!   hold data, and the modules [`export`], [`input`] and [`record`], which need them.
//! - `typescript`: TypeScript declarations of these types, for WebAssembly modules.

#![warn(clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod diagnostic;
pub mod dsb2018;
#[cfg(feature = "serde")]
pub mod export;
pub mod geometry;
pub mod image;
#[cfg(feature = "serde")]
pub mod input;
pub mod limits;
pub mod network;
pub mod nuclei;
pub mod plain_text;
pub mod prediction;
#[cfg(feature = "serde")]
pub mod record;
pub mod segment;
mod segmenter;
pub mod synthetic;

pub use diagnostic::{Diagnostic, Error, InFile, Warning};
pub use limits::Limits;
pub use segmenter::Segmenter;

/// The example in the README is compiled with the documentation tests.
#[cfg(all(doctest, feature = "onnx"))]
#[doc = include_str!("../README.md")]
struct Readme;
