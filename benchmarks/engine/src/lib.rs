//! The code that `npm run bench` measures: the network with and without our operators, the stages before and
//! after it, and the processor's peak rate of multiplications and additions. The same code is measured in the
//! browser (`wasm`) and natively (`main.rs`).
//!
//! The time is not measured here: in the browser, JavaScript does that, as for the engines that the network
//! is compared with.

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
