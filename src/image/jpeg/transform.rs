//! The inverse discrete cosine transform of 8 × 8 coefficients, in integer arithmetic.
//!
//! The algorithm is that of Loeffler, Ligtenberg and Moschytz with 11 multiplications (ICASSP 1989), with a
//! precision of 13 bits and 2 more between the passes. It is the same as libjpeg's accurate integer method,
//! so the values are identical.

const BITS: i32 = 13;
const BETWEEN: i32 = 2;

const F_0_298: i32 = 2446;
const F_0_390: i32 = 3196;
const F_0_541: i32 = 4433;
const F_0_765: i32 = 6270;
const F_0_899: i32 = 7373;
const F_1_175: i32 = 9633;
const F_1_501: i32 = 12299;
const F_1_847: i32 = 15137;
const F_1_961: i32 = 16069;
const F_2_053: i32 = 16819;
const F_2_562: i32 = 20995;
const F_3_072: i32 = 25172;

/// Transforms eight values of one column or row, and rounds the result after a shift.
fn pass(input: [i32; 8], shift: i32) -> [i32; 8] {
    let mul = i32::wrapping_mul;
    let (add, sub) = (i32::wrapping_add, i32::wrapping_sub);
    let z1 = mul(add(input[2], input[6]), F_0_541);
    let even2 = sub(z1, mul(input[6], F_1_847));
    let even3 = add(z1, mul(input[2], F_0_765));
    let even0 = add(input[0], input[4]).wrapping_shl(BITS as u32);
    let even1 = sub(input[0], input[4]).wrapping_shl(BITS as u32);
    let (t10, t13) = (add(even0, even3), sub(even0, even3));
    let (t11, t12) = (add(even1, even2), sub(even1, even2));

    let [o0, o1, o2, o3] = [input[7], input[5], input[3], input[1]];
    let z5 = mul(add(add(o0, o2), add(o1, o3)), F_1_175);
    let z1 = mul(add(o0, o3), -F_0_899);
    let z2 = mul(add(o1, o2), -F_2_562);
    let z3 = add(mul(add(o0, o2), -F_1_961), z5);
    let z4 = add(mul(add(o1, o3), -F_0_390), z5);
    let o0 = add(mul(o0, F_0_298), add(z1, z3));
    let o1 = add(mul(o1, F_2_053), add(z2, z4));
    let o2 = add(mul(o2, F_3_072), add(z2, z3));
    let o3 = add(mul(o3, F_1_501), add(z1, z4));

    let round = |value: i32| add(value, 1 << (shift - 1)) >> shift;
    [
        round(add(t10, o3)),
        round(add(t11, o2)),
        round(add(t12, o1)),
        round(add(t13, o0)),
        round(sub(t13, o0)),
        round(sub(t12, o1)),
        round(sub(t11, o2)),
        round(sub(t10, o3)),
    ]
}

/// Computes the samples of a block from its coefficients (row-major) and their quantization steps.
pub(super) fn inverse(coefficients: &[i16; 64], steps: &[u16; 64]) -> [u8; 64] {
    if coefficients[1..].iter().all(|&coefficient| coefficient == 0) {
        let flat = i32::from(coefficients[0]).wrapping_mul(steps[0].into()).wrapping_shl(BETWEEN as u32);
        return [sample(flat.wrapping_add(1 << 4) >> 5); 64];
    }
    let mut work = [0i32; 64];
    for column in 0..8 {
        let at = |row: usize| {
            let index = row * 8 + column;
            i32::from(coefficients[index]).wrapping_mul(steps[index].into())
        };
        let values = pass([at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)], BITS - BETWEEN);
        for (row, value) in values.into_iter().enumerate() {
            work[row * 8 + column] = value;
        }
    }
    let mut samples = [0; 64];
    for (row, samples) in work.chunks_exact(8).zip(samples.chunks_exact_mut(8)) {
        let row = [row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]];
        for (sample_out, value) in samples.iter_mut().zip(pass(row, BITS + BETWEEN + 3)) {
            *sample_out = sample(value);
        }
    }
    samples
}

fn sample(value: i32) -> u8 {
    value.saturating_add(128).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_transform_of_the_standard() {
        // Compares a few coefficients with T.81, A.3.3 in floating point.
        let mut coefficients = [0i16; 64];
        for (index, value) in [(0, 30), (1, -14), (8, 9), (10, 5), (35, -3), (63, 2)] {
            coefficients[index] = value;
        }
        let steps: [u16; 64] = std::array::from_fn(|index| 8 + index as u16);
        let found = inverse(&coefficients, &steps);
        let scale = |index: usize| if index == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
        let wave = |place: usize, index: usize| {
            ((2 * place + 1) as f64 * index as f64 * std::f64::consts::PI / 16.0).cos()
        };
        for y in 0..8 {
            for x in 0..8 {
                let mut sum = 0.0;
                for v in 0..8 {
                    for u in 0..8 {
                        let value = f64::from(coefficients[v * 8 + u]) * f64::from(steps[v * 8 + u]);
                        sum += scale(u) * scale(v) * value * wave(x, u) * wave(y, v) / 4.0;
                    }
                }
                let expected = (sum + 128.0).clamp(0.0, 255.0);
                assert!((f64::from(found[y * 8 + x]) - expected).abs() <= 1.0, "at {x}, {y}");
            }
        }
    }
}
