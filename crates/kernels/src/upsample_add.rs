//! Nearest-neighbour upsampling by 2, added to an image of that size.

use crate::{Kernel, Plane};

/// `[H, W, C]` and `[2H, 2W, C]` become `[2H, 2W, C]`: every pixel of the first image is added to four pixels
/// of the second.
#[derive(Debug)]
pub struct UpsampleAdd;

impl Kernel for UpsampleAdd {
    const NAME: &'static str = "UpsampleAdd";

    fn run(&self, inputs: &[Plane<'_>], output: &mut [f32]) {
        let (coarse, fine) = (inputs[0], inputs[1]);
        let channels = fine.channels;
        for (y, target) in output.chunks_exact_mut(fine.row_length().max(1)).enumerate() {
            let pairs = target.chunks_exact_mut(2 * channels).zip(fine.row(y).chunks_exact(2 * channels));
            for (add, (target, fine)) in coarse.row(y / 2).chunks_exact(channels).zip(pairs) {
                for (target, fine) in target.chunks_exact_mut(channels).zip(fine.chunks_exact(channels)) {
                    for ((target, fine), add) in target.iter_mut().zip(fine).zip(add) {
                        *target = fine + add;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coarse_pixel_is_added_to_four() {
        let coarse = Plane { values: &[10.0, 20.0], height: 1, width: 2, channels: 1 };
        let fine =
            Plane { values: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], height: 2, width: 4, channels: 1 };
        let mut output = [0.0; 8];
        UpsampleAdd.run(&[coarse, fine], &mut output);
        assert_eq!(output, [10.0, 11.0, 22.0, 23.0, 14.0, 15.0, 26.0, 27.0]);
    }
}
