//! Kernels of a convolutional network for images in channels-last order, single-threaded.
//!
//! The same source is used for WebAssembly with `simd128` and for native targets, where the widest available
//! instructions are chosen at run time (`fearless_simd`). The crate does not depend on an inference engine.
//! It is separate from the library so that it is optimised in every build profile.
//!
//! Values are `f32`. An image is `[height, width, channels]`, row-major: a [`Plane`].
//!
//! ```
//! use nucleoscope_kernels::{Kernel, MaxPool2x2, Plane};
//!
//! let values = [1.0, 5.0, 2.0, 3.0];
//! let mut largest = [0.0];
//! MaxPool2x2.run(&[Plane { values: &values, height: 2, width: 2, channels: 1 }], &mut largest);
//! assert_eq!(largest, [5.0]);
//! ```

mod depth_to_space;
mod matrix;
mod max_pool;
mod patch_convolution;
mod plane;
mod upsample_add;
mod winograd;

use std::fmt::Debug;

pub use depth_to_space::DepthToSpace;
pub use max_pool::MaxPool2x2;
pub use patch_convolution::PatchConvolution;
pub use plane::Plane;
pub use upsample_add::UpsampleAdd;
pub use winograd::Winograd;

/// A kernel of a network.
pub trait Kernel: Debug + Send + Sync + 'static {
    /// Name for display.
    const NAME: &'static str;

    /// Computes an image from one or more; every value of `output` is written.
    ///
    /// # Panics
    /// If the number of images, the length of a slice or the number of channels is not what the kernel
    /// expects.
    fn run(&self, inputs: &[Plane<'_>], output: &mut [f32]);
}
