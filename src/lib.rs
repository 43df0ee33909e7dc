//! Finds the cell nuclei in microscopy images: in the browser, on the command line and in your own
//! Rust program, without a GPU.
//!
//! # The way of the data
//! ```text
//! bytes ─▶ image::Image ─▶ image::NormalizedImage ─▶ network::ProbabilityMaps ─▶ nuclei::LabelImage ─▶ outlines,
//!                                                                                          run lengths,
//!                                                                                          score
//! ```
//! Left of the maps is expensive and runs once for each image; right of them is cheap, pure and
//! deterministic. [`Segmenter`] goes all the way.
//!
//! # Modules
//! - [`image`]: decoding with limits, normalisation, previews
//! - [`prediction`]: the network's probability maps, as plain data
//! - [`network`]: model metadata, tiles, and ONNX with the feature `onnx`
//! - [`nuclei`]: watershed, label image, corrections, measurements, regions, which nuclei count
//! - [`Segmenter`]: the way from an image to its nuclei; [`segment`]: its settings, its results, and tiled images
//! - [`dsb2018`]: run-length encoding, CSV and score of the 2018 Data Science Bowl
//! - [`export`] and [`record`]: the files for other programs, and the record that repeats a run
//! - [`input`]: the files a user gives: folders, archives, ground truth
//! - [`synthetic`]: drawn fields of view with known truth
//! - [`diagnostic`] and [`geometry`]: errors; sizes, points and rectangles
//!
//! # Features
//! - `onnx` (default): runs ONNX models with tract. Without it, everything else is there.

#![warn(clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod diagnostic;
pub mod dsb2018;
pub mod export;
pub mod geometry;
pub mod image;
pub mod input;
pub mod network;
pub mod nuclei;
pub mod prediction;
pub mod record;
pub mod segment;
mod segmenter;
pub mod synthetic;

pub use diagnostic::{Diagnostic, Error, InFile, Warning};
pub use segmenter::Segmenter;

/// The README's example is compiled with the documentation tests.
#[cfg(all(doctest, feature = "onnx"))]
#[doc = include_str!("../README.md")]
struct Readme;
