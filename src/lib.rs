//! Finds the cell nuclei in microscopy images: in the browser, on the command line and in your own
//! Rust program, without a GPU.
//!
//! # The way of the data
//! ```text
//! bytes ─▶ image::Image ─▶ image::NormalizedImage ─▶ network::Maps ─▶ nuclei::LabelImage ─▶ outlines,
//!                                                                                          run lengths,
//!                                                                                          score
//! ```
//! Left of the maps is expensive and runs once for each image; right of them is cheap, pure and
//! deterministic. [`segment`] goes all the way; [`field`] does so for large images, a block at a time.
//!
//! # Modules
//! - [`image`]: decoding with limits, normalisation, previews
//! - [`network`]: the model's contract, tiles, ONNX
//! - [`nuclei`]: watershed, label image, outlines
//! - [`counted`] and [`summary`]: which nuclei count, and what they have in common
//! - [`run_length`] and [`export`]: the formats that leave the program
//! - [`batch`], [`dataset`] and [`archive`]: the files a user gives, the Bowl's layout, ZIP
//! - [`truth`] and [`score`]: ground truth and the Bowl's metric
//! - [`synthetic`]: made-up fields with known truth
//! - [`error`]: what every error can say

#![warn(clippy::unwrap_used)]

pub mod archive;
pub mod batch;
pub mod counted;
pub mod dataset;
pub mod error;
pub mod export;
pub mod field;
pub mod image;
pub mod network;
pub mod nuclei;
pub mod run_length;
pub mod score;
pub mod segment;
pub mod summary;
pub mod synthetic;
pub mod truth;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "wasm-bindgen exports what is public")]
mod wasm;

pub use error::{Error, ErrorKind, Explain, InFile};

/// The README's example is compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
