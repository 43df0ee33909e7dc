//! Convolutions with non-overlapping patches: 1×1, and the stem's 2×2 of stride 2.

use fearless_simd::Level;

use crate::matrix::{Finish, Matrix};
use crate::{Kernel, Plane};

/// `[H, W, inputs]` becomes `[H / side, W / side, outputs]`: every patch of `side` × `side` pixels is one row
/// of a matrix product.
#[derive(Debug)]
pub struct PatchConvolution {
    side: usize,
    /// `[side × side × inputs, outputs]`.
    weights: Matrix,
    bias: Vec<f32>,
    /// Lower bound of the output.
    least: f32,
}

impl PatchConvolution {
    /// Creates the kernel from `weights`, `[outputs, inputs, side, side]` row-major, and `bias`, `[outputs]`;
    /// the output is clamped to at least `least`.
    ///
    /// # Panics
    /// If `side` is 0 or `weights` has another length.
    pub fn new(side: usize, inputs: usize, weights: &[f32], bias: Vec<f32>, least: f32) -> Self {
        let area = side * side;
        assert!(area > 0);
        assert_eq!(weights.len(), bias.len() * inputs * area);
        let weights = Matrix::pack(area * inputs, bias.len(), |row, output| {
            weights[(output * inputs + row % inputs) * area + row / inputs]
        });
        Self { side, weights, bias, least }
    }
}

impl Kernel for PatchConvolution {
    const NAME: &'static str = "PatchConvolution";

    fn run(&self, inputs: &[Plane<'_>], output: &mut [f32]) {
        let level = Level::new();
        let image = inputs[0];
        assert_eq!(image.channels * self.side * self.side, self.weights.inputs());
        let finish = Finish { bias: &self.bias, least: self.least };
        let stretch = self.side * image.channels;
        let columns = image.width / self.side;
        let mut gathered = vec![0.0; if self.side == 1 { 0 } else { columns * self.weights.inputs() }];
        for (y, target) in output.chunks_exact_mut((columns * self.weights.outputs()).max(1)).enumerate() {
            let patches = if self.side == 1 {
                image.row(y)
            } else {
                for row in 0..self.side {
                    let stretches = image.row(y * self.side + row).chunks_exact(stretch);
                    for (patch, from) in gathered.chunks_exact_mut(self.weights.inputs()).zip(stretches) {
                        patch[row * stretch..][..stretch].copy_from_slice(from);
                    }
                }
                &gathered
            };
            self.weights.multiply(level, patches, finish, target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_size_is_what_the_definition_says(
            (height, width, side) in (1usize..7, 1usize..9, 1usize..4),
            (inputs, outputs) in (1usize..10, 1usize..20),
            seed: u64,
        ) {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut values = |count: usize| -> Vec<f32> { (0..count).map(|_| random.f32() - 0.5).collect() };
            let (rows, columns) = (height * side, width * side);
            let (image, weights) = (values(rows * columns * inputs), values(outputs * inputs * side * side));
            let bias = values(outputs);
            let convolution = PatchConvolution::new(side, inputs, &weights, bias.clone(), -0.25);
            let mut output = vec![f32::NAN; height * width * outputs];
            let plane = Plane { values: &image, height: rows, width: columns, channels: inputs };
            convolution.run(&[plane], &mut output);
            for (index, ours) in output.into_iter().enumerate() {
                let (y, x, channel) = (index / outputs / width, index / outputs % width, index % outputs);
                let mut exact = f64::from(bias[channel]);
                for place in 0..side * side * inputs {
                    let (input, row, column) = (place / side / side, place / side % side, place % side);
                    let pixel = (y * side + row) * columns + x * side + column;
                    let weight = weights[channel * inputs * side * side + place];
                    exact += f64::from(weight) * f64::from(image[pixel * inputs + input]);
                }
                prop_assert!((f64::from(ours) - exact.max(-0.25)).abs() < 1e-5, "{ours} {exact}");
            }
        }
    }
}
