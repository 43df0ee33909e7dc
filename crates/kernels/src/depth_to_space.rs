//! Depth-to-space: rearranges the channels of each pixel into a square of pixels.

use crate::{Kernel, Plane};

/// `[H, W, side × side × C]` becomes `[side × H, side × W, C]`; a pixel's channels are ordered by output row,
/// then column, then channel (ONNX's `DepthToSpace` in mode `DCR`).
#[derive(Debug)]
pub struct DepthToSpace {
    /// Number of rows and columns that each pixel becomes.
    pub side: usize,
}

impl Kernel for DepthToSpace {
    const NAME: &'static str = "DepthToSpace";

    fn run(&self, inputs: &[Plane<'_>], output: &mut [f32]) {
        let image = inputs[0];
        let stretch = image.channels / self.side;
        for (y, target) in output.chunks_exact_mut((image.width * stretch).max(1)).enumerate() {
            let first = y % self.side * stretch;
            let pixels = image.row(y / self.side).chunks_exact(image.channels);
            for (target, pixel) in target.chunks_exact_mut(stretch).zip(pixels) {
                target.copy_from_slice(&pixel[first..][..stretch]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_becomes_a_square_row_by_row() {
        let values: Vec<f32> = (0..16).map(|value| value as f32).collect();
        let mut output = [0.0; 16];
        let image = Plane { values: &values, height: 1, width: 2, channels: 8 };
        DepthToSpace { side: 2 }.run(&[image], &mut output);
        let rows = [[0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 11.0], [4.0, 5.0, 6.0, 7.0, 12.0, 13.0, 14.0, 15.0]];
        assert_eq!(output, *rows.as_flattened());
    }
}
