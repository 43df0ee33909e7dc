//! What `npm run bench` measures: the network with and without operators of our own, everything around it,
//! and how fast the processor could at best multiply and add. The same code is measured in the browser
//! (`wasm`) and on this computer (`main.rs`).
//!
//! Nothing here takes the time: in the browser that is JavaScript's part, as for the engines that the
//! network is compared with.

#![warn(clippy::unwrap_used)]

mod error;
mod inputs;
mod multiply_add;
mod network;
mod stages;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "wasm-bindgen exports what is public")]
mod wasm;

pub use error::BenchError;
pub use inputs::{Crowd, network_input, picture};
pub use multiply_add::{CHAINS, multiply_add};
pub use network::{Operators, load, without_activation};
pub use stages::Stages;
