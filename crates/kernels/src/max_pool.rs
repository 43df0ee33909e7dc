//! 2×2 max-pooling of stride 2.

use crate::{Kernel, Plane};

/// `[H, W, C]` becomes `[H / 2, W / 2, C]`; an odd last row or column is ignored.
#[derive(Debug)]
pub struct MaxPool2x2;

impl Kernel for MaxPool2x2 {
    const NAME: &'static str = "MaxPool2x2";

    fn run(&self, inputs: &[Plane<'_>], output: &mut [f32]) {
        let image = inputs[0];
        let channels = image.channels;
        let length = image.width / 2 * channels;
        for (y, target) in output.chunks_exact_mut(length.max(1)).enumerate() {
            let (upper, lower) = (image.row(2 * y), image.row(2 * y + 1));
            let pairs = upper.chunks_exact(2 * channels).zip(lower.chunks_exact(2 * channels));
            for (target, (upper, lower)) in target.chunks_exact_mut(channels).zip(pairs) {
                let ((a, b), (c, d)) = (upper.split_at(channels), lower.split_at(channels));
                for (index, target) in target.iter_mut().enumerate() {
                    *target = larger(larger(a[index], b[index]), larger(c[index], d[index]));
                }
            }
        }
    }
}

/// Compiles to one instruction, unlike [`f32::max`]; returns the second value if either is NaN.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_keeps_its_largest_and_an_odd_edge_is_left_out() {
        let values = [1.0, -1.0, 2.0, -2.0, 9.0, 9.0, 4.0, -4.0, 3.0, -3.0, 9.0, 9.0];
        let mut output = [0.0; 2];
        MaxPool2x2.run(&[Plane { values: &values, height: 2, width: 3, channels: 2 }], &mut output);
        assert_eq!(output, [4.0, -1.0]);
    }
}
