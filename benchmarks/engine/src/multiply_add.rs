//! The processor's peak rate of multiplications and additions.

use std::hint::black_box;

use fearless_simd::{Level, dispatch, prelude::*};

use crate::BenchError;

/// The supported numbers of parallel chains of calculations. With too few, the processor waits for results;
/// with too many, they do not fit into the registers. The best number depends on the processor.
pub const CHAINS: [usize; 4] = [8, 10, 12, 14];

/// Multiplies and adds in `chains` independent chains of vectors, `steps` times in each. Returns the number
/// of floating-point operations; a multiplication and an addition count as two.
///
/// # Errors
/// [`BenchError::Chains`] if `chains` is not in [`CHAINS`].
pub fn multiply_add(chains: usize, steps: u32) -> Result<f64, BenchError> {
    let level = Level::new();
    match chains {
        8 => Ok(dispatch!(level, simd => run::<_, 8>(simd, steps))),
        10 => Ok(dispatch!(level, simd => run::<_, 10>(simd, steps))),
        12 => Ok(dispatch!(level, simd => run::<_, 12>(simd, steps))),
        14 => Ok(dispatch!(level, simd => run::<_, 14>(simd, steps))),
        _ => Err(BenchError::Chains { chains }),
    }
}

#[inline(always)]
fn run<S: Simd, const N: usize>(simd: S, steps: u32) -> f64 {
    let [factor, term] = black_box([0.999_f32, 0.001]).map(|value| S::f32s::splat(simd, value));
    let mut sums = [S::f32s::splat(simd, black_box(0.5)); N];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = sum.mul_add(factor, term);
        }
    }
    for sum in sums {
        black_box(sum.as_slice());
    }
    f64::from(steps) * (2 * N * S::f32s::LEN) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_counted() {
        let lanes = multiply_add(8, 1).unwrap() / 16.0;
        assert!([4.0, 8.0, 16.0].contains(&lanes), "{lanes} lanes");
        for chains in CHAINS {
            assert_eq!(multiply_add(chains, 1000).unwrap(), 2000.0 * lanes * chains as f64);
        }
        assert!(multiply_add(9, 1).is_err());
    }
}
