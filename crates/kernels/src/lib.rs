//! The steps of a convolutional network on images with the channels innermost, for one thread.
//!
//! One source serves WebAssembly with `simd128` and native machines, where the widest instructions are
//! chosen as the program runs (`fearless_simd`). The crate knows nothing of any engine, and stands apart
//! from the rest so that it is optimised in every build profile.
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

/// A step of a network.
pub trait Kernel: Debug + Send + Sync + 'static {
    /// A name to show.
    const NAME: &'static str;

    /// Makes one image of one or more; every value of `output` is written.
    ///
    /// # Panics
    /// If the number of images, the length of a slice or the number of channels is not what the kernel
    /// says it takes.
    fn run(&self, inputs: &[Plane<'_>], output: &mut [f32]);
}
